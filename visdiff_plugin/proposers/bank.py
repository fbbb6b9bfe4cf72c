"""Proposes the phrases of a bank whose text embeddings point from B to A; no chat model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FieldError, ProposerError
from ..selection import key
from ..stages import Encoder, Images, Need, ProposerReply
from .bank_cache import bank_vectors
from .bank_phrases import built_in, read_bank

#: the mean of fewer phrases says more of them than of texts at large
_LEAST_CENTERED = 50
#: cosine with the embedding of no text at all, from which a phrase says nothing to the encoder
_SAYS_NOTHING = 0.9999
#: share of the best score at which a more general phrase is as good
_NEARLY = 0.8
#: what an encoder knows of a bank: phrases, their words, their vectors, and these as directions
_Known = tuple[list[str], list[frozenset[str]], NDArray[np.float32], NDArray[np.float32]]

#: words that make no phrase more special
_SMALL = frozenset("in on of at with by its".split())


class BankProposer:
    """Proposes the phrases that are truest of A and least of B, out of tens of thousands.

    The idea of GS-CLIP (Zhu, Liang and Zou 2022): the difference of the mean image embeddings,
    (mean A - mean B), points at the phrases that describe it. It needs no captions or
    language model, only the encoder. It can't find what no phrase of the bank says.

    Args:
        encoder: embeds the phrases; the images' embeddings must be its own
        file (""): a text file with one phrase a line; the built-in bank if empty
        n (10): most proposals
        max_similarity (.7): largest cosine of two proposals, so that ten wordings of one idea
            don't fill the list; of text embeddings less their mean, as any two texts are similar
            to models such as CLIP
        cache (None): folder of the bank's embeddings; None for the user's cache folder

    Attributes:
        most_images: of each set that it looks at: means of more are no surer, and images that it
            does not see are evidence

    Raises:
        ValueError: on a number out of range, or a file without phrases
    """

    name = "bank"
    needs: Need = "embeddings"
    whole = True
    most_images = 10_000

    def __init__(
        self,
        encoder: Encoder,
        file: str = "",
        *,
        n: int = 10,
        max_similarity: float = 0.7,
        cache: str | Path | None = None,
    ) -> None:
        if n < 1 or not 0 < max_similarity <= 1:
            raise ValueError(
                f"Expected n >= 1 and 0 < max_similarity <= 1, got {n!r} and {max_similarity!r}."
            )
        self.n, self.max_similarity = n, max_similarity
        self._encoder, self._file = encoder, file
        self._cache = None if cache is None else Path(cache)
        self._phrases = read_bank(file) if file else built_in()
        self._made: _Known | None = None
        self._lock = threading.Lock()

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes proposals."""
        return {
            "n": self.n,
            "file": Path(self._file).name,
            "phrases": len(self._phrases),
            "max_similarity": self.max_similarity,
            "encoder": self._encoder.name,
        }

    def propose(self, a: Images, b: Images) -> ProposerReply:
        """Returns phrases that are truer of ``a`` than of ``b``, best first; none where none is.

        Raises:
            ProposerError: if a side has under two images with an embedding
            FieldError: if the images' embeddings have another dimension than the texts'
        """
        own_a, own_b = _embeddings(a, "A"), _embeddings(b, "B")
        phrases, words, texts, directions = self._known()
        if texts.shape[1] != own_a.shape[1]:
            raise FieldError(
                f"Expected image embeddings of {texts.shape[1]} dimensions, as "
                f"{self._encoder.name} makes, got {own_a.shape[1]}.",
                "Pass the encoder that made them, or another embedding_field.",
                about="encoder",
            )
        scores = contrast(texts, own_a, own_b)
        rows = _picked(words, directions, scores, self.n, self.max_similarity)
        return ProposerReply([phrases[row] for row in rows])

    def _known(self) -> _Known:
        with self._lock:  # rounds run at the same time, the bank is embedded once
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> _Known:
        texts = bank_vectors(self._encoder, ("", *self._phrases), self._cache)
        # the first row is the embedding of no text
        known = np.flatnonzero(~(texts[1:] @ texts[0] > _SAYS_NOTHING)) + 1
        known = known[np.isfinite(texts[known]).all(axis=1)]
        vectors = centered(texts[known])
        phrases = [self._phrases[row - 1] for row in known]
        return phrases, _words(phrases), vectors, _directions(vectors)


