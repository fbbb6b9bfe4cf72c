"""Concentrated differences: what few images of one set show and hardly any of the other; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import count_chances
from .rank_test import count_p
from .tops import Top

#: images at the top up to which nested cuts are corrected for exactly
_MOST = 1_500
#: p of a cut from which on it could be chance whatever the correction
_CLEAR = 0.05
#: how many times as frequent in one set a cut must be for images that hang together to be tested
_MORE = 1.5

Chances = tuple[float, float]


@dataclass(frozen=True)
class Tail:
    """How many images of A and of B are at the top, at the cut that tells them apart best.

    Args:
        above_a: images of A that score at least ``least``
        n_a: images of A
        above_b: images of B likewise
        n_b: images of B
        least: the lowest score at the top; infinite where no cut takes any image
        p_greater: one-sided p of "more of A than of B", corrected for the number of cuts
        p_less: one-sided p of the contrary
        same: scores have two values, so that this is the test of the sets as a whole once more:
            a family of tests counts it once
    """

    above_a: int
    n_a: int
    above_b: int
    n_b: int
    least: float
    p_greater: float
    p_less: float
    same: bool = False

    @property
    def share_a(self) -> float:
        """Share of A at the top."""
        return self.above_a / self.n_a

    @property
    def share_b(self) -> float:
        """Share of B at the top."""
        return self.above_b / self.n_b

    @property
    def favors(self) -> str | None:
        """The set with the larger share, ``"a"`` or ``"b"``; None where they are equal."""
        a, b = self.above_a * self.n_b, self.above_b * self.n_a
        return None if a == b else "a" if a > b else "b"

    @property
    def p_favored(self) -> float:
        """One-sided p of the set with the larger share; 1 where they are equal."""
        return {"a": self.p_greater, "b": self.p_less, None: 1.0}[self.favors]


def tail_of(top: Top, n_a: int, n_b: int) -> Tail:
    """Returns the best cut of independent images, with p corrected for the number of cuts.

    Each cut is Fisher's exact test (for yes/no scores the only one). Which cut is shown is chosen
    by the smallest p, and p is the chance that any cut of images dealt at random gets as small a
    one: exact, as the counts above nested cuts are a Markov chain (as for a repeated look at data;
    Armitage, McPherson and Rowe, J. R. Stat. Soc. A 132 (1969)); with thousands of images at the
    top, where little depends on it, times the number of cuts (Bonferroni).

    Args:
        top: images above each cut
        n_a: images of A
        n_b: images of B
    """
    cuts = informative_cuts(top)
    tested = [count_p(top.in_a[cut], n_a, top.in_b[cut], n_b) for cut in cuts]
    sizes = [top.in_a[cut] + top.in_b[cut] for cut in cuts]

    def corrected(smallest: float, side: int) -> float:
        if len(sizes) == 1:
            return smallest
        if sizes[-1] > _MOST or smallest > _CLEAR:
            return min(1.0, smallest * len(sizes))
        own, other = (n_a, n_b) if side == 0 else (n_b, n_a)
        return nested_p(smallest, sizes, own, own + other)

    return best_cut(top, (n_a, n_b), cuts, tested, corrected)


def informative_cuts(top: Top) -> list[int]:
    """Returns the cuts that take some images, and others than the cut before."""
    sizes = [a + b for a, b in zip(top.in_a, top.in_b, strict=True)]
    return [cut for cut, size in enumerate(sizes) if size and (not cut or size != sizes[cut - 1])]


def tail_under(top: Top, sizes: tuple[int, int], tested: Callable[[float], Chances | None]) -> Tail:
    """Returns the best cut of images that hang together; p is corrected by Bonferroni.

    Args:
        top: images above each cut
        sizes: images of A and of B
        tested: returns p of "more of A" and "more of B" score at least this, by the test that
            takes into account how images hang together; None where it can't be made
    """
    cuts = informative_cuts(top)
    chances: list[Chances] = []
    for cut in cuts:
        counts = top.in_a[cut], top.in_b[cut]
        low, high = sorted(one / size for one, size in zip(counts, sizes, strict=True))
        # what could be chance if all images stood for themselves, or is about as frequent in both
        # sets, is not looked at further: its p is 1
        alone = min(count_p(counts[0], sizes[0], counts[1], sizes[1]))
        found = tested(top.least[cut]) if alone <= _CLEAR and high >= _MORE * low else None
        chances.append((1.0, 1.0) if found is None else found)
    return best_cut(top, sizes, cuts, chances)


def best_cut(
    top: Top,
    sizes: tuple[int, int],
    cuts: Sequence[int],
    tested: Sequence[Chances],
    corrected: Callable[[float, int], float] | None = None,
) -> Tail:
    """Returns the cut with the smallest p of either side.

    Args:
        top: images above each cut
        sizes: images of A and of B
        cuts: the cuts that were tested
        tested: for each, p of "more of A", and of "more of B"
        corrected (None): p of a cut as small as any, from its own and the side, 0 or 1; by default
            times the number of cuts (Bonferroni)
    """
    n_a, n_b = sizes
    if not cuts:
        return Tail(0, n_a, 0, n_b, float("inf"), 1.0, 1.0)
    of = corrected or (lambda smallest, side: min(1.0, smallest * len(cuts)))
    p_greater, p_less = (of(min(one[side] for one in tested), side) for side in (0, 1))
    # of equally small ones, the widest cut; by the smaller of both sides, which mirrors
    place = min(range(len(cuts)), key=lambda one: (min(tested[one]), -one))
    cut = cuts[place]
    counts = top.in_a[cut], n_a, top.in_b[cut], n_b
    return Tail(*counts, top.least[cut], p_greater, p_less, same=top.binary)


def nested_p(smallest: float, sizes: Sequence[int], own: int, total: int) -> float:
    """Returns the chance that any of several nested cuts has a p of at most ``smallest``.

    Args:
        smallest: the smallest one-sided p of all cuts
        sizes: images above each cut, ascending
        own: images of the set whose share is asked for
        total: images of both sets
    """
    # chance of each count above the cut before, with no cut so far as extreme
    reached, below = np.ones(1), 0
    passed = 0.0
    for size in sizes:
        step = size - below
        longer = np.zeros(size + 1)
        for count in np.flatnonzero(reached > 0).tolist():
            more, chances = count_chances(step, own - count, total - below)
            longer[count + more] += reached[count] * chances
        extreme = _tail_p(size, own, total) <= smallest * (1 + 1e-9)
        passed += float(longer[extreme].sum())
        reached, below = np.where(extreme, 0.0, longer), size
    return min(1.0, max(smallest, passed))


def _tail_p(size: int, own: int, total: int) -> NDArray[Any]:
    """P(at least c of ``size`` images are of the set) for each c from 0 to ``size``."""
    counts, chances = count_chances(size, own, total)
    found = np.where(np.arange(size + 1) < counts[0], 1.0, 0.0)
    found[counts] = np.cumsum(chances[::-1])[::-1]
    return found
