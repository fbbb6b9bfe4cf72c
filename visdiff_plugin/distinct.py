"""Orders differences by what each adds to those above it; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: gains that differ by less than this share are one: the more general wording goes first
_EQUAL = 0.05


def order_by_gain(
    scores: NDArray[np.floating[Any]],
    in_a: NDArray[np.bool_],
    words: Sequence[Collection[str]] | None = None,
    strata: NDArray[np.integer[Any]] | None = None,
) -> tuple[list[int], list[float]]:
    """Orders candidates greedily by what each adds to telling A from B.

    Forward selection in a linear model of the set on the candidates' ranks (orthogonal least
    squares, Chen, Billings and Luo 1989): the next candidate is the one whose squared partial
    correlation with the set, given all chosen before, explains most. The first is the strongest
    on its own; a paraphrase or a consequence of one above adds little and sinks. Ranks make it
    blind to scale and outliers, ties take their mean rank; a missing score counts as the middle.

    Of candidates that add about the same, one whose words are all among another's goes first:
    what is general says more than what is over-specific.

    Args:
        scores: ``(n, k)`` scores, NaN where an image has none
        in_a: ``(n,)`` whether each image is in A; both sets must be there
        words (None): for each candidate its words
        strata (None): ``(n,)`` codes: only what differs within strata counts

    Returns:
        the ``k`` columns in order, and the gain of each: the share of the variance of the set
        that it explains beyond those before it, in [0, 1]
    """
    ranks = np.stack([_ranks(column) for column in scores.T], axis=1) if scores.size else scores
    if in_a.all() or not in_a.any():
        raise ValueError("Expected images of both sets, got only one.")
    target = _within(in_a.astype(np.float64)[:, None], strata)[:, 0]
    total = float(target @ target) or 1.0  # strata of one set each: nothing adds anything
    rest = _within(np.asarray(ranks, np.float64), strata)
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
        best = _more_general(np.round(gain, 12), left, words)
        column = left.pop(best)
        order.append(column)
        gains.append(float(gain[best]))
        if usable[best]:
            direction = rest[:, column] / np.sqrt(energy[best])
            target = target - direction * (direction @ target)
            rest[:, left] -= np.outer(direction, direction @ rest[:, left])
    return order, gains


def _more_general(
    gain: NDArray[np.float64], left: Sequence[int], words: Sequence[Collection[str]] | None
) -> int:
    """The largest gain, or one about as large that says the same in fewer of its words."""
    best = int(np.argmax(gain))
    if words is None:
        return best
    own = set(words[left[best]])
    equal = [
        place
        for place in np.flatnonzero(gain >= (1 - _EQUAL) * gain[best]).tolist()
        if words[left[place]] and set(words[left[place]]) < own
    ]
    return int(min(equal, key=lambda place: (len(words[left[place]]), -gain[place]), default=best))


def _within(
    columns: NDArray[np.float64], strata: NDArray[np.integer[Any]] | None
) -> NDArray[np.float64]:
    """Deviations from the mean, or from the mean of each stratum."""
    if strata is None:
        return columns - columns.mean(axis=0)
    codes = np.unique(strata, return_inverse=True)[1]
    sizes = np.bincount(codes)
    means = np.stack([np.bincount(codes, column) / sizes for column in columns.T], axis=1)
    return np.asarray(columns - means[codes])


def _ranks(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Centered mean ranks over the finite values; 0, the middle, elsewhere."""
    ranks = np.zeros(len(values))
    finite = np.isfinite(values)
    known = values[finite]
    if known.size:
        ordered = np.sort(known)
        below = np.searchsorted(ordered, known, "left")
        upto = np.searchsorted(ordered, known, "right")
        ranks[finite] = (below + upto) / 2 - known.size / 2
    return ranks
