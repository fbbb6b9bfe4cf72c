"""Encoders by name; the models behind them are imported when one is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog.make import make
from ..stages import Encoder


def make_encoder(spec: str | Mapping[str, Any] | Encoder) -> Encoder:
    """Returns the encoder that a spec names.

    Args:
        spec: ``"open_clip"``, ``"open_clip:ViT-B-32/laion2b_s34b_b79k"``, ``"open_clip:paper"``
            (the paper's ViT-bigG-14), ``"zoo:MODEL"`` (FiftyOne's model zoo), a mapping of
            ``name`` and the options of that encoder, or an object that encodes already. Weights
            may be the path of a checkpoint

    Raises:
        ValueError: on an unknown name or option, or a missing model
    """
    encoder: Encoder = make("encoder", spec)
    return encoder
