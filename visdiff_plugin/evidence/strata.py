"""Placements and rank sums within many strata at once, from one sort; pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Strata:
    """Placement values of all images in their strata, and what strata add up to.

    Args:
        placements: ``(n,)`` images of the other set in the stratum that score below, ties half
        in_a: ``(n,)`` whether each is of A
        codes: ``(n,)`` stratum of each image, from 0 on without gaps
        n_a: ``(s,)`` images of A in each stratum, at least 1
        n_b: ``(s,)`` images of B likewise
        u: ``(s,)`` Mann-Whitney's U of A
        tied: ``(g,)`` images in each group of equal scores of a stratum, by stratum and score
        home: ``(g,)`` the stratum of each group
    """

    placements: NDArray[np.float64]
    in_a: NDArray[np.bool_]
    codes: Codes
    n_a: NDArray[np.float64]
    n_b: NDArray[np.float64]
    u: NDArray[np.float64]
    tied: NDArray[np.int64]
    home: NDArray[np.intp]

    @property
    def pairs(self) -> NDArray[np.float64]:
        """``(s,)`` pairs of an image of A and one of B."""
        return self.n_a * self.n_b

    @cached_property
    def tie_terms(self) -> NDArray[np.float64]:
        """``(s,)`` t^3 - t summed over groups of t equal scores."""
        sizes = self.tied.astype(np.float64)
        found = np.bincount(self.home, sizes**3 - sizes, minlength=len(self.n_a))
        return np.asarray(found, np.float64)

    @cached_property
    def null(self) -> NDArray[np.float64]:
        """``(s,)`` variance of U if the sets are alike."""
        size = self.n_a + self.n_b
        return self.pairs / 12 * (size + 1 - self.tie_terms / (size * np.maximum(size - 1, 1)))

    @classmethod
    def of(cls, scores: Floats, in_a: NDArray[np.bool_], codes: Codes) -> Strata:
        """Sorts within all strata at once.

        Args:
            scores: ``(n,)`` finite scores of both sets
            in_a: ``(n,)`` whether each is of A
            codes: ``(n,)`` strata from 0 on without gaps, each with images of both sets
        """
        total = int(codes.max(initial=-1)) + 1
        sizes = np.stack([np.bincount(codes[in_a == side], minlength=total)
                          for side in (True, False)])  # fmt: skip
        order = np.lexsort((scores, codes))
        stratum, value, of_a = codes[order], scores[order], in_a[order]
        changes = (value[1:] != value[:-1]) | (stratum[1:] != stratum[:-1])
        starts = np.flatnonzero(np.append(True, changes))
        group = np.cumsum(np.append(False, changes))
        group_a = np.add.reduceat(of_a.astype(np.int64), starts)
        tied = np.diff(np.append(starts, order.size))
        group_b = tied - group_a
        # images in earlier strata are not below anybody of this one
        before = np.concatenate([[[0], [0]], np.cumsum(sizes, axis=1)[:, :-1]], axis=1)
        home = stratum[starts]
        below_a = np.cumsum(group_a) - group_a - before[0][home]
        below_b = np.cumsum(group_b) - group_b - before[1][home]
        placed = np.where(of_a, (below_b + 0.5 * group_b)[group], (below_a + 0.5 * group_a)[group])
        placements = np.empty(order.size)
        placements[order] = placed
        u = np.bincount(stratum[of_a], placed[of_a], minlength=total).astype(np.float64)
        n_a, n_b = sizes.astype(np.float64)
        return cls(placements, in_a, codes, n_a, n_b, u, tied, home.astype(np.intp))


def shared_strata(
    in_a: NDArray[np.bool_], codes: Codes
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Returns which images are in strata that hold both sets, and codes of these without gaps.

    Args:
        in_a: ``(n,)`` whether each is of A
        codes: ``(n,)`` codes of their strata

    Returns:
        ``(n,)`` whether each is kept, and ``(kept,)`` codes
    """
    dense = np.unique(codes, return_inverse=True)[1]
    total = int(dense.max(initial=-1)) + 1
    counts = [np.bincount(dense[in_a == side], minlength=total) for side in (True, False)]
    keep = ((counts[0] > 0) & (counts[1] > 0))[dense]
    return keep, np.unique(dense[keep], return_inverse=True)[1].astype(np.intp)
