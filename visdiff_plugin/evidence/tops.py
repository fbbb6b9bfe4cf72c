"""The highest scores of both sets together, and how many of them each set holds; pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .groups import Groups

Floats = NDArray[np.floating[Any]]

#: shares of all images, of both sets together, that are looked at as "the top"; fixed before any
#: comparison. About evenly spaced in their logarithms: one lies near any share up to a tenth
CUTS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1)


@dataclass(frozen=True)
class Top:
    """Images at the top, for each cut, smallest first.

    A cut takes as many images as its share of both sets together allows without tearing equal
    scores apart; one that takes none, or the same as the one before, holds nothing new. Scores of
    two values have one cut, which is between them.

    Args:
        in_a: for each cut, images of A above it
        in_b: images of B above it
        least: the lowest score above it; infinite where there is none
        binary (False): whether scores have at most two values
    """

    in_a: tuple[int, ...]
    in_b: tuple[int, ...]
    least: tuple[float, ...]
    binary: bool = False


def limits(n: int) -> list[int]:
    """Returns how many of ``n`` images each cut takes at most."""
    return [int(cut * n + 1e-9) for cut in CUTS]


def top_of(groups: Groups) -> Top:
    """Returns the top of scores that are grouped by value."""
    sizes = groups.in_a + groups.in_b
    if sizes.size == 1:
        return Top((0,), (0,), (float("inf"),), binary=True)
    if sizes.size == 2:
        a, b, value = int(groups.in_a[1]), int(groups.in_b[1]), float(groups.values[1])
        return Top((a,), (b,), (value,), binary=True)
    above = np.cumsum(sizes[::-1])
    above_a = np.cumsum(groups.in_a[::-1])
    # how many groups, from the top, fit into each cut
    fit = np.searchsorted(above, limits(int(above[-1])), "right").tolist()
    in_a = tuple(int(above_a[one - 1]) if one else 0 for one in fit)
    both = tuple(int(above[one - 1]) if one else 0 for one in fit)
    least = tuple(float(groups.values[-one]) if one else float("inf") for one in fit)
    return Top(in_a, tuple(all_ - a for all_, a in zip(both, in_a, strict=True)), least)


def top_at(least: float, a: Floats, b: Floats) -> Top:
    """Returns the top where a score says what belongs to it: one cut, there.

    Args:
        least: the lowest score of the top
        a: ``(n_a,)`` finite scores
        b: ``(n_b,)`` finite scores
    """
    return Top((int((a >= least).sum()),), (int((b >= least).sum()),), (least,))
