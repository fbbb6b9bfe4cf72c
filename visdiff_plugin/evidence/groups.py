"""Scores of A and B as groups of equal values: all that rank statistics need, from one sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
        below = np.cumsum(self.in_b, dtype=np.float64)
        below -= 0.5 * self.in_b
        return below

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

    Args:
        a: ``(n_a,)`` finite scores
        b: ``(n_b,)`` finite scores
    """
    pooled = np.concatenate([np.sort(a), np.sort(b)])
    pooled += 0  # -0 and 0 are one value
    order = np.argsort(pooled, kind="stable")  # merges two sorted runs in linear time
    merged, of_a = pooled[order], order < a.size
    ends = np.flatnonzero(np.append(merged[1:] != merged[:-1], True))
    in_a = np.diff(np.cumsum(of_a)[ends], prepend=0)
    return Groups(merged[ends], in_a, np.diff(ends, prepend=-1) - in_a)
