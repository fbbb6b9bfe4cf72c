"""What would stop a comparison before anything runs: keys, packages, fields, captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assembly import Stages
from ..choices import STAGES, find, missing
from ..config import Config
from ..errors import ModelError, VisDiffError
from ..inputs.ties import NEAR_DUPLICATES
from ..specs import parse_spec, public_spec
from ..stages import needs_of
from .standing import Values

#: kinds of stages that ask a server, which may want a key
_ASKING = ("openai", "caption_llm", "images", "caption_question", "image_question")


@dataclass(frozen=True)
class Problem:
    """What would stop a run, or leave it with less than was asked for.

    Args:
        about: what of the config it concerns, such as ``"captioner"``; empty for none of it
        text: what is wrong, and what to do
    """

    about: str
    text: str


@dataclass(frozen=True)
class NamedEncoder:
    """Stands for an encoder that would have to be loaded."""

    name: str

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.float32]:
        """Raises `ModelError`: an estimate loads no model."""
        raise self._absent()

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises `ModelError`: an estimate loads no model."""
        raise self._absent()

    def _absent(self) -> ModelError:
        return ModelError(
            f"Expected {self.name} to embed, got its name alone: an estimate loads no model.",
            "Run the comparison to use it.",
        )


def with_key(spec: Any) -> Any:
    """Returns a stage's name with options, and a key that is none where it would want one."""
    if isinstance(spec, (list, tuple)):
        return [with_key(one) for one in spec]
    if not isinstance(spec, (str, Mapping)):
        return spec
    parsed = parse_spec(spec)
    options = dict(parsed.options)
    if parsed.kind == "union":
        of = options.pop("of", parsed.argument)
        members = of.split("+") if isinstance(of, str) else list(of)
        return {"name": "union", "of": [with_key(one) for one in members], **options}
    if parsed.kind == "cascade":
        then = options.pop("then", parsed.argument)
        if isinstance(then, str) and "base_url" in options:
            then = {"name": then, "base_url": options.pop("base_url")}
        return {"name": "cascade", "then": with_key(then), **options}
    if parsed.kind in _ASKING and not parsed.argument.startswith("transformers:"):
        return {"name": str(parsed), "api_key": "none", **options}
    return spec


def blamed(dataset: Any, config: Config, text: str) -> str:
    """Returns which stage's name can't be made; empty where each can."""
    from ..captioners import make_captioner
    from ..encoders import make_encoder
    from ..engines import make_engine
    from ..proposers import make_proposers
    from ..rankers import make_ranker

    stand_in = NamedEncoder("any")
    makers: dict[str, Any] = {
        "captioner": lambda spec: str(spec).startswith("field:") or make_captioner(spec),
        "encoder": lambda spec: str(spec).startswith("brain:") or make_encoder(spec),
        "proposer": lambda spec: make_proposers(with_key(spec), encoder=stand_in),
        "ranker": lambda spec: make_ranker(with_key(spec), stand_in),
        "engine": make_engine,
    }
    for name, make in makers.items():
        spec = getattr(config, name)
        try:
            if spec is not None:
                make(spec)
        except (VisDiffError, ValueError):
            return name
    if any(repr(one) in text for one in config.label_fields):
        return "label_fields"
    if str(config.captioner).startswith("field:") and text.startswith("Expected a field of"):
        return "captioner"
    words = {"draw=": "draw", "brain": "encoder", **{name: name for name in makers}}
    return next((name for word, name in words.items() if word in text), "")


def absent_fields(dataset: Any, config: Config, stages: Stages | None) -> list[Problem]:
    """Returns which fields that tie images together are not there."""
    named = [("control_for", one) for one in config.control_for]
    named += [("cluster_by", config.cluster_by or ""), ("pair_by", config.pair_by or "")]
    problems = [
        Problem(about, f"Expected a field of {dataset.name!r}, got {name!r}. Choose another.")
        for about, name in named
        if name and name != NEAR_DUPLICATES and dataset.get_field(name) is None
    ]
    reads = stages is not None and stages.reads("embeddings")
    if config.cluster_by == NEAR_DUPLICATES and stages is not None and not reads:
        text = "Near-duplicates are found by embeddings, and none are read: choose an encoder."
        problems.append(Problem("cluster_by", text))
    return problems


def lacking(
    config: Config, stages: Stages, values: Sequence[Values], propose: bool
) -> list[Problem]:
    """Returns what the stages still lack here: keys, packages, captions.

    Args:
        config: every choice
        stages: the models
        values: what is stored
        propose: False for the user's own hypotheses
    """
    captions = next((one for one in values if one.noun == "captions"), None)
    problems = []
    for name in STAGES:
        if name == "proposer" and not propose:
            continue
        if name == "captioner" and not (captions and captions.todo):
            continue  # what is stored needs no model
        for spec, url in _parts(getattr(config, name)):
            choice = find(name, spec)
            lacks = choice and missing(choice, base_url=url, has_encoder=stages.encoder is not None)
            if choice and lacks:
                problems.append(Problem(name, f"{choice.label} ({spec}) lacks {lacks}."))
    if captions is not None and not captions.stored and not captions.todo:
        text = f"No image has words in {captions.producer}: choose another field or a captioner."
        problems.append(Problem("captioner", text))
    if propose and not stages.has_captions:
        problems += _silent(stages)
    return problems


def _silent(stages: Stages) -> list[Problem]:
    """Says which proposers have nothing to read, for want of captions."""
    silent = [one.name for one in stages.proposers if "captions" in needs_of(one, "captions")]
    if not silent:
        return []
    what = "nothing will be proposed in words: only measured properties and labels are compared"
    if len(silent) < len(stages.proposers):
        what = f"these will propose nothing: {', '.join(silent)}"
    text = f"No captions, so {what}. Choose a field that holds words, or a captioner."
    return [Problem("captioner", text)]


def _parts(spec: Any) -> list[tuple[str, str | None]]:
    """Returns the names of a stage and of what it is made of, each with its server's address."""
    if isinstance(spec, (list, tuple)):
        return [part for one in spec for part in _parts(one)]
    if not isinstance(spec, (str, Mapping)):
        return []
    parsed = parse_spec(spec)
    url = parsed.options.get("base_url")
    if parsed.kind == "union":
        of = parsed.options.get("of", parsed.argument)
        inside = of.split("+") if isinstance(of, str) else list(of)
    elif parsed.kind == "cascade":
        inside = [parsed.options.get("then", parsed.argument)]
    else:
        return [(str(public_spec(str(parsed))), url)]
    return [(name, own or url) for one in inside for name, own in _parts(one)]
