"""The choice of a preset, with what each needs and what of that is missing here."""

from __future__ import annotations

from typing import Any, get_args

from fiftyone.operators import types

from visdiff_plugin.catalog.lacks import missing
from visdiff_plugin.catalog.members import find
from visdiff_plugin.catalog.table import MODELS
from visdiff_plugin.config import Config, Preset

_TEXTS = {
    "offline": ("Offline", "no model, key or network: words of a field, measured properties"),
    "default": ("Default", "BLIP captions, open_clip ranks, gpt-4o-mini proposes"),
    "paper": ("Paper", "as VisDiff, CVPR 2024: BLIP-2, ViT-bigG-14, gpt-4; wants a GPU"),
}


def control(inputs: Any) -> None:
    """Adds the choice; the first is taken where nothing is chosen."""
    view = types.RadioGroup()
    for name, (label, text) in _TEXTS.items():
        lacks = _lacks(name)
        view.add_choice(name, label=label, description=text + (f". Lacks {lacks}" if lacks else ""))
    inputs.enum(
        "preset", view.values(), label="Preset", default="offline", required=True, view=view
    )


def _lacks(preset: str) -> str:
    """Returns what is missing here for a preset; empty where nothing is known to be."""
    if preset not in get_args(Preset) or preset == "offline":
        return ""
    config = Config.preset(preset)  # type: ignore[arg-type]
    lacking = []
    for name in MODELS:
        choice = find(name, getattr(config, name))
        lacking += missing(choice).split("; ") if choice else []
    return "; ".join(dict.fromkeys(item for item in lacking if item))
