"""The inner loops of `columns`: one radix sort and one sweep a column, compiled by numba.

numba is imported with this module, and machine code is made on the first call (a second; kept on
disk after that), so only columns that are long enough to win it back come here. No loop branches
on the set of an image, which is as good as random: a wrong guess costs as much as ten additions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

#: bits of a key that one pass of the radix sort looks at: three passes are 33, a float32 and the
#: mark of A, and the counters stay in the first-level cache. Unsigned, or each index is checked
_BITS = np.uint64(11)
_MASK = np.uint64((1 << 11) - 1)
#: exponent bits of a float32: all are set where it is not finite
_EXPONENT = np.int32(0x7F800000)
_LAST, _FIRST = np.int32(0x7FFFFFFF), np.int32(-0x80000000)


class Squares(NamedTuple):
    """A sum of squares of whole numbers, exact however many: ``low + high * 2 ** 31``."""

    low: int
    high: int


class Found(NamedTuple):
    """What `compare` finds; only sizes and means where it does not fit or a set has under two.

    A deviation is twice how far the placement of an image (how many of the other set lie below,
    ties half) is from the middle of the other set: a whole number.

    Args:
        fits: whether ``keys`` were long enough
        n_a: finite scores of A
        n_b: finite scores of B
        mean_a: their mean
        mean_b: likewise of B
        spread_a: variance of A, over ``n_a - 1``
        spread_b: likewise of B
        deviation: deviations of A, summed; those of B sum up to the contrary
        squares_a: squared deviations of A, summed
        squares_b: likewise of B
        tie_term: t^3 - t summed over groups of t equal scores
        distinct: different scores
        largest: scores in the largest group of equal ones
    """

    fits: bool
    n_a: int
    n_b: int
    mean_a: float
    mean_b: float
    spread_a: float
    spread_b: float
    deviation: int
    squares_a: Squares
    squares_b: Squares
    tie_term: float
    distinct: int
    largest: int


def _compiled(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Compiles without holding the interpreter, and keeps the code where a place can be written."""
    try:
        return njit(nogil=True, cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache: compiled anew in every process
        return njit(nogil=True, **options)(function)


def _any_order(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for sums in any order: several numbers are added at a time."""
    return _compiled(function, fastmath={"reassoc", "nsz"})


@_compiled
def _ordered(bits: np.int32) -> np.int32:
    """Maps the bits of a float32 to a number in the order of the floats; -0 and 0 are one."""
    return np.int32(0) if bits == _FIRST else np.int32(bits ^ ((bits >> 31) & _LAST))


@_compiled
def _first(values, side, bits, which):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The first finite score of a set; 0 if there is none."""
    for row in range(values.size):
        if side[row] == which and bits[row] & _EXPONENT != _EXPONENT:
            return np.float64(values[row])
    return 0.0


@_any_order
def _scan(values, side, bits):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Counts, means, and the smallest and largest key of what is finite."""
    first_a, first_b = _first(values, side, bits, 1), _first(values, side, bits, 0)
    n_a = n_b = np.int64(0)
    sum_a = sum_b = 0.0
    low, high = _LAST, _FIRST
    for row in range(values.size):
        known = bits[row] & _EXPONENT != _EXPONENT
        is_a, is_b = known & (side[row] == 1), known & (side[row] == 0)
        n_a += is_a
        n_b += is_b
        # sums of differences from the first value lose no digits to a common offset
        value = np.float64(values[row])
        sum_a += value - first_a if is_a else 0.0
        sum_b += value - first_b if is_b else 0.0
        key = _ordered(bits[row])
        low = min(low, key if is_a | is_b else _LAST)
        high = max(high, key if is_a | is_b else _FIRST)
    one = np.int64(1)  # of a set without images
    mean_a, mean_b = first_a + sum_a / max(n_a, one), first_b + sum_b / max(n_b, one)
    return n_a, n_b, mean_a, mean_b, low, high


@_any_order
def _squares(values, side, bits, mean_a, mean_b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sums squared deviations from the means."""
    square_a = square_b = 0.0
    for row in range(values.size):
        known = bits[row] & _EXPONENT != _EXPONENT
        value = np.float64(values[row])
        of_a = value - mean_a if known & (side[row] == 1) else 0.0
        of_b = value - mean_b if known & (side[row] == 0) else 0.0
        square_a += of_a * of_a
        square_b += of_b * of_b
    return square_a, square_b


@_compiled
def _mark(side, bits, low, keys, counts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fills ``keys`` with order and mark of A, and counts their digits."""
    counts[:] = 0
    n = np.uint64(0)
    for row in range(bits.size):
        mark = side[row]
        if mark < 0 or bits[row] & _EXPONENT == _EXPONENT:
            continue
        key = np.uint64((np.int64(_ordered(bits[row])) - low) << 1 | np.int64(mark))
        keys[n] = key
        n += np.uint64(1)
        counts[0, key & _MASK] += 1
        counts[1, (key >> _BITS) & _MASK] += 1
        counts[2, key >> (_BITS + _BITS)] += 1


@_compiled
def _radix_sort(keys, spare, counts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sorts ``keys``; the result lies in ``spare``, after an odd number of passes."""
    for digit in range(3):
        start = np.uint32(0)
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
        slot = key >> (_BITS + _BITS)
        spare[counts[2, slot]] = key
        counts[2, slot] += 1


@_compiled
def _sweep(ordered, n_a, n_b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Adds up deviations, their squares, and the ties, group by group."""
    # whole numbers lose no digits, whatever the squares are taken from: one sweep does
    from_a, from_b = -n_b, -n_a
    deviation = low_a = high_a = low_b = high_b = np.int64(0)
    tie_term = 0.0
    distinct, largest = np.int64(0), np.int64(1)
    row, last = np.uint64(0), np.uint64(ordered.size)
    while row < last:
        value, of_a, size = ordered[row] >> 1, np.int64(ordered[row] & 1), np.int64(1)
        row += np.uint64(1)
        while row < last and ordered[row] >> 1 == value:
            of_a += np.int64(ordered[row] & 1)
            size += 1
            row += np.uint64(1)
        of_b = size - of_a
        deviation += of_a * (from_a + of_b)
        square = (from_a + of_b) ** 2
        low_a += of_a * (square & 0x7FFFFFFF)
        high_a += of_a * (square >> 31)
        square = (from_b + of_a) ** 2
        low_b += of_b * (square & 0x7FFFFFFF)
        high_b += of_b * (square >> 31)
        from_a += 2 * of_b
        from_b += 2 * of_a
        distinct += 1
        if size > 1:
            largest = max(largest, size)
            tied = float(size)
            tie_term += tied * tied * tied - tied
    squares_a = Squares(int(low_a), int(high_a))
    squares_b = Squares(int(low_b), int(high_b))
    return deviation, squares_a, squares_b, tie_term, distinct, largest


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
def compare(values, bits, side, keys, spare, counts, cuts, top):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Compares A and B in one column.

    Args:
        values: ``(n,)`` float32 scores; what is not finite is passed over
        bits: ``(n,)`` the same memory as int32
        side: ``(n,)`` int8: 1 is A, 0 is B, -1 neither
        keys: ``(n,)`` uint32 to work in, or uint64 where the scores lie further apart than 2^31
            floats do, as cosines never do
        spare: ``(n,)`` of the same to work in
        counts: ``(3, 2 ** 11)`` uint32 to work in
        cuts: ``(c,)`` float64, ascending: shares of all images that are looked at as the top
        top: ``(c, 3)`` int64, filled with images of A and of B above each cut, and the bits of
            the lowest score above it; the top of two values in the first row alone

    Returns:
        see `Found`
    """
    top[:] = 0
    n_a, n_b, mean_a, mean_b, low, high = _scan(values, side, bits)
    fits = np.int64(high) - low < np.int64(1) << (31 if keys.itemsize == 4 else 33)
    if min(n_a, n_b) < 2 or not fits:
        none = Squares(0, 0)
        return Found(fits, n_a, n_b, mean_a, mean_b, 0.0, 0.0, 0, none, none, 0.0, 0, 0)
    n = n_a + n_b
    square_a, square_b = _squares(values, side, bits, mean_a, mean_b)
    _mark(side, bits, np.int64(low), keys, counts)
    _radix_sort(keys[:n], spare[:n], counts)
    deviation, squares_a, squares_b, tie_term, distinct, largest = _sweep(spare[:n], n_a, n_b)
    _tops(spare[:n], (cuts * n + 1e-9).astype(np.int64), distinct == 2, low, top)
    return Found(
        fits, n_a, n_b, mean_a, mean_b, square_a / (n_a - 1), square_b / (n_b - 1),
        deviation, squares_a, squares_b, tie_term, distinct, largest,
    )  # fmt: skip
