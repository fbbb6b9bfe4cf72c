"""What counts as supported: correction over a family of tests, and the verdict of control; pure.

Whoever adds a row to a run, or changes one, has its family decided here, so that a row's q, its
verdict and whether it is supported never contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .config import Config
from .evidence.families import benjamini_hochberg, holm
from .numerals import percent
from .results.difference import Difference

#: what a difference is: of the sets as a whole, of few images, or opposite ways within strata
Kind = Literal["broad", "concentrated", "crossing"]
#: p of the side that is favored, and of the other; None where both sides are one test
Sides = tuple[float, float | None]

#: why a candidate is not supported, the same in every view
_CHANCE = "could be chance"
_OTHER_SIDE = "truer of B, which was not asked for"


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

    @property
    def sides(self) -> Sides:
        """Its p."""
        return self.p, self.p_other


@dataclass(frozen=True)
class Few:
    """What the highest scores say of a candidate: the test of a concentrated difference.

    Args:
        share_a: share of A among the highest scores, in [0, 1]
        share_b: share of B likewise
        p: one-sided p of the larger share, corrected for the number of cuts; None where scores
            have two values, so that the broad test is this one: it counts once
    """

    share_a: float
    share_b: float
    p: float | None

    @property
    def favors(self) -> str | None:
        """The set with the larger share; None where they are equal."""
        return side_of(0.5 + (self.share_a - self.share_b) / 2)

    @property
    def sides(self) -> Sides | None:
        """Its p; None where it is the broad test."""
        # of the other side all that is known is that it could be chance
        return None if self.p is None else (self.p, max(0.5, 1 - self.p))

    def enough(self, config: Config) -> bool:
        """Whether it is worth a word, whatever its p: a share that one meets, and a multiple.

        Below one image in a hundred, who looks through the set does not meet it; with less than
        three times the other share, most images that show it are no difference.
        """
        low, high = sorted((self.share_a, self.share_b))
        return high > low and high >= config.min_share and high >= config.min_ratio * low


@dataclass(frozen=True)
class Trial:
    """A candidate as its family sees it.

    Args:
        raw: the run's test
        controlled (None): the test within strata; None where none was asked for, or no stratum
            holds both sets
        few (None): the highest scores, within strata where these were asked for; None where this
            was not tested
        crossing (None): p of strata that go opposite ways; None where this was not tested
        named (False): whether strata of either kind can be named
        own (False): whether it is a user's own hypothesis
    """

    raw: Effect
    controlled: Effect | None = None
    few: Few | None = None
    crossing: float | None = None
    named: bool = False
    own: bool = False

    def tests(self, controls: bool) -> dict[str, Sides]:
        """Returns what decides: kind -> p; where nothing can be compared, nothing can be found."""
        broad = self.controlled if controls else self.raw
        two_sided = self.raw.p_other is not None
        nothing: Sides = (1.0, 1.0 if two_sided else None)
        tests = {"broad": nothing if broad is None else broad.sides}
        if self.few is not None and self.few.sides is not None:
            tests["concentrated"] = self.few.sides
        if self.crossing is not None:
            tests["crossing"] = self.crossing, None
        return tests


@dataclass(frozen=True)
class Decision:
    """The decision about a candidate; the members are those of `Difference`."""

    q_value: float | None
    q_controlled: float | None
    q_tail: float | None
    q_crossing: float | None
    supported_as: tuple[str, ...]
    significant: bool
    control: str
    favors: str | None
    why_not: str


def decide(trials: Sequence[Trial], config: Config, untested: int = 0) -> list[Decision]:
    """Decides about the candidates of a run.

    Benjamini-Hochberg covers both directions of all tests of all that was proposed or measured:
    broad, concentrated and crossing ones. A user's own hypotheses are a family of their own, by
    Holm: true rows of the run do not carry them. Where something is controlled for, what holds
    within its strata is supported and nothing else is.

    Args:
        trials: all candidates of the run
        config: ``correction``, ``alpha``, ``min_effect``, ``min_share``, ``min_ratio``,
            ``directions``, ``control_for``
        untested (0): candidates that were dropped after a look at the evidence: each counts as
            tests that found nothing
    """
    decisions: dict[int, Decision] = {}
    controls = bool(config.control_for)
    # where all are a user's own, so are those that were dropped
    dropped_own = all(trial.own for trial in trials)
    for own in (False, True):
        places = [place for place, trial in enumerate(trials) if trial.own is own]
        family = [trials[place] for place in places]
        dropped = untested if own is dropped_own else 0
        deciding = _corrected([trial.tests(controls) for trial in family], own, config, dropped)
        raw = (
            _corrected([{"broad": trial.raw.sides} for trial in family], own, config, dropped)
            if controls
            else deciding
        )
        for place, trial, before, after in zip(places, family, raw, deciding, strict=True):
            decisions[place] = _decided(trial, before, after, config)
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


def _corrected(
    tests: Sequence[dict[str, Sides]], own: bool, config: Config, untested: int
) -> list[dict[str, float | None]]:
    """Returns q of each test of each candidate, over all of them; None without correction."""
    places = [(row, kind) for row, kinds in enumerate(tests) for kind in kinds]
    if not config.correction:
        return [dict.fromkeys(kinds) for kinds in tests]
    sides = [tests[row][kind] for row, kind in places]
    # what was dropped would have had as many tests as the others
    dropped = untested * max((_number(kinds) for kinds in tests), default=0)
    if own:
        favored = [min(1.0, p if other is None else 2 * p) for p, other in sides]
        q_values = holm(np.array([*favored, *[1.0] * (dropped // 2)]))
    else:
        favored = [p for p, _ in sides]
        others = [other for _, other in sides if other is not None]
        q_values = benjamini_hochberg(np.array([*favored, *others, *[1.0] * dropped]))
    corrected: list[dict[str, float | None]] = [{} for _ in tests]
    for (row, kind), q in zip(places, q_values, strict=False):
        corrected[row][kind] = float(q)
    return corrected


def _number(tests: dict[str, Sides]) -> int:
    return sum(1 if other is None else 2 for _, other in tests.values())


def _decided(
    trial: Trial,
    raw: dict[str, float | None],
    deciding: dict[str, float | None],
    config: Config,
) -> Decision:
    supported = not _against(trial.raw, raw["broad"], config)
    q_controlled, verdict, decisive = None, "", trial.raw
    broad = supported
    if config.control_for:
        controlled = trial.controlled
        broad = controlled is not None and not _against(controlled, deciding["broad"], config)
        verdict = _verdict(supported, broad, trial.raw, controlled)
        if controlled is not None:
            decisive, q_controlled = controlled, deciding["broad"]
    few = _few(trial, deciding, config)
    crosses = trial.named and _passes(trial.crossing, deciding.get("crossing"), config)
    if config.control_for and not broad and (few or crosses):
        verdict = "holds" if few else "crosses"  # both were tested within strata
    kinds: dict[Kind, bool] = {"broad": broad, "concentrated": few, "crossing": crosses}
    favors = side_of(decisive.auroc)
    if not broad and (few or crosses):
        favors = trial.few.favors if few and trial.few is not None else None
    supported_as = tuple(kind for kind, held in kinds.items() if held)
    return Decision(
        q_value=raw["broad"],
        q_controlled=q_controlled,
        q_tail=deciding.get("concentrated", deciding["broad"] if trial.few else None),
        q_crossing=deciding.get("crossing"),
        supported_as=supported_as,
        significant=bool(supported_as),
        control=verdict,
        favors=favors,
        why_not="" if supported_as else _why_not(trial, decisive, deciding, config),
    )


def _few(trial: Trial, deciding: dict[str, float | None], config: Config) -> bool:
    """Whether few images make a difference, in a direction that was asked for."""
    few = trial.few
    if few is None or not few.enough(config):
        return False
    if few.favors == "b" and config.directions == "a":
        return False
    if few.p is not None:
        return _passes(few.p, deciding["concentrated"], config)
    # two scores: the broad test is that of the shares
    broad = trial.controlled if config.control_for else trial.raw
    same_side = broad is not None and few.favors == side_of(broad.auroc)
    return bool(same_side and broad is not None and _passes(broad.p, deciding["broad"], config))


def _passes(p: float | None, q: float | None, config: Config) -> bool:
    return p is not None and (p if q is None else q) <= config.alpha


def _against(test: Effect, q: float | None, config: Config) -> str:
    """Returns what speaks against a broad difference; empty if nothing does."""
    if side_of(test.auroc) is None or not _passes(test.p, q, config):
        return _CHANCE
    if config.directions == "a" and test.auroc < 0.5:
        return _OTHER_SIDE
    effect = max(test.auroc, 1 - test.auroc)
    if effect >= config.min_effect:
        return ""
    return f"too small: AUROC {_under(effect, config.min_effect)}, under {config.min_effect:g}"


def _why_not(
    trial: Trial, decisive: Effect, deciding: dict[str, float | None], config: Config
) -> str:
    """Returns why a candidate is not supported."""
    if config.control_for and trial.controlled is None:
        return "no controlled group has photos of both sets"
    reason, few = _against(decisive, deciding["broad"], config), trial.few
    if few is None or not _passes(few.p, deciding.get("concentrated"), config):
        return reason
    # few images differ by more than chance, if too few of them or in the other direction
    if few.favors == "b" and config.directions == "a":
        return _OTHER_SIDE
    if reason != _CHANCE:
        return reason
    return f"too small: {percent(few.share_a)} of A and {percent(few.share_b)} of B stand out"


def _under(value: float, limit: float) -> str:
    """Returns a number that is under a limit, with as many digits as tell them apart."""
    texts = (f"{value:.{digits}f}" for digits in (2, 3, 4))
    return next((text for text in texts if float(text) < limit), f"just under {limit:g}")


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

    controlled, interval, p = (
        row.auroc_controlled,
        row.auroc_controlled_interval,
        row.p_controlled,
    )
    known = controlled is not None and interval is not None and p is not None
    return Trial(
        effect(row.auroc, row.auroc_interval, row.p_value),
        effect(controlled, interval, p) if known else None,  # type: ignore[arg-type]
        None if row.tail_a is None or row.tail_b is None
        else Few(row.tail_a, row.tail_b, row.p_tail),
        row.p_crossing,
        {stratum["favors"] for stratum in row.strata} >= {"a", "b"},
        row.source == "user",
    )  # fmt: skip
