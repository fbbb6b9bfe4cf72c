"""Asks a chat model what the captions of one set say more than those of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from ..chat.client import ChatClient
from ..chat.options import ServerOptions, client_of
from ..chat.prompts import PROPOSAL_SCHEMA, proposal_messages, tried_text
from ..errors import ProposerError
from ..stages import Attempt, Images, Need, ProposerReply
from .answered import read_reply


class CaptionProposer:
    """Proposes with any OpenAI-compatible chat model; one call is one request.

    Args:
        model ("gpt-4o-mini"): the model's name at the server
        n (10): proposals to ask for; a model that gives more is cut there
        context (""): what the user says about the sets
        client (None): the caller's client; None makes one of the options below
        temperature (.7): of sampling
        seed (0): of sampling, where the server honors it
        max_tokens (4096): longest reply, in tokens; a bound for models that don't stop
        **server: ``base_url``, ``api_key_env``, ``api_key``, ``timeout`` (60) and ``max_retries``,
            as `ChatClient` takes them

    Raises:
        CredentialsError: if the server wants a key and there is none
        ValueError: on an ``n`` under 1, or as `ChatClient`
    """

    name = "caption_llm"
    needs: Need = "captions"

    def __init__(
        self,
        model: str = "gpt-4o-mini",
        *,
        n: int = 10,
        context: str = "",
        client: ChatClient | None = None,
        temperature: float | None = 0.7,
        seed: int | None = 0,
        max_tokens: int | None = 4096,
        **server: Unpack[ServerOptions],
    ) -> None:
        if n < 1:
            raise ValueError(f"Expected n >= 1, got {n!r}.")
        self.n, self.context = n, context
        self._client = client_of(client, model, temperature, seed, max_tokens, **server)

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes proposals, JSON-safe and without credentials."""
        return {**self._client.parameters, "n": self.n, "context": self.context}

    def propose(self, a: Images, b: Images) -> ProposerReply:
        """Returns what the model says is truer of ``a`` than of ``b``, best first.

        Images without a caption are left out; of pairs, with their partners.

        Raises:
            ProposerError: if a side has under two captions, or the reply holds no proposal
            ModelError: if the server does not answer, or refuses; see `ChatClient.complete`
        """
        return self._ask(a, b)

    def refine(self, a: Images, b: Images, attempts: Sequence[Attempt]) -> ProposerReply:
        """Returns sharper or complementary descriptions than those that were tried.

        The model reads the captions again, and those that each attempt gets wrong.

        Raises:
            ProposerError: as `propose`, like the following
            ModelError: if the server does not answer, or refuses
        """
        return self._ask(
            a,
            b,
            tried_text(
                [
                    (attempt.description, _of(a, attempt.missed), _of(b, attempt.mistaken))
                    for attempt in attempts
                ]
            ),
        )

    def _ask(self, a: Images, b: Images, tried: str = "") -> ProposerReply:
        captions_a, captions_b = _captions(a, b)
        paired = a.pairs is not None and b.pairs is not None
        messages = proposal_messages(
            captions_a, captions_b, n=self.n, context=self.context, paired=paired, tried=tried
        )
        reply = self._client.complete(messages, schema=PROPOSAL_SCHEMA)
        return read_reply(reply, self.n)


def _of(images: Images, rows: Sequence[int]) -> list[str]:
    captions = images.captions or ()
    return [captions[row] for row in rows if captions[row].strip()]


def _captions(a: Images, b: Images) -> tuple[list[str], list[str]]:
    """Returns the captions of both sets; where they come in pairs, those of whole pairs."""
    texts = [[caption.strip() for caption in images.captions or ()] for images in (a, b)]
    if a.pairs is not None and b.pairs is not None:
        whole = [both for both in zip(*texts, strict=True) if all(both)]
        texts = [[both[side] for both in whole] for side in (0, 1)]
    captions = [[caption for caption in own if caption] for own in texts]
    for side, own in zip("AB", captions, strict=True):
        if len(own) < 2:
            raise ProposerError(
                f"Expected at least 2 captions of set {side}, got {len(own)}.",
                "Choose a captioner or a caption field, or more images.",
            )
    return captions[0], captions[1]
