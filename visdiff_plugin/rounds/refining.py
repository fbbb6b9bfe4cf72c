"""Further rounds: a proposer sees what its best proposals get wrong and is asked for better ones.

Of a round, all that goes back are its own images and their scores. What the round did not see stays
evidence for what is proposed now, as for what was proposed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assembly import Stages
from ..config import Config
from ..evidence.statistics import separating_threshold
from ..inputs.joined import Inputs
from ..rankers.cascade import Cascade
from ..rankers.embedding import EmbeddingRanker
from ..selection import Candidate, unique
from ..stages import Attempt, Images, Ranker, Scored, costs
from .proposing import Proposed, Round, propose

#: descriptions of a round that go back, and images of each set that each gets wrong
_TRIED, _WRONG = 3, 3


def refine(
    proposed: Proposed, rounds: Sequence[Round], inputs: Inputs, stages: Stages, config: Config
) -> None:
    """Asks ``config.refine`` times for better proposals and adds them to ``proposed``.

    Proposers without a method ``refine`` are left alone. Scores come from the run's ranker, or,
    where that one costs, from the embeddings where these are read; without them nothing is done.

    Args:
        proposed: of the first rounds
        rounds: the first rounds
        inputs: all images; notes go to its account
        stages: the models
        config: how often
    """
    able = [round_ for round_ in rounds if hasattr(round_.proposer, "refine")]
    unable = {
        round_.proposer.name: None for round_ in rounds if not hasattr(round_.proposer, "refine")
    }
    if unable:
        inputs.account.notes.append(
            f"{', '.join(unable)} can't refine; refine={config.refine} has no effect there."
        )
    ranker = _cheap(stages, inputs)
    if ranker is None and able:
        inputs.account.notes.append(
            f"Nothing was refined: each score of {stages.ranker.name} costs, and there are no "
            "embeddings to use instead. Pass ranker='cascade:...', which uses embeddings first."
        )
    if ranker is None:
        return
    for _ in range(config.refine):
        further = [
            replace(asked_round, attempts=attempts)
            for asked_round in able
            if (attempts := _attempts(asked_round, proposed.candidates, inputs, ranker))
        ]
        if not further:
            return
        propose(inputs.take, further, proposed)


def _cheap(stages: Stages, inputs: Inputs) -> Ranker | None:
    """Returns a ranker that costs nothing, or None."""
    ranker = stages.ranker.first if isinstance(stages.ranker, Cascade) else stages.ranker
    if not costs(ranker):
        return ranker
    if inputs.vectors is None or stages.encoder is None:
        return None
    return EmbeddingRanker(stages.encoder)


def _attempts(
    asked_round: Round, candidates: Sequence[Candidate], inputs: Inputs, ranker: Ranker
) -> list[Attempt]:
    """Returns the best of what a round's proposer said so far, with what they get wrong."""
    own = [
        each
        for each in candidates
        if each.fold == asked_round.fold and asked_round.side in each.claimed
    ]
    texts = sorted(each.description for each in unique(own))
    if not texts:
        return []
    sides = (
        [asked_round.rows_a, asked_round.rows_b]
        if asked_round.side == "a"
        else [asked_round.rows_b, asked_round.rows_a]
    )
    mine, others = (_scores(ranker, inputs.take(rows), texts) for rows in sides)
    attempts: list[tuple[float, Attempt]] = []
    for column, text in enumerate(texts):
        known = [np.flatnonzero(np.isfinite(some[:, column])) for some in (mine, others)]
        if min(map(len, known)) < 2:
            continue
        a, b = mine[known[0], column], others[known[1], column]
        auroc = float(np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)))
        # one that is no truer of its own side has no threshold: its extremes are wrong
        limit = np.float64(separating_threshold(a, b, True))
        low, high = (limit, limit) if auroc > 0.5 else (np.inf, -np.inf)
        missed = [int(known[0][at]) for at in np.argsort(a, kind="stable") if a[at] <= low]
        mistaken = [int(known[1][at]) for at in np.argsort(-b, kind="stable") if b[at] > high]
        attempts.append((auroc, Attempt(text, missed[:_WRONG], mistaken[:_WRONG])))
    best = sorted(attempts, key=lambda pair: (-round(pair[0], 12), pair[1].description))[:_TRIED]
    return [attempt for _, attempt in best if attempt.missed or attempt.mistaken]


def _scores(ranker: Ranker, images: Images, texts: Sequence[str]) -> NDArray[np.floating[Any]]:
    answer = ranker.score(images, texts)
    return np.asarray(answer.scores if isinstance(answer, Scored) else answer)
