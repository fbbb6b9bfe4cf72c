"""The values of a set's controls as the library's text, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from visdiff_plugin.sets.grammar import (
    Elsewhere,
    End,
    Label,
    Outcome,
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
    names = _CONTROLS.get(kind or "", ())
    values = [get(name) for name in names]
    if not values or any(value in (None, "") for value in values):
        return None
    if kind == "end":
        number, end, percent = values
        return str(End(number, end, round(float(percent), 4)))
    if kind == "dataset":
        view = get("dataset_view")
        return str(Elsewhere(values[0], None if view == WHOLE else view or None))
    makers = {"view": SavedView, "tag": Tag, "label": Label, "eval": Outcome}
    return str(makers[str(kind)](*values))


def to_values(text: str) -> dict[str, Any]:
    """Returns the kind, and the values of the controls, that a text stands for.

    Raises:
        SelectionError: if it is none
    """
    for kind, value in OF_THE_APP.items():
        if text == value:
            return {"kind": kind}
    chosen = parse_set(text)
    if isinstance(chosen, SavedView):
        return {"kind": "view", "view": chosen.name}
    if isinstance(chosen, Tag):
        return {"kind": "tag", "tag": chosen.name}
    if isinstance(chosen, Label):
        return {"kind": "label", "field": chosen.field, "value": chosen.value}
    if isinstance(chosen, Outcome):
        return {"kind": "eval", "eval": chosen.key, "outcome": chosen.outcome}
    if isinstance(chosen, End):
        numbers = {"number": chosen.field, "end": chosen.end, "percent": chosen.percent}
        return {"kind": "end", **numbers}
    if isinstance(chosen, Elsewhere):
        return {"kind": "dataset", "dataset": chosen.dataset, "dataset_view": chosen.view}
    return {"kind": "rest"}


#: what has to be chosen for each kind
_CONTROLS = {
    "view": ("view",),
    "tag": ("tag",),
    "label": ("field", "value"),
    "eval": ("eval", "outcome"),
    "end": ("number", "end", "percent"),
    "dataset": ("dataset",),
}
