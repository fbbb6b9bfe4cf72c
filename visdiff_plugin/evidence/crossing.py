"""Differences that go one way in one stratum and the other way in another; pure numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .adjusted import Adjusted, check
from .clustered import clustered
from .columns import two_sample_columns
from .statistics import TwoSample, two_sample

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.integer[Any]]

#: images of each set that a stratum needs to be looked at by itself
LEAST = 5
#: scores that are copied at a time: 64 MiB of float32
_BLOCK = 2**24
#: p of images as independent witnesses, up to which clusters are looked at: these take some
#: milliseconds a stratum
_SCREEN = 0.2


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
    return _crossing(_compared(scores, in_a, strata, clusters))


@dataclass(frozen=True)
class FieldStrata:
    """Strata that a field of the dataset forms.

    Args:
        field: its name
        codes: ``(n,)`` code of each image, -1 where the field says nothing of it
        names: what the images of each code have in the field, for people
    """

    field: str
    codes: Codes
    names: tuple[str, ...]


@dataclass(frozen=True)
class FieldCrossing:
    """The field in whose strata a difference changes sides most surely.

    Args:
        field: its name
        crossing: in the strata of this field alone
        p: the crossing's p times the number of fields that were looked at, under 1
    """

    field: str
    crossing: Crossing
    p: float


def crossings(
    scores: Floats,
    rows_a: Sequence[int] | NDArray[np.intp],
    rows_b: Sequence[int] | NDArray[np.intp],
    fields: Sequence[FieldStrata],
    columns: Sequence[int] | None = None,
    clusters: Codes | None = None,
) -> list[FieldCrossing | None]:
    """Looks in every column for the field in whose strata A and B go opposite ways.

    Each is what `crossing` finds, column by column and field by field, on the images that were
    scored. The smallest p counts, times the number of fields (Bonferroni).

    Args:
        scores: ``(n, k)`` scores; what is not finite was not scored
        rows_a: rows of A
        rows_b: rows of B
        fields: strata of all ``n`` images
        columns (None): which columns; all by default
        clusters (None): ``(n,)`` codes from 0 on, as `designed.alone` makes them; by default each
            image stands for itself. As these take longer, a column is out in a field where its p
            without them is above .2, which can only raise what is returned.

    Returns:
        the field with the smallest p for each column, the first of equal ones; None where p is 1:
        nothing goes opposite ways, or no field has two strata with enough images of both sets

    Raises:
        ValueError: if the arrays have other shapes, or a cluster is not known
    """
    if scores.ndim != 2:
        raise ValueError(f"Expected scores of shape (n, k), got shape {scores.shape}.")
    for codes in (*(one.codes for one in fields), *(() if clusters is None else (clusters,))):
        if codes.shape != scores.shape[:1]:
            raise ValueError(f"Expected ({len(scores)},) codes, got shape {codes.shape}.")
    if clusters is not None and clusters.min(initial=0) < 0:
        raise ValueError("Expected a cluster of each image, got negative codes.")
    chosen = np.arange(scores.shape[1]) if columns is None else np.asarray(columns, np.intp)
    if not fields:
        return [None] * chosen.size
    rows = np.concatenate([np.asarray(rows_a, np.intp), np.asarray(rows_b, np.intp)])
    in_a = np.arange(rows.size) < len(rows_a)
    strata = [one.codes[rows] for one in fields]
    own_clusters = None if clusters is None else clusters[rows]
    found: list[FieldCrossing | None] = []
    width = max(1, _BLOCK // max(1, rows.size))
    for start in range(0, chosen.size, width):
        # each stratum reads the columns anew, which lie together in memory from here on
        block = scores.T[np.ix_(chosen[start : start + width], rows)].T
        compared = [_compared_columns(block, in_a, codes, own_clusters) for codes in strata]
        found += [_surest(fields, one) for one in zip(*compared, strict=True)]
    return found


def uneven(
    scores: Floats,
    in_a: NDArray[np.bool_],
    fields: Sequence[FieldStrata],
    level: float,
    clusters: Codes | None = None,
) -> tuple[str, tuple[StratumEffect, ...]] | None:
    """Returns the field in whose strata a difference is not equally strong, and the effects there.

    Two strata of it have intervals that share no value. The intervals of all strata of all fields
    hold together with a chance of 1 - ``level``, so that equal strata seem uneven at most that
    often, whatever their sizes.

    Args:
        scores: ``(n,)`` finite scores of both sets
        in_a: ``(n,)`` whether each is of A
        fields: strata of these images
        level: chance of naming any field wrongly
        clusters (None): ``(n,)`` codes; by default each image stands for itself

    Returns:
        of several fields the one with the widest gap between two intervals; None if there is none
    """
    best, widest = None, 0.0
    for field in fields:
        known = field.codes >= 0
        own = None if clusters is None else clusters[known]
        compared = _compared(scores[known], in_a[known], field.codes[known], own)
        if len(compared) < 2:
            continue
        effects = _effects(compared, level / (len(compared) * len(fields)))
        ends = [effect.interval for effect in effects]
        gap = max(low for low, _ in ends) - min(high for _, high in ends)
        if gap > widest:
            best, widest = (field.field, effects), gap
    return best


#: code of a stratum, A against B in it
_Compared = list[tuple[int, TwoSample | Adjusted]]


def _compared(
    scores: Floats, in_a: NDArray[np.bool_], strata: Codes, clusters: Codes | None
) -> _Compared:
    """Compares finite scores in each stratum that has enough images of both sets."""
    compared: _Compared = []
    for code, rows in _large(in_a, strata):
        of_a = in_a[rows]
        sample = (
            two_sample(scores[rows[of_a]], scores[rows[~of_a]])
            if clusters is None
            else clustered(scores[rows], of_a, None, clusters[rows])
        )
        if sample is not None:
            compared.append((code, sample))
    return compared


def _compared_columns(
    scores: Floats, in_a: NDArray[np.bool_], strata: Codes, clusters: Codes | None
) -> list[_Compared]:
    """The same for each column, with scores that may be missing and strata that may be unknown."""
    columns: list[_Compared] = [[] for _ in range(scores.shape[1])]
    for code, rows in _large(in_a, strata):
        if code < 0:
            continue
        of_a = in_a[rows]
        samples = two_sample_columns(scores, rows[of_a], rows[~of_a])
        for compared, sample in zip(columns, samples, strict=True):
            if sample is not None and min(sample.n_a, sample.n_b) >= LEAST:
                compared.append((code, sample))
    if clusters is None:
        return columns
    screened: list[_Compared] = []
    for column, compared in zip(scores.T, columns, strict=True):
        known = (strata >= 0) & np.isfinite(column)
        tested = _chance(compared) <= _SCREEN
        screened.append(
            _compared(column[known], in_a[known], strata[known], clusters[known]) if tested else []
        )
    return screened


def _large(in_a: NDArray[np.bool_], strata: Codes) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yields codes and rows of the strata with enough images of both sets, in order of codes."""
    order = np.argsort(strata, kind="stable")
    codes, starts = np.unique(strata[order], return_index=True)
    for code, rows in zip(codes.tolist(), np.split(order, starts)[1:], strict=True):
        of_a = int(in_a[rows].sum())
        if min(of_a, rows.size - of_a) >= LEAST:
            yield int(code), rows


def _surest(fields: Sequence[FieldStrata], compared: Iterable[_Compared]) -> FieldCrossing | None:
    """Returns the field with the smallest p; makes the intervals of no other."""
    found = [*compared]
    chances = [_chance(one) for one in found]
    best = min(range(len(found)), key=chances.__getitem__)
    p = chances[best] * len(fields)
    return FieldCrossing(fields[best].field, _crossing(found[best]), p) if p < 1 else None


def _chance(compared: _Compared) -> float:
    """The p of `Crossing`."""
    n = len(compared)
    if n < 2:
        return 1.0
    sides = ("p_greater", "p_less")
    smallest = [n * min(getattr(sample, side) for _, sample in compared) for side in sides]
    return min(1.0, max(smallest))


def _crossing(compared: _Compared) -> Crossing:
    return Crossing(_effects(compared, 0.05 / max(len(compared), 1)), _chance(compared))


def _effects(compared: _Compared, level: float) -> tuple[StratumEffect, ...]:
    return tuple(
        StratumEffect(
            code, sample.auroc, sample.interval_at(level), sample.p_greater, sample.p_less,
            sample.n_a, sample.n_b,
        )
        for code, sample in compared
    )  # fmt: skip
