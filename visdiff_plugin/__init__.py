"""VisDiff for FiftyOne: how do two sets of images differ, in words and with evidence.

Names are loaded when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import caption, compare, embed, rank
    from .config import Config
    from .errors import VisDiffError
    from .results.difference import Difference
    from .results.run import Run
    from .runs import delete, list_runs, load, rename

__all__ = [
    "Config",
    "Difference",
    "Run",
    "VisDiffError",
    "caption",
    "compare",
    "delete",
    "embed",
    "list_runs",
    "load",
    "rank",
    "rename",
]

_HOMES = {
    "Config": "config",
    "VisDiffError": "errors",
    "Difference": "results",
    "Run": "results",
    **dict.fromkeys(("delete", "list_runs", "load", "rename"), "runs"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES.get(name, 'api')}", __name__), name)
