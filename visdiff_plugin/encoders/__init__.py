"""Encoders by name; the models behind them are imported when one is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..specs import construct, parse_spec
from ..stages import Encoder

KINDS = ("open_clip[:MODEL/WEIGHTS]", "open_clip:paper", "zoo:MODEL")


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
    if not isinstance(spec, (str, Mapping)):
        if isinstance(spec, Encoder):
            return spec
        raise ValueError(
            f"Expected one of {', '.join(KINDS)}, or an object with name, encode_images(paths) "
            f"and encode_texts(texts), got {type(spec).__name__}."
        )
    parsed = parse_spec(spec)
    options = dict(parsed.options)
    if parsed.kind == "open_clip":
        from .open_clip_encoder import OpenCLIPEncoder

        if parsed.argument:
            options.update(_model_and_weights(parsed.argument))
        return construct(OpenCLIPEncoder, options)
    if parsed.kind == "zoo":
        from .zoo_encoder import ZooEncoder

        name = parsed.argument or options.pop("model", "")
        if not name:
            raise ValueError("Expected a zoo model, as in 'zoo:clip-vit-base32-torch'; got none.")
        return ZooEncoder(name, **options)
    raise ValueError(f"Expected an encoder out of {', '.join(KINDS)}, got {str(parsed)!r}.")


def _model_and_weights(argument: str) -> dict[str, str]:
    if argument.startswith(("hf-hub:", "local-dir:")):  # these name model and weights in one
        return {"model": argument}
    model, slash, weights = argument.partition("/")
    return {"model": model, "pretrained": weights} if slash else {"model": model}
