"""Image files in: whether one can be read, its pixels as RGB, and decoding ahead of a model."""

from __future__ import annotations

import base64
import io
import math
import struct
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .stages import Missing

#: what Pillow raises on files that are missing, no image, cut off or malformed: its format
#: plugins parse bytes by hand, so parsing errors of every kind reach the caller
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

_EXIF_ERRORS = (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error)


def problem(path: str) -> str | None:
    """Returns why an image file can't be used, or None when all of it decodes.

    Args:
        path: an image file
    """
    try:
        load_rgb(path)
    except UNREADABLE as error:
        return reason(error)
    return None


def reason(error: BaseException) -> str:
    """Returns in words what a reading error (one of `UNREADABLE`) says about the file."""
    text = str(error)
    if isinstance(error, FileNotFoundError):
        return "file not found"
    if isinstance(error, PermissionError):
        return "file can't be read: permission denied"
    if isinstance(error, IsADirectoryError):
        return "not an image: a folder"
    if isinstance(error, UnidentifiedImageError):
        return "not an image: no known image format"
    if isinstance(error, (Image.DecompressionBombError, MemoryError)):
        return "image too large to decode"
    if isinstance(error, (EOFError, zlib.error)) or "truncated" in text.lower():
        return "truncated"
    return f"not an image: {text or type(error).__name__}"


def load_rgb(path: str, min_side: int | None = None) -> Image.Image:
    """Reads an image upright and as RGB.

    The EXIF orientation is applied, transparent pixels are laid on white, and 16 bit grayscale is
    scaled by 1/257, the same for every image, so that dark images stay dark.

    Args:
        path: an image file
        min_side (None): in pixels; a JPEG may then be decoded at 1/2, 1/4 or 1/8 of its size, as
            long as its shorter side keeps at least this many. Twice a model's input size or more
            leaves what the model sees nearly unchanged

    Raises:
        ValueError: if ``min_side`` is under 1
        OSError: if the file is missing or no image; malformed files raise others of `UNREADABLE`
    """
    if min_side is not None and min_side < 1:
        raise ValueError(f"Expected min_side >= 1, got {min_side!r}.")
    with Image.open(path) as file:
        if min_side is not None and file.format == "JPEG":
            scale = min_side / min(file.size)
            if scale < 1:
                width, height = (math.ceil(side * scale) for side in file.size)
                file.draft(None, (width, height))
        file.load()
        return _rgb(_upright(file))


def data_url(image: Image.Image, side: int | None = None) -> str:
    """Returns an image as a JPEG data URL, as vision models behind a server take it.

    Args:
        image: an RGB image; it is made smaller in place
        side (None): longest side at most, in pixels; None leaves the size
    """
    if side is not None:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def decode(
    paths: Iterable[str],
    transform: Callable[[Image.Image], Any] | None = None,
    threads: int = 4,
    *,
    ahead: int | None = None,
    min_side: int | None = None,
) -> Generator[tuple[str, Any | Missing], None, None]:
    """Reads images in threads, ahead of the consumer and in the order given.

    Args:
        paths: image files
        transform (None): what to make of each RGB image, run in the threads; its errors are
            bugs or model errors and reach the consumer
        threads (4): how many files are read at a time
        ahead (None): how many results may wait at most; None is twice ``threads``
        min_side (None): see `load_rgb`

    Yields:
        each path with its transformed image, or with `Missing` where the file can't be read

    Raises:
        ValueError: if ``threads`` or ``ahead`` is under 1
    """
    ahead = 2 * threads if ahead is None else ahead
    if threads < 1 or ahead < 1:
        raise ValueError(f"Expected threads and ahead >= 1, got {threads!r} and {ahead!r}.")
    return _decode(paths, transform, threads, ahead, min_side)


def _decode(
    paths: Iterable[str],
    transform: Callable[[Image.Image], Any] | None,
    threads: int,
    ahead: int,
    min_side: int | None,
) -> Generator[tuple[str, Any | Missing], None, None]:
    def read(path: str) -> Any | Missing:
        try:
            image = load_rgb(path, min_side)
        except UNREADABLE as error:
            return Missing(reason(error))
        return image if transform is None else transform(image)

    waiting: deque[tuple[str, Future[Any]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="visdiff-decode")
    try:
        for path in paths:
            if len(waiting) == ahead:
                first, future = waiting.popleft()
                yield first, future.result()
            waiting.append((path, pool.submit(read, path)))
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        # a consumer that stops early must not wait for files it no longer wants
        pool.shutdown(wait=False, cancel_futures=True)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _EXIF_ERRORS:
        return image  # the pixels are whole; only the note on how the camera was held is broken


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode[0] in "IF":
        return Image.fromarray(_to_bytes(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Scales grayscale ``(h, w)`` of more than 8 bits, or of floats, to 0..255."""
    gray = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(gray.min()), float(gray.max())
    if low < 0 or high > 65535:  # no common scale is known: use the image's own range
        gray = (gray - low) * (255 / (high - low)) if high > low else np.zeros_like(gray)
    elif values.dtype.kind == "f" and high <= 1:
        gray = gray * 255
    elif values.dtype.itemsize == 2 or high > 255:
        gray = gray / 257
    return np.rint(gray).astype(np.uint8)
