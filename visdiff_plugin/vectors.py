"""Unit vectors, and readers of the images' embeddings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import FieldError, ModelError

#: squares of lengths that are, like their inverse, well inside the range of float32
_MOST = 1e30


class TextEncoder(Protocol):
    """Embeds texts: what an `visdiff_plugin.stages.Encoder` does, and one that knows no images."""

    @property
    def name(self) -> str:
        """Which model it is."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.floating[Any]]:
        """Returns ``(m, d)``."""
        ...


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Returns ``(n, d)`` rows of length 1 (float32); NaN where a row is zero or not finite."""
    values = np.asarray(vectors)
    if values.dtype == np.float32:  # the usual case, several times faster
        squares = np.einsum("ij,ij->i", values, values)[:, None]
        if ((squares > 1 / _MOST) & (squares < _MOST)).all():
            return values / np.sqrt(squares)
    # summed in float64: a float32 overflows from 1e19 on
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values, dtype=np.float64))[:, None]
    usable = np.isfinite(lengths) & (lengths > 0)
    scaled = np.full(values.shape, np.nan, np.float32)
    np.divide(values, lengths, out=scaled, where=usable, casting="unsafe")
    return scaled


#: sample ids -> ``(n, d)`` unit embeddings in that order, NaN where an image has none
Reader = Callable[[Sequence[str]], NDArray[np.float32]]


def reader_of(vectors: Mapping[str, NDArray[Any]]) -> Reader:
    """Returns a reader of embeddings that are in memory, by sample id."""
    dimension = len(next(iter(vectors.values()), ()))
    nothing = np.full(dimension, np.nan, np.float32)

    def read(ids: Sequence[str]) -> NDArray[np.float32]:
        rows = [vectors.get(sample_id, nothing) for sample_id in ids]
        return unit(np.stack(rows)) if rows else np.zeros((0, dimension), np.float32)

    return read


#: rows of images -> ``(r, d)`` unit embeddings, NaN where an image has none
RowReader = Callable[[Sequence[int] | NDArray[np.intp]], NDArray[np.float32]]


def rows_of(vectors: NDArray[Any]) -> RowReader:
    """Returns a reader of ``(n, d)`` embeddings that are in memory, by row."""
    return lambda rows: unit(vectors[np.asarray(rows, np.intp)])


def by_rows(parts: Sequence[tuple[Reader, Sequence[str]]]) -> RowReader:
    """Returns one reader of several sources' embeddings, by row: their images one after another.

    Rows, since the same sample id can stand in two datasets.

    Args:
        parts: for each source a reader, and the ids of its images

    Raises:
        FieldError: when reading, if sources have embeddings of different lengths
    """
    if len(parts) == 1:
        ((reader, ids),) = parts
        return lambda rows: reader([ids[row] for row in rows])
    starts = np.cumsum([0, *(len(ids) for _, ids in parts)])

    def read(rows: Sequence[int] | NDArray[np.intp]) -> NDArray[np.float32]:
        wanted = np.asarray(rows, np.intp)
        which = np.searchsorted(starts, wanted, "right") - 1
        places = [np.flatnonzero(which == part) for part in range(len(parts))]
        parts_read = [
            (own, reader([ids[row] for row in (wanted[own] - start).tolist()]))
            for own, start, (reader, ids) in zip(places, starts, parts, strict=False)
            if own.size
        ]
        lengths = {vectors.shape[1] for _, vectors in parts_read} - {0}
        if len(lengths) > 1:
            raise FieldError(
                f"Expected embeddings of the same size in both datasets, got {sorted(lengths)}.",
                "Pass the encoder that should make both, or use fields of one model.",
            )
        joined = np.full((len(wanted), max(lengths, default=0)), np.nan, np.float32)
        for own, vectors in parts_read:
            if vectors.shape[1]:
                joined[own] = vectors
        return joined

    return read


def text_vectors(encoder: TextEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Returns ``(k, d)`` unit embeddings of texts; NaN where the encoder knows none of the words.

    Raises:
        ModelError: if the encoder answers with another number of rows, or values not finite
    """
    vectors = np.asarray(encoder.encode_texts(list(texts)), np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise ModelError(
            f"Expected {len(texts)} finite text embeddings of {encoder.name}, "
            f"got shape {vectors.shape}."
        )
    return unit(vectors)
