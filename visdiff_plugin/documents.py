"""Bulk reads and writes of sample fields, straight through FiftyOne's own Mongo collection.

FiftyOne's setters and ``values()`` cost several times the database's own time. The two names of
FiftyOne used here (``_sample_collection``, ``_bulk_write``) are private: a test fails by name where
a version moves them. What is written reads back as if FiftyOne had written it.
"""

from __future__ import annotations

import threading
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import usable_cores
from .errors import FieldError
from .vector_bytes import decode_vector, decode_vectors, encode_vector

__all__ = [
    "CHUNK",
    "address_of",
    "decode_vector",
    "encode_vector",
    "read_columns",
    "read_present",
    "read_vectors",
    "reload_samples",
    "write_values",
    "write_vectors",
]

#: documents in one request: small enough that a failure repeats little, large enough to stream
CHUNK = 5_000
#: the same where several requests are under way: two threads then wait little for each other
_SMALL = 2_000


def read_columns(dataset: Any, ids: Sequence[str], paths: Sequence[str]) -> dict[str, list[Any]]:
    """Returns, for each path, the raw stored values in the order of ``ids``.

    Args:
        dataset: a FiftyOne dataset
        ids: ``n`` sample ids
        paths: field paths, dots for embedded documents

    Returns:
        path -> ``n`` values as MongoDB holds them; None where a sample lacks the field
    """
    from bson import ObjectId

    columns: dict[str, list[Any]] = {path: [None] * len(ids) for path in paths}
    parts = {path: path.split(".") for path in paths}
    for start in range(0, len(ids), CHUNK):
        chunk = [ObjectId(one) for one in ids[start : start + CHUNK]]
        row_of = {one: start + offset for offset, one in enumerate(chunk)}
        projection = dict.fromkeys(_without_nested(paths), 1)
        for document in dataset._sample_collection.find({"_id": {"$in": chunk}}, projection):
            row = row_of[document["_id"]]
            for path, names in parts.items():
                columns[path][row] = _dig(document, names)
    return columns


def read_present(dataset: Any, ids: Sequence[str], path: str) -> set[str]:
    """Returns those of ``ids`` whose sample has a value in a field, without reading the values."""
    from bson import ObjectId

    found: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        chunk = [ObjectId(one) for one in ids[start : start + CHUNK]]
        wanted = {"_id": {"$in": chunk}, path: {"$ne": None}}
        for document in dataset._sample_collection.find(wanted, {"_id": 1}):
            found.add(str(document["_id"]))
    return found


def read_vectors(
    dataset: Any, ids: Sequence[str], field: str, threads: int | None = None
) -> NDArray[np.float32]:
    """Returns stored embeddings in the order of ``ids``, decoded straight into one array.

    Args:
        dataset: a FiftyOne dataset
        ids: ``n`` sample ids
        field: path of a VectorField; lists of numbers are read too
        threads (None): requests at the same time; by default one a core

    Returns:
        ``(n, d)``, NaN where a sample has none; ``d`` is 0 where none has

    Raises:
        FieldError: if the field holds something else, or vectors of several lengths
    """
    rows = _Rows(len(ids), field)

    def read(start: int) -> None:
        from bson import ObjectId

        chunk = [ObjectId(one) for one in ids[start : start + _SMALL]]
        row_of = {one: start + offset for offset, one in enumerate(chunk)}
        found = dataset._sample_collection.find({"_id": {"$in": chunk}}, {field: 1})
        names = field.split(".")
        stored = [(row_of[one["_id"]], _dig(one, names)) for one in found.batch_size(_SMALL)]
        rows.put([(row, value) for row, value in stored if value is not None])

    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        for _ in pool.map(read, range(0, len(ids), _SMALL)):
            pass
    return rows.values if rows.values is not None else np.empty((len(ids), 0), np.float32)


def write_values(
    dataset: Any,
    values: Mapping[str, Mapping[str, Any]] | Iterable[Mapping[str, Mapping[str, Any]]],
    threads: int | None = None,
) -> None:
    """Sets fields of many samples, one update a sample.

    Args:
        dataset: a FiftyOne dataset that declares every field in its schema
        values: sample id -> field path -> value as MongoDB holds it; or an iterator of such
            mappings, so that they need not be in memory together
        threads (None): requests at the same time; by default one a core

    Raises:
        ValueError: if MongoDB refuses a value
    """
    # FiftyOne stores naive UTC times
    now = datetime.now(UTC).replace(tzinfo=None)
    waiting: deque[Future[list[str]]] = deque()
    threads = threads or usable_cores()
    with ThreadPoolExecutor(threads) as pool:
        for chunk in _chunks(values):
            waiting.append(pool.submit(_write, dataset, chunk, now))
            if len(waiting) > threads:
                reload_samples(dataset, waiting.popleft().result())
        while waiting:
            reload_samples(dataset, waiting.popleft().result())


