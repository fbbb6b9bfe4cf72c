"""Orders differences so that each says something new: what it adds to those above it; pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def order_by_gain(
    scores: NDArray[np.floating[Any]], in_a: NDArray[np.bool_]
) -> tuple[list[int], list[float]]:
    """Orders candidates greedily by what each adds to telling A from B.

    Forward selection in a linear model of the set on the candidates' ranks (orthogonal least
    squares, Chen, Billings and Luo 1989): the next candidate is the one whose squared partial
    correlation with the set, given all chosen before, explains most. The first is the strongest
    on its own; a paraphrase or a consequence of one above adds little and sinks. Ranks make it
    blind to scale and outliers, ties take their mean rank; a missing score counts as the middle.

    Args:
        scores: ``(n, k)`` scores, NaN where an image has none
        in_a: ``(n,)`` whether each image is in A; both sets must be there

    Returns:
        the ``k`` columns in order, and the gain of each: the share of the variance of the set
        that it explains beyond those before it, in [0, 1]
    """
    ranks = np.stack([_ranks(column) for column in scores.T], axis=1) if scores.size else scores
    target = in_a.astype(np.float64)
    target -= target.mean()
    total = float(target @ target)
    if total == 0:
        raise ValueError("Expected images of both sets, got only one.")
    rest = np.asarray(ranks, np.float64).copy()
    scale = np.maximum((rest**2).sum(axis=0), 1e-300)
    left = list(range(scores.shape[1]))
    order: list[int] = []
    gains: list[float] = []
    while left:
        energy = (rest[:, left] ** 2).sum(axis=0)
        # what is left of a column that the chosen ones reproduce is rounding
        usable = energy > 1e-9 * scale[left]
        along = (rest[:, left].T @ target) ** 2
        gain = np.where(usable, along / np.where(usable, energy, 1), 0) / total
        best = int(np.argmax(np.round(gain, 12)))
        column = left.pop(best)
        order.append(column)
        gains.append(float(gain[best]))
        if usable[best]:
            direction = rest[:, column] / np.sqrt(energy[best])
            target = target - direction * (direction @ target)
            rest[:, left] -= np.outer(direction, direction @ rest[:, left])
    return order, gains


def _ranks(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Centred mean ranks over the finite values; 0, the middle, elsewhere."""
    ranks = np.zeros(len(values))
    finite = np.isfinite(values)
    known = values[finite]
    if known.size:
        ordered = np.sort(known)
        below = np.searchsorted(ordered, known, "left")
        upto = np.searchsorted(ordered, known, "right")
        ranks[finite] = (below + upto) / 2 - known.size / 2
    return ranks
