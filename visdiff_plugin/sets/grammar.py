"""What a set of images can be chosen by, as text that forms, runs and scripts share; pure.

``"label:FIELD=VALUE"``, ``"eval:KEY=wrong"``, ``"top:FIELD=25%"``, ...: docs/sets.md lists them.
Before ``=`` and ``/``, these and ``%`` are written as ``%3D``, ``%2F`` and ``%25``, so that every
name can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import SelectionError
from ..storable import encodable

_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*%")
_ESCAPES = {"%": "%25", "=": "%3D", "/": "%2F"}


@dataclass(frozen=True)
class SavedView:
    """The images of a saved view."""

    name: str

    def __str__(self) -> str:
        return f"view:{self.name}" if _looks_special(self.name) else self.name

    @property
    def label(self) -> str:
        """What people read."""
        return self.name


@dataclass(frozen=True)
class Tag:
    """The images with a tag."""

    name: str

    def __str__(self) -> str:
        return f"tag:{self.name}"

    label = property(__str__)


@dataclass(frozen=True)
class Label:
    """The images with a value in a field: a class, or text, a whole number, true or false."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"label:{_escaped(self.field)}={self.value}"

    @property
    def label(self) -> str:
        """What people read."""
        return f"{self.field} = {self.value}"


@dataclass(frozen=True)
class Outcome:
    """The images that an evaluation counts as right, or as wrong."""

    key: str
    outcome: Literal["right", "wrong"]

    def __str__(self) -> str:
        return f"eval:{_escaped(self.key)}={self.outcome}"

    @property
    def label(self) -> str:
        """What people read."""
        return f"{self.outcome} in {self.key}"


@dataclass(frozen=True)
class End:
    """The images with the highest, or the lowest, values of a number.

    Args:
        field: path of the number
        end: which end
        percent: of the images that have the number, in (0, 100); four decimals count
    """

    field: str
    end: Literal["top", "bottom"]
    percent: float

    def __str__(self) -> str:
        return f"{self.end}:{_escaped(self.field)}={_number(self.percent)}%"

    @property
    def label(self) -> str:
        """What people read."""
        return f"{self.end} {_number(self.percent)}% of {self.field}"


@dataclass(frozen=True)
class Rest:
    """All images that the other set does not hold."""

    def __str__(self) -> str:
        return "rest"

    @property
    def label(self) -> str:
        """What people read."""
        return "everything else"


@dataclass(frozen=True)
class Elsewhere:
    """The images of another dataset, or of a saved view of it."""

    dataset: str
    view: str | None = None

    def __str__(self) -> str:
        name = f"dataset:{_escaped(self.dataset)}"
        return name if self.view is None else f"{name}/{self.view}"

    @property
    def label(self) -> str:
        """What people read."""
        return self.dataset if self.view is None else f"{self.view} of {self.dataset}"


Chosen = SavedView | Tag | Label | Outcome | End | Rest | Elsewhere


def parse_set(text: str, views: Sequence[str] = ()) -> Chosen:
    """Reads what a set is chosen by; ``str()`` of the result is such a text again.

    Args:
        text: a saved view's name, or one of the forms that this module lists
        views (()): names of saved views, to tell them from the other forms

    Raises:
        SelectionError: if it is incomplete, or is a saved view's name and something else too, or
            holds half of a character
    """
    _check_whole(text)
    kind, colon, rest = text.partition(":")
    if not _looks_special(text):
        return SavedView(text)
    if kind == "view" and colon:
        return SavedView(_given(rest, text, "'view:NAME'"))
    if text in views:
        raise SelectionError(
            f"Expected one meaning, got {text!r}, which is also the name of a saved view.",
            f"Write 'view:{text}' for the view, or rename it.",
        )
    if text == "rest":
        return Rest()
    if kind == "tag":
        return Tag(rest)
    if kind == "label":
        return Label(*_pair(text, rest, "'label:FIELD=VALUE'"))
    if kind == "eval":
        key, outcome = _pair(text, rest, "'eval:KEY=wrong' or 'eval:KEY=right'")
        if outcome not in ("right", "wrong"):
            raise SelectionError(
                f"Expected 'eval:{key}=wrong' or 'eval:{key}=right', got {text!r}."
            )
        return Outcome(key, "right" if outcome == "right" else "wrong")
    if kind == "dataset":
        name, slash, view = rest.partition("/")
        name = _given(_read(name), text, "'dataset:NAME'")
        return Elsewhere(name, _given(view, text, "'dataset:NAME/VIEW'") if slash else None)
    return _end(text, kind, rest)


def _check_whole(text: str) -> None:
    if encodable(text) != text:
        raise SelectionError(
            f"Expected a set's name, got {text!r}, which holds half of a character.",
            "No view, tag or field can be called so. Type the name again.",
        )


def _end(text: str, kind: str, rest: str) -> End:
    form = f"'{kind}:FIELD=25%'"
    field, share = _pair(text, rest, form)
    match = _PERCENT.fullmatch(share.strip())
    percent = float(match.group(1)) if match else 0.0
    if percent <= 0:
        raise SelectionError(
            f"Expected {form} with a percentage above 0 and below 100 (four decimals at most), "
            f"got {text!r}."
        )
    return End(field, "top" if kind == "top" else "bottom", percent)


def _looks_special(text: str) -> bool:
    kind, colon, _ = text.partition(":")
    named = ("view", "tag", "label", "eval", "top", "bottom", "dataset")
    return text == "rest" or (bool(colon) and kind in named)


def _pair(text: str, rest: str, form: str) -> tuple[str, str]:
    name, _, value = rest.partition("=")
    return _given(_read(name), text, form), _given(value, text, form)


def _given(part: str, text: str, form: str) -> str:
    if not part:
        raise SelectionError(f"Expected {form}, got {text!r}.")
    return part


def _escaped(name: str) -> str:
    return re.sub("[%=/]", lambda match: _ESCAPES[match.group()], name)


def _read(name: str) -> str:
    plain = {escape: sign for sign, escape in _ESCAPES.items()}
    return re.sub(
        "%25|%3D|%2F", lambda match: plain[match.group().upper()], name, flags=re.IGNORECASE
    )


def _number(percent: float) -> str:
    return f"{percent:.4f}".rstrip("0").rstrip(".")
