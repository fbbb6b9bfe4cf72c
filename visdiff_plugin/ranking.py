"""Evidence of candidates -> differences, in order; pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .account import Skipped
from .config import Config
from .distinct import order_by_gain
from .evidence.adjusted import Adjusted
from .evidence.families import benjamini_hochberg
from .evidence.statistics import wilson_interval
from .evidence.table import FIXED_SOURCES, Evidence, Table, collect, prevalence
from .results.difference import Difference
from .selection import Candidate, key

#: images that the order of the rows is worked out on: it describes, it does not test
_MOST_ORDERED = 20_000


@dataclass(frozen=True)
class Ranked:
    """A difference and the column of the scores that it was computed from."""

    column: int
    difference: Difference


@dataclass(frozen=True)
class _Chances:
    """Of one candidate in one family of tests: p of the favoured side, q over the family."""

    p: float
    q: float | None

    def passes(self, alpha: float) -> bool:
        return (self.p if self.q is None else self.q) <= alpha


def rank_differences(
    candidates: Sequence[Candidate], table: Table, config: Config, untested: int = 0
) -> tuple[list[Ranked], list[Skipped]]:
    """Gives each candidate its evidence and orders them.

    Supported differences come first, each chosen by what it adds to those above it; the others
    follow by distance of the AUROC from one half, for either side. With ``order="auroc"`` (the
    paper) AUROC alone decides. Under control, what holds within strata counts.

    Args:
        candidates: ``k`` candidates
        table: their ``(n, k)`` scores, and which images speak for what
        config: test, correction, alpha, smallest effect, directions
        untested (0): other candidates that were dropped after a look at the evidence: the
            correction counts each as a test that found nothing

    Returns:
        the differences, best first, and the candidates that could not be tested, with reasons

    Raises:
        ValueError: where the scores do not fit the candidates
    """
    if table.scores.ndim != 2 or table.scores.shape[1] != len(candidates):
        raise ValueError(
            f"Expected scores of shape (n, {len(candidates)}), got {table.scores.shape}."
        )
    found = collect(candidates, table)
    skipped = [
        Skipped("candidate", one, 1, (candidate.description,))
        for candidate, one in zip(candidates, found, strict=True)
        if isinstance(one, str)
    ]
    columns = [column for column, one in enumerate(found) if not isinstance(one, str)]
    evidence = [one for one in found if not isinstance(one, str)]
    raw = _corrected([_p_of(one, config) for one in evidence], config, untested)
    under = _corrected([_sided(one.controlled) for one in evidence], config, untested)
    ranked = [
        Ranked(
            column,
            _difference(candidates[column], table, column, one, raw[row], under[row], config),
        )
        for row, (column, one) in enumerate(zip(columns, evidence, strict=True))
    ]
    return _ordered(ranked, table, config), skipped


def _ordered(found: Sequence[Ranked], table: Table, config: Config) -> list[Ranked]:
    """Best first; ties go by description, so that swapping the sets mirrors the result."""
    if config.order == "auroc":
        return sorted(found, key=lambda one: _by_auroc(one.difference))
    strongest = sorted(found, key=lambda one: _by_effect(one.difference))
    supported = [one for one in strongest if one.difference.significant]
    if not supported:
        return strongest
    # all images: what is supported is settled, and the order should not hang on the split
    rows = np.sort(np.concatenate([table.rows_a, table.rows_b]))
    if rows.size > _MOST_ORDERED:
        drawn = np.random.default_rng(config.seed).choice(rows.size, _MOST_ORDERED, replace=False)
        rows = rows[np.sort(drawn)]
    in_a = np.zeros(len(table.scores), bool)
    in_a[table.rows_a] = True
    order, gains = order_by_gain(
        table.scores[rows][:, [one.column for one in supported]],
        in_a[rows],
        [set(key(one.difference.description).split()) for one in supported],
        None if table.design.strata is None else table.design.strata[rows],
    )
    first = [
        replace(supported[place], difference=replace(supported[place].difference, gain=gain))
        for place, gain in zip(order, gains, strict=True)
    ]
    return first + [one for one in strongest if not one.difference.significant]


def _by_auroc(one: Difference) -> tuple[float, str]:
    return -round(one.auroc, 12), one.description


def _by_effect(one: Difference) -> tuple[float, str]:
    auroc = one.auroc if one.auroc_controlled is None else one.auroc_controlled
    return -round(abs(auroc - 0.5), 12), one.description


def _p_of(one: Evidence, config: Config) -> tuple[float, float | None]:
    if config.test == "welch":
        return (1.0 if one.plain.welch_p is None else one.plain.welch_p), None
    return _sided(one.test)


def _sided(sample: Any) -> tuple[float, float | None]:
    """Returns p of the favoured side and of the other; 1 where there is no comparison."""
    if sample is None:
        return 1.0, 1.0
    both = sample.p_greater, sample.p_less
    return both if sample.auroc >= 0.5 else both[::-1]


def _corrected(
    chances: Sequence[tuple[float, float | None]], config: Config, untested: int
) -> list[_Chances]:
    """Returns p of the favoured side, and q over both directions of all candidates."""
    if not config.correction:
        return [_Chances(p, None) for p, _ in chances]
    family = [p for p, _ in chances] + [p for _, p in chances if p is not None]
    family += [1.0] * untested * (len(family) // max(len(chances), 1))
    q_values = benjamini_hochberg(np.array(family))
    return [_Chances(p, float(q)) for (p, _), q in zip(chances, q_values, strict=False)]


def _difference(
    candidate: Candidate,
    table: Table,
    column: int,
    evidence: Evidence,
    raw: _Chances,
    under: _Chances,
    config: Config,
) -> Difference:
    plain, test, controlled = evidence.plain, evidence.test, evidence.controlled
    asked = table.design.strata is not None
    supported = _supported(test.auroc, raw, config)
    holds = controlled is not None and _supported(controlled.auroc, under, config)
    favors = _side(controlled.auroc if holds and controlled is not None else test.auroc)
    seen = prevalence(table, column, candidate, favors != "b")
    half_a, _ = table.folds[candidate.fold]
    return Difference(
        description=candidate.description,
        source=candidate.source,
        favors=favors,
        auroc=test.auroc,
        auroc_interval=test.interval,
        p_value=raw.p,
        q_value=raw.q,
        significant=holds if asked else supported,
        prevalence_a=seen.above_a / seen.n_a,
        prevalence_b=seen.above_b / seen.n_b,
        prevalence_a_interval=wilson_interval(seen.above_a, seen.n_a, seen.effective_a),
        prevalence_b_interval=wilson_interval(seen.above_b, seen.n_b, seen.effective_b),
        threshold=seen.threshold,
        n_a=test.n_a,
        n_b=test.n_b,
        held_out=candidate.source in FIXED_SOURCES or half_a.held_out,
        mean_a=plain.mean_a,
        mean_b=plain.mean_b,
        welch_t=plain.welch_t,
        welch_p=plain.welch_p,
        auroc_all=evidence.auroc_all,
        n_units=getattr(test, "n_clusters", test.n_a + test.n_b),
        control=_verdict(supported, holds, test.auroc, controlled) if asked else "",
        auroc_controlled=None if controlled is None else controlled.auroc,
        auroc_controlled_interval=None if controlled is None else controlled.interval,
        q_controlled=None if controlled is None else under.q,
        p_controlled=None if controlled is None else under.p,
        n_controlled=0 if controlled is None else controlled.n_a + controlled.n_b,
        claimed=candidate.claimed,
        opposite=candidate.opposite,
        measure=candidate.measure,
        merged=candidate.merged,
    )


def _side(auroc: float) -> str | None:
    return "a" if auroc > 0.5 else "b" if auroc < 0.5 else None


def _supported(auroc: float, chances: _Chances, config: Config) -> bool:
    wanted = auroc > 0.5 if config.directions == "a" else auroc != 0.5
    effect = max(auroc, 1 - auroc) >= config.min_effect
    return bool(wanted and effect and chances.passes(config.alpha))


def _verdict(supported: bool, holds: bool, auroc: float, controlled: Adjusted | None) -> str:
    """What control makes of a difference; see `Difference`."""
    if holds:
        return "holds"
    if controlled is None:
        return "incomparable"
    if not supported:
        return ""
    low, high = controlled.interval
    return "undecided" if low <= auroc <= high else "explained"
