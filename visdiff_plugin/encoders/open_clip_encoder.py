"""Images and texts as unit vectors of one space, by open_clip."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import DependencyError, ModelError
from ..torch_models import (
    Batches,
    LazyModel,
    as_matrix,
    ask_hub,
    check_dtype,
    fingerprint,
    pick_device,
    pick_dtype,
    pick_workers,
    stream_images,
)
from ..vectors import unit

#: the paper's ranker (VisDiff, CVPR 2024)
PAPER = ("ViT-bigG-14", "laion2b_s39b_b160k")

_PRECISION = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}
_SCHEMES = ("hf-hub:", "local-dir:")
# beyond this a 1 pixel strip would be scaled up to gigabytes, only for its middle to be cut out
_WIDEST = 40


@dataclass(frozen=True)
class _Loaded:
    model: Any
    preprocess: Any
    tokenizer: Any
    device: str
    dtype: Any
    size: int


class OpenCLIPEncoder(LazyModel):
    """Embeds images and texts with an open_clip model; it is loaded on first use.

    Args:
        model ("ViT-B-32"): a model of open_clip, with its weights as ``"MODEL/WEIGHTS"``;
            ``"hf-hub:ORG/REPO"``, ``"local-dir:FOLDER"``, or ``"paper"``: ViT-bigG-14 with
            laion2b_s39b_b160k
        pretrained ("laion2b_s34b_b79k"): a tag of open_clip or the path of a checkpoint; None or
            ``""`` is random weights (the same ones each time), for trying out a pipeline
        device (None): e.g. ``"cuda:1"``; None is a GPU if there is one
        dtype (None): ``"float32"``, ``"float16"`` or ``"bfloat16"``; None is half precision on
            a GPU and float32 on a CPU
        batch_size (32): images or texts at once, over all cores of a CPU; halved whenever a GPU
            runs out of memory
        threads (4): image files decoded at a time while the model works
        template (None): wraps each text, e.g. ``"a photo of {}"``; image embeddings don't depend
            on it
        reduced (None): whether large JPEGs are decoded at a fraction of their size, at least
            twice what the model sees: read faster, embeddings change slightly; None
            is yes, but for ``"paper"``

    Raises:
        ValueError: on a number under 1, an unknown dtype, or a template without ``{}``
    """

    def __init__(
        self,
        model: str = "ViT-B-32",
        pretrained: str | None = "laion2b_s34b_b79k",
        *,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = 32,
        threads: int = 4,
        template: str | None = None,
        reduced: bool | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name, got {model!r}.")
        if not isinstance(threads, int) or threads < 1:
            raise ValueError(f"Expected threads >= 1, got {threads!r}.")
        if template is not None and template.count("{}") != 1:
            raise ValueError(f"Expected a template with one {{}}, got {template!r}.")
        check_dtype(dtype)
        self._reduced = model != "paper" if reduced is None else reduced
        if model == "paper":
            model, pretrained = PAPER
        if not model.startswith(_SCHEMES):  # these name model and weights in one
            model, slash, weights = model.partition("/")
            pretrained = weights if slash else pretrained
        self._model = model
        self._pretrained = None if model.startswith(_SCHEMES) else pretrained or None
        self._device, self._dtype = device, dtype
        self._batches, self._text_batches = Batches(batch_size), Batches(batch_size)
        self._threads, self.template = threads, template
        file = Path(self._pretrained or "").expanduser()
        self._file = file.resolve() if file.is_file() else None
        self._weights = _weights(model, self._file)

    @property
    def name(self) -> str:
        """``open_clip/MODEL/WEIGHTS``."""
        if self._model.startswith("local-dir:"):
            return f"open_clip/{Path(self._model.partition(':')[2]).resolve().name}"
        if self._model.startswith("hf-hub:"):
            return f"open_clip/{self._model.partition(':')[2]}"
        weights = self._file.stem if self._file is not None else self._pretrained or "random"
        return f"open_clip/{self._model}/{weights}"

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes image embeddings; sizes of batches and the texts' template don't."""
        return {
            "dtype": self._dtype or "auto",
            "reduced": self._reduced,
            "weights": self._weights,
        }

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(n, d)`` unit vectors; a row of NaN for a file that can't be read.

        Raises:
            DependencyError: if open_clip is not installed
            ModelError: if the model can't be loaded
        """
        return next(self.encode_stream([paths]))

    def encode_stream(self, groups: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """Yields what `encode_images` returns for each group, without a pause between them.

        Raises:
            DependencyError: if open_clip is not installed
            ModelError: if the model can't be loaded
        """
        part: _Loaded = self.loaded()

        def call(tensors: Sequence[Any]) -> NDArray[np.float32]:
            return self._vectors(part.model.encode_image, _stacked(tensors, part))

        def prepare(image: Image.Image) -> Any:
            return part.preprocess(_within(image, _WIDEST))

        min_side = 2 * part.size if self._reduced else None
        workers = pick_workers(part.device)
        stream = stream_images(
            groups, prepare, call, self._batches, self._threads, min_side, workers=workers
        )
        for made in stream:
            yield as_matrix(made, self._dimension)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(m, d)`` unit vectors; texts beyond the model's context are cut.

        Raises:
            DependencyError: if open_clip is not installed
            ModelError: if the model can't be loaded
        """
        if not len(texts):
            return np.zeros((0, self._dimension()), np.float32)
        part: _Loaded = self.loaded()
        wrapped = [text if self.template is None else self.template.replace("{}", text)
                   for text in texts]  # fmt: skip

        def call(batch: Sequence[str]) -> NDArray[np.float32]:
            with self._lock:  # some tokenizers keep state that threads must not share
                tokens = part.tokenizer(list(batch))
            return self._vectors(part.model.encode_text, tokens.to(part.device))

        return np.stack(self._text_batches.run(call, wrapped))

    def _vectors(self, encode: Any, inputs: Any) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            vectors = encode(inputs).float().cpu().numpy()
        return unit(vectors)

    def _dimension(self) -> int:
        return self.encode_texts(["a"]).shape[1]

    def _load(self) -> _Loaded:
        try:
            import open_clip
            import torch
            from safetensors import SafetensorError
        except ImportError as error:
            raise DependencyError(
                f"Encoder {self.name} needs open_clip: {error}.",
                "Install it: pip install open_clip_torch.",
            ) from error
        device = pick_device(self._device)
        dtype = pick_dtype(self._dtype, device)
        weights = str(self._file) if self._file is not None else self._pretrained
        repo = self._repo(open_clip)
        if repo:
            ask_hub(f"Encoder {self.name}", repo)
        try:
            with _same_random(torch) if weights is None else contextlib.nullcontext():
                model, _, preprocess = open_clip.create_model_and_transforms(
                    self._model, weights, device=device,
                    precision=_PRECISION[str(dtype).rpartition(".")[2]],
                )  # fmt: skip
            tokenizer = open_clip.get_tokenizer(self._model)
        except ImportError as error:
            raise DependencyError(f"{self.name} needs a package that is not installed: {error}.",
                                  "Install that package.") from error  # fmt: skip
        except (OSError, ValueError, KeyError, RuntimeError, EOFError, AttributeError, TypeError,
                SafetensorError, _unpickling()) as error:  # fmt: skip
            raise self._cannot_load(error, open_clip) from error
        size = getattr(model.visual, "image_size", 224)
        pixels = max(size) if isinstance(size, (tuple, list)) else int(size)
        return _Loaded(model.eval(), preprocess, tokenizer, device, dtype, pixels)

    def _repo(self, open_clip: Any) -> str:
        """Returns where the weights are at the model hub; empty where they come from elsewhere."""
        if self._model.startswith("hf-hub:"):
            return self._model.removeprefix("hf-hub:").partition("@")[0]
        if self._file is not None or not self._pretrained or self._model.startswith(_SCHEMES):
            return ""
        known = open_clip.get_pretrained_cfg(self._model, self._pretrained) or {}
        return str(known.get("hf_hub") or "").strip("/")

    def _cannot_load(self, error: BaseException, open_clip: Any) -> ModelError:
        tags = open_clip.list_pretrained_tags_by_model(self._model)
        if self._model.startswith(_SCHEMES):
            hint = "Check the name, the network or the folder's open_clip_config.json."
        elif self._model not in open_clip.list_models():
            hint = "Choose one of open_clip.list_models(), e.g. ViT-B-32."
        elif self._file is not None:
            hint = f"Is {self._file.name} a checkpoint of {self._model}?"
        elif self._pretrained not in tags:
            known = ", ".join(tags) or "none"
            hint = f"Its weights are: {known}; or pass the path of a checkpoint file."
        else:
            hint = (
                "Run once where there is a network (the weights are then cached), or pass the "
                "path of a downloaded checkpoint file as pretrained."
            )
        return ModelError(f"Encoder {self.name} can't be loaded: {error}", hint)


def _stacked(tensors: Sequence[Any], part: _Loaded) -> Any:
    import torch

    return torch.stack(list(tensors)).to(part.device, part.dtype)


def _within(image: Image.Image, widest: int) -> Image.Image:
    """Cuts the middle out of an image longer than ``widest`` times its shorter side."""
    width, height = image.size
    most = widest * min(width, height)
    if max(width, height) <= most:
        return image
    left, top = max(0, (width - most) // 2), max(0, (height - most) // 2)
    return image.crop((left, top, left + min(width, most), top + min(height, most)))


@contextlib.contextmanager
def _same_random(torch: Any) -> Any:
    """Random weights must be the same in the next process, or stored embeddings are void."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def _unpickling() -> type[Exception]:
    import pickle

    return pickle.UnpicklingError


def _weights(model: str, file: Path | None) -> str | None:
    if file is not None:
        return fingerprint([file])
    folder = Path(model.removeprefix("local-dir:"))
    if model.startswith("local-dir:") and folder.is_dir():
        kept = (".json", ".safetensors", ".bin", ".pth")
        return fingerprint([file for file in sorted(folder.iterdir()) if file.suffix in kept])
    return None
