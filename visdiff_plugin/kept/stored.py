"""Values that are computed once and kept on the samples: captions, embeddings, properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..dataset.samples import Media
from ..engines.kind import Kind
from ..engines.work import Filled
from ..mongo.documents import read_columns
from ..progress import Progress
from .rates import Watch, note_rate

if TYPE_CHECKING:
    from ..engines.work import Work
    from ..stages import Engine


def fill(
    dataset: Any, work: Work, media: Media, engine: Engine, batch_size: int, progress: Progress
) -> Filled:
    """Makes sure that each image has a stored value, computing only missing or outdated ones.

    Values stay in the database: `read` gets those that are wanted.

    Args:
        dataset: a FiftyOne dataset that declares ``work.kind.field`` and `KEYS_FIELD`
        work: what to make of an image
        media: the images
        engine: where it is made; every batch is stored as soon as it is
        batch_size: images computed and stored at a time
        progress: called with the share done and a label
    """
    from ..engines.work import Todo

    kind = work.kind
    keys = [kind.key(stamp) for stamp in media.stamps]
    rows = _stale(dataset, kind, media.ids, keys)
    filled = Filled({})
    if rows:
        todo = Todo(media.ids, media.paths, keys).take(rows)
        watch = Watch(len(todo), progress)
        filled = engine.run(dataset, work, todo, batch_size, watch)
        if 2 * len(filled.missing) < len(todo):  # failures are fast
            note_rate(kind.noun, kind.producer, engine.name, watch.rate())
    filled.reused = len(media) - len(rows)
    return filled


def stale(dataset: Any, kind: Kind, media: Media) -> list[int]:
    """Returns the places of the images whose value is not stored, or was made from something else.

    Args:
        dataset: a FiftyOne dataset; it need not have the field
        kind: what is stored, and by whom it was made
        media: the images
    """
    return _stale(dataset, kind, media.ids, [kind.key(stamp) for stamp in media.stamps])


def _stale(dataset: Any, kind: Kind, ids: Sequence[str], keys: Sequence[str]) -> list[int]:
    stored_keys = read_columns(dataset, ids, [kind.key_path], present=kind.field)[kind.key_path]
    rows = [row for row, key in enumerate(keys) if stored_keys[row] != key]
    if kind.soiled is None or len(rows) == len(ids):
        return rows
    left = set(rows)
    kept = [row for row in range(len(ids)) if row not in left]
    values = read_columns(dataset, [ids[row] for row in kept], [kind.field])[kind.field]
    soiled = [row for row, value in zip(kept, values, strict=True) if kind.soiled(value)]
    return sorted([*rows, *soiled]) if soiled else rows


def read(dataset: Any, kind: Kind, ids: Sequence[str]) -> list[Any]:
    """Returns the stored values in the order of ``ids``; None where there is none."""
    stored = read_columns(dataset, ids, [kind.field])[kind.field]
    return [None if value is None else kind.decode(value) for value in stored]
