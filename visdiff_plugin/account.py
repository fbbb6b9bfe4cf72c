"""What a comparison left out, what it reused, and notes; counted along the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .storable import storable

#: reasons for which a file is named
_MOST_NAMED = 5


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


@dataclass
class Account:
    """What was left out, what was reused, and notes; filled along the way.

    Attributes:
        skipped: what was left out
        reused: kind of value -> how many were reused and computed
        notes: in sentences
        files: reason for which files were left out -> the path of one
    """

    skipped: list[Skipped] = field(default_factory=list)
    reused: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def skip(self, what: str, reasons: Mapping[str, str]) -> None:
        """Counts skipped items by reason, together with those that were counted before.

        Args:
            what: ``"sample"``, ``"caption"``, ...
            reasons: item (id, path or text) -> reason
        """
        reasons = {storable(item): storable(reason) for item, reason in reasons.items()}
        for reason, count in Counter(reasons.values()).most_common():
            examples = [item for item, other in reasons.items() if other == reason][:5]
            alike = [
                skipped_item
                for skipped_item in self.skipped
                if (skipped_item.what, skipped_item.reason) == (what, reason)
            ]
            for counted in alike:
                self.skipped.remove(counted)
                count, examples = count + counted.count, [*counted.examples, *examples][:5]
            self.skipped.append(Skipped(what, reason, count, tuple(examples)))

    def skip_files(self, reasons: Mapping[str, str], paths: Mapping[str, str]) -> None:
        """Counts samples whose file can't be used, and names one file for each reason.

        Args:
            reasons: sample id -> reason
            paths: sample id -> its file
        """
        self.skip("sample", reasons)
        for sample_id, reason in reasons.items():
            if reason not in self.files and len(self.files) < _MOST_NAMED:
                self.files[reason] = paths[sample_id]
                self.note(f"Left out: {reason}, such as {paths[sample_id]!r}.")

    def reuse(self, noun: str, reused: int, computed: int) -> None:
        """Counts stored values that were reused, and values that were computed."""
        before = self.reused.get(noun, {"reused": 0, "computed": 0})
        self.reused[noun] = {
            "reused": before["reused"] + reused,
            "computed": before["computed"] + computed,
        }

    def note(self, text: str) -> None:
        """Adds a note, once."""
        if text not in self.notes:
            self.notes.append(text)
