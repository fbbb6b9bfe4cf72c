"""Evidence of candidates -> differences, in order; pure, no I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .account import Skipped
from .config import Config
from .cores import usable_cores
from .distinct import Gains, Row, order_rows
from .evidence.adjusted import Adjusted
from .evidence.crossing import uneven
from .evidence.designed import alone
from .evidence.intervals import on_side
from .evidence.opposite import Opposite
from .evidence.shares import Shares, shares_of
from .evidence.statistics import TwoSample, wilson_interval
from .evidence.table import FIXED_SOURCES, Evidence, Table, collect
from .results.difference import Difference
from .results.wording import decisive
from .selection import KINDS, Candidate, key
from .support import Decision, Effect, Few, Trial, decide
from .themes import Idea, themes, within_sets
from .words import STOP_WORDS

#: images that the order of the rows is worked out on: it describes, it does not test
_MOST_ORDERED = 20_000
#: correlation within the sets from which on a fact of files goes along with something visible
_GOES_ALONG = 0.7
#: chance that any of the simultaneous intervals misses
_MISSED = 0.05


@dataclass(frozen=True)
class Ranked:
    """A difference and the column of the scores that it was computed from."""

    column: int
    difference: Difference


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
    return _ordered(ranked, table, config, text_vectors), skipped


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


def by_effect(row: Difference) -> tuple[float, str]:
    """Orders rows by how far the AUROC that decides is from one half; ties by description."""
    return -round(abs(decisive(row)[0] - 0.5), 12), row.description


def _ordered(
    ranked: Sequence[Ranked],
    table: Table,
    config: Config,
    text_vectors: NDArray[np.floating[Any]] | None,
) -> list[Ranked]:
    """Best first; ties go by description, so that swapping the sets mirrors the result."""
    if config.order == "auroc":
        return sorted(ranked, key=lambda row: _by_auroc(row.difference))
    strongest = sorted(ranked, key=lambda row: by_effect(row.difference))
    supported = [row for row in strongest if row.difference.significant]
    broad = [row for row in supported if row.difference.is_broad]
    others = [row for row in supported if not row.difference.is_broad]
    few = [row for row in others if "concentrated" in row.difference.supported_as]
    crossing = [row for row in others if "concentrated" not in row.difference.supported_as]
    kept = _Kept.of(table, config)
    listed = [
        kept.by_words(_themed(part, kept, text_vectors))
        for part in ([row for row in broad if row.difference.kind == kind] for kind in KINDS)
        if part
    ]
    listed = _beside(listed, kept)
    for part, by in ((few, _by_shares), (crossing, _by_strata)):
        themed = _themed(part, kept, text_vectors)
        listed.append(sorted(themed, key=lambda row: by(row.difference)))  # noqa: B023
    # the first rows are as many themes: of each kind those that lead one, then their members
    return [
        *(row for part in listed for row in part if row.difference.leads),
        *(row for part in listed for row in part if not row.difference.leads),
        *(row for row in strongest if not row.difference.significant),
    ]


@dataclass(frozen=True)
class _Kept:
    """The images that rows are ordered and grouped by: it describes, it does not test.

    Args:
        scores: ``(n, k)`` of all candidates
        in_a: ``(n,)`` whether each image is of A
        within (None): ``(n,)`` strata or pairs, in which the order looks at differences
    """

    scores: NDArray[np.floating[Any]]
    in_a: NDArray[np.bool_]
    within: NDArray[np.integer[Any]] | None

    @classmethod
    def of(cls, table: Table, config: Config) -> _Kept:
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
        known = None if within is None else within[images]
        return cls(table.scores[images], in_a[images], known)

    def by_words(self, rows: Sequence[Ranked]) -> list[Ranked]:
        """Orders broad rows of one kind, leads first, and says what each adds to those above it."""
        leads = [row for row in rows if row.difference.leads]
        members = [row for row in rows if not row.difference.leads]
        said = [
            Row(
                abs(decisive(row.difference)[0] - 0.5),
                row.difference.favors,
                _words(row.difference),
                row.difference.source == "property",
            )
            for row in leads
        ]
        gains = Gains(
            self.scores[:, [row.column for row in (*leads, *members)]], self.in_a, self.within
        )
        order = order_rows(said, gains.first(len(leads)))
        places = [*order, *range(len(leads), len(rows))]
        ordered = [(*leads, *members)[place] for place in places]
        return [
            replace(row, difference=replace(row.difference, gain=gains.take(place)))
            for place, row in zip(places, ordered, strict=True)
        ]

    def agreement(self, rows: Sequence[Ranked]) -> NDArray[np.float64]:
        """Returns ``(k, k)`` correlations of the rows' scores within the sets."""
        return within_sets(self.scores[:, [row.column for row in rows]], self.in_a)


def _words(row: Difference) -> frozenset[str]:
    return frozenset(key(row.description).split()) - STOP_WORDS


def _themed(
    rows: Sequence[Ranked], kept: _Kept, text_vectors: NDArray[np.floating[Any]] | None
) -> list[Ranked]:
    """Groups rows of one kind into themes, in the order of their leads."""
    if not rows:
        return []
    ideas = [_idea(row.difference) for row in rows]
    similarity = None
    if text_vectors is not None and all(row.column < len(text_vectors) for row in rows):
        own = text_vectors[[row.column for row in rows]]
        similarity = own @ own.T
    groups = themes(ideas, kept.agreement(rows), similarity)
    theme = {place: rows[group[0]].difference.description for group in groups for place in group}
    return [
        replace(row, difference=replace(row.difference, theme=theme[place]))
        for place, row in enumerate(rows)
    ]


def _idea(row: Difference) -> Idea:
    auroc, low, high = _own_interval(row)
    if not row.is_broad:
        gap = abs(row.prevalence_a - row.prevalence_b) / 2
        return Idea(_words(row), row.favors, gap, gap)
    least = low - 0.5 if auroc > 0.5 else 0.5 - high
    # what is measured has no synonyms, only two ways to say the same measurement
    words = frozenset((row.measure,)) if row.source == "property" else _words(row)
    return Idea(words, row.favors, abs(auroc - 0.5), max(least, 0.0))


def _own_interval(row: Difference) -> tuple[float, float, float]:
    """The AUROC that decides, with the interval of this row alone."""
    if row.auroc_controlled is not None and row.auroc_controlled_interval is not None:
        return (row.auroc_controlled, *row.auroc_controlled_interval)
    return (row.auroc, *row.auroc_interval)


def _beside(parts: Sequence[list[Ranked]], kept: _Kept) -> list[list[Ranked]]:
    """Puts file facts that go along with something visible into its theme.

    "Higher resolution" because of a white frame does not stand beside the frame as another thing.
    """
    visible = [row for part in parts for row in part if row.difference.kind != "file"]
    placed = []
    for part in parts:
        own = []
        for row in part:
            if row.difference.kind == "file" and visible:
                agreement = np.abs(kept.agreement([row, *visible])[0, 1:])
                best = int(np.argmax(agreement))
                home = visible[best].difference
                if agreement[best] >= _GOES_ALONG and home.favors == row.difference.favors:
                    row = replace(row, difference=replace(row.difference, theme=home.theme))
            own.append(row)
        placed.append(own)
    return placed


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
