"""A transformers image-to-text model with its processor: loading, inputs, generated text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..chat.thoughts import not_closed, thinks
from ..errors import DependencyError, ModelError
from ..torch_models import ask_hub, pick_device, pick_dtype

#: tokens at the end of a prompt in which a template may open a thought
_PROMPT_END = 12


@dataclass(frozen=True)
class Generator:
    """A loaded model.

    Args:
        name: for error messages
        model: a transformers model that generates text from images
        processor: the model's processor
        device: where the model is, e.g. ``"cuda"``
        dtype: the torch dtype of its inputs
    """

    name: str
    model: Any
    processor: Any
    device: str
    dtype: Any

    @property
    def chats(self) -> bool:
        """Whether the model answers messages (True) or continues a caption (False)."""
        return bool(getattr(self.processor, "chat_template", None))

    def inputs(self, images: Sequence[Any], prompt: str | None) -> Any:
        """Returns the model's inputs for a batch of RGB images, on the CPU.

        Raises:
            ValueError: if the processor refuses an image
        """
        if self.chats:
            content = [{"type": "image"}, {"type": "text", "text": prompt or ""}]
            text = self.processor.apply_chat_template(
                [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
            )
            first = self.processor.tokenizer.bos_token
            # a template that writes the first token itself must not get a second one
            once = {"add_special_tokens": False} if first and text.startswith(first) else {}
            return self.processor(
                images=[[image] for image in images], text=[text] * len(images),
                padding=True, return_tensors="pt", **once,
            )  # fmt: skip
        if prompt:
            text = [prompt] * len(images)
            return self.processor(images=list(images), text=text, padding=True, return_tensors="pt")
        return self.processor(images=list(images), return_tensors="pt")

    def texts(self, inputs: Any, settings: Mapping[str, Any]) -> list[str]:
        """Returns the text that is generated for each image, without prompt or special tokens.

        Raises:
            ModelError: if the model can't work with its inputs
        """
        output = self._generated(inputs, settings)
        given = inputs.get("input_ids")
        texts = decoded(self.processor, new_tokens(output, given))
        if not self.chats or given is None:
            return texts
        # templates of thinking models open the thought themselves
        return [f"<think>{text}" for text in texts] if opens(self.processor, given[0]) else texts

    def first_chances(self, inputs: Any) -> Any:
        """Returns ``(n, v)`` probabilities of the first token that would be generated (float32).

        Raises:
            ModelError: if the model can't work with its inputs
        """
        once = {"max_new_tokens": 1, "num_beams": 1, "output_logits": True}
        output = self._generated(inputs, {**once, "return_dict_in_generate": True})
        return output.logits[0].float().softmax(dim=-1).cpu()

    def _generated(self, inputs: Any, settings: Mapping[str, Any]) -> Any:
        import torch

        inputs = inputs.to(device=self.device, dtype=self.dtype)
        try:
            with torch.inference_mode():
                return self.model.generate(**inputs, do_sample=False, **settings)
        except torch.cuda.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise ModelError(
                f"{self.name} failed to generate: {error}",
                "Check that it is an image captioning model and accepts this prompt.",
            ) from error


def decoded(processor: Any, tokens: Any) -> list[str]:
    """Returns generated text without special tokens, but for those that mark thoughts.

    Args:
        processor: with a tokenizer
        tokens: ``(n, m)`` generated ids
    """
    added = getattr(processor.tokenizer, "added_tokens_decoder", {}).values()
    special = [str(token.content) for token in added if token.special]
    if not any(map(thinks, special)):
        return list(processor.batch_decode(tokens, skip_special_tokens=True))
    texts = list(processor.batch_decode(tokens, skip_special_tokens=False))
    for mark in special:
        if not thinks(mark):
            texts = [text.replace(mark, " ") for text in texts]
    return texts


def opens(processor: Any, prompt: Any) -> bool:
    """Returns whether a prompt ends inside a thought.

    Args:
        processor: with a tokenizer
        prompt: ``(p,)`` ids
    """
    end = processor.tokenizer.decode(prompt[-_PROMPT_END:], skip_special_tokens=False)
    return not_closed(end)


def new_tokens(output: Any, given: Any | None) -> Any:
    """Returns generated token ids ``(n, m)`` without the prompt they may start with.

    Some decoders answer prompt and answer, others the answer alone, and BLIP gives its prompt
    without the closing token and with another first one.

    Args:
        output: ``(n, m)`` ids that ``generate`` returned
        given (None): ``(n, p)`` ids of the prompt
    """
    if given is None:
        return output
    for length in (given.shape[1], given.shape[1] - 1):
        if 2 <= length <= output.shape[1]:
            same = output[:, 1:length] == given[:, 1:length]
            if bool(same.all()):
                return output[:, length:]
    return output


def load_generator(
    name: str, source: str, revision: str | None, device: str | None, dtype: str | None
) -> Generator:
    """Loads a model and its processor from the hub's cache, the hub, or a local folder.

    Raises:
        DependencyError: if a package is not installed
        ModelError: if it can't be had, is no image-to-text model, or its weights are incomplete
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForImageTextToText, AutoProcessor
    except ImportError as error:
        raise DependencyError(
            f"{name} needs torch and transformers: {error}.",
            "Install them: pip install torch torchvision transformers.",
        ) from error
    where = pick_device(device)
    kind = pick_dtype(dtype, where)
    kept: dict[str, Any] = {"revision": revision}
    kept["local_files_only"] = ask_hub(name, source, revision)
    try:
        processor = AutoProcessor.from_pretrained(source, trust_remote_code=False, **kept)
        model, report = AutoModelForImageTextToText.from_pretrained(
            source, dtype=kind, output_loading_info=True, trust_remote_code=False, **kept
        )
        model = model.to(where).eval()
    except ImportError as error:
        raise DependencyError(
            f"{name} needs a package that is not installed: {error}", "Install that package."
        ) from error
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise _cannot_load(name, source, error, torch) from error
    if report["missing_keys"]:
        some = ", ".join(sorted(report["missing_keys"])[:3])
        raise ModelError(
            f"The weights of {name} are incomplete: {len(report['missing_keys'])} tensors are "
            f"missing, such as {some}.",
            "They would be random. Download the model again, or choose another one.",
        )
    return _completed(Generator(name, model, processor, where, kind))


