"""Proposers by name; the SDK behind one is imported when it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog.make import make
from ..catalog.members import members_of
from ..stages import Encoder, Proposer


def make_proposers(
    spec: Any,
    *,
    n: int = 10,
    context: str = "",
    encoder: Encoder | None = None,
    api_key: str | None = None,
) -> tuple[Proposer, ...]:
    """Returns the proposers that a spec names, one unless it is a union.

    A union is not a proposer itself: each member reads what it needs, gets its own rounds, and
    signs its proposals with its own name.

    Args:
        spec: as for `make_proposer`; or a union: ``"union:A+B"``,
            ``{"name": "union", "of": [A, B]}`` with any specs, or a list of them. A ``base_url``
            of the mapping goes to the members that ask a server
        n (10): see `make_proposer`, as for the following
        context (""): what the user says about the sets
        encoder (None): embeds phrases
        api_key (None): for servers

    Raises:
        ValueError: on an unknown name or option, or a union of nothing or of unions
        CredentialsError: if a server wants a key and there is none
    """
    members = members_of("proposer", spec)
    return tuple(
        make_proposer(each, n=n, context=context, encoder=encoder, api_key=api_key)
        for each in members
    )


def make_proposer(
    spec: str | Mapping[str, Any] | Proposer,
    *,
    n: int = 10,
    context: str = "",
    encoder: Encoder | None = None,
    api_key: str | None = None,
) -> Proposer:
    """Returns the proposer that a spec names.

    Args:
        spec: ``"keyword"``, ``"bank"`` or ``"bank:FILE"`` (phrases by embeddings), ``"openai"``,
            ``"openai:MODEL"`` (also ``"caption_llm"``), ``"images:MODEL"`` (a vision model),
            ``"feature"`` (BLIP-2 on this machine), a mapping of ``name`` and the options of that
            proposer, or an object that proposes already
        n (10): proposals a round; the keyword proposer, which needs no request, gives half as
            many more
        context (""): what the user says about the sets, for proposers that can read it
        encoder (None): embeds phrases, for the bank
        api_key (None): for the server, where the spec gives none; None is the environment's

    Raises:
        ValueError: on an unknown name or option
        CredentialsError: if the server wants a key and there is none
    """
    proposer: Proposer = make(
        "proposer", spec, n=n, context=context, encoder=encoder, api_key=api_key
    )
    return proposer
