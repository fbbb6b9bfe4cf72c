"""AUROC within strata and over clusters of images that are no independent witnesses; pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .statistics import auroc_interval

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Adjusted:
    """A against B within strata, or with images that come in clusters.

    Args:
        auroc: share of the pairs within strata in which A scores higher, ties half, in [0, 1]
        standard_error: of ``auroc``
        interval: 95% interval of ``auroc``
        p_greater: one-sided p for A > B
        p_less: one-sided p for A < B
        n_a: images of A in strata that hold both sets
        n_b: images of B likewise
        n_strata: strata that hold both sets
        n_clusters: clusters that these images form; ``n_a + n_b`` where each stands for itself
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


def adjusted(
    scores: Floats, in_a: NDArray[np.bool_], strata: Codes | None, clusters: Codes | None = None
) -> Adjusted | None:
    """Compares A and B within strata, weighted by pairs, clusters taken into account.

    Estimate: the strata's Mann-Whitney statistics added up, over all pairs within strata. Test:
    their null variances added up (van Elteren, Bull. Inst. Int. Stat. 37 (1960), with the weight
    of each stratum its number of pairs), tie and continuity corrected. Interval: DeLong's variance
    within each stratum; strata with a single image of a set count as one observation each.

    Clusters: Obuchowski's variance (Biometrics 53 (1997)), which sums the placement values of a
    cluster before it squares them; the null variance grows by the same factor (the design effect,
    Kish 1965), at least 1, and t with the clusters of the smaller set, less one, as degrees of
    freedom takes the place of the normal distribution.

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        strata (None): ``(n,)`` codes; by default all are one stratum
        clusters (None): ``(n,)`` codes; by default each image stands for itself

    Returns:
        the comparison; None where no stratum holds both sets, or under two images of a set do

    Raises:
        ValueError: if the arrays have other shapes, or a score is not finite
    """
    _check(scores, in_a, strata, clusters)
    codes = np.zeros(len(scores), np.intp) if strata is None else _dense(strata)
    sizes = np.stack([np.bincount(codes[in_a == side], minlength=codes.max(initial=-1) + 1)
                      for side in (True, False)])  # fmt: skip
    usable = (sizes[0] > 0) & (sizes[1] > 0)
    keep = usable[codes]
    if not keep.all():
        rest = None if clusters is None else clusters[keep]
        return adjusted(scores[keep], in_a[keep], codes[keep], rest) if keep.any() else None
    n_a, n_b = (int(side.sum()) for side in sizes)
    if min(n_a, n_b) < 2:
        return None
    parts = _Strata.of(scores, in_a, codes, sizes)
    auroc = float(parts.u.sum() / parts.pairs.sum())
    error, factor, freedom, n_clusters = _spread(parts, auroc, clusters)
    smallest = min(n_a, n_b) if freedom is None else freedom + 1
    p_greater, p_less = _tested(parts, factor, freedom)
    return Adjusted(
        auroc=auroc,
        standard_error=error,
        interval=t_interval(auroc, error, smallest, freedom),
        p_greater=p_greater,
        p_less=p_less,
        n_a=n_a,
        n_b=n_b,
        n_strata=int(usable.sum()),
        n_clusters=n_clusters,
    )


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
    n, codes = shows.size, _dense(clusters)
    sizes = np.bincount(codes)
    share = float(shows.mean())
    rest = np.bincount(codes, shows) - share * sizes
    variance = _unbiased(sizes.size) * float((rest**2).sum()) / n**2
    if variance == 0:
        return float(sizes.size)
    return min(float(n), max(float(sizes.size), share * (1 - share) / variance))


