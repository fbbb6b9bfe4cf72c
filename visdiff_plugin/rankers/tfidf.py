"""Scores descriptions by the words they share with an image's caption; needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..selection import key
from ..stages import Images


@dataclass(frozen=True)
class TfidfRanker:
    """v(x, y) is the cosine of tf-idf vectors of the caption of x and of y, in [0, 1].

    Words and pairs of words count; plural, case and articles do not. Inverse document
    frequencies come from the captions of both sets together, so they do not know which is which.

    Args:
        max_words (2): longest n-gram
    """

    max_words: int = 2
    name = "tfidf"
    needs = "captions"

    def score(self, images: Images, descriptions: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(n, k)`` scores; NaN for images without a caption."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        if images.captions is None:
            raise ValueError("Expected images with captions, got none.")
        captions = [key(caption) for caption in images.captions]
        rows = np.array([row for row, caption in enumerate(captions) if caption], np.intp)
        scores = np.full((len(images), len(descriptions)), np.nan, np.float32)
        if not rows.size or not descriptions:
            return scores
        vectorizer = TfidfVectorizer(
            ngram_range=(1, self.max_words), token_pattern=r"\w+", dtype=np.float32
        )
        vectors = vectorizer.fit_transform([captions[row] for row in rows])
        texts = vectorizer.transform([key(description) for description in descriptions])
        scores[rows] = (vectors @ texts.T).toarray()
        return scores
