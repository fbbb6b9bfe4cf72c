"""What a comparison left out, what it reused, and notes; counted along the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .storable import storable


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
    """What was left out, what was reused, and notes; filled along the way."""

    skipped: list[Skipped] = field(default_factory=list)
    reused: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

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
