"""What an engine is given: the images to do, and what is made of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
class Work:
    """Makes values of image files; it travels to other processes, so it must pickle.

    Args:
        kind: what is made and how it is stored
        compute: paths -> for each a value, or `Missing` with the reason
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

    def batches(
        self, todo: Todo, size: int
    ) -> Iterator[tuple[dict[str, dict[str, Any]], dict[str, str]]]:
        """Yields what `make` returns, for ``size`` images after the others."""
        parts = [todo.part(start, start + size) for start in range(0, len(todo), size)]
        paths = (part.paths for part in parts)
        made = map(self.compute, paths) if self.stream is None else self.stream(paths)
        for part in parts:
            yield self._sorted(part, next(made))

    def make(self, todo: Todo) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Computes a batch.

        Returns:
            sample id -> field path -> value as MongoDB holds it; and sample id -> reason, for
            images without a value
        """
        return self._sorted(todo, self.compute(todo.paths))

    def _sorted(
        self, todo: Todo, made: Sequence[Any]
    ) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        updates: dict[str, dict[str, Any]] = {}
        missing: dict[str, str] = {}
        for one, key, value in zip(todo.ids, todo.keys, made, strict=True):
            if isinstance(value, Missing):
                missing[one] = value.reason
                continue
            updates[one] = {self.kind.field: self.kind.encode(value), self.kind.key_path: key}
        return updates, missing


@dataclass
class Filled:
    """What became of filling a field.

    Args:
        missing: sample id -> reason, for images without a value
        reused: values that were stored and still valid
        computed: values that were made and stored now
    """

    missing: dict[str, str]
    reused: int = 0
    computed: int = 0
