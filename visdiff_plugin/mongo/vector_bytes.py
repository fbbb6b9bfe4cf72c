"""The bytes of FiftyOne's VectorField: ``np.save`` inside zlib."""

from __future__ import annotations

import functools
import io
import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: of ``np.save``, version 1.0, which it uses for all headers that are short
_MAGIC = b"\x93NUMPY\x01\x00"


def decode_vectors(values: Sequence[Any]) -> NDArray[Any] | list[NDArray[Any]]:
    """Returns stored vectors; those that one model wrote begin alike and are read as one matrix.

    Args:
        values: ``n`` values of a VectorField, or lists of numbers

    Raises:
        ValueError: if one is no vector
        TypeError: likewise
        EOFError: likewise
        zlib.error: likewise
    """
    if not all(isinstance(value, bytes) for value in values):
        return [_vector(value) for value in values]
    raw = _decompressed(values)
    start, size = 10 + int.from_bytes(raw[0][8:10], "little"), len(raw[0])
    header = raw[0][:start]
    alike = all(len(stored) == size and stored.startswith(header) for stored in raw)
    if not alike or header[:8] != _MAGIC:
        return [_vector(value) for value in values]
    dtype, shape, _ = layout_of(header)
    if len(shape) != 1 or not shape[0] or dtype.kind not in "fiu":
        return [_vector(value) for value in values]
    joined = np.frombuffer(b"".join(raw), np.uint8).reshape(len(raw), size)
    return joined[:, start:].view(dtype)


def _decompressed(values: Sequence[bytes]) -> list[Any]:
    """Vectors of one model are alike in size: the first says how much room the others need."""
    first = zlib.decompress(values[0])
    room = len(first)
    try:
        from deflate import DeflateError, zlib_decompress
    except ImportError:  # the extra "fast" is not installed
        pass
    else:
        try:
            return [first, *(zlib_decompress(value, room) for value in values[1:])]
        except DeflateError:  # a longer one, or damage, of which zlib says what it is
            pass
    return [first, *(zlib.decompress(value, bufsize=room + 1) for value in values[1:])]


def _vector(value: Any) -> NDArray[Any]:
    vector = decode_vector(value) if isinstance(value, bytes) else np.asarray(value)
    if vector.ndim != 1 or vector.dtype.kind not in "fiu":
        raise ValueError(f"{vector.dtype.name} of shape {vector.shape}")
    return vector


def encode_vector(vector: NDArray[np.floating[Any]]) -> bytes:
    """Returns the bytes of a FiftyOne VectorField: ``np.save`` inside zlib.

    Level 0 stores without compressing: embeddings do not compress, and it is several times faster.
    """
    values = np.ascontiguousarray(vector)
    return zlib.compress(header_of(values.dtype, values.shape) + values.tobytes(), 0)


def decode_vector(stored: bytes) -> NDArray[Any]:
    """Returns the array of a VectorField's bytes, whoever wrote them; it can't be written to."""
    data = zlib.decompress(stored)
    start = 10 + int.from_bytes(data[8:10], "little")
    if data[:8] != _MAGIC:
        return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
    dtype, shape, fortran = layout_of(data[:start])
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")


@functools.lru_cache(maxsize=64)
def header_of(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """What ``np.save`` writes before the values; the same for all vectors of a model."""
    with io.BytesIO() as buffer:
        np.save(buffer, np.empty(shape, dtype), allow_pickle=False)
        return buffer.getvalue()[: -dtype.itemsize * math.prod(shape) or None]


@functools.lru_cache(maxsize=64)
def layout_of(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """Reads the header of ``np.save``, version 1."""
    buffer = io.BytesIO(header)
    np.lib.format.read_magic(buffer)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(buffer)
    return dtype, shape, fortran
