"""One description with its evidence: frozen and JSON-safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from dataclasses import field as _field
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One description with its evidence.

    Args:
        description: what differs, in words
        source: what proposed it: a proposer's name, ``"property"``, ``"label"`` or ``"user"``
        favors: ``"a"`` or ``"b"``: the set it is truer of; None where neither
        auroc: P(an image of A scores above one of B), ties half; over .5 favors A
        auroc_interval: its 95% interval
        auroc_interval_simultaneous: interval of the AUROC that decides (within strata, where these
            are controlled for) which holds for all candidates of the run at once; the first row was
            chosen for being largest, and this interval allows for it
        p_value: of the run's test; one-sided for the favored side, or the paper's two-sided
        q_value: after Benjamini-Hochberg; None where the run does not correct
        significant: passes the run's alpha and smallest effect
        prevalence_a: share of A scoring over ``threshold``, among images that the threshold was
            not chosen on (all, where the sets are too small to set any apart)
        prevalence_b: share of B likewise
        prevalence_a_interval: its 95% interval (Wilson)
        prevalence_b_interval: its 95% interval
        threshold: the score that counts as "shows it"
        n_a: images of A that AUROC and p come from: those no proposer saw, or all for what was
            fixed beforehand (properties, labels, your own hypotheses)
        n_b: images of B likewise
        held_out: no proposer saw these images
        mean_a: mean score of A
        mean_b: mean score of B
        welch_t: Welch's t; None for constant scores
        welch_p: its two-sided p
        gain: share of the variance between the sets that it explains beyond the rows above it, in
            [0, 1]; None for those that are not supported, or where rows are ordered by AUROC
        auroc_all: AUROC over all images, those included that proposers saw; descriptive only
        n_units: independent witnesses that the test counts: images, clusters or pairs of them
        control: what is left of it within the strata of the fields that were controlled for:
            ``"holds"``; ``"explained"``: not supported there, and smaller than it looks without
            control; ``"undecided"``: not supported, though it may be as large: too few
            comparable images; ``"incomparable"``: no stratum holds
            both sets; empty without control, or where there was no difference to explain
        auroc_controlled: AUROC within strata, each weighted by van Elteren; None without control
        auroc_controlled_interval: its 95% interval
        p_controlled: one-sided p of the test within strata
        q_controlled: after Benjamini-Hochberg
        n_controlled: images in strata that hold both sets
        tail_a: share of A among the highest scores, from ``tail_least`` on
        tail_b: share of B likewise
        tail_least: lowest score that counts as highest; None where no cut could be made
        p_tail: one-sided p of the larger share, corrected for the number of cuts
        concentrated: few images of one set are at the top, and hardly any of the other: the
            larger share is at least .01, and three times the other. It does not count as support
        strata: with control, the effect within each stratum: its code, ``auroc``, ``interval``
            (simultaneous), ``n_a``, ``n_b``, and ``favors`` where strata go opposite ways and this
            is one of them
        p_crossing: p of strata that go opposite ways; None without control
        claimed: the sides it was proposed for
        opposite: the words for low scores, where there are any
        measure: the property or label field that was measured; empty if a ranker scored it
        merged: paraphrases that this row stands for
        field: the sample field that holds the scores; None if not written
        histogram: scores of A and B, see `exhibits.histogram`; None where none was made
        examples: sample ids of the highest and lowest scores, see `exhibits.examples`
        verdict: what the user said of it: ``"confirmed"``, ``"rejected"``, or empty
        note: in the user's words
    """

    description: str
    source: str
    favors: str | None
    auroc: float
    auroc_interval: tuple[float, float]
    p_value: float
    q_value: float | None
    significant: bool
    prevalence_a: float
    prevalence_b: float
    prevalence_a_interval: tuple[float, float]
    prevalence_b_interval: tuple[float, float]
    threshold: float
    n_a: int
    n_b: int
    held_out: bool
    mean_a: float
    mean_b: float
    welch_t: float | None
    welch_p: float | None
    auroc_all: float
    auroc_interval_simultaneous: tuple[float, float] | None = None
    gain: float | None = None
    n_units: int | None = None
    control: str = ""
    auroc_controlled: float | None = None
    auroc_controlled_interval: tuple[float, float] | None = None
    p_controlled: float | None = None
    q_controlled: float | None = None
    n_controlled: int = 0
    tail_a: float | None = None
    tail_b: float | None = None
    tail_least: float | None = None
    p_tail: float | None = None
    concentrated: bool = False
    strata: tuple[Mapping[str, Any], ...] = ()
    p_crossing: float | None = None
    claimed: tuple[str, ...] = ()
    opposite: str = ""
    measure: str = ""
    merged: tuple[str, ...] = ()
    field: str | None = None
    histogram: Mapping[str, Any] | None = None
    examples: Mapping[str, Any] = _field(default_factory=dict)
    verdict: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data; tuples become lists."""
        return {name: plain_data(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Difference:
        """Reads `to_dict`'s data; members of later versions are ignored."""
        return cls(**known_members(cls, data))


def known_members(cls: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a dataclass takes of stored data; members of later versions are ignored."""
    names = {member.name for member in fields(cls)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name in names
    }


def plain_data(value: Any) -> Any:
    """Returns a value as JSON has it: tuples become lists, keys become text."""
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain_data(item) for name, item in value.items()}
    return value
