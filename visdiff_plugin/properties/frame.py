"""Frames and bars: how many lines at the edges of an image are of one color."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: luma, in 8 bit steps, that a line of a frame may vary, and differ from the edge
_SPREAD, _STEP = 4.0, 8.0
#: two opposite sides may be covered by bars up to this share each
_MOST = 0.45
#: lines looked at together: most images have no frame, and the first few lines say so
_CHUNK = 32
#: what is framed begins with a step of this much luma, along this share of both edges together
#: and along that of each: objects and drawings on plain ground touch it in few places
_EDGE_STEP, _EDGE_SHARE, _EDGE_LEAST = 12.0, 0.5, 0.25


def frame(gray: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Returns how wide a frame, or a pair of bars, is: top, bottom, left, right, in pixels.

    Only opposite pairs of one color that end in a straight step count. A plain sky at the top
    alone is no frame, nor above a plain floor, nor is white paper around a drawing.

    Args:
        gray: ``(h, w)`` luma
    """
    width = gray.shape[1]
    top, bottom = _bars(gray, 0, width)
    left, right = _bars(gray[top : len(gray) - bottom].T, 0, len(gray) - top - bottom)
    if left or right:
        # the sides of a frame hide its top from a test over whole rows, and the reverse
        top, bottom = _bars(gray, left, width - right)
    if not _straight(gray[:, left : width - right], top, bottom):
        top = bottom = 0
        left, right = _bars(gray.T, 0, len(gray))
    if not _straight(gray[top : len(gray) - bottom].T, left, right):
        left = right = 0
        top, bottom = _bars(gray, 0, width)
        if not _straight(gray, top, bottom):
            top = bottom = 0
    return top, bottom, left, right


def _bars(lines: NDArray[Any], start: int, stop: int) -> tuple[int, int]:
    """Returns the number of lines of one color at both ends, looking at ``start:stop`` of each."""
    most = int(len(lines) * _MOST)
    if most < 1 or stop - start < 2:
        return 0, 0
    first = _uniform(lines[:most, start:stop])
    if first in (0, most):
        return 0, 0  # no pair, or the whole image is of one color
    last = _uniform(lines[: -most - 1 : -1, start:stop])
    if last in (0, most):
        return 0, 0
    colors = [float(line[start:stop].mean()) for line in (lines[0], lines[-1])]
    # a plain sky above a plain floor: two colors are no frame
    return (0, 0) if abs(colors[0] - colors[1]) > 2 * _STEP else (first, last)


def _uniform(lines: NDArray[Any]) -> int:
    color = float(lines[0].mean())
    for start in range(0, len(lines), _CHUNK):
        values = lines[start : start + _CHUNK].astype(np.float32)
        same = (values.std(axis=1) <= _SPREAD) & (np.abs(values.mean(axis=1) - color) <= _STEP)
        if not same.all():
            return start + int(np.argmin(same))
    return len(lines)


def _straight(lines: NDArray[Any], first: int, last: int) -> bool:
    if not first and not last:
        return True
    shares = _edge_share(lines, first), _edge_share(lines[::-1], last)
    return min(shares) >= _EDGE_LEAST and sum(shares) / 2 >= _EDGE_SHARE


def _edge_share(lines: NDArray[Any], size: int) -> float:
    """Returns the share of the line behind a bar that differs from the bar by a step."""
    color = float(lines[max(size - 2, 0)].mean())
    # scaling and compression spread a step over about two lines
    behind = np.abs(lines[size : size + 3].astype(np.float32) - color).max(axis=0)
    return float((behind > _EDGE_STEP).mean())
