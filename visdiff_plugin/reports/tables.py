"""A run as a table or as its record, for other programs; pure."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from typing import Any

from ..results.difference import Difference
from ..results.run import Run

#: members of a difference that are no single cell
_LEFT_OUT = ("histogram", "examples", "strata", "where")
#: a spreadsheet takes a text that begins so for a formula, and runs it
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_table(run: Run) -> str:
    """Returns a row for each difference, in rank order, with every number of its evidence.

    Texts that a spreadsheet would run as a formula get an apostrophe in front. An interval takes
    two columns, a list is joined by semicolons, and an unknown value is an empty cell.
    """
    rows = [
        {"rank": rank, **_row(difference)} for rank, difference in enumerate(run.differences, 1)
    ]
    names = list(rows[0]) if rows else ["rank", *_columns()]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def json_record(run: Run) -> str:
    """Returns the stored record as JSON; `Run.from_dict` reads it back."""
    return json.dumps(run.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _columns() -> list[str]:
    names: list[str] = []
    for member in fields(Difference):
        if member.name.endswith("_interval"):
            names += [f"{member.name}_low", f"{member.name}_high"]
        elif member.name not in _LEFT_OUT:
            names.append(member.name)
    return names


def _row(difference: Difference) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for member in fields(Difference):
        value = getattr(difference, member.name)
        if member.name.endswith("_interval"):
            low, high = value if value is not None else (None, None)
            row[f"{member.name}_low"], row[f"{member.name}_high"] = low, high
        elif member.name not in _LEFT_OUT:
            row[member.name] = _cell(value)
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = "; ".join(str(item) for item in value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
