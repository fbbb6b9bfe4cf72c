"""Model work in this process."""

from __future__ import annotations

from typing import Any

from ..mongo.updates import write_values
from ..progress import Progress
from .work import Filled, Todo, Work


class LocalEngine:
    """Computes batch after batch here.

    Every batch is stored as soon as it is made; a process that is stopped loses what was in the
    making.
    """

    name = "local"

    def run(
        self, dataset: Any, work: Work, todo: Todo, batch_size: int, progress: Progress
    ) -> Filled:
        """Makes and stores all values; see `Engine`."""
        filled, done = Filled({}), 0
        progress(0.0, work.said(0, len(todo)))
        for updates, missing in work.batches(todo, batch_size):
            write_values(dataset, updates)
            filled.computed += len(updates)
            filled.missing |= missing
            done += len(updates) + len(missing)
            progress(done / len(todo), work.said(done, len(todo)))
        return filled

    def close(self) -> None:
        """Holds nothing."""
