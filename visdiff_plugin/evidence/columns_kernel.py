"""The inner loops of `columns`: one radix sort and two sweeps a column, compiled by numba.

numba is imported with this module, and machine code is made on the first call (a second; kept on
disk after that), so only columns that are long enough to win it back come here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

#: bits of a key that one pass of the radix sort looks at: three passes are 33, a float32 and the
#: mark of A, and the counters stay in the first-level cache
_BITS = 11
_MASK = (1 << _BITS) - 1

#: what `compare` finds, in this order; the first is 0 where ``keys`` are too short
FOUND = ("fits", "n_a", "n_b", "u", "square_a", "square_b", "tie_term",
         "mean_a", "mean_b", "spread_a", "spread_b", "distinct", "largest")  # fmt: skip


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles without holding the interpreter, and keeps the code where a place can be written."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder for the cache: compiled anew in every process
        return njit(nogil=True)(function)


@_compiled
def _ordered(bits: int) -> int:
    """Maps the bits of a float32 to a number in the order of the floats; -0 and 0 are one."""
    if bits == -0x80000000:
        return 0
    return bits if bits >= 0 else bits ^ 0x7FFFFFFF


@_compiled
def _scan(values, side, bits, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Counts, means, variances, and the smallest and largest key of what is finite."""
    low, high = np.int64(0), np.int64(0)
    n_a = n_b = 0
    sum_a = sum_b = 0.0
    first_a = first_b = 0.0
    for row in range(values.size):
        mark = side[row]
        value = np.float64(values[row])
        if mark < 0 or not np.isfinite(value):
            continue
        key = np.int64(_ordered(bits[row]))
        if n_a + n_b == 0:
            low = high = key
        low, high = min(low, key), max(high, key)
        # sums of differences from the first value lose no digits to a common offset
        if mark == 1:
            first_a = value if n_a == 0 else first_a
            n_a, sum_a = n_a + 1, sum_a + (value - first_a)
        else:
            first_b = value if n_b == 0 else first_b
            n_b, sum_b = n_b + 1, sum_b + (value - first_b)
    found[1], found[2] = n_a, n_b
    found[7] = first_a + sum_a / max(n_a, 1)
    found[8] = first_b + sum_b / max(n_b, 1)
    return low, high


