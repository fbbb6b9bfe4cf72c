"""p from random relabellings: many where p is small, few elsewhere; never too small; pure numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

#: relabellings of everything
_FIRST = 2_000
#: relabellings where fewer than `_CLEAR` of the first did as well: p down to 1e-5, so that a
#: correction over some thousand tests can still pass
_MOST = 100_000
_CLEAR = 60
#: relative difference that is rounding
_ROUNDING = 1e-9


def p_from_draws(
    draw: Callable[[int, np.random.Generator], tuple[Floats, Floats]],
    observed: tuple[float, float],
    seed: int = 0,
) -> tuple[float, float]:
    """Returns the share of relabellings whose statistic is at least, and at most, as observed.

    (b + 1) / (m + 1) with the labels as they are counted among the m + 1, which keeps p valid
    however few are drawn (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010). Drawing stops
    after the first 2,000 where neither side is rare. That keeps p valid as well: at a level below
    that of stopping the second stage alone decides, at one above it the first.

    A statistic is the sum of two parts: one that changes its sign when A and B are swapped, and
    one that does not, as equally many images of A and B are dealt by the same draw. Each draw
    counts with either sign of the second, its mirror image, so that p mirrors exactly.

    Args:
        draw: returns ``(n,)`` of each part, for a number of draws and a generator
        observed: the parts of the labels as they are
        seed (0): of the generator; the same labels always get the same p

    Returns:
        one-sided p for large statistics, and for small ones
    """
    rng = np.random.default_rng(seed)
    turning, staying = observed
    own, mirror = turning + staying, turning - staying
    slack = _ROUNDING * max(abs(turning), abs(staying))
    above, below = 1 + int(mirror >= own - slack), 1 + int(mirror <= own + slack)
    total = 2
    for count in (_FIRST, _MOST - _FIRST):
        one, other = draw(count, rng)
        for found in (one + other, one - other):
            above += int((found >= own - slack).sum())
            below += int((found <= own + slack).sum())
        total += 2 * count
        if min(above, below) > 2 * _CLEAR:
            break
    return above / total, below / total