def _cannot_load(name: str, source: str, error: Exception, torch: Any) -> ModelError:
    if isinstance(error, torch.cuda.OutOfMemoryError):
        hint = 'Choose a smaller model, or device="cpu".'
    elif isinstance(error, OSError):
        hint = (
            f"Download it where there is a network (hf download {source}), or pass the path of a "
            "local folder that holds its config.json, weights and processor files as the model."
        )
    else:
        hint = (
            "Expected a model of transformers that makes text from images, such as "
            "Salesforce/blip-image-captioning-base, with its processor's files."
        )
    return ModelError(f"{name} can't be loaded: {error}", hint)


def _completed(generator: Generator) -> Generator:
    """Checks the processor, and sets what older checkpoints leave out.

    Raises:
        ModelError: if the processor handles no images
    """
    processor, model = generator.processor, generator.model
    tokenizer = getattr(processor, "tokenizer", None)
    if tokenizer is None or getattr(processor, "image_processor", None) is None:
        raise ModelError(
            f"{generator.name} comes with a {type(processor).__name__}, but expected a processor "
            "for images and text.",
            "Choose a model that has a preprocessor_config.json and tokenizer files.",
        )
    # a decoder continues from the right end of its row: padding there would be read as prompt
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token
    if getattr(processor, "num_query_tokens", 0) is None:
        # BLIP-2 as first published: without this its prompt would leave no room for the image
        processor.num_query_tokens = model.config.num_query_tokens
    return generator