@dataclass(frozen=True)
class _Strata:
    """Placement values of all images in their strata, and what strata add up to.

    Args:
        placements: ``(n,)`` images of the other set in the stratum that score below, ties half
        in_a: ``(n,)``
        codes: ``(n,)`` stratum of each image
        n_a: ``(s,)`` images of A in each stratum
        n_b: ``(s,)`` images of B
        u: ``(s,)`` Mann-Whitney's U of A
        null: ``(s,)`` variance of U if the sets are alike
    """

    placements: NDArray[np.float64]
    in_a: NDArray[np.bool_]
    codes: Codes
    n_a: NDArray[np.float64]
    n_b: NDArray[np.float64]
    u: NDArray[np.float64]
    null: NDArray[np.float64]

    @property
    def pairs(self) -> NDArray[np.float64]:
        return self.n_a * self.n_b

    @classmethod
    def of(cls, scores: Floats, in_a: NDArray[np.bool_], codes: Codes, sizes: Codes) -> _Strata:
        """Sorts within all strata at once; every stratum holds both sets."""
        order = np.lexsort((scores, codes))
        stratum, value, of_a = codes[order], scores[order], in_a[order]
        changes = (value[1:] != value[:-1]) | (stratum[1:] != stratum[:-1])
        starts = np.flatnonzero(np.append(True, changes))
        group = np.cumsum(np.append(False, changes))
        group_a = np.add.reduceat(of_a.astype(np.int64), starts)
        group_b = np.diff(np.append(starts, order.size)) - group_a
        n_a, n_b = sizes.astype(np.float64)
        # images in earlier strata are not below anybody of this one
        before = np.concatenate([[[0], [0]], np.cumsum(sizes, axis=1)[:, :-1]], axis=1)
        home = stratum[starts]
        below_a = np.cumsum(group_a) - group_a - before[0][home]
        below_b = np.cumsum(group_b) - group_b - before[1][home]
        placed = np.where(of_a, (below_b + 0.5 * group_b)[group], (below_a + 0.5 * group_a)[group])
        placements = np.empty(order.size)
        placements[order] = placed
        u = np.bincount(stratum[of_a], placed[of_a], minlength=len(n_a)).astype(np.float64)
        size, ties = n_a + n_b, (group_a + group_b).astype(np.float64)
        tied = np.bincount(home, ties**3 - ties, minlength=len(n_a))
        null = n_a * n_b / 12 * (size + 1 - tied / (size * np.maximum(size - 1, 1)))
        return cls(placements, in_a, codes, n_a, n_b, u, null)


def _spread(
    parts: _Strata, auroc: float, clusters: Codes | None
) -> tuple[float, float, int | None, int]:
    """Returns standard error, design effect, degrees of freedom and number of clusters."""
    (influence, scale), in_a = _influence(parts, auroc), parts.in_a
    n = len(influence)
    alone = float(((influence * scale) ** 2).sum())
    if clusters is None:
        return math.sqrt(alone), 1.0, None, n
    codes = _dense(clusters)
    sides = [
        np.bincount(codes[in_a == side], influence[in_a == side], minlength=codes.max() + 1)
        for side in (True, False)
    ]
    counts = [len(np.unique(codes[in_a == side])) for side in (True, False)]
    total = int(codes.max()) + 1
    together = 2 * _unbiased(total) * float((sides[0] * sides[1]).sum())
    for sums, count in zip(sides, counts, strict=True):
        together += _unbiased(count) * float((sums**2).sum())
    # scores that separate perfectly have no variance to compare: take the size of the clusters
    factor = together / alone if alone > 0 else n / total
    return math.sqrt(max(together, alone)), max(1.0, factor), max(1, min(counts) - 1), total


def _influence(parts: _Strata, auroc: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each image adds to the estimate's error, and the factor that makes squares unbiased."""
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
    scale[holds] = math.sqrt(_unbiased(int(holds.sum())))
    deviation[~parts.in_a] *= -1  # B scoring higher is A scoring lower
    return deviation / parts.pairs.sum(), scale


def _tested(parts: _Strata, factor: float, freedom: int | None) -> tuple[float, float]:
    from scipy.special import ndtr, stdtr

    variance = float(parts.null.sum()) * factor
    if variance <= 0:
        return 1.0, 1.0
    deviation, scale = float((parts.u - parts.pairs / 2).sum()), math.sqrt(variance)
    scores = -(deviation - 0.5) / scale, (deviation + 0.5) / scale
    chances = [ndtr(z) if freedom is None else stdtr(freedom, z) for z in scores]
    return float(chances[0]), float(chances[1])


def t_interval(auroc: float, error: float, n: int, freedom: int | None) -> tuple[float, float]:
    """Returns the 95% interval of an AUROC by Student's t, cut to [0, 1].

    Args:
        auroc: in [0, 1]
        error: its standard error
        n: observations of the smaller set, for scores that separate perfectly
        freedom: degrees of freedom; None for the normal distribution
    """
    from scipy.special import stdtrit

    if error == 0.0 or freedom is None:
        return auroc_interval(auroc, error, n, n)
    half = float(stdtrit(freedom, 0.975)) * error
    return max(0.0, auroc - half), min(1.0, auroc + half)


def _unbiased(n: int) -> float:
    return n / (n - 1) if n > 1 else 1.0


def _dense(codes: Codes) -> NDArray[np.intp]:
    """Codes from 0 on without gaps."""
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)


def _check(scores: Floats, in_a: NDArray[np.bool_], *codes: Codes | None) -> None:
    for code in (in_a, *codes):
        if code is not None and (scores.ndim != 1 or code.shape != scores.shape):
            raise ValueError(f"Expected ({len(scores)},) of all, got {scores.shape}, {code.shape}.")
    if not np.isfinite(scores).all():
        raise ValueError("Expected finite scores; leave out images that could not be scored.")
