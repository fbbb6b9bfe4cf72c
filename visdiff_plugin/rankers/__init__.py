"""Rankers: how true is each description of each image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..specs import Spec, construct, parse_spec
from ..stages import Encoder, Ranker
from .cascade import Cascade

KINDS = (
    "embedding",
    "words",
    "caption_question[:MODEL]",
    "image_question[:MODEL]",
    "caption_question:transformers:MODEL",
    "image_question:transformers:MODEL",
    "cascade:RANKER",
)
#: the second was its name when it compared vectors of words: configs of stored runs have it
_WORDS = ("words", "tfidf")


def make_ranker(spec: Any, encoder: Encoder | None) -> Ranker | Cascade:
    """Returns a ranker by name; objects with ``name`` and ``score`` pass through.

    Args:
        spec: ``"embedding"``, ``"words"``, ``"caption_question:MODEL"`` or
            ``"image_question:MODEL"`` of a chat server, either with ``transformers:``
            before the model to ask one on this machine, ``"cascade:image_question:MODEL"`` (or
            ``{"name": "cascade", "first": ..., "then": ...}``), a mapping with options, an object,
            or None for the embedding ranker where there is an encoder and words where there is
            none. ``"tfidf"``, as stored runs have it, is ``"words"``
        encoder: embeds descriptions for the embedding ranker

    Raises:
        ValueError: on an unknown name or option, or for the embedding ranker without an encoder
        CredentialsError: if a chat server wants a key and there is none
    """
    if spec is None:
        spec = "words" if encoder is None else "embedding"
    if not isinstance(spec, (str, Mapping)):
        if isinstance(spec, (Ranker, Cascade)):
            return spec
        raise ValueError(f"Expected a ranker with name and score(), got {type(spec).__name__}.")
    parsed = parse_spec(spec)
    return _cascade(parsed, encoder) if parsed.kind == "cascade" else _by_name(parsed, encoder)


def _cascade(parsed: Spec, encoder: Encoder | None) -> Cascade:
    options = dict(parsed.options)
    then = options.pop("then", parsed.argument or None)
    if isinstance(then, str) and "base_url" in options:
        then = {"name": then, "base_url": options.pop("base_url")}
    rankers = make_ranker(options.pop("first", None), encoder), then and make_ranker(then, encoder)
    if not all(isinstance(one, Ranker) for one in rankers):
        raise ValueError(
            "Expected a cascade of two rankers, as in 'cascade:image_question:MODEL', got "
            f"{str(parsed)!r}."
        )
    first, second = rankers
    cascade: Cascade = construct(Cascade, {"first": first, "then": second, **options})
    return cascade


def _by_name(parsed: Spec, encoder: Encoder | None) -> Ranker:
    options = dict(parsed.options)
    ranker: Ranker
    if parsed.kind in ("caption_question", "image_question"):
        options["about"] = parsed.kind.removesuffix("_question")
        if parsed.argument:
            options["model"] = parsed.argument.removeprefix("transformers:")
        if parsed.argument.startswith("transformers:"):
            from .local_questions import LocalQuestionRanker

            options.pop("base_url", None)  # forms send the server's address to all that may ask
            ranker = construct(LocalQuestionRanker, options)
            return ranker
        from .questions import QuestionRanker

        ranker = construct(QuestionRanker, options)
        return ranker
    if parsed.argument or parsed.kind not in ("embedding", *_WORDS):
        raise ValueError(f"Expected a ranker out of {', '.join(KINDS)}, got {str(parsed)!r}.")
    if parsed.kind in _WORDS:
        from .presence import PresenceRanker

        ranker = construct(PresenceRanker, options)
        return ranker
    from .embedding import EmbeddingRanker

    if encoder is None:
        raise ValueError("Expected an encoder for the embedding ranker, got None.")
    ranker = construct(EmbeddingRanker, {"encoder": encoder, **options})
    return ranker
