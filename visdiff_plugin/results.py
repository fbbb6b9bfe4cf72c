"""What a comparison found: frozen, JSON-safe, and readable as text or a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from dataclasses import field as _field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

#: of the stored record; raised when its meaning changes
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Difference:
    """One description with its evidence.

    Args:
        description: what differs, in words
        source: what proposed it: a proposer's name, ``"property"``, ``"label"`` or ``"user"``
        favors: ``"a"`` or ``"b"``: the set it is truer of; None where neither
        auroc: P(an image of A scores above one of B), ties half; over .5 favours A
        auroc_interval: its 95% interval
        p_value: of the run's test; one-sided for the favoured side, or the paper's two-sided
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
        auroc_controlled: AUROC within strata, weighted by pairs; None without control
        auroc_controlled_interval: its 95% interval
        p_controlled: one-sided p of the test within strata
        q_controlled: after Benjamini-Hochberg
        n_controlled: images in strata that hold both sets
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
    gain: float | None = None
    n_units: int | None = None
    control: str = ""
    auroc_controlled: float | None = None
    auroc_controlled_interval: tuple[float, float] | None = None
    p_controlled: float | None = None
    q_controlled: float | None = None
    n_controlled: int = 0
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
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Difference:
        """Reads `to_dict`'s data; members of later versions are ignored."""
        return cls(**_known(cls, data))


@dataclass(frozen=True)
class Skipped:
    """Something that was left out, and why.

    Args:
        what: ``"sample"``, ``"caption"``, ``"candidate"``, ``"round"``, ...
        reason: in words
        count: how many
        examples (()): up to five sample ids, paths or texts
    """

    what: str
    reason: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One comparison.

    Args:
        run_key: what it is stored under
        dataset: the dataset's name
        label_a: what A was chosen by
        label_b: what B was chosen by
        n_a: images of A that were compared
        n_b: images of B that were compared
        differences: best first; supported ones before those that are not
        proposals: every distinct proposal as it was read from the proposers, before merging
        skipped: what was left out
        reused: per kind of stored value, how many were reused and how many computed
        held_out: whether the evidence comes from images that no proposer saw
        separability: whether the sets differ at all: the cross-validated AUROC of a linear
            classifier with its permutation p, the members of
            `evidence.separability.Separability`; None where nothing could be compared
        notes: what a reader should know, in sentences
        config: the run's `Config` as data
        record: what is needed to redo it: ids sampled, replies, usage, versions, seconds a stage
        created: ISO 8601 time, UTC
        dataset_b: the name of B's dataset, where it is another one
    """

    run_key: str
    dataset: str
    label_a: str
    label_b: str
    n_a: int
    n_b: int
    differences: tuple[Difference, ...]
    proposals: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    reused: Mapping[str, Mapping[str, int]] = _field(default_factory=dict)
    held_out: bool = False
    separability: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    config: Mapping[str, Any] = _field(default_factory=dict)
    record: Mapping[str, Any] = _field(default_factory=dict)
    created: str = ""
    dataset_b: str = ""

    @property
    def significant(self) -> tuple[Difference, ...]:
        """The differences that the evidence supports."""
        return tuple(one for one in self.differences if one.significant)

    @property
    def fields(self) -> tuple[str, ...]:
        """The score fields that the run wrote, best difference first."""
        return tuple(one.field for one in self.differences if one.field)

    def summary(self, limit: int = 10) -> str:
        """Returns the answer as text.

        Args:
            limit (10): rows of each part of the table
        """
        from .reports.text import summary

        return summary(self, limit)

    def to_pandas(self) -> pandas.DataFrame:
        """Returns one row a difference, in rank order, with every member of `Difference`."""
        import pandas

        columns = [member.name for member in fields(Difference)]
        rows = [[getattr(one, name) for name in columns] for one in self.differences]
        return pandas.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data with a ``schema_version``."""
        data = {member.name: getattr(self, member.name) for member in fields(self)}
        data["differences"] = [one.to_dict() for one in self.differences]
        data["skipped"] = [asdict(one) for one in self.skipped]
        return {"schema_version": SCHEMA_VERSION, **{k: _plain(v) for k, v in data.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Run:
        """Reads `to_dict`'s data.

        Raises:
            ValueError: if a later version of this library wrote it
        """
        version = data.get("schema_version")
        if version is None or version > SCHEMA_VERSION:
            raise ValueError(
                f"Expected a run record of schema_version <= {SCHEMA_VERSION}, got {version!r}; "
                "a newer VisDiff wrote it: upgrade to read it."
            )
        members = _known(cls, data)
        members["differences"] = tuple(Difference.from_dict(one) for one in data["differences"])
        members["skipped"] = tuple(Skipped(**_known(Skipped, one)) for one in data["skipped"])
        return cls(**members)


def _known(cls: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    names = {member.name for member in fields(cls)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name in names
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return value
