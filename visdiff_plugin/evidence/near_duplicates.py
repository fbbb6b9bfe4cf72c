"""Which images show nearly the same, by their embeddings: frames, bursts, copies; pure numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: up to here every pair is compared; 20,000 x 20,000 cosines of 512 numbers are 0.4 TFLOP
_EXACT = 20_000
_CHUNK = 2_000
#: numbers of a sketch: the error of a cosine near one is about (1 - cos^2) / sqrt(256)
_SKETCH = 256
#: orders that neighbors are looked for in, signs that each sorts by, neighbors in each
_ORDERS, _BITS, _NEIGHBORS = 16, 64, 4
#: signs that near-duplicates differ in, at most: strangers differ in half of those beyond the
#: ones they were sorted next to each other by
_MOST_SIGNS = 18

_ONES = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)

#: rows -> ``(r, d)`` unit embeddings, NaN where an image has none
ReadRows = Callable[[NDArray[np.intp]], NDArray[np.float32]]


def near_duplicates(read: ReadRows, n: int, similarity: float, seed: int = 0) -> NDArray[np.int32]:
    """Returns clusters of images that are linked by near-duplicates.

    Up to 20,000 images all pairs are compared. Beyond, embeddings are projected at random to 256
    numbers (Johnson and Lindenstrauss 1984), sorted by the signs of random projections in several
    orders (Charikar, STOC 2002), and compared with their neighbors in each: cost grows with
    ``n log n``, and a few percent of the pairs at the very threshold can be missed.

    Args:
        read: gives the embeddings of some rows
        n: images
        similarity: least cosine of near-duplicates, in (0, 1)
        seed (0): of the projections

    Returns:
        ``(n,)`` codes from 0 on; an image without near-duplicates, or without an embedding, is
        alone in its cluster

    Raises:
        ValueError: if ``similarity`` is out of range
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not 0 < similarity < 1:
        raise ValueError(f"Expected a similarity between 0 and 1, got {similarity!r}.")
    links = list(_exact(read, n, similarity) if n <= _EXACT else _near(read, n, similarity, seed))
    first, second = (np.concatenate([np.empty(0, np.intp), *side]) for side in (
        [row for row, _ in links], [other for _, other in links]
    ))  # fmt: skip
    graph = coo_array((np.ones(first.size, bool), (first, second)), shape=(n, n))
    codes = connected_components(graph, directed=False)[1]
    return np.asarray(codes, np.int32)


def _exact(
    read: ReadRows, n: int, similarity: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    vectors = np.nan_to_num(read(np.arange(n)))
    for start in range(0, n, _CHUNK):
        close = vectors[start : start + _CHUNK] @ vectors[start:].T >= similarity
        first, other = np.nonzero(np.triu(close, 1))
        yield first + start, other + start


def _near(
    read: ReadRows, n: int, similarity: float, seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    rng = np.random.default_rng(seed)
    sketches, mean = _sketches(read, n, rng)
    lengths = np.concatenate(
        [
            np.linalg.norm(sketches[start : start + _EXACT].astype(np.float32), axis=1)
            for start in range(0, n, _EXACT)
        ]
    )
    for _ in range(_ORDERS):
        # signs around the mean: embeddings of one model crowd into a narrow cone
        signs = _signs(sketches, mean, rng.standard_normal((_SKETCH, _BITS), np.float32))
        order = np.argsort(signs, kind="stable")
        ordered = signs[order]
        for step in range(1, _NEIGHBORS + 1):
            near = np.flatnonzero(_differing(ordered[:-step], ordered[step:]) <= _MOST_SIGNS)
            for start in range(0, near.size, _EXACT):
                places = near[start : start + _EXACT]
                first, other = order[places], order[places + step]
                close = _cosines(sketches, lengths, first, other) >= similarity
                yield first[close], other[close]


def _sketches(
    read: ReadRows, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Random projections that keep angles, in half precision, and their mean."""
    sketches = np.zeros((n, _SKETCH), np.float16)
    total = np.zeros(_SKETCH)
    project: Any = None
    for start in range(0, n, _EXACT):
        rows = np.arange(start, min(start + _EXACT, n))
        vectors = np.nan_to_num(read(rows))
        if project is None:
            project = rng.standard_normal((vectors.shape[1], _SKETCH), np.float32)
            project /= np.sqrt(_SKETCH)
        sketches[rows] = vectors @ project
        total += sketches[rows].sum(axis=0, dtype=np.float64)
    return sketches, (total / max(n, 1)).astype(np.float32)


def _signs(
    sketches: NDArray[np.float16], mean: NDArray[np.float32], planes: NDArray[np.float32]
) -> NDArray[np.uint64]:
    codes = np.empty((len(sketches), _BITS // 8), np.uint8)
    for start in range(0, len(sketches), _EXACT):
        part = sketches[start : start + _EXACT].astype(np.float32) - mean
        codes[start : start + _EXACT] = np.packbits(part @ planes > 0, axis=1)
    return codes.view(np.uint64)[:, 0]


def _differing(first: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """How many bits differ."""
    parts = (first ^ other).view(np.uint8).reshape(-1, 8)
    return np.asarray(_ONES[parts].sum(axis=1, dtype=np.uint8))


def _cosines(
    sketches: NDArray[np.float16],
    lengths: NDArray[np.float32],
    first: NDArray[np.intp],
    other: NDArray[np.intp],
) -> NDArray[np.float32]:
    inner = np.einsum(
        "ij,ij->i", sketches[first].astype(np.float32), sketches[other].astype(np.float32)
    )
    scale = lengths[first] * lengths[other]
    # an image without an embedding is like no other
    return np.where(scale > 0, inner / np.where(scale > 0, scale, 1), -1).astype(np.float32)
