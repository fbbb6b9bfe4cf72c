"""The tests of a design: over pairs or clusters, within strata, and in each stratum; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .adjusted import Adjusted, adjusted
from .clustered import clustered
from .crossing import Crossing, crossing
from .design import Design
from .paired import paired
from .strata import shared_strata


@dataclass(frozen=True)
class DesignTests:
    """The tests of a design on some images.

    Args:
        in_a: ``(n,)`` whether each is of A
        clusters: ``(n,)`` codes, an image of no known cluster alone; None without clusters
        pairs: ``(n,)`` codes, -1 for images without a partner; None without pairs
        strata: ``(n,)`` codes, -1 where unknown; None without strata
    """

    in_a: NDArray[np.bool_]
    clusters: NDArray[np.int64] | None
    pairs: NDArray[np.integer[Any]] | None
    strata: NDArray[np.integer[Any]] | None

    @classmethod
    def of(cls, design: Design, rows: NDArray[np.intp], in_a: NDArray[np.bool_]) -> DesignTests:
        """Takes what a design says of some images.

        Args:
            design: codes of all images
            rows: ``(n,)`` which of them
            in_a: ``(n,)`` whether each is of A
        """
        return cls(
            in_a,
            None if design.clusters is None else alone(design.clusters[rows]),
            None if design.pairs is None else design.pairs[rows],
            None if design.strata is None else design.strata[rows],
        )

    def compared(self) -> NDArray[np.bool_]:
        """Returns ``(n,)`` which images have others of both sets to be compared with."""
        codes = self.pairs if self.strata is None else self.strata
        if codes is None:
            return np.ones(self.in_a.size, bool)
        known = codes >= 0
        known[known] = shared_strata(self.in_a[known], codes[known])[0]
        return known

    @property
    def independent(self) -> bool:
        """Whether every image is an independent witness."""
        return self.clusters is None and self.pairs is None

    def test(self, scores: NDArray[Any]) -> Adjusted | None:
        """Compares ``(n,)`` scores over pairs or clusters; None where that can't be done."""
        if self.pairs is not None:
            partner = self.pairs >= 0
            return paired(scores[partner], self.in_a[partner], self.pairs[partner])
        if self.clusters is not None:
            return clustered(scores, self.in_a, None, self.clusters)
        return adjusted(scores, self.in_a, None)

    def controlled(self, scores: NDArray[Any]) -> Adjusted | None:
        """Compares ``(n,)`` scores within strata; None where none holds both sets."""
        strata, known, clusters = self._known()
        scores, in_a = scores[known], self.in_a[known]
        if not in_a.size:
            return None
        if clusters is None:
            return adjusted(scores, in_a, strata)
        return clustered(scores, in_a, strata, clusters)

    def crossing(self, scores: NDArray[Any]) -> Crossing:
        """Compares ``(n,)`` scores in each stratum by itself."""
        strata, known, clusters = self._known()
        return crossing(scores[known], self.in_a[known], strata, clusters)

    def _known(
        self,
    ) -> tuple[NDArray[np.integer[Any]], NDArray[np.bool_], NDArray[np.int64] | None]:
        strata = np.zeros(self.in_a.size, np.int64) if self.strata is None else self.strata
        known = strata >= 0
        return strata[known], known, None if self.clusters is None else self.clusters[known]


def alone(clusters: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Returns codes in which an image of no known cluster, -1, stands for itself."""
    unknown = clusters < 0
    codes = clusters.astype(np.int64)
    codes[unknown] = codes.max(initial=-1) + 1 + np.arange(unknown.sum())
    return codes
