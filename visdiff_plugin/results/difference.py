"""One description with its evidence: frozen and JSON-safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from dataclasses import field as _field
from typing import Any

from ..selection import Kind
from ..storable import encodable


@dataclass(frozen=True)
class Difference:
    """One description with its evidence.

    Args:
        description: what differs, in words
        source: what proposed it: a proposer's name, ``"property"``, ``"label"`` or ``"user"``
        kind: what it is about, one of `KINDS`; rows of different kinds are never ordered against
            each other
        theme: description of the row that leads its theme: it means the same, or this one is a
            special case of it; its own where it leads, empty where it is not supported
        favors: ``"a"`` or ``"b"``: the set it is truer of; None where neither
        auroc: P(an image of A scores above one of B), ties half; over .5 favors A
        auroc_interval: its 95% interval
        auroc_interval_simultaneous: interval of the AUROC that decides (within strata, where these
            are controlled for) which holds for all candidates of the run at once; the first row was
            chosen for being largest, and this interval allows for it. It is the one that is shown;
            None where the run does not correct.
            Of a hypothesis that joined a run later, it is for this hypothesis alone
        p_value: of the run's test; one-sided for the favored side, or the paper's two-sided
        q_value: after Benjamini-Hochberg; None where the run does not correct
        significant: passes the run's alpha and smallest effect
        prevalence_a: share of A that scores ``threshold`` or more, of all scored images that are
            compared: with pairs those with a partner, under control those of strata with both sets
        prevalence_b: share of B likewise
        prevalence_a_interval: its 95% interval (Wilson)
        prevalence_b_interval: its 95% interval
        threshold: the score from which on an image counts
        cut: what ``threshold`` is: ``"shows"``: from there on an image shows it (a caption says it,
            a model answers yes, a label is there); ``"given"``: chosen by the user; ``"top"``: no
            score says "shows it", and ``top`` of all images score so high; empty in runs of
            earlier versions
        top: share of all images of both sets that score ``threshold`` or more, in [0, 1]
        counted_a: images of A that score ``threshold`` or more, of ``compared_a``; None in runs of
            earlier versions, as the three that follow
        compared_a: scored images of A that ``prevalence_a`` is a share of
        counted_b: as of A
        compared_b: as of A
        median_a: median of A of what was measured, in ``unit``; None for what was not measured
        median_b: of B likewise
        unit: of the medians
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
            both sets; ``"crosses"``: supported as going opposite ways within strata; empty
            without control, or where there was no difference to explain
        auroc_controlled: AUROC within strata, each weighted by van Elteren; None without control
        auroc_controlled_interval: its 95% interval
        p_controlled: one-sided p of the test within strata
        q_controlled: after Benjamini-Hochberg
        n_controlled: images in strata that hold both sets
        supported_as: ``"broad"``: the sets as a whole; ``"concentrated"``: few images of one set,
            and hardly any of the other; ``"crossing"``: opposite ways within strata; empty if it
            is not supported
        why_not: why it is not supported; empty if it is
        tail_a: share of A among the highest scores, from ``tail_least`` on; None where the run's
            test has no such part
        tail_b: share of B likewise
        tail_least: lowest score that counts as highest; None where no cut could be made
        p_tail: one-sided p of the larger share, corrected for the number of cuts; None where
            scores have two values: ``p_value`` is that of the shares
        q_tail: after correction
        strata: where it goes opposite ways, or something was controlled for, the effect within each
            stratum: ``stratum`` (its name), ``auroc``, ``interval`` (simultaneous), ``n_a``,
            ``n_b``, and ``favors`` where it can be named as one of those that go opposite ways
        strata_of: the field or fields that form the strata
        where: where it holds, if it is not equally strong in the groups of a field: of each its
            ``value``, ``auroc``, ``interval`` (for all groups, fields and supported rows at once),
            ``n_a`` and ``n_b``; empty where no difference between groups is beyond chance
        where_of: the field that these groups are of
        p_crossing: p of strata that go opposite ways, corrected for the number of fields; None
            where that was not tested
        q_crossing: after correction
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
    kind: Kind = "content"
    theme: str = ""
    cut: str = ""
    top: float | None = None
    counted_a: int | None = None
    compared_a: int | None = None
    counted_b: int | None = None
    compared_b: int | None = None
    median_a: float | None = None
    median_b: float | None = None
    unit: str = ""
    supported_as: tuple[str, ...] = ()
    why_not: str = ""
    tail_a: float | None = None
    tail_b: float | None = None
    tail_least: float | None = None
    p_tail: float | None = None
    q_tail: float | None = None
    strata: tuple[Mapping[str, Any], ...] = ()
    strata_of: str = ""
    where: tuple[Mapping[str, Any], ...] = ()
    where_of: str = ""
    p_crossing: float | None = None
    q_crossing: float | None = None
    claimed: tuple[str, ...] = ()
    opposite: str = ""
    measure: str = ""
    merged: tuple[str, ...] = ()
    field: str | None = None
    histogram: Mapping[str, Any] | None = None
    examples: Mapping[str, Any] = _field(default_factory=dict)
    verdict: str = ""
    note: str = ""

    @property
    def leads(self) -> bool:
        """Whether it is supported and leads its theme; in runs before there were themes, all do."""
        return self.significant and self.theme in ("", self.description)

    @property
    def is_broad(self) -> bool:
        """Whether it is told of whole sets: all but what is supported in another way alone."""
        return not self.supported_as or "broad" in self.supported_as

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data; tuples become lists."""
        return {name: plain_data(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Difference:
        """Reads `to_dict`'s data; members of later versions are ignored."""
        known = known_members(cls, data)
        if "kind" not in known:  # of earlier versions
            of_source: dict[str, Kind] = {"label": "label", "property": "look"}
            known["kind"] = of_source.get(str(known.get("source")), "content")
        return cls(**known)


def known_members(cls: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a dataclass takes of stored data; members of later versions are ignored."""
    names = {member.name for member in fields(cls)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name in names
    }


def plain_data(value: Any) -> Any:
    """Returns a value as JSON has it: tuples become lists, keys become text that can be stored."""
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    if isinstance(value, Mapping):
        return {encodable(str(name)): plain_data(item) for name, item in value.items()}
    return encodable(value) if isinstance(value, str) else value
