"""What a set of images can be chosen by, as text that forms, runs and scripts share; pure.

``"label:FIELD=VALUE"``, ``"eval:KEY=wrong"``, ``"top:FIELD=25%"``, ...: docs/sets.md lists them;
several joined by ``" & "`` are the images that meet all. Before ``=`` and ``/``, these and ``%``
are written as ``%3D``, ``%2F`` and ``%25``, and a ``&`` between spaces as ``%26``, so that every
name can be told apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..errors import SelectionError
from ..storable import encodable

_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*%")
_ESCAPES = {"%": "%25", "=": "%3D", "/": "%2F", "&": "%26"}
#: characters of a set's text; no name of a view is as long
_LONGEST = 5_000
#: between conditions of which images meet all
_AND = " & "
#: a text, colon and one of these begin a text that is no saved view's name
_KINDS = ("view", "tag", "label", "eval", "top", "bottom", "range", "dataset")
_BEFORE_KIND = f" ?(?:{'|'.join(_KINDS)}):"
#: what is read as `_AND`: its spaces may be left out where a kind follows
_JOINS = re.compile(f"{_AND}| ?&(?={_BEFORE_KIND}) ?")


@dataclass(frozen=True)
class SavedView:
    """The images of a saved view."""

    name: str

    def __str__(self) -> str:
        plain = not _looks_special(self.name) and not _JOINS.search(self.name)
        return self.name if plain else self.explicit

    @property
    def explicit(self) -> str:
        """The text that says that it is a view."""
        return f"view:{_guarded(self.name)}"

    @property
    def label(self) -> str:
        """What people read."""
        return self.name


@dataclass(frozen=True)
class Tag:
    """The images with a tag."""

    name: str

    def __str__(self) -> str:
        return f"tag:{_guarded(self.name)}"

    @property
    def label(self) -> str:
        """What people read."""
        return f"tag:{self.name}"


@dataclass(frozen=True)
class Label:
    """The images with a value in a field: a class, or text, a whole number, true or false."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"label:{_escaped(self.field)}={_guarded(self.value)}"

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
        return name if self.view is None else f"{name}/{_guarded(self.view)}"

    @property
    def label(self) -> str:
        """What people read."""
        return self.dataset if self.view is None else f"{self.view} of {self.dataset}"


@dataclass(frozen=True)
class Range:
    """The images with a number, or a date, between two others, both included.

    Args:
        field: path of the number or date
        low: a number, or a date as ``2024-05-31`` or with a time; empty for no lower end
        high: likewise; a date without a time is that whole day
    """

    field: str
    low: str
    high: str

    def __str__(self) -> str:
        return f"range:{_escaped(self.field)}={self.low}..{self.high}"

    @property
    def label(self) -> str:
        """What people read."""
        if not self.low:
            return f"{self.field} up to {self.high}"
        if not self.high:
            return f"{self.field} from {self.low}"
        return f"{self.field} from {self.low} to {self.high}"


@dataclass(frozen=True)
class Intersection:
    """The images that meet all of some conditions.

    Args:
        parts: two or more of the other kinds, but for those that need another set or dataset
    """

    parts: tuple[SavedView | Tag | Label | Outcome | End | Range, ...]

    def __str__(self) -> str:
        return _AND.join(
            part.explicit if isinstance(part, SavedView) else str(part) for part in self.parts
        )

    @property
    def label(self) -> str:
        """What people read."""
        return " and ".join(part.label for part in self.parts)


Chosen = SavedView | Tag | Label | Outcome | End | Range | Rest | Elsewhere | Intersection


def parse_set(text: str, views: Sequence[str] = (), datasets: Container[str] = ()) -> Chosen:
    """Reads what a set is chosen by; ``str()`` of the result is such a text again.

    Args:
        text: a saved view's name, or one of the forms that this module lists
        views (()): names of saved views, to tell them from the other forms
        datasets (()): names of datasets, to tell a ``/`` in one from that before a view

    Raises:
        SelectionError: if it is incomplete, or is a saved view's name and something else too, or
            holds half of a character
    """
    _check_whole(text)
    pieces = _JOINS.split(text)
    several = len(pieces) > 1 and text not in views
    if several and all(_looks_special(piece) or piece in views for piece in pieces):
        return Intersection(tuple(_condition(piece, text, views) for piece in pieces))
    return _one(text, views, datasets)


def _condition(
    piece: str, text: str, views: Sequence[str]
) -> SavedView | Tag | Label | Outcome | End | Range:
    chosen = _one(piece, views, ())
    if isinstance(chosen, Rest):
        raise SelectionError(
            f"'rest' can't be one of several conditions: it needs the other set, got {text!r}.",
            "Pass the other conditions as within, and 'rest' as the set.",
        )
    if isinstance(chosen, (Elsewhere, Intersection)):
        raise SelectionError(
            f"Another dataset can't be one of several conditions, got {piece!r} in {text!r}.",
            "Save such a view in the other dataset, and choose 'dataset:NAME/VIEW'.",
        )
    return chosen


