"""A against B where images come in clusters: one video or scene is one witness; pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .adjusted import Adjusted, check, freedom_of, influence, van_elteren
from .relabeled import relabeled_p
from .strata import Strata, shared_strata

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Blocks:
    """The images of one cluster, set and stratum together: what counts as one witness.

    Args:
        placements: ``(b,)`` mean share of the other set's blocks in the stratum that score below,
            ties half
        ranks: ``(b,)`` mean share of all blocks of the stratum that score below, ties half, from
            the middle on
        in_a: ``(b,)`` whether each is of A
        cluster: ``(b,)`` codes from 0 on without gaps
        stratum: ``(b,)`` codes likewise
    """

    placements: NDArray[np.float64]
    ranks: NDArray[np.float64]
    in_a: NDArray[np.bool_]
    cluster: NDArray[np.intp]
    stratum: NDArray[np.intp]


def clustered(
    scores: Floats, in_a: NDArray[np.bool_], strata: Codes | None, clusters: Codes
) -> Adjusted | None:
    """Compares A and B where images of a cluster are no independent witnesses.

    Each block, the images of a cluster in one set, counts once, however many images it has:
    the estimate is the chance that a random image of a random cluster of A scores above one of B.
    Where clusters are of unequal sizes, one long video would otherwise speak for its set alone.

    Test: `relabeled_p`. Interval: DeLong's variance over blocks, with those of a cluster that is in
    both sets added up first (Obuchowski, Biometrics 53 (1997)); `auroc_interval`.

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        strata (None): ``(n,)`` codes; by default all are one stratum
        clusters: ``(n,)`` codes

    Returns:
        the comparison; None where no stratum holds both sets, or under two clusters of a set do

    Raises:
        ValueError: if the arrays have other shapes, or a score is not finite
    """
    check(scores, in_a, strata, clusters)
    keep, codes = shared_strata(in_a, np.zeros(len(scores), np.intp) if strata is None else strata)
    scores, in_a, clusters = scores[keep], in_a[keep], clusters[keep]
    counts = [np.unique(clusters[in_a == side]).size for side in (True, False)]
    if min(counts) < 2:
        return None
    blocks = blocks_of(scores, in_a, codes, clusters)
    parts = _as_images(blocks)
    weights = van_elteren(parts)
    auroc = float((weights * parts.u).sum() / (weights * parts.pairs).sum())
    errors, group = influence(parts, weights, auroc)
    return Adjusted.of(
        auroc,
        _standard_error(errors, blocks),
        relabeled_p(blocks.ranks, blocks.in_a, blocks.cluster, blocks.stratum),
        (int(in_a.sum()), int((~in_a).sum())),
        n_strata=len(parts.n_a),
        n_clusters=int(blocks.cluster.max()) + 1,
        witnesses=(counts[0], counts[1]),
        freedom=freedom_of(errors, group),
    )


def blocks_of(
    scores: Floats, in_a: NDArray[np.bool_], strata: NDArray[np.intp], clusters: Codes
) -> Blocks:
    """Returns the blocks of images; every stratum holds both sets, codes are without gaps."""
    places, block = np.unique(
        np.stack([strata, clusters, ~in_a], axis=1), axis=0, return_inverse=True
    )
    block = block.ravel()
    stratum, of_a = places[:, 0].astype(np.intp), places[:, 2] == 0
    sizes = np.bincount(block)
    weight = 1 / sizes[block]
    sides = [in_a, ~in_a]
    total = int(stratum.max()) + 1
    count = np.stack([np.bincount(stratum[of_a == side], minlength=total)
                      for side in (True, False)]).astype(np.float64)  # fmt: skip
    below = np.stack([_below(scores, strata, np.where(side, weight, 0.0)) for side in sides])
    share = below / count[:, strata]
    placed = np.where(in_a, share[1], share[0])
    ranks = below.sum(axis=0) / count.sum(axis=0)[strata] - 0.5
    return Blocks(
        np.bincount(block, placed) / sizes,
        np.bincount(block, ranks) / sizes,
        of_a,
        np.unique(places[:, 1], return_inverse=True)[1].astype(np.intp),
        stratum,
    )


def _below(
    scores: Floats, strata: NDArray[np.intp], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weight of what scores below each image in its stratum, ties half."""
    order = np.lexsort((scores, strata))
    value, stratum, own = scores[order], strata[order], weight[order]
    changes = (value[1:] != value[:-1]) | (stratum[1:] != stratum[:-1])
    starts = np.flatnonzero(np.append(True, changes))
    group = np.cumsum(np.append(False, changes))
    sums = np.add.reduceat(own, starts)
    upto = np.cumsum(sums)
    first = np.append(True, stratum[starts][1:] != stratum[starts][:-1])
    before = np.maximum.accumulate(np.where(first, upto - sums, 0.0))
    found = np.empty(order.size)
    found[order] = (upto - 0.5 * sums - before)[group]
    return found


def _as_images(blocks: Blocks) -> Strata:
    """Blocks as if each were one image."""
    total = int(blocks.stratum.max()) + 1
    n_a, n_b = (
        np.bincount(blocks.stratum[blocks.in_a == side], minlength=total).astype(np.float64)
        for side in (True, False)
    )
    placements = blocks.placements * np.where(blocks.in_a, n_b[blocks.stratum], n_a[blocks.stratum])
    of_a = blocks.in_a
    u = np.bincount(blocks.stratum[of_a], placements[of_a], minlength=total).astype(np.float64)
    each = np.ones(total, np.int64)
    return Strata(placements, of_a, blocks.stratum, n_a, n_b, u, each, np.arange(total))


def _standard_error(errors: NDArray[np.float64], blocks: Blocks) -> float:
    """Blocks of one cluster added up before they are squared; never below independent blocks."""
    total = int(blocks.cluster.max()) + 1
    sides = [
        np.bincount(blocks.cluster[blocks.in_a == side], errors[blocks.in_a == side], total)
        for side in (True, False)
    ]
    alone = float((errors**2).sum())
    together = sum(float((side**2).sum()) for side in sides)
    together += 2 * float((sides[0] * sides[1]).sum())
    return math.sqrt(max(together, alone))
