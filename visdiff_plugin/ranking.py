"""Evidence of candidates -> differences, in order; pure, no I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .account import Skipped
from .config import Config
from .distinct import Gains, Row, order_rows
from .evidence.adjusted import Adjusted
from .evidence.intervals import on_side
from .evidence.opposite import Opposite
from .evidence.shares import Shares, shares_of
from .evidence.statistics import TwoSample, wilson_interval
from .evidence.table import FIXED_SOURCES, Evidence, Table, collect
from .results.difference import Difference
from .results.wording import decisive
from .selection import Candidate, key
from .support import Decision, Effect, Few, Trial, decide
from .words import STOP_WORDS

#: images that the order of the rows is worked out on: it describes, it does not test
_MOST_ORDERED = 20_000
#: chance that any of the simultaneous intervals misses
_MISSED = 0.05


@dataclass(frozen=True)
class Ranked:
    """A difference and the column of the scores that it was computed from."""

    column: int
    difference: Difference


def rank_differences(
    candidates: Sequence[Candidate], table: Table, config: Config, untested: int = 0
) -> tuple[list[Ranked], list[Skipped]]:
    """Gives each candidate its evidence and orders them.

    Supported differences come first: broad ones, then those of few images, then those that go
    opposite ways within strata, which are never ordered against each other. Of broad ones the
    strongest is first, then what is strong and says something else, see `order_rows`. The others
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
    tested: dict[int, Evidence] = {}
    skipped: list[Skipped] = []
    for column, evidence in enumerate(collect(candidates, table)):
        if isinstance(evidence, str):
            skipped.append(Skipped("candidate", evidence, 1, (candidates[column].description,)))
        else:
            tested[column] = evidence
    trials = [
        _trial_of(evidence, config, candidates[column].source == "user")
        for column, evidence in tested.items()
    ]
    decisions = decide(trials, config, untested)
    level = _MISSED / max(len(tested) + untested, 1)
    ranked = [
        Ranked(
            column,
            _difference(
                candidates[column], table, column, evidence, trial, decision, config, level
            ),
        )
        for (column, evidence), trial, decision in zip(
            tested.items(), trials, decisions, strict=True
        )
    ]
    return _ordered(ranked, table, config), skipped


def by_effect(row: Difference) -> tuple[float, str]:
    """Orders rows by how far the AUROC that decides is from one half; ties by description."""
    return -round(abs(decisive(row)[0] - 0.5), 12), row.description


def _ordered(ranked: Sequence[Ranked], table: Table, config: Config) -> list[Ranked]:
    """Best first; ties go by description, so that swapping the sets mirrors the result."""
    if config.order == "auroc":
        return sorted(ranked, key=lambda row: _by_auroc(row.difference))
    strongest = sorted(ranked, key=lambda row: by_effect(row.difference))
    supported = [row for row in strongest if row.difference.significant]
    broad = [row for row in supported if row.difference.is_broad]
    others = [row for row in supported if not row.difference.is_broad]
    few = [row for row in others if "concentrated" in row.difference.supported_as]
    crossing = [row for row in others if "concentrated" not in row.difference.supported_as]
    return [
        *_ordered_broad(broad, table, config),
        *sorted(few, key=lambda row: _by_shares(row.difference)),
        *sorted(crossing, key=lambda row: _by_strata(row.difference)),
        *(row for row in strongest if not row.difference.significant),
    ]


def _ordered_broad(rows: Sequence[Ranked], table: Table, config: Config) -> list[Ranked]:
    if not rows:
        return []
    # all images: what is supported is settled, and the order should not hang on the split
    images = np.sort(np.concatenate([table.rows_a, table.rows_b]))
    design = table.design
    within = design.strata if design.pairs is None else design.pairs
    if design.pairs is not None:  # who has no partner is compared with nobody
        images = images[design.pairs[images] >= 0]
    if images.size > _MOST_ORDERED:
        rng = np.random.default_rng(config.seed)
        images = images[np.sort(rng.choice(images.size, _MOST_ORDERED, replace=False))]
    in_a = np.zeros(len(table.scores), bool)
    in_a[table.rows_a] = True
    gains = Gains(
        table.scores[images][:, [row.column for row in rows]],
        in_a[images],
        None if within is None else within[images],
    )
    said = [
        Row(
            abs(decisive(row.difference)[0] - 0.5),
            row.difference.favors,
            frozenset(key(row.difference.description).split()) - STOP_WORDS,
            row.difference.source == "property",
        )
        for row in rows
    ]
    return [
        replace(rows[place], difference=replace(rows[place].difference, gain=gain))
        for place, gain in zip(*order_rows(said, gains), strict=True)
    ]


def _by_shares(row: Difference) -> tuple[float, str]:
    return -round(abs((row.tail_a or 0.0) - (row.tail_b or 0.0)), 12), row.description


def _by_strata(row: Difference) -> tuple[float, str]:
    aurocs = [stratum["auroc"] for stratum in row.strata]
    return -round(max(aurocs) - min(aurocs), 12), row.description


def _by_auroc(row: Difference) -> tuple[float, str]:
    return -round(row.auroc, 12), row.description


