"""What runs in a Ray worker: one model, batches in, values straight to MongoDB."""

from __future__ import annotations

import json
import pickle
from typing import Any

from .. import errors
from ..errors import EngineError, ModelError, VisDiffError
from .target import Collection, Target
from .work import Todo, Work

#: the only column of what a worker returns
RESULT = "result"


class Worker:
    """One actor; the model is loaded with the first batch and stays.

    What goes wrong is returned, not raised: Ray would wrap it in its own traceback, or repeat a
    batch that fails the same way each time.

    Args:
        work: a pickled `Work`
        target: where the samples are
        batch_size: images computed and stored at a time
    """

    def __init__(self, work: bytes, target: Target, batch_size: int) -> None:
        self._pickled, self._target, self._batch_size = work, target, batch_size
        self._work: Work | None = None
        self._samples: Collection | None = None

    def __call__(self, block: Any) -> dict[str, list[str]]:
        """Does one block.

        Args:
            block: an Arrow table of ``row``, ``id``, ``path`` and ``key``

        Returns:
            one JSON text: its rows, and the reasons of images without a value, or the error
        """
        columns = block.to_pydict()
        todo = Todo(columns["id"], columns["path"], columns["key"])
        result: dict[str, Any] = {"rows": columns["row"], "missing": {}}
        try:
            for start in range(0, len(todo), self._batch_size):
                result["missing"] |= self._batch(todo.part(start, start + self._batch_size))
        except VisDiffError as error:
            result["error"] = [type(error).__name__, str(error)]
        except Exception as error:  # noqa: BLE001 - crosses to the driver, which raises it there
            result["error"] = ["", f"{type(error).__name__}: {error}"]
        return {RESULT: [json.dumps(result)]}

    def _batch(self, todo: Todo) -> dict[str, str]:
        work, samples = self._ready()
        left = samples.pending(work.kind, todo)
        if not len(left):
            return {}
        made = work.make(left)
        samples.write(work.kind, made)
        return made.missing

    def _ready(self) -> tuple[Work, Collection]:
        if self._samples is None:
            self._samples = self._target.open()
        if self._work is None:
            try:
                self._work = pickle.loads(self._pickled)
            except (ImportError, AttributeError) as error:
                raise EngineError(
                    f"Expected the stage's code on the Ray worker, got: {error}",
                    "Install the same version of visdiff-fiftyone, and the modules of your own "
                    "stages, on every node.",
                ) from error
        return self._work, self._samples


def raise_failure(name: str, text: str, stage: str) -> None:
    """Raises in the driver what a worker reported.

    Args:
        name: the error's class; empty for one that is not of `visdiff_plugin.errors`
        text: its message
        stage: the model's name

    Raises:
        VisDiffError: of the class that the worker named
    """
    kind = getattr(errors, name, None) if name else None
    if isinstance(kind, type) and issubclass(kind, VisDiffError):
        raise kind(text)
    raise ModelError(f"{stage} failed in a Ray worker: {text}")
