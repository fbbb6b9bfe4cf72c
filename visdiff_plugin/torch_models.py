"""What captioners and encoders on torch share: lazy loading, devices, batches that fit memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .errors import ModelError
from .images import decode
from .stages import Missing

_DTYPES = ("float32", "float16", "bfloat16")
_PIECE = 1 << 20


class LazyModel:
    """Loads a model on first use, once, whichever thread asks first.

    Pickling takes the recipe along and leaves the weights: each worker loads its own.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._loaded: Any = None

    def loaded(self) -> Any:
        """Returns what `_load` made."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Any:
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_lock": None, "_loaded": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock = threading.RLock()


class Batches:
    """Feeds a model in batches; the size is halved when the device runs out of memory.

    Args:
        size: images a batch at first

    Raises:
        ValueError: if ``size`` is under 1
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"Expected batch_size >= 1, got {size!r}.")
        self.size = size

    def run(
        self, call: Callable[[Sequence[Any]], Iterable[Any]], items: Sequence[Any]
    ) -> list[Any]:
        """Returns ``call``'s results for all items, in order.

        Raises:
            ModelError: if a single item does not fit the device's memory
        """
        import torch

        out: list[Any] = []
        while len(out) < len(items):
            batch = items[len(out) : len(out) + self.size]
            try:
                out.extend(call(batch))
                continue
            except torch.cuda.OutOfMemoryError as error:
                if len(batch) == 1:
                    raise ModelError(
                        f"The device's memory does not hold the model and one item: {error}",
                        'Choose a smaller model, or device="cpu".',
                    ) from error
            # out of the handler: there the traceback still holds the failed batch's tensors
            self.size = max(1, len(batch) // 2)
            torch.cuda.empty_cache()
        return out


def map_images(
    paths: Sequence[str],
    transform: Callable[[Any], Any] | None,
    call: Callable[[Sequence[Any]], Iterable[Any]],
    batches: Batches,
    threads: int,
    min_side: int | None = None,
) -> list[Any | Missing]:
    """Runs a model on image files; later files are decoded while the model works.

    Args:
        paths: ``n`` image files
        transform: makes a model's input of an RGB image, in the decoding threads
        call: the model, on a batch of such inputs
        batches: how many at once
        threads: how many files are decoded at a time
        min_side (None): see `visdiff_plugin.images.load_rgb`

    Returns:
        ``n`` results, `Missing` for each file that can't be read
    """
    out: list[Any | Missing] = [None] * len(paths)
    rows: list[int] = []
    values: list[Any] = []

    def flush() -> None:
        for row, result in zip(rows, batches.run(call, values), strict=True):
            out[row] = result
        rows.clear()
        values.clear()

    ahead = batches.size + threads
    decoded = decode(paths, transform, threads, ahead=ahead, min_side=min_side)
    for row, (_, value) in enumerate(decoded):
        if isinstance(value, Missing):
            out[row] = value
            continue
        rows.append(row)
        values.append(value)
        if len(values) >= batches.size:
            flush()
    if values:
        flush()
    return out


def pick_device(device: str | None) -> str:
    """Returns ``device``, or the best there is: a CUDA GPU, else the CPU."""
    import torch

    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def check_dtype(dtype: str | None) -> None:
    """Checks the name of a floating point type.

    Raises:
        ValueError: if it is neither None nor one of float32, float16, bfloat16
    """
    if dtype is not None and dtype not in _DTYPES:
        raise ValueError(f"Expected dtype out of {_DTYPES} or None, got {dtype!r}.")


def pick_dtype(dtype: str | None, device: str) -> Any:
    """Returns the torch dtype: half precision on a CUDA GPU only, bfloat16 where it has that."""
    import torch

    if dtype is None:
        if not device.startswith("cuda"):
            return torch.float32
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return getattr(torch, dtype)


def fingerprint(files: Sequence[Path]) -> str:
    """Returns 16 hex digits of the files' names, sizes and contents.

    Of each file the first, middle and last mebibyte are read: weights of gigabytes must not
    delay a start, and retrained weights of the same size must still count as others.
    """
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as stream:
            for start in sorted({0, max(0, size // 2), max(0, size - _PIECE)}):
                stream.seek(start)
                digest.update(stream.read(_PIECE))
    return digest.hexdigest()[:16]
