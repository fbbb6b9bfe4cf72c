"""What is known about the images of one dataset: read if stored, else computed."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..account import Account
from ..assembly import Stages
from ..captioners.cleaning import clean_caption, is_soiled
from ..config import Config
from ..dataset import fields, own_fields, samples
from ..dataset.samples import Source
from ..engines.kind import Kind
from ..engines.work import Filled
from ..errors import FieldError, SettingError, concerning
from ..images import fits_twelve_bits
from ..kept import making
from ..kept.stored import read
from ..mongo.documents import read_present, read_vectors
from ..progress import Progress, part_of
from ..stages import Missing
from ..vectors import Reader, reader_of

#: stored vectors that are looked at before a field of another tool is trusted
_CHECKED = 200
#: files whose bits are looked at
_LOOKED = 24


@dataclass(frozen=True)
class DatasetInputs:
    """The images of one dataset; rows of all members correspond.

    Args:
        source: the dataset, and the ids of its ``n`` images that can be compared
        paths: their files
        sizes: their sizes in bytes
        captions: ``n`` captions, if these are read
        vectors: reads their embeddings by id, if these are
        properties: ``(n, p)`` in the catalog's order, if these are measured
        labels: label field -> ``n`` sets of class names, and ``(n, 2)`` object numbers
        fields: kind of stored value -> field
    """

    source: Source
    paths: Sequence[str]
    sizes: Sequence[int]
    captions: list[str] | None
    vectors: Reader | None
    properties: NDArray[np.float64] | None
    labels: dict[str, tuple[list[set[str] | None], NDArray[np.float64]]]
    fields: dict[str, str]


@dataclass
class InputReader:
    """Reads what is stored and computes what is not.

    Fields are checked before anything is computed. Properties come first: they find the files
    that are no images before a model runs.

    Args:
        source: samples of one dataset
        config: every choice
        stages: the models, as they read this dataset
        account: what is left out, reused and worth knowing
        progress: called with the share done, in [0, .7], and a label
    """

    source: Source
    config: Config
    stages: Stages
    account: Account
    progress: Progress
    fields: dict[str, str] = field(default_factory=dict)
    _read_captions: dict[str, str] | None = None

    def check(self) -> None:
        """Finds wrong fields before anything is computed, and reads captions that are in fields.

        Raises:
            FieldError: if a field that is to be read or written holds something else
        """
        self._read_captions = self._check_fields(self.source.ids)

    def read(self) -> DatasetInputs:
        """Returns all that is known of the images; `check` comes first."""
        captions = self._read_captions
        media = samples.read_media(self.dataset, self.source.ids)
        self.account.skip_files(media.missing, media.lost)
        self._note_bits(media)
        media = self._properties(media)
        vectors, media = self._embeddings(media)
        if self.stages.captioner is not None and self.stages.need("captions"):
            captions = self._captions(media)
        words = (
            None if captions is None else [captions.get(sample_id, "") for sample_id in media.ids]
        )
        return self._part_of(media, words, vectors)

    @property
    def dataset(self) -> Any:
        """The dataset that is read."""
        return self.source.dataset

    @property
    def _foreign_embeddings(self) -> bool:
        """Whether embeddings are read from a field that this library did not make."""
        name = self.stages.embedding_field
        if not name or self.dataset.get_field(name) is None:
            return False
        return not own_fields.owns(self.dataset, name)

    def _check_fields(self, ids: Sequence[str]) -> dict[str, str] | None:
        """Finds wrong fields early; returns the captions, where they come from fields."""
        stages = self.stages
        if stages.reads("embeddings"):
            if stages.encoder is None:
                raise SettingError(
                    "Expected an encoder to compute embeddings, got None.", about="encoder"
                )
            if stages.brain_vectors is None and not self._foreign_embeddings:
                making.checked_embeddings(self.dataset, stages.encoder, stages.embedding_field)
        if not stages.need("captions"):
            return None
        if stages.captioner is not None:
            making.checked_captions(self.dataset, stages.captioner, self.config.caption_field)
        if not stages.caption_fields:
            return None
        with concerning("captioner"):
            stored = fields.read_captions(self.dataset, stages.caption_fields, ids)
        captions, missing = _told(dict(zip(ids, stored, strict=True)))
        self.account.skip("caption", missing)
        self.account.reuse("captions", len(captions), 0)
        self.fields["captions"] = ",".join(stages.caption_fields)
        if not captions:
            raise FieldError(
                f"Expected captions in {self.fields['captions']!r}, got none on {len(ids)} samples "
                f"of {self.dataset.name!r}.",
                about="captioner",
            )
        return captions

    def _properties(self, media: samples.Media) -> samples.Media:
        if not self.config.properties:
            return media
        kind, filled = making.make_properties(
            self.dataset, media, self.stages.engine, self.config.batch_size, self._part(0.0, 0.15)
        )
        self._note(kind, filled)
        self._skip_files(media, filled)
        return media.without(filled.missing)

    def _skip_files(self, media: samples.Media, filled: Filled) -> None:
        if filled.missing:
            paths = dict(zip(media.ids, media.paths, strict=True))
            self.account.skip_files(filled.missing, paths)

    def _note_bits(self, media: samples.Media) -> None:
        """Says where files of 16 bits look like data of 12 bits, which is read nearly black."""
        some = media.paths[:: max(1, len(media) // _LOOKED)][:_LOOKED]
        fits = [fit for fit in map(fits_twelve_bits, some) if fit is not None]
        if 2 * sum(fits) > len(fits):
            self.account.note(
                f"{sum(fits)} of {len(fits)} files of 16 bits that were looked at hold no value "
                "above 4,095. If they are data of 12 bits, they were read nearly black: scale "
                "them to 16 bits."
            )

    def _embeddings(self, media: samples.Media) -> tuple[Reader | None, samples.Media]:
        stages = self.stages
        if not stages.reads("embeddings") or stages.encoder is None:
            return None, media
        if stages.brain_vectors is not None:
            known = stages.brain_vectors
            making.check_dimension(list(known.values())[:_CHECKED], stages.encoder)
            return reader_of(known), self._without_embedding(media, known)
        name = stages.embedding_field
        if name and self._foreign_embeddings:
            return fields.vector_reader(self.dataset, name), self._foreign(media, name)
        kind, filled = making.make_embeddings(
            self.dataset,
            stages.encoder,
            media,
            name,
            stages.engine,
            self.config.batch_size,
            self._part(0.15, 0.4),
        )
        self._note(kind, filled)
        self._skip_files(media, filled)
        return fields.vector_reader(self.dataset, kind.field), media.without(filled.missing)

    def _foreign(self, media: samples.Media, name: str) -> samples.Media:
        """Checks embeddings that another tool stored; returns the images that have one."""
        there = read_present(self.dataset, media.ids, name)
        if self.stages.encoder is not None:
            some = [sample_id for sample_id in media.ids if sample_id in there][:_CHECKED]
            vectors = read_vectors(self.dataset, some, name)
            making.check_dimension(list(vectors), self.stages.encoder)
            self.account.note(
                f"Embeddings were read from {name!r}, which VisDiff did not create. They are "
                f"assumed to come from {self.stages.encoder.name}."
            )
        self.fields["embeddings"] = name
        return self._without_embedding(media, there)

    def _without_embedding(self, media: samples.Media, there: Container[str]) -> samples.Media:
        missing = {
            sample_id: "no stored embedding" for sample_id in media.ids if sample_id not in there
        }
        self.account.skip("sample", missing)
        self.account.reuse("embeddings", len(media) - len(missing), 0)
        return media.without(missing)

    def _captions(self, media: samples.Media) -> dict[str, str]:
        if self.stages.captioner is None:
            return {}
        kind, filled = making.make_captions(
            self.dataset,
            self.stages.captioner,
            media,
            self.config.caption_field,
            self.stages.engine,
            self.config.batch_size,
            self._part(0.4, 0.7),
        )
        self._note(kind, filled)
        self.account.skip("caption", filled.missing)
        left = [sample_id for sample_id in media.ids if sample_id not in filled.missing]
        return dict(zip(left, read(self.dataset, kind, left), strict=True))

    def _part_of(
        self, media: samples.Media, words: list[str] | None, vectors: Reader | None
    ) -> DatasetInputs:
        ids = media.ids
        properties = None
        if self.config.properties and ids:
            properties = np.stack(read(self.dataset, making.properties_kind(), ids))
        with concerning("label_fields"):
            labels = {
                name: (
                    fields.read_label_names(self.dataset, name, ids),
                    fields.read_object_numbers(self.dataset, name, ids),
                )
                for name in self.config.label_fields
            }
        kept = Source(self.dataset, ids)
        return DatasetInputs(
            kept, media.paths, media.sizes, words, vectors, properties, labels, self.fields
        )

    def _note(self, kind: Kind, filled: Filled) -> None:
        self.account.reuse(kind.noun, filled.reused, filled.computed)
        self.fields[kind.noun] = kind.field

    def _part(self, start: float, end: float) -> Progress:
        return part_of(self.progress, start, end)


def _told(stored: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
    """Returns id -> caption, and id -> why there is none; thoughts and errors are no captions."""
    captions, missing = {}, {}
    for sample_id, text in stored.items():
        cleaned = clean_caption(text) if text and is_soiled(text) else text
        if isinstance(cleaned, Missing):
            missing[sample_id] = f"what the caption field holds is no caption: {cleaned.reason}"
        elif cleaned:
            captions[sample_id] = cleaned
        else:
            missing[sample_id] = "the caption field is empty"
    return captions, missing
