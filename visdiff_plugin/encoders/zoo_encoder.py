"""Images and texts embedded by models of FiftyOne's zoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DependencyError, ModelError
from ..specs import public_spec
from ..stages import Encoder
from ..torch_models import Batches, LazyModel, as_matrix, map_images
from ..vectors import unit


class ZooEncoder(LazyModel):
    """Embeds with a model of FiftyOne's zoo; it is loaded on first use.

    Args:
        model: of the zoo, e.g. ``"clip-vit-base32-torch"``
        batch_size (16): images at once; halved whenever a GPU runs out of memory
        threads (4): image files decoded at a time while the model works
        **kwargs: further arguments of ``fiftyone.zoo.load_zoo_model``; ``text_prompt`` is ``""``
            by default, so that texts are embedded as they are written

    Raises:
        ValueError: on an empty model, or a number under 1
    """

    def __init__(
        self, model: str, *, batch_size: int = 16, threads: int = 4, **kwargs: Any
    ) -> None:
        super().__init__()
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected the name of a zoo model, got {model!r}.")
        self._zoo_name = model
        self._arguments = {"text_prompt": "", **kwargs}
        self._batch_size, self._threads = batch_size, threads
        _check(batch_size, threads)

    @property
    def name(self) -> str:
        """``zoo/NAME``."""
        return f"zoo/{self._zoo_name}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments of the zoo's loader, without secrets."""
        public = public_spec(self._arguments)
        return public if isinstance(public, dict) else {}

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(n, d)`` unit vectors; a row of NaN for a file that can't be read."""
        made: NDArray[np.float32] = self.loaded().encode_images(paths)
        return made

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(m, d)`` unit vectors."""
        made: NDArray[np.float32] = self.loaded().encode_texts(texts)
        return made

    def _load(self) -> Encoder:
        try:
            import fiftyone.zoo as foz
            from eta.core.web import WebSessionError  # type: ignore[import-untyped]
        except ImportError as error:
            raise DependencyError(
                f"Encoder {self.name} needs FiftyOne: {error}.", "Install it: pip install fiftyone."
            ) from error
        try:
            model = foz.load_zoo_model(self._zoo_name, **self._arguments)
        except ImportError as error:
            raise DependencyError(
                f"{self.name} needs a package that is not installed: {error}.",
                "Install that package.",
            ) from error
        except (OSError, ValueError, KeyError, RuntimeError, WebSessionError) as error:
            raise ModelError(
                f"Encoder {self.name} can't be loaded: {error}",
                "Choose one of fiftyone.zoo.list_zoo_models(tags='text-embeddings'), and download "
                "it while online: fiftyone.zoo.download_zoo_model(NAME).",
            ) from error
        return encoder_from_model(
            model, self.name, parameters=self.parameters,
            batch_size=self._batch_size, threads=self._threads,
        )  # fmt: skip


def encoder_from_model(
    model: Any,
    name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    batch_size: int = 16,
    threads: int = 4,
) -> Encoder:
    """Wraps a loaded FiftyOne model, e.g. ``similarity_index.get_model()``.

    Args:
        model: a ``fiftyone.core.models.Model``
        name: the encoder's name, part of what decides whether stored embeddings are valid
        parameters (None): JSON-safe settings that change embeddings
        batch_size (16): images at once
        threads (4): image files decoded at a time

    Raises:
        ModelError: if the model embeds no images or no prompts
        ValueError: on a number under 1
    """
    for member, what in (("has_embeddings", "images"), ("can_embed_prompts", "prompts")):
        if not getattr(model, member, False):
            raise ModelError(
                f"{name} ({type(model).__name__}) can't embed {what}, but ranking needs images "
                "and texts in the same space.",
                "Choose a CLIP-like model, e.g. clip-vit-base32-torch or open-clip-torch.",
            )
    _check(batch_size, threads)
    return _FiftyOneEncoder(model, name, dict(parameters or {}), batch_size, threads)


class _FiftyOneEncoder:
    """See `encoder_from_model`."""

    def __init__(
        self, model: Any, name: str, parameters: dict[str, Any], batch_size: int, threads: int
    ) -> None:
        import threading

        self._model, self._name, self.parameters = model, name, parameters
        self._batches, self._threads = Batches(batch_size), threads
        # FiftyOne's models keep the last batch's features on themselves
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.float32]:
        from fiftyone.core.models import TorchModelMixin

        # torch models of the zoo take PIL images, the others arrays
        prepare = None if isinstance(self._model, TorchModelMixin) else np.asarray
        made = map_images(paths, prepare, self._image_vectors, self._batches, self._threads)
        return as_matrix(made, lambda: self.encode_texts(["a"]).shape[1])

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock, self._model as model:
            vectors = _matrix(model.embed_prompts(list(texts) or ["a"]))
        return unit(vectors)[: len(texts)]

    def _image_vectors(self, images: Sequence[Any]) -> NDArray[np.float32]:
        with self._lock, self._model as model:
            if model.ragged_batches:  # its transforms keep each image's size: no common tensor
                return unit(_matrix([model.embed(image) for image in images]))
            return unit(_matrix(model.embed_all(list(images))))


def _matrix(vectors: Any) -> NDArray[np.float64]:
    if hasattr(vectors, "detach"):
        vectors = vectors.detach().float().cpu().numpy()
    values = np.asarray(vectors, np.float64)
    return values.reshape(len(values), -1)


def _check(batch_size: int, threads: int) -> None:
    for word, value in (("batch_size", batch_size), ("threads", threads)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"Expected {word} >= 1, got {value!r}.")
