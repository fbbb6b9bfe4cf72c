"""What is stored for two sets of images, and what a comparison would have to make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..assembly import Stages, elsewhere
from ..config import Config
from ..dataset import fields, own_fields
from ..dataset.samples import read_media
from ..engines.kind import Kind
from ..errors import concerning
from ..images import UNREADABLE, read_size
from ..kept import making
from ..kept.rates import known_rate
from ..kept.stored import read, stale
from ..mongo.documents import read_present
from ..sets.draw import SampledImages, SampledSets
from ..stages import Captioner, Encoder

#: files whose size in pixels is looked up
_LOOKED = 20
#: what an image is taken to be where none can be read
_PIXELS = (512, 384)


@dataclass(frozen=True)
class Values:
    """One kind of value that a comparison reads.

    Args:
        noun: ``"captions"``, ``"embeddings"`` or ``"properties"``
        producer: what makes them, or the field that they are read from
        stored: images whose value is there and valid
        todo (0): images that it has to be made for
        seconds (0): for these, on this machine; None where it was never measured
        foreign (False): read from what VisDiff did not make
    """

    noun: str
    producer: str
    stored: int
    todo: int = 0
    seconds: float | None = 0.0
    foreign: bool = False

    def __add__(self, other: Values) -> Values:
        """Adds what another dataset has of the same."""
        there = self.foreign and other.foreign
        return replace(
            self, stored=self.stored + other.stored, todo=self.todo + other.todo, foreign=there
        )


@dataclass
class Standing:
    """What is known of the images before anything runs.

    Args:
        drawn: images that stand for both sets
        values: what is stored and what has to be made, in the order in which it is made
        pixels: width and height of an image
        caption_length (None): characters of a caption; None where none is stored
        distinct (1): how many different captions there are, as a share of all
    """

    drawn: SampledSets
    values: list[Values]
    pixels: tuple[int, int] = _PIXELS
    caption_length: float | None = None
    distinct: float = 1.0


def look(drawn: SampledSets, stages: Stages | None, config: Config) -> Standing:
    """Returns what is stored for some images, and so about for all that they stand for.

    Args:
        drawn: the images
        stages: the models, as built for the first dataset; None where they can't be had: then
            only properties are looked at
        config: every choice

    Raises:
        FieldError: if a field that is to be read or written holds something else
    """
    home = drawn.parts[0].dataset
    texts: list[str] = []
    paths: list[str] = []
    by_noun: dict[str, Values] = {}
    for part in drawn.parts:
        own = None if stages is None else elsewhere(stages, home, part.dataset, config)
        dataset_standing = _DatasetStanding(part, own, config)
        for value in dataset_standing.values():
            by_noun[value.noun] = value + by_noun[value.noun] if value.noun in by_noun else value
        texts += dataset_standing.texts
        paths += dataset_standing.media.paths
    engine = "local" if stages is None else stages.engine.name
    standing = Standing(drawn, [_timed(item, engine) for item in by_noun.values()], _pixels(paths))
    if texts:
        standing.caption_length = float(np.mean([len(text) for text in texts]))
        if drawn.exact:  # of a sample, too many look as if they stood alone
            standing.distinct = len(set(texts)) / len(texts)
    return standing


def _timed(stored_values: Values, engine: str) -> Values:
    if stored_values.foreign or not stored_values.todo:
        return stored_values
    rate = known_rate(stored_values.noun, stored_values.producer, engine)
    return replace(
        stored_values, seconds=None if rate is None else rate.seconds(stored_values.todo)
    )


class _DatasetStanding:
    """What is stored on one dataset.

    Attributes:
        media: its images' files
        texts: captions that are there, once `values` has been called
    """

    def __init__(self, part: SampledImages, stages: Stages | None, config: Config) -> None:
        self._part, self._stages, self._config = part, stages, config
        self._dataset = part.dataset
        self._place = {sample_id: row for row, sample_id in enumerate(part.ids)}
        self.media = read_media(part.dataset, part.ids)
        self.texts: list[str] = []

    def values(self) -> list[Values]:
        """Returns each kind of value that is read, in the order in which it is made."""
        kinds = [self._ours(making.properties_kind())] if self._config.properties else []
        stages = self._stages
        if stages is not None and stages.reads("embeddings") and stages.encoder is not None:
            kinds.append(self._embeddings(stages, stages.encoder))
        if stages is not None and stages.need("captions"):
            kinds += self._captions(stages)
        return kinds

    def _ours(self, kind: Kind) -> Values:
        rows = stale(self._dataset, kind, self.media)
        todo = self._counted([self.media.ids[row] for row in rows])
        there = self._counted(self.media.ids) - todo
        return Values(kind.noun, kind.producer, there, todo)

    def _counted(self, ids: Iterable[str]) -> int:
        return self._part.standing_for([self._place[sample_id] for sample_id in ids])

    def _embeddings(self, stages: Stages, encoder: Encoder) -> Values:
        name = stages.embedding_field
        if stages.brain_vectors is not None:
            return Values("embeddings", encoder.name, self._counted(self.media.ids), foreign=True)
        if name and self._dataset.get_field(name) is not None:
            if not own_fields.owns(self._dataset, name):
                there = read_present(self._dataset, self.media.ids, name)
                return Values("embeddings", name, self._counted(there), foreign=True)
        return self._ours(making.checked_embeddings(self._dataset, encoder, name))

    def _captions(self, stages: Stages) -> list[Values]:
        if stages.captioner is not None:
            name = self._config.caption_field
            kind = making.checked_captions(self._dataset, stages.captioner, name)
            captions = self._ours(kind)
            if captions.stored:
                self.texts = [
                    caption for caption in read(self._dataset, kind, self.media.ids) if caption
                ]
            return [captions]
        if not stages.caption_fields:
            return []
        with concerning("captioner"):
            said = fields.read_captions(self._dataset, stages.caption_fields, self.media.ids)
        known = {
            sample_id: text for sample_id, text in zip(self.media.ids, said, strict=True) if text
        }
        self.texts = list(known.values())
        names = ", ".join(stages.caption_fields)
        return [Values("captions", names, self._counted(known), foreign=True)]


def default_length(captioner: Captioner | None) -> int:
    """Returns about how many characters the captions of a model have that made none yet."""
    parameters = getattr(captioner, "parameters", {})
    style = parameters.get("style")
    if style in ("detailed", "aspects"):
        return 400
    return 60 if style == "short" or "max_new_tokens" in parameters else 200


def _pixels(paths: Sequence[str]) -> tuple[int, int]:
    """Returns the middle width and height of some files."""
    step = max(1, len(paths) // _LOOKED)
    sizes = []
    for path in paths[::step][:_LOOKED]:
        try:
            sizes.append(read_size(path))
        except UNREADABLE:
            continue
    if not sizes:
        return _PIXELS
    width, height = (int(side) for side in np.median(np.array(sizes), axis=0))
    return width, height
