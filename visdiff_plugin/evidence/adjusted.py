"""AUROC within strata of images that agree in what is controlled for; pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .intervals import auroc_interval
from .strata import Strata, shared_strata
from .stratified import stratified_p

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Adjusted:
    """A against B within strata, or with images that come in clusters.

    Args:
        auroc: share of the pairs within strata in which A scores higher, ties half, in [0, 1]
        standard_error: of ``auroc``
        interval: 95% interval of ``auroc``, see `auroc_interval`
        p_greater: one-sided p for A > B
        p_less: one-sided p for A < B
        n_a: images of A in strata that hold both sets
        n_b: images of B likewise
        n_strata: strata that hold both sets
        n_clusters: clusters that these images form; ``n_a + n_b`` where each stands for itself
        witnesses: what ``auroc`` is a mean over, of A and of B: images, clusters or pairs
        freedom: degrees of freedom of ``standard_error``; None for the normal distribution
        share: ``auroc`` is a mean over pairs of images
    """

    auroc: float
    standard_error: float
    interval: tuple[float, float]
    p_greater: float
    p_less: float
    n_a: int
    n_b: int
    n_strata: int
    n_clusters: int
    witnesses: tuple[int, int]
    freedom: float | None = None
    share: bool = False

    @classmethod
    def of(
        cls,
        auroc: float,
        standard_error: float,
        chances: tuple[float, float],
        sizes: tuple[int, int],
        **more: Any,
    ) -> Adjusted:
        """Makes one with the interval that belongs to it.

        Args:
            auroc: the estimate
            standard_error: of it
            chances: one-sided p of A > B, and of A < B
            sizes: images of A and of B
            more: members by name
        """
        low, high = chances
        auroc = round(auroc, 14)  # sums of shares that all are 1 miss it by their rounding
        made = cls(auroc, standard_error, (0.0, 1.0), low, high, *sizes,
                   **{"witnesses": sizes, **more})  # fmt: skip
        return replace(made, interval=made.interval_at(0.05))

    def interval_at(self, level: float) -> tuple[float, float]:
        """Returns the interval of ``auroc`` that misses with a chance of ``level``."""
        return auroc_interval(
            self.auroc,
            self.standard_error,
            self.witnesses,
            (self.p_greater, self.p_less),
            level=level,
            freedom=self.freedom,
            share=self.share,
        )


def adjusted(scores: Floats, in_a: NDArray[np.bool_], strata: Codes | None) -> Adjusted | None:
    """Compares A and B within strata.

    Estimate: the strata's Mann-Whitney statistics, each times 1 / (n + 1) of its n images, over
    the pairs within strata, weighted the same (van Elteren, Bull. Inst. Int. Stat. 37 (1960)): the
    weight grows with a stratum's images and not with its pairs, so that one large stratum does not
    drown many small ones. Test: `stratified_p`. Interval: DeLong's variance within each stratum;
    strata with a single image of a set count as one observation each; `auroc_interval`.

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        strata (None): ``(n,)`` codes; by default all are one stratum

    Returns:
        the comparison; None where no stratum holds both sets, or under two images of a set do

    Raises:
        ValueError: if the arrays have other shapes, or a score is not finite
    """
    check(scores, in_a, strata)
    keep, codes = shared_strata(in_a, np.zeros(len(scores), np.intp) if strata is None else strata)
    scores, in_a = scores[keep], in_a[keep]
    n_a, n_b = int(in_a.sum()), int((~in_a).sum())
    if min(n_a, n_b) < 2:
        return None
    parts = Strata.of(scores, in_a, codes)
    weights = van_elteren(parts)
    auroc = float((weights * parts.u).sum() / (weights * parts.pairs).sum())
    errors, group = influence(parts, weights, auroc)
    return Adjusted.of(
        auroc,
        math.sqrt(float((errors**2).sum())),
        stratified_p(parts, weights),
        (n_a, n_b),
        n_strata=len(parts.n_a),
        n_clusters=n_a + n_b,
        freedom=freedom_of(errors, group),
    )


def van_elteren(parts: Strata) -> NDArray[np.float64]:
    """Returns ``(s,)`` the weight of each stratum's U, 1 / (n + 1)."""
    return 1 / (parts.n_a + parts.n_b + 1)


