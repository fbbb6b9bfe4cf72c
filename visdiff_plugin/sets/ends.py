"""The images with the highest, or the lowest, of some numbers; pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def border(values: ArrayLike, end: str, percent: float) -> tuple[NDArray[np.bool_], float]:
    """Returns which values are the highest, or the lowest, and the share that ties would need.

    The set is the largest that values of one rank are not torn apart in and that holds no more
    than its percentage: ends whose percentages add up to 100 or less never overlap.

    Args:
        values: ``(n,)`` numbers; what is not finite belongs to neither end
        end: ``"top"`` or ``"bottom"``
        percent: of the finite ones

    Returns:
        ``(n,)`` flags, and the least percentage that is not empty
    """
    numbers = np.asarray(values, np.float64)
    finite = np.isfinite(numbers)
    signed = numbers if end == "bottom" else -numbers
    known = np.sort(signed[finite])
    if not known.size:
        return finite, 100.0
    size = int(np.floor(known.size * percent / 100 + 1e-9))
    least = 100.0 * float(np.searchsorted(known, known[0], "right")) / known.size
    if size >= known.size:
        return finite, least
    # what ties with the first beyond the border stays outside
    return finite & (np.where(finite, signed, np.inf) < known[size]), least
