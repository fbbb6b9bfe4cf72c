"""Controls for a stored comparison and one of its differences."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types


def operator_config(**own: Any) -> Any:
    """Returns what the App shows of an operator on a stored run that finishes right away.

    Args:
        **own: its name, label, description, icon and risk
    """
    return foo.OperatorConfig(
        dynamic=True,
        # the library says what is wrong, in plain words
        disable_schema_validation=True,
        allow_delegated_execution=False,
        **own,
    )


def run_picker(ctx: Any, inputs: Any) -> None:
    """Adds a dropdown of the dataset's runs, newest first."""
    from visdiff_plugin import list_runs

    choices = types.DropdownView()
    for key in reversed(list_runs(ctx.dataset)):
        config = ctx.dataset.get_run_info(key).config
        choices.add_choice(key, label=key, description=f"{config.label_a} vs. {config.label_b}")
    if not choices.choices:
        inputs.view("none", types.Notice(label="No comparisons on this dataset yet."))
    inputs.enum("run_key", choices.values(), label="Comparison", required=True, view=choices)


def difference_picker(ctx: Any, inputs: Any) -> Any:
    """Adds a dropdown of the differences of the chosen run that have scores, best first.

    Returns:
        the chosen difference; None where none is chosen yet
    """
    from visdiff_plugin import VisDiffError, load

    key = ctx.params.get("run_key")
    if not key:
        return None
    choices = types.DropdownView()
    try:
        differences = load(ctx.dataset, key).differences
    except VisDiffError as error:
        inputs.view("unreadable", types.Error(label=str(error)))
        differences = ()
    chosen = None
    for difference in differences:
        if difference.field:
            favors = f"truer of {difference.favors.upper()}" if difference.favors else "no side"
            text = f"{favors}, AUROC {difference.auroc:.2f}"
            choices.add_choice(difference.field, label=difference.description, description=text)
            chosen = difference if difference.field == ctx.params.get("field") else chosen
    inputs.enum("field", choices.values(), label="Difference", required=True, view=choices)
    return chosen


def match_controls(ctx: Any, inputs: Any, chosen: Any) -> None:
    """Adds a threshold and the sets: they decide which photos show a difference."""
    if chosen is not None:
        inputs.float(
            "threshold",
            label="Score at least",
            description=f"leave empty for {chosen.threshold:.4g}, the threshold of this comparison",
            required=False,
        )
    sides = types.RadioGroup()
    for value, label in (("both", "Both sets"), ("a", "A only"), ("b", "B only")):
        sides.add_choice(value, label=label)
    inputs.enum("sides", sides.values(), label="Photos from", default="both", view=sides)


def matching(ctx: Any, below: bool = False) -> Any:
    """Returns the view that the parameters of these controls ask for, within the current view."""
    from visdiff_plugin import load
    from visdiff_plugin.views import filter_view

    threshold = ctx.params.get("threshold")
    return filter_view(
        current(ctx),
        load(ctx.dataset, ctx.params["run_key"]),
        ctx.params["field"],
        None if threshold in (None, "") else threshold,
        sides=ctx.params.get("sides") or "both",
        below=below,
    )


def current(ctx: Any) -> Any:
    """Returns the current view, or the dataset where there is none."""
    return ctx.view if ctx.view is not None else ctx.dataset


def show(ctx: Any, view: Any, field: str) -> dict[str, Any]:
    """Shows a view with a score on each image, and returns what it holds."""
    ctx.ops.set_view(view=view)
    return {"field": field, "count": len(view)}


def grid_button(ctx: Any, label: str, icon: str, *, with_runs: bool = True) -> Any:
    """Returns a button above the grid; None if the operator needs a run and there is none."""
    from visdiff_plugin import list_runs

    if with_runs and (ctx.dataset is None or not list_runs(ctx.dataset)):
        return None
    return types.Placement(
        types.Places.SAMPLES_GRID_SECONDARY_ACTIONS,
        types.Button(label=label, icon=icon, prompt=True),
    )
