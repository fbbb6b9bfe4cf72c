"""Measures images: pixels in, the numbers of the catalogue out."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..images import UNREADABLE, load_rgb, reason
from .catalogue import PROPERTIES

#: longest side for all that does not depend on resolution: large enough to keep what people see
_WORKING_SIDE = 512
#: colours are measured on a small copy, where noise has no colour left to speak of
_COLOUR_SIDE = 128
#: noise is gone after reduction, so it is measured on the pixels as they are, in the middle
_NOISE_SIDE = 1024
_BLOCK = 16
#: noise of less than this many 8 bit steps is not seen: how smooth a clean image is says nothing
_INVISIBLE = 2.0
#: Immerkaer's mask: second differences in both directions, blind to edges that are straight
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)
#: luma, in 8 bit steps, that a line of a frame may vary, and differ from the edge
_FRAME_SPREAD, _FRAME_STEP = 4.0, 8.0
#: two opposite sides may be covered by bars up to this share each
_FRAME_MOST = 0.45


def measure(path: str) -> dict[str, float]:
    """Returns the numbers of one image file, see `measure_pixels`.

    Args:
        path: an image file

    Raises:
        OSError: if it can't be read; malformed files raise others of `images.UNREADABLE`
    """
    n_bytes = os.stat(path).st_size
    return measure_pixels(np.asarray(load_rgb(path), np.uint8), n_bytes)


def measure_pixels(pixels: NDArray[np.uint8], n_bytes: int) -> dict[str, float]:
    """Returns the numbers of an image; NaN where one is undefined.

    Undefined are saturation and greyscale of an image that is black all over, and sharpness of
    one without any contrast. All but border, size and file are measured inside the frame, if
    there is one.

    Args:
        pixels: ``(h, w, 3)`` RGB
        n_bytes: size of its file
    """
    import cv2

    height, width = pixels.shape[:2]
    top, bottom, left, right = _frame(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    inside = pixels[top : height - bottom, left : width - right]
    small = _reduced(inside, _WORKING_SIDE)
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return {
        "brightness": float(luma.mean() / 255),
        "contrast": float(luma.std() / 255),
        **_colours(_reduced(small, _COLOUR_SIDE)),
        "sharpness": _sharpness(luma),
        "noise": _noise(_middle(inside, _NOISE_SIDE)),
        "border": 1 - inside.shape[0] * inside.shape[1] / (height * width),
        "aspect_ratio": math.log2(width / height),
        "resolution": width * height / 1e6,
        "file_size": n_bytes / 1000,
        "bytes_per_pixel": n_bytes / (width * height),
    }


def measure_many(
    paths: Sequence[str], threads: int | None = None
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Measures images in threads; decoding and OpenCV leave Python's lock.

    Args:
        paths: ``n`` image files
        threads (None): at a time; None is one a core

    Returns:
        ``(n, p)`` numbers in the catalogue's order, a row of NaN for a file that can't be read;
        and the reason for each such row
    """
    values = np.full((len(paths), len(PROPERTIES)), np.nan)
    reasons: dict[int, str] = {}

    def one(path: str) -> list[float] | str:
        try:
            image = load_rgb(path)
        except UNREADABLE as error:
            return reason(error)
        found = measure_pixels(np.asarray(image, np.uint8), os.stat(path).st_size)
        return [found[member.name] for member in PROPERTIES]

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for row, found in enumerate(pool.map(one, paths)):
            if isinstance(found, str):
                reasons[row] = found
            else:
                values[row] = found
    return values, reasons


def _colours(pixels: NDArray[np.uint8]) -> dict[str, float]:
    rgb = pixels.reshape(-1, 3).astype(np.float32) / np.float32(255)
    high, low = rgb.max(axis=1), rgb.min(axis=1)
    chroma = high - low
    lit = high > 0.1  # in darker pixels the hue is rounding
    saturation = chroma[lit] / high[lit]
    red, green, blue = rgb.T
    rg, yb = red - green, (red + green) / 2 - blue
    colourfulness = math.hypot(float(rg.std()), float(yb.std())) + 0.3 * math.hypot(
        float(rg.mean()), float(yb.mean())
    )
    return {
        "saturation": float(saturation.mean()) if lit.any() else math.nan,
        "colourfulness": colourfulness,
        "greyscale": 1 - float(np.percentile(saturation, 95)) if lit.any() else math.nan,
        **_hues(rgb, high, chroma),
        "warmth": float((red - blue).mean()),
    }


