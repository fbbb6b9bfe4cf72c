"""Proposers by name; the SDK behind one is imported when it is asked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ..specs import parse_spec, public_spec
from ..stages import Proposer

KINDS = ("keyword", "openai[:MODEL]")


def make_proposer(
    spec: str | Mapping[str, Any] | Proposer, *, n: int = 10, context: str = ""
) -> Proposer:
    """Returns the proposer that a spec names.

    Args:
        spec: ``"keyword"``, ``"openai"``, ``"openai:MODEL"`` (also ``"caption_llm"``), a mapping
            of ``name`` and the options of that proposer, or an object that proposes already
        n (10): proposals a round; the keyword proposer, which is asked once and not in rounds,
            gives half as many more
        context (""): what the user says about the sets, for proposers that can read it

    Raises:
        ValueError: on an unknown name or option
        CredentialsError: if the server wants a key and there is none
    """
    if not isinstance(spec, (str, Mapping)):
        if isinstance(spec, Proposer):
            return spec
        raise ValueError(
            f"Expected one of {', '.join(KINDS)}, or an object with name and propose(a, b), "
            f"got {type(spec).__name__}."
        )
    parsed = parse_spec(spec)
    options = dict(parsed.options)
    if parsed.kind in ("openai", "caption_llm"):
        from .caption_llm import CaptionProposer

        if parsed.argument:
            options["model"] = parsed.argument
        return _construct(CaptionProposer, {"n": n, "context": context, **options})
    if parsed.kind == "keyword" and not parsed.argument:
        from .keyword import KeywordProposer

        options.pop("base_url", None)  # forms send the server's address whatever is chosen
        return _construct(KeywordProposer, {"n": n + n // 2, **options})
    raise ValueError(
        f"Expected a proposer out of {', '.join(KINDS)}, got {public_spec(str(parsed))!r}."
    )


def _construct(kind: Any, options: Mapping[str, Any]) -> Any:
    known = inspect.signature(kind).parameters
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ValueError(
            f"Expected options of {kind.__name__} out of {', '.join(known)}; got "
            f"{', '.join(unknown)}."
        )
    return kind(**options)
