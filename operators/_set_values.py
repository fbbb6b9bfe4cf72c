"""The values of a set's controls as the library's text, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from visdiff_plugin.sets.grammar import (
    Elsewhere,
    End,
    Intersection,
    Label,
    Outcome,
    Range,
    Rest,
    SavedView,
    Tag,
    parse_set,
)

#: choices of a set that only the App knows, by kind
OF_THE_APP = {
    "current": "__current_view__",
    "selected": "__selected_samples__",
    "clicked": "__clicked_samples__",
    "alt": "__alt_clicked_samples__",
}

#: of another dataset, no saved view but all of it; a picker shows nothing for an empty value
WHOLE = "__whole_dataset__"


def to_text(kind: str | None, get: Callable[[str], Any]) -> str | None:
    """Returns the text that the controls of a set stand for.

    Args:
        kind: of set
        get: name of a control -> its value

    Returns:
        a text of `visdiff_plugin.sets.grammar` or a value of `OF_THE_APP`; None where something is
        not chosen yet
    """
    if kind in OF_THE_APP:
        return OF_THE_APP[kind]
    if kind == "rest":
        return str(Rest())
    names = CONTROLS.get(kind or "", ())
    values = [get(name) for name in names]
    if not values or any(value in (None, "") for value in values):
        return None
    if kind == "several":
        return str(values[0]).strip() or None
    if kind == "range":
        low, high = (str(get(end) or "").strip() for end in ("low", "high"))
        return str(Range(values[0], low, high)) if low or high else None
    if kind == "end":
        number, end, percent = values
        return str(End(number, end, round(percent_of(percent), 4)))
    if kind == "dataset":
        view = get("dataset_view")
        return str(Elsewhere(values[0], None if view == WHOLE else view or None))
    makers = {"view": SavedView, "tag": Tag, "label": Label, "eval": Outcome}
    return str(makers[str(kind)](*values))


def to_values(text: str, parse: Callable[[str], Any] = parse_set) -> dict[str, Any]:
    """Returns the kind, and the values of the controls, that a text stands for.

    Args:
        text: of a set
        parse (parse_set): reads it, knowing the saved views and datasets

    Raises:
        SelectionError: if it is none
    """
    for kind, value in OF_THE_APP.items():
        if text == value:
            return {"kind": kind}
    chosen = parse(text)
    return _VALUES[type(chosen)](chosen)


def percent_of(value: Any) -> float:
    """Returns a percentage as it was typed; 0, which no set has, where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


#: what has to be chosen for each kind
CONTROLS = {
    "view": ("view",),
    "tag": ("tag",),
    "label": ("field", "value"),
    "eval": ("eval", "outcome"),
    "end": ("number", "end", "percent"),
    "range": ("number",),
    "several": ("several",),
    "dataset": ("dataset",),
}

#: type of a choice -> its kind and the values of its controls
_VALUES: dict[type, Callable[[Any], dict[str, Any]]] = {
    SavedView: lambda view: {"kind": "view", "view": view.name},
    Tag: lambda tag: {"kind": "tag", "tag": tag.name},
    Label: lambda label: {"kind": "label", "field": label.field, "value": label.value},
    Outcome: lambda judged: {"kind": "eval", "eval": judged.key, "outcome": judged.outcome},
    End: lambda end: {"kind": "end", "number": end.field, "end": end.end, "percent": end.percent},
    Range: lambda between: {
        "kind": "range",
        "number": between.field,
        "low": between.low,
        "high": between.high,
    },
    Intersection: lambda several: {"kind": "several", "several": str(several)},
    Elsewhere: lambda other: {
        "kind": "dataset",
        "dataset": other.dataset,
        "dataset_view": other.view,
    },
    Rest: lambda rest: {"kind": "rest"},
}
