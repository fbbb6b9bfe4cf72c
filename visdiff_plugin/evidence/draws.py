"""p from random relabelings: many where p is small, few elsewhere; never too small; pure numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

#: relabelings of everything
_FIRST = 2_000
#: of the first, how many must do as well for no more to be drawn
_CLEAR = 60
#: relative difference that is rounding
_ROUNDING = 1e-9


def p_from_draws(
    draw: Callable[[int, np.random.Generator], tuple[Floats, Floats]],
    observed: tuple[Any, Any],
    most: int = 100_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Returns the share of relabelings whose statistic is at least, and at most, as observed.

    (b + 1) / (m + 1) with the labels as they are counted among the m + 1, which keeps p valid
    however few are drawn (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010). Drawing stops
    after the first 2,000 where neither side is rare. That keeps p valid as well: at a level below
    that of stopping the second stage alone decides, at one above it the first.

    Where A and B hold equally many of what is dealt, swapping them does not swap a draw. Each draw
    therefore counts twice, as it is and with such labels the other way round, so that p mirrors
    exactly.

    Of several statistics, the larger p counts: it holds if one of them does.

    Args:
        draw: returns ``(n,)`` statistics of ``n`` relabelings (or ``(s, n)`` of several each),
            and of the same with the labels of equally large parts the other way round, for a
            number and a generator
        observed: the statistic of the labels as they are, and with those parts the other way
            round; or ``(s,)`` of each
        most (100,000): relabelings where p is small: p down to 1e-5, so that a correction over
            some thousand tests can still pass
        seed (0): of the generator; the same labels always get the same p

    Returns:
        one-sided p for large statistics, and for small ones
    """
    rng = np.random.default_rng(seed)
    own, mirror = (np.atleast_1d(np.asarray(one, np.float64))[:, None] for one in observed)
    slack = _ROUNDING * np.maximum(np.abs(own), np.abs(mirror))
    above = 1 + (mirror >= own - slack).sum(axis=1)
    below = 1 + (mirror <= own + slack).sum(axis=1)
    total = 2
    for count in (_FIRST, most - _FIRST):
        for found in draw(count, rng):
            above += (found >= own - slack).sum(axis=1)
            below += (found <= own + slack).sum(axis=1)
        total += 2 * count
        if min(above.max(), below.max()) > 2 * _CLEAR:
            break
    return float(above.max()) / total, float(below.max()) / total
