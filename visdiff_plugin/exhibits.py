"""What a page shows of a difference: a histogram and the images at its ends; pure.

Both describe all images that were compared, those included that proposers saw, and are stored
with the run: a page is shown without reading scores again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ordering import Ranked
from .results.difference import Difference

#: bars of a histogram; more are noise on a few hundred images, fewer hide two humps
BINS = 30
#: images shown of each end of each set
SHOWN = 8

Scores = NDArray[np.floating[Any]]


def with_exhibits(
    ranked: Sequence[Ranked],
    n_shown: int,
    scores: Scores,
    ids: Sequence[str],
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> list[Difference]:
    """Returns the differences in order; the first ones with their histogram and images.

    Args:
        ranked: differences, best first
        n_shown: how many of them get a histogram and examples: those with a score field
        scores: ``(n, k)`` scores of all candidates
        ids: ``n`` sample ids
        rows: of A and of B
    """
    shown = []
    ids_a, ids_b = (_taken(ids, own) for own in rows)
    for place, row in enumerate(ranked):
        difference = row.difference
        if place < n_shown:
            column = scores[:, row.column]
            a, b = column[rows[0]], column[rows[1]]
            difference = replace(
                difference,
                histogram=histogram(a, b),
                examples=examples(a, b, ids_a, ids_b),
            )
        shown.append(difference)
    return shown


def histogram(a: Scores, b: Scores, bins: int = BINS) -> dict[str, list[float] | list[int]] | None:
    """Counts the scores of both sets in the same bars of equal width.

    Args:
        a: ``(n_a,)`` scores of A; NaN is left out
        b: ``(n_b,)`` scores of B
        bins (BINS): bars; fewer where there are fewer different scores

    Returns:
        ``edges`` (one more than bars, ascending), and counts ``a`` and ``b`` of each bar; None
        where no score is finite
    """
    a, b = a[np.isfinite(a)].astype(np.float64), b[np.isfinite(b)].astype(np.float64)
    if not a.size + b.size:
        return None
    low = min(float(side.min()) for side in (a, b) if side.size)
    high = max(float(side.max()) for side in (a, b) if side.size)
    if not high - low > np.spacing(max(abs(low), abs(high))) * bins:
        return {"edges": [low - 0.5, low + 0.5], "a": [int(a.size)], "b": [int(b.size)]}
    if _binary(a) and _binary(b):
        # answers, no measurements: two bars around 0 and 1
        edges = np.array([-0.5, 0.5, 1.5])
    else:
        edges = np.linspace(low, high, bins + 1)
    counts = [np.histogram(side, edges)[0] for side in (a, b)]
    return {"edges": edges.tolist(), "a": counts[0].tolist(), "b": counts[1].tolist()}


def examples(
    a: Scores, b: Scores, ids_a: Sequence[str], ids_b: Sequence[str], n: int = SHOWN
) -> dict[str, Any]:
    """Returns the images that score highest and lowest in each set.

    For a difference that favors A, ``high_a`` shows it best, and ``high_b`` and ``low_a`` speak
    against it; for one that favors B the other way round.

    Args:
        a: ``(n_a,)`` scores of A; images without a score are left out
        b: ``(n_b,)`` scores of B
        ids_a: sample ids of A
        ids_b: sample ids of B
        n (SHOWN): images of each end

    Returns:
        ``high_a``, ``high_b`` (highest first), ``low_a``, ``low_b`` (lowest first): sample ids.
        Images with the same score come in the order of ``ids``; none stands at both ends. Where
        more than ``n`` images of a set share the lowest score of all, these are no examples of
        anything: ``tied`` then says that ``score``, and how many ``a`` and ``b`` hold
    """
    ends: dict[str, Any] = {}
    sides = {"a": (a, ids_a), "b": (b, ids_b)}
    known = {name: np.flatnonzero(np.isfinite(scores)) for name, (scores, _) in sides.items()}
    lowest = min(
        (float(sides[name][0][rows].min()) for name, rows in known.items() if rows.size),
        default=0.0,
    )
    tied = {}
    for name, (scores, ids) in sides.items():
        rows = known[name]
        above = rows[scores[rows] > lowest]
        tied[name] = rows.size - above.size
        if tied[name] > n:
            high, low = above[_first(-scores[above], min(n, above.size))], rows[:0]
        else:
            most = min(n, rows.size // 2)
            places = _first(-scores[rows], most)
            rest = np.delete(rows, places)
            high, low = rows[places], rest[_first(scores[rest], most)]
        ends[f"high_{name}"], ends[f"low_{name}"] = _taken(ids, high), _taken(ids, low)
    if max(tied.values()) > n:
        ends["tied"] = {"score": lowest, **tied}
    return ends


def _first(keys: Scores, most: int) -> NDArray[np.intp]:
    """The places of the ``most`` smallest keys; ties in their order."""
    if not most:
        return np.zeros(0, np.intp)
    last = np.partition(keys, most - 1)[most - 1]
    below = np.flatnonzero(keys < last)
    ties = np.flatnonzero(keys == last)[: most - below.size]
    return np.concatenate([below[np.argsort(keys[below], kind="stable")], ties])


def _binary(scores: Scores) -> bool:
    return bool(np.isin(scores, (0.0, 1.0)).all())


def _taken(ids: Sequence[str], rows: NDArray[np.intp]) -> list[str]:
    return [str(ids[int(row)]) for row in rows]
