"""Controls that several forms share, and how their values become arguments of the library."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.config import SETTINGS
from visdiff_plugin.errors import SettingError

from ._progress import FROM_SCRIPT


def engine(ctx: Any, inputs: Any) -> None:
    """Adds the choice of where models run, if there is one."""
    if importlib.util.find_spec("ray") is None:
        return
    choices = types.DropdownView()
    for value, (label, description) in _ENGINES.items():
        choices.add_choice(value, label=label, description=description)
    inputs.enum(
        "engine",
        choices.values(),
        label=SETTINGS["engine"].label,
        default="local",
        required=False,
        view=choices,
    )
    if ctx.params.get("engine") not in _HERE:
        inputs.float("gpus", label="GPUs per worker", default=0, min=0, required=False)


def refuse(ctx: Any, control: Any, text: str) -> None:
    """Says beside a control why a run would refuse it; the App then disables Execute.

    Not to scripts: the run tells them the same, as an error of its own.
    """
    if not ctx.params.get(FROM_SCRIPT):
        control.invalid, control.error_message = True, text


def chosen_engine(params: dict[str, Any]) -> dict[str, Any]:
    """Returns the engine as the library takes it.

    No address comes through a form: the database's password travels to the cluster.
    """
    name = params.get("engine")
    if not chosen_away(params):
        return {}
    if name not in _ENGINES:
        raise SettingError(
            f"Expected engine out of {', '.join(_ENGINES)}, got {name!r}. For another cluster set "
            "RAY_ADDRESS where the operator is executed.",
            about="engine",
        )
    gpus = params.get("gpus") or 0
    return {"engine": {"name": name, "gpus": gpus} if gpus else name}


def chosen_away(params: Mapping[str, Any]) -> bool:
    """Returns whether models run somewhere other than in this process."""
    return params.get("engine") not in _HERE


def given(params: dict[str, Any], *names: str) -> dict[str, Any]:
    """Returns the parameters that are filled in; an empty text field means the default."""
    return {name: params[name] for name in names if params.get(name) not in (None, "", [])}


def lines(text: Any) -> list[str]:
    """Returns the non-empty lines of a text field; lists stay as they are."""
    if isinstance(text, (list, tuple)):
        return [str(line2) for line2 in text]
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


def answer(summary: str, **more: Any) -> dict[str, Any]:
    """Returns an operator's result: the text for scripts, and for the App as markdown.

    Descriptions are never markup: the fence is longer than any run of backticks in the text, so
    nothing gets out of it. (A CodeView fetches its editor from the web, and offline stays empty.)
    """
    longest = max((len(run) for run in re.findall("`+", summary)), default=0)
    fence = "`" * max(3, longest + 1)
    return {"summary": summary, "shown": f"{fence}\n{summary}\n{fence}", **more}


def run_answer(run: Any) -> dict[str, Any]:
    """Returns the result of an operator that made a run."""
    from visdiff_plugin.reports.markdown import brief

    shown = f"{brief(run)}\n*Open the Differences panel to see the photos for and against each.*"
    return {"summary": run.summary(), "shown": shown, "run_key": run.run_key}


def text_output(ctx: Any, label: str) -> Any:
    """Returns an output that shows the text of an `answer`; None if it was already shown."""
    if not (ctx.results or {}).get("shown"):
        return None
    outputs = types.Object()
    outputs.str("shown", label=label, view=types.MarkdownView())
    return types.Property(outputs, view=types.View(label=label))


_HERE = (None, "", "local")
_ENGINES = {
    "local": ("On this machine", "in the process that runs the plugin"),
    "ray": ("On Ray", "on the cluster in RAY_ADDRESS, or a new local Ray"),
    "ray:auto": ("On Ray: this machine's cluster", "the one it joined with `ray start`"),
}


def execute(operator: Any, samples: Any, params: dict[str, Any], delegate: bool = False) -> Any:
    """Runs an operator from a script; form defaults do not apply there, so pass everything."""
    import fiftyone as fo
    import fiftyone.operators as foo

    target = {"dataset" if isinstance(samples, fo.Dataset) else "view": samples}
    params = {**params, FROM_SCRIPT: True}
    return foo.execute_operator(operator.uri, target, params=params, request_delegation=delegate)
