"""The table of stages as Markdown, for docs/choosing.md; pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from .choice import Choice
from .table import STAGES

#: heads of the columns, and what stands in each
_COLUMNS: dict[str, Callable[[Choice], str]] = {
    "name": lambda choice: f"`{choice.name}`",
    "finds": lambda choice: choice.finds,
    "needs": lambda choice: choice.needs,
    "costs": lambda choice: choice.cost,
    "for n images and k descriptions": lambda choice: choice.formula,
    "measured": lambda choice: choice.measured,
}


def table_of(stage: str) -> str:
    """Returns a stage's choices, a line each; columns that say nothing of any are left out."""
    cells = {
        head: [column(choice) for choice in STAGES[stage]] for head, column in _COLUMNS.items()
    }
    shown = {head: column for head, column in cells.items() if any(column)}
    if "measured" in shown:
        shown["measured"] = [text or "not measured" for text in shown["measured"]]
    head, *rows = [
        f"| {' | '.join(line)} |" for line in (shown, *zip(*shown.values(), strict=True))
    ]
    return "\n".join([head, f"|{'---|' * len(shown)}", *rows])


def with_tables(page: str) -> str:
    """Returns a page with the table below each stage's heading as it is now.

    Raises:
        ValueError: if a stage has no heading with a table
    """
    for stage in STAGES:
        head = f"## {stage.capitalize()}s\n\n"
        before, heading, rest = page.partition(head)
        old = re.match(r"(?:\|.*\n)+", rest)
        if not heading or old is None:
            raise ValueError(f"Expected a table below {head.strip()!r}, got none.")
        page = f"{before}{head}{table_of(stage)}\n{rest[old.end() :]}"
    return page
