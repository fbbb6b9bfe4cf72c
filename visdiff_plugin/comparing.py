"""The core of a comparison, from what is known about the images to ranked differences.

It needs no dataset: `pipeline.py` reads and stores, `evaluation/` runs it on files.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .account import Skipped
from .assembly import Stages
from .config import Config
from .evidence.crossing import FieldStrata
from .evidence.design import Design
from .evidence.table import Table
from .hints import hints
from .inputs.joined import Inputs
from .ordering import Ranked
from .progress import Progress, part_of, silent
from .rankers.cascade import Cascade, Chosen
from .ranking import rank_differences
from .rounds.holdout import Folds, plan_members
from .rounds.proposing import Proposed, Round, plan_rounds, propose
from .rounds.refining import refine
from .rounds.surest import Surest
from .scoring import score_images
from .selection import Candidate, key, merge_paraphrases, unique
from .stages import Ranker, Scored, Usage, needs_of


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
        cost: what the ranker's calls consumed
        seconds: of ``"propose"`` and ``"rank"``
        dropped: candidates that a cascade dropped after a look at the evidence
        unasked: strata in which candidates might go opposite ways, that nobody named
    """

    folds: Folds
    proposed: Proposed
    distinct: list[Candidate]
    scores: NDArray[np.floating[Any]]
    ranked: list[Ranked]
    untested: list[Skipped]
    cost: Usage = field(default_factory=Usage)
    seconds: dict[str, float] = field(default_factory=dict)
    dropped: int = 0
    unasked: Sequence[FieldStrata] = ()


def compare_inputs(
    inputs: Inputs,
    design: Design,
    stages: Stages,
    config: Config,
    hypotheses: Sequence[str] = (),
    progress: Progress = silent,
    thresholds: Mapping[str, float] | None = None,
    unasked: Sequence[FieldStrata] = (),
) -> Compared:
    """Proposes, scores, and ranks; notes go into ``inputs.account``.

    Args:
        inputs: all images of both sets
        design: what ties them together
        stages: the models
        config: every choice
        hypotheses (()): the user's own; then nothing is proposed
        progress: called with the share done and a label
        thresholds (None): hypothesis -> the score from which on an image counts as showing it
        unasked (()): strata in which a candidate may go opposite ways, though nobody named them
    """
    folds, starts = _folds(inputs, design, stages, config)
    start = time.perf_counter()
    proposed = Proposed([Candidate(text, "user") for text in hypotheses])
    if not hypotheses:
        proposed = _propose(inputs, design, (folds, starts), stages, config, progress)
    distinct = _with_cuts(unique(proposed.candidates), stages, thresholds or {})
    middle = time.perf_counter()
    merge = config.merge and not hypotheses
    progress(0.85, f"Scoring {len(distinct)} descriptions on {len(inputs.images)} images")
    candidates, scored, dropped, vectors = _score(
        inputs, distinct, stages, design, config, merge, part_of(progress, 0.85, 0.95)
    )
    scores = np.asarray(scored.scores)
    table = Table(scores, inputs.rows_a, inputs.rows_b, folds, design, unasked)
    ranked, untested = rank_differences(candidates, table, config, dropped, vectors)
    rows = [row.difference for row in ranked]
    inputs.account.notes += hints(rows)
    seconds = {"propose": middle - start, "rank": time.perf_counter() - middle}
    return Compared(
        folds, proposed, distinct, scores, ranked, untested, scored.usage, seconds, dropped, unasked
    )


def _with_cuts(
    candidates: Sequence[Candidate], stages: Stages, thresholds: Mapping[str, float]
) -> list[Candidate]:
    """Says from which score on an image shows a candidate: as was asked, or as the ranker says."""
    by_words = {key(text): threshold for text, threshold in thresholds.items()}
    ranker = stages.ranker.then if isinstance(stages.ranker, Cascade) else stages.ranker
    natural = getattr(ranker, "shows_at", None)
    cut = []
    for candidate in candidates:
        given = by_words.get(key(candidate.description))
        cut.append(
            replace(
                candidate,
                shows_at=natural if given is None else given,
                given=given is not None,
            )
        )
    return cut


def _folds(
    inputs: Inputs, design: Design, stages: Stages, config: Config
) -> tuple[Folds, list[int]]:
    """Returns the folds of all proposers, and where those of each begin."""
    names = inputs.images.names()
    rows = inputs.rows_a.tolist(), inputs.rows_b.tolist()
    own = [names[row] for row in rows[0]], [names[row] for row in rows[1]]
    surest, notes = _surest(inputs, design, stages, config)
    folds, starts, more = plan_members(
        own, _usable(inputs), rows, design, config, stages.proposers, surest
    )
    inputs.account.notes += [*notes, *more]
    return folds, starts