def _one(text: str, views: Sequence[str], datasets: Container[str]) -> Chosen:
    kind, colon, rest = text.partition(":")
    if not _looks_special(text):
        return SavedView(text)
    if kind == "view" and colon:
        return SavedView(_unguarded(_given(rest, text, "'view:NAME'")))
    if text in views:
        raise SelectionError(
            f"Expected one meaning, got {text!r}, which is also the name of a saved view.",
            f"Write 'view:{text}' for the view, or rename it.",
        )
    if text == "rest":
        return Rest()
    if kind == "tag":
        return Tag(_unguarded(rest))
    if kind == "label":
        name, value = _pair(text, rest, "'label:FIELD=VALUE'")
        return Label(name, _unguarded(value))
    if kind == "eval":
        key, outcome = _pair(text, rest, "'eval:KEY=wrong' or 'eval:KEY=right'")
        if outcome not in ("right", "wrong"):
            raise SelectionError(
                f"Expected 'eval:{key}=wrong' or 'eval:{key}=right', got {text!r}."
            )
        return Outcome(key, "right" if outcome == "right" else "wrong")
    if kind == "dataset":
        return _elsewhere(text, rest, datasets)
    return _range(text, rest) if kind == "range" else _end(text, kind, rest)


def _elsewhere(text: str, rest: str, datasets: Container[str]) -> Elsewhere:
    """Reads up to the first ``/`` as the dataset, unless only a longer name is one."""
    cuts = [at for at, sign in enumerate(rest) if sign == "/"] or [len(rest)]
    at = next((at for at in (*cuts, len(rest)) if _read(rest[:at]) in datasets), cuts[0])
    name = _given(_read(rest[:at]), text, "'dataset:NAME'")
    view = rest[at + 1 :]
    whole = at == len(rest)
    return Elsewhere(name, None if whole else _unguarded(_given(view, text, "'dataset:NAME/VIEW'")))


def _range(text: str, rest: str) -> Range:
    form = "'range:FIELD=LOW..HIGH'"
    name, between = _pair(text, rest, form)
    low, dots, high = (part.strip() for part in between.partition(".."))
    kinds = {_kind_of_end(end) for end in (low, high) if end}
    if not dots or not kinds or len(kinds) > 1 or "" in kinds:
        raise SelectionError(
            f"Expected {form} with numbers, or with dates such as 2024-05-31, got {text!r}.",
            "One of the two may be left out.",
        )
    if low and high and kinds == {"number"} and float(low) > float(high):
        raise SelectionError(f"Expected {form} with the lower number first, got {text!r}.")
    return Range(name, low, high)


def _kind_of_end(end: str) -> str:
    """Returns whether an end of a range is a number or a date; empty for neither."""
    try:
        return "number" if math.isfinite(float(end)) and "_" not in end else ""
    except ValueError:
        pass
    try:
        datetime.fromisoformat(end)
    except ValueError:
        return ""
    return "date"


def _check_whole(text: str) -> None:
    if len(text) > _LONGEST:
        raise SelectionError(
            f"Expected a set's name of up to {_LONGEST:,} characters, got {len(text):,}: "
            f"{text[:50]!r}...",
            "Save a view of these images and choose that.",
        )
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
    return text == "rest" or (bool(colon) and kind in _KINDS)


def _pair(text: str, rest: str, form: str) -> tuple[str, str]:
    name, _, value = rest.partition("=")
    return _given(_read(name), text, form), _given(value, text, form)


def _given(part: str, text: str, form: str) -> str:
    if not part:
        raise SelectionError(f"Expected {form}, got {text!r}.")
    return part


def _escaped(name: str) -> str:
    return re.sub("[%=/&]", lambda match: _ESCAPES[match.group()], name)


def _read(name: str) -> str:
    plain = {escape: sign for sign, escape in _ESCAPES.items()}
    return re.sub(
        "%25|%3D|%2F|%26", lambda match: plain[match.group().upper()], name, flags=re.IGNORECASE
    )


def _guarded(text: str) -> str:
    """Writes the end of a text, where all signs mean themselves but a ``&`` between spaces."""
    text = re.sub(r"%((?:25)*)26", r"%25\g<1>26", text)
    return re.sub(f"(?<= )&(?= |$)|&(?={_BEFORE_KIND})", "%26", text)


def _unguarded(text: str) -> str:
    return re.sub(r"%((?:25)*)26", lambda match: f"%{match[1][2:]}26" if match[1] else "&", text)


def _number(percent: float) -> str:
    return f"{percent:.4f}".rstrip("0").rstrip(".")
