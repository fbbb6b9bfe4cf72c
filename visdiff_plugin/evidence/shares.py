"""In how many images of each set something shows, as one who counts would get it; pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .adjusted import effective_size
from .design import Design
from .designed import DesignTests, alone

Rows = NDArray[np.intp]
#: what the score from which on an image counts is, see `Difference.cut`
Cut = Literal["shows", "given", "top"]

#: share of all images that "the top" is where no score says "shows it"
QUARTER = 0.25


@dataclass(frozen=True)
class Shares:
    """How many images of each set score at least something.

    Args:
        cut: what ``least`` is
        least: the score from which on an image counts
        above_a: images of A from there on
        n_a: images of A that are compared and have a score
        above_b: images of B likewise
        n_b: images of B likewise
        effective_a: independent images that those of A are worth; ``n_a`` without clusters
        effective_b: likewise of B
        median_a: median score of A; None where none was asked for
        median_b: median score of B
    """

    cut: Cut
    least: float
    above_a: int
    n_a: int
    above_b: int
    n_b: int
    effective_a: float
    effective_b: float
    median_a: float | None = None
    median_b: float | None = None

    @property
    def top(self) -> float:
        """Share of all images from ``least`` on."""
        return (self.above_a + self.above_b) / (self.n_a + self.n_b)


def shares_of(
    scores: NDArray[np.floating[Any]],
    rows_a: Rows,
    rows_b: Rows,
    design: Design,
    cut: Cut = "top",
    least: float | None = None,
    medians: bool = False,
) -> Shares:
    """Counts all images that are compared, whatever proposers saw: it is what a user counts.

    With pairs these are the images with a partner in the other set, under control those in strata
    with images of both sets, as in the test; all scored images if there is none.

    Args:
        scores: ``(n,)`` of one candidate, NaN where an image has none
        rows_a: rows of A; some of each set must have a score
        rows_b: rows of B
        design: what ties the images together
        cut ("top"): what ``least`` is
        least (None): the score from which on an image counts; by default that which a quarter of
            all images reach, see `top_quarter`: it hangs on the scores alone, on no seed
        medians (False): whether to find the middle of each set, too
    """
    rows, values = [], []
    for own in (rows_a, rows_b):
        column = scores[own]
        known = np.isfinite(column)
        whole = bool(known.all())  # mostly: nothing is copied once more
        rows.append(own if whole else own[known])
        values.append(column if whole else column[known])
    if design.pairs is not None or design.strata is not None:
        in_a = np.repeat([True, False], [rows[0].size, rows[1].size])
        compared = DesignTests.of(design, np.concatenate(rows), in_a).compared()
        kept = compared[in_a], compared[~in_a]
        if min(side.sum() for side in kept):
            rows = [own[side] for own, side in zip(rows, kept, strict=True)]
            values = [column[side] for column, side in zip(values, kept, strict=True)]
    a, b = values
    if least is None:
        least = top_quarter(np.concatenate([a, b]))
    # in float64, or comparing would round a threshold between two neighboring float32 to one
    limit = np.float64(least)
    above = [side >= limit for side in (a, b)]
    effective = [
        float(own.size) if design.units is None else effective_size(over, alone(design.units[own]))
        for own, over in zip(rows, above, strict=True)
    ]
    middles = [float(np.median(side)) for side in (a, b)] if medians else []
    return Shares(
        cut, float(least), int(above[0].sum()), a.size, int(above[1].sum()), b.size,
        effective[0], effective[1], *middles,
    )  # fmt: skip


def top_quarter(scores: NDArray[np.floating[Any]]) -> float:
    """Returns the lowest score of the highest quarter.

    Equal scores stay together: it takes fewer images where the next ones would be more than a
    quarter, and more where that many share the highest score.

    Args:
        scores: ``(n,)`` finite scores of both sets together
    """
    most = max(1, math.floor(QUARTER * scores.size + 1e-9))
    least = np.partition(scores, scores.size - most)[scores.size - most]
    if np.count_nonzero(scores >= least) > most:
        higher = scores[scores > least]
        least = higher.min() if higher.size else least
    return float(least)
