"""Draws for proposers where a classifier is surest which set an image is from; pure, seeded.

If few images show a difference, 20 images drawn at random rarely include one. The classifier sees
only a pool of each set, and no image of that pool is evidence: if it saw the labels of evidence
images, the images shown would repeat the chance differences of the evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence.design import Design
from ..evidence.separability import sureness
from ..sampling import Split, generator


@dataclass(frozen=True)
class Surest:
    """Chooses, of a pool, the images to show.

    Args:
        vectors: rows -> ``(m, d)`` embeddings
        names: ``n`` file names; what is chosen depends on them, not on the order of the rows
        design: pairs are chosen as pairs; of a cluster the surest image comes before a second
            one of another; strata are compared within
        seed: of the folds
    """

    vectors: Callable[[Sequence[int]], NDArray[np.floating[Any]]]
    names: Sequence[str]
    design: Design
    seed: int

    def choose(
        self,
        pool: tuple[Split, Split],
        rows: tuple[Sequence[int], Sequence[int]],
        sizes: Sequence[int],
    ) -> tuple[Split, Split] | None:
        """Returns the pool's surest images as shown, the rest of it as spare.

        Args:
            pool: for A and B, what may be shown
            rows: row of each image of A and of B
            sizes: images of A and B to show

        Returns:
            the split of A and of B; None where the pool is too small for a classifier
        """
        own = [[int(all_of[at]) for at in side.proposal]
               for side, all_of in zip(pool, rows, strict=True)]  # fmt: skip
        sure = self._sureness(*own)
        if sure is None:
            return None
        if self._paired(*own):
            gaps = [sure.get(a, -np.inf) - sure.get(b, np.inf) for a, b in zip(*own, strict=True)]
            names = [min(self.names[a], self.names[b]) for a, b in zip(*own, strict=True)]
            order = sorted(range(len(gaps)), key=lambda number: (-gaps[number], names[number]))
            chosen = [order[: min(sizes)]] * 2
        else:
            chosen = [
                self._ordered(some, sure, sign)[:size]
                for some, sign, size in zip(own, (-1, 1), sizes, strict=True)
            ]
        a, b = (_shown(side, places) for side, places in zip(pool, chosen, strict=True))
        return a, b

    def _paired(self, a: Sequence[int], b: Sequence[int]) -> bool:
        """Whether row k of A and row k of B are one pair: too few pairs are drawn as images."""
        pairs = self.design.pairs
        if pairs is None or len(a) != len(b):
            return False
        return bool((pairs[a] >= 0).all() and (pairs[a] == pairs[b]).all())

    def _sureness(self, a: Sequence[int], b: Sequence[int]) -> dict[int, float] | None:
        """Returns row -> how sure it is of A; rows without an embedding are left out."""
        of_a = set(a)
        rows = np.array(sorted([*a, *b], key=lambda row: (self.names[row], row)), np.intp)
        features = np.asarray(self.vectors(rows.tolist()))
        known = np.isfinite(features).all(axis=1)
        rows, features = rows[known], features[known]
        units, pairs = self.design.units, self.design.pairs
        sure = sureness(
            features,
            np.array([row in of_a for row in rows.tolist()], bool),
            generator(self.seed, [self.names[row] for row in rows]),
            units=None if units is None else np.where(units[rows] < 0, -2 - rows, units[rows]),
            strata=_at(self.design.strata if pairs is None else pairs, rows),
        )
        return None if sure is None else dict(zip(rows.tolist(), sure.tolist(), strict=True))

    def _ordered(self, rows: Sequence[int], sure: dict[int, float], sign: int) -> list[int]:
        """Returns places in ``rows``, surest first; each cluster's best before a second one."""
        clusters = self.design.clusters
        order = sorted(
            range(len(rows)),
            key=lambda at: (sign * sure.get(rows[at], sign * np.inf), self.names[rows[at]]),
        )
        turn: dict[int, int] = defaultdict(int)
        turns = []
        for at in order:
            code = -1 if clusters is None else int(clusters[rows[at]])
            turns.append(turn[code] if code >= 0 else 0)
            turn[code] += 1
        return [order[at] for at in sorted(range(len(order)), key=turns.__getitem__)]


def _shown(pool: Split, places: Sequence[int]) -> Split:
    shown = tuple(pool.proposal[at] for at in places)
    rest = tuple(sorted({*pool.proposal, *pool.spare} - set(shown)))
    return Split(shown, pool.n, pool.held_out, rest)


def _at(codes: NDArray[Any] | None, rows: NDArray[np.intp]) -> NDArray[Any] | None:
    return None if codes is None else codes[rows]
