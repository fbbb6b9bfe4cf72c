"""Scores descriptions by the cosine of image and text embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FieldError
from ..stages import Encoder, Images
from ..vectors import text_vectors, unit


@dataclass(frozen=True)
class EmbeddingRanker:
    """The paper's ranker: v(x, y) is the cosine of image x and description y.

    Args:
        encoder: embeds the descriptions; the images' embeddings must be its own
        templates (()): texts with ``{}`` where the description goes, such as ``"a photo of {}"``;
            a description's vector is then the mean of the unit vectors of all, at length 1
            (Radford et al. 2021). Without any it is embedded as it is

    Raises:
        ValueError: on a template without exactly one ``{}``
    """

    encoder: Encoder
    templates: Sequence[str] = ()
    _texts: dict[tuple[str, ...], NDArray[np.float32]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    needs = "embeddings"

    def __post_init__(self) -> None:
        one_text = isinstance(self.templates, str)
        if one_text or not all(str(template).count("{}") == 1 for template in self.templates):
            raise ValueError(
                "Expected templates as a list of texts with one {} each, such as 'a photo of {}', "
                f"got {self.templates!r}."
            )
        object.__setattr__(self, "templates", tuple(self.templates))

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes scores beside the encoder."""
        return {"templates": list(self.templates)}

    @property
    def name(self) -> str:
        """The ranker's name with its encoder's."""
        return f"embedding ({self.encoder.name})"

    def score(self, images: Images, descriptions: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(n, k)`` cosines in [-1, 1].

        Raises:
            FieldError: if the images' embeddings have another dimension than the texts'
        """
        if images.embeddings is None:
            raise ValueError("Expected images with embeddings, got none.")
        texts = self._vectors(descriptions)
        if texts.shape[1] != images.embeddings.shape[1]:
            raise FieldError(
                f"Expected image embeddings of {texts.shape[1]} dimensions, as {self.encoder.name} "
                f"makes, got {images.embeddings.shape[1]}.",
                "Pass the encoder that made them, or another embedding_field.",
                about="encoder",
            )
        return np.asarray(images.embeddings @ texts.T, np.float32)

    def _vectors(self, descriptions: Sequence[str]) -> NDArray[np.float32]:
        """Embeds descriptions once, however many chunks of images are scored."""
        asked = tuple(descriptions)
        if asked not in self._texts:
            self._texts.clear()
            self._texts[asked] = self._averaged(asked)
        return self._texts[asked]

    def _averaged(self, descriptions: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(k, d)`` unit vectors, each the mean over all templates."""
        if not self.templates:
            return text_vectors(self.encoder, descriptions)
        texts = [
            template.replace("{}", text) for text in descriptions for template in self.templates
        ]
        vectors = text_vectors(self.encoder, texts)
        return unit(vectors.reshape(len(descriptions), len(self.templates), -1).mean(axis=1))
