"""Two-sample evidence about scores: AUROC, its interval, tests, prevalence; pure numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .groups import Groups, group
from .intervals import auroc_interval
from .rank_test import Ties, count_p, normal_tails, permutation_p, tie_term
from .tops import Top, top_of

Floats = NDArray[np.floating[Any]]

#: standard normal quantile of a two-sided 95% interval
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class TwoSample:
    """What the scores of A and B say about each other.

    Args:
        n_a: images of A that were scored
        n_b: images of B that were scored
        auroc: P(score of A > score of B) + P(equal) / 2, in [0, 1]
        standard_error: DeLong standard error of ``auroc``
        freedom: degrees of freedom of ``standard_error``
        interval: 95% interval of ``auroc``, within [0, 1], see `auroc_interval`
        p_greater: one-sided Mann-Whitney p for A > B: exact or over relabelings in small sets
            and where most scores are tied, otherwise by the normal approximation
        p_less: one-sided Mann-Whitney p for A < B
        mean_a: mean score of A
        mean_b: mean score of B
        welch_t: Welch's t, None where both sides are constant
        welch_p: its two-sided p, None likewise
        top: the highest scores of both sets together, see `Top`
    """

    n_a: int
    n_b: int
    auroc: float
    standard_error: float
    freedom: float
    interval: tuple[float, float]
    p_greater: float
    p_less: float
    mean_a: float
    mean_b: float
    welch_t: float | None
    welch_p: float | None
    top: Top

    def interval_at(self, level: float) -> tuple[float, float]:
        """Returns the interval of ``auroc`` that misses with a chance of ``level``."""
        return auroc_interval(
            self.auroc,
            self.standard_error,
            (self.n_a, self.n_b),
            (self.p_greater, self.p_less),
            level=level,
            freedom=self.freedom,
        )


def two_sample(scores_a: Floats, scores_b: Floats) -> TwoSample:
    """Compares two sets of scores, ties included.

    Both sides are sorted together and counted by distinct value: O(n log n), no pairwise matrix.
    AUROC and variance: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), through
    placement values. Test: Mann and Whitney (1947); `Ties` says by what distribution.

    Args:
        scores_a: ``(n_a,)`` finite scores
        scores_b: ``(n_b,)`` finite scores

    Raises:
        ValueError: on another shape, under two scores a side, or a score that is not finite
    """
    a, b = _checked(scores_a, "scores_a"), _checked(scores_b, "scores_b")
    groups = group(a, b)
    swapped = groups.swapped()
    u, square_a = _placement_moments(groups)
    _, square_b = _placement_moments(swapped)
    (mean_a, spread_a), (mean_b, spread_b) = groups.moments(), swapped.moments()
    sizes = groups.in_a + groups.in_b
    ties = Ties(a.size, b.size, tie_term(sizes), sizes.size, int(sizes.max()))
    return Moments(
        ties, u, square_a, square_b, mean_a, mean_b, spread_a, spread_b, top_of(groups)
    ).compared(lambda: sizes)


@dataclass(frozen=True)
class Moments:
    """All that `TwoSample` is computed from; sums over images, whatever way they were added up.

    Args:
        ties: sizes of the sets, and which scores are equal
        u: Mann-Whitney's U of A: pairs in which A scores higher, ties counted half
        square_a: squared deviations of A's placement values (how many of B lie below), summed
        square_b: the same of B
        mean_a: mean score of A
        mean_b: mean score of B
        spread_a: variance of A's scores, over ``n_a - 1``
        spread_b: variance of B's scores
        top: the highest scores of both sets together
    """

    ties: Ties
    u: float
    square_a: float
    square_b: float
    mean_a: float
    mean_b: float
    spread_a: float
    spread_b: float
    top: Top

    def compared(self, sizes: Callable[[], NDArray[np.integer[Any]]]) -> TwoSample:
        """Returns AUROC, interval and tests.

        Args:
            sizes: returns ``(g,)`` images with each distinct score, in order of the scores; asked
                only where the test goes over relabelings
        """
        n_a, n_b = self.ties.n_a, self.ties.n_b
        auroc = self.u / (n_a * n_b)
        variance_a = self.square_a / (n_a - 1) / n_b**2
        variance_b = self.square_b / (n_b - 1) / n_a**2
        parts = variance_a / n_a, variance_b / n_b
        standard_error, freedom = math.sqrt(sum(parts)), satterthwaite(parts, (n_a, n_b))
        chances = self._tested(sizes)
        welch_t, welch_p = _welch(
            self.mean_a - self.mean_b, self.spread_a / n_a, self.spread_b / n_b, n_a, n_b
        )
        return TwoSample(
            n_a=n_a,
            n_b=n_b,
            auroc=auroc,
            standard_error=standard_error,
            freedom=freedom,
            interval=auroc_interval(auroc, standard_error, (n_a, n_b), chances, freedom=freedom),
            p_greater=chances[0],
            p_less=chances[1],
            mean_a=self.mean_a,
            mean_b=self.mean_b,
            welch_t=welch_t,
            welch_p=welch_p,
            top=self.top,
        )

    def _tested(self, sizes: Callable[[], NDArray[np.integer[Any]]]) -> tuple[float, float]:
        ties = self.ties
        if ties.distinct == 1:
            return 1.0, 1.0
        if ties.distinct == 2:
            return count_p(self.top.in_a[0], ties.n_a, self.top.in_b[0], ties.n_b)
        if ties.normal:
            return normal_tails(self.u, ties.n_a, ties.n_b, ties.tie_term)
        return permutation_p(self.u, ties.n_a, ties.n_b, sizes())


def satterthwaite(parts: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Returns the degrees of freedom of a sum of two variances (Biometrics Bulletin 2, 1946).

    Args:
        parts: variance of each mean; where both are 0, the freedom of the smaller set is returned
        sizes: scores that each is the mean of
    """
    if sum(parts) == 0:
        return float(min(sizes) - 1)
    # in shares, which do not underflow as squared variances do
    share = parts[0] / sum(parts)
    return 1 / (share**2 / (sizes[0] - 1) + (1 - share) ** 2 / (sizes[1] - 1))


