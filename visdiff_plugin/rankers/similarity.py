"""Scores descriptions by the cosine of their sentence's vector and the caption's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..encoders.sentence_encoder import SentenceEncoder
from ..progress import Progress, silent
from ..stages import Images, parameters_of
from ..vectors import TextEncoder, text_vectors

#: captions encoded between two reports of progress: their vectors are dropped before the next
_STEP = 1_024


class CaptionSimilarityRanker:
    """v(x, y) is the cosine of the caption of image x and description y, as sentences.

    For your own hypotheses and a chat model's proposals: a few descriptions in words that captions
    may lack. Not for the phrase bank, among whose thousands some separate the sets as well as the
    truth does and say more than it: "monkey in snow" where there is snow. A cosine sees the topic:
    "no dog" is near "dog", and "a man bites a dog" near "a dog bites a man".

    There is no ``shows_at``: no cosine is the one from which on a caption says a description.

    Args:
        model: ``"minilm"``, a sentence-transformers model of the hub or its folder (see
            `SentenceEncoder`), or an object with ``name`` and ``encode_texts(texts)``
        batch_size (64): texts at once; halved whenever a GPU runs out of memory
        device (None): e.g. ``"cuda:1"``; None is a GPU if there is one
        dtype (None): ``"float32"``, ``"float16"`` or ``"bfloat16"``; None is half precision on
            a GPU and float32 on a CPU
        revision (None): branch, tag or commit at the hub

    Raises:
        DependencyError: without the package of ``"minilm"``
        ValueError: on an empty model, a batch size under 1, or an unknown dtype
    """

    needs = "captions"
    reports = True

    def __init__(
        self,
        model: str | TextEncoder,
        *,
        batch_size: int = 64,
        device: str | None = None,
        dtype: str | None = None,
        revision: str | None = None,
    ) -> None:
        self._encoder: TextEncoder = (
            SentenceEncoder(
                model, batch_size=batch_size, device=device, dtype=dtype, revision=revision
            )
            if isinstance(model, str)
            else model
        )

    @property
    def name(self) -> str:
        """The ranker's name with its model's."""
        return f"caption_similarity ({self._encoder.name})"

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes scores: the encoder's own."""
        return parameters_of(self._encoder)

    def score(
        self, images: Images, descriptions: Sequence[str], progress: Progress = silent
    ) -> NDArray[np.float32]:
        """Returns ``(n, k)`` cosines in [-1, 1]; NaN for images without a caption.

        Each different caption is encoded once.

        Raises:
            DependencyError: if torch or transformers is not installed
            ModelError: if the model can't be loaded, or is no encoder of sentences
        """
        if images.captions is None:
            raise ValueError("Expected images with captions, got none.")
        scores = np.full((len(images), len(descriptions)), np.nan, np.float32, order="F")
        rows = [row for row, text in enumerate(images.captions) if text and text.strip()]
        if not scores.size or not rows:
            return scores
        place: dict[str, int] = {}
        places = [place.setdefault(images.captions[row].strip(), len(place)) for row in rows]
        # likes together: a batch is as long as its longest
        order = sorted(place, key=len)
        wanted = text_vectors(self._encoder, descriptions)
        each = np.empty((len(order), len(descriptions)), np.float32)
        for start in range(0, len(order), _STEP):
            progress(start / len(order), f"Reading {start:,} of {len(order):,} captions")
            some = order[start : start + _STEP]
            cosines = text_vectors(self._encoder, some) @ wanted.T
            each[[place[text] for text in some]] = np.clip(cosines, -1, 1)
        scores[rows] = each[places]
        return scores
