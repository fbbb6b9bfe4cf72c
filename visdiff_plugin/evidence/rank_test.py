"""Which test of a rank sum holds for given sizes and ties, and its p; pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import count_chances, count_tails
from .draws import p_from_draws
from .nulls import TiedRanks

#: informative images of the smaller set from which on the normal approximation is used
ENOUGH = 150
#: share of all images that may be tied in one score before ranks are no longer spread evenly
_EVEN = 0.01
#: images of the smaller set from which on evenly spread ranks add up to a normal distribution
_SMOOTH = 20


@dataclass(frozen=True)
class Ties:
    """What the choice of a test depends on: sizes and ties, not which image is in which set.

    Args:
        n_a: images of A
        n_b: images of B
        tie_term: t^3 - t summed over groups of t equal scores
        distinct: different scores
        largest: images in the largest group of equal scores
    """

    n_a: int
    n_b: int
    tie_term: float
    distinct: int
    largest: int

    @property
    def informative(self) -> float:
        """Images of the smaller set that carry the variance of a rank sum.

        The size times what ties leave of the variance: all without ties, and about three for
        each image of the smaller set that shows it where few do.
        """
        n = float(self.n_a + self.n_b)
        return min(self.n_a, self.n_b) * (1 - self.tie_term / (n**3 - n))

    @property
    def normal(self) -> bool:
        """Whether the normal approximation is good enough.

        With 150 informative images (50 that show something rare), or with ranks that are spread
        evenly, whose sum is nearly normal from 20 on and less spread in its tails than a normal
        one. Never for two scores, whose exact distribution costs nothing.
        """
        if self.distinct <= 2:
            return False
        few, many = sorted((self.n_a, self.n_b))
        even = self.largest <= max(1, _EVEN * (few + many))
        untied = self.largest == 1 and few * few * many <= 50_000_000
        return self.informative >= ENOUGH or (even and few >= _SMOOTH and not untied)


def tie_term(sizes: NDArray[np.integer[Any]]) -> float:
    """Returns t^3 - t summed over groups of t equal scores."""
    tied = sizes[sizes > 1].astype(np.float64)
    return float((tied**3 - tied).sum())


def normal_tails(u: float, n_a: int, n_b: int, ties: float) -> tuple[float, float]:
    """Returns the one-sided p of A > B and of A < B by the normal approximation.

    Mann and Whitney (1947), tie and continuity corrected (as scipy's ``asymptotic``); 1 where all
    scores are equal.

    Args:
        u: pairs in which A scores higher, ties half
        n_a: images of A
        n_b: images of B
        ties: t^3 - t summed over groups of t equal scores
    """
    from scipy.special import ndtr

    n = n_a + n_b
    variance = n_a * n_b / 12 * ((n + 1) - ties / (n * (n - 1)))
    if variance <= 0:
        return 1.0, 1.0
    deviation, scale = u - n_a * n_b / 2, math.sqrt(variance)
    return (
        float(ndtr(-(deviation - 0.5) / scale)),
        float(ndtr((deviation + 0.5) / scale)),
    )


def count_p(yes_a: int, n_a: int, yes_b: int, n_b: int) -> tuple[float, float]:
    """Returns the exact one-sided p of "more of A than of B show it", and of the contrary.

    Args:
        yes_a: images of A that show it
        n_a: images of A
        yes_b: images of B that show it
        n_b: images of B
    """
    if n_a <= n_b:
        return _shared_tails(yes_a, yes_a + yes_b, n_a, n_a + n_b)
    return _shared_tails(yes_b, yes_a + yes_b, n_b, n_a + n_b)[::-1]


def _shared_tails(count: int, yes: int, drawn: int, total: int) -> tuple[float, float]:
    """The same as `count_tails`; candidates without ties at a cut share its distribution."""
    least, chances = _chances(yes, drawn, total)
    place = count - least
    if not 0 <= place < chances.size:  # impossible, or too far out to be among the shared ones
        return count_tails(count, yes, drawn, total)
    at_least, at_most = chances[place:].sum(), chances[: place + 1].sum()
    return min(1.0, float(at_least)), min(1.0, float(at_most))


@lru_cache(maxsize=32)
def _chances(yes: int, drawn: int, total: int) -> tuple[int, NDArray[np.float64]]:
    """The lowest of the counts of `count_chances`, which have no gaps, and their chances."""
    counts, chances = count_chances(yes, drawn, total)
    chances.setflags(write=False)
    return int(counts[0]), chances


def permutation_p(
    u: float, n_a: int, n_b: int, sizes: NDArray[np.integer[Any]]
) -> tuple[float, float]:
    """Returns the one-sided p of A > B and of A < B over all ways to deal the images to the sets.

    Exact by counting where that takes some milliseconds, otherwise from draws.

    Args:
        u: pairs in which A scores higher, ties half
        n_a: images of A
        n_b: images of B
        sizes: ``(g,)`` images with each distinct score, in order of the scores
    """
    of_a = round(2 * u) - n_a * n_b
    ranks = TiedRanks.of(sizes, min(n_a, n_b))
    value = of_a if n_a <= n_b else -of_a
    null = ranks.exact()
    if null is not None:
        p = null.tails(value)
        return p if n_a <= n_b else p[::-1]
    return _drawn_p(ranks, value, n_a, n_b)


def _drawn_p(ranks: TiedRanks, value: int, n_a: int, n_b: int) -> tuple[float, float]:
    side = 1 if n_a <= n_b else -1
    # of equally large sets, either could be the one that is drawn
    mirror = -1 if n_a == n_b else 1

    def draw(
        count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sums = side * ranks.draw(count, rng).astype(np.float64)
        return sums, mirror * sums

    own = float(side * value)
    return p_from_draws(draw, (own, mirror * own))
