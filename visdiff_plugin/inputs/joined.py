"""All inputs of a comparison in one table: images, captions, embeddings, measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .. import assembly
from ..account import Account
from ..assembly import Stages
from ..config import Config
from ..dataset import samples
from ..dataset.samples import Selected, Source
from ..kept import making
from ..progress import Progress, part_of
from ..stages import Images, needs_of
from ..vectors import RowReader, by_rows
from .copies import note_shared, without_copies
from .measured import (
    Measured,
    label_candidates,
    object_candidates,
    property_candidates,
    too_long,
)
from .reading import DatasetInputs, InputReader

#: characters of a class that is left out
_SHOWN = 80


@dataclass(frozen=True)
class Inputs:
    """All images of both sets in one order, with what is known of them.

    The order is that of the ids, whatever set an image is in, and of one dataset after the other:
    floating-point results then do not depend on which set is called A.

    Args:
        images: ``n`` images with their captions, if these are read
        vectors: reads their embeddings by row, if these are read
        rows_a: rows of A
        rows_b: rows of B
        measured: properties and labels as candidates with scores
        account: what was left out, reused, and worth knowing
        fields: kind of stored value -> field
        sources (()): the datasets that the rows are of, one after the other; none for mere files
    """

    images: Images
    vectors: RowReader | None
    rows_a: NDArray[np.intp]
    rows_b: NDArray[np.intp]
    measured: list[Measured]
    account: Account
    fields: dict[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    @property
    def in_a(self) -> NDArray[np.bool_]:
        """``(n,)`` whether each image stands in A; the others stand in B."""
        of_a = np.zeros(len(self.images), bool)
        of_a[self.rows_a] = True
        return of_a

    def take(self, rows: Sequence[int]) -> Images:
        """Returns some of the images, with their embeddings where these are read."""
        images = self.images.take(rows)
        return images if self.vectors is None else replace(images, embeddings=self.vectors(rows))


def read_inputs(
    a: Selected, b: Selected, config: Config, stages: Stages, progress: Progress
) -> Inputs:
    """Returns all that is known of both sets; what is missing is made and stored.

    Each dataset is read by itself, and what it lacks is stored on it. Fields of all are checked
    before anything is computed.

    Args:
        a: the first set
        b: the second set, which may be of another dataset
        config: every choice
        stages: the models, as built for the dataset of A
        progress: called with the share done, in [0, .7], and a label

    Raises:
        FieldError: if a field that is to be read or written holds something else
    """
    account = Account()
    total, before = len(a.ids) + len(b.ids), 0
    readers = []
    for source in samples.sources_of(a, b):
        own = assembly.elsewhere(stages, a.dataset, source.dataset, config)
        start, share = 0.7 * before / total, len(source.ids) / total
        part = part_of(progress, start, start + share)
        readers.append(InputReader(source, config, own, account, part))
        before += len(source.ids)
    for reader in readers:
        reader.check()
    parts = [reader.read() for reader in readers]
    in_a = _in_a(parts, a)
    if config.copies == "once":
        parts, in_a = without_copies(parts, in_a, config.overlap, account)
    else:
        note_shared(parts, account)
    return _joined(parts, in_a, stages, account)


def _in_a(parts: Sequence[DatasetInputs], a: Selected) -> NDArray[np.bool_]:
    members = set(a.ids)
    return np.array(
        [
            part.source.dataset.name == a.dataset.name and sample_id in members
            for part in parts
            for sample_id in part.source.ids
        ],
        bool,
    )


def _joined(
    parts: Sequence[DatasetInputs], in_a: NDArray[np.bool_], stages: Stages, account: Account
) -> Inputs:
    captions = _together([part.captions for part in parts])
    if captions is None:
        _note_silent(stages, account)
    first, *others = parts
    whole = not others  # a million ids need not be copied
    readers = [(part.vectors, part.source.ids) for part in parts if part.vectors is not None]
    return Inputs(
        Images(
            first.source.ids if whole else [*chain(*(part.source.ids for part in parts))],
            first.paths if whole else [*chain(*(part.paths for part in parts))],
            captions,
        ),
        by_rows(readers) if readers else None,
        np.flatnonzero(in_a),
        np.flatnonzero(~in_a),
        _measured(parts, account),
        account,
        {noun: name for part in reversed(parts) for noun, name in part.fields.items()},
        tuple(part.source for part in parts),
    )


def _together(captions: Sequence[list[str] | None]) -> list[str] | None:
    known = [caption for caption in captions if caption is not None]
    if len(known) < len(captions):
        return None
    return known[0] if len(known) == 1 else [*chain(*known)]


def _measured(parts: Sequence[DatasetInputs], account: Account) -> list[Measured]:
    measured: list[Measured] = []
    values = [part.properties for part in parts if part.properties is not None]
    if values:
        measured += property_candidates(making.properties_kind().field, np.concatenate(values))
    for name in parts[0].labels:
        names = [*chain(*(part.labels[name][0] for part in parts))]
        measured += label_candidates(name, names)
        classes = set().union(*(known for known in names if known))
        account.skip("label", {text[:_SHOWN]: why for text in classes if (why := too_long(text))})
        numbers = np.concatenate([part.labels[name][1] for part in parts])
        if (numbers[:, 0] > 1).any():
            measured += object_candidates(name, numbers)
    return measured


def _note_silent(stages: Stages, account: Account) -> None:
    """Says which proposers have nothing to read, for want of captions."""
    silent = [
        proposer for proposer in stages.proposers if "captions" in needs_of(proposer, "captions")
    ]
    if not silent:
        return
    what = ", so nothing was proposed in words: only measured properties and labels were compared"
    if len(silent) < len(stages.proposers):
        what = f", so these proposed nothing: {', '.join(proposer.name for proposer in silent)}"
    account.note(f"No captions{what}. Pass captioner='field:NAME' or a captioner.")
