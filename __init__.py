"""FiftyOne plugin: registers the operators and panels, and does nothing else."""

from typing import Any


def register(plugin: Any) -> None:
    """Registers the operators and the panel; FiftyOne calls this on every request.

    Args:
        plugin: FiftyOne's plugin context
    """
    import sys
    from importlib.util import find_spec
    from pathlib import Path

    if find_spec("visdiff_plugin") is None:
        # downloaded as a plugin rather than installed as a package
        sys.path.append(str(Path(__file__).resolve().parent))

    from .operators import OPERATORS
    from .panels import PANELS

    for one in (*OPERATORS, *PANELS):
        plugin.register(one)
