"""Lets BLIP-2's language model put the difference of two sets' image features into words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..captioners.cleaning import clean_caption
from ..captioners.generation import Generator, load_generator
from ..captioners.transformers_captioner import ALIASES
from ..errors import ModelError, ProposerError
from ..stages import Images, Missing, Need, ProposerReply
from ..torch_models import Batches, LazyModel, check_dtype, map_images


class FeatureProposer(LazyModel):
    """The paper's feature-based proposer: no captions and no chat model, but BLIP-2's weights.

    The features that BLIP-2 gives its language model for an image, ``(q, h)``, are averaged over
    each set; the mean of A minus the mean of B stands in the image's place, and descriptions are
    sampled (Dunlap et al. 2024, section 4). Of the paper's proposers it found the fewest
    differences of photographs.

    Args:
        model ("blip2"): a BLIP-2 model of the hub or the path of a local folder; ``"blip2"`` is
            the paper's, with OPT-2.7b
        n (10): descriptions to sample
        top_p (.9): share of probability that tokens are sampled from
        temperature (1): of sampling
        max_new_tokens (30): longest description, in tokens
        seed (0): of sampling; the same images give the same descriptions
        batch_size (8): images at once; halved whenever a GPU runs out of memory
        device (None): e.g. ``"cuda:1"``; None is a GPU if there is one
        dtype (None): ``"float32"``, ``"float16"`` or ``"bfloat16"``; None is half precision on
            a GPU and float32 on a CPU
        revision (None): branch, tag or commit at the hub
        threads (4): image files decoded at a time while the model works

    Raises:
        ValueError: on a number out of range, an unknown dtype or an empty model
    """

    name = "feature"
    needs: Need = "paths"

    def __init__(
        self,
        model: str = "blip2",
        *,
        n: int = 10,
        top_p: float = 0.9,
        temperature: float = 1.0,
        max_new_tokens: int = 30,
        seed: int = 0,
        batch_size: int = 8,
        device: str | None = None,
        dtype: str | None = None,
        revision: str | None = None,
        threads: int = 4,
    ) -> None:
        super().__init__()
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name or folder, got {model!r}.")
        if min(n, max_new_tokens, threads) < 1 or not 0 < top_p <= 1 or not temperature > 0:
            raise ValueError(
                "Expected n, max_new_tokens and threads >= 1, 0 < top_p <= 1 and temperature > 0, "
                f"got {n!r}, {max_new_tokens!r}, {threads!r}, {top_p!r} and {temperature!r}."
            )
        check_dtype(dtype)
        self._source = ALIASES.get(model, model)
        self.n, self._seed, self._threads = n, seed, threads
        self._settings = {"top_p": top_p, "temperature": temperature}
        self._settings |= {"max_new_tokens": max_new_tokens}
        self._batches = Batches(batch_size)
        self._device, self._dtype, self._revision = device, dtype, revision

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes proposals; sizes of batches don't."""
        folder = Path(self._source).expanduser()
        return {
            "model": folder.name if folder.is_dir() else self._source,
            "n": self.n,
            **self._settings,
            "seed": self._seed,
            "dtype": self._dtype or "auto",
            "revision": self._revision,
        }

    def propose(self, a: Images, b: Images) -> ProposerReply:
        """Returns what the language model makes of the features of ``a`` less those of ``b``.

        Raises:
            ProposerError: if a side has under two images that can be read, or no sample is text
            DependencyError: if a package is not installed
            ModelError: if the model can't be loaded or is no BLIP-2
        """
        generator: Generator = self.loaded()
        gap = self._mean(generator, a, "A") - self._mean(generator, b, "B")
        with self._lock:  # the seed is global: rounds sample one after another
            said = self._sampled(generator, gap)
        texts = [clean_caption(reply, None) for reply in said]
        proposals = list(dict.fromkeys(text for text in texts if isinstance(text, str)))
        if not proposals:
            raise ProposerError(f"Expected descriptions from {generator.name}, got {said[:3]!r}.")
        return ProposerReply(proposals, "\n".join(said))

    def _load(self) -> Generator:
        folder = Path(self._source).expanduser()
        name, source = self._source, self._source
        if folder.is_dir():
            name, source = folder.name, str(folder.resolve())
        generator = load_generator(name, source, self._revision, self._device, self._dtype)
        if getattr(generator.model.config, "model_type", "") != "blip-2":
            raise ModelError(
                f"Expected a BLIP-2 model, got {generator.model.config.model_type!r} in {name}.",
                "Choose e.g. Salesforce/blip2-opt-2.7b.",
            )
        return generator

    def _mean(self, generator: Generator, images: Images, side: str) -> Any:
        """Returns the mean ``(q, h)`` of the images' features, in float32 on the CPU."""
        import torch

        def call(batch: Sequence[Any]) -> list[Any]:
            inputs = generator.processor.image_processor(images=list(batch), return_tensors="pt")
            pixels = inputs["pixel_values"].to(generator.device, generator.dtype)
            with torch.inference_mode():
                features = generator.model.get_image_features(pixels).pooler_output
            return list(features.float().cpu())

        made = map_images(images.paths, None, call, self._batches, self._threads)
        vectors = [features for features in made if not isinstance(features, Missing)]
        if len(vectors) < 2:
            raise ProposerError(
                f"Expected at least 2 images of set {side} that can be read, got {len(vectors)}."
            )
        return torch.stack(vectors).mean(dim=0)

    def _sampled(self, generator: Generator, gap: Any) -> list[str]:
        import torch

        model = generator.model
        language = model.language_model
        given = gap[None].to(generator.device, generator.dtype)
        if not language.config.is_encoder_decoder:
            # a decoder is given the token that begins a text too, as BLIP-2 itself does
            first = torch.tensor([[language.config.bos_token_id]], device=generator.device)
            given = torch.cat([given, model.get_input_embeddings()(first)], dim=1)
        devices = [generator.device] if generator.device.startswith("cuda") else []
        with torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(self._seed)
            try:
                tokens = language.generate(
                    inputs_embeds=given,
                    attention_mask=given.new_ones(given.shape[:2], dtype=torch.long),
                    do_sample=True,
                    num_return_sequences=self.n,
                    **self._settings,
                )
            except (RuntimeError, ValueError, TypeError, IndexError) as error:
                raise ModelError(f"{generator.name} failed to generate: {error}") from error
        said = generator.processor.batch_decode(tokens, skip_special_tokens=True)
        return [str(reply).strip() for reply in said]
