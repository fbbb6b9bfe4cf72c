"""How large two sets are and what they share, before they are read: for forms, by cheap queries.

Anything that would need more than some ten thousand samples is left open, and marked so.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from ..dataset.samples import SetCount, check_sizes
from ..errors import concerning
from ..mongo.documents import read_columns, view_ids
from ..mongo.queries import count
from .choosing import find_two
from .finding import Base, LocatedSet, parse, query_of
from .grammar import End, Intersection, SavedView

#: samples whose ids, or numbers, are read for a form
_MOST = 50_000
#: all counts together take no longer than about this
_SECONDS = 2.5
#: files of a set that are looked for
_FILES = 200


@dataclass(frozen=True)
class SetSize:
    """One set.

    Args:
        label: what people read
        n: its images; None where counting them takes too long
        exact: False where it can be fewer
        files: files that were looked for
        missing: those of them that are not there
        missing_path (""): one of these
        repeated (0): images that show the same file as another of the set, as far as paths tell
    """

    label: str
    n: int | None
    exact: bool = True
    files: int = 0
    missing: int = 0
    missing_path: str = ""
    repeated: int = 0


@dataclass(frozen=True)
class CountedSet:
    """Where the images of a set are.

    Args:
        located: the set, looked up
        n: its images; None where they are not counted
        exact: False where it can be fewer
        ids: all of them, where these were read
    """

    located: LocatedSet
    n: int | None
    exact: bool
    ids: tuple[str, ...] | None


@dataclass(frozen=True)
class Preview:
    """Both sets.

    Args:
        a: set A
        b: set B
        both: images in both; None where that is not known cheaply
        sides: where the images of each are, for those who look further
    """

    a: SetSize
    b: SetSize
    both: int | None
    sides: tuple[CountedSet, CountedSet] = field(repr=False)

    def check(self) -> None:
        """Checks that the sets can be compared, as far as they are counted.

        Raises:
            SelectionError: as `dataset.samples.check_sizes`
        """
        # where one is only known to be no larger, so is what both hold
        both = self.both if self.a.exact and self.b.exact else None
        check_sizes(*(SetCount(size.label, size.n, both) for size in (self.a, self.b)))


class _Clock:
    """Counts samples until it has taken too long; what is left then stays unknown."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _SECONDS

    def count(self, dataset: Any, view: Any, more: dict[str, Any] | None = None) -> int | None:
        """Returns how many samples a view holds, or None."""
        return count(dataset, view, more, int((self._end - time.monotonic()) * 1000))


def preview(base: Base, a: Any, b: Any) -> Preview:
    """Returns how large both sets are.

    Args:
        base: what both are taken from
        a: as for `choosing.select_two`
        b: likewise

    Raises:
        SelectionError: as `choosing.select_two`, but not for sets that are empty
    """
    clock = _Clock()
    everything = clock.count(base.dataset, base.view)
    with concerning("a"):
        cheap_a = _cheap(base, a, everything)
    with concerning("b"):
        cheap_b = _cheap(base, b, everything)
    found_a, found_b = find_two(base, cheap_a, cheap_b)
    sides = [_side(base, located, clock) for located in (found_a, found_b)]
    for place, other in ((0, 1), (1, 0)):
        if sides[place].located.is_rest:
            sides[place] = _rest(base, sides[other], sides[place].located, everything)
    both = _both(base, sides[0], sides[1], clock)
    named = [_named(side, base, text) for side, text in zip(sides, (a, b), strict=True)]
    return Preview(named[0], named[1], both, (sides[0], sides[1]))


