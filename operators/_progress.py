"""Progress of long work: shown in the App, kept where a panel finds it, and a way to stop.

The state of a comparison stands in an execution store of the dataset while it is under way, so
that another process, such as the panel of a server that only queued the work, can show it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from fiftyone.operators import types
from fiftyone.operators.executor import ExecutionResult
from fiftyone.operators.message import GeneratedMessage
from pymongo.errors import PyMongoError

from visdiff_plugin.mongo.claims import here, is_dead

STORE = "visdiff"
#: seconds between two writes of a state: people can't read faster, and MongoDB has other work
_EVERY = 0.5
#: seconds between two signs of life, and after which a state without one is of a process that died
_BEAT, _STALE = 5.0, 30.0
#: seconds for which a wish to stop is kept
_STOP = 900

Work = Callable[[Callable[[float, str], None]], dict[str, Any]]
Step = tuple[float, str] | None


def states(ctx: Any) -> list[dict[str, Any]]:
    """Returns what is under way on the dataset, oldest first; JSON-safe.

    Each has ``name`` (the run key, or what is made), ``state`` (``"running"``, ``"failed"`` or
    ``"stopping"``), ``fraction``, ``label``, ``error``, ``began`` and ``updated`` (ISO 8601, UTC).
    """
    store = ctx.store(STORE)
    stored_states = [store.get(key) for key in store.list_keys() if key.startswith("state:")]
    now = datetime.now(UTC)
    for item in stored_states:
        if item and item["state"] != "failed":
            silent = (now - datetime.fromisoformat(item["updated"])).total_seconds()
            if silent > _STALE or is_dead(item.get("process") or {}):
                item["state"] = "failed"
                item["error"] = "The process died without reporting an error."
            elif store.get(f"stop:{item['name']}"):
                item["state"] = "stopping"
    return sorted((item for item in stored_states if item), key=lambda item: str(item["began"]))


def stop(ctx: Any, name: str) -> None:
    """Asks work to stop after the batch that it is in."""
    ctx.store(STORE).set(f"stop:{name}", True, ttl=_STOP)


def forget(ctx: Any, name: str) -> None:
    """Drops the state of work, such as a failure that was read."""
    store = ctx.store(STORE)
    store.delete(f"state:{name}")
    store.delete(f"stop:{name}")


def run(ctx: Any, name: str, work: Work, title: str) -> Any:
    """Does long work, with its progress in the App and in the store.

    Args:
        ctx: the operator's context
        name: of the work: what `stop` and `states` call it
        work: takes a progress callback and returns the operator's result; the callback raises
            `Cancelled` where the work is to stop
        title: of what the App shows in the end: the result's ``"shown"``, as markdown

    Returns:
        the result; from the App's prompt a generator of messages instead, as FiftyOne wants it
        where progress is to be seen in immediate execution
    """
    if ctx.delegated or ctx.params.get(FROM_SCRIPT):
        return _Told(ctx, name, ctx.set_progress).through(work)
    return _stream(ctx, name, work, title)


#: a parameter that scripts set: they want the result itself
FROM_SCRIPT = "from_script"


class _Told:
    """A progress callback that also writes to the store, and raises where work is to stop."""

    def __init__(self, ctx: Any, name: str, shown: Callable[[float, str], object]) -> None:
        self._store, self._name, self._shown = ctx.store(STORE), name, shown
        self._began, self._last, self._lock = _now(), 0.0, threading.Lock()
        self._said: tuple[float | None, str] = (0.0, "Starting")
        self.stopped = threading.Event()

    def __call__(self, fraction: float, label: str) -> None:
        from visdiff_plugin.errors import Cancelled

        self._shown(fraction, label)
        with self._lock:
            self._said = fraction, label
            if time.monotonic() - self._last > _EVERY:
                self._last = time.monotonic()
                self._write("running", fraction, label)
                if self._store.get(f"stop:{self._name}"):
                    self.stopped.set()
        if self.stopped.is_set():
            raise Cancelled("Stopped.", "What was computed so far is kept.")

    def through(self, work: Work) -> dict[str, Any]:
        """Does the work; its state goes when it is done, and stays with the reason if it fails."""
        from visdiff_plugin.errors import Cancelled

        self._store.delete(f"stop:{self._name}")
        self._write("running", *self._said)
        try:
            with self._alive():
                result = work(self)
        except Cancelled:
            self._forget()
            raise
        except BaseException as error:
            self._write("failed", None, "", str(error) or type(error).__name__)
            raise
        self._forget()
        return result

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Shows that the process lives, also while a model says nothing for minutes."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(_BEAT):
                with self._lock, suppress(PyMongoError):  # the work finds out by itself
                    if not ended.is_set():
                        self._write("running", *self._said)

        thread = threading.Thread(target=beat, name=f"visdiff-beat-{self._name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._lock:
                ended.set()

    def _forget(self) -> None:
        self._store.delete(f"state:{self._name}")
        self._store.delete(f"stop:{self._name}")

    def _write(self, state: str, fraction: float | None, label: str, error: str = "") -> None:
        self._store.set(
            f"state:{self._name}",
            {"name": self._name, "state": state, "fraction": fraction, "label": label,
             "error": error, "began": self._began, "updated": _now(), "process": here()},
        )  # fmt: skip


def _stream(ctx: Any, name: str, work: Work, title: str) -> Iterator[Any]:
    """Yields progress messages while a thread works, and its result at the end, in one window.

    Where the browser goes away, FiftyOne closes this generator: the work then stops.
    """
    steps: queue.Queue[Step] = queue.Queue()
    told = _Told(ctx, name, lambda fraction, label: steps.put((fraction, label)))
    done: dict[str, Any] = {}

    def go() -> None:
        try:
            done["result"] = told.through(work)
        except BaseException as error:  # noqa: BLE001  raised again by the generator's own thread
            done["error"] = error
        finally:
            steps.put(None)

    thread = threading.Thread(target=go, name=f"visdiff-{name}", daemon=True)
    thread.start()
    try:
        for fraction, label in _latest(steps):
            yield ctx.ops.set_progress(label=label, progress=fraction)
    finally:
        told.stopped.set()  # does nothing where the work is done
    thread.join()
    yield from _end(ctx, done, title)


def _latest(steps: queue.Queue[Step]) -> Iterator[tuple[float, str]]:
    """Yields the newest step from time to time, until there are no more."""
    while (step := steps.get()) is not None:
        while not steps.empty():
            newer = steps.get()
            if newer is None:
                return
            step = newer
        yield step
        time.sleep(_EVERY / 2)


def _end(ctx: Any, done: dict[str, Any], title: str) -> Iterator[Any]:
    """Shows the answer, or why there is none, where progress was shown."""
    from visdiff_plugin.errors import Cancelled

    error = done.get("error")
    outputs = types.Object()
    if error is None:
        yield ctx.ops.reload_dataset()
        outputs.str("shown", label=title, view=types.MarkdownView())
    elif isinstance(error, Cancelled):
        outputs.view("stopped", types.Notice(label=str(error)))
    else:
        text = str(error) or type(error).__name__
        outputs.view("failed", types.Error(label=f"{title}: failed", description=text))
    result = done.get("result") or {}
    shown = types.Property(outputs, view=types.View(label=title)).to_json()
    yield ctx.ops.show_output(shown, result)
    if "run_key" in result:  # for who opened the form, such as a panel
        yield GeneratedMessage(cls=ExecutionResult, body=_Result(run_key=result["run_key"]))


class _Result(dict[str, Any]):
    """A result as the App reads it off a stream: without the envelope of a plain answer."""

    def to_json(self) -> dict[str, Any]:
        return dict(self)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
