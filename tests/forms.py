"""An operator's form as FiftyOne resolves it, with what a user has chosen so far."""

from __future__ import annotations

import fiftyone.operators as foo
from fiftyone.operators.executor import ExecutionContext, Executor

URI = "@visdiff/visdiff"


def context(dataset, name="compare_views", request=None, view=None, **params):
    """Returns what FiftyOne hands an operator: the dataset, the view, and what was chosen."""
    made = {"dataset_name": dataset.name, "params": params, **(request or {})}
    if view is not None:
        made["view"] = view._serialize()
    return ExecutionContext(request_params=made, executor=Executor(), operator_uri=f"{URI}/{name}")


class Form:
    """The form of an operator, with what the user has chosen in it so far."""

    def __init__(self, dataset, name="compare_views", request=None, **params):
        self.operator = foo.get_operator(f"{URI}/{name}")
        self.context = context(dataset, name, request, **params)
        self.inputs = self.operator.resolve_input(self.context).type.properties

    def execute(self):
        self.context.params["from_script"] = True  # the result itself, no stream of progress
        return self.operator.execute(self.context)

    def offered(self, control):
        return [choice.value for choice in self.inputs[control].view.choices]

    def default(self, control):
        return self.inputs[control].default

    def said(self, name):
        return self.inputs[name].view.label if name in self.inputs else ""

    def controls(self, side):
        return [one[2:] for one in self.inputs if one.startswith(f"{side}_")]
