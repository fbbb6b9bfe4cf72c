"""Intervals of an AUROC that hold in small sets and near 0 and 1, and agree with its test."""

from __future__ import annotations

import math
from collections.abc import Callable

#: images that count against the favored side, of the smaller set, below which their number and
#: not their variance decides
_FEW = 10.0
#: how far from .5 an end is at least where the test says on which side of it the AUROC lies
_BESIDE = 1e-6
_STEPS = 60


def auroc_interval(
    auroc: float,
    standard_error: float,
    sizes: tuple[float, float],
    chances: tuple[float, float],
    *,
    level: float = 0.05,
    freedom: float | None = None,
    share: bool = False,
) -> tuple[float, float]:
    """Returns the interval of an AUROC, of 95% by default, within [0, 1].

    Three parts. On the logit scale, with DeLong's standard error and Student's t (Qin and
    Hotilovac, Stat. Methods Med. Res. 17, 2008). Where few images of the smaller set count against
    the favored side, their variance is not known either, and each end goes as far as the score
    interval (Newcombe's method 5, Stat. Med. 25, 2006), or, for perfect separation, as the bound
    of n successes in n trials (Clopper and Pearson 1934). Last, it agrees with the test: .5 is
    outside exactly where the one-sided p is at most ``level / 2``. An end that says otherwise is
    replaced by the test-based one (Miettinen, Am. J. Epidemiol. 103, 1976), whose standard error
    is that for which the test has its p: right near .5, which is the only place where they differ.

    Args:
        auroc: in [0, 1]
        standard_error: of ``auroc``
        sizes: independent witnesses of A and of B
        chances: one-sided p of A > B, and of A < B
        level (0.05): chance that it misses the true value; divided by the number of candidates
            it holds for all of them at the same time (Bonferroni)
        freedom (None): degrees of freedom of the standard error; normal by default
        share (False): the AUROC is a mean over pairs of images, as many as ``sizes`` says twice:
            the score interval is that of a proportion (Wilson 1927)

    Raises:
        ValueError: if a number is out of its range
    """
    few = min(sizes)
    if not (0 <= auroc <= 1 and standard_error >= 0 and 0 < level < 1 and few > 0):
        raise ValueError(
            "Expected an AUROC and a level in [0, 1], a standard error of at least 0 and some "
            f"images, got {auroc}, {level}, {standard_error} and {sizes}."
        )
    if auroc < 0.5:  # mirrors exactly
        low, high = auroc_interval(
            1 - auroc, standard_error, sizes[::-1], chances[::-1],
            level=level, freedom=freedom, share=share,
        )  # fmt: skip
        return 1 - high, 1 - low
    low, high = _logit(auroc, standard_error, level, freedom)
    if (1 - auroc) * few < _FEW:
        score = (_wilson if share else _newcombe)(auroc, sizes, level)
        low, high = min(low, score[0]), max(high, score[1])
    if auroc == 1.0:
        low, high = min(low, (level / 2) ** (1 / few)), 1.0
    return _agreeing(auroc, max(0.0, low), chances[0], level), min(1.0, high)


def on_side(interval: tuple[float, float], favors_a: bool) -> tuple[float, float]:
    """Returns what is left of an interval on the side that a test has found an AUROC on.

    For intervals that hold for all candidates at the same time, which are wider than those that a
    correction by the false discovery rate goes with. Cutting one misses the true value only where
    the finding is false.

    Args:
        interval: ends in [0, 1]
        favors_a: the AUROC was found to be above .5
    """
    low, high = interval
    if favors_a:
        return max(low, 0.5 + _BESIDE), max(high, 0.5 + _BESIDE)
    return min(low, 0.5 - _BESIDE), min(high, 0.5 - _BESIDE)


def _agreeing(auroc: float, low: float, p_greater: float, level: float) -> float:
    """Replaces the lower end where it says other than the test; ``auroc`` is at least .5."""
    from scipy.special import expit, ndtri

    sure = p_greater <= level / 2
    if sure == (low > 0.5):
        return low
    tested = 0.5
    if 0 < p_greater < 0.5 and 0.5 < auroc < 1:
        ratio = float(ndtri(level / 2) / ndtri(p_greater))
        tested = float(expit(math.log(auroc / (1 - auroc)) * (1 - ratio)))
    return min(auroc, max(tested, 0.5 + _BESIDE)) if sure else min(tested, 0.5)


def _logit(
    auroc: float, standard_error: float, level: float, freedom: float | None
) -> tuple[float, float]:
    from scipy.special import expit, ndtri, stdtrit

    if auroc == 1.0 or standard_error == 0.0:
        return auroc, auroc
    # fewer than one degree of freedom is no information at all
    quantile = -float(
        ndtri(level / 2) if freedom is None else stdtrit(max(freedom, 1.0), level / 2)
    )
    center = math.log(auroc / (1 - auroc))
    half = quantile * standard_error / (auroc * (1 - auroc))
    return float(expit(center - half)), float(expit(center + half))


def _newcombe(auroc: float, sizes: tuple[float, float], level: float) -> tuple[float, float]:
    """Newcombe's method 5: the AUROCs whose own standard error reaches the estimate."""
    from scipy.special import ndtri

    quantile, others = -float(ndtri(level / 2)), sum(sizes) / 2 - 1

    def reaches(true: float) -> bool:
        spread = 1 + others * (1 - true) / (2 - true) + others * true / (1 + true)
        variance = true * (1 - true) * spread / (sizes[0] * sizes[1])
        return abs(auroc - true) <= quantile * math.sqrt(max(variance, 0.0))

    return _furthest(auroc, 0.0, reaches), _furthest(auroc, 1.0, reaches)


def _furthest(auroc: float, end: float, reaches: Callable[[float], bool]) -> float:
    """Halves the way between the estimate, which is reached, and an end, which is not."""
    inside, outside = auroc, end
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if reaches(middle) else (inside, middle)
    return inside


def _wilson(share: float, sizes: tuple[float, float], level: float) -> tuple[float, float]:
    from scipy.special import ndtri

    z2, n = float(ndtri(level / 2)) ** 2, min(sizes)
    center = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return center - half, center + half
