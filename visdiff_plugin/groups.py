"""Scores of A and B as groups of equal values: all that rank statistics need, from one sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: of the 32 bits of a key, what is left for its value beside the mark of A
_SPAN = 2**31


@dataclass(frozen=True)
class Groups:
    """Distinct values of A and B together, and how often each side has them.

    Args:
        values: ``(g,)`` distinct values, ascending
        in_a: ``(g,)`` how many scores of A have each value
        in_b: ``(g,)`` how many scores of B have it
    """

    values: NDArray[np.floating[Any]]
    in_a: NDArray[np.integer[Any]]
    in_b: NDArray[np.integer[Any]]

    def swapped(self) -> Groups:
        """Returns the same with A and B exchanged."""
        return Groups(self.values, self.in_b, self.in_a)

    def placements(self) -> NDArray[np.float64]:
        """Returns, for each value, how many scores of B lie below, ties counted half."""
        found = np.cumsum(self.in_b, dtype=np.float64)
        found -= 0.5 * self.in_b
        return found

    def moments(self) -> tuple[float, float]:
        """Returns mean and variance (``n - 1``) of A's scores, in the order of their values."""
        return weighted_moments(self.values, self.in_a)


def weighted_moments(
    values: NDArray[np.floating[Any]], counts: NDArray[np.integer[Any]]
) -> tuple[float, float]:
    """Returns mean and variance (``n - 1``) of values that occur ``counts`` times each.

    Values that are all equal have variance 0 and that mean, exactly.
    """
    n = int(counts.sum())
    first = int(np.argmax(counts > 0))
    if counts[first] == n:
        return float(values[first]), 0.0
    deviation = values.astype(np.float64)
    deviation *= counts
    mean = float(deviation.sum()) / n
    np.subtract(values, np.float64(mean), out=deviation)  # a bare float would take float32
    deviation *= deviation
    deviation *= counts
    return mean, float(deviation.sum()) / (n - 1)


def group(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> Groups:
    """Returns the distinct values of two sets of finite scores with their counts.

    Values that are exact in float32, as a matrix of scores is, take the fast way: their bits, put
    in the order of the numbers, and a mark of A below them fit in one integer, so that a single
    sort of plain integers ranks both sides.

    Args:
        a: ``(n_a,)`` finite scores
        b: ``(n_b,)`` finite scores
    """
    short_a, short_b = _short(a), _short(b)
    if short_a is not None and short_b is not None:
        return _group_short(short_a, short_b)
    pooled = np.concatenate([np.sort(a), np.sort(b)]).astype(np.float64)
    order = np.argsort(pooled, kind="stable")  # merges two sorted runs in linear time
    merged = pooled[order]
    return _counted(merged, order < a.size, np.append(merged[1:] != merged[:-1], True))


def _short(values: NDArray[np.floating[Any]]) -> NDArray[np.float32] | None:
    """The values as float32, None where that would change one."""
    if values.dtype == np.float32:
        return np.asarray(values, np.float32)
    with np.errstate(over="ignore", under="ignore"):
        short = np.asarray(values).astype(np.float32)
    return short if np.array_equal(short, values) else None


def _group_short(a: NDArray[np.float32], b: NDArray[np.float32]) -> Groups:
    bits = np.concatenate([a, b])
    bits += np.float32(0)  # -0 and 0 are one value
    keys = _flip(bits.view(np.int32))
    low = int(keys.min())
    wide = np.uint32 if int(keys.max()) - low < _SPAN else np.uint64
    marked = (keys.astype(np.int64) - low).astype(wide) if wide is np.uint64 else None
    if marked is None:
        keys -= np.int32(low)  # wraps around where it must; as unsigned the difference is right
        marked = keys.view(np.uint32)
    marked <<= wide(1)
    marked[: a.size] |= wide(1)
    marked.sort()
    of_a = (marked & wide(1)).astype(bool)
    marked >>= wide(1)
    found = _counted(marked, of_a, np.append(marked[1:] != marked[:-1], True))
    values = _flip((found.values.astype(np.int64) + low).astype(np.int32)).view(np.float32)
    return Groups(values, found.in_a, found.in_b)


def _counted(ordered: NDArray[Any], of_a: NDArray[np.bool_], last: NDArray[np.bool_]) -> Groups:
    """Groups of a sorted array: whether each value is A's, and the last of its group."""
    ends = np.flatnonzero(last)
    count: Any = np.int64 if ordered.size >= _SPAN else np.int32
    in_a = np.diff(np.cumsum(of_a, dtype=count)[ends], prepend=count(0))
    sizes = np.diff(ends, prepend=-1).astype(count)
    return Groups(ordered[ends], in_a, sizes - in_a)


def _flip(bits: NDArray[np.int32]) -> NDArray[np.int32]:
    """Maps the bits of float32 to integers in the order of the numbers, and back."""
    return bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))
