"""Unit vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Returns ``(n, d)`` rows of length 1 (float32); NaN where a row is zero or not finite."""
    values = np.asarray(vectors, np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    usable = np.isfinite(lengths) & (lengths > 0)
    return np.divide(values, lengths, out=np.full_like(values, np.nan), where=usable).astype(
        np.float32
    )
