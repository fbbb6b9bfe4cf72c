"""Bulk reads of sample fields, straight from FiftyOne's own Mongo collection.

FiftyOne's ``values()`` costs several times the database's own time. The four names of FiftyOne
used here (``_sample_collection``, ``_pipeline``, ``_bulk_write``, ``_doc``) are private: a test
fails by name where a version moves them. `updates` writes; what it writes reads back as if FiftyOne
had.
"""

from __future__ import annotations

import gc
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..cores import usable_cores
from ..errors import FieldError
from .document_bytes import among, pack_ids, read_alike, unpack_ids
from .vector_bytes import decode_vectors

__all__ = ["CHUNK", "address_of", "pipeline", "read_columns", "read_present", "read_vectors",
           "view_ids", "view_values"]  # fmt: skip

Read = TypeVar("Read")

#: documents in one request: small enough that threads wait little for each other, large enough to
#: stream
CHUNK = 2_000


def collection(dataset: Any) -> Any:
    """Returns the Mongo collection of a dataset's samples."""
    return dataset._sample_collection


def document_of(dataset: Any) -> Any:
    """Returns FiftyOne's own document of a dataset, with its fields and runs."""
    return dataset._doc


def reload(dataset: Any, ids: Iterable[str]) -> None:
    """Makes FiftyOne reload those samples that the caller holds."""
    dataset._bulk_write([], ids=ids)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pauses Python's search for cycles of objects.

    Thousands of documents at a time, none of them in a cycle, would make it walk through all that
    FiftyOne has loaded, again and again: that takes longer than reading them.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:  # so whoever of several threads stopped it starts it again
            gc.enable()


def address_of(dataset: Any) -> tuple[str, int, str, str]:
    """Returns host, port, database and collection of a dataset's samples."""
    samples = collection(dataset)
    host, port = samples.database.client.address
    return str(host), int(port), str(samples.database.name), str(samples.name)


def pipeline(view: Any) -> list[dict[str, Any]]:
    """Returns the MongoDB stages of a view; none for a dataset."""
    return list(view._pipeline())


def stored_path(dataset: Any, path: str) -> str:
    """Returns where MongoDB holds a field: ``group.id`` is ``group._id``.

    Args:
        dataset: a FiftyOne dataset
        path: a field's path as FiftyOne has it; what the schema does not know stays as it is
    """
    names = path.split(".")
    stored = []
    for end, name in enumerate(names, 1):
        field = dataset.get_field(".".join(names[:end]))
        stored.append(str(getattr(field, "db_field", None) or name))
    return ".".join(stored)


@collector_paused()
def view_ids(dataset: Any, view: Any) -> list[str]:
    """Returns the sample ids of a view of a dataset, in the view's order."""
    wanted = [*pipeline(view), {"$project": {"_id": 1}}]
    batches = collection(dataset).aggregate_raw_batches(wanted, allowDiskUse=True)
    return [unpack_sample_id for batch in batches for unpack_sample_id in unpack_ids(batch)]


@collector_paused()
def view_values(dataset: Any, view: Any, path: str) -> tuple[list[str], list[Any]]:
    """Returns the sample ids of a view, and the values of a field; None where there is none."""
    import bson

    wanted = [*pipeline(view), {"$project": {"value": f"${stored_path(dataset, path)}"}}]
    ids: list[str] = []
    values: list[Any] = []
    for batch in collection(dataset).aggregate_raw_batches(wanted, allowDiskUse=True):
        for document in bson.decode_all(batch):
            ids.append(str(document["_id"]))
            values.append(document.get("value"))
    return ids, values


@collector_paused()
def read_columns(
    dataset: Any, ids: Sequence[str], paths: Sequence[str], present: str | None = None
) -> dict[str, list[Any]]:
    """Returns, for each path, the raw stored values in the order of ``ids``.

    Args:
        dataset: a FiftyOne dataset
        ids: ``n`` sample ids
        paths: field paths, dots for embedded documents
        present (None): a field, itself not read, without which a sample has no values

    Returns:
        path -> ``n`` values as MongoDB holds them; None where a sample lacks the field
    """
    where = {path: stored_path(dataset, path) for path in paths}
    parts = {path: stored.split(".") for path, stored in where.items()}
    columns: dict[str, list[Any]] = {path: [] for path in paths}
    condition = {} if present is None else {stored_path(dataset, present): {"$ne": None}}
    for documents in _found(dataset, ids, condition, _without_nested([*where.values()])):
        for path, names in parts.items():
            columns[path] += _values(documents, names)
    return columns


def read_present(dataset: Any, ids: Sequence[str], path: str) -> set[str]:
    """Returns those of ``ids`` whose sample has a value in a field, without reading the values."""
    known_ids = read_columns(dataset, ids, ["_id"], present=path)["_id"]
    return {sample_id for sample_id, known in zip(ids, known_ids, strict=True) if known is not None}


