"""Proposers by name; the SDK behind one is imported when it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..specs import construct, parse_spec, public_spec
from ..stages import Encoder, Proposer

KINDS = ("keyword", "bank[:FILE]", "openai[:MODEL]", "images[:MODEL]", "feature[:MODEL]",
         "union:A+B")  # fmt: skip


def make_proposers(
    spec: Any, *, n: int = 10, context: str = "", encoder: Encoder | None = None
) -> tuple[Proposer, ...]:
    """Returns the proposers that a spec names, one unless it is a union.

    A union is no proposer of its own: each member reads what it needs and is asked in rounds of
    its own, and what it proposes carries its own name.

    Args:
        spec: as for `make_proposer`; or a union: ``"union:A+B"``,
            ``{"name": "union", "of": [A, B]}`` with any specs, or a list of them. A ``base_url``
            of the mapping goes to the members on an endpoint
        n (10): see `make_proposer`, as for the following
        context (""): what the user says about the sets
        encoder (None): embeds phrases

    Raises:
        ValueError: on an unknown name or option, or a union of nothing or of unions
        CredentialsError: if a server wants a key and there is none
    """
    return tuple(
        make_proposer(one, n=n, context=context, encoder=encoder) for one in _members(spec)
    )


def make_proposer(
    spec: str | Mapping[str, Any] | Proposer,
    *,
    n: int = 10,
    context: str = "",
    encoder: Encoder | None = None,
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
    if parsed.kind not in _TAKES or (parsed.argument and not _TAKES[parsed.kind]):
        raise ValueError(
            f"Expected a proposer out of {', '.join(KINDS)}, got {public_spec(str(parsed))!r}."
        )
    given: dict[str, Any] = {"n": n + n // 2 if parsed.kind == "keyword" else n, **parsed.options}
    if parsed.argument:
        given[_TAKES[parsed.kind]] = parsed.argument
    if parsed.kind in _ON_ENDPOINT:
        given = {"context": context, **given}
    else:
        given.pop("base_url", None)  # forms send the server's address whatever is chosen
    if parsed.kind == "bank":
        if encoder is None:
            raise ValueError("Expected an encoder for the proposer 'bank', got None.")
        given = {"encoder": encoder, **given}
    return construct(_kind(parsed.kind), given)


_ON_ENDPOINT = ("openai", "caption_llm", "images")
#: kinds, and the option that follows the colon
_TAKES = {"keyword": "", "bank": "file", "feature": "model", **dict.fromkeys(_ON_ENDPOINT, "model")}


def _kind(name: str) -> type[Any]:
    if name == "keyword":
        from .keyword import KeywordProposer

        return KeywordProposer
    if name == "bank":
        from .bank import BankProposer

        return BankProposer
    if name == "feature":
        from .feature import FeatureProposer

        return FeatureProposer
    if name == "images":
        from .image_vlm import ImageProposer

        return ImageProposer
    from .caption_llm import CaptionProposer

    return CaptionProposer


def _members(spec: Any) -> list[Any]:
    if isinstance(spec, (list, tuple)):
        members, shared = list(spec), {}
    elif isinstance(spec, (str, Mapping)) and (parsed := parse_spec(spec)).kind == "union":
        options = dict(parsed.options)
        of = options.pop("of", parsed.argument)
        members = of.split("+") if isinstance(of, str) else list(of)
        shared = {"base_url": options.pop("base_url")} if "base_url" in options else {}
        if options:
            raise ValueError(f"Expected options of a union out of of, base_url; got {options}.")
    else:
        return [spec]
    if not members or any(one == "" or _is_union(one) for one in members):
        raise ValueError(
            "Expected a union of proposers as 'union:A+B', a list, or of=[...], with at least one "
            f"and no union among them, got {public_spec(spec)!r}."
        )
    return [_with_options(one, shared) for one in members]


def _is_union(spec: Any) -> bool:
    if isinstance(spec, (str, Mapping)):
        return parse_spec(spec).kind == "union"
    return isinstance(spec, (list, tuple))


def _with_options(spec: Any, shared: Mapping[str, Any]) -> Any:
    if not isinstance(spec, (str, Mapping)) or parse_spec(spec).kind not in _ON_ENDPOINT:
        return spec
    return {**shared, **({"name": spec} if isinstance(spec, str) else spec)}
