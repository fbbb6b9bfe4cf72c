"""The test of rank sums within strata, added up: normal, exact, or over relabelings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .draws import p_from_draws
from .nulls import Null, TiedRanks
from .rank_test import ENOUGH
from .strata import Strata

#: multiplications that adding up exact distributions may take, about 50 ms
_MOST = 50_000_000
#: steps of the lattice, on which weighted rank sums are added up exactly, in a standard deviation
_FINE = 256


def stratified_p(parts: Strata, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Returns the one-sided p of A > B and of A < B within strata.

    The statistic is the sum of the strata's rank sums times a weight, and images are dealt to the
    sets anew within each stratum. The normal approximation (van Elteren 1960, with tie and
    continuity correction) where 150 informative images of the smaller sides stand behind the
    variance, each stratum as far as it contributes to that; otherwise the exact distribution,
    the strata's added up, or draws where counting takes too long.

    Args:
        parts: ranks within strata
        weights: ``(s,)`` of each stratum's U, positive

    Returns:
        p of both sides; 1 where all scores of each stratum are equal
    """
    variances = weights**2 * parts.null
    varying = variances > 1e-12 * variances.max(initial=0.0)
    if not varying.any():
        return 1.0, 1.0
    if _informative(parts, variances) >= ENOUGH:
        return _normal(parts, weights, variances)
    strata = [
        _Stratum.of(parts, place, float(weights[place]))
        for place in np.flatnonzero(varying).tolist()
    ]
    nulls = [one.ranks.exact() for one in strata]
    exact = _added(strata, nulls)
    return _drawn(strata, nulls) if exact is None else exact


@dataclass(frozen=True)
class _Stratum:
    """One stratum: the ranks of the smaller set, and how these speak for A.

    Args:
        ranks: of the images, and how many the smaller set holds
        value: the rank sum of the smaller set
        weight: of a rank sum of A
        side: 1 where the smaller set is A, else -1
        equal: both sets are equally large
    """

    ranks: TiedRanks
    value: int
    weight: float
    side: int
    equal: bool

    @classmethod
    def of(cls, parts: Strata, place: int, weight: float) -> _Stratum:
        start, end = np.searchsorted(parts.home, [place, place + 1])
        n_a, n_b = int(parts.n_a[place]), int(parts.n_b[place])
        side = 1 if n_a <= n_b else -1
        value = side * (round(2 * parts.u[place]) - n_a * n_b)
        ranks = TiedRanks.of(parts.tied[start:end], min(n_a, n_b))
        return cls(ranks, value, weight, side, n_a == n_b)


def _informative(parts: Strata, variances: NDArray[np.float64]) -> float:
    """Informative images behind the variance, see `Ties.informative`.

    As many as one stratum would need for a variance that is as well known: those of each are
    weighted by its share of the variance, squared.
    """
    size = parts.n_a + parts.n_b
    kept = 1 - parts.tie_terms / np.maximum(size**3 - size, 1)
    own = np.minimum(parts.n_a, parts.n_b) * kept
    share = variances / variances.sum()
    use = own > 0
    return 1 / float((share[use] ** 2 / own[use]).sum())


def _normal(
    parts: Strata, weights: NDArray[np.float64], variances: NDArray[np.float64]
) -> tuple[float, float]:
    from scipy.special import ndtr

    deviation = float((weights * (parts.u - parts.pairs / 2)).sum())
    scale = math.sqrt(float(variances.sum()))
    step = 0.5 * float(weights[variances > 0].min())
    return float(ndtr((step - deviation) / scale)), float(ndtr((step + deviation) / scale))


def _added(strata: Sequence[_Stratum], nulls: Sequence[Null | None]) -> tuple[float, float] | None:
    """The exact p; None where a stratum was not counted or adding up takes too long.

    Rank sums with unequal weights are rounded to a fine lattice, those of the labels as they are
    like all others: the test remains exact, of a statistic that is all but the same.
    """
    unit = _unit(strata, nulls)
    if unit is None:
        return None
    ways, low, value, spent = np.ones(1), 0, 0, 0
    for one, null in zip(strata, nulls, strict=True):
        assert null is not None
        turn = one.side * one.weight / unit
        places = np.rint(turn * null.values).astype(np.int64)
        first = int(places.min())
        own = np.bincount(places - first, null.chances)
        held = np.flatnonzero(own)
        spent += held.size * ways.size
        if spent > _MOST:
            return None
        together = np.zeros(ways.size + own.size - 1)
        for place in held.tolist():
            together[place : place + ways.size] += own[place] * ways
        ways, low = together, low + first
        value += int(np.rint(turn * one.value))
    place = value - low
    return min(1.0, float(ways[place:].sum())), min(1.0, float(ways[: place + 1].sum()))


def _unit(strata: Sequence[_Stratum], nulls: Sequence[Null | None]) -> float | None:
    """The step of the lattice: one of the rank sums where all weigh the same."""
    variance = 0.0
    for one, null in zip(strata, nulls, strict=True):
        if null is None:
            return None
        variance += one.weight**2 * float((null.values**2 * null.chances).sum())
    weights = {one.weight for one in strata}
    return weights.pop() if len(weights) == 1 else math.sqrt(variance) / _FINE


def _drawn(strata: Sequence[_Stratum], nulls: Sequence[Null | None]) -> tuple[float, float]:
    def draw(count: int, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        turning, staying = np.zeros(count), np.zeros(count)
        for one, null in zip(strata, nulls, strict=True):
            sums = one.ranks.draw(count, rng) if null is None else null.draw(count, rng)
            part = staying if one.equal else turning
            part += one.side * one.weight * sums
        return turning + staying, turning - staying

    own = [
        sum(one.side * one.weight * one.value for one in strata if one.equal is equal)
        for equal in (False, True)
    ]
    return p_from_draws(draw, (own[0] + own[1], own[0] - own[1]))