def _surest(
    inputs: Inputs, design: Design, stages: Stages, config: Config
) -> tuple[Surest | None, list[str]]:
    """Returns what chooses the images to show, and why it can't where it was asked to."""
    if config.draw != "sure" or not stages.proposers:
        return None, []
    whole = [proposer.name for proposer in stages.proposers if getattr(proposer, "whole", False)]
    notes = []
    if whole:
        said = ", ".join(whole)
        notes = [f"draw='sure' has no effect on {said}: a third of each set is read at once."]
    if inputs.vectors is None:
        return None, ["draw='sure' needs embeddings, and there are none: drawn uniformly instead."]
    return Surest(inputs.vectors, inputs.images.names(), design, config.seed), notes


def _usable(inputs: Inputs) -> list[list[bool] | None]:
    """For each set, which images have a caption; None where captions are not read."""
    captions = inputs.images.captions
    if captions is None:
        return [None, None]
    return [[bool(captions[row]) for row in rows] for rows in (inputs.rows_a, inputs.rows_b)]


def _propose(
    inputs: Inputs,
    design: Design,
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
        if inputs.images.captions is None and "captions" in needs_of(proposer, "captions"):
            continue  # the reader of inputs has said so
        own = subsets[first : first + config.rounds]
        rounds += plan_rounds(proposer, inputs.images, own, config, first, design.pairs)
        asked.append(proposer.name)
    if not rounds:
        return Proposed()
    names, total = ", ".join(asked), len(rounds)
    proposed = propose(
        inputs.take,
        rounds,
        progress=lambda done: progress(
            0.7 + 0.1 * done / total, f"Asking {names}: {done} of {total} rounds"
        ),
    )
    if config.refine:
        progress(0.8, "Asking for sharper descriptions")
        refine(proposed, rounds, inputs, stages, config)
    inputs.account.skip("round", proposed.failures)
    inputs.account.skip("proposal", proposed.dropped)
    for note in proposed.notes:
        inputs.account.note(note)
    return proposed


def _score(
    inputs: Inputs,
    distinct: Sequence[Candidate],
    stages: Stages,
    design: Design,
    config: Config,
    merge: bool,
    progress: Progress,
) -> tuple[list[Candidate], Scored, int, NDArray[np.float32] | None]:
    """Returns all candidates, their ``(n, k)`` scores, how many a cascade dropped, and embeddings.

    The embeddings are of the descriptions that were not measured, which stand first.
    """
    candidates, dropped, vectors = list(distinct), 0, None
    scored = Scored(np.zeros((len(inputs.images), 0), np.float32))
    if candidates:
        ranker = stages.ranker
        first = ranker.first if isinstance(ranker, Cascade) else ranker
        texts = [candidate.description for candidate in candidates]
        scored = score_images(first, inputs, texts, progress)
        _account(inputs, scored)
        inputs.account.skip("sample", _unscored(inputs, first, scored))
        # no model is loaded for this alone: words tell paraphrases and themes too
        vectors = stages.text_vectors(texts) if stages.need("embeddings") else None
        if merge:
            candidates, kept = merge_paraphrases(candidates, scored.scores, vectors)
            vectors = None if vectors is None else vectors[kept]
            scored = replace(scored, scores=scored.scores[:, kept])
        if isinstance(ranker, Cascade):
            places = {candidate: place for place, candidate in enumerate(candidates)}
            candidates, scored, dropped = _narrow(
                ranker, inputs, candidates, scored, design, config, progress
            )
            if vectors is not None:
                vectors = vectors[[places[candidate] for candidate in candidates]]
    if inputs.measured:
        candidates += [measured.candidate for measured in inputs.measured]
        measured = np.stack([measured.scores for measured in inputs.measured], axis=1)
        scores = np.concatenate([scored.scores, measured.astype(np.float32)], axis=1)
        scored = replace(scored, scores=scores)
    return candidates, scored, dropped, vectors


def _narrow(
    cascade: Cascade,
    inputs: Inputs,
    candidates: Sequence[Candidate],
    first: Scored,
    design: Design,
    config: Config,
    progress: Progress,
) -> tuple[list[Candidate], Scored, int]:
    """Has a cascade ask its second ranker about the best candidates."""
    chosen = Chosen(
        [candidate.description for candidate in candidates], first.scores, inputs.images.names(),
        inputs.rows_a, inputs.rows_b, design, config,
    )  # fmt: skip
    embeds = "embeddings" in needs_of(cascade.then, "embeddings")
    narrowed = cascade.narrow(chosen, inputs.take if embeds else inputs.images.take, progress)
    _account(inputs, narrowed.scored)
    scored = replace(narrowed.scored, usage=first.usage + narrowed.scored.usage)
    return [candidates[column] for column in narrowed.columns], scored, narrowed.untested


def _account(inputs: Inputs, scored: Scored) -> None:
    inputs.account.skipped += scored.skipped
    inputs.account.notes += scored.notes


def _unscored(inputs: Inputs, ranker: Ranker, scored: Scored) -> dict[str, str]:
    """Returns the images with embeddings that no description could be scored on."""
    if "embeddings" not in needs_of(ranker, "embeddings"):
        return {}
    lost = ~np.isfinite(scored.scores).any(axis=1)
    ids = inputs.images.ids
    return {ids[int(row)]: "its embedding gives no finite score" for row in np.flatnonzero(lost)}