@collector_paused()
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
    from bson.raw_bson import RawBSONDocument

    values: NDArray[np.float32] | None = None
    stored = stored_path(dataset, field)

    def read(start: int) -> tuple[int, NDArray[np.intp], NDArray[np.bytes_], list[bytes]]:
        chunk, rows = np.unique(pack_ids(ids[start : start + CHUNK]), return_inverse=True)
        query = RawBSONDocument(among(chunk))
        batches_of_chunk = collection(dataset).find_raw_batches(
            query, {stored: 1}, batch_size=CHUNK
        )
        return start, rows, chunk, list(batches_of_chunk)

    # threads wait for the server only: decoding in them is slower, as they take turns at it
    for start, rows, chunk, batches in in_order(read, range(0, len(ids), CHUNK), threads):
        for batch in batches:
            known, vectors = read_alike(batch, stored) or _decoded(batch, stored)
            if not len(known):
                continue
            if values is None:
                values = np.full((len(ids), vectors.shape[1]), np.nan, np.float32)
            if vectors.shape[1] != values.shape[1]:
                raise _several(field, values.shape[1], vectors.shape[1])
            place = np.full(len(chunk), -1)
            place[np.searchsorted(chunk, known)] = np.arange(len(known))
            source = place[rows]  # of each row of the chunk: which vector of the batch, if any
            there = np.flatnonzero(source >= 0)
            values[start + there] = vectors[source[there]]
    return np.empty((len(ids), 0), np.float32) if values is None else values


def in_order(
    read: Callable[[int], Read], starts: Iterable[int], threads: int | None = None
) -> Iterator[Read]:
    """Yields results in the order of the starts; few more than ``threads`` are kept waiting."""
    threads = threads or usable_cores()
    waiting: deque[Future[Read]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for start in starts:
            waiting.append(pool.submit(read, start))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _found(
    dataset: Any, ids: Sequence[str], condition: Mapping[str, Any], paths: Iterable[str]
) -> Iterator[list[Mapping[str, Any] | None]]:
    """Yields, a chunk of ids at a time, their documents; None where a condition is not met."""
    from bson.raw_bson import RawBSONDocument

    projection = dict.fromkeys(paths, 1)

    def read(start: int) -> tuple[list[bytes], list[Mapping[str, Any]]]:
        chunk = pack_ids(ids[start : start + CHUNK])
        query = {"$and": [RawBSONDocument(among(np.unique(chunk))), condition]}
        cursor = collection(dataset).find(query, projection, batch_size=CHUNK)
        raw = chunk.tobytes()
        return [raw[at : at + 12] for at in range(0, len(raw), 12)], list(cursor)

    for wanted, documents in in_order(read, range(0, len(ids), CHUNK)):
        known = [document["_id"].binary for document in documents]
        if known == wanted:  # MongoDB finds them in the order of its index
            yield [*documents]
        else:
            by_id = dict(zip(known, documents, strict=True))
            yield [by_id.get(sample_id) for sample_id in wanted]


def _values(documents: Sequence[Mapping[str, Any] | None], names: Sequence[str]) -> list[Any]:
    if len(names) == 1:
        (name,) = names
        return [None if document is None else document.get(name) for document in documents]
    return [_dig(document, names) for document in documents]


def _decoded(batch: bytes, field: str) -> tuple[NDArray[np.bytes_], NDArray[Any]]:
    """Reads vectors one by one, however they are stored."""
    import bson

    names = field.split(".")
    stored = [
        (document["_id"].binary, _dig(document, names)) for document in bson.decode_all(batch)
    ]
    stored = [(sample_id, value) for sample_id, value in stored if value is not None]
    ids = np.array([sample_id for sample_id, _ in stored], "S12")
    if not stored:
        return ids, np.empty((0, 0), np.float32)
    try:
        vectors = decode_vectors([value for _, value in stored])
    except (ValueError, TypeError, EOFError, zlib.error) as error:
        raise FieldError(
            f"Expected embeddings in {field!r}, got something else ({error}).",
            "Name a VectorField, or leave embedding_field out.",
        ) from error
    if isinstance(vectors, list):
        wrong = next((len(vector) for vector in vectors if len(vector) != len(vectors[0])), None)
        if wrong is not None:
            raise _several(field, len(vectors[0]), wrong)
        vectors = np.array(vectors, np.float32)
    return ids, vectors


def _several(field: str, expected: int, got: int) -> FieldError:
    return FieldError(
        f"Expected embeddings of {expected} dimensions in {field!r}, got one of {got}.",
        "Use a field with embeddings from one model.",
    )


def _dig(document: Any, names: Sequence[str]) -> Any:
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
