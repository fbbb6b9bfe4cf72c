"""What would stop a comparison, said before it runs: keys, packages, fields, captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assembly import Stages
from ..catalog.lacks import missing
from ..catalog.members import find, members_of, read
from ..catalog.table import MODELS
from ..config import Config
from ..errors import DependencyError, EngineError, ModelError
from ..inputs.ties import NEAR_DUPLICATES, unusable_fields
from ..specs import parse_spec, public_spec
from ..stages import needs_of
from .standing import Values


@dataclass(frozen=True)
class Problem:
    """What would stop a run, or make it deliver less than was asked for.

    Args:
        about: the setting that can fix it, such as ``"captioner"``; may be empty
        text: what is wrong, and what to do
        stops (False): whether a run would refuse, wherever it is executed; what only this machine
            lacks (a key, a package) another one that executes it may have
    """

    about: str
    text: str
    stops: bool = False


@dataclass(frozen=True)
class NamedEncoder:
    """Stands in for an encoder that would have to be loaded."""

    name: str

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.float32]:
        """Raises `ModelError`: an estimate loads no model."""
        raise self._absent()

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Raises `ModelError`: an estimate loads no model."""
        raise self._absent()

    def _absent(self) -> ModelError:
        return ModelError(
            f"Expected a loaded {self.name}, got its name: an estimate loads no model.",
            "Run the comparison to use it.",
        )


def problem_of(error: Exception) -> Problem:
    """Returns what an error says, and which setting it is about."""
    stops = not isinstance(error, (DependencyError, EngineError, ModelError))
    return Problem(getattr(error, "about", ""), str(error), stops)


def absent_fields(datasets: Sequence[Any], config: Config, stages: Stages | None) -> list[Problem]:
    """Returns which fields that tie images together are missing, or hold something else.

    Args:
        datasets: those of A and B
        config: every choice
        stages: the models; None if they can't be made
    """
    problems = [problem_of(error) for error in unusable_fields(datasets, config)]
    reads = stages is not None and stages.reads("embeddings")
    if config.cluster_by == NEAR_DUPLICATES and stages is not None and not reads:
        text = "Finding near-duplicates takes embeddings. Choose an encoder."
        problems.append(Problem("cluster_by", text, stops=True))
    return problems


def lacking(
    config: Config, stages: Stages, values: Sequence[Values], propose: bool, exact: bool
) -> list[Problem]:
    """Returns what the stages still need here: keys, packages, captions.

    Args:
        config: every choice
        stages: the models
        values: what is stored
        propose: False if the user brings the hypotheses
        exact: whether all images were looked at
    """
    captions = next((value for value in values if value.noun == "captions"), None)
    problems = []
    for name in MODELS:
        if name == "proposer" and not propose:
            continue
        if name == "captioner" and not (captions and captions.todo):
            continue  # what is stored needs no model
        problems += _incomplete(name, getattr(config, name), stages)
    if captions is not None and not captions.stored and not captions.todo:
        text = f"No photo has words in {captions.producer}. Choose another field or a captioner."
        problems.append(Problem("captioner", text, stops=exact))
    if propose and not stages.has_captions:
        problems += _silent(stages)
    return problems


def _silent(stages: Stages) -> list[Problem]:
    """Says which proposers have nothing to read without captions."""
    silent = [
        proposer.name
        for proposer in stages.proposers
        if "captions" in needs_of(proposer, "captions")
    ]
    if not silent:
        return []
    what = "only measured properties and labels are compared"
    if len(silent) < len(stages.proposers):
        what = f"these propose nothing: {', '.join(silent)}"
    text = f"Without captions, {what}. Choose a field that holds words, or a captioner."
    return [Problem("captioner", text)]


def _incomplete(name: str, spec: Any, stages: Stages) -> list[Problem]:
    """Says what a choice, or its parts, still need on this machine."""
    problems = []
    for member in members_of(name, spec):
        choice = find(name, member)
        if choice is None:  # an object of the user's knows what it needs
            continue
        options = read(name, member).options
        lacks = missing(choice, options, has_encoder=stages.encoder is not None)
        if lacks:
            said = public_spec(str(parse_spec(member)))
            problems.append(Problem(name, f"{choice.label} ({said}) needs {lacks}."))
    return problems
