"""The evidence of many candidates at once: columns of scores, ties exact, on several threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cores import usable_cores
from .rank_test import Ties
from .statistics import Moments, TwoSample, two_sample
from .tops import CUTS, Top

if TYPE_CHECKING:  # numba comes with it
    from .columns_kernel import Found, Squares

#: columns that are copied out of a row-major matrix at a time: a cache line holds 16 numbers, and
#: reading one column touches every line
_BLOCK = 4
#: images from which on compiled loops win back the second that it takes to compile them
_LONG = 20_000


def two_sample_columns(
    scores: NDArray[np.floating[Any]],
    rows_a: Sequence[int] | NDArray[np.intp],
    rows_b: Sequence[int] | NDArray[np.intp],
    columns: Sequence[int] | None = None,
    threads: int | None = None,
) -> list[TwoSample | None]:
    """Compares A and B in every column, as `two_sample` would one by one.

    Long columns of float32 are compared by compiled loops that release the interpreter, so that
    threads share the work. Columns that lie together in memory (``order="F"``) are read fastest.

    Args:
        scores: ``(n, k)`` scores, float32 for speed; what is not finite was not scored
        rows_a: rows of A
        rows_b: rows of B
        columns (None): which columns; all by default
        threads (None): how many columns at the same time; by default one a core

    Returns:
        a comparison for each column; None where fewer than two images of a set were scored

    Raises:
        ValueError: if the scores are no matrix
    """
    if scores.ndim != 2:
        raise ValueError(f"Expected scores of shape (n, k), got shape {scores.shape}.")
    chosen = list(range(scores.shape[1]) if columns is None else columns)
    rows = np.asarray(rows_a, np.intp), np.asarray(rows_b, np.intp)
    long = scores.dtype == np.float32 and rows[0].size + rows[1].size >= _LONG
    worker: Any = _Compiled(len(scores), *rows) if long else _Plain(*rows)

    def compare(start: int) -> list[TwoSample | None]:
        found = chosen[start : start + _BLOCK]
        if scores.flags.f_contiguous:
            return worker.compared([scores[:, item] for item in found])
        return worker.compared(np.ascontiguousarray(scores[:, found].T))

    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        return [
            item for found in pool.map(compare, range(0, len(chosen), _BLOCK)) for item in found
        ]


class _Plain:
    """Compares columns by numpy alone."""

    def __init__(self, rows_a: NDArray[np.intp], rows_b: NDArray[np.intp]) -> None:
        self._rows = rows_a, rows_b

    def compared(self, columns: Sequence[NDArray[Any]]) -> list[TwoSample | None]:
        return [self.one(column) for column in columns]

    def one(self, column: NDArray[Any]) -> TwoSample | None:
        a, b = (column[rows] for rows in self._rows)
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        return two_sample(a, b) if min(a.size, b.size) >= 2 else None


class _Compiled:
    """Compares columns of float32 by compiled loops."""

    def __init__(self, n: int, rows_a: NDArray[np.intp], rows_b: NDArray[np.intp]) -> None:
        self._side = np.full(n, -1, np.int8)
        self._side[rows_a], self._side[rows_b] = 1, 0

    def compared(self, columns: Sequence[NDArray[Any]]) -> list[TwoSample | None]:
        from . import columns_kernel as kernel

        n = self._side.size
        counts, cuts = np.empty((3, 2**11), np.uint32), np.array(CUTS)
        keys, spare = np.empty(n, np.uint32), np.empty(n, np.uint32)
        top = np.zeros((len(CUTS), 3), np.int64)
        out: list[TwoSample | None] = []
        for column in columns:
            bits = column.view(np.int32)
            found = kernel.compare(column, bits, self._side, keys, spare, counts, cuts, top)
            if not found.fits:
                keys, spare = np.empty(n, np.uint64), np.empty(n, np.uint64)
                found = kernel.compare(column, bits, self._side, keys, spare, counts, cuts, top)
            enough = min(found.n_a, found.n_b) >= 2
            out.append(_moments(found, top).compared(self._sizes(column)) if enough else None)
        return out

    def _sizes(self, column: NDArray[Any]) -> Callable[[], NDArray[np.int64]]:
        """Returns what counts the images with each score, for the few columns that need it."""

        def sizes() -> NDArray[np.int64]:
            known = column[(self._side >= 0) & np.isfinite(column)]
            return np.unique(known + 0, return_counts=True)[1]

        return sizes


def _moments(found: Found, top: NDArray[np.int64]) -> Moments:
    n_a, n_b = found.n_a, found.n_b
    used = top[:1] if found.distinct <= 2 else top
    least = used[:, 2].astype(np.int32).view(np.float32)
    least = np.where(used[:, :2].sum(axis=1) > 0, least, np.inf)

    def square(of: Squares, n: int) -> float:
        """Squares around the mean; whole numbers of Python until the division."""
        return (n * (of.low + (of.high << 31)) - found.deviation**2) / (4 * n)

    return Moments(
        Ties(n_a, n_b, found.tie_term, found.distinct, found.largest),
        (found.deviation + n_a * n_b) / 2,
        square(found.squares_a, n_a), square(found.squares_b, n_b),
        found.mean_a, found.mean_b, found.spread_a, found.spread_b,
        Top(
            tuple(used[:, 0].tolist()), tuple(used[:, 1].tolist()), tuple(least.tolist()),
            found.distinct <= 2,
        ),
    )  # fmt: skip
