"""Everything the comparison reads, in one table: images, captions, embeddings, measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import gather, samples, store
from .assembly import Stages
from .config import Config
from .errors import FieldError
from .gather import Account
from .measured import Measured, label_candidates, object_candidates, property_candidates
from .stages import Images
from .stored import Filled, Kind

Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class Inputs:
    """All images of both sets in one order, with what is known of them.

    The order is that of the ids, whatever set an image is in: floating-point results then do not
    depend on which set is called A.

    Args:
        images: ``n`` images
        rows_a: rows of A
        rows_b: rows of B
        measured: properties and labels as candidates with scores
        account: what was left out, reused, and worth knowing
        fields: kind of stored value -> field
    """

    images: Images
    rows_a: NDArray[np.intp]
    rows_b: NDArray[np.intp]
    measured: list[Measured]
    account: Account
    fields: dict[str, str] = field(default_factory=dict)


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
        values, media = self._properties(media)
        vectors, media = self._embeddings(media)
        if self.stages.captioner is not None and self.stages.need("captions"):
            captions = self._captions(media)
        if self.stages.proposer is not None and captions is None and self.stages.need("captions"):
            self.account.notes.append(
                "No captions, so nothing was proposed in words: only measured properties and "
                "labels were compared. Pass captioner='field:NAME' or a captioner."
            )
        images = gather.images_of(media.ids, media.paths, captions, vectors)
        set_a = set(ids_a)
        in_a = np.array([one in set_a for one in media.ids], bool)
        return Inputs(
            images,
            np.flatnonzero(in_a),
            np.flatnonzero(~in_a),
            self._measured(media.ids, values),
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
        if stages.need("embeddings"):
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
        stored = samples.read_captions(self.dataset, stages.caption_fields, ids)
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

    def _properties(
        self, media: samples.Media
    ) -> tuple[dict[str, NDArray[np.float64]], samples.Media]:
        if not self.config.properties:
            return {}, media
        kind, filled = gather.make_properties(
            self.dataset, media, self.config.batch_size, self._part(0.0, 0.15)
        )
        self._note(kind, filled, "sample")
        return filled.values, media.without(filled.missing)

    def _embeddings(
        self, media: samples.Media
    ) -> tuple[dict[str, NDArray[Any]] | None, samples.Media]:
        stages = self.stages
        if not stages.need("embeddings") or stages.encoder is None:
            return None, media
        found = stages.brain_vectors
        name = stages.embedding_field
        if found is None and name and self._foreign_embeddings:
            stored = samples.read_vectors(self.dataset, name, media.ids)
            found = {one: v for one, v in zip(media.ids, stored, strict=True) if v is not None}
            self.fields["embeddings"] = name
            self.account.notes.append(
                f"Embeddings were read from {name!r}, which VisDiff did not make; they are taken "
                f"to be of {stages.encoder.name}."
            )
        if found is None:
            kind, filled = gather.make_embeddings(
                self.dataset,
                stages.encoder,
                media,
                name,
                self.config.batch_size,
                self._part(0.15, 0.4),
            )
            self._note(kind, filled, "sample")
            return filled.values, media.without(filled.missing)
        gather.check_dimension(found, stages.encoder)
        missing = {one: "no stored embedding" for one in media.ids if one not in found}
        self.account.skip("sample", missing)
        self.account.reused["embeddings"] = {"reused": len(media) - len(missing), "computed": 0}
        return found, media.without(missing)

    def _captions(self, media: samples.Media) -> dict[str, str]:
        if self.stages.captioner is None:
            return {}
        kind, filled = gather.make_captions(
            self.dataset,
            self.stages.captioner,
            media,
            self.config.caption_field,
            self.config.batch_size,
            self._part(0.4, 0.7),
        )
        self._note(kind, filled, "caption")
        return filled.values

    def _measured(
        self, ids: Sequence[str], values: dict[str, NDArray[np.float64]]
    ) -> list[Measured]:
        measured: list[Measured] = []
        if self.config.properties and ids:
            table = np.stack([values[one] for one in ids])
            measured += property_candidates(self.fields["properties"], table)
        for name in self.config.label_fields:
            names = samples.read_label_names(self.dataset, name, ids)
            measured += label_candidates(name, names)
            numbers = samples.read_object_numbers(self.dataset, name, ids)
            if (numbers[:, 0] > 1).any():
                measured += object_candidates(name, numbers)
        return measured

    def _note(self, kind: Kind, filled: Filled, what: str) -> None:
        self.account.reused[kind.noun] = {"reused": filled.reused, "computed": filled.computed}
        self.account.skip(what, filled.missing)
        self.fields[kind.noun] = kind.field

    def _part(self, start: float, end: float) -> Progress:
        return lambda fraction, label: self.progress(start + fraction * (end - start), label)
