"""Corrections of a family of tests for their number; pure numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def benjamini_hochberg(p_values: Floats) -> NDArray[np.float64]:
    """Returns adjusted p-values (q), same shape and order.

    Source: Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995): the smallest false discovery
    rate at which each hypothesis is rejected.

    Args:
        p_values: ``(k,)`` in [0, 1]

    Raises:
        ValueError: on another shape, or a p outside [0, 1]
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


def holm(p_values: Floats) -> NDArray[np.float64]:
    """Returns adjusted p-values, same shape and order.

    Source: Holm, Scand. J. Stat. 6 (1979): the smallest chance of any false rejection among all
    at which each hypothesis is rejected. True ones beside a false one do not carry it, as they do
    with a false discovery rate. So it suits hypotheses that are asked one by one, each for its
    own sake, and however many are asked, the chance that any false one stands there is as stated.

    Args:
        p_values: ``(k,)`` in [0, 1]

    Raises:
        ValueError: on another shape, or a p outside [0, 1]
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled)) if p.size else scaled
    return adjusted


def _checked(p_values: Floats) -> NDArray[np.float64]:
    p = np.asarray(p_values, np.float64)
    if p.ndim != 1:
        raise ValueError(f"Expected (k,) p-values, got shape {p.shape}.")
    if p.size and not (np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1):
        raise ValueError("Expected p-values in [0, 1], got some outside or not finite.")
    return p
