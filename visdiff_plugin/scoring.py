"""Scores of every image for every description, without all embeddings in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .account import Skipped
from .errors import ModelError
from .inputs.joined import Inputs
from .progress import Progress, silent
from .stages import Images, Ranker, Scored, Usage, needs_of, scored_by

#: images scored at a time: 20,000 embeddings of 1,280 numbers are 100 MB
_CHUNK = 20_000


def score_images(
    ranker: Ranker, inputs: Inputs, texts: Sequence[str], progress: Progress = silent
) -> Scored:
    """Returns ``(n, k)`` scores (float32), NaN where an image can't be scored, and their cost.

    Embeddings are read and scored in chunks. A ranker of captions or files sees all of them at
    once: how much a word weighs depends on the others, and a budget is for all images.

    Args:
        ranker: scores them
        inputs: ``n`` images
        texts: ``k`` descriptions
        progress: called with the share done and a label; what it raises stops the work

    Raises:
        ModelError: if the ranker answers with another shape
    """
    n = len(inputs.images)
    if "embeddings" not in needs_of(ranker, "embeddings"):
        return _checked(ranker, inputs.images, texts, progress)
    # columns lie together in memory: that is how the evidence reads them
    scores = np.empty((n, len(texts)), np.float32, order="F")
    usage, notes = Usage(), dict[str, None]()
    skipped: list[Skipped] = []
    for start in range(0, n, _CHUNK):
        rows = range(start, min(start + _CHUNK, n))
        if n > _CHUNK:
            progress(start / n, f"Scoring {start:,} of {n:,} images")
        part = _checked(ranker, inputs.take(rows), texts)
        scores[rows.start : rows.stop] = part.scores
        usage += part.usage
        skipped += part.skipped
        notes |= dict.fromkeys(part.notes)
    return Scored(scores, usage, skipped, list(notes))


def _checked(
    ranker: Ranker, images: Images, texts: Sequence[str], progress: Progress = silent
) -> Scored:
    answer = scored_by(ranker, images, texts, progress)
    scored = answer if isinstance(answer, Scored) else Scored(answer)
    scores = np.asarray(scored.scores, np.float32)
    if scores.shape != (len(images), len(texts)):
        raise ModelError(
            f"Expected scores of shape {(len(images), len(texts))} of {ranker.name}, "
            f"got {scores.shape}."
        )
    return replace(scored, scores=scores)
