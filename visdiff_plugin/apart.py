"""Whether two sets differ at all, by their embeddings or measured properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .config import Config
from .evidence.design import Design
from .evidence.near_duplicates import near_duplicates
from .evidence.separability import MOST, Separability, separability, sureness
from .inputs.joined import Inputs
from .sampling import generator

#: share of near-duplicates from which on a reader should know of them
_MANY = 0.05
#: images of each set that no row explains, which are shown
_UNNAMED = 24
#: twins in the other set that are named
_TWINS_NAMED = 3


def compare_sets(
    inputs: Inputs, design: Design, config: Config
) -> tuple[Separability | None, list[str]]:
    """Returns how well a linear classifier tells A from B, None where it has nothing to go by.

    It sees a sample of up to 1,000 images of each set (of pairs, where images are paired), which
    depends on the images and the seed, not on which set is called A.

    Args:
        inputs: all images of both sets
        design: clusters and pairs stay together; strata are compared within
        config: seed, and what counts as a near-duplicate

    Returns:
        the answer, and notes: where many images of the sample are near-duplicates that nobody
        asked to count as one, and which of A have one in B
    """
    sampled = _Sampled.of(inputs, design, config.seed)
    if sampled is None:
        return None, []
    rows, features, in_a, described = (
        sampled.rows, sampled.features, sampled.in_a, sampled.described
    )  # fmt: skip
    units = design.units
    notes: list[str] = []
    if design.pairs is None and described == "embeddings":
        similarity = config.duplicate_similarity
        codes = near_duplicates(lambda places: features[places], len(features), similarity)
        ids = [inputs.images.ids[row] for row in rows.tolist()]
        notes += _twins_across(codes, in_a, ids, similarity)
        if units is None:
            notes += _duplicates(codes, similarity)
    return separability(features, in_a, sampled.rng(), described=described, **sampled.ties), notes


@dataclass(frozen=True)
class Named:
    """How much of what tells the sets apart is named by the supported rows.

    Args:
        auroc: cross-validated AUROC of a linear classifier on their scores alone, on the images
            and folds of `Separability`
        rows: how many there are
        unnamed_a: images of A that the classifier of `Separability` is surest of and these scores
            put to B or nowhere: ids, surest first
        unnamed_b: likewise of B
    """

    auroc: float
    rows: int
    unnamed_a: list[str]
    unnamed_b: list[str]


def compare_named(
    inputs: Inputs, design: Design, config: Config, scores: NDArray[np.floating[Any]]
) -> Named | None:
    """Returns what all supported rows together tell of the sets; None where that can't be told.

    Args:
        inputs: all images of both sets
        design: as for `compare_sets`
        config: seed
        scores: ``(n, r)`` of the supported rows; a missing one counts as the middle
    """
    sampled = _Sampled.of(inputs, design, config.seed)
    if sampled is None or not scores.shape[1]:
        return None
    own = np.asarray(scores[sampled.rows], np.float64)
    known = np.isfinite(own)
    middle = np.nanmedian(np.where(known.any(axis=0), own, 0.0), axis=0)
    own = np.where(known, own, middle)
    found = separability(own, sampled.in_a, sampled.rng(), permutations=1, **sampled.ties)
    if found is None:
        return None
    units, strata = sampled.ties["units"], sampled.ties["strata"]
    sure = [
        sureness(columns, sampled.in_a, sampled.rng(), units=units, strata=strata)
        for columns in (sampled.features, own)
    ]
    unnamed: list[list[str]] = []
    for of_set, sign in ((sampled.in_a, 1.0), (~sampled.in_a, -1.0)):
        places: NDArray[np.intp] = np.zeros(0, np.intp)
        if sure[0] is not None and sure[1] is not None:
            right, named = sign * sure[0], sign * sure[1]
            places = np.flatnonzero(of_set & (right > 0) & (named <= 0))
            places = places[np.argsort(-right[places], kind="stable")][:_UNNAMED]
        unnamed.append([inputs.images.ids[row] for row in sampled.rows[places].tolist()])
    return Named(found.auroc, scores.shape[1], *unnamed)


@dataclass(frozen=True)
class _Sampled:
    """The images that classifiers are fitted to.

    Args:
        rows: which they are
        features: ``(n, d)`` of them
        in_a: ``(n,)`` whether each is of A
        described: what the features are
        ties: what ties them together, as `separability` takes it
        names: file names, which seed what is drawn
        seed: of the run
    """

    rows: NDArray[np.intp]
    features: NDArray[np.floating[Any]]
    in_a: NDArray[np.bool_]
    described: str
    ties: dict[str, Any]
    names: list[str]
    seed: int

    @classmethod
    def of(cls, inputs: Inputs, design: Design, seed: int) -> _Sampled | None:
        names = inputs.images.names()
        rows = _sample(inputs, design, names, seed)
        features, described = _features(inputs, rows)
        if features is None:
            return None
        known = np.isfinite(features).all(axis=1)
        if design.strata is not None:
            known &= design.strata[rows] >= 0
        rows, features = rows[known], features[known]
        units = design.units
        ties = {
            "units": None if units is None else np.where(units[rows] < 0, -2 - rows, units[rows]),
            "paired": design.pairs is not None,
            "strata": None if design.strata is None else design.strata[rows],
        }
        own = [names[row] for row in rows]
        return cls(rows, features, np.isin(rows, inputs.rows_a), described, ties, own, seed)

    def rng(self) -> np.random.Generator:
        """Returns the generator: the same folds for all that is compared."""
        return generator(self.seed, self.names)


def _duplicates(codes: NDArray[np.int32], similarity: float) -> list[str]:
    twins = int((np.bincount(codes) > 1)[codes].sum()) if len(codes) else 0
    if twins < _MANY * len(codes):
        return []
    return [
        f"Near-duplicates: {twins} of {len(codes)} sampled images have one (cosine of "
        f"{similarity:g} or more), yet each counts as independent, so intervals and q are too "
        "optimistic. Pass cluster_by='near_duplicates' or the field that they share."
    ]


def _twins_across(
    codes: NDArray[np.int32], in_a: NDArray[np.bool_], ids: Sequence[str], similarity: float
) -> list[str]:
    """Says which sampled images of A have a near-duplicate in B: leaks between splits are such."""
    both = np.intersect1d(codes[in_a], codes[~in_a])
    rows_a, rows_b = (np.flatnonzero(np.isin(codes, both) & side) for side in (in_a, ~in_a))
    if not rows_a.size:
        return []
    first = {int(codes[row]): ids[row] for row in rows_b[::-1].tolist()}
    pairs = [f"{ids[row]} and {first[int(codes[row])]}" for row in rows_a[:_TWINS_NAMED].tolist()]
    return [
        f"{rows_a.size} of {int(in_a.sum())} sampled images of A have a near-duplicate in B "
        f"(cosine of {similarity:g} or more), such as {'; '.join(pairs)}."
    ]


def _sample(inputs: Inputs, design: Design, names: list[str], seed: int) -> NDArray[np.intp]:
    if design.pairs is not None:
        both = np.intersect1d(design.pairs[inputs.rows_a], design.pairs[inputs.rows_b])
        both = both[both >= 0]
        if both.size > MOST:
            rng = generator(seed, names)
            both = both[rng.choice(both.size, MOST, replace=False)]
        return np.flatnonzero(np.isin(design.pairs, both))
    chosen = []
    for own in (inputs.rows_a, inputs.rows_b):
        ordered = sorted(own.tolist(), key=lambda row: names[row])
        if len(ordered) > MOST:
            rng = generator(seed, [names[row] for row in ordered])
            ordered = [ordered[place] for place in rng.choice(len(ordered), MOST, replace=False)]
        chosen += ordered
    return np.sort(np.array(chosen, np.intp))


def _features(
    inputs: Inputs, rows: NDArray[np.intp]
) -> tuple[NDArray[np.floating[Any]] | None, str]:
    if inputs.vectors is not None:
        return inputs.vectors(rows), "embeddings"
    measured = [
        measured.scores[rows]
        for measured in inputs.measured
        if measured.candidate.source == "property"
    ]
    if not measured:
        return None, ""
    columns = np.stack(measured, axis=1)
    middle = np.nanmedian(columns, axis=0)
    return np.where(np.isfinite(columns), columns, middle), "measured properties"
