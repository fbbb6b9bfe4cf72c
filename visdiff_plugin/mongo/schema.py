"""Changes of a dataset's schema and runs, one process after the other.

FiftyOne writes the list of fields as a whole, as this process knows it: of two processes that add
fields at once, one would undo what the other did.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .claims import claimed
from .documents import collection, document_of

#: what a claim of the schema is called; no run can be called so
_NAME = "the schema"
#: seconds to wait for another process: a field of a million samples is deleted in less
_PATIENCE = 120.0

_held = threading.local()


@contextmanager
def changing(dataset: Any) -> Iterator[None]:
    """Holds the schema of a dataset, as it is in the database by then; may be nested.

    Raises:
        RunError: if another process goes on changing it
    """
    names = _held.__dict__.setdefault("names", set())
    name = collection(dataset).name
    if name in names:
        yield
        return
    with claimed([dataset], _NAME, _PATIENCE):
        names.add(name)
        try:
            refresh_schema(dataset)
            yield
        finally:
            names.discard(name)


def refresh_schema(dataset: Any) -> None:
    """Reads a dataset's fields and runs again, if another process has changed them."""
    document = document_of(dataset)
    stored = collection(dataset).database["datasets"].find_one(
        {"_id": document.id}, {"sample_fields": 1, "runs": 1}
    )  # fmt: skip
    if stored is None:
        return  # it was deleted: whatever comes next says so
    known = {key: getattr(run, "id", None) for key, run in document.runs.items()}
    if known != stored.get("runs", {}) or _names(document.sample_fields) != _names(
        stored.get("sample_fields", ())
    ):
        dataset.reload()


def _names(fields: Any) -> list[Any]:
    """Returns the names of fields, in order, with those inside."""
    names = []
    for each in fields or ():
        inside = each.get("fields") if isinstance(each, Mapping) else each.fields
        name = each.get("name") if isinstance(each, Mapping) else each.name
        names.append((name, _names(inside)))
    return names