def separating_threshold(scores_a: Floats, scores_b: Floats, favors_a: bool) -> float:
    """Returns the score at which the favored side's prevalence exceeds the other's most.

    Youden's J (Cancer 3, 1950). The value lies halfway between two neighboring scores; of several
    equally good ones it is the highest, which calls the fewest images positive.
    """
    groups = group(_checked(scores_a, "scores_a"), _checked(scores_b, "scores_b"))
    values = groups.values.astype(np.float64)
    if values.size == 1:
        return float(values[0])
    upto_a, upto_b = np.cumsum(groups.in_a), np.cumsum(groups.in_b)
    share_a = 1 - upto_a[:-1] / upto_a[-1]
    share_b = 1 - upto_b[:-1] / upto_b[-1]
    gain = share_a - share_b if favors_a else share_b - share_a
    best = np.flatnonzero(gain >= gain.max() - 1e-12)[-1]
    return float((values[best] + values[best + 1]) / 2)


def wilson_interval(successes: int, n: int, effective: float | None = None) -> tuple[float, float]:
    """Returns the 95% interval of a proportion (Wilson, J. Am. Stat. Assoc. 22, 1927).

    Args:
        successes: how many of ``n``
        n: images
        effective (None): independent images that these are worth, where they come in clusters;
            it takes the place of ``n`` (Korn and Graubard, Survey Methodology 24, 1998)
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"Expected 0 <= successes <= n and n > 0, got {successes} of {n}.")
    z2 = _Z95**2
    share = successes / n
    size = float(n) if effective is None else effective
    center = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = _Z95 / (1 + z2 / size) * math.sqrt(share * (1 - share) / size + z2 / (4 * size * size))
    return max(0.0, center - half), min(1.0, center + half)


def skewness_sign(values: Floats) -> int:
    """Returns 1, 0 or -1: on which side of its median a sample has its longer tail.

    Compares the mean with the median (Pearson's second coefficient), on sorted values so that the
    order of the input cannot change the answer.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    ordered = ordered[np.isfinite(ordered)]
    if not ordered.size:
        return 0
    spread = float(ordered[-1] - ordered[0])
    gap = float(ordered.mean() - np.median(ordered))
    return 0 if abs(gap) <= 1e-9 * spread else (1 if gap > 0 else -1)


def _checked(scores: Floats, name: str) -> NDArray[Any]:
    """The scores as float32 or float64: sorting the narrower type takes half the time."""
    values = np.asarray(scores)
    if values.dtype != np.float32:
        values = values.astype(np.float64)
    if values.ndim != 1 or values.size < 2:
        raise ValueError(f"Expected {name} of shape (n,) with n >= 2, got shape {values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(
            f"Expected finite {name}, got {int((~np.isfinite(values)).sum())} that are not; "
            "leave out images that could not be scored."
        )
    return values


def _placement_moments(groups: Groups) -> tuple[float, float]:
    """Sum of A's placement values (how many of B lie below, ties half) and of their squares."""
    placements = groups.placements()
    u, n = float((placements * groups.in_a).sum()), int(groups.in_a.sum())
    placements -= u / n
    return u, float((placements**2 * groups.in_a).sum())


def _welch(
    gap: float, part_a: float, part_b: float, n_a: int, n_b: int
) -> tuple[float | None, float | None]:
    """Welch's t and its two-sided p (Biometrika 34, 1947), None where both sides are constant.

    Args:
        gap: mean of A less mean of B
        part_a: variance of A over ``n_a``
        part_b: variance of B over ``n_b``
        n_a: scores of A
        n_b: scores of B
    """
    from scipy.special import stdtr

    if part_a + part_b == 0:
        return None, None
    t = gap / math.sqrt(part_a + part_b)
    freedom = satterthwaite((part_a, part_b), (n_a, n_b))
    return t, float(2 * stdtr(freedom, -abs(t)))
