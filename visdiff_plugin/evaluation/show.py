"""Rows as text: a table a sweep, and the matrix of proposers and rankers; pure."""

from __future__ import annotations

from collections.abc import Sequence

from .plan import Sweep, spec_label
from .results import Interval, Row

_HEADING = (
    "variant", "pairs", "Acc@1", "Acc@5", "supported Acc@5", "Acc@5 of B", "report anything",
    "supported", "calls", "tokens", "seconds",
)  # fmt: skip


def sweep_text(sweep: Sweep, rows: Sequence[Row]) -> str:
    """Returns a sweep's tables in Markdown.

    Args:
        sweep: which one
        rows: of `results.rows_of`
    """
    parts = [f"## {sweep.name}"]
    plain = [row for row in rows if row.change.kind == "none" and not row.group]
    if plain:
        parts.append(_markdown(_HEADING, [_numbers(row) for row in plain]))
    by_group = _by_group(rows)
    if by_group:
        parts += ["Acc@1 / Acc@5 by group:", by_group]
    for kind, says in (
        ("purity", "purity"),
        ("concentration", "share of A that differs"),
        ("shuffle", "images dealt anew: all that is reported is false"),
    ):
        changed = [row for row in rows if row.change.kind == kind and not row.group]
        if changed:
            parts += [f"{says}:", _markdown(*_changed(kind, changed))]
    missing = sum(row.unfinished for row in rows if not row.group)
    if missing:
        parts.append(f"{missing} comparisons of this table are not finished.")
    return "\n\n".join(parts)


def _numbers(row: Row) -> list[str]:
    return [
        row.variant,
        str(row.pairs),
        interval(row.acc1),
        interval(row.acc5),
        interval(row.acc5_supported),
        interval(row.acc5_b),
        interval(row.reporting),
        _number(row.supported, 1),
        _number(row.requests, 1),
        _number(row.tokens, 0),
        _number(row.seconds, 2),
    ]


def _changed(kind: str, rows: Sequence[Row]) -> tuple[Sequence[str], list[list[str]]]:
    if kind == "shuffle":
        return ("variant", "comparisons", "false discoveries"), [
            [row.variant, str(row.runs), interval(row.reporting)] for row in rows
        ]
    heading = ("variant", "level", "Acc@1", "Acc@5", "supported Acc@5", "report anything")
    return heading, [
        [
            row.variant,
            f"{row.change.level:g}",
            interval(row.acc1),
            interval(row.acc5),
            interval(row.acc5_supported),
            interval(row.reporting),
        ]
        for row in rows
    ]


def _by_group(rows: Sequence[Row]) -> str:
    own = [row for row in rows if row.change.kind == "none" and row.group]
    groups = list(dict.fromkeys(row.group for row in own))
    if not groups:
        return ""
    axes = [name for name in ("proposer", "ranker") if own and name in own[0].settings]
    lines = []
    for variant in dict.fromkeys(row.variant for row in own):
        of = {row.group: row for row in own if row.variant == variant}
        settings = next(iter(of.values())).settings
        named = [spec_label(settings[name]) for name in axes]
        cells = [
            f"{_number(row.acc1 and row.acc1[0], 2)} / {_number(row.acc5 and row.acc5[0], 2)}"
            for row in (of[group] for group in groups)
        ]
        lines.append([variant, *named, *cells])
    counts = {row.group: row.pairs for row in own}
    return _markdown(["variant", *axes, *(f"{group} ({counts[group]})" for group in groups)], lines)


def interval(value: Interval | None) -> str:
    """Returns ``"0.50 [0.31, 0.69]"``; ``"-"`` where there is none."""
    return "-" if value is None else "{:.2f} [{:.2f}, {:.2f}]".format(*value)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _markdown(heading: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [heading, ["---"] * len(heading), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
