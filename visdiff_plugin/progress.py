"""Progress callbacks for long functions."""

from __future__ import annotations

from collections.abc import Callable

#: called with the share done, in [0, 1], and a label; what it raises stops the work
Progress = Callable[[float, str], object]


def silent(fraction: float, label: str) -> None:
    """Reports progress to nobody."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Returns progress of a part of the work, which begins and ends at these shares of all."""
    return lambda fraction, label: progress(start + fraction * (end - start), label)
