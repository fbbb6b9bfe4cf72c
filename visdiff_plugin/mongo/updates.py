"""Bulk writes of sample fields, straight to FiftyOne's own Mongo collection; see `documents`.

Each update also sets ``last_modified_at``, as FiftyOne's setters do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cores import usable_cores
from .document_bytes import Piece, constant, document, number, pack_ids, updates, vector_elements
from .documents import CHUNK, collection, reload
from .vector_bytes import encode_vector

#: bytes in one command; MongoDB takes 16 MB
_MOST_BYTES = 8_000_000

#: ids and the update of each, as BSON
Statements = tuple[Sequence[str], Iterable[bytes]]


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
    now = _now()
    _send_all(dataset, (_encoded(rows, now) for rows in _chunks(values)), threads)


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
    now = _now()

    def statements(start: int) -> Statements:
        part = vectors[start : start + CHUNK]
        rows = np.flatnonzero(np.isfinite(part).all(axis=1))
        chosen = [ids[start + int(row)] for row in rows]
        part = part if len(rows) == len(part) else part[rows]
        elements = vector_elements(field, part)
        if elements is None:  # too long for that
            values = {one: {field: encode_vector(x)} for one, x in zip(chosen, part, strict=True)}
            return _encoded(list(values.items()), now)
        return chosen, updates(pack_ids(chosen), [*elements, constant({"last_modified_at": now})])

    _send_all(dataset, map(statements, range(0, len(ids), CHUNK)))


def write_documents(
    dataset: Any,
    ids: Sequence[str],
    field: str,
    names: Sequence[str],
    values: NDArray[np.floating[Any]],
    shared: Mapping[str, Any] | None = None,
) -> None:
    """Sets an embedded document of numbers of many samples.

    Args:
        dataset: a FiftyOne dataset that declares the fields in its schema
        ids: ``n`` sample ids
        field: the embedded document
        names: ``m`` fields of it
        values: ``(n, m)``; what is not finite is not written
        shared (None): other fields of it, with the value that all these samples get
    """
    now = _now()
    kind = {"_cls": "DynamicEmbeddedDocument", **(shared or {})}

    def chunks() -> Iterator[Statements]:
        for start in range(0, len(ids), CHUNK):
            part = values[start : start + CHUNK, : len(names)]
            known = np.isfinite(part)
            whole = known.all(axis=1)
            rows = np.flatnonzero(whole)
            if len(rows):
                inside: list[Piece] = [constant(kind)]
                for column, name in enumerate(names):
                    inside += number(name, part[rows, column])
                chosen = [ids[start + int(row)] for row in rows]
                elements = [*document(field, inside), constant({"last_modified_at": now})]
                yield chosen, updates(pack_ids(chosen), elements)
            rest = {
                ids[start + row]: {
                    field: {**kind, **{names[at]: float(part[row, at])
                                       for at in np.flatnonzero(known[row]).tolist()}}
                }
                for row in np.flatnonzero(~whole).tolist()
            }  # fmt: skip
            if rest:
                yield _encoded(list(rest.items()), now)

    _send_all(dataset, chunks())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # FiftyOne stores naive UTC times


def _chunks(
    values: Mapping[str, Mapping[str, Any]] | Iterable[Mapping[str, Mapping[str, Any]]],
) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    for part in (values,) if isinstance(values, Mapping) else values:
        rows = list(part.items())
        for start in range(0, len(rows), CHUNK):
            yield rows[start : start + CHUNK]


def _encoded(rows: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> Statements:
    import bson

    return [one for one, _ in rows], (
        bson.encode(
            {
                "q": {"_id": bson.ObjectId(one)},
                "u": {"$set": {**fields, "last_modified_at": now}},
            }
        )
        for one, fields in rows
    )


def _send_all(dataset: Any, chunks: Iterable[Statements], threads: int | None = None) -> None:
    """Sends updates on several threads; samples that the caller holds are reloaded in its own."""
    threads = threads or usable_cores()
    waiting: deque[Future[Sequence[str]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for chunk in chunks:
            waiting.append(pool.submit(_send, dataset, chunk))
            if len(waiting) > threads:
                reload(dataset, waiting.popleft().result())
        while waiting:
            reload(dataset, waiting.popleft().result())


def _send(dataset: Any, chunk: Statements) -> Sequence[str]:
    """Sends one chunk in commands that are not too long, and returns its ids."""
    from bson.raw_bson import RawBSONDocument

    ids, statements = chunk
    part: list[RawBSONDocument] = []
    size = 0
    for statement in statements:
        if part and size + len(statement) > _MOST_BYTES:
            _command(dataset, part)
            part, size = [], 0
        part.append(RawBSONDocument(statement))
        size += len(statement)
    if part:
        _command(dataset, part)
    return ids


def _command(dataset: Any, statements: Sequence[Any]) -> None:
    from pymongo.errors import AutoReconnect

    where = collection(dataset)
    command = {"update": where.name, "updates": statements, "ordered": False}
    if where.write_concern.document:
        command["writeConcern"] = where.write_concern.document
    try:
        answer = where.database.command(command)
    except AutoReconnect:  # setting the same values again does no harm
        answer = where.database.command(command)
    errors = [*answer.get("writeErrors", ()), *filter(None, [answer.get("writeConcernError")])]
    if errors:
        raise ValueError(f"Expected values that MongoDB can hold, got: {errors[0]['errmsg']}.")
