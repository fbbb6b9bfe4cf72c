"""Rankers: how true is each description of each image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..specs import parse_spec
from ..stages import Encoder, Ranker


def make_ranker(spec: Any, encoder: Encoder | None) -> Ranker:
    """Returns a ranker by name; objects with ``name`` and ``score`` pass through.

    Args:
        spec: ``"embedding"``, ``"tfidf"``, a mapping with options, an object, or None for the
            embedding ranker where there is an encoder and tf-idf where there is none
        encoder: embeds descriptions for the embedding ranker

    Raises:
        ValueError: on an unknown name, or for the embedding ranker without an encoder
    """
    if spec is None:
        spec = "tfidf" if encoder is None else "embedding"
    if not isinstance(spec, (str, Mapping)):
        if isinstance(spec, Ranker):
            return spec
        raise ValueError(f"Expected a ranker with name and score(), got {type(spec).__name__}.")
    parsed = parse_spec(spec)
    if parsed.kind == "tfidf":
        from .tfidf import TfidfRanker

        return TfidfRanker(**parsed.options)
    if parsed.kind == "embedding":
        from .embedding import EmbeddingRanker

        if encoder is None:
            raise ValueError("Expected an encoder for the embedding ranker, got None.")
        return EmbeddingRanker(encoder, **parsed.options)
    raise ValueError(f"Expected ranker 'embedding' or 'tfidf', got {str(parsed)!r}.")
