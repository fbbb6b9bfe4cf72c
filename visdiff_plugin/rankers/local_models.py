"""Transformers models that give the first word of an answer about images or captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..captioners.generation import Generator, load_generator
from ..chat.client import without_system
from ..chat.question_prompts import caption_question, image_question_text
from ..errors import DependencyError, ModelError
from ..torch_models import ask_hub, pick_device, pick_dtype


class Asker(Protocol):
    """A loaded model."""

    @property
    def name(self) -> str:
        """For error messages."""
        ...

    def vocabulary(self) -> dict[str, int]:
        """Returns the id of each token."""
        ...

    def chances(self, batch: Sequence[Any], description: str) -> Any:
        """Returns ``(n, v)`` probabilities of the answer's first token (float32), on the CPU.

        Raises:
            ValueError: if something in the batch can't be asked about
            ModelError: if the model can't work with its inputs
        """
        ...


@dataclass(frozen=True)
class ImageAsker:
    """Is asked about RGB images."""

    generator: Generator

    @property
    def name(self) -> str:
        """The model's name."""
        return self.generator.name

    def vocabulary(self) -> dict[str, int]:
        """Returns the id of each token."""
        return dict(self.generator.processor.tokenizer.get_vocab())

    def chances(self, batch: Sequence[Any], description: str) -> Any:
        """Returns ``(n, v)`` probabilities; see `Asker`."""
        inputs = self.generator.inputs(batch, image_question_text(description))
        return self.generator.first_chances(inputs)


@dataclass(frozen=True)
class CaptionAsker:
    """Is asked about captions.

    Args:
        name: for error messages
        model: a causal language model
        tokenizer: its tokenizer, with a chat template
    """

    name: str
    model: Any
    tokenizer: Any

    def vocabulary(self) -> dict[str, int]:
        """Returns the id of each token."""
        return dict(self.tokenizer.get_vocab())

    def chances(self, batch: Sequence[Any], description: str) -> Any:
        """Returns ``(n, v)`` probabilities; see `Asker`."""
        import torch

        texts = [self._prompt(caption, description) for caption in batch]
        # the template has written all special tokens already
        inputs = self.tokenizer(texts, padding=True, add_special_tokens=False, return_tensors="pt")
        inputs = inputs.to(self.model.device)
        try:
            with torch.inference_mode():
                output = self.model.generate(
                    input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                    do_sample=False, num_beams=1, max_new_tokens=1, output_logits=True,
                    return_dict_in_generate=True,
                )  # fmt: skip
        except torch.cuda.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise ModelError(f"{self.name} failed to answer: {error}") from error
        return output.logits[0].float().softmax(dim=-1).cpu()

    def _prompt(self, caption: str, description: str) -> str:
        from jinja2.exceptions import TemplateError

        messages = caption_question(caption, description)
        options = {"add_generation_prompt": True, "tokenize": False}
        try:
            return str(self.tokenizer.apply_chat_template(messages, **options))
        except TemplateError:  # of a model that knows no system messages
            return str(self.tokenizer.apply_chat_template(without_system(messages), **options))


def load_image_asker(
    model: str, revision: str | None, device: str | None, dtype: str | None
) -> ImageAsker:
    """Loads a vision model from the hub's cache, the hub, or a local folder.

    Raises:
        DependencyError: if a package is not installed
        ModelError: if it can't be had, or is no chat model that takes images
    """
    generator = load_generator(model, model, revision, device, dtype)
    if not generator.chats:
        raise _no_chat(model, "LLaVA or Qwen-VL")
    return ImageAsker(generator)


def load_caption_asker(
    model: str, revision: str | None, device: str | None, dtype: str | None
) -> CaptionAsker:
    """Loads a language model from the hub's cache, the hub, or a local folder.

    Raises:
        DependencyError: if a package is not installed
        ModelError: if it can't be had, is no chat model, or its weights are incomplete
    """
    try:
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise DependencyError(
            f"{model} needs torch and transformers: {error}.",
            "Install them: pip install torch transformers.",
        ) from error
    where = pick_device(device)
    kept: dict[str, Any] = {"revision": revision}
    kept["local_files_only"] = ask_hub(model, model, revision)
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False, **kept)
        loaded, report = AutoModelForCausalLM.from_pretrained(
            model,
            dtype=pick_dtype(dtype, where),
            output_loading_info=True,
            trust_remote_code=False,
            **kept,
        )
        loaded = loaded.to(where).eval()
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{model} can't be loaded: {error}",
            "Expected a language model of transformers: one of the hub (download it while online), "
            "or a local folder with its config.json, weights and tokenizer files.",
        ) from error
    if report["missing_keys"]:
        raise ModelError(
            f"The weights of {model} are incomplete: {len(report['missing_keys'])} tensors are "
            "missing.",
            "They would be random. Download the model again, or choose another one.",
        )
    if not tokenizer.chat_template:
        raise _no_chat(model, "Qwen or Llama instruct")
    # the answer follows the right end of each row: padding there would be read as prompt
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return CaptionAsker(model, loaded, tokenizer)


def _no_chat(model: str, such: str) -> ModelError:
    return ModelError(
        f"Expected a chat model, got {model}, which has no chat template.",
        f"Choose one that answers questions, such as a {such} model.",
    )
