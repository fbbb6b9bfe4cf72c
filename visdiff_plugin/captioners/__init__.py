"""Captioners by name; the models behind them are imported when one is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..specs import construct, parse_spec
from ..stages import Captioner

KINDS = ("blip", "blip2", "transformers:MODEL", "openai[:MODEL]")


def make_captioner(spec: str | Mapping[str, Any] | Captioner) -> Captioner:
    """Returns the captioner that a spec names.

    Args:
        spec: ``"blip"``, ``"blip2"``, ``"transformers:MODEL"`` (a model of the hub or a local
            folder), ``"openai"``, ``"openai:MODEL"``, a mapping of ``name`` and the options of
            that captioner, or an object that captions already

    Raises:
        ValueError: on an unknown name or option, or a missing model
        DependencyError: if its package is not installed
    """
    if not isinstance(spec, (str, Mapping)):
        if isinstance(spec, Captioner):
            return spec
        raise ValueError(
            f"Expected one of {', '.join(KINDS)}, or an object with name and caption(paths), "
            f"got {type(spec).__name__}."
        )
    parsed = parse_spec(spec)
    options = dict(parsed.options)
    if parsed.kind not in ("blip", "blip2", "transformers", "openai"):
        raise ValueError(f"Expected a captioner out of {', '.join(KINDS)}, got {str(parsed)!r}.")
    if parsed.argument:
        options["model"] = parsed.argument
    if parsed.kind == "openai":
        from .openai_captioner import OpenAICaptioner

        return construct(OpenAICaptioner, options)
    from .transformers_captioner import TransformersCaptioner

    if parsed.kind != "transformers":
        options.setdefault("model", parsed.kind)
    if "model" not in options:
        raise ValueError(
            "Expected a model, as in 'transformers:Qwen/Qwen2.5-VL-3B-Instruct' or "
            "'transformers:/path/of/a/folder'; got none."
        )
    return construct(TransformersCaptioner, options)
