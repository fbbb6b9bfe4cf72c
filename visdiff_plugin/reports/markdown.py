"""A run as Markdown, for a pull request or a wiki; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..results.difference import Difference
from ..results.run import Run
from ..results.wording import (
    ABOUT_PARTS,
    PARTS,
    answer,
    apart,
    cells,
    chance,
    control,
    crossing,
    found,
    legend,
    named_together,
    remark,
    shown_in,
    strength,
    where,
)

#: what Markdown, or HTML inside it, would read as markup
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&:@]|^[-+.=])")


def plain_text(text: str) -> str:
    """Returns text escaped for Markdown, on a single line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def document(run: Run) -> str:
    """Returns the answer, and a table of the differences of each side."""
    lines = [
        f"# How {plain_text(run.label_a)} differs from {plain_text(run.label_b)}",
        "",
        f"A: {plain_text(run.label_a)} ({run.n_a:,} photos). "
        f"B: {plain_text(run.label_b)} ({run.n_b:,} photos).",
        "",
        f"**{answer(run, plain_text)}**",
        "",
        *([found(run), ""] if run.significant else []),
        f"{apart(run)} {named_together(run)}".rstrip(),
    ]
    for side, label in (("a", run.label_a), ("b", run.label_b)):
        own = run.parts[side]
        if own:
            lines += ["", f"## Truer of {side.upper()}: {plain_text(label)}", "", *_table(own)]
    for name, title in PARTS.items():
        own = run.parts[name]
        if own:
            about = [ABOUT_PARTS[name], ""] if name in ABOUT_PARTS else []
            lines += ["", f"## {title} ({len(own)})", "", *about, *_table(own)]
    lines += [""] * bool(legend(run.differences)) + legend(run.differences)
    lines += ["", "## How this was computed", "", *(f"- {line}" for line in _how(run))]
    return "\n".join(lines) + "\n"


def brief(run: Run, limit: int = 5) -> str:
    """Returns the answer, and the first differences of each side, in a few lines.

    Args:
        run: the run
        limit (5): differences of each side
    """
    lines = [f"**{answer(run, plain_text)}**", "", *([found(run), ""] if run.significant else []),
             apart(run)]  # fmt: skip
    for side, label in (("a", run.label_a), ("b", run.label_b)):
        own = run.parts[side]
        if own:
            lines += ["", f"Truer of {side.upper()}: {plain_text(label)}", ""]
            lines += [
                f"- {plain_text(difference.description)}: {shown_in(difference)}"
                for difference in own[:limit]
            ]
            lines += [f"- and {len(own) - limit} more"] * (len(own) > limit)
    for name in ("look", "file", "few"):
        own = run.parts[name]
        if own:
            about = f": {ABOUT_PARTS[name]}" if name in ABOUT_PARTS else ""
            lines += ["", f"{PARTS[name]}{about}", ""]
            lines += [
                f"- {plain_text(difference.description)} ({(difference.favors or '-').upper()}): "
                f"{shown_in(difference)}"
                for difference in own[:limit]
            ]
            lines += [f"- and {len(own) - limit} more"] * (len(own) > limit)
    return "\n".join(lines + [f"\n{plain_text(note)}" for note in run.notes]) + "\n"


def _table(differences: Sequence[Difference]) -> list[str]:
    lines = [
        "| description | favors | strength | in A | in B | chance | remarks |",
        "|---|---|---|---|---|---|---|",
    ]
    for difference in differences:
        a, b = cells(difference)
        lines.append(
            f"| {plain_text(difference.description)} | {(difference.favors or '-').upper()} "
            f"| {strength(difference)} | {a} | {b} | {chance(difference)} "
            f"| {_remarks(difference)} |"
        )
    return lines


def _remarks(difference: Difference) -> str:
    parts = [difference.verdict, difference.note, remark(difference), control(difference)]
    if difference.significant and not difference.leads:
        parts.append(f"like {difference.theme}")
    if "crossing" in difference.supported_as:
        parts.append(crossing(difference))
    if difference.where:
        parts.append(f"AUROC {where(difference)}")
    if difference.merged:
        parts.append("other wordings: " + ", ".join(difference.merged))
    return plain_text("; ".join(part for part in parts if part))


def _how(run: Run) -> list[str]:
    from .used import used

    return [plain_text(line) for line in used(run)]
