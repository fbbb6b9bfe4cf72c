"""Scores of candidates -> differences with evidence, in order; pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .config import Config
from .distinct import order_by_gain
from .results import Difference, Skipped
from .sampling import Split
from .selection import Candidate
from .statistics import (
    TwoSample,
    benjamini_hochberg,
    separating_threshold,
    skewness_sign,
    two_sample,
    wilson_interval,
)

Floats = NDArray[np.floating[Any]]

#: candidates of these sources are fixed before any image is looked at
FIXED_SOURCES = ("property", "label", "user")


@dataclass(frozen=True)
class Scores:
    """Scores of one set.

    Args:
        all: ``(n, k)`` score of each image for each candidate, NaN where it could not be scored
        splits: by fold, which rows proposers may have seen and thresholds are chosen on, and
            which are evidence for what was proposed there; what was fixed beforehand is tested
            on all
    """

    all: Floats
    splits: Sequence[Split]


@dataclass(frozen=True)
class Ranked:
    """A difference and the column of the scores that it was computed from."""

    column: int
    difference: Difference


def worded(candidate: Candidate, scores: Floats) -> tuple[Candidate, bool]:
    """Chooses between the two wordings of a measured candidate.

    The one that describes what is unusual: the side of the longer tail of all images together.
    Which set an image is in plays no part, so swapping the sets keeps the wording.

    Args:
        candidate: a candidate; without ``opposite`` it is returned as it is
        scores: ``(n,)`` its scores over A and B together

    Returns:
        the candidate, and whether its scores must change sign
    """
    if not candidate.opposite or skewness_sign(scores) >= 0:
        return candidate, False
    turned = Candidate(
        description=candidate.opposite,
        source=candidate.source,
        claimed=candidate.claimed,
        opposite=candidate.description,
        measure=candidate.measure,
        merged=candidate.merged,
    )
    return turned, True


def rank_differences(
    candidates: Sequence[Candidate], scores_a: Scores, scores_b: Scores, config: Config
) -> tuple[list[Ranked], list[Skipped]]:
    """Gives each candidate its evidence and orders them.

    Supported differences come first, each chosen by what it adds to those above it; the others
    follow by distance of the AUROC from one half, for either side. With ``order="auroc"`` (the
    paper) AUROC alone decides.

    Args:
        candidates: ``k`` candidates
        scores_a: ``(n_a, k)`` scores of A
        scores_b: ``(n_b, k)`` scores of B
        config: test, correction, alpha, smallest effect, directions

    Returns:
        the differences, best first, and the candidates that could not be tested, with reasons

    Raises:
        ValueError: where the scores do not fit the candidates
    """
    for name, scores in (("scores_a", scores_a), ("scores_b", scores_b)):
        if scores.all.ndim != 2 or scores.all.shape[1] != len(candidates):
            raise ValueError(
                f"Expected {name} of shape (n, {len(candidates)}), got {scores.all.shape}."
            )
    tested: list[tuple[int, TwoSample]] = []
    skipped: list[Skipped] = []
    for column, candidate in enumerate(candidates):
        fixed = candidate.source in FIXED_SOURCES
        a = _Column.of(scores_a, column, candidate).tested(fixed)
        b = _Column.of(scores_b, column, candidate).tested(fixed)
        if min(a.size, b.size) < 2:
            reason = f"under two scored images in a set (A {a.size}, B {b.size})"
            skipped.append(Skipped("candidate", reason, 1, (candidate.description,)))
            continue
        tested.append((column, two_sample(a, b)))
    p_values, q_values = _p_and_q([sample for _, sample in tested], config)
    found = [
        Ranked(
            column,
            _difference(
                candidates[column], sample, p_values[row], q_values[row],
                _Column.of(scores_a, column, candidates[column]),
                _Column.of(scores_b, column, candidates[column]),
                config,
            ),
        )
        for row, (column, sample) in enumerate(tested)
    ]  # fmt: skip
    return _ordered(found, scores_a, scores_b, config), skipped


def _ordered(
    found: Sequence[Ranked], scores_a: Scores, scores_b: Scores, config: Config
) -> list[Ranked]:
    """Best first; ties go by description, so that swapping the sets mirrors the result."""
    if config.order == "auroc":
        return sorted(found, key=lambda one: _by_auroc(one.difference))
    strongest = sorted(found, key=lambda one: _by_effect(one.difference))
    supported = [one for one in strongest if one.difference.significant]
    if not supported:
        return strongest
    # all images: what is supported is settled, and the order should not hang on the split
    columns = [one.column for one in supported]
    in_a = np.repeat([True, False], [len(scores_a.all), len(scores_b.all)])
    everything = np.concatenate([scores_a.all[:, columns], scores_b.all[:, columns]])
    order, gains = order_by_gain(everything, in_a)
    first = [
        replace(supported[place], difference=replace(supported[place].difference, gain=gain))
        for place, gain in zip(order, gains, strict=True)
    ]
    return first + [one for one in strongest if not one.difference.significant]


def _by_auroc(one: Difference) -> tuple[float, str]:
    return -round(one.auroc, 12), one.description


def _by_effect(one: Difference) -> tuple[float, str]:
    return -round(abs(one.auroc - 0.5), 12), one.description


def _p_and_q(samples: Sequence[TwoSample], config: Config) -> tuple[list[float], list[Any]]:
    """Returns p of the favoured side, and q over both directions of all candidates."""
    if config.test == "welch":
        p_values = [1.0 if one.welch_p is None else one.welch_p for one in samples]
        family = np.array(p_values)
    else:
        p_values = [one.p_greater if one.auroc >= 0.5 else one.p_less for one in samples]
        others = [one.p_less if one.auroc >= 0.5 else one.p_greater for one in samples]
        family = np.array(p_values + others)
    if not config.correction:
        return p_values, [None] * len(samples)
    return p_values, [float(q) for q in benjamini_hochberg(family)[: len(samples)]]


@dataclass(frozen=True)
class _Column:
    """The scores of one set for one candidate."""

    values: Floats
    split: Split

    @classmethod
    def of(cls, scores: Scores, column: int, candidate: Candidate) -> _Column:
        """Picks the column and the split that the candidate was proposed under."""
        return cls(scores.all[:, column], scores.splits[candidate.fold])

    def finite(self, rows: Sequence[int] | None = None) -> NDArray[np.float64]:
        """Scores of ``rows`` (default: all) that are there."""
        values = self.values if rows is None else self.values[np.asarray(rows, np.intp)]
        return values[np.isfinite(values)].astype(np.float64)

    @property
    def evidence(self) -> NDArray[np.float64]:
        return self.finite(self.split.evidence)

    def tested(self, fixed: bool) -> NDArray[np.float64]:
        """Scores that the test uses: all, for what was fixed before any image was looked at."""
        return self.finite() if fixed else self.evidence


def _difference(
    candidate: Candidate,
    sample: TwoSample,
    p_value: float,
    q_value: float | None,
    a: _Column,
    b: _Column,
    config: Config,
) -> Difference:
    favors = "a" if sample.auroc > 0.5 else "b" if sample.auroc < 0.5 else None
    effect = max(sample.auroc, 1 - sample.auroc)
    passes = (p_value if q_value is None else q_value) <= config.alpha
    wanted = favors == "a" if config.directions == "a" else favors is not None
    threshold = _threshold(a, b, favors != "b")
    above_a, rest_a = int((a.evidence > threshold).sum()), a.evidence.size
    above_b, rest_b = int((b.evidence > threshold).sum()), b.evidence.size
    return Difference(
        description=candidate.description,
        source=candidate.source,
        favors=favors,
        auroc=sample.auroc,
        auroc_interval=sample.interval,
        p_value=p_value,
        q_value=q_value,
        significant=bool(passes and wanted and effect >= config.min_effect),
        prevalence_a=above_a / rest_a,
        prevalence_b=above_b / rest_b,
        prevalence_a_interval=wilson_interval(above_a, rest_a),
        prevalence_b_interval=wilson_interval(above_b, rest_b),
        threshold=threshold,
        n_a=sample.n_a,
        n_b=sample.n_b,
        held_out=candidate.source in FIXED_SOURCES or a.split.held_out,
        mean_a=sample.mean_a,
        mean_b=sample.mean_b,
        welch_t=sample.welch_t,
        welch_p=sample.welch_p,
        auroc_all=two_sample(a.finite(), b.finite()).auroc,
        claimed=candidate.claimed,
        opposite=candidate.opposite,
        measure=candidate.measure,
        merged=candidate.merged,
    )


def _threshold(a: _Column, b: _Column, favors_a: bool) -> float:
    """Chosen where the proposals come from, or on the evidence where too few were scored there."""
    chosen = [side.finite(side.split.proposal) for side in (a, b)]
    if min(len(values) for values in chosen) < 2:
        chosen = [a.evidence, b.evidence]
    return separating_threshold(chosen[0], chosen[1], favors_a)
