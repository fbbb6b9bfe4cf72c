"""Input of an engine: the images to process, and how to process them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mongo.updates import Columns
from ..stages import Missing
from .kind import Kind

_DOING = {"captions": "Captioning", "embeddings": "Embedding", "properties": "Measuring"}


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
class Made:
    """The result of a batch.

    Args:
        ids: the samples that got a value
        columns: what is stored on them: the values, and the keys of these
        missing: sample id -> reason, for images without a value
    """

    ids: Sequence[str]
    columns: Columns
    missing: dict[str, str]


@dataclass(frozen=True)
class Work:
    """Makes values of image files; it travels to other processes, so it must pickle.

    Args:
        kind: what is made and how it is stored
        compute: paths -> for each a value, or `Missing` with the reason; an array where each has a
            vector
        uses_model (True): whether it may want a GPU
        stream (None): ``compute`` for one batch after another, which may work on the next ones
            while this one is stored
    """

    kind: Kind
    compute: Callable[[Sequence[str]], Sequence[Any]]
    uses_model: bool = True
    stream: Callable[[Iterable[Sequence[str]]], Iterator[Sequence[Any]]] | None = None

    def said(self, done: int, total: int) -> str:
        """Returns progress in words: ``Captioning 120 of 400``."""
        doing = _DOING.get(self.kind.noun, f"Computing {self.kind.noun}:")
        return f"{doing} {done:,} of {total:,}"

    def batches(self, todo: Todo, size: int) -> Iterator[Made]:
        """Yields what `make` returns, for ``size`` images after the others."""
        parts = [todo.part(start, start + size) for start in range(0, len(todo), size)]
        paths = (part.paths for part in parts)
        made = map(self.compute, paths) if self.stream is None else self.stream(paths)
        for part in parts:
            yield self._sorted(part, next(made))

    def make(self, todo: Todo) -> Made:
        """Computes a batch."""
        return self._sorted(todo, self.compute(todo.paths))

    def _sorted(self, todo: Todo, made: Sequence[Any]) -> Made:
        if isinstance(made, np.ndarray):  # a value for each image, vectors as they are stored
            return self._with_keys(todo, made, {})
        missing = {
            sample_id: value.reason
            for sample_id, value in zip(todo.ids, made, strict=True)
            if isinstance(value, Missing)
        }
        if missing:
            todo = todo.take(
                [row for row, sample_id in enumerate(todo.ids) if sample_id not in missing]
            )
        values = [self.kind.encode(value) for value in made if not isinstance(value, Missing)]
        return self._with_keys(todo, values, missing)

    def _with_keys(self, todo: Todo, values: Sequence[Any], missing: dict[str, str]) -> Made:
        columns = {self.kind.field: values, self.kind.key_path: todo.keys}
        return Made(todo.ids, columns, missing)


@dataclass
class Filled:
    """The result of filling a field.

    Args:
        missing: sample id -> reason, for images without a value
        reused: values that were stored and still valid
        computed: values that were made and stored now
    """

    missing: dict[str, str]
    reused: int = 0
    computed: int = 0
