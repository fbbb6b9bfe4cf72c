"""Values that are computed once and kept on the samples: captions, embeddings, properties."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .documents import read_columns
from .samples import Media
from .stages import Missing
from .updates import write_values

#: embedded document whose strings say what each stored value was made from
KEYS_FIELD = "visdiff_keys"

Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class Kind:
    """One kind of stored value.

    Args:
        noun: for progress and counts, e.g. ``"captions"``
        field: the sample field
        producer: name of the model or measurement
        parameters: JSON-safe settings that change the value
        encode: value -> what MongoDB stores
        decode: the reverse
    """

    noun: str
    field: str
    producer: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    encode: Callable[[Any], Any] = lambda value: value
    decode: Callable[[Any], Any] = lambda value: value

    @property
    def key_path(self) -> str:
        """Where the key of a sample's value is stored."""
        return f"{KEYS_FIELD}.{self.field}"

    @functools.cached_property
    def _made_by(self) -> str:
        return json.dumps([self.producer, self.parameters], sort_keys=True, default=str)

    def key(self, stamp: str) -> str:
        """Returns the key of a value made from a file with this stamp by this producer."""
        return hashlib.blake2b(f"{stamp}\0{self._made_by}".encode(), digest_size=8).hexdigest()


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


def fill(
    dataset: Any,
    kind: Kind,
    media: Media,
    compute: Callable[[Sequence[str]], Sequence[Any]],
    batch_size: int,
    progress: Progress,
    stream: Callable[[Iterable[Sequence[str]]], Iterator[Sequence[Any]]] | None = None,
) -> Filled:
    """Sees to it that each image has a stored value, computing only what is not there or stale.

    Every batch is stored as soon as it is made, so that a process that is stopped loses at most
    one batch. Values stay in the database: `read` gets those that are wanted.

    Args:
        dataset: a FiftyOne dataset that declares ``kind.field`` and `KEYS_FIELD`
        kind: what to fill
        media: the images
        compute: paths -> for each a value, or `Missing` with the reason
        batch_size: images computed and stored at a time
        progress: called with the share done and a label
        stream (None): ``compute`` for one batch after another, which may work on the next ones
            while this one is stored; a process that is stopped loses what was in the making
    """
    found = read_columns(dataset, media.ids, [kind.key_path], present=kind.field)[kind.key_path]
    todo = [row for row, stamp in enumerate(media.stamps) if found[row] != kind.key(stamp)]
    del found
    filled = Filled({}, reused=len(media) - len(todo))
    starts = range(0, len(todo), batch_size)
    batches = ([media.paths[row] for row in todo[at : at + batch_size]] for at in starts)
    results = map(compute, batches) if stream is None else stream(batches)
    for start in starts:
        rows = todo[start : start + batch_size]
        progress(start / len(todo), f"Computing {kind.noun}: {start} of {len(todo)}")
        made = next(results)
        updates: dict[str, dict[str, Any]] = {}
        for row, value in zip(rows, made, strict=True):
            one = media.ids[row]
            if isinstance(value, Missing):
                filled.missing[one] = value.reason
                continue
            key = kind.key(media.stamps[row])
            updates[one] = {kind.field: kind.encode(value), kind.key_path: key}
        write_values(dataset, updates)
        filled.computed += len(updates)
    return filled


def read(dataset: Any, kind: Kind, ids: Sequence[str]) -> list[Any]:
    """Returns the stored values in the order of ``ids``; None where there is none."""
    stored = read_columns(dataset, ids, [kind.field])[kind.field]
    return [None if value is None else kind.decode(value) for value in stored]