def _hues(rgb: NDArray[Any], high: NDArray[Any], chroma: NDArray[Any]) -> dict[str, float]:
    """Shares of all pixels that are clearly of a hue; a grey image has none, which is the truth."""
    clear = (high > 0.2) & (chroma > 0.25 * high)
    red, green, blue = rgb[clear].T
    most, spread = high[clear], chroma[clear]
    hue = np.where(
        most == red,
        (green - blue) / spread % 6,
        np.where(most == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    turned = (hue * 60 + 15) % 360  # red begins at zero
    counts = np.histogram(turned, bins=[0, 30, 85, 180, 275, 360])[0] / len(rgb)
    names = ("reds", "yellows", "greens", "blues", "purples")
    return {name: float(share) for name, share in zip(names, counts, strict=True)}


def _sharpness(luma: NDArray[np.float32]) -> float:
    """Log ratio of the energy of fine detail to all energy; noise is estimated and taken off."""
    import cv2

    variance = float(luma.var())
    if variance < 1e-6 or min(luma.shape) < 3:
        return math.nan
    smooth = cv2.GaussianBlur(luma, (0, 0), 1.0)
    detail = cv2.filter2D(smooth, cv2.CV_32F, _LAPLACIAN)
    sigma = _immerkaer(luma)
    noise = float(np.percentile(sigma, 20)) if sigma.size else 0.0
    energy = float(detail.var()) - _noise_gain() * noise**2
    # the floor stands for a Laplacian below one hundredth of a step: as blurry as can be told
    return math.log10(max(energy, 1e-4) / variance)


def _noise(pixels: NDArray[np.uint8]) -> float:
    """Noise as a share of full scale, from blocks that are flat and neither black nor white."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    sigma = _immerkaer(grey)
    if not sigma.size:
        return _INVISIBLE / 255
    rows, columns = (side // _BLOCK for side in grey.shape)
    level = cv2.resize(
        grey[: rows * _BLOCK, : columns * _BLOCK], (columns, rows), interpolation=cv2.INTER_AREA
    ).reshape(-1)
    usable = (level > 15) & (level < 240)  # clipping hides noise
    chosen = sigma[usable] if usable.sum() >= 4 else sigma
    return max(float(np.percentile(chosen, 20)), _INVISIBLE) / 255


def _immerkaer(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noise's standard deviation in each block, ``(rows * columns,)``, in 8 bit steps.

    J. Immerkaer, Fast Noise Variance Estimation, CVIU 64 (1996), equation 4, block by block.
    """
    import cv2

    rows, columns = (side // _BLOCK for side in grey.shape)
    if not rows or not columns:
        return np.zeros(0, np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, _IMMERKAER))
    blocks = cv2.resize(
        response[: rows * _BLOCK, : columns * _BLOCK],
        (columns, rows),
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(blocks.reshape(-1) * (math.sqrt(math.pi / 2) / 6), np.float32)


def _noise_gain() -> float:
    """Variance of the smoothed Laplacian of white noise of variance one: the kernel's energy."""
    import cv2

    impulse = np.zeros((21, 21), np.float32)
    impulse[10, 10] = 1
    kernel = cv2.filter2D(cv2.GaussianBlur(impulse, (0, 0), 1.0), cv2.CV_32F, _LAPLACIAN)
    return float((kernel**2).sum())


def _frame(grey: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Rows and columns of one colour at the edges: top, bottom, left, right.

    Only opposite pairs count: a plain sky at the top alone is no frame.
    """
    top, bottom = _bars(grey)
    left, right = _bars(grey[top : len(grey) - bottom].T)
    if (top or bottom) and (left or right):
        # the sides of a frame hide its top from a test over whole rows, and the reverse
        again = _bars(grey[:, left : grey.shape[1] - right])
        top, bottom = max(top, again[0]), max(bottom, again[1])
    return top, bottom, left, right


def _bars(grey: NDArray[Any]) -> tuple[int, int]:
    most = int(len(grey) * _FRAME_MOST)
    if most < 1 or grey.shape[1] < 2:
        return 0, 0
    sizes = []
    for lines in (grey[:most], grey[: -most - 1 : -1]):
        values = lines.astype(np.float32)
        same = (values.std(axis=1) <= _FRAME_SPREAD) & (
            np.abs(values.mean(axis=1) - values[0].mean()) <= _FRAME_STEP
        )
        sizes.append(most if same.all() else int(np.argmin(same)))
    if min(sizes) == 0 or min(sizes) == most:
        return 0, 0  # no pair, or the whole image is of one colour
    return sizes[0], sizes[1]


def _reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    import cv2

    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(1, round(one * scale)) for one in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _middle(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    top, left = (max(0, (one - side) // 2) for one in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])