@_compiled
def _mark(values, side, bits, low, means, keys, counts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fills ``keys`` with order and mark of A, counts their digits, sums squared deviations."""
    counts[:] = 0
    square_a = square_b = 0.0
    n = 0
    for row in range(values.size):
        mark = side[row]
        value = np.float64(values[row])
        if mark < 0 or not np.isfinite(value):
            continue
        key = (np.int64(_ordered(bits[row])) - low) << 1 | np.int64(mark)
        keys[n] = key
        n += 1
        counts[0, key & _MASK] += 1
        counts[1, (key >> _BITS) & _MASK] += 1
        counts[2, key >> (2 * _BITS)] += 1
        if mark == 1:
            square_a += (value - means[0]) ** 2
        else:
            square_b += (value - means[1]) ** 2
    return square_a, square_b


@_compiled
def _radix_sort(keys, spare, counts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sorts ``keys``; the result lies in ``spare``, after an odd number of passes."""
    for digit in range(3):
        start = 0
        for slot in range(counts.shape[1]):
            size = counts[digit, slot]
            counts[digit, slot] = start
            start += size
    for row in range(keys.size):
        key = keys[row]
        slot = key & _MASK
        spare[counts[0, slot]] = key
        counts[0, slot] += 1
    for row in range(keys.size):
        key = spare[row]
        slot = (key >> _BITS) & _MASK
        keys[counts[1, slot]] = key
        counts[1, slot] += 1
    for row in range(keys.size):
        key = keys[row]
        slot = key >> (2 * _BITS)
        spare[counts[2, slot]] = key
        counts[2, slot] += 1


@_compiled
def _sweep(ordered, n_b, center_a, center_b, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Adds up placements, their squares around a center, and the ties, group by group."""
    below_a = below_b = np.int64(0)
    u = square_a = square_b = tie_term = 0.0
    distinct = largest = np.int64(0)
    row = 0
    while row < ordered.size:
        value = ordered[row] >> 1
        of_a = of_b = np.int64(0)
        while row < ordered.size and ordered[row] >> 1 == value:
            mark = np.int64(ordered[row] & 1)
            of_a += mark
            of_b += 1 - mark
            row += 1
        placement_a = below_b + 0.5 * of_b
        u += of_a * placement_a
        square_a += of_a * (placement_a - center_a) ** 2
        square_b += of_b * (below_a + 0.5 * of_a - center_b) ** 2
        below_a += of_a
        below_b += of_b
        distinct += 1
        largest = max(largest, of_a + of_b)
        size = float(of_a + of_b)
        tie_term += size * size * size - size
    found[3], found[4], found[5], found[6] = u, square_a, square_b, tie_term
    found[11], found[12] = distinct, largest


@_compiled
def _tops(ordered, limits, two_valued, low, top):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fills ``top`` with images of A and of B above each cut, and the bits of the lowest of them.

    A cut never tears equal scores apart; between two values there is one cut.
    """
    last = ordered.size
    of_a = np.int64(0)
    for cut in range(limits.size):
        start = ordered.size - limits[cut]
        if two_valued:
            start = last - 1 if cut == 0 else last
            while cut == 0 and ordered[start - 1] >> 1 == ordered[start] >> 1:
                start -= 1
        while 0 < start < last and ordered[start] >> 1 == ordered[start - 1] >> 1:
            start += 1
        start = min(start, last)
        for row in range(start, last):
            of_a += np.int64(ordered[row] & 1)
        last = start
        top[cut, 0], top[cut, 1] = of_a, ordered.size - last - of_a
        if last < ordered.size:
            top[cut, 2] = _ordered((np.int64(ordered[last]) >> 1) + low)


@_compiled
def compare(values, bits, side, keys, spare, counts, found, cuts, top):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Compares A and B in one column.

    Args:
        values: ``(n,)`` float32 scores; what is not finite is passed over
        bits: ``(n,)`` the same memory as int32
        side: ``(n,)`` int8: 1 is A, 0 is B, -1 neither
        keys: ``(n,)`` uint32 to work in, or uint64 where the scores lie further apart than 2^31
            floats do, as cosines never do
        spare: ``(n,)`` of the same to work in
        counts: ``(3, 2 ** 11)`` int64 to work in
        found: ``(13,)`` float64, filled as `FOUND` lists; only counts and means where the first
            is 0 or under two of a set are finite
        cuts: ``(c,)`` float64, ascending: shares of all images that are looked at as the top
        top: ``(c, 3)`` int64, filled with images of A and of B above each cut, and the bits of
            the lowest score above it; the top of two values in the first row alone
    """
    found[:] = 0
    top[:] = 0
    low, high = _scan(values, side, bits, found)
    n_a, n_b = int(found[1]), int(found[2])
    found[0] = high - low < np.int64(1) << (31 if keys.itemsize == 4 else 33)
    if min(n_a, n_b) < 2 or not found[0]:
        return
    n = n_a + n_b
    square_a, square_b = _mark(values, side, bits, low, found[7:9], keys, counts)
    found[9], found[10] = square_a / (n_a - 1), square_b / (n_b - 1)
    _radix_sort(keys[:n], spare[:n], counts)
    # the sums of placements of both sides add up to n_a n_b, so one gives both means
    _sweep(spare[:n], n_b, 0.0, 0.0, found)
    u = found[3]
    _sweep(spare[:n], n_b, u / n_a, (np.float64(n_a) * n_b - u) / n_b, found)
    _tops(spare[:n], (cuts * n + 1e-9).astype(np.int64), found[11] == 2, low, top)
