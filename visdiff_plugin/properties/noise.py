"""Noise: how much of the fine variation is random, and how much is texture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: noise of less than this many 8 bit steps is not seen: how smooth a clean image is says nothing
INVISIBLE = 2.0
_BLOCK = 16
#: a block with more clipped pixels than this hides its noise
_CLIPPED = 0.02
#: blocks that are left must be this share of all, and at least four
_ENOUGH = 0.02
#: Immerkaer's mask: second differences in both directions, blind to edges that are straight
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def noise(gray: NDArray[np.float32]) -> float:
    """Returns the standard deviation of noise in 8 bit steps, at least `INVISIBLE`.

    Averaging two by two pixels halves white noise and leaves texture. With s1 and s2 of a block
    before and after, ``(s1^2 - s2^2) * 4/3`` is the variance of noise, and zero of texture. Noise
    that compression or scaling has made coarse is therefore understated.

    Args:
        gray: ``(h, w)`` luma, 0 to 255
    """
    import cv2

    rows, columns = (side // _BLOCK for side in gray.shape)
    if not rows or not columns:
        return INVISIBLE
    whole = np.ascontiguousarray(gray[: rows * _BLOCK, : columns * _BLOCK])
    half = cv2.resize(
        whole, (columns * _BLOCK // 2, rows * _BLOCK // 2), interpolation=cv2.INTER_AREA
    )
    fine, coarse = block_deviations(whole, _BLOCK), block_deviations(half, _BLOCK // 2)
    deviation = np.sqrt(np.maximum(fine**2 - coarse**2, 0) * (4 / 3))
    clipped = ((whole <= 2) | (whole >= 253)).astype(np.float32)
    usable = (
        cv2.resize(clipped, (columns, rows), interpolation=cv2.INTER_AREA).reshape(-1) <= _CLIPPED
    )
    # on a page with lines the few unclipped blocks are the lines: then all blocks decide
    chosen = deviation[usable] if usable.sum() >= max(4, _ENOUGH * len(usable)) else deviation
    return max(float(np.median(chosen)), INVISIBLE)


def block_deviations(gray: NDArray[np.float32], block: int = _BLOCK) -> NDArray[np.float32]:
    """Returns what would be noise's standard deviation in each block if there were only noise.

    J. Immerkaer, Fast Noise Variance Estimation, CVIU 64 (1996), equation 4, block by block.

    Args:
        gray: ``(h, w)`` luma, 0 to 255
        block (16): side of a block in pixels

    Returns:
        ``(rows * columns,)`` in 8 bit steps; empty for an image of less than a block
    """
    import cv2

    rows, columns = (side // block for side in gray.shape)
    if not rows or not columns:
        return np.zeros(0, np.float32)
    response = np.abs(cv2.filter2D(gray, cv2.CV_32F, _MASK))
    blocks = cv2.resize(
        response[: rows * block, : columns * block], (columns, rows), interpolation=cv2.INTER_AREA
    )
    return np.asarray(blocks.reshape(-1) * (math.sqrt(math.pi / 2) / 6), np.float32)
