"""What counts as supported: correction over a family of tests, and the verdict of control; pure.

Whoever adds a row to a run, or changes one, has its family decided here, so that a row's q, its
verdict and whether it is supported never contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .config import Config
from .evidence.families import benjamini_hochberg, own_hypotheses_q
from .results.difference import Difference


@dataclass(frozen=True)
class Effect:
    """Effect and p of one test of a candidate.

    Args:
        auroc: in [0, 1]
        interval: its 95% interval
        p: of the side that ``auroc`` favors, in [0, 1]
        p_other: of the other side; None for a two-sided test
    """

    auroc: float
    interval: tuple[float, float]
    p: float
    p_other: float | None


@dataclass(frozen=True)
class Trial:
    """A candidate as its family sees it.

    Args:
        raw: the run's test
        controlled (None): the test within strata; None where none was asked for, or no stratum
            holds both sets
        own (False): whether it is a user's own hypothesis
    """

    raw: Effect
    controlled: Effect | None = None
    own: bool = False


@dataclass(frozen=True)
class Decision:
    """The decision about a candidate; the members are those of `Difference`."""

    q_value: float | None
    q_controlled: float | None
    significant: bool
    control: str
    favors: str | None


def decide(trials: Sequence[Trial], config: Config, untested: int = 0) -> list[Decision]:
    """Decides about the candidates of a run.

    Benjamini-Hochberg covers both directions of all that was proposed or measured. A user's own
    hypotheses are a family of their own, by Holm: true rows of the run do not carry them. Where
    something is controlled for, what holds within its strata is supported and nothing else is.

    Args:
        trials: all candidates of the run
        config: ``correction``, ``alpha``, ``min_effect``, ``directions``, ``control_for``
        untested (0): candidates that were dropped after a look at the evidence: each counts as a
            test that found nothing
    """
    decisions: dict[int, Decision] = {}
    # where all are a user's own, so are those that were dropped
    dropped_own = all(trial.own for trial in trials)
    for own in (False, True):
        places = [place for place, trial in enumerate(trials) if trial.own is own]
        family = [trials[place] for place in places]
        dropped = untested if own is dropped_own else 0
        raw_q = _q_values([trial.raw for trial in family], own, config, dropped)
        controlled_q = _q_values([trial.controlled for trial in family], own, config, dropped)
        for place, trial, q, q_controlled in zip(places, family, raw_q, controlled_q, strict=True):
            decisions[place] = _decided(trial, q, q_controlled, config)
    return [decisions[place] for place in range(len(trials))]


def redecide(
    differences: Sequence[Difference], config: Config, untested: int = 0
) -> list[Difference]:
    """Decides anew about rows that are stored, as one family.

    Args:
        differences: all candidates of the family, in any order
        config: as for `decide`
        untested (0): as for `decide`

    Returns:
        the same rows in their order, with what the family now makes of them
    """
    decisions = decide([_trial_of(row, config) for row in differences], config, untested)
    return [
        replace(row, **vars(decision), gain=row.gain if decision.significant else None)
        for row, decision in zip(differences, decisions, strict=True)
    ]


def side_of(auroc: float) -> str | None:
    """Returns the set that an AUROC favors; None where it is one half."""
    return "a" if auroc > 0.5 else "b" if auroc < 0.5 else None


def _q_values(
    tests: Sequence[Effect | None], own: bool, config: Config, untested: int
) -> Sequence[float | None]:
    if not config.correction:
        return [None] * len(tests)
    # where nothing can be compared, nothing can be found
    favored = [1.0 if test is None else test.p for test in tests]
    others = [1.0 if test is None else test.p_other for test in tests]
    two_sided = any(p is None for p in others)
    family = favored + ([] if two_sided else [p for p in others if p is not None])
    family += [1.0] * (untested * (1 if two_sided else 2))
    if own:
        q_values = own_hypotheses_q(np.array([*favored, *[1.0] * untested]))[: len(tests)]
    else:
        q_values = benjamini_hochberg(np.array(family))[: len(tests)]
    return [None if test is None else float(q) for test, q in zip(tests, q_values, strict=True)]


def _decided(trial: Trial, q: float | None, q_controlled: float | None, config: Config) -> Decision:
    raw, controlled = trial.raw, trial.controlled
    supported = _passes(raw, q, config)
    if not config.control_for:
        return Decision(q, None, supported, "", side_of(raw.auroc))
    holds = controlled is not None and _passes(controlled, q_controlled, config)
    decisive = raw if controlled is None else controlled
    verdict = _verdict(supported, holds, raw, controlled)
    return Decision(q, q_controlled, holds, verdict, side_of(decisive.auroc))


def _passes(test: Effect, q: float | None, config: Config) -> bool:
    wanted = test.auroc > 0.5 if config.directions == "a" else test.auroc != 0.5
    effect = max(test.auroc, 1 - test.auroc) >= config.min_effect
    return bool(wanted and effect and (test.p if q is None else q) <= config.alpha)


def _verdict(supported: bool, holds: bool, raw: Effect, controlled: Effect | None) -> str:
    """What control makes of a difference; see `Difference.control`."""
    if holds:
        return "holds"
    if controlled is None:
        return "incomparable"
    if not supported:
        return ""
    low, high = controlled.interval
    return "undecided" if low <= raw.auroc <= high else "explained"


def _trial_of(row: Difference, config: Config) -> Trial:
    """A stored row keeps p of the favored side alone; that of the other is the rest to one."""

    def effect(auroc: float, interval: tuple[float, float], p: float) -> Effect:
        other = None if config.test == "welch" else max(0.5, 1 - p)
        return Effect(auroc, interval, p, other)

    raw = effect(row.auroc, row.auroc_interval, row.p_value)
    controlled, interval, p = (
        row.auroc_controlled,
        row.auroc_controlled_interval,
        row.p_controlled,
    )
    if controlled is None or interval is None or p is None:
        return Trial(raw, own=row.source == "user")
    return Trial(raw, effect(controlled, interval, p), row.source == "user")
