"""What all operators have in common: their parameters have bounds, whoever calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import fiftyone.operators as foo

from visdiff_plugin.errors import SettingError

#: characters of a text, items of a list, and largest number, where nothing else is said
_LONGEST_TEXT, _MOST_ITEMS, _LARGEST = 20_000, 1_000, 1e15
#: what may be longer: hypotheses, one a line or as a list, and a script's sample ids
_LONGER = {"hypotheses": (5_000_000, 10_000), "threshold": (500, 10_000)}
_SETS = ("a", "b")
_MOST_IDS, _DEEPEST = 10_000_000, 6
#: what the App hands a panel: its state, and parameters and answers of operators with their view,
#: which holds sample ids and nests its conditions
_OF_THE_APP = ("panel_state", "result", "original_params", "error")
_LONGER |= dict.fromkeys(_OF_THE_APP, (5_000_000, _MOST_IDS))
_DEEPEST_OF_THE_APP = 60
_MOST_GPUS = 64


class Operator(foo.Operator):
    """Checks what it is called with, then acts.

    The App's forms have bounds of their own, but whoever reaches its port can call an operator
    with anything.
    """

    def execute(self, ctx: Any) -> Any:
        """Does the operator's work.

        Raises:
            SettingError: if a parameter is longer or larger than any sensible one
        """
        check(ctx.params)
        return self.act(ctx)

    @abstractmethod
    def act(self, ctx: Any) -> Any:
        """Does the operator's work; parameters are within bounds."""


def check(params: Mapping[str, Any]) -> None:
    """Checks the parameters of an operator, or of a panel's event.

    Raises:
        SettingError: on the first that is out of bounds; ``about`` names it
    """
    if len(params) > _MOST_ITEMS:
        raise SettingError(f"Expected up to {_MOST_ITEMS:,} parameters, got {len(params):,}.")
    for name, value in params.items():
        text, items = _LONGER.get(name, (_LONGEST_TEXT, _MOST_ITEMS))
        items = _MOST_IDS if name in _SETS else items
        deepest = _DEEPEST_OF_THE_APP if name in _OF_THE_APP else _DEEPEST
        problem = _problem(value, text, items, deepest)
        if not problem and name == "gpus" and value not in (None, ""):
            real = isinstance(value, (int, float)) and not isinstance(value, bool)
            problem = "" if real and 0 <= value <= _MOST_GPUS else f"not from 0 to {_MOST_GPUS}"
        if problem:
            raise SettingError(f"'{str(name)[:100]}' can't be used: {problem}.", about=name)


def _problem(value: Any, text: int, items: int, deep: int) -> str:
    """Says what is wrong with a value; empty where nothing is."""
    if isinstance(value, str):
        return f"over {text:,} characters long" if len(value) > text else ""
    if isinstance(value, (int, float)):
        return "" if abs(value) <= _LARGEST else "not a number of a sensible size"
    if isinstance(value, Mapping):
        inside = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set)):
        inside = list(value)
    else:
        return ""
    if len(inside) > 2 * items or len(value) > items:
        return f"over {items:,} items"
    if not deep:
        return "nested too deeply"
    return next(filter(None, (_problem(each, text, items, deep - 1) for each in inside)), "")
