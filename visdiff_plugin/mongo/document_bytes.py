"""Many documents of MongoDB as one matrix of bytes; pure.

Documents that differ in an id and a few numbers have the same layout, so they are built and read
with numpy, a row each. BSON: a document is its length (int32), elements, and a zero; an element is
a type byte, a name that ends in a zero, and the value (https://bsonspec.org/spec.html).
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .vector_bytes import header_of, layout_of

Bytes = NDArray[np.uint8]
#: what rows share, or what each row has of its own: ``(n, width)``
Piece = bytes | Bytes

#: before data in zlib's format of level 0 come a header, the mark of the last block, its length and
#: that inverted; a checksum follows
_STORED, _STORED_HEAD, _STORED_MOST = b"\x78\x01\x01", 7, 65_535
_ID = b"\x07_id\0"


def pack_ids(ids: Sequence[str]) -> NDArray[np.bytes_]:
    """Returns ``(n,)`` ids as the 12 bytes of an ObjectId each.

    Raises:
        ValueError: if one is no id
    """
    packed = bytes.fromhex("".join(ids))
    if len(packed) != 12 * len(ids):
        raise ValueError(f"Expected {len(ids)} sample ids of 24 hexadecimal digits.")
    return np.frombuffer(packed, "S12")


def unpack_ids(batch: bytes) -> list[str]:
    """Returns the ids of documents that hold nothing else, one after the other."""
    rows = np.frombuffer(batch, np.uint8).reshape(-1, 22)
    digits = rows[:, 9:21].tobytes().hex()
    return [digits[start : start + 24] for start in range(0, len(digits), 24)]


def among(ids: NDArray[np.bytes_]) -> bytes:
    """Returns the query ``{"_id": {"$in": ids}}``."""
    rows = ids.view(np.uint8).reshape(-1, 12)
    pieces = []
    for digits in range(1, 8):  # the keys of an array are its indices
        start, stop = (10 ** (digits - 1), 10**digits) if digits > 1 else (0, 10)
        part = rows[start:stop]
        if len(part):
            pieces.append(np.hstack([_keys(start, start + len(part)), part]).tobytes())
    array = _sized(b"".join(pieces))
    return _sized(b"\x03_id\0" + _sized(b"\x04$in\0" + array))


@functools.lru_cache(maxsize=32)
def _keys(start: int, stop: int) -> Bytes:
    heads = "".join(f"\x07{index}\0" for index in range(start, stop)).encode()
    return np.frombuffer(heads, np.uint8).reshape(stop - start, -1)


def _sized(elements: bytes) -> bytes:
    return (len(elements) + 5).to_bytes(4, "little") + elements + b"\0"


def updates(
    ids: NDArray[np.bytes_], elements: Sequence[Piece], conditions: Sequence[Piece] = ()
) -> Iterator[bytes]:
    """Yields statements of an update command, each of which sets fields of one document.

    Args:
        ids: ``n`` ids
        elements: what is set, by `number`, `vector_elements`, ...
        conditions: what a document must meet beside its id
    """
    chosen: list[Piece] = [_ID, ids.view(np.uint8).reshape(-1, 12), *conditions]
    statement = [*document("q", chosen), *document("u", document("$set", elements))]
    pieces = document("", statement)[1:]  # a document by itself has no type and name
    widths = [len(piece) if isinstance(piece, bytes) else piece.shape[1] for piece in pieces]
    rows = np.empty((len(ids), sum(widths)), np.uint8)
    start = 0
    for piece, width in zip(pieces, widths, strict=True):
        value = np.frombuffer(piece, np.uint8) if isinstance(piece, bytes) else piece
        rows[:, start : start + width] = value
        start += width
    joined = rows.tobytes()
    return (joined[at : at + start] for at in range(0, len(joined), start))


def document(name: str, elements: Sequence[Piece]) -> list[Piece]:
    """Returns an element that is a document of elements."""
    return _nested(3, name, elements)


def either(*documents: Sequence[Piece]) -> list[Piece]:
    """Returns the condition ``{"$or": documents}``, each given by its elements."""
    numbered = [document(str(place), inner) for place, inner in enumerate(documents)]
    return _nested(4, "$or", [piece for inner in numbered for piece in inner])


def _nested(kind: int, name: str, elements: Sequence[Piece]) -> list[Piece]:
    size = sum(
        len(element) if isinstance(element, bytes) else element.shape[1] for element in elements
    )
    return [_head(kind, name), (size + 5).to_bytes(4, "little"), *elements, b"\0"]


def constant(values: Mapping[str, Any]) -> bytes:
    """Returns elements that all rows share."""
    import bson

    return bson.encode(values)[4:-1]


def number(name: str, values: NDArray[np.floating[Any]]) -> list[Piece]:
    """Returns an element that is a number; ``values`` is ``(n,)``."""
    return [_head(1, name), _as_bytes(values.astype("<f8"))]


def text_elements(name: str, texts: Sequence[str]) -> list[Piece] | None:
    """Returns an element that is a text; None where texts are of several lengths, or not ASCII."""
    joined, width = "".join(texts), len(texts[0])
    if not joined.isascii() or any(len(text) != width for text in texts):
        return None
    rows = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), width)
    return [_head(2, name), (width + 1).to_bytes(4, "little"), rows, b"\0"]


def vector_elements(name: str, vectors: NDArray[np.floating[Any]]) -> list[Piece] | None:
    """Returns an element that is a VectorField, as `encode_vector` stores ``(n, d)`` vectors.

    None where a vector takes more than one block of zlib: some 16,000 numbers.
    """
    values = np.ascontiguousarray(vectors)
    header = header_of(values.dtype, values.shape[1:])
    data = _as_bytes(values)
    size = len(header) + data.shape[1]
    if size > _STORED_MOST:
        return None
    start = zlib.adler32(header)
    sums = np.array([zlib.adler32(row, start) for row in data], ">u4")
    stored = _STORED + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + header
    length = len(stored) + data.shape[1] + 4
    return [_head(5, name), length.to_bytes(4, "little") + b"\0", stored, data, _as_bytes(sums)]


def read_alike(batch: bytes, name: str) -> tuple[NDArray[np.bytes_], NDArray[Any]] | None:
    """Reads documents of an id and a vector as `vector_elements` stores it.

    Args:
        batch: documents, one after the other
        name: the vector's name

    Returns:
        ``(n,)`` ids and ``(n, d)`` vectors, a view of the batch; None where one document has
        another layout
    """
    head = len(_ID) + 4 + 12  # a document's length, its id
    value = head + len(_head(5, name)) + 5
    data = value + _STORED_HEAD
    size = int.from_bytes(batch[:4], "little")
    start, length = layout_start(batch[data:size]), size - 1 - 4 - data
    if start is None or not start < length <= _STORED_MOST or len(batch) % size:
        return None
    dtype, shape, _ = layout_of(batch[data : data + start])
    expected = _head(5, name) + (length + 11).to_bytes(4, "little") + b"\0" + _STORED
    expected += length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little")
    if len(shape) != 1 or dtype.kind not in "fiu" or start + shape[0] * dtype.itemsize != length:
        return None
    rows = np.frombuffer(batch, np.uint8).reshape(-1, size)
    first = batch[:4] + _ID, expected + batch[data : data + start]
    alike = (
        np.array_equal(rows[:, : len(first[0])], _repeated(first[0], len(rows)))
        and np.array_equal(rows[:, head : data + start], _repeated(first[1], len(rows)))
        and not rows[:, -1].any()
    )
    if not alike:
        return None
    stored = rows[:, data : data + length]
    sums = np.ascontiguousarray(rows[:, data + length : -1]).view(">u4")[:, 0]
    if any(zlib.adler32(row) != known for row, known in zip(stored, sums.tolist(), strict=True)):
        return None
    ids = np.ascontiguousarray(rows[:, 9:21]).view("S12")[:, 0]
    return ids, stored[:, start:].view(dtype)


def layout_start(data: bytes) -> int | None:
    """Returns where the numbers begin in the bytes of ``np.save``, version 1; else None."""
    if data[:8] != b"\x93NUMPY\x01\x00":
        return None
    return 10 + int.from_bytes(data[8:10], "little")


def _head(kind: int, name: str) -> bytes:
    return bytes([kind]) + name.encode() + b"\0"


def _repeated(value: bytes, n: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(value, np.uint8), (n, len(value)))


def _as_bytes(values: NDArray[Any]) -> Bytes:
    """Returns ``(n, width)``: each row's bytes."""
    return np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
