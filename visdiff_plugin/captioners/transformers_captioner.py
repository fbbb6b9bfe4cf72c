"""Captions from any image-to-text model of transformers, batched, on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..chat.prompts import caption_prompt
from ..errors import ModelError
from ..stages import Missing
from ..torch_models import Batches, LazyModel, check_dtype, fingerprint, map_images
from .cleaning import clean_caption
from .generation import Generator, load_generator

#: short names of models that caption without being asked
ALIASES = {
    "blip2": "Salesforce/blip2-opt-2.7b",  # the paper's captioner; 15 GB
    "blip": "Salesforce/blip-image-captioning-base",  # 1 GB, bearable on a CPU
}

#: what a chat model is asked where no prompt is given
CHAT_PROMPT = (
    "Write one or two plain sentences that say what this image shows: the main subjects, what "
    "they do, the setting, and the style and lighting of the picture. Write nothing else."
)

#: longest captions in tokens: one or two sentences; a style that asks for some 80 words
_SHORT, _LONG = 60, 160

_WEIGHTS = (".json", ".safetensors", ".bin", ".jinja", ".txt", ".model")


class TransformersCaptioner(LazyModel):
    """Captions images with a transformers model; it is loaded on the first caption.

    Decoding is greedy or by beams, never sampled: the same image gets the same caption.

    Args:
        model: a model of the hub, the path of a local folder, or ``"blip2"`` or ``"blip"``
        prompt (None): what to ask a chat model (None is `CHAT_PROMPT`), or the beginning that
            another model continues (None lets it caption freely)
        style (None): ``"short"``, ``"detailed"`` or ``"aspects"`` instead of a prompt, see
            `CAPTION_STYLES`; for chat models alone
        max_new_tokens (None): longest caption, in tokens; None is 60, or 160 for the styles
            ``"detailed"`` and ``"aspects"``
        batch_size (8): images at once; halved whenever a GPU runs out of memory
        device (None): e.g. ``"cuda:1"``; None is a GPU if there is one
        dtype (None): ``"float32"``, ``"float16"`` or ``"bfloat16"``; None is half precision on
            a GPU and float32 on a CPU
        num_beams (1): width of the beam search; 1 is greedy
        revision (None): branch, tag or commit at the hub
        threads (4): image files decoded at a time while the model works

    Raises:
        ValueError: on a number under 1, an unknown dtype or style, an empty model, or a style for
            ``"blip"`` or ``"blip2"``
    """

    def __init__(
        self,
        model: str,
        *,
        prompt: str | None = None,
        style: str | None = None,
        max_new_tokens: int | None = None,
        batch_size: int = 8,
        device: str | None = None,
        dtype: str | None = None,
        num_beams: int = 1,
        revision: str | None = None,
        threads: int = 4,
    ) -> None:
        super().__init__()
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name or folder, got {model!r}.")
        if max_new_tokens is None:
            max_new_tokens = _LONG if style in ("detailed", "aspects") else _SHORT
        for word, value in (
            ("max_new_tokens", max_new_tokens), ("num_beams", num_beams), ("threads", threads),
        ):  # fmt: skip
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"Expected {word} >= 1, got {value!r}.")
        check_dtype(dtype)
        self._source = ALIASES.get(model, model)
        asked = caption_prompt(prompt or None, style)
        if style is not None and model in ALIASES:
            raise ValueError(_follows_none(model, style))
        self._prompt, self._style = asked.strip() if asked else None, style
        self._settings = {"max_new_tokens": max_new_tokens, "num_beams": num_beams}
        self._batches = Batches(batch_size)
        self._device, self._dtype, self._revision = device, dtype, revision
        self._threads = threads
        folder = Path(self._source).expanduser()
        self._folder = folder.resolve() if folder.is_dir() else None
        self._weights = None if self._folder is None else _content(self._folder)

    @property
    def name(self) -> str:
        """The model's name at the hub, or its folder's name."""
        return self._source if self._folder is None else self._folder.name

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes captions; sizes of batches don't."""
        return {
            "prompt": self._prompt,
            "chat_prompt": self._prompt or CHAT_PROMPT,
            **({} if self._style is None else {"style": self._style}),
            **self._settings,
            "dtype": self._dtype or "auto",
            "revision": self._revision,
            "weights": self._weights,
        }

    def caption(self, paths: Sequence[str]) -> list[str | Missing]:
        """Returns one caption, or `Missing` with the reason, for each image file.

        Raises:
            DependencyError: if a package is not installed
            ModelError: if the model can't be loaded, fails on readable images, or follows no
                instructions and a style is asked for
        """
        if not len(paths):
            return []
        generator: Generator = self.loaded()

        def call(images: Sequence[Image.Image]) -> list[str | Missing]:
            with self._lock:  # tokenizers keep padding state that threads must not share
                return self._answers(generator, images)

        return map_images(paths, None, call, self._batches, self._threads)

    def _load(self) -> Generator:
        source = self._source if self._folder is None else str(self._folder)
        made = load_generator(self.name, source, self._revision, self._device, self._dtype)
        if self._style is not None and not made.chats:
            raise ModelError(_follows_none(self.name, self._style))
        return made

    def _answers(self, generator: Generator, images: Sequence[Image.Image]) -> list[str | Missing]:
        prompt = self._prompt or (CHAT_PROMPT if generator.chats else None)
        try:
            inputs = generator.inputs(images, prompt)
        except ValueError as error:
            if len(images) > 1:  # one image costs only itself
                return [answer for image in images for answer in self._answers(generator, [image])]
            _accepts_any(generator, prompt)
            return [Missing(f"the model's processor refuses it: {error}")]
        return [clean_caption(text, prompt) for text in generator.texts(inputs, self._settings)]


def _follows_none(model: str, style: str) -> str:
    return (
        f"Expected a chat model for style={style!r}, got {model}, which continues a caption and "
        "follows no instructions. Leave the style out, set max_new_tokens, give the caption's "
        "beginning as prompt, or choose a chat VLM: transformers:Qwen/Qwen2.5-VL-3B-Instruct."
    )


def _accepts_any(generator: Generator, prompt: str | None) -> None:
    """Tells an odd image from a processor that refuses every image.

    Raises:
        ModelError: if the processor refuses a plain gray square too
    """
    try:
        generator.inputs([Image.new("RGB", (224, 224), "gray")], prompt)
    except ValueError as error:
        raise ModelError(
            f"The processor of {generator.name} accepts no image with this prompt: {error}",
            "See the model's page for what its prompt must contain.",
        ) from error


def _content(folder: Path) -> str:
    return fingerprint([file for file in sorted(folder.iterdir()) if file.suffix in _WEIGHTS])
