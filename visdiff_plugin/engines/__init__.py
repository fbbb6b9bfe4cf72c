"""Where model work runs: in this process, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog.make import make
from ..stages import Engine


def make_engine(spec: str | Mapping[str, Any] | Engine | None) -> Engine:
    """Returns the engine that a spec names; nothing is started yet.

    Args:
        spec: None or ``"local"``: this process; ``"ray"`` or ``"ray:ADDRESS"``, or a mapping of
            ``name`` and the options of `visdiff_plugin.engines.ray_engine.RayEngine`; or an
            object with the members of `visdiff_plugin.stages.Engine`

    Raises:
        ValueError: on an unknown name or option
        DependencyError: if Ray is named and not installed
    """
    engine: Engine = make("engine", spec)
    return engine
