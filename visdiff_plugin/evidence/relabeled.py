"""p of a difference between clusters, over all ways to label them that leave the design as it is.

A cluster in one set swaps its label with others of the same strata; one in both sets swaps the
labels of its two blocks. Two statistics, of which the larger p counts: the gap between the means
of the blocks, and Student's t, by the clusters' own variance in each relabeling, so that sets
whose clusters spread unequally are no difference (Janssen, Stat. Probab. Lett. 36 (1997); Chung and
Romano, Ann. Stat. 41 (2013)). Where a set holds one value alone, its variance of 0 says nothing,
and the gap decides.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .draws import p_from_draws
from .rank_test import ENOUGH

Floats = NDArray[np.floating[Any]]

#: numbers that draws hold at a time
_MOST_HELD = 2_000_000
#: relabelings at most: each takes a sum over all clusters
_MOST_DRAWS = 20_000
#: participation ratio of evenly spread ranks: (sum of squares)^2 / sum of fourth powers is n / 1.8
_EVEN = 1.8
#: added to a variance, of ranks that are shares: of what separates perfectly, the distance decides
_TINY = 1e-9


def relabeled_p(
    ranks: Floats,
    in_a: NDArray[np.bool_],
    clusters: NDArray[np.intp],
    strata: NDArray[np.intp],
) -> tuple[float, float]:
    """Returns the one-sided p of A > B and of A < B.

    By draws, or by Student's t where 150 informative clusters of the smaller set stand behind the
    variance. Which of both depends on the blocks' ranks and numbers, not on which are in which set.

    Args:
        ranks: ``(b,)`` mean rank of each block, a share of its stratum from the middle on
        in_a: ``(b,)`` whether each is of A
        clusters: ``(b,)`` codes from 0 on; a cluster has at most one block a stratum and set
        strata: ``(b,)`` codes from 0 on, each with blocks of both sets

    Returns:
        p of both sides; 1 where nothing varies
    """
    from scipy.special import stdtr

    labels = _Labels.of(ranks, in_a, clusters, strata)
    if not np.any(np.abs(labels.high - labels.low) > 1e-12):
        return 1.0, 1.0
    own = np.ones((1, labels.fixed.size), bool)
    counts = [np.unique(clusters[in_a == side]).size for side in (True, False)]
    if _informative(ranks, min(counts) / sum(counts)) >= ENOUGH:
        observed, freedom = float(labels.statistics(own)[1, 0]), min(counts) - 1
        return float(stdtr(freedom, -observed)), float(stdtr(freedom, observed))
    mirror = labels.statistics(labels.mirrored(own))[:, 0]

    def draw(count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        rows = max(1, _MOST_HELD // max(labels.fixed.size, 1))
        found: list[Floats] = []
        turned: list[Floats] = []
        for start in range(0, count, rows):
            kept = labels.draw(min(rows, count - start), count + start)
            found.append(labels.statistics(kept))
            if labels.plain:  # the other way round, both change their sign
                turned.append(-found[-1] if labels.equal else found[-1])
            else:
                mirrored = labels.mirrored(kept) if labels.equal else None
                turned.append(found[-1] if mirrored is None else labels.statistics(mirrored))
        return np.concatenate(found, axis=1), np.concatenate(turned, axis=1)

    return p_from_draws(draw, (labels.statistics(own)[:, 0], mirror), _MOST_DRAWS)


def _informative(ranks: Floats, share: float) -> float:
    """Informative witnesses of the smaller set: all for evenly spread ranks, see `Ties`."""
    squares = (ranks**2).sum()
    fourth = (ranks**4).sum()
    return _EVEN * float(squares**2 / fourth) * share if fourth > 0 else 0.0


@dataclass(frozen=True)
class _Labels:
    """Clusters, and what each adds to A's and B's mean of each stratum, labeled either way.

    ``high`` is with the label as it is, ``low`` with the other one. A label of True keeps it.

    Args:
        high: ``(2, c, s)`` sums of ranks that go to A and to B
        low: ``(2, c, s)`` likewise
        has_high: ``(2, c, s)`` whether a block goes there
        has_low: ``(2, c, s)`` likewise
        counts: ``(2, s)`` blocks of A and of B, the same however clusters are labeled
        swaps: for clusters of one set each: those of A and those of B that may swap
        fixed: ``(c,)`` clusters whose label can't be changed without changing the counts
        both: ``(c,)`` clusters in both sets that may swap their blocks
    """

    high: NDArray[np.float64]
    low: NDArray[np.float64]
    has_high: NDArray[np.float64]
    has_low: NDArray[np.float64]
    counts: NDArray[np.float64]
    swaps: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]
    fixed: NDArray[np.bool_]
    both: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        ranks: Floats,
        in_a: NDArray[np.bool_],
        clusters: NDArray[np.intp],
        strata: NDArray[np.intp],
    ) -> _Labels:
        # an order that depends on no label nor on the order of the images: draws follow it
        clusters = _ordered(ranks, clusters)
        shape = (2, int(clusters.max()) + 1, int(strata.max()) + 1)
        high, has = np.zeros(shape), np.zeros(shape)
        place = ((~in_a).astype(np.intp), clusters, strata)
        high[place], has[place] = ranks, 1.0
        groups: dict[bytes, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        fixed = np.ones(shape[1], bool)
        both = np.zeros(shape[1], bool)
        for cluster in range(shape[1]):
            of_a, of_b = has[0, cluster], has[1, cluster]
            if of_a.any() and of_b.any():
                both[cluster] = np.array_equal(of_a, of_b)
            else:
                side = 0 if of_a.any() else 1
                groups[(of_a + of_b).tobytes()][side].append(cluster)
        swaps = tuple(
            (np.array(a, np.intp), np.array(b, np.intp)) for a, b in groups.values() if a and b
        )
        for a, b in swaps:
            fixed[a] = fixed[b] = False
        fixed &= ~both
        low, has_low = high[::-1].copy(), has[::-1].copy()
        low[:, fixed], has_low[:, fixed] = high[:, fixed], has[:, fixed]
        return cls(high, low, has, has_low, has.sum(axis=1), swaps, fixed, both)

    @property
    def equal(self) -> bool:
        """Whether some draws have a mirror image that is not drawn with them."""
        return any(a.size == b.size for a, b in self.swaps)

    @property
    def plain(self) -> bool:
        """Whether every cluster is in one set and may swap with every other."""
        return len(self.swaps) == 1 and not (self.both.any() or self.fixed.any())

    def draw(self, rows: int, seed: int) -> NDArray[np.bool_]:
        """Returns ``(rows, c)`` whether each cluster keeps its label."""
        kept = np.ones((rows, self.fixed.size), bool)
        rng = np.random.default_rng(seed)
        kept[:, self.both] = rng.random((rows, int(self.both.sum()))) < 0.5
        for number, (a, b) in enumerate(self.swaps):
            members = np.sort(np.concatenate([a, b]))
            chosen = _subsets(rows, members.size, min(a.size, b.size), seed + number + 1)
            smaller = np.isin(members, a if a.size <= b.size else b)
            kept[:, members] = chosen == smaller
        return kept

    def mirrored(self, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Labels of equally many clusters of A and B the other way round."""
        turned = kept.copy()
        for a, b in self.swaps:
            if a.size == b.size:
                members = np.concatenate([a, b])
                turned[:, members] = ~kept[:, members]
        return turned

    def statistics(self, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Returns ``(2, rows)`` gap and Student's t for each way to label the clusters."""
        if self.plain and self.counts.shape[1] == 1:
            return self._plain_statistics(kept)
        state = kept.astype(np.float64)
        means = [
            (self.low[side].sum(axis=0) + state @ (self.high[side] - self.low[side]))
            / self.counts[side]
            for side in (0, 1)
        ]
        a, b = self.counts
        weight = a * b / (a + b + 1)  # van Elteren's, of blocks
        weight /= weight.sum()
        gap = (means[0] - means[1]) @ weight
        shares = [weight / a, -weight / b]
        # a mean of one block has no deviation: the gap itself is then what is not known
        scale = [np.sqrt(np.where(n > 1, n / np.maximum(n - 1, 1), 1.0)) for n in self.counts]
        deviation = np.zeros(kept.shape)
        for sums, has, use in (
            (self.high, self.has_high, state), (self.low, self.has_low, 1 - state)
        ):  # fmt: skip
            own = np.zeros(kept.shape)
            for side in (0, 1):
                each = shares[side] * scale[side]
                own += sums[side] @ each - (means[side] * each) @ has[side].T
            deviation += use * own
        return np.stack([gap, gap / np.sqrt((deviation**2).sum(axis=1) + _TINY)])

    def _plain_statistics(self, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The same from sums and sums of squares, which is all it takes without strata."""
        of_a = self.has_high[0, :, 0] > 0
        ranks = self.high[:, :, 0].sum(axis=0)
        powers = np.stack([ranks, ranks**2], axis=1)
        in_a = (kept == of_a).astype(np.float64) @ powers
        sides = in_a, powers.sum(axis=0) - in_a
        means, variances = [], []
        for sums, n in zip(sides, self.counts[:, 0], strict=True):
            means.append(sums[:, 0] / n)
            spread = np.maximum(sums[:, 1] / n - means[-1] ** 2, 0.0)
            variances.append(spread / max(n - 1, 1))
        gap = means[0] - means[1]
        return np.stack([gap, gap / np.sqrt(variances[0] + variances[1] + _TINY)])


@lru_cache(maxsize=8)
def _subsets(rows: int, size: int, few: int, seed: int) -> NDArray[np.bool_]:
    """Returns ``(rows, size)`` random subsets of ``few``; kept, as all candidates take the same."""
    drawn = np.argsort(np.random.default_rng(seed).random((rows, size)), axis=1)[:, :few]
    chosen = np.zeros((rows, size), bool)
    np.put_along_axis(chosen, drawn, True, axis=1)
    return chosen


def _ordered(ranks: Floats, clusters: NDArray[np.intp]) -> NDArray[np.intp]:
    """Codes of clusters in order of their sizes and ranks."""
    sums = np.round(np.bincount(clusters, ranks), 12)
    squares = np.round(np.bincount(clusters, ranks**2), 12)
    order = np.lexsort((squares, sums, np.bincount(clusters)))
    places = np.empty(order.size, np.intp)
    places[order] = np.arange(order.size)
    return places[clusters]