def effective_size(shows: NDArray[np.bool_], clusters: Codes) -> float:
    """Returns how many independent images a proportion over clusters is worth.

    The size over the design effect (Kish 1965), whose numerator is the variance of a ratio over
    clusters (Cochran, Sampling Techniques, 1977, 3.12).

    Args:
        shows: ``(n,)`` whether each image shows it
        clusters: ``(n,)`` codes

    Returns:
        between the number of clusters and ``n``
    """
    n, codes = shows.size, dense(clusters)
    sizes = np.bincount(codes)
    share = float(shows.mean())
    rest = np.bincount(codes, shows) - share * sizes
    variance = unbiased(sizes.size) * float((rest**2).sum()) / n**2
    if variance == 0:
        return float(sizes.size)
    return min(float(n), max(float(sizes.size), share * (1 - share) / variance))


def influence(
    parts: Strata, weights: NDArray[np.float64], auroc: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Returns ``(n,)`` what each image adds to the estimate's error, and whose mean it is off.

    Scaled so that the squares of independent images add up to an unbiased variance. Images of one
    code of the second array deviate from one mean.

    Args:
        parts: placements within strata
        weights: ``(s,)`` of each stratum's U
        auroc: the estimate that the strata add up to
    """
    n_a, n_b = parts.n_a[parts.codes], parts.n_b[parts.codes]
    own, others = np.where(parts.in_a, (n_a, n_b), (n_b, n_a))
    share = parts.u / parts.pairs
    mean = np.where(parts.in_a, share[parts.codes], 1 - share[parts.codes])
    deviation = parts.placements - others * mean
    scale = np.sqrt(own / np.maximum(own - 1, 1))
    # a single image of a set has no deviation within its stratum: the stratum is one observation,
    # held by that image
    small = (n_a < 2) | (n_b < 2)
    holds = small & (own < 2) & (parts.in_a | (n_a >= 2))
    center = others * np.where(parts.in_a, auroc, 1 - auroc)
    deviation[small] = 0.0
    deviation[holds] = (parts.placements - center)[holds]
    scale[holds] = math.sqrt(unbiased(int(holds.sum())))
    deviation[~parts.in_a] *= -1  # B scoring higher is A scoring lower
    group = 2 * parts.codes.astype(np.intp) + parts.in_a
    group[holds] = 2 * len(parts.n_a)
    return deviation * scale * weights[parts.codes] / (weights * parts.pairs).sum(), group


def freedom_of(errors: NDArray[np.float64], group: NDArray[np.intp]) -> float | None:
    """Returns the degrees of freedom of a sum of variances (Satterthwaite 1946).

    Args:
        errors: ``(n,)`` deviations, whose squares add up to the variance
        group: ``(n,)`` codes of the means that they deviate from

    Returns:
        None where there is no variance
    """
    parts, sizes = np.bincount(group, errors**2), np.bincount(group)
    varying = parts > 0
    if not varying.any():
        return None
    share = parts[varying] / parts.sum()
    return 1 / float((share**2 / np.maximum(sizes[varying] - 1, 1)).sum())


def unbiased(n: int) -> float:
    """Returns the factor from the mean square of ``n`` deviations to the variance."""
    return n / (n - 1) if n > 1 else 1.0


def dense(codes: Codes) -> NDArray[np.intp]:
    """Returns codes from 0 on without gaps, in the same order."""
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)


def check(scores: Floats, in_a: NDArray[np.bool_], *codes: Codes | None) -> None:
    """Refuses arrays of unequal lengths, and scores that are not finite."""
    for array in (in_a, *codes):
        if array is not None and (scores.ndim != 1 or array.shape != scores.shape):
            raise ValueError(
                f"Expected ({len(scores)},) of all, got {scores.shape}, {array.shape}."
            )
    if not np.isfinite(scores).all():
        raise ValueError("Expected finite scores; leave out images that could not be scored.")
