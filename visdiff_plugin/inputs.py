"""Everything the comparison reads, in one table: images, captions, embeddings, measurements."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import fields, gather, samples, store
from .assembly import Stages
from .config import Config
from .documents import read_present, read_vectors
from .errors import FieldError
from .gather import Account
from .measured import Measured, label_candidates, object_candidates, property_candidates
from .stages import Images, needs_of
from .stored import Filled, Kind, read
from .vectors import Reader, reader_of

Progress = Callable[[float, str], object]

#: stored vectors that are looked at before a field of another tool is trusted
_CHECKED = 200


@dataclass(frozen=True)
class Inputs:
    """All images of both sets in one order, with what is known of them.

    The order is that of the ids, whatever set an image is in: floating-point results then do not
    depend on which set is called A.

    Args:
        images: ``n`` images with their captions, if these are read
        vectors: reads their embeddings, if these are
        rows_a: rows of A
        rows_b: rows of B
        measured: properties and labels as candidates with scores
        account: what was left out, reused, and worth knowing
        fields: kind of stored value -> field
    """

    images: Images
    vectors: Reader | None
    rows_a: NDArray[np.intp]
    rows_b: NDArray[np.intp]
    measured: list[Measured]
    account: Account
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def in_a(self) -> NDArray[np.bool_]:
        """``(n,)`` whether each image stands in A; the others stand in B."""
        found = np.zeros(len(self.images), bool)
        found[self.rows_a] = True
        return found

    def take(self, rows: Sequence[int]) -> Images:
        """Returns some of the images, with their embeddings where these are read."""
        images = self.images.take(rows)
        return (
            images if self.vectors is None else replace(images, embeddings=self.vectors(images.ids))
        )


@dataclass
class InputReader:
    """Reads what is stored and computes what is not.

    Fields are checked before anything is computed. Properties come first: they find the files
    that are no images before a model runs.

    Args:
        dataset: a FiftyOne dataset
        config: every choice
        stages: the models
        progress: called with the share done and a label
    """

    dataset: Any
    config: Config
    stages: Stages
    progress: Progress
    account: Account = field(default_factory=Account)
    fields: dict[str, str] = field(default_factory=dict)

    def read(self, ids_a: Sequence[str], ids_b: Sequence[str]) -> Inputs:
        """Returns all that is known of both sets.

        Args:
            ids_a: sample ids of A
            ids_b: sample ids of B

        Raises:
            FieldError: if a field that is to be read or written holds something else
        """
        ids = sorted((*ids_a, *ids_b))
        captions = self._check_fields(ids)
        media = samples.read_media(self.dataset, ids)
        self.account.skip("sample", media.missing)
        media = self._properties(media)
        vectors, media = self._embeddings(media)
        if self.stages.captioner is not None and self.stages.need("captions"):
            captions = self._captions(media)
        if captions is None:
            self._note_silent()
        words = None if captions is None else [captions.get(one, "") for one in media.ids]
        set_a = set(ids_a)
        in_a = np.array([one in set_a for one in media.ids], bool)
        return Inputs(
            Images(media.ids, media.paths, words),
            vectors,
            np.flatnonzero(in_a),
            np.flatnonzero(~in_a),
            self._measured(media.ids),
            self.account,
            self.fields,
        )

    @property
    def _foreign_embeddings(self) -> bool:
        """Whether embeddings are read from a field that this library did not make."""
        name = self.stages.embedding_field
        if not name or self.dataset.get_field(name) is None:
            return False
        return not store.owns(self.dataset, name)

    def _check_fields(self, ids: Sequence[str]) -> dict[str, str] | None:
        """Finds wrong fields early; returns the captions, where they come from fields."""
        stages = self.stages
        if stages.reads("embeddings"):
            if stages.encoder is None:
                raise ValueError("Expected an encoder, got None: the embeddings are wanted.")
            if stages.brain_vectors is None and not self._foreign_embeddings:
                kind = gather.embeddings_kind(stages.encoder, stages.embedding_field)
                store.check_field(self.dataset, kind, same_producer=True)
        if not stages.need("captions"):
            return None
        if stages.captioner is not None:
            kind = gather.captions_kind(stages.captioner, self.config.caption_field)
            store.check_field(self.dataset, kind)
        if not stages.caption_fields:
            return None
        stored = fields.read_captions(self.dataset, stages.caption_fields, ids)
        captions = {one: text for one, text in zip(ids, stored, strict=True) if text}
        missing = {one: "the caption field is empty" for one in ids if one not in captions}
        self.account.skip("caption", missing)
        self.account.reused["captions"] = {"reused": len(captions), "computed": 0}
        self.fields["captions"] = ",".join(stages.caption_fields)
        if not captions:
            raise FieldError(
                f"Expected captions in {self.fields['captions']!r}, got none on {len(ids)} samples."
            )
        return captions

    def _properties(self, media: samples.Media) -> samples.Media:
        if not self.config.properties:
            return media
        kind, filled = gather.make_properties(
            self.dataset, media, self.stages.engine, self.config.batch_size, self._part(0.0, 0.15)
        )
        self._note(kind, filled, "sample")
        return media.without(filled.missing)

    def _embeddings(self, media: samples.Media) -> tuple[Reader | None, samples.Media]:
        stages = self.stages
        if not stages.reads("embeddings") or stages.encoder is None:
            return None, media
        if stages.brain_vectors is not None:
            known = stages.brain_vectors
            gather.check_dimension(list(known.values())[:_CHECKED], stages.encoder)
            return reader_of(known), self._without_embedding(media, known)
        name = stages.embedding_field
        if name and self._foreign_embeddings:
            return fields.vector_reader(self.dataset, name), self._foreign(media, name)
        kind, filled = gather.make_embeddings(
            self.dataset,
            stages.encoder,
            media,
            name,
            stages.engine,
            self.config.batch_size,
            self._part(0.15, 0.4),
        )
        self._note(kind, filled, "sample")
        return fields.vector_reader(self.dataset, kind.field), media.without(filled.missing)

    def _foreign(self, media: samples.Media, name: str) -> samples.Media:
        """Checks embeddings that another tool stored; returns the images that have one."""
        there = read_present(self.dataset, media.ids, name)
        if self.stages.encoder is not None:
            some = [one for one in media.ids if one in there][:_CHECKED]
            vectors = read_vectors(self.dataset, some, name)
            gather.check_dimension(list(vectors), self.stages.encoder)
            self.account.notes.append(
                f"Embeddings were read from {name!r}, which VisDiff did not make; they are taken "
                f"to be of {self.stages.encoder.name}."
            )
        self.fields["embeddings"] = name
        return self._without_embedding(media, there)

    def _without_embedding(self, media: samples.Media, there: Container[str]) -> samples.Media:
        missing = {one: "no stored embedding" for one in media.ids if one not in there}
        self.account.skip("sample", missing)
        self.account.reused["embeddings"] = {"reused": len(media) - len(missing), "computed": 0}
        return media.without(missing)

    def _captions(self, media: samples.Media) -> dict[str, str]:
        if self.stages.captioner is None:
            return {}
        kind, filled = gather.make_captions(
            self.dataset,
            self.stages.captioner,
            media,
            self.config.caption_field,
            self.stages.engine,
            self.config.batch_size,
            self._part(0.4, 0.7),
        )
        self._note(kind, filled, "caption")
        left = [one for one in media.ids if one not in filled.missing]
        return dict(zip(left, read(self.dataset, kind, left), strict=True))

    def _measured(self, ids: Sequence[str]) -> list[Measured]:
        measured: list[Measured] = []
        if self.config.properties and ids:
            kind = gather.properties_kind()
            measured += property_candidates(kind.field, np.stack(read(self.dataset, kind, ids)))
        for name in self.config.label_fields:
            names = fields.read_label_names(self.dataset, name, ids)
            measured += label_candidates(name, names)
            numbers = fields.read_object_numbers(self.dataset, name, ids)
            if (numbers[:, 0] > 1).any():
                measured += object_candidates(name, numbers)
        return measured

    def _note_silent(self) -> None:
        """Says which proposers have nothing to read, for want of captions."""
        silent = [one for one in self.stages.proposers if "captions" in needs_of(one, "captions")]
        if not silent:
            return
        what = (
            ", so nothing was proposed in words: only measured properties and labels were compared"
        )
        if len(silent) < len(self.stages.proposers):
            what = f", so these proposed nothing: {', '.join(one.name for one in silent)}"
        self.account.notes.append(f"No captions{what}. Pass captioner='field:NAME' or a captioner.")

    def _note(self, kind: Kind, filled: Filled, what: str) -> None:
        self.account.reused[kind.noun] = {"reused": filled.reused, "computed": filled.computed}
        self.account.skip(what, filled.missing)
        self.fields[kind.noun] = kind.field

    def _part(self, start: float, end: float) -> Progress:
        return lambda fraction, label: self.progress(start + fraction * (end - start), label)
