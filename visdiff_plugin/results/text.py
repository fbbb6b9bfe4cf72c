"""A run as text; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..numerals import counted
from .difference import Difference
from .run import Run
from .wording import (
    ABOUT_PARTS,
    PARTS,
    also,
    answer,
    apart,
    cells,
    chance,
    crossing,
    decisive,
    found,
    legend,
    named_together,
    remark,
    shown_in,
    where,
)

_WIDTH = 44


def summary(run: Run, limit: int = 10) -> str:
    """Returns the answer of a run as text.

    Args:
        run: a run
        limit (10): rows of each table
    """
    parts = run.parts
    lines = [
        answer(run),
        f"A: {run.label_a} ({run.n_a} images)   B: {run.label_b} ({run.n_b} images)",
        *([found(run)] if run.significant else []),
        apart(run),
        *([named_together(run)] if named_together(run) else []),
    ]
    both = [row for row in run.significant if row in parts["a"] or row in parts["b"]]
    for title, rows in (("", both), *((PARTS[name], parts[name]) for name in ("look", "file"))):
        if rows:
            lines += ["", *([f"{title}:"] if title else []), *table(rows[:limit], run)]
            lines += _more(rows, limit)
    for name in ("few", "crossing"):
        if parts[name]:
            lines += ["", f"{PARTS[name]} ({len(parts[name])}). {ABOUT_PARTS[name]}"]
            lines += [_brief(row) for row in parts[name][:limit]] + _more(parts[name], limit)
    explained = [
        difference
        for difference in run.differences
        if not difference.significant and difference.control in ("explained", "undecided")
    ]
    if explained:
        lines += ["", *_explained(run, explained[:limit])]
    unsupported = [
        difference
        for difference in run.differences
        if not difference.significant and difference not in explained
    ]
    if unsupported:
        lines += ["", f"Not supported ({len(unsupported)}), the strongest:"]
        lines += table(unsupported[: min(3, limit)])
    lines += _footnotes(run)
    return "\n".join(lines)


def table(differences: Sequence[Difference], run: Run | None = None) -> list[str]:
    """Returns differences as aligned lines with a heading, and what their cells mean.

    Args:
        differences: rows
        run (None): their run, to say which rows are similar to them
    """
    shown = [cells(difference) for difference in differences]
    widths = [max([len("in A"), *(len(pair[side]) for pair in shown)]) for side in (0, 1)]
    heading = (
        f"{'description':<{_WIDTH}} favors  AUROC [95%]        "
        f"{'in A':>{widths[0]}}  {'in B':>{widths[1]}}  q"
    )
    similar = {} if run is None else also(run)
    lines = []
    for difference, (a, b) in zip(differences, shown, strict=True):
        lines.append(_line(difference, f"{a:>{widths[0]}}  {b:>{widths[1]}}"))
        if run is not None and difference.where:
            lines.append(f"  AUROC {where(difference)}")
        if difference.leads and difference.description in similar:
            lines.append(f"  {similar[difference.description]}")
    return [heading, "-" * (len(heading) + 6), *lines, *legend(differences)]


def _explained(run: Run, differences: Sequence[Difference]) -> list[str]:
    """Differences that disappear or become unsure once fields are controlled for."""
    fields = ", ".join(run.config.get("control_for", ())) or "the controlled fields"
    lines = [f"Under control of {fields} ({len(differences)}), AUROC without and with it:"]
    for difference in differences:
        lines.append(
            f"{_short(difference.description):<{_WIDTH}} {difference.auroc:.3f} -> "
            f"{difference.auroc_controlled:.3f}  "
            f"{remark(difference)}"
        )
    return lines


def _line(difference: Difference, shares: str) -> str:
    auroc, interval, p, q = decisive(difference)
    likely, mark = (p, "p ") if q is None else (q, "")
    line = (
        f"{_short(difference.description):<{_WIDTH}} {(difference.favors or '-').upper():<7} "
        f"{auroc:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]  {shares}  {mark}{likely:.2g}"
    )
    said = remark(difference)
    return f"{line}  {said}" if said else line


def _brief(difference: Difference) -> str:
    """A line of what is supported, but not for the sets as a whole."""
    said = crossing(difference) if difference.favors is None else shown_in(difference)
    return f"- {difference.description}: {said} ({chance(difference)})"


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _more(differences: Sequence[Difference], limit: int) -> list[str]:
    left = len(differences) - limit
    return [f"... and {left} more: run.to_pandas()"] if left > 0 else []


def _footnotes(run: Run) -> list[str]:
    lines = [""]
    if run.held_out:
        lines.append("Held out: the evidence comes from images that no proposer saw.")
    for kind, counts in run.reused.items():
        lines.append(f"{kind}: {counts['reused']} reused, {counts['computed']} computed.")
    for skipped_item in run.skipped:
        lines.append(
            f"Left out: {counted(skipped_item.count, skipped_item.what)}: {skipped_item.reason}."
        )
    lines += consumed(run)
    if run.fields:
        where = f" of {run.dataset!r} and of {run.dataset_b!r}" if run.dataset_b else ""
        lines.append(f"Scores: {len(run.fields)} fields in {run.run_key!r}{where}.")
    return lines + list(run.notes)


def consumed(run: Run) -> list[str]:
    """What requests to servers consumed, if there were any."""
    return [
        line
        for kind, name in (("Proposals", "usage"), ("Ranking", "usage_ranker"))
        for line in _consumed(kind, run.record.get(name) or {})
    ]


def _consumed(kind: str, usage: Mapping[str, Any]) -> list[str]:
    requests, put, got = (
        int(usage.get(name) or 0) for name in ("requests", "input_tokens", "output_tokens")
    )
    if not requests:
        return []
    said = f"{kind}: {counted(requests, 'request')}"
    if not put + got:
        return [f"{said}; the server counted no tokens."]
    return [f"{said}, {counted(put + got, 'token')} ({put:,} in, {got:,} out)."]
