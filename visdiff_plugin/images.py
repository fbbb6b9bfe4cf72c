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
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from .files import open_file, why_not
from .stages import Missing

Read = TypeVar("Read")

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
#: bugs and gaps of Pillow's plugins, which must not look like those of who decodes
_PLUGIN_ERRORS = (RuntimeError, AttributeError, AssertionError)

#: kinds of files that Pillow hands to another program, which runs what stands in them
_PROGRAMS = frozenset(("EPS",))

_PNG = b"\x89PNG\r\n\x1a\n"
#: chunks of a PNG that hold texts and color profiles, but no pixels
_WORDS = (b"iCCP", b"iTXt", b"tEXt", b"zTXt")
#: what 12 bits hold: an image of 16 bits without any higher value most likely holds such data
_TWELVE_BITS = 4095
#: how Pillow calls pixels of a file that says so itself
_TWELVE = ";12"


class UndecodableError(OSError):
    """Pillow knows the format, but not this kind of it."""


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
    said = why_not(error)
    if said is not None:
        return said
    if isinstance(error, UnidentifiedImageError):
        return f"not an image: {error.strerror or 'no known image format'}"
    if isinstance(error, (Image.DecompressionBombError, MemoryError)):
        return "image too large to decode"
    if isinstance(error, (EOFError, zlib.error)) or "truncated" in text.lower():
        return "truncated"
    if isinstance(error, UndecodableError):
        return f"a kind of image that can't be decoded: {text}"
    return f"not an image: {text or type(error).__name__}"


def load_rgb(path: str, min_side: int | None = None) -> Image.Image:
    """Reads an image upright and as RGB; of an animation, the first picture.

    The EXIF orientation is applied, transparent pixels are laid on white, and 16 bit grayscale is
    scaled by 1/257, the same for every image, so that dark images stay dark. Where a file says
    that it has 12 bits, they are scaled as such.

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
    with open_file(path) as stream:
        return _read(stream, lambda file: _decoded(file, min_side))


def read_size(path: str) -> tuple[int, int]:
    """Returns width and height of an image file as its header has them.

    Raises:
        OSError: as `load_rgb`; malformed files raise others of `UNREADABLE`
    """
    with open_file(path) as stream:
        return _read(stream, lambda file: file.size)


def fits_twelve_bits(path: str) -> bool | None:
    """Returns whether a file of 16 bits holds values of 12 bits at most: it is read nearly black.

    A dark photo may look so too: only many such files are a sign.

    Returns:
        None for a file of other bits, one that says how many it uses, or one that can't be read
    """
    try:
        with open_file(path) as stream:
            return _read(stream, _fits_twelve_bits)
    except UNREADABLE:
        return None


def _read(stream: BinaryIO, take: Callable[[Any], Read]) -> Read:
    """Returns what ``take`` makes of an opened image."""
    try:
        return _opened(stream, take)
    except ValueError:
        # Pillow refuses a PNG whose color profile or texts unpack to over 1 MB
        plain = _without_words(stream)
        if plain is None:
            raise
        return _opened(plain, take)


def _opened(stream: BinaryIO, take: Callable[[Any], Read]) -> Read:
    try:
        with Image.open(stream) as file:
            if file.format in _PROGRAMS:
                raise UndecodableError(f"{file.format} is a program, which is not run")
            return take(file)
    except UnidentifiedImageError as error:
        raise UnidentifiedImageError(0, _unidentified(stream)) from error
    except _PLUGIN_ERRORS as error:
        raise UndecodableError(str(error) or type(error).__name__) from error


def _unidentified(stream: BinaryIO) -> str:
    """Returns why Pillow knows no image in a file, as far as its first bytes tell."""
    stream.seek(0)
    head = stream.read(16)
    if not head:
        return "an empty file"
    for name, (_, accepts) in Image.OPEN.items():
        if accepts is not None and accepts(head) is True:
            return f"a damaged {name}, or a kind of it that can't be decoded"
    return "no known image format"


def _without_words(stream: BinaryIO) -> BinaryIO | None:
    """Returns a PNG without its color profile and texts; None where it is no PNG."""
    stream.seek(0)
    if stream.read(len(_PNG)) != _PNG:
        return None
    kept = io.BytesIO()
    kept.write(_PNG)
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name in _WORDS:
            stream.seek(length + 4, io.SEEK_CUR)
        else:
            kept.write(head + stream.read(length + 4))
    kept.seek(0)
    return kept


def _decoded(file: ImageFile.ImageFile, min_side: int | None) -> Image.Image:
    if min_side is not None and file.format == "JPEG":
        scale = min_side / min(file.size)
        if scale < 1:
            width, height = (math.ceil(side * scale) for side in file.size)
            file.draft(None, (width, height))
    most = _TWELVE_BITS if _TWELVE in _rawmode(file) else None
    file.load()
    return _rgb(_upright(file), most)


def _rawmode(file: ImageFile.ImageFile) -> str:
    """Returns how the pixels lie in the file, such as ``"RGB;16B"``."""
    arguments = file.tile[0].args if file.tile else ""
    raw = arguments if isinstance(arguments, str) else arguments[0] if arguments else ""
    return str(raw)


def _fits_twelve_bits(file: ImageFile.ImageFile) -> bool | None:
    raw = _rawmode(file)
    if _TWELVE in raw or not (";16" in raw or file.mode.startswith("I;16")):
        return None
    file.load()
    highest = [most for _, most in _extrema(file)]
    # of colors Pillow keeps the higher byte alone
    limit = _TWELVE_BITS if file.mode[0] == "I" else _TWELVE_BITS >> 8
    if file.has_transparency_data and len(highest) > 1:
        del highest[-1]
    return 0 < max(highest) <= limit


def _extrema(image: Image.Image) -> list[tuple[float, float]]:
    found: Any = image.getextrema()
    return list(found) if isinstance(found[0], tuple) else [found]


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


def _rgb(image: Image.Image, most: int | None = None) -> Image.Image:
    if image.mode[0] in "IF":
        return Image.fromarray(_to_bytes(np.asarray(image), most)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    if image.mode == "LAB":
        return _from_lab(image)
    try:
        return image if image.mode == "RGB" else image.convert("RGB")
    except ValueError as error:
        raise UndecodableError(str(error)) from error


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    made = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if made is None:  # only where it works in place
        raise UndecodableError("conversion from LAB to RGB failed")
    return made


def _to_bytes(values: NDArray[Any], most: int | None = None) -> NDArray[np.uint8]:
    """Scales grayscale ``(h, w)`` of more than 8 bits, or of floats, to 0..255.

    Args:
        values: of an image
        most (None): what white is, where the file says so
    """
    gray = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(gray.min()), float(gray.max())
    if most is not None:
        gray = gray * (255 / most)
    elif low < 0 or high > 65535:  # no common scale is known: use the image's own range
        gray = (gray - low) * (255 / (high - low)) if high > low else np.zeros_like(gray)
    elif values.dtype.kind == "f" and high <= 1:
        gray = gray * 255
    elif values.dtype.itemsize == 2 or high > 255:
        gray = gray / 257
    return np.rint(gray).astype(np.uint8)
