"""A run as a document: HTML with pictures, Markdown, CSV, JSON or plain text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..results.run import Run

#: sample id -> data URL
Pictures = Mapping[str, str]


@dataclass(frozen=True)
class ReportFormat:
    """One kind of document.

    Args:
        label: what people call it
        media_type: of the file, for browsers
        write: run, pictures -> text
        shows_pictures (False): whether it has pictures
    """

    label: str
    media_type: str
    write: Callable[[Run, Pictures], str]
    shows_pictures: bool = False


def render(run: Run, kind: str, pictures: Pictures | None = None) -> str:
    """Returns a run as a document.

    Args:
        run: the run
        kind: a key of `FORMATS`
        pictures (None): sample id -> data URL; an image that is not there is left out

    Raises:
        ValueError: on an unknown kind
    """
    if kind not in FORMATS:
        raise ValueError(f"Expected a report as one of {', '.join(FORMATS)}, got {kind!r}.")
    return FORMATS[kind].write(run, pictures or {})


def _html(run: Run, pictures: Pictures) -> str:
    from . import html

    return html.page(run, pictures)


def _markdown(run: Run, _: Pictures) -> str:
    from . import markdown

    return markdown.document(run)


def _csv(run: Run, _: Pictures) -> str:
    from . import tables

    return tables.csv_table(run)


def _json(run: Run, _: Pictures) -> str:
    from . import tables

    return tables.json_record(run)


def _text(run: Run, _: Pictures) -> str:
    return run.summary(limit=len(run.differences)) + "\n"


#: ending of a file -> the kind of document; forms, the panel and `runs.export` offer these
FORMATS: Mapping[str, ReportFormat] = {
    "html": ReportFormat("Web page with photos", "text/html", _html, shows_pictures=True),
    "md": ReportFormat("Markdown", "text/markdown", _markdown),
    "csv": ReportFormat("Table (CSV)", "text/csv", _csv),
    "json": ReportFormat("Data (JSON)", "application/json", _json),
    "txt": ReportFormat("Plain text", "text/plain", _text),
}
