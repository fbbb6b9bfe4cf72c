"""The App's side of the panel, without a browser: its state, and what each event asks for."""

import json

import fiftyone as fo
import fiftyone.operators as foo
from fiftyone.operators.executor import ExecutionContext, Executor
from forms import URI

PANEL = f"{URI}/differences"


class Browser:
    """The App's side of the panel: keeps its state, and what each event asked of the App."""

    def __init__(self, dataset):
        self.dataset, self.state, self.requests = dataset, {}, []

    def event(self, method, selected=(), **params):
        request = {
            "dataset_name": self.dataset.name,
            "selected_samples": list(selected),
            "params": {"panel_id": "p", "panel_state": self.state, "__method__": method, **params},
        }
        ctx = ExecutionContext(
            request_params=request, executor=Executor(), operator_uri=PANEL,
            required_secrets=None,
        )  # fmt: skip
        foo.get_operator(PANEL).execute(ctx)
        # as it goes over the wire, where NaN is an error
        self.requests = [
            (request.operator_uri.rpartition("/")[2],
             json.loads(json.dumps(request.params, allow_nan=False) if request.params else "{}"))
            for request in ctx.executor._requests
        ]  # fmt: skip
        for changes in self.asked("patch_panel_state"):
            for path, value in changes["state"].items():
                self.type(path, value)
        return self

    def type(self, path, value):
        *parents, last = path.split(".")
        inside = self.state
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[last] = value

    def asked(self, name):
        return [params for operator, params in self.requests if operator == name]

    @property
    def page(self):
        """What is drawn last: its text, and all of it as JSON."""
        return self.asked("show_panel_output")[-1]["output"]

    @property
    def text(self):
        return "\n".join(_texts(self.page))

    @property
    def said(self):
        return [one["message"] for one in self.asked("notify")]

    def parts(self):
        """Names of the parts that tests and people can find."""
        return set(_names(self.page))

    def view(self):
        [asked] = self.asked("set_view")
        return fo.DatasetView._build(self.dataset, asked["view"])


def _texts(value):
    if isinstance(value, dict):
        view = value.get("view") or {}
        yield from (str(view[name]) for name in ("title", "label") if view.get(name))
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _names(value):
    if isinstance(value, dict):
        for one in value.get("componentsProps", {}).values():
            if "data-cy" in one:
                yield one["data-cy"].removeprefix("visdiff-")
        for one in value.values():
            yield from _names(one)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one)
