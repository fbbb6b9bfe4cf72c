"""Bulk reads and writes of sample fields, straight through FiftyOne's own Mongo collection.

FiftyOne's setters and ``values()`` cost several times the database's own time. The two names of
FiftyOne used here (``_sample_collection``, ``_bulk_write``) are private: a test fails by name where
a version moves them. What is written reads back as if FiftyOne had written it.
"""

from __future__ import annotations

import functools
import io
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: of ``np.save``, version 1.0, which it uses for all headers that are short
_MAGIC = b"\x93NUMPY\x01\x00"
#: documents in one request: small enough that a failure repeats little, large enough to stream
CHUNK = 5_000


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


def write_values(dataset: Any, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Sets fields of many samples, one update a sample.

    Args:
        dataset: a FiftyOne dataset that declares every field in its schema
        values: sample id -> field path -> value as MongoDB holds it
    """
    from bson import ObjectId
    from pymongo import UpdateOne

    # FiftyOne stores naive UTC times
    now = datetime.now(UTC).replace(tzinfo=None)
    ids = list(values)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        updates = [
            UpdateOne({"_id": ObjectId(one)}, {"$set": {**values[one], "last_modified_at": now}})
            for one in chunk
        ]
        dataset._bulk_write(updates, ids=chunk)


def encode_vector(vector: NDArray[np.floating[Any]]) -> bytes:
    """Returns the bytes of a FiftyOne VectorField: ``np.save`` inside zlib.

    Level 0 stores without compressing: embeddings do not compress, and it is several times faster.
    """
    values = np.ascontiguousarray(vector)
    return zlib.compress(_header(values.dtype, values.shape) + values.tobytes(), 0)


def decode_vector(stored: bytes) -> NDArray[Any]:
    """Returns the array of a VectorField's bytes, whoever wrote them; it can't be written to."""
    data = zlib.decompress(stored)
    start = 10 + int.from_bytes(data[8:10], "little")
    if data[:8] != _MAGIC:
        return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
    dtype, shape, fortran = _layout(data[:start])
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")


@functools.lru_cache(maxsize=64)
def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """What ``np.save`` writes before the values; the same for all vectors of a model."""
    with io.BytesIO() as buffer:
        np.save(buffer, np.empty(shape, dtype), allow_pickle=False)
        return buffer.getvalue()[: -dtype.itemsize * math.prod(shape) or None]


@functools.lru_cache(maxsize=64)
def _layout(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """Reads the header of ``np.save``, version 1."""
    buffer = io.BytesIO(header)
    np.lib.format.read_magic(buffer)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(buffer)
    return dtype, shape, fortran


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
