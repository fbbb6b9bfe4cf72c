"""The plugin's panels; FiftyOne is imported when they are asked for, not with `payload`."""

from typing import Any

__all__ = ["PANELS"]


def __getattr__(name: str) -> Any:
    """Returns ``PANELS``, the panel classes, named as in fiftyone.yml."""
    if name == "PANELS":
        from .differences import DifferencesPanel

        return (DifferencesPanel,)
    raise AttributeError(name)
