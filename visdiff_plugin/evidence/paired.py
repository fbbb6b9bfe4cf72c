"""A against B within pairs: the same prompt, scene or time in both sets; pure numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .adjusted import Adjusted, check
from .strata import Strata, shared_strata
from .stratified import stratified_p

Floats = NDArray[np.floating[Any]]


def paired(
    scores: Floats, in_a: NDArray[np.bool_], pairs: NDArray[np.integer[Any]]
) -> Adjusted | None:
    """Compares A and B pair by pair.

    Estimate: the chance that A scores higher within a pair, ties half, all pairs counting alike;
    its interval is that of their mean (Student's t over the pairs, see `auroc_interval`). Test:
    the same mean where the images of each pair are dealt to A and B anew, as many to each as there
    are (`stratified_p`). It holds for any scores and numbers of images, as nothing but their order
    within a pair is used; with one image each it is the sign test.

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        pairs: ``(n,)`` codes of what an image shares with its partners; a pair may hold several
            images of each set; images without a partner are left out

    Returns:
        the comparison, a pair as a stratum and as a cluster; None under two pairs

    Raises:
        ValueError: if the arrays have other shapes, or a score is not finite
    """
    check(scores, in_a, pairs)
    keep, codes = shared_strata(in_a, pairs)
    n = int(codes.max(initial=-1)) + 1
    if n < 2:
        return None
    parts = Strata.of(scores[keep], in_a[keep], codes)
    wins = parts.u / parts.pairs
    return Adjusted.of(
        float(wins.mean()),
        float(wins.std(ddof=1)) / math.sqrt(n),
        stratified_p(parts, 1 / parts.pairs),
        (int(parts.n_a.sum()), int(parts.n_b.sum())),
        n_strata=n,
        n_clusters=n,
        witnesses=(n, n),
        freedom=n - 1.0,
        share=True,
    )
