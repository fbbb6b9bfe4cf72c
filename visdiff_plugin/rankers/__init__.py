"""Rankers: how well each description fits each image."""

from __future__ import annotations

from typing import Any

from ..catalog.make import make
from ..stages import Encoder, Ranker
from .cascade import Cascade


def make_ranker(
    spec: Any, encoder: Encoder | None, *, api_key: str | None = None
) -> Ranker | Cascade:
    """Returns a ranker by name; objects with ``name`` and ``score`` pass through.

    Args:
        spec: ``"embedding"``, ``"words"``, ``"caption_similarity:MODEL"`` of a text encoder,
            ``"caption_question:MODEL"`` or ``"image_question:MODEL"`` of a chat server, either
            with ``transformers:`` before the model to ask one on this machine,
            ``"cascade:image_question:MODEL"`` (or ``{"name": "cascade", "first": ...,
            "then": ...}``), a mapping with options, an object, or None for the embedding ranker
            where there is an encoder and words where there is none. ``"tfidf"``, as stored runs
            have it, is ``"words"``
        encoder: embeds descriptions for the embedding ranker
        api_key (None): for the server, where the spec gives none; None is the environment's

    Raises:
        ValueError: on an unknown name or option, or for the embedding ranker without an encoder
        CredentialsError: if a chat server wants a key and there is none
    """
    ranker: Ranker | Cascade = make("ranker", spec, encoder=encoder, api_key=api_key)
    return ranker
