"""What each preset chooses; what it leaves out is the default of `Config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, dict[str, Any]] = {
    "default": {},
    "offline": {"captioner": None, "encoder": None, "proposer": "keyword", "ranker": None},
    "paper": {
        "captioner": "blip2",
        "encoder": "open_clip:ViT-bigG-14/laion2b_s39b_b160k",
        "proposer": "openai:gpt-4",
        "ranker": "embedding",
        "rounds": 3,
        "subset_size": 20,
        "proposals_per_round": 10,
        "properties": False,
        "directions": "a",
        "held_out": False,
        "test": "welch",
        "correction": False,
        "min_effect": 0.5,
        "order": "auroc",
        "merge": False,
        "copies": "each",
    },
}
