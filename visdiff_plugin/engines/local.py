"""Model work in this process."""

from __future__ import annotations

from typing import Any

from ..documents import write_values
from ..stored import Filled, Progress
from .work import Todo, Work


class LocalEngine:
    """Computes batch after batch here.

    Every batch is stored as soon as it is made, so that a process that is stopped loses at most
    one batch.
    """

    name = "local"

    def run(
        self, dataset: Any, work: Work, todo: Todo, batch_size: int, progress: Progress
    ) -> Filled:
        """Makes and stores all values; see `Engine`."""
        filled = Filled({})
        for start in range(0, len(todo), batch_size):
            progress(start / len(todo), f"Computing {work.kind.noun}: {start} of {len(todo)}")
            updates, missing = work.make(todo.part(start, start + batch_size))
            write_values(dataset, updates)
            filled.computed += len(updates)
            filled.missing |= missing
        return filled

    def close(self) -> None:
        """Holds nothing."""
