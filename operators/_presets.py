"""The choice of a preset, with what each needs and what is missing on this machine."""

from __future__ import annotations

from typing import Any, get_args

from fiftyone.operators import types

from visdiff_plugin.catalog.lacks import missing
from visdiff_plugin.catalog.members import find
from visdiff_plugin.catalog.table import MODELS
from visdiff_plugin.config import Config, Preset

_TEXTS = {
    "offline": (
        "Offline",
        "no model, key or network needed: compares words in a field and measured properties",
    ),
    "default": ("Default", "BLIP writes captions, gpt-4o-mini proposes, open_clip ranks"),
    "paper": ("Paper", "as in VisDiff (CVPR 2024): BLIP-2, gpt-4 and ViT-bigG-14; needs a GPU"),
}


def control(inputs: Any) -> None:
    """Adds the choice; the first one is the default."""
    view = types.RadioGroup()
    for name, (label, text) in _TEXTS.items():
        lacks = _lacks(name)
        view.add_choice(
            name, label=label, description=text + (f". Missing here: {lacks}" if lacks else "")
        )
    inputs.enum(
        "preset", view.values(), label="Preset", default="offline", required=True, view=view
    )


def _lacks(preset: str) -> str:
    """Returns what a preset is missing on this machine; empty if nothing is known to be."""
    if preset not in get_args(Preset) or preset == "offline":
        return ""
    config = Config.preset(preset)  # type: ignore[arg-type]
    lacking = []
    for name in MODELS:
        choice = find(name, getattr(config, name))
        lacking += missing(choice).split("; ") if choice else []
    return "; ".join(dict.fromkeys(item for item in lacking if item))
