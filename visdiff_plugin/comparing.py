"""The middle of a comparison, from what is known of the images to ranked differences.

No dataset is in sight: `pipeline.py` reads and stores around it, `evaluation/` runs it on files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .assembly import Stages
from .config import Config
from .evidence.design import Design
from .evidence.table import Table
from .holdout import Folds, plan_members
from .inputs import Inputs
from .proposing import Proposed, Round, plan_rounds, propose
from .ranking import Ranked, rank_differences
from .results import Skipped
from .scoring import score_images
from .selection import Candidate, merge_paraphrases, unique
from .stages import needs_of

Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class Compared:
    """What a comparison found.

    Args:
        folds: which images each round showed
        proposed: what the proposer said
        distinct: its proposals without repeats, before paraphrases are merged
        scores: ``(n, k)`` of all candidates, measured ones last
        ranked: differences, best first
        untested: candidates without evidence, with reasons
        seconds: of ``"propose"`` and ``"rank"``
    """

    folds: Folds
    proposed: Proposed
    distinct: list[Candidate]
    scores: NDArray[np.float32]
    ranked: list[Ranked]
    untested: list[Skipped]
    seconds: dict[str, float] = field(default_factory=dict)


def compare_inputs(
    inputs: Inputs,
    design: Design,
    stages: Stages,
    config: Config,
    hypotheses: Sequence[str] = (),
    progress: Progress = lambda fraction, label: None,
) -> Compared:
    """Proposes, scores, and ranks; what is worth knowing goes into ``inputs.account``.

    Args:
        inputs: all images of both sets
        design: what ties them together
        stages: the models
        config: every choice
        hypotheses (()): the user's own; then nothing is proposed
        progress: called with the share done and a label
    """
    folds, starts = _folds(inputs, design, stages, config)
    start = time.perf_counter()
    proposed = Proposed([Candidate(text, "user") for text in hypotheses])
    if not hypotheses:
        proposed = _propose(inputs, (folds, starts), stages, config, progress)
    distinct = unique(proposed.candidates)
    middle = time.perf_counter()
    merge = config.merge and not hypotheses
    candidates, scores = _score(inputs, distinct, stages, merge, progress)
    table = Table(scores, inputs.rows_a, inputs.rows_b, folds, design)
    ranked, untested = rank_differences(candidates, table, config)
    seconds = {"propose": middle - start, "rank": time.perf_counter() - middle}
    return Compared(folds, proposed, distinct, scores, ranked, untested, seconds)


def _folds(
    inputs: Inputs, design: Design, stages: Stages, config: Config
) -> tuple[Folds, list[int]]:
    """Returns the folds of all proposers, and where those of each begin."""
    names = inputs.images.names()
    rows = inputs.rows_a.tolist(), inputs.rows_b.tolist()
    own = [names[row] for row in rows[0]], [names[row] for row in rows[1]]
    folds, starts, notes = plan_members(
        own, _usable(inputs), rows, design, config, stages.proposers
    )
    inputs.account.notes += notes
    return folds, starts


def _usable(inputs: Inputs) -> list[list[bool] | None]:
    """For each set, which images have a caption; None where captions are not read."""
    captions = inputs.images.captions
    if captions is None:
        return [None, None]
    return [[bool(captions[row]) for row in rows] for rows in (inputs.rows_a, inputs.rows_b)]


def _propose(
    inputs: Inputs,
    planned: tuple[Folds, list[int]],
    stages: Stages,
    config: Config,
    progress: Progress,
) -> Proposed:
    folds, starts = planned
    subsets = [
        (inputs.rows_a[list(a.proposal)].tolist(), inputs.rows_b[list(b.proposal)].tolist())
        for a, b in folds
    ]
    rounds: list[Round] = []
    asked = []
    for proposer, first in zip(stages.proposers, starts, strict=False):
        if inputs.images.captions is None and needs_of(proposer) == "captions":
            continue  # the reader of inputs has said so
        own = subsets[first : first + config.rounds]
        rounds += plan_rounds(proposer, inputs.images, own, config, first)
        asked.append(proposer.name)
    if not rounds:
        return Proposed()
    progress(0.7, f"Asking {', '.join(asked)}: {len(rounds)} rounds")
    proposed = propose(inputs.take, rounds)
    inputs.account.skip("round", proposed.failures)
    return proposed


def _score(
    inputs: Inputs,
    distinct: Sequence[Candidate],
    stages: Stages,
    merge: bool,
    progress: Progress,
) -> tuple[list[Candidate], NDArray[np.float32]]:
    """Returns all candidates and their ``(n, k)`` scores."""
    progress(0.85, f"Scoring {len(distinct)} descriptions on {len(inputs.images)} images")
    candidates, scores = list(distinct), np.zeros((len(inputs.images), 0), np.float32)
    if candidates:
        texts = [one.description for one in candidates]
        scores = score_images(stages.ranker, inputs, texts)
        if merge:
            vectors = stages.text_vectors(texts)
            candidates, kept = merge_paraphrases(candidates, scores, vectors)
            scores = scores[:, kept]
    if inputs.measured:
        candidates += [one.candidate for one in inputs.measured]
        measured = np.stack([one.scores for one in inputs.measured], axis=1)
        scores = np.concatenate([scores, measured.astype(np.float32)], axis=1)
    return candidates, scores
