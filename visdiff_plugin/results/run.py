"""What a comparison found: frozen, JSON-safe, and readable as text or a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from dataclasses import field as _field
from typing import TYPE_CHECKING, Any

from ..account import Skipped
from .difference import Difference, known_members, plain_data

if TYPE_CHECKING:
    import pandas

#: of the stored record; raised when its meaning changes
SCHEMA_VERSION = 1


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
        named: how much of that all supported rows together tell: the members of `apart.Named`;
            None where there is none, or nothing could be compared
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
    named: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    config: Mapping[str, Any] = _field(default_factory=dict)
    record: Mapping[str, Any] = _field(default_factory=dict)
    created: str = ""
    dataset_b: str = ""

    @property
    def significant(self) -> tuple[Difference, ...]:
        """The differences that the evidence supports."""
        return tuple(difference for difference in self.differences if difference.significant)

    @property
    def themes(self) -> tuple[Theme, ...]:
        """The supported differences by what they mean, in order: the first five are five themes."""
        members: dict[str, list[Difference]] = {}
        for difference in self.significant:
            # in runs before there were themes, each is one
            members.setdefault(difference.theme or difference.description, []).append(difference)
        return tuple(
            Theme(row, tuple(other for other in members[row.description] if other is not row))
            for row in self.significant
            if row.leads
        )

    @property
    def answer(self) -> str:
        """The answer in a sentence or two, made without a model."""
        from .wording import answer

        return answer(self)

    @property
    def parts(self) -> dict[str, tuple[Difference, ...]]:
        """The differences as every view lists them, each in one place and in order.

        Of those that lead a theme, ``"a"`` and ``"b"``: what is shown or labeled, supported for the
        sets as a whole, by the set that it is truer of; ``"look"`` and ``"file"``: how the pictures
        look and how the files differ; ``"few"``: supported for few images; ``"crossing"``: opposite
        ways within strata. ``"similar"``: supported, in the theme of one of these; ``"rest"``: not
        supported.
        """
        names = ("a", "b", "look", "file", "few", "crossing", "similar", "rest")
        parts: dict[str, list[Difference]] = {name: [] for name in names}
        for difference in self.differences:
            parts[_part_of(difference)].append(difference)
        return {name: tuple(rows) for name, rows in parts.items()}

    @property
    def fields(self) -> tuple[str, ...]:
        """The score fields that the run wrote, best difference first."""
        return tuple(difference.field for difference in self.differences if difference.field)

    def summary(self, limit: int = 10) -> str:
        """Returns the answer as text.

        Args:
            limit (10): rows of each part of the table
        """
        from .text import summary

        return summary(self, limit)

    def to_pandas(self) -> pandas.DataFrame:
        """Returns one row a difference, in rank order, with every member of `Difference`."""
        import pandas

        columns = [member.name for member in fields(Difference)]
        rows = [[getattr(difference, name) for name in columns] for difference in self.differences]
        return pandas.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data with a ``schema_version``."""
        data = {member.name: getattr(self, member.name) for member in fields(self)}
        data["differences"] = [difference.to_dict() for difference in self.differences]
        data["skipped"] = [asdict(skipped_item) for skipped_item in self.skipped]
        return {"schema_version": SCHEMA_VERSION, **{k: plain_data(v) for k, v in data.items()}}

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
        members = known_members(cls, data)
        members["differences"] = tuple(Difference.from_dict(entry) for entry in data["differences"])
        members["skipped"] = tuple(
            Skipped(**known_members(Skipped, entry)) for entry in data["skipped"]
        )
        return cls(**members)


@dataclass(frozen=True)
class Theme:
    """Differences that mean the same, or a special case of one.

    Args:
        lead: the plainest of them, whose evidence stands for all
        members: the others, strongest first
    """

    lead: Difference
    members: tuple[Difference, ...] = ()

    @property
    def name(self) -> str:
        """What it is about."""
        return self.lead.description


def _part_of(difference: Difference) -> str:
    if not difference.significant:
        return "rest"
    if not difference.leads:
        return "similar"
    if not difference.is_broad:
        return "few" if "concentrated" in difference.supported_as else "crossing"
    if difference.kind in ("look", "file"):
        return difference.kind
    return difference.favors or "a"
