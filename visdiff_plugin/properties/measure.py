"""Measures images: pixels in, the numbers of the catalog out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import stat_file
from ..images import UNREADABLE, load_rgb, reason
from .blocks import blockiness
from .catalog import PROPERTIES
from .frame import frame
from .noise import block_deviations, noise

#: longest side for all that does not depend on resolution: large enough to keep what people see
_WORKING_SIDE = 512
#: colors are measured on a small copy, where noise has no color left to speak of
_COLOR_SIDE = 128
#: noise and blocks are gone after reduction, also after JPEG's draft mode: they are measured on
#: the pixels as they are, in the middle
_AS_IS_SIDE = 1024
#: images between two reports of progress, and that wait at most
_CHUNK = 128
_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)


def measure(path: str) -> dict[str, float]:
    """Returns the numbers of one image file, see `measure_pixels`.

    Args:
        path: an image file

    Raises:
        OSError: if it can't be read; malformed files raise others of `images.UNREADABLE`
    """
    n_bytes, pixels = _read(path)
    return measure_pixels(pixels, n_bytes)


def measure_pixels(pixels: NDArray[np.uint8], n_bytes: int) -> dict[str, float]:
    """Returns the numbers of an image; NaN where one is undefined.

    Undefined are saturation and grayscale of an image that is black all over, and sharpness of
    one without any contrast. All but border, size and file are measured inside the frame, if
    there is one.

    Args:
        pixels: ``(h, w, 3)`` RGB
        n_bytes: size of its file
    """
    import cv2

    height, width = pixels.shape[:2]
    top, bottom, left, right = frame(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    inside = pixels[top : height - bottom, left : width - right]
    small = _reduced(inside, _WORKING_SIDE)
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    as_is = cv2.cvtColor(_middle(inside, _AS_IS_SIDE), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return {
        "brightness": float(luma.mean() / 255),
        "contrast": float(luma.std() / 255),
        **_colors(_reduced(small, _COLOR_SIDE)),
        "sharpness": _sharpness(luma),
        "noise": noise(as_is) / 255,
        "blockiness": blockiness(as_is) / 255,
        "border": 1 - inside.shape[0] * inside.shape[1] / (height * width),
        "aspect_ratio": math.log2(width / height),
        "resolution": width * height / 1e6,
        "file_size": n_bytes / 1000,
        "bytes_per_pixel": n_bytes / (width * height),
    }


def measure_many(
    paths: Sequence[str],
    threads: int | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Measures images in threads; decoding and OpenCV leave Python's lock.

    Args:
        paths: ``n`` image files
        threads (None): at a time, each holding one image; None is one a core
        progress (None): called with the share that is done, in [0, 1], and a label

    Returns:
        ``(n, p)`` numbers in the catalog's order, a row of NaN for a file that can't be read;
        and the reason for each such row

    Raises:
        ValueError: if ``threads`` is under 1
    """
    threads = threads if threads is not None else os.cpu_count() or 1
    if threads < 1:
        raise ValueError(f"Expected threads >= 1 or None, got {threads!r}.")
    values = np.full((len(paths), len(PROPERTIES)), np.nan)
    reasons: dict[int, str] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="visdiff-measure") as pool:
        for start in range(0, len(paths), _CHUNK):
            chunk = paths[start : start + _CHUNK]
            for row, measured in enumerate(pool.map(_row, chunk), start):
                if isinstance(measured, str):
                    reasons[row] = measured
                else:
                    values[row] = measured
            if progress is not None:
                done = start + len(chunk)
                progress(done / len(paths), f"measured {done} of {len(paths)} images")
    return values, reasons


def _row(path: str) -> list[float] | str:
    """Returns the numbers of one file, or the reason why it can't be read."""
    try:
        n_bytes, pixels = _read(path)
    except UNREADABLE as error:
        return reason(error)
    measured = measure_pixels(pixels, n_bytes)
    return [measured[member.name] for member in PROPERTIES]


def _read(path: str) -> tuple[int, NDArray[np.uint8]]:
    # the size first: a file that vanishes meanwhile is then as missing as one that never was
    n_bytes = stat_file(path).st_size
    return n_bytes, np.asarray(load_rgb(path), np.uint8)


def _colors(pixels: NDArray[np.uint8]) -> dict[str, float]:
    rgb = pixels.reshape(-1, 3).astype(np.float32) / np.float32(255)
    high, low = rgb.max(axis=1), rgb.min(axis=1)
    chroma = high - low
    lit = high > 0.1  # in darker pixels the hue is rounding
    saturation = chroma[lit] / high[lit]
    red, green, blue = rgb.T
    rg, yb = red - green, (red + green) / 2 - blue
    colorfulness = math.hypot(float(rg.std()), float(yb.std())) + 0.3 * math.hypot(
        float(rg.mean()), float(yb.mean())
    )
    return {
        "saturation": float(saturation.mean()) if lit.any() else math.nan,
        "colorfulness": colorfulness,
        "grayscale": 1 - float(np.percentile(saturation, 95)) if lit.any() else math.nan,
        **_hues(rgb, high, chroma),
        "warmth": float((red - blue).mean()),
    }


def _hues(rgb: NDArray[Any], high: NDArray[Any], chroma: NDArray[Any]) -> dict[str, float]:
    """Shares of all pixels that are clearly of a hue; a gray image has none, which is the truth."""
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
    sigma = block_deviations(luma)
    white = float(np.percentile(sigma, 20)) if sigma.size else 0.0
    energy = float(detail.var()) - _noise_gain() * white**2
    # the floor stands for a Laplacian below one hundredth of a step: as blurry as can be told
    return math.log10(max(energy, 1e-4) / variance)


def _noise_gain() -> float:
    """Variance of the smoothed Laplacian of white noise of variance one: the kernel's energy."""
    import cv2

    impulse = np.zeros((21, 21), np.float32)
    impulse[10, 10] = 1
    kernel = cv2.filter2D(cv2.GaussianBlur(impulse, (0, 0), 1.0), cv2.CV_32F, _LAPLACIAN)
    return float((kernel**2).sum())


def _reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    import cv2

    while max(pixels.shape[:2]) >= 4 * side and min(pixels.shape[:2]) >= 2:
        # halving is four times as fast as one large step, and as good
        height, width = (length // 2 for length in pixels.shape[:2])
        even = pixels[: 2 * height, : 2 * width]
        pixels = np.asarray(
            cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(1, round(length * scale)) for length in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _middle(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    top, left = (max(0, (length - side) // 2) for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])
