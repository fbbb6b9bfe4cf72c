"""What a setting is: its name on screen, what it takes, and where it shows; `Config` declares each.

The only source for validation, forms, operator parameters, "run again" and docs/settings.md.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, dataclass, field
from typing import Any, Literal

from .errors import SettingError
from .storable import LONGEST_NOTE, storable

#: longest name of a field, in characters
LONGEST_NAME = 500
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
        help: what it does, in a phrase, for forms too
        more (""): what scripts and docs say beside it
        shown (False): whether forms have a control for it
        proposing (False): whether it only matters where descriptions are proposed
        of_dataset (False): whether it is about a dataset: plans of an evaluation have none
        least (None): smallest number
        most (None): largest number; of a text, its longest length; of a list, its most names
        open (False): whether the ends are left out
        choices (None): value -> what people call it; of a group field, those that are no field
    """

    kind: Kind
    label: str
    help: str
    more: str = ""
    shown: bool = False
    proposing: bool = False
    of_dataset: bool = False
    least: float | None = None
    most: float | None = None
    open: bool = False
    choices: Mapping[Any, str] | None = None

    def has_control(self, *, ranks: bool) -> bool:
        """Returns whether a form shows it; those that check hypotheses propose nothing."""
        return self.shown and not (ranks and self.proposing)

    @property
    def described(self) -> str:
        """What it does, at length."""
        return f"{self.help}; {self.more}" if self.more else self.help

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
            "text": f"text of up to {_plain(self.most)} characters",
            "group_field": ", or ".join(["a field's name", *map(repr, self.choices or {})]),
            "group_fields": f"a list of up to {_plain(self.most)} fields' names",
            "label_fields": f"a list of up to {_plain(self.most)} label fields' names",
            "own_field": "a field's name",
        }[self.kind]

    def check(self, name: str, value: Any) -> Any:
        """Returns a value as `Config` holds it.

        Raises:
            SettingError: if it is out of range, or of another type
        """
        if not self._takes(value):
            what = f"Expected {name} as {self.allowed}, got {_short(value)}."
            raise SettingError(what, about=name)
        if self.kind == "text":
            return self._text(name, value)
        if self.kind in ("group_fields", "label_fields"):
            return (value,) if isinstance(value, str) else tuple(value)
        return value

    def _text(self, name: str, value: str) -> str:
        text = storable(value)
        if len(text) > LONGEST_NOTE:
            raise SettingError(
                f"Expected {name} of at most {LONGEST_NOTE:,} characters, got {len(text):,}.",
                about=name,
            )
        return text

    def said(self, value: Any) -> str:
        """Returns a value in words."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (list, tuple)):
            return ", ".join(map(str, value))
        labels = (self.choices or {}).items()
        return str(next((label for choice, label in labels if choice == value), value))

    def _takes(self, value: Any) -> bool:
        if self.kind == "choice":
            return any(value == choice for choice in self.choices or {})
        if self.kind in ("number", "share"):
            real = isinstance(value, int if self.kind == "number" else (int, float))
            return real and not isinstance(value, bool) and self._inside(value)
        if self.kind in ("group_field", "own_field"):
            return value is None or _is_name(value)
        if self.kind in ("group_fields", "label_fields"):
            return self._takes_several(value)
        if self.kind == "text":
            return isinstance(value, str) and len(value) <= (self.most or math.inf)
        return isinstance(value, bool) if self.kind == "flag" else True

    def _takes_several(self, value: Any) -> bool:
        if isinstance(value, str):
            # a single label field is as often a mistake
            return self.kind == "group_fields" and _is_name(value)
        several = isinstance(value, Collection) and not isinstance(value, Mapping)
        return several and len(value) <= (self.most or math.inf) and all(map(_is_name, value))

    def _inside(self, value: float) -> bool:
        least, most = self.least or 0, math.inf if self.most is None else self.most
        return least < value < most if self.open else least <= value <= most

    def read(self, value: Any) -> Any:
        """Returns the intended value of what a form sent as text or as another kind of number."""
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


def described_args(members: Sequence[Field[Any]]) -> str:
    """Returns the part of a docstring that describes the members of `Config`."""
    lines = (
        textwrap.fill(
            f"{member.name} ({member.default!r}): {setting_of(member).described}",
            width=100,
            initial_indent=" " * 8,
            subsequent_indent=" " * 12,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for member in members
    )
    return "\n".join(["    Args:", *lines, "    "])


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _short(value: Any) -> str:
    """Returns a value as it stands in code, or in words where that is long."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of many digits"
    if isinstance(value, (str, bytes)) and len(value) > 200:
        return f"{value[:50]!r}... ({len(value):,} characters)"
    if isinstance(value, Collection) and len(value) > 50:
        return f"{len(value):,} items"
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]}..."


def _plain(number: float | None) -> str:
    return "any" if number is None else f"{number:,g}" if number < 1e6 else f"{number:,.0f}"
