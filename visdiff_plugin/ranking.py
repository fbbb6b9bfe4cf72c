"""Evidence of candidates -> differences, in order; pure, no I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .account import Skipped
from .config import Config
from .cores import usable_cores
from .evidence.adjusted import Adjusted
from .evidence.crossing import uneven
from .evidence.designed import alone
from .evidence.intervals import on_side
from .evidence.opposite import Opposite
from .evidence.shares import Shares, shares_of
from .evidence.statistics import TwoSample, wilson_interval
from .evidence.table import FIXED_SOURCES, Evidence, Table, collect
from .ordering import Ranked, ordered
from .results.difference import Difference
from .selection import Candidate
from .support import Decision, Effect, Few, Trial, decide

#: chance that any of the simultaneous intervals misses
_MISSED = 0.05


def rank_differences(
    candidates: Sequence[Candidate],
    table: Table,
    config: Config,
    untested: int = 0,
    text_vectors: NDArray[np.floating[Any]] | None = None,
) -> tuple[list[Ranked], list[Skipped]]:
    """Gives each candidate its evidence and orders them.

    Supported differences come first: broad ones by kind, content before looks and files, then those
    of few images, then those that go opposite ways within strata; these are never ordered against
    each other. Of each, those that lead a theme come first, see `themes`, all others after all
    leads. Of broad leads the strongest is first, then what is strong and says something else, see
    `order_rows`. What is not supported
    follow by distance of the AUROC from one half, for either side. With ``order="auroc"`` (the
    paper) AUROC alone decides. Under control, what holds within strata counts.

    Args:
        candidates: ``k`` candidates
        table: their ``(n, k)`` scores, and which images speak for what
        config: test, correction, alpha, smallest effect, directions
        untested (0): other candidates that were dropped after a look at the evidence: the
            correction counts each as a test that found nothing
        text_vectors (None): ``(m, d)`` unit embeddings of the first ``m`` descriptions

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

    def made(place: int) -> Ranked:
        column, evidence = evidences[place]
        difference = _difference(
            candidates[column], table, column, evidence, trials[place], decisions[place], config,
            level,
        )  # fmt: skip
        return Ranked(column, difference)

    evidences = list(tested.items())
    # counting shares of a million images takes some 20 ms a row
    with ThreadPoolExecutor(usable_cores()) as pool:
        ranked = list(pool.map(made, range(len(evidences))))
    ranked = _where(ranked, candidates, table, config)
    return ordered(ranked, table, config, text_vectors), skipped


def _where(
    ranked: Sequence[Ranked], candidates: Sequence[Candidate], table: Table, config: Config
) -> list[Ranked]:
    """Says of broad rows where they hold: the groups of a field in which they are not as strong.

    All rows and fields together are wrong with a chance of ``alpha``.
    """
    broad = [row for row in ranked if row.difference.significant and row.difference.is_broad]
    if not broad or not table.unasked:
        return list(ranked)
    names = {strata.field: strata.names for strata in table.unasked}
    clusters = None if table.design.clusters is None else alone(table.design.clusters)
    said = []
    for row in ranked:
        if row in broad:
            rows_a, rows_b = table.tested(candidates[row.column])
            rows = np.concatenate([rows_a, rows_b])
            known = np.isfinite(table.scores[rows, row.column])
            in_a = np.repeat([True, False], [rows_a.size, rows_b.size])[known]
            rows = rows[known]
            found = uneven(
                table.scores[rows, row.column],
                in_a,
                [replace(strata, codes=strata.codes[rows]) for strata in table.unasked],
                config.alpha / len(broad),
                None if clusters is None else clusters[rows],
            )
            if found is not None:
                field, effects = found
                where = tuple(
                    {
                        "value": names[field][effect.stratum],
                        "auroc": effect.auroc,
                        "interval": list(effect.interval),
                        "n_a": effect.n_a,
                        "n_b": effect.n_b,
                    }
                    for effect in effects
                )
                changed = replace(row.difference, where=where, where_of=field)
                row = replace(row, difference=changed)
        said.append(row)
    return said


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
        median_a=None if seen.median_a is None else sign * seen.median_a,
        median_b=None if seen.median_b is None else sign * seen.median_b,
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
        kind=candidate.kind,
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
    rows, measured = (table.rows_a, table.rows_b), bool(candidate.unit)
    if candidate.shows_at is not None:
        cut: Any = "given" if candidate.given else "shows"
        return shares_of(
            table.scores[:, column], *rows, table.design, cut, candidate.shows_at, medians=measured
        )
    few = "concentrated" in decision.supported_as and "broad" not in decision.supported_as
    least = evidence.tail.least if few else None
    return shares_of(table.scores[:, column], *rows, table.design, "top", least, medians=measured)


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
