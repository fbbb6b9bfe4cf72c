"""What a setting is: its name on screen, what it takes, and where it shows; `Config` declares each.

Validation, forms, the parameters of operators, "run again" and docs/settings.md read this alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from typing import Any, Literal

from .errors import SettingError

#: what a setting takes: a stage's name with options, yes or no, a whole number, a share, one of
#: some values, text, a field of the dataset that images can be grouped by (one or several), label
#: fields, or the name of a field that is written
Kind = Literal["stage", "flag", "number", "share", "choice", "text", "group_field", "group_fields",
               "label_fields", "own_field"]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One member of `Config`.

    Args:
        kind: what it takes
        label: what people call it
        help: what it does, in a phrase
        shown (False): whether forms have a control for it
        proposing (False): whether it only matters where descriptions are proposed
        least (None): smallest number
        most (None): largest number
        open (False): whether the ends are left out
        choices (None): value -> what people call it
    """

    kind: Kind
    label: str
    help: str
    shown: bool = False
    proposing: bool = False
    least: float | None = None
    most: float | None = None
    open: bool = False
    choices: Mapping[Any, str] | None = None

    @property
    def allowed(self) -> str:
        """What it takes, in words."""
        if self.kind == "choice":
            return " or ".join(repr(value) for value in self.choices or {})
        if self.kind in ("number", "share"):
            whole = "a whole number" if self.kind == "number" else "a number"
            between = "between" if self.open else "from"
            joined = "and" if self.open else "to"
            return f"{whole} {between} {_plain(self.least)} {joined} {_plain(self.most)}"
        return {
            "stage": "a name with options, or an object",
            "flag": "True or False",
            "text": "text",
            "group_field": "a field's name",
            "group_fields": "a list of fields' names",
            "label_fields": "a list of label fields' names",
            "own_field": "a field's name",
        }[self.kind]

    def check(self, name: str, value: Any) -> Any:
        """Returns a value as `Config` holds it.

        Raises:
            SettingError: if it is out of range, or of another type
        """
        if not self._takes(value):
            what = f"Expected {name} as {self.allowed}, got {value!r}."
            raise SettingError(what, about=name)
        if self.kind in ("group_fields", "label_fields"):
            return (value,) if isinstance(value, str) else tuple(value)
        return value

    def _takes(self, value: Any) -> bool:
        if self.kind == "choice":
            return any(value == choice for choice in self.choices or {})
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind == "number":
            return isinstance(value, int) and not isinstance(value, bool) and self._inside(value)
        if self.kind == "share":
            real = isinstance(value, (int, float)) and not isinstance(value, bool)
            return real and math.isfinite(value) and self._inside(value)
        if self.kind == "label_fields" and isinstance(value, str):
            return False  # a single name is as often a mistake
        return True

    def _inside(self, value: float) -> bool:
        least, most = self.least or 0, math.inf if self.most is None else self.most
        return least < value < most if self.open else least <= value <= most

    def read(self, value: Any) -> Any:
        """Returns a value as it was meant that a form sent as text or as another kind of number."""
        if self.kind == "number" and isinstance(value, float) and value.is_integer():
            return int(value)
        if self.kind in ("number", "share") and isinstance(value, str):
            for kind in (int, float):
                try:
                    return kind(value)
                except ValueError:
                    continue
        return value


def setting(default: Any, **described: Any) -> Any:
    """Returns a dataclass field with a default and what describes it; see `Setting`."""
    return field(default=default, metadata={"setting": Setting(**described)})


def setting_of(member: Field[Any]) -> Setting:
    """Returns what describes a member of `Config`."""
    described: Setting = member.metadata["setting"]
    return described


def _plain(number: float | None) -> str:
    return "any" if number is None else f"{number:,g}" if number < 1e6 else f"{number:,.0f}"
