"""Differences that go one way in one stratum and the other way in another; pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .adjusted import check
from .clustered import clustered
from .statistics import two_sample

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.integer[Any]]

#: images of each set that a stratum needs to be looked at by itself
_LEAST = 5


@dataclass(frozen=True)
class StratumEffect:
    """A against B within one stratum.

    Args:
        stratum: its code
        auroc: within it
        interval: of ``auroc``, such that those of all strata hold at the same time
        p_greater: one-sided p of A > B within it
        p_less: one-sided p of A < B
        n_a: images of A in it
        n_b: images of B in it
    """

    stratum: int
    auroc: float
    interval: tuple[float, float]
    p_greater: float
    p_less: float
    n_a: int
    n_b: int


@dataclass(frozen=True)
class Crossing:
    """Whether what differs changes sides between strata.

    Args:
        effects: of the strata that hold some images of both sets, in order of their codes
        p: chance of two strata that differ as much to opposite sides where there are no strata
            with opposite sides; 1 under two strata
    """

    effects: tuple[StratumEffect, ...]
    p: float

    def opposite(
        self, alpha: float = 0.05, min_effect: float = 0.55
    ) -> tuple[list[StratumEffect], list[StratumEffect]]:
        """Returns the strata in which it is truer of A, and of B, so that each can be named.

        Both lists are empty unless there are some of either kind. A stratum counts if its p times
        the number of strata is at most ``alpha``, so that all that are named hold together.

        Args:
            alpha (0.05): chance of naming any stratum wrongly
            min_effect (0.55): smallest AUROC, for the side that is favored in the stratum
        """
        n = len(self.effects)
        of_a = [
            one for one in self.effects if one.p_greater * n <= alpha and one.auroc >= min_effect
        ]
        of_b = [
            one for one in self.effects if one.p_less * n <= alpha and 1 - one.auroc >= min_effect
        ]
        return (of_a, of_b) if of_a and of_b else ([], [])


def crossing(
    scores: Floats, in_a: NDArray[np.bool_], strata: Codes, clusters: Codes | None = None
) -> Crossing:
    """Compares A and B in each stratum, and tests whether these go opposite ways.

    That there are strata of either kind takes both: one with A > B and one with A < B. p is the
    larger of two (an intersection-union test; Berger, Technometrics 24 (1982)), each the smallest
    of all strata times their number (Bonferroni). Unlike a test that the strata's effects differ at
    all, it rejects only what can be named, and it holds in small strata, as the tests it takes do.

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        strata: ``(n,)`` codes
        clusters (None): ``(n,)`` codes; by default each image stands for itself

    Raises:
        ValueError: if the arrays have other shapes, or a score is not finite
    """
    check(scores, in_a, strata, clusters)
    order = np.argsort(strata, kind="stable")
    codes, starts = np.unique(strata[order], return_index=True)
    compared = []
    for code, rows in zip(codes.tolist(), np.split(order, starts[1:]), strict=True):
        of_a = in_a[rows]
        if min(of_a.sum(), (~of_a).sum()) < _LEAST:
            continue
        sample = (
            two_sample(scores[rows[of_a]], scores[rows[~of_a]])
            if clusters is None
            else clustered(scores[rows], of_a, None, clusters[rows])
        )
        if sample is not None:
            compared.append((int(code), sample))
    n = len(compared)
    effects = tuple(
        StratumEffect(
            code, sample.auroc, sample.interval_at(0.05 / n), sample.p_greater, sample.p_less,
            sample.n_a, sample.n_b,
        )
        for code, sample in compared
    )  # fmt: skip
    if n < 2:
        return Crossing(effects, 1.0)
    smallest = [n * min(getattr(one, side) for one in effects) for side in ("p_greater", "p_less")]
    return Crossing(effects, min(1.0, max(smallest)))
