"""Shared by captioners and encoders on torch: lazy loading, devices, batches that fit memory."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError
from .images import decode
from .stages import Missing

_DTYPES = ("float32", "float16", "bfloat16")
#: longer than this nobody waits for a hub that does not answer: its own client would for minutes
_HUB_SECONDS = 5.0
_PIECE = 1 << 20
# each holds activations of its own
_MOST_WORKERS = 8
#: images in a batch on a core of its own: ViT-B-32 is no faster with more
_CORE_BATCH = 8


class LazyModel(ABC):
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

    @abstractmethod
    def _load(self) -> Any:
        """Returns the model with all that it needs."""

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
                        f"The device has too little memory for the model and one item: {error}",
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
        call: the model, on a batch of such inputs; runs in a thread of its own
        batches: how many at once
        threads: how many files are decoded at a time
        min_side (None): see `visdiff_plugin.images.load_rgb`

    Returns:
        ``n`` results, `Missing` for each file that can't be read
    """
    return next(stream_images([paths], transform, call, batches, threads, min_side))


def stream_images(
    groups: Iterable[Sequence[str]],
    transform: Callable[[Any], Any] | None,
    call: Callable[[Sequence[Any]], Iterable[Any]],
    batches: Batches,
    threads: int,
    min_side: int | None = None,
    *,
    workers: int = 1,
) -> Iterator[list[Any | Missing]]:
    """Runs a model on one group of image files after another, without a pause between them.

    The files of the next group are decoded, and go through the model, while the caller stores
    the results of this one.

    Args:
        groups: of image files
        transform: as for `map_images`, like all that is not listed here
        call: the model
        batches: how many at once, over all workers
        threads: files decoded at a time
        min_side (None): see `visdiff_plugin.images.load_rgb`
        workers (1): batches that go through the model at the same time; they share the cores
            that torch uses in the caller's thread. More than one wants a ``call`` that threads
            may share

    Yields:
        for each group its results, `Missing` for each file that can't be read
    """
    sizes: deque[int] = deque()
    ready: deque[Any] = deque()

    def paths() -> Iterator[str]:
        for group in groups:
            sizes.append(len(group))
            yield from group

    def run(items: Sequence[Any]) -> list[Any | Missing]:
        made = iter(batches.run(call, [item for item in items if not isinstance(item, Missing)]))
        return [item if isinstance(item, Missing) else next(made) for item in items]

    def whole() -> Iterator[list[Any | Missing]]:
        while sizes and len(ready) >= sizes[0]:
            yield [ready.popleft() for _ in range(sizes.popleft())]

    # the last batches end at different times: short ones leave cores idle less
    most = _CORE_BATCH if workers > 1 else batches.size
    size = max(1, min(batches.size // workers, most))
    ahead = 2 * threads + size * (workers - 1)
    decoded = decode(paths(), transform, threads, ahead=ahead, min_side=min_side)
    waiting: deque[Future[list[Any | Missing]]] = deque()
    with contextlib.closing(decoded), _pool(workers) as pool:
        for items in _pieces((value for _, value in decoded), size):
            if items:
                waiting.append(pool.submit(run, items))
            # one batch more than there are workers: none waits for this thread
            while waiting and (len(waiting) > workers or waiting[0].done()):
                ready.extend(waiting.popleft().result())
                yield from whole()
        while waiting:
            ready.extend(waiting.popleft().result())
            yield from whole()
        yield from whole()


def _pieces(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cuts a stream; an empty piece between lets the caller look after what is finished."""
    piece: list[Any] = []
    for value in values:
        piece.append(value)
        if len(piece) < size:
            yield []
            continue
        yield piece
        piece = []
    yield piece


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for a model that share the cores which torch uses in this thread.

    One operator on two cores waits for the slower of them whenever a decoder takes one away; two
    batches on a core each never wait.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="visdiff-model")
    try:
        if workers > 1:
            _share_cores(pool, workers)
        yield pool
    finally:
        # a consumer that stops early must not wait for results it no longer wants
        pool.shutdown(wait=False, cancel_futures=True)


def _share_cores(pool: ThreadPoolExecutor, workers: int) -> None:
    import torch

    cores, meeting = torch.get_num_threads(), threading.Barrier(workers)

    def begin(_: int) -> None:
        meeting.wait()  # one call in each thread
        torch.get_num_threads()  # before a thread's first question, what it sets does not last
        torch.set_num_threads(max(1, cores // workers))

    for _ in pool.map(begin, range(workers)):
        pass
    # the number holds for the thread that set it, and for threads that are new to torch: put
    # back what those find
    torch.set_num_threads(cores)


def pick_workers(device: str) -> int:
    """Returns how many batches should go through a model at once: one on a GPU."""
    import torch

    return 1 if device != "cpu" else min(torch.get_num_threads(), _MOST_WORKERS)


def as_matrix(made: Sequence[Any | Missing], width: Callable[[], int]) -> NDArray[np.float32]:
    """Stacks vectors to ``(n, d)``, a row of NaN for each `Missing`; asks for ``d`` if all are."""
    known = next((vector for vector in made if not isinstance(vector, Missing)), None)
    columns = width() if known is None else len(known)
    blank = np.full(columns, np.nan, np.float32)
    rows = [blank if isinstance(vector, Missing) else vector for vector in made]
    return np.stack(rows) if rows else np.zeros((0, columns), np.float32)


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


def ask_hub(name: str, repo: str, revision: str | None = None) -> bool:
    """Finds out in seconds whether the model hub answers, before a download is begun.

    Args:
        name: of the model, for messages
        repo: its name at the hub, or a local folder
        revision (None): branch, tag or commit

    Returns:
        whether only what is downloaded already may be used: the hub is off, or does not answer

    Raises:
        ModelError: if the hub is needed, and is switched off or does not answer
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub import errors as hub_errors
    from huggingface_hub.file_download import repo_folder_name

    if Path(repo).expanduser().is_dir():
        return False
    why = "HF_HUB_OFFLINE forbids to ask the model hub"
    base_error: Any = getattr(hub_errors, "HTTPError", OSError)  # of the HTTP library that it uses
    try:
        kept = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model")
        if not constants.HF_HUB_OFFLINE:
            HfApi().model_info(repo, revision=revision, timeout=_HUB_SECONDS)
            return False
    except (hub_errors.HfHubHTTPError, hub_errors.HFValidationError):
        return False  # it answers, or is not asked at all: who loads the model says what is wrong
    except (base_error, OSError) as error:
        why = f"the model hub {constants.ENDPOINT} can't be reached ({error})"
    if (kept / "snapshots").is_dir():
        return True
    raise ModelError(
        f"{name} can't be loaded: it is not downloaded yet, and {why}.",
        f"Download it where there is a network (hf download {repo}), or pass the path of a local "
        "folder. HF_HUB_OFFLINE=1 says that there is no network; unset it where there is one.",
    )
