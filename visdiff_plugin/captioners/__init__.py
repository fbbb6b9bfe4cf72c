"""Captioners by name; the models behind them are imported when one is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog.make import make
from ..stages import Captioner


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
    captioner: Captioner = make("captioner", spec)
    return captioner