def centered(texts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns text embeddings less their mean, where there are enough for a mean to mean something.

    What is left is what a phrase says that texts at large don't. An image's score is then how
    much better this phrase fits than a phrase at large, so that a set whose images are closer to
    any text at all does not have the whole bank on its side.

    Args:
        texts: ``(k, d)`` unit vectors
    """
    if len(texts) < _LEAST_CENTERED:
        return texts
    return texts - texts.mean(axis=0, dtype=np.float64).astype(np.float32)


def contrast(
    texts: NDArray[np.float32], a: NDArray[np.float32], b: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Returns how much truer each text is of A: (mean A - mean B) . text, over its spread.

    The spread is the standard deviation of the images' scores within their sets: without it, hub
    phrases win, whose scores differ a lot between any two images, and so between any two means.
    The median spread of all texts is added, as in the SAM statistic (Tusher, Tibshirani and Chu
    2001), so that texts whose spread looks small by chance, in few images, don't win either.
    One product of ``k d^2``: no image is scored on its own.

    Args:
        texts: ``(k, d)`` text embeddings
        a: ``(n_a, d)`` image embeddings of A
        b: ``(n_b, d)`` image embeddings of B

    Returns:
        ``k`` effects, in standard deviations
    """
    means = [side.mean(axis=0, dtype=np.float64) for side in (a, b)]
    rest = np.concatenate([side - mean for side, mean in zip((a, b), means, strict=True)])
    within = rest.T @ rest / max(len(rest) - 2, 1)
    spread = np.sqrt(np.maximum(np.einsum("kd,kd->k", texts @ within, texts), 0))
    # sets without any spread (copies of one image) are told apart by the gap alone
    spread = np.maximum(spread + np.median(spread), np.finfo(np.float32).eps)
    return texts @ (means[0] - means[1]) / spread


def distinct(
    phrases: Sequence[str],
    texts: NDArray[np.float32],
    scores: NDArray[np.floating[Any]],
    n: int,
    most: float,
) -> list[int]:
    """Returns the best phrases with scores over 0, none like another.

    A shorter phrase inside the best one ("snow" in "child in snow") goes in its place where it
    scores nearly as high, for it is the more general. Left out then are phrases that hold all
    words of a chosen one, and those whose texts are close to it.

    Args:
        phrases: ``k`` phrases
        texts: ``(k, d)`` text embeddings
        scores: ``k`` numbers
        n: most phrases
        most: largest cosine of two of them, less the mean text

    Returns:
        their rows, best first
    """
    return _picked(_words(phrases), _directions(texts), scores, n, most)


def _words(phrases: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(key(phrase).split()) - _SMALL for phrase in phrases]


def _directions(texts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors from the mean text to each."""
    away = texts - texts.mean(axis=0) if len(texts) > 2 else texts
    lengths = np.linalg.norm(away, axis=1)
    return np.asarray(away / np.where(lengths > 0, lengths, 1)[:, None])


def _picked(
    words: Sequence[frozenset[str]],
    units: NDArray[np.float32],
    scores: NDArray[np.floating[Any]],
    n: int,
    most: float,
) -> list[int]:
    left = scores > 0
    chosen: list[int] = []
    while len(chosen) < n and left.any():
        row = int(np.argmax(np.where(left, scores, -np.inf)))
        near = np.flatnonzero(left & (scores >= _NEARLY * scores[row]))
        inside = [place for place in near.tolist() if words[place] and words[place] < words[row]]
        row = min(inside, key=lambda place: (len(words[place]), -scores[place]), default=row)
        chosen.append(row)
        left &= units @ units[row] <= most
        if words[row]:
            left &= np.fromiter((not words[row] <= word for word in words), bool, len(words))
        left[row] = False
    return chosen


def _embeddings(images: Images, side: str) -> NDArray[np.float32]:
    if images.embeddings is None:
        raise ValueError("Expected images with embeddings, got none.")
    usable = images.embeddings[np.isfinite(images.embeddings).all(axis=1)]
    if len(usable) < 2:
        raise ProposerError(f"Expected at least 2 embeddings of set {side}, got {len(usable)}.")
    return usable
