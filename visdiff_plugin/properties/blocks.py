"""JPEG blocks: steps that are eight pixels apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: steps of fewer 8 bit steps than this, on average, are not seen
INVISIBLE = 1.0
_SIDE = 8
#: one strong edge in the picture must not outweigh the grid
_MOST = 8.0


def blockiness(gray: NDArray[np.float32]) -> float:
    """Returns the mean step at borders of JPEG's blocks in 8 bit steps, at least `INVISIBLE`.

    A step is what a difference of neighbors exceeds those beside it by (after Wang, Bovik and
    Evans 2000); at the border it is compared with the seven other places. Any offset of the grid
    is found; an image that was scaled after compression has no grid left.

    Args:
        gray: ``(h, w)`` luma, 0 to 255
    """
    grids = [_grid(lines) for lines in (gray, gray.T) if min(lines.shape) >= 4 * _SIDE]
    return max(float(np.mean(grids)), INVISIBLE) if grids else INVISIBLE


def _grid(lines: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(lines, axis=1))
    steps = steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2
    columns = np.minimum(steps, _MOST).mean(axis=0)
    phases = np.array([columns[offset::_SIDE].mean() for offset in range(_SIDE)])
    return float(phases.max() - np.median(phases))
