"""Bulk writes of sample fields, straight to FiftyOne's own Mongo collection; see `documents`.

Each update also sets ``last_modified_at``, as FiftyOne's setters do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .document_bytes import (
    Piece,
    constant,
    document,
    either,
    number,
    pack_ids,
    text_elements,
    updates,
    vector_elements,
)
from .documents import CHUNK
from .saver import Saver
from .vector_bytes import encode_vector

#: field path -> ``n`` values as MongoDB holds them, vectors as arrays; an array of shape ``(n, d)``
#: is that many vectors, one of ``(n,)`` numbers
Columns = Mapping[str, Sequence[Any] | NDArray[Any]]


def write_columns(dataset: Any, ids: Sequence[str], columns: Columns) -> None:
    """Sets fields of many samples, one update a sample.

    Args:
        dataset: a FiftyOne dataset that declares every field in its schema
        ids: ``n`` sample ids
        columns: what is set

    Raises:
        ValueError: if MongoDB refuses a value, or a column is not as long as the ids
    """
    with Saver(dataset) as saver:
        for start in range(0, len(ids), CHUNK):
            part = slice(start, start + CHUNK)
            own = {path: values[part] for path, values in columns.items()}
            saver.add(ids[part], statements(ids[part], own))


def statements(
    ids: Sequence[str], columns: Columns, absent: tuple[str, str] | None = None
) -> Iterable[bytes]:
    """Returns the update of each sample, as BSON.

    Where a column's values are all alike (vectors of one model, keys), all updates are made at
    once as a matrix of bytes; others are encoded one by one.

    Args:
        ids: ``n`` sample ids
        columns: what is set
        absent (None): a field and the path of its key, both of the columns: only samples are
            updated that lack the field or hold another key

    Raises:
        ValueError: if a column is not as long as the ids
    """
    wrong = [path for path, values in columns.items() if len(values) != len(ids)]
    if wrong:
        raise ValueError(f"Expected {len(ids)} values for {wrong[0]!r}, got others.")
    if not ids:
        return []
    now = {"last_modified_at": _now()}
    whole = {path: _whole(values) for path, values in columns.items()}
    pieces = {path: _pieces(path, values) for path, values in whole.items()}
    elements = [piece for some in pieces.values() for piece in some or ()]
    conditions: list[Piece] | None = []
    if absent is not None:
        other = text_elements("$ne", whole[absent[1]])
        conditions = other and either(document(absent[1], other), [constant({absent[0]: None})])
    if conditions is None or not all(pieces.values()):
        return _encoded(ids, whole, now, absent)
    return updates(pack_ids(ids), [*elements, constant(now)], conditions)


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

    with Saver(dataset) as saver:
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
                saver.add(chosen, updates(pack_ids(chosen), elements))
            rest = {
                ids[start + row]: {
                    **kind,
                    **{names[at]: float(part[row, at])
                       for at in np.flatnonzero(known[row]).tolist()},
                }
                for row in np.flatnonzero(~whole).tolist()
            }  # fmt: skip
            if rest:
                saver.add([*rest], statements([*rest], {field: [*rest.values()]}))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # FiftyOne stores naive UTC times


def _whole(values: Sequence[Any] | NDArray[Any]) -> Any:
    """Returns vectors that are alike as one matrix, everything else as it is."""
    if isinstance(values, np.ndarray):
        return values
    kinds = {
        (value.dtype, value.shape) if isinstance(value, np.ndarray) else None for value in values
    }
    return np.stack(values) if len(kinds) == 1 and None not in kinds else values


def _pieces(path: str, values: Sequence[Any] | NDArray[Any]) -> list[Piece] | None:
    """Returns what is set as pieces of a matrix of bytes; None where rows differ in length."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind != "f" or values.ndim > 2:
            return None
        return vector_elements(path, values) if values.ndim == 2 else number(path, values)
    return text_elements(path, values) if all(isinstance(value, str) for value in values) else None


def _encoded(
    ids: Sequence[str], columns: Columns, now: Mapping[str, Any], absent: tuple[str, str] | None
) -> Iterable[bytes]:
    import bson

    rows = zip(*(map(_encodable, values) for values in columns.values()), strict=True)
    for sample_id, row in zip(ids, rows, strict=True):
        fields = dict(zip(columns, row, strict=True))
        query: dict[str, Any] = {"_id": bson.ObjectId(sample_id)}
        if absent is not None:
            query["$or"] = [{absent[1]: {"$ne": fields[absent[1]]}}, {absent[0]: None}]
        yield bson.encode({"q": query, "u": {"$set": {**fields, **now}}})


def _encodable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return encode_vector(value)
    return value.item() if isinstance(value, np.generic) else value
