"""The stages in order: two sets in, a stored run out."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from . import samples, store
from .apart import compare_sets
from .assembly import Stages
from .config import Config
from .errors import MediaError
from .evidence.design import Design
from .evidence.separability import Separability
from .evidence.table import Table
from .holdout import Folds, plan_folds
from .inputs import InputReader, Inputs
from .proposing import Proposed, plan_rounds, propose
from .rankers.cascade import Cascade, Chosen
from .ranking import rank_differences
from .results import Run
from .sampling import Split
from .scoring import score_images
from .selection import Candidate, merge_paraphrases, unique
from .stages import Ranker, Scored, Usage, needs_of
from .ties import read_design

Progress = Callable[[float, str], object]

#: packages whose versions can change a result
_VERSIONED = ("visdiff-fiftyone", "fiftyone", "numpy", "scipy", "torch", "open_clip_torch",
              "transformers", "openai", "scikit-learn", "opencv-python-headless",
              "ray")  # fmt: skip


@dataclass
class Comparison:
    """One comparison under way.

    Args:
        dataset: a FiftyOne dataset
        a: the first set
        b: the second set
        run_key: what the run is stored under
        config: every choice
        stages: the models
        hypotheses: the user's own; then nothing is proposed
        progress: called with the share done and a label
    """

    dataset: Any
    a: samples.Selected
    b: samples.Selected
    run_key: str
    config: Config
    stages: Stages
    hypotheses: tuple[str, ...] = ()
    progress: Progress = lambda fraction, label: None
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> Run:
        """Compares, stores, and returns the run."""
        self.progress(0.0, "Reading samples")
        only_a, only_b, shared = samples.separate(self.a, self.b, self.config.overlap)
        with self._timed("inputs"):
            reader = InputReader(self.dataset, self.config, self.stages, self.progress)
            inputs = reader.read(only_a, only_b)
        inputs.account.skip("sample", dict.fromkeys(shared, "in both sets"))
        _check_sizes(inputs, self)
        with self._timed("separability"):
            design, apart = self._design(inputs)
        folds = self._folds(inputs, design)
        with self._timed("propose"):
            proposed = self._propose(inputs, folds)
        distinct = unique(proposed.candidates)
        with self._timed("rank"):
            candidates, scored, dropped = self._score(inputs, distinct, design)
            scores = np.asarray(scored.scores)
            table = Table(scores, inputs.rows_a, inputs.rows_b, folds, design)
            ranked, untested = rank_differences(candidates, table, self.config, dropped)
        inputs.account.skipped += untested
        run = Run(
            run_key=self.run_key,
            dataset=str(self.dataset.name),
            label_a=self.a.label,
            label_b=self.b.label,
            n_a=len(inputs.rows_a),
            n_b=len(inputs.rows_b),
            differences=tuple(one.difference for one in ranked),
            proposals=tuple(one.description for one in distinct),
            skipped=tuple(inputs.account.skipped),
            reused=inputs.account.reused,
            held_out=self.stages.proposer is None or folds[0][0].held_out,
            separability=None if apart is None else asdict(apart),
            notes=tuple(inputs.account.notes),
            config=self.config.to_dict(),
            record=self._record(proposed, scored.usage, inputs),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.progress(0.95, "Writing scores")
        columns = [one.column for one in ranked[: self.config.max_fields]]
        run = store.save_run(self.dataset, run, inputs.images.ids, scores[:, columns])
        self.progress(1.0, "Done")
        return run

    def _folds(self, inputs: Inputs, design: Design) -> Folds:
        names = inputs.images.names()
        rows = inputs.rows_a.tolist(), inputs.rows_b.tolist()
        own = [names[row] for row in rows[0]], [names[row] for row in rows[1]]
        proposer = self.stages.proposer
        folds, note = plan_folds(own, _usable(inputs), rows, design, self.config, proposer)
        if note:
            inputs.account.notes.append(note)
        return folds

    def _design(self, inputs: Inputs) -> tuple[Design, Separability | None]:
        """Returns what ties the images together, and whether the sets differ at all."""
        in_a = np.zeros(len(inputs.images), bool)
        in_a[inputs.rows_a] = True
        design = read_design(self.dataset, inputs.images.ids, in_a, inputs.vectors, self.config)
        inputs.account.notes += design.notes
        apart, note = compare_sets(inputs, design, self.config)
        if note:
            inputs.account.notes.append(note)
        return design, apart

    def _propose(self, inputs: Inputs, folds: Sequence[tuple[Split, Split]]) -> Proposed:
        if self.hypotheses:
            return Proposed([Candidate(text, "user") for text in self.hypotheses])
        proposer = self.stages.proposer
        if proposer is None or (
            inputs.images.captions is None and getattr(proposer, "needs", "captions") == "captions"
        ):
            return Proposed()
        subsets = [
            (inputs.rows_a[list(a.proposal)].tolist(), inputs.rows_b[list(b.proposal)].tolist())
            for a, b in folds
        ]
        rounds = plan_rounds(proposer, inputs.images, subsets, self.config)
        self.progress(0.7, f"Asking {proposer.name}: {len(rounds)} rounds")
        proposed = propose(proposer, inputs.take, rounds)
        inputs.account.skip("round", proposed.failures)
        return proposed

    def _score(
        self, inputs: Inputs, distinct: Sequence[Candidate], design: Design
    ) -> tuple[list[Candidate], Scored, int]:
        """Returns all candidates, their ``(n, k)`` scores, and how many a cascade dropped."""
        self.progress(0.85, f"Scoring {len(distinct)} descriptions on {len(inputs.images)} images")
        candidates, dropped = list(distinct), 0
        scored = Scored(np.zeros((len(inputs.images), 0), np.float32))
        if candidates:
            ranker = self.stages.ranker
            first = ranker.first if isinstance(ranker, Cascade) else ranker
            texts = [one.description for one in candidates]
            scored = score_images(first, inputs, texts)
            self._account(inputs, scored)
            inputs.account.skip("sample", _unscored(inputs, first, scored))
            if self.config.merge and not self.hypotheses:
                # no model is loaded for this alone: words tell paraphrases too
                embeds = self.stages.need("embeddings")
                vectors = self.stages.text_vectors(texts) if embeds else None
                candidates, kept = merge_paraphrases(candidates, scored.scores, vectors)
                scored = replace(scored, scores=scored.scores[:, kept])
            if isinstance(ranker, Cascade):
                candidates, scored, dropped = self._narrow(
                    ranker, inputs, candidates, scored, design
                )
        if inputs.measured:
            candidates += [one.candidate for one in inputs.measured]
            measured = np.stack([one.scores for one in inputs.measured], axis=1)
            scores = np.concatenate([scored.scores, measured.astype(np.float32)], axis=1)
            scored = replace(scored, scores=scores)
        return candidates, scored, dropped

    def _narrow(
        self,
        cascade: Cascade,
        inputs: Inputs,
        candidates: Sequence[Candidate],
        first: Scored,
        design: Design,
    ) -> tuple[list[Candidate], Scored, int]:
        """Has a cascade ask its second ranker about the best candidates."""
        chosen = Chosen(
            [one.description for one in candidates], first.scores, inputs.images.names(),
            inputs.rows_a, inputs.rows_b, design, self.config,
        )  # fmt: skip
        embeds = "embeddings" in needs_of(cascade.then, "embeddings")
        found = cascade.narrow(chosen, inputs.take if embeds else inputs.images.take)
        self._account(inputs, found.scored)
        scored = replace(found.scored, usage=first.usage + found.scored.usage)
        return [candidates[column] for column in found.columns], scored, found.untested

    def _account(self, inputs: Inputs, scored: Scored) -> None:
        inputs.account.skipped += scored.skipped
        inputs.account.notes += scored.notes

    def _record(self, proposed: Proposed, cost: Usage, inputs: Inputs) -> dict[str, Any]:
        return {
            "seed": self.config.seed,
            "stages": self.stages.describe(),
            "rounds": proposed.rounds,
            "usage": vars(proposed.usage),
            "usage_ranker": vars(cost),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "versions": _versions(),
            "fields": inputs.fields,
        }

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def _unscored(inputs: Inputs, ranker: Ranker, scored: Scored) -> dict[str, str]:
    """Returns the images with embeddings that no description could be scored on."""
    if "embeddings" not in needs_of(ranker, "embeddings"):
        return {}
    lost = ~np.isfinite(scored.scores).any(axis=1)
    ids = inputs.images.ids
    return {ids[int(row)]: "its embedding gives no finite score" for row in np.flatnonzero(lost)}


def _usable(inputs: Inputs) -> list[list[bool] | None]:
    """For each set, which images have a caption; None where captions are not read."""
    captions = inputs.images.captions
    if captions is None:
        return [None, None]
    return [[bool(captions[row]) for row in rows] for rows in (inputs.rows_a, inputs.rows_b)]


def _check_sizes(inputs: Inputs, comparison: Comparison) -> None:
    pairs = ((inputs.rows_a, comparison.a, "A"), (inputs.rows_b, comparison.b, "B"))
    for rows, selected, name in pairs:
        if len(rows) < 2:
            reasons = "; ".join(
                f"{one.count} {one.what}(s): {one.reason}" for one in inputs.account.skipped
            )
            raise MediaError(
                f"Expected at least two usable images in set {name} ({selected.label}), got "
                f"{len(rows)} of {len(selected.ids)}. {reasons}".strip()
            )


def _versions() -> dict[str, str]:
    found = {}
    for name in _VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
