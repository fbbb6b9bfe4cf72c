"""What a choice still needs on this machine, found without importing or calling anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from .choice import Choice


def missing(
    choice: Choice,
    options: Mapping[str, Any] | None = None,
    *,
    has_captions: bool = True,
    has_encoder: bool = True,
) -> str:
    """Returns in words what a choice is missing; empty if nothing is known to be missing.

    Weights, and whether a server answers, show when it is used.

    Args:
        choice: the choice
        options (None): that it is made with: a server with an address of its own may want no key
        has_captions (True): whether a captioner or a field of captions is chosen
        has_encoder (True): whether an encoder is chosen
    """
    lacks = [f"the package {name}" for name in choice.packages if find_spec(name) is None]
    key = _missing_key(choice, options or {})
    if key:
        lacks.append(f"{key}, or the address of a server")
    if "captions" in choice.reads and not has_captions:
        lacks.append("captions: choose a captioner, or a field that holds text")
    if "embeddings" in choice.reads and not has_encoder:
        lacks.append("an encoder")
    return "; ".join(lacks)


def _missing_key(choice: Choice, options: Mapping[str, Any]) -> str:
    """Returns the environment variable that a key is expected in, where none is there."""
    address = options.get("base_url") or os.environ.get("OPENAI_BASE_URL")
    if not choice.key_env or address or options.get("api_key"):
        return ""
    variable = str(options.get("api_key_env") or choice.key_env)
    return "" if os.environ.get(variable) else variable
