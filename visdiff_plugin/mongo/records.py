"""Reads and writes the record of a run so that the old one is there until the new one is."""

from __future__ import annotations

from typing import Any

from .documents import collection, document_of


def refresh(dataset: Any, run_key: str) -> None:
    """Reads what another process or thread may have written of a run since it was read here."""
    from mongoengine.errors import DoesNotExist

    document = document_of(dataset).runs.get(run_key)
    try:
        if document is not None:
            document.reload()
            return
    except DoesNotExist:
        pass  # it was deleted
    dataset.reload()


def save_record(dataset: Any, run_key: str, record: dict[str, Any]) -> None:
    """Writes the results of a run, in FiftyOne's own form.

    FiftyOne deletes the old file before it writes the new one. A process that dies in between
    would leave a run without its differences, verdicts and notes.

    Args:
        dataset: a FiftyOne dataset
        run_key: a run that is registered
        record: what `dataset.load_run_results` returns as ``record``
    """
    from bson import json_util  # both where they are used: they are slow
    from gridfs import GridFS

    results = dataset.init_run_results(run_key, record=record)
    document = document_of(dataset).runs[run_key]
    files = GridFS(collection(dataset).database)
    old = document.results
    body = json_util.dumps(results.serialize()).encode()
    written = files.put(body, content_type="application/json")
    # the one that is there keeps what it read
    document.results = type(old)(
        grid_id=written, key=old.key, instance=document, db_alias=old.db_alias,
        collection_name=old.collection_name,
    )  # fmt: skip
    document.results_meta = dict(results.get_meta() or {})
    document.save()
    # what FiftyOne read before
    getattr(dataset, "_run_cache", {}).pop(run_key, None)
    if old.grid_id is not None:
        files.delete(old.grid_id)
