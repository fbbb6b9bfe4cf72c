"""What an engine is given: the images to do, and what is made of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..stages import Missing
from ..stored import Kind


@dataclass(frozen=True)
class Todo:
    """Images without a valid value.

    Args:
        ids: ``n`` sample ids
        paths: ``n`` image files
        keys: ``n`` keys that say what the values will have been made from
    """

    ids: Sequence[str]
    paths: Sequence[str]
    keys: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, start: int, stop: int) -> Todo:
        """Returns the images from ``start`` to before ``stop``."""
        return Todo(self.ids[start:stop], self.paths[start:stop], self.keys[start:stop])

    def take(self, rows: Sequence[int]) -> Todo:
        """Returns the images at ``rows``, in that order."""
        columns = (self.ids, self.paths, self.keys)
        return Todo(*([column[row] for row in rows] for column in columns))


@dataclass(frozen=True)
class Work:
    """Makes values of image files; it travels to other processes, so it must pickle.

    Args:
        kind: what is made and how it is stored
        compute: paths -> for each a value, or `Missing` with the reason
        uses_model (True): whether it may want a GPU
    """

    kind: Kind
    compute: Callable[[Sequence[str]], Sequence[Any]]
    uses_model: bool = True

    def make(self, todo: Todo) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Computes a batch.

        Returns:
            sample id -> field path -> value as MongoDB holds it; and sample id -> reason, for
            images without a value
        """
        updates: dict[str, dict[str, Any]] = {}
        missing: dict[str, str] = {}
        made = self.compute(todo.paths)
        for one, key, value in zip(todo.ids, todo.keys, made, strict=True):
            if isinstance(value, Missing):
                missing[one] = value.reason
                continue
            updates[one] = {self.kind.field: self.kind.encode(value), self.kind.key_path: key}
        return updates, missing
