"""Stores values while the next ones are computed, without FiftyOne's setters."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Lock
from typing import Any

from ..cores import usable_cores
from .documents import CHUNK, collection, collector_paused, reload

#: bytes in one command; MongoDB takes 16 MB
_MOST_BYTES = 8_000_000


class Saver:
    """Sends updates to MongoDB on threads of its own; a context manager.

    What is added is sent at once. Only while every thread is busy does it wait, and goes with what
    was added meanwhile: small batches cost no more than large ones. Once `CHUNK` samples wait,
    `add` waits too. So a process that is killed loses what it was about to add, what is on its way,
    and at most `CHUNK` samples and one batch more; where making a batch takes longer than storing
    it, nothing waits. Leaving the context sends everything, after an error as well.

    Args:
        dataset: a FiftyOne dataset; samples that the caller holds are reloaded in its own thread
    """

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self._pool = ThreadPoolExecutor(usable_cores())
        self._lock = Lock()
        self._waiting: deque[tuple[Sequence[str], Iterable[bytes]]] = deque()
        self._sent: deque[Future[list[str]]] = deque()

    def __enter__(self) -> Saver:
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        self._pool.shutdown()
        if kind is None:
            self._settle(len(self._sent))
            return
        for future in self._sent:  # the first error is the one to tell
            if future.exception() is None:
                reload(self._dataset, future.result())

    def add(self, ids: Sequence[str], updates: Iterable[bytes]) -> None:
        """Has updates sent.

        Args:
            ids: the samples that they update
            updates: statements of an update command, as BSON

        Raises:
            ValueError: if MongoDB refused a value, of these or earlier ones
        """
        with self._lock:
            self._waiting.append((ids, updates))
        self._sent.append(self._pool.submit(self._send_waiting))
        while self._sent and self._sent[0].done():
            self._settle(1)
        while self._n_waiting() >= CHUNK:  # the oldest that is not done sends what waits
            self._settle(1)

    def _n_waiting(self) -> int:
        with self._lock:
            return sum(len(ids) for ids, _ in self._waiting)

    def _settle(self, n: int) -> None:
        for _ in range(n):
            ids = self._sent.popleft().result()
            if ids:
                reload(self._dataset, ids)

    def _send_waiting(self) -> list[str]:
        """Sends what waits, up to some `CHUNK` samples, and returns their ids."""
        ids: list[str] = []
        parts: list[Iterable[bytes]] = []
        with self._lock:
            while self._waiting and len(ids) < CHUNK:
                some, updates = self._waiting.popleft()
                ids += some
                parts.append(updates)
        send(collection(self._dataset), chain.from_iterable(parts))
        return ids


@collector_paused()
def send(samples: Any, updates: Iterable[bytes]) -> int:
    """Sends updates in commands that are not too long, and returns how many samples they changed.

    Args:
        samples: a pymongo collection
        updates: statements of an update command, as BSON

    Raises:
        ValueError: if MongoDB refuses a value
    """
    from bson.raw_bson import RawBSONDocument

    part: list[RawBSONDocument] = []
    size = changed = 0
    for update in updates:
        if part and size + len(update) > _MOST_BYTES:
            changed += _command(samples, part)
            part, size = [], 0
        part.append(RawBSONDocument(update))
        size += len(update)
    return changed + (_command(samples, part) if part else 0)


def _command(samples: Any, updates: Sequence[Any]) -> int:
    from pymongo.errors import AutoReconnect

    command = {"update": samples.name, "updates": updates, "ordered": False}
    if samples.write_concern.document:
        command["writeConcern"] = samples.write_concern.document
    try:
        answer = samples.database.command(command)
    except AutoReconnect:  # setting the same values again does no harm
        answer = samples.database.command(command)
    errors = [*answer.get("writeErrors", ()), *filter(None, [answer.get("writeConcernError")])]
    if errors:
        raise ValueError(f"Expected values that MongoDB can hold, got: {errors[0]['errmsg']}.")
    return int(answer["nModified"])
