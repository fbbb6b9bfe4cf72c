"""Small pictures of the images that a report shows, as data URLs."""

from __future__ import annotations

from collections.abc import Mapping

from ..images import data_url, decode
from ..results.run import Run
from ..stages import Missing

#: longest side of a picture, in pixels: sharp at the size a report shows it
SIDE = 200


#: the ends of each set that a difference keeps examples of
_ENDS = ("high_a", "low_a", "high_b", "low_b")


def wanted(run: Run) -> dict[str, list[str]]:
    """Returns the ids of the images that the report of a run may show, by set, without repeats."""
    by_side: dict[str, list[str]] = {"a": [], "b": []}
    for difference in run.significant:
        for end in _ENDS:
            by_side[end[-1]] += difference.examples.get(end, ())
    return {side: list(dict.fromkeys(ids)) for side, ids in by_side.items()}


def read(paths: Mapping[str, str]) -> dict[str, str]:
    """Returns a data URL for each image; unreadable files are left out.

    Args:
        paths: sample id, or another key -> image file
    """
    urls = {}
    images = decode(paths.values(), lambda image: data_url(image, SIDE), min_side=SIDE)
    for path, (_, url) in zip(paths, images, strict=True):
        if not isinstance(url, Missing):
            urls[path] = url
    return urls
