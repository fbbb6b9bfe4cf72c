"""A against B within pairs: the same prompt, scene or time in both sets; pure numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .adjusted import Adjusted, t_interval

Floats = NDArray[np.floating[Any]]


def paired(
    scores: Floats, in_a: NDArray[np.bool_], pairs: NDArray[np.integer[Any]]
) -> Adjusted | None:
    """Compares A and B pair by pair.

    Estimate: the chance that A scores higher within a pair, ties half, all pairs counting alike;
    its interval is that of their mean (Student's t over the pairs). Test: Wilcoxon's signed-rank
    test (Biometrics Bulletin 1 (1945)) of the differences of the pairs' means, normal
    approximation with tie and continuity correction, differences of zero left out (as scipy's
    ``zero_method="wilcox", method="asymptotic"``).

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        pairs: ``(n,)`` codes of what an image shares with its partners; a pair may hold several
            images of each set; images without a partner are left out

    Returns:
        the comparison, a pair as a stratum and as a cluster; None under two pairs
    """
    codes = np.unique(pairs, return_inverse=True)[1]
    total = int(codes.max(initial=-1)) + 1
    counts = [np.bincount(codes[in_a == side], minlength=total) for side in (True, False)]
    whole = (counts[0] > 0) & (counts[1] > 0)
    if whole.sum() < 2:
        return None
    means = [
        np.bincount(codes[in_a == side], scores[in_a == side], minlength=total)[whole]
        / counts[place][whole]
        for place, side in enumerate((True, False))
    ]
    keep = whole[codes]
    wins = _wins(scores[keep], in_a[keep], codes[keep])
    auroc, error = float(wins.mean()), float(wins.std(ddof=1)) / math.sqrt(len(wins))
    p_greater, p_less = signed_rank(means[0] - means[1])
    return Adjusted(
        auroc=auroc,
        standard_error=error,
        interval=t_interval(auroc, error, len(wins), len(wins) - 1),
        p_greater=p_greater,
        p_less=p_less,
        n_a=int(counts[0][whole].sum()),
        n_b=int(counts[1][whole].sum()),
        n_strata=len(wins),
        n_clusters=len(wins),
    )


def signed_rank(differences: Floats) -> tuple[float, float]:
    """Returns the one-sided p of positive and of negative differences; 1 where all are zero."""
    from scipy.special import ndtr

    known = differences[differences != 0]
    n = known.size
    if n == 0:
        return 1.0, 1.0
    values, place, sizes = np.unique(np.abs(known), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    positive = float(ranks[known > 0].sum())
    ties = float((sizes.astype(np.float64) ** 3 - sizes).sum())
    scale = math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24)
    deviation = positive - n * (n + 1) / 4
    return float(ndtr(-(deviation - 0.5) / scale)), float(ndtr((deviation + 0.5) / scale))


def _wins(
    scores: Floats, in_a: NDArray[np.bool_], codes: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    """Share of the comparisons within each pair that A wins, ties half."""
    order = np.lexsort((scores, codes))
    ends = np.flatnonzero(np.append(codes[order][1:] != codes[order][:-1], True))
    wins = []
    for part in np.split(order, ends[:-1] + 1):
        a, b = scores[part[in_a[part]]], scores[part[~in_a[part]]]
        below, upto = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")
        wins.append(float((below + upto).sum()) / (2 * a.size * b.size))
    return np.array(wins)
