"""A run as a document: HTML with pictures, Markdown, CSV, JSON or plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from ..results.run import Run

Format = Literal["html", "md", "csv", "json", "txt"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(run: Run, kind: Format, pictures: Mapping[str, str] | None = None) -> str:
    """Returns a run as a document.

    Args:
        run: the run
        kind: of document
        pictures (None): sample id -> data URL, for HTML; images without one are left out

    Raises:
        ValueError: on an unknown kind
    """
    from ..results import text
    from . import html, markdown, tables

    if kind == "html":
        return html.page(run, pictures or {})
    if kind == "md":
        return markdown.document(run)
    if kind == "csv":
        return tables.csv_table(run)
    if kind == "json":
        return tables.json_record(run)
    if kind == "txt":
        return text.summary(run, limit=len(run.differences)) + "\n"
    raise ValueError(f"Expected a report as one of {FORMATS}, got {kind!r}.")
