"""The evidence of many candidates at once: columns of scores, ties exact, on several threads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .statistics import TwoSample, two_sample

#: columns that a thread copies out of a row-major matrix at a time: a cache line holds 16 numbers,
#: and reading one column touches every line
_BLOCK = 4


def two_sample_columns(
    scores: NDArray[np.floating[Any]],
    rows_a: Sequence[int] | NDArray[np.intp],
    rows_b: Sequence[int] | NDArray[np.intp],
    threads: int | None = None,
) -> list[TwoSample | None]:
    """Compares A and B in every column, as `two_sample` would one by one.

    Sorting and counting release the interpreter, so threads share the work. Columns that lie
    together in memory (``order="F"``) are read fastest.

    Args:
        scores: ``(n, k)`` scores, float32 for speed; what is not finite was not scored
        rows_a: rows of A
        rows_b: rows of B
        threads (None): how many columns at the same time; by default one a core

    Returns:
        ``k`` comparisons; None where fewer than two images of a set were scored

    Raises:
        ValueError: if the scores are no matrix
    """
    if scores.ndim != 2:
        raise ValueError(f"Expected scores of shape (n, k), got shape {scores.shape}.")
    a, b = np.asarray(rows_a, np.intp), np.asarray(rows_b, np.intp)

    def block(start: int) -> list[TwoSample | None]:
        columns = np.ascontiguousarray(scores[:, start : start + _BLOCK].T)
        return [_compared(column, a, b) for column in columns]

    starts = range(0, scores.shape[1], _BLOCK)
    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        return [one for found in pool.map(block, starts) for one in found]


def usable_cores() -> int:
    """Returns how many cores this process may use, which can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _compared(
    column: NDArray[np.floating[Any]], rows_a: NDArray[np.intp], rows_b: NDArray[np.intp]
) -> TwoSample | None:
    a, b = column[rows_a], column[rows_b]
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    return two_sample(a, b) if min(a.size, b.size) >= 2 else None
