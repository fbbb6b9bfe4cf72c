"""An operator's form as FiftyOne resolves it, with what a user has chosen so far."""

from __future__ import annotations

import fiftyone.operators as foo
from fiftyone.operators.executor import ExecutionContext, Executor

URI = "@visdiff/visdiff"


class Form:
    """The form of an operator, with what the user has chosen in it so far."""

    def __init__(self, dataset, name="compare_views", request=None, **params):
        self.operator = foo.get_operator(f"{URI}/{name}")
        request = {"dataset_name": dataset.name, "params": params, **(request or {})}
        self.context = ExecutionContext(
            request_params=request, executor=Executor(), operator_uri=f"{URI}/{name}"
        )
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
