"""Model work in this process."""

from __future__ import annotations

from typing import Any

from ..mongo.saver import Saver
from ..mongo.updates import statements
from ..progress import Progress
from .work import Filled, Todo, Work


class LocalEngine:
    """Computes batch after batch here.

    A batch is stored while the next is made. A process that is stopped loses what was in the
    making; one that is killed, what `Saver` had not sent either: a batch, or where these are made
    faster than MongoDB stores them, some thousands of images.
    """

    name = "local"

    def run(
        self, dataset: Any, work: Work, todo: Todo, batch_size: int, progress: Progress
    ) -> Filled:
        """Makes and stores all values; see `Engine`."""
        filled, done = Filled({}), 0
        progress(0.0, work.said(0, len(todo)))
        with Saver(dataset) as saver:
            for made in work.batches(todo, batch_size):
                if made.ids:
                    saver.add(made.ids, statements(made.ids, made.columns))
                filled.computed += len(made.ids)
                filled.missing |= made.missing
                done += len(made.ids) + len(made.missing)
                progress(done / len(todo), work.said(done, len(todo)))
        return filled

    def close(self) -> None:
        """Holds nothing."""