def write_vectors(
    dataset: Any, ids: Sequence[str], field: str, vectors: NDArray[np.floating[Any]]
) -> None:
    """Sets a VectorField of many samples.

    Args:
        dataset: a FiftyOne dataset that declares the field in its schema
        ids: ``n`` sample ids
        field: the field's path
        vectors: ``(n, d)``; a row that is not finite is not written

    Raises:
        ValueError: if there is not one vector for each id
    """
    if vectors.ndim != 2 or len(vectors) != len(ids):
        raise ValueError(f"Expected vectors of shape ({len(ids)}, d), got {vectors.shape}.")

    def chunks() -> Iterator[dict[str, dict[str, Any]]]:
        for start in range(0, len(ids), _SMALL):
            part = vectors[start : start + _SMALL]
            known = np.isfinite(part).all(axis=1)
            yield {
                one: {field: encode_vector(vector)}
                for one, vector, finite in zip(
                    ids[start : start + _SMALL], part, known, strict=True
                )
                if finite
            }

    write_values(dataset, chunks())


def reload_samples(dataset: Any, ids: Sequence[str]) -> None:
    """Makes FiftyOne reload samples that the caller holds; in the caller's thread, as they are."""
    for start in range(0, len(ids), CHUNK):
        dataset._bulk_write([], ids=list(ids[start : start + CHUNK]))


def address_of(dataset: Any) -> tuple[str, int, str, str]:
    """Returns host, port, database and collection of a dataset's samples."""
    samples = dataset._sample_collection
    host, port = samples.database.client.address
    return str(host), int(port), str(samples.database.name), str(samples.name)


def _chunks(
    values: Mapping[str, Mapping[str, Any]] | Iterable[Mapping[str, Mapping[str, Any]]],
) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    for part in (values,) if isinstance(values, Mapping) else values:
        rows = list(part.items())
        for start in range(0, len(rows), _SMALL):
            yield rows[start : start + _SMALL]


def _write(dataset: Any, rows: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> list[str]:
    """Writes one chunk and returns its ids."""
    from bson import ObjectId
    from pymongo import UpdateOne
    from pymongo.errors import BulkWriteError

    updates = [
        UpdateOne({"_id": ObjectId(one)}, {"$set": {**fields, "last_modified_at": now}})
        for one, fields in rows
    ]
    try:
        dataset._sample_collection.bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        reason = error.details["writeErrors"][0]["errmsg"]
        raise ValueError(f"Expected values that MongoDB can hold, got: {reason}.") from error
    return [one for one, _ in rows]


class _Rows:
    """One array that several threads decode into; its width is that of the first vector."""

    def __init__(self, n: int, field: str) -> None:
        self.values: NDArray[np.float32] | None = None
        self._n, self._field = n, field
        self._lock = threading.Lock()

    def put(self, stored: Sequence[tuple[int, Any]]) -> None:
        """Decodes values into their rows.

        Raises:
            FieldError: if one is no vector, or of another length than the first
        """
        if not stored:
            return
        try:
            vectors = decode_vectors([value for _, value in stored])
        except (ValueError, TypeError, zlib.error) as error:
            raise FieldError(
                f"Expected embeddings in {self._field!r}, got something else ({error}).",
                "Name a VectorField, or leave embedding_field out.",
            ) from error
        with self._lock:
            if self.values is None:
                self.values = np.full((self._n, len(vectors[0])), np.nan, np.float32)
        width = self.values.shape[1]
        wrong = next((len(one) for one in vectors if len(one) != width), None)
        if wrong is not None:
            raise FieldError(
                f"Expected embeddings of {width} dimensions in {self._field!r}, got one of "
                f"{wrong}.",
                "Name a field of a single model.",
            )
        self.values[[row for row, _ in stored]] = vectors


def _dig(document: Any, names: Iterable[str]) -> Any:
    names = list(names)
    for position, name in enumerate(names):
        if isinstance(document, list):  # e.g. detections.label
            return [_dig(item, names[position:]) for item in document]
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _without_nested(paths: Sequence[str]) -> list[str]:
    """MongoDB refuses a projection that names both a document and a part of it."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(f"{parent}.") for parent in kept):
            kept.append(path)
    return kept