def _trial_of(evidence: Evidence, config: Config, own: bool) -> Trial:
    if config.test == "welch":
        plain = evidence.plain
        p = 1.0 if plain.welch_p is None else plain.welch_p
        return Trial(Effect(plain.auroc, plain.interval, p, None), own=own)
    controlled, tail, crossing = evidence.controlled, evidence.tail, evidence.crossing
    return Trial(
        _effect(evidence.test),
        None if controlled is None else _effect(controlled),
        Few(tail.share_a, tail.share_b, None if tail.same else tail.p_favored),
        None if crossing is None else crossing.p,
        crossing is not None and bool(crossing.named(config.alpha, config.min_effect)),
        own,
    )


def _effect(sample: TwoSample | Adjusted) -> Effect:
    both = sample.p_greater, sample.p_less
    favored, other = both if sample.auroc >= 0.5 else both[::-1]
    return Effect(sample.auroc, sample.interval, favored, other)


def _difference(
    candidate: Candidate,
    table: Table,
    column: int,
    evidence: Evidence,
    trial: Trial,
    decision: Decision,
    config: Config,
    level: float,
) -> Difference:
    plain, test, controlled = evidence.plain, evidence.test, evidence.controlled
    tail, crossing = (None, None) if trial.few is None else (evidence.tail, evidence.crossing)
    # what was looked at unasked is said where it is found
    told = bool(config.control_for) or "crossing" in decision.supported_as
    seen = _shares(candidate, table, column, evidence, decision)
    sign = -1 if candidate.turned else 1
    half_a, _ = table.folds[candidate.fold]
    return Difference(
        description=candidate.description,
        source=candidate.source,
        auroc=test.auroc,
        auroc_interval=test.interval,
        auroc_interval_simultaneous=(
            _simultaneous(evidence, decision, level) if config.correction else None
        ),
        p_value=trial.raw.p,
        prevalence_a=seen.above_a / seen.n_a,
        prevalence_b=seen.above_b / seen.n_b,
        prevalence_a_interval=wilson_interval(seen.above_a, seen.n_a, seen.effective_a),
        prevalence_b_interval=wilson_interval(seen.above_b, seen.n_b, seen.effective_b),
        threshold=seen.least,
        cut=seen.cut,
        top=seen.top,
        counted_a=seen.above_a,
        compared_a=seen.n_a,
        counted_b=seen.above_b,
        compared_b=seen.n_b,
        median_a=sign * seen.median_a if candidate.unit else None,
        median_b=sign * seen.median_b if candidate.unit else None,
        unit=candidate.unit,
        n_a=test.n_a,
        n_b=test.n_b,
        held_out=candidate.source in FIXED_SOURCES or half_a.held_out,
        mean_a=plain.mean_a,
        mean_b=plain.mean_b,
        welch_t=plain.welch_t,
        welch_p=plain.welch_p,
        auroc_all=evidence.auroc_all,
        n_units=getattr(test, "n_clusters", test.n_a + test.n_b),
        auroc_controlled=None if controlled is None else controlled.auroc,
        auroc_controlled_interval=None if controlled is None else controlled.interval,
        p_controlled=None if trial.controlled is None else trial.controlled.p,
        n_controlled=0 if controlled is None else controlled.n_a + controlled.n_b,
        tail_a=None if tail is None else tail.share_a,
        tail_b=None if tail is None else tail.share_b,
        tail_least=None if tail is None or math.isinf(tail.least) else tail.least,
        p_tail=None if trial.few is None else trial.few.p,
        strata=() if crossing is None or not told else _strata(crossing, config),
        strata_of=crossing.field if crossing is not None and told else "",
        p_crossing=trial.crossing,
        claimed=candidate.claimed,
        opposite=candidate.opposite,
        measure=candidate.measure,
        merged=candidate.merged,
        **vars(decision),
    )


def _shares(
    candidate: Candidate, table: Table, column: int, evidence: Evidence, decision: Decision
) -> Shares:
    """Counts what shows it; without such a score the top that tells most: a quarter, or few."""
    rows = table.rows_a, table.rows_b
    if candidate.shows_at is not None:
        cut: Any = "given" if candidate.given else "shows"
        return shares_of(table.scores[:, column], *rows, table.design, cut, candidate.shows_at)
    few = "concentrated" in decision.supported_as and "broad" not in decision.supported_as
    least = evidence.tail.least if few else None
    return shares_of(table.scores[:, column], *rows, table.design, "top", least)


def _simultaneous(evidence: Evidence, decision: Decision, level: float) -> tuple[float, float]:
    """The interval for all candidates at the same time, on the side that the test has found."""
    sample = evidence.test if evidence.controlled is None else evidence.controlled
    # for many candidates at once it is never narrower than for one
    low, high = zip(sample.interval, sample.interval_at(level), strict=True)
    interval = min(low), max(high)
    return on_side(interval, sample.auroc > 0.5) if "broad" in decision.supported_as else interval


def _strata(crossing: Opposite, config: Config) -> tuple[dict[str, Any], ...]:
    """Returns the effects within strata; ``favors`` where the stratum can be named by itself."""
    favors = crossing.named(config.alpha, config.min_effect)
    return tuple(
        {
            "stratum": name,
            "auroc": effect.auroc,
            "interval": list(effect.interval),
            "n_a": effect.n_a,
            "n_b": effect.n_b,
            "favors": favors.get(effect.stratum),
        }
        for name, effect in crossing.each()
    )
