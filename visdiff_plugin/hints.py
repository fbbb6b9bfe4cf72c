"""What a table of differences does not say by itself, in sentences; pure."""

from __future__ import annotations

from collections.abc import Sequence

from .results.difference import Difference

#: descriptions from which on it is remarkable if nearly all are supported
_MANY = 20
#: share of them that is nearly all
_NEARLY_ALL = 2 / 3


def hints(differences: Sequence[Difference]) -> list[str]:
    """Returns sentences about all rows together.

    Args:
        differences: all rows of a run
    """
    scored = [row for row in differences if row.cut == "top" and not row.unit]
    supported = sum(row.significant for row in scored)
    if len(scored) < _MANY or supported < _NEARLY_ALL * len(scored):
        return []
    return [
        f"{supported} of {len(scored)} descriptions are supported, whatever they say: the encoder "
        "tells the sets apart by itself. Do not trust the words alone: look at the photos, or "
        "check them by captions or questions."
    ]
