"""The form's field for a comparison's name, with a suggestion made from the names of the sets."""

from __future__ import annotations

import re
from typing import Any

from visdiff_plugin.dataset.own_fields import METHOD
from visdiff_plugin.errors import RunError, SelectionError
from visdiff_plugin.sets.grammar import parse_set
from visdiff_plugin.storing.run_store import KEY, check_run_key, is_being_written

from ._progress import states
from ._set_values import to_values

#: begins the name of the control; the suggestion follows, so that another one is another control
_PREFIX = "run_key_for_"
#: longest part of a name that is made of one set
_LONGEST = 24
#: what of a set's controls names it, by kind; others are named by their kind
_NAMED_BY = {
    "view": "view",
    "tag": "tag",
    "label": "value",
    "eval": "outcome",
    "dataset": "dataset",
}


def control(ctx: Any, inputs: Any, a: Any, b: Any) -> None:
    """Adds the field, and says right away why a name can't be used.

    Args:
        ctx: of the operator
        inputs: the form
        a: set A as text, or ids; None where nothing is chosen
        b: set B
    """
    name, key = _control(ctx, a, b)
    suggested = name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else None
    prop = inputs.str(
        name,
        label="Name",
        description="of this comparison, and of the field that will hold its scores",
        default=suggested or None,
        required=True,
    )
    if not key:
        return
    taken = why_not(ctx.dataset, key, otherwise="Choose another name or tick Replace.")
    if taken and ctx.dataset.has_run(key):
        inputs.bool(
            "overwrite",
            label=f"Replace {key!r}",
            description="deletes its results, verdicts and notes",
            default=False,
        )
    if taken and not (ctx.params.get("overwrite") and not why_not(ctx.dataset, key, True)):
        prop.invalid, prop.error_message = True, taken


def chosen(ctx: Any, a: Any, b: Any) -> str:
    """Returns the name that the form shows: what was typed, or what is suggested.

    Args:
        ctx: of the operator
        a: set A, as for `control`
        b: set B
    """
    return _control(ctx, a, b)[1]


def _control(ctx: Any, a: Any, b: Any) -> tuple[str, str]:
    """Returns the control's name, and its value."""
    if "run_key" in ctx.params:
        return "run_key", str(ctx.params["run_key"] or "")
    for name, value in ctx.params.items():
        if name.startswith(_PREFIX) and value != name.removeprefix(_PREFIX):
            return name, str(value or "")  # typed: it stays, whatever the sets become
    key = suggest(ctx, a, b) if a and b else ""
    return (f"{_PREFIX}{key}", key) if key else ("run_key", "")


def suggest(ctx: Any, a: Any, b: Any) -> str:
    """Returns a free name for a comparison of two sets, such as ``"wrong_vs_right"``."""
    name = f"{_word(a)}_vs_{_word(b)}"
    if not name[0].isalpha() or name.startswith("visdiff_"):
        name = f"run_{name}"
    under_way = {state["name"] for state in states(ctx) if state["state"] != "failed"}
    number, key = 1, name
    while key in under_way or why_not(ctx.dataset, key):
        number += 1
        key = f"{name}_{number}"
    return key


def _word(chosen: Any) -> str:
    """Returns what a set is called, as a part of an identifier."""
    if not isinstance(chosen, str):
        return "chosen"
    try:
        values = to_values(chosen)
    except SelectionError:
        return "set"
    kind = values["kind"]
    if kind == "several":
        return "_and_".join(_word(str(part)) for part in parse_set(chosen).parts)[:_LONGEST].strip(
            "_"
        )
    said = str(values.get(_NAMED_BY.get(kind, ""), kind))
    if kind in ("end", "range"):
        said = f"{values.get('end', '')} {values['number'].rpartition('.')[2]}"
    word = re.sub(r"[^a-z0-9]+", "_", said.lower()).strip("_")[:_LONGEST].strip("_")
    return word or "set"


def why_not(
    dataset: Any, name: str, overwrite: bool = False, otherwise: str = "Choose another name."
) -> str:
    """Returns why a comparison can't have a name, as the form says it; empty where it can.

    Args:
        dataset: a FiftyOne dataset
        name: as it was typed
        overwrite (False): whether a comparison of that name is to be replaced
        otherwise (...): what to do where a comparison of that name exists
    """
    try:
        check_run_key(dataset, name, overwrite)
    except RunError:
        return _reason(dataset, name, otherwise)
    if is_being_written(dataset, name):
        return f"A comparison named {name!r} is being made. Choose another name."
    return ""


def _reason(dataset: Any, name: str, otherwise: str) -> str:
    """Says in the App's words what `check_run_key` says to scripts."""
    if not KEY.fullmatch(name):
        near = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        such = f", such as {near!r}" if KEY.fullmatch(near) else ""
        return f"Use letters, digits and underscores, and start with a letter{such}."
    if name.lower().startswith("visdiff_"):
        return "Names can't start with 'visdiff_'. Choose another name."
    if not dataset.has_run(name):
        return f"The dataset already has a field named {name!r}. Choose another name."
    if dataset.get_run_info(name).config.method != METHOD:
        return f"Another plugin already uses the name {name!r}. Choose another name."
    return f"A comparison named {name!r} already exists. {otherwise}"