def _cheap(base: Base, chosen: Any, everything: int | None) -> Any:
    """Puts the images that may be of a set in its place, where their ids would be too many."""
    if not isinstance(chosen, str) or (everything is not None and everything <= _MOST):
        return chosen
    parsed = parse(base.dataset, chosen)
    if isinstance(parsed, End):
        return base.view.match(query_of(base, parsed))
    if not isinstance(parsed, Intersection):
        return chosen
    queries = [query_of(base, part) for part in parsed.parts if not isinstance(part, SavedView)]
    if len(queries) == len(parsed.parts) and not any(isinstance(p, End) for p in parsed.parts):
        return chosen
    if queries:
        return base.view.match({"$and": queries})
    return str(parsed.parts[0])


def _side(base: Base, located: LocatedSet, clock: _Clock) -> CountedSet:
    if located.is_rest:
        return CountedSet(located, None, True, None)
    if located.ids is not None:
        ids = base.keep(located.ids) if not base.label else _inside(base, located.ids)
        return CountedSet(located, len(ids), True, ids)
    n = clock.count(located.dataset, located.view)
    if n is None or n > _MOST:
        whole = (
            located.query is not None or not base.label or located.dataset.name != base.dataset.name
        )
        return CountedSet(located, n, whole, None)
    ids = tuple(dict.fromkeys(view_ids(located.dataset, located.view)))
    if located.query is None and base.label and located.dataset.name == base.dataset.name:
        ids = _inside(base, ids)
    return CountedSet(located, len(ids), True, ids)


def _inside(base: Base, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Returns those ids that a base of any size holds."""
    return tuple(view_ids(base.dataset, base.view.match(_among(ids))))


def _among(ids: tuple[str, ...]) -> dict[str, Any]:
    from bson import ObjectId

    return {"_id": {"$in": [ObjectId(sample_id) for sample_id in ids]}}


def _rest(base: Base, other: CountedSet, rest: LocatedSet, everything: int | None) -> CountedSet:
    elsewhere = other.located.dataset.name != base.dataset.name
    if everything is not None and everything <= _MOST and (elsewhere or other.ids is not None):
        taken = set() if elsewhere else set(other.ids or ())
        ids = tuple(sample_id for sample_id in base.ids if sample_id not in taken)
        return CountedSet(rest, len(ids), True, ids)
    if elsewhere:
        return CountedSet(rest, everything, True, None)
    n = None if everything is None or other.n is None else max(everything - other.n, 0)
    return CountedSet(rest, n, other.exact, None)


def _both(base: Base, a: CountedSet, b: CountedSet, clock: _Clock) -> int | None:
    if a.located.is_rest or b.located.is_rest:
        return 0
    if a.located.dataset.name != b.located.dataset.name:
        if a.ids is None or b.ids is None:
            return None
        files = [
            set(read_columns(side.located.dataset, side.ids or (), ["filepath"])["filepath"])
            for side in (a, b)
        ]
        return len(files[0] & files[1])
    if a.ids is not None and b.ids is not None:
        return len(set(a.ids) & set(b.ids))
    for first, other in ((a, b), (b, a)):
        if first.located.query is None:
            continue
        if other.ids is not None:
            return clock.count(
                base.dataset, base.view.match(_among(other.ids)), first.located.query
            )
        if other.located.query is not None or not base.label:
            return clock.count(base.dataset, other.located.view, first.located.query)
    return None


def _named(side: CountedSet, base: Base, chosen: Any) -> SetSize:
    label, n, exact = side.located.label, side.n, side.exact
    parsed = parse(base.dataset, chosen) if isinstance(chosen, str) else None
    if isinstance(parsed, (End, Intersection)) and label != parsed.label:  # all that may be of it
        label, exact = parsed.label, False
        if isinstance(parsed, End):
            n = None if n is None else int(n * parsed.percent / 100)
    if not side.ids:
        return SetSize(label, n, exact)
    paths = read_columns(side.located.dataset, side.ids, ["filepath"])["filepath"]
    some = paths[:: -(-len(side.ids) // _FILES)]
    missing = [str(path) for path in some if not (path and os.path.exists(path))]
    repeated = len(paths) - len(set(paths))
    return SetSize(label, n, exact, len(some), len(missing), "".join(missing[:1]), repeated)
