"""Scores of every image for every description, without all embeddings in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError
from .inputs import Inputs
from .stages import Images, Ranker

#: images scored at a time: 20,000 embeddings of 1,280 numbers are 100 MB
_CHUNK = 20_000


def score_images(ranker: Ranker, inputs: Inputs, texts: Sequence[str]) -> NDArray[np.float32]:
    """Returns ``(n, k)`` scores, NaN where an image can't be scored.

    Embeddings are read and scored in chunks; a ranker of captions sees all of them at once,
    because how much a word weighs depends on the others.

    Args:
        ranker: scores them
        inputs: ``n`` images
        texts: ``k`` descriptions

    Raises:
        ModelError: if the ranker answers with another shape
    """
    n = len(inputs.images)
    if getattr(ranker, "needs", "embeddings") == "captions":
        return _checked(ranker, inputs.images, texts)
    # columns lie together in memory: that is how the evidence reads them
    scores = np.empty((n, len(texts)), np.float32, order="F")
    for start in range(0, n, _CHUNK):
        rows = range(start, min(start + _CHUNK, n))
        scores[rows.start : rows.stop] = _checked(ranker, inputs.take(rows), texts)
    return scores


def _checked(ranker: Ranker, images: Images, texts: Sequence[str]) -> NDArray[np.float32]:
    scores = np.asarray(ranker.score(images, texts), np.float32)
    if scores.shape != (len(images), len(texts)):
        raise ModelError(
            f"Expected scores of shape {(len(images), len(texts))} of {ranker.name}, "
            f"got {scores.shape}."
        )
    return scores
