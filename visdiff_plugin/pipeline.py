"""Runs the stages in order: two sets in, a stored run out."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from .apart import Named, compare_named, compare_sets
from .assembly import Stages
from .comparing import Compared, compare_inputs
from .config import Config
from .dataset import samples
from .errors import MediaError
from .evidence.design import Design
from .evidence.separability import Separability
from .exhibits import with_exhibits
from .inputs.joined import Inputs, read_inputs
from .inputs.ties import read_design, unusable_fields
from .inputs.unasked import read_unasked
from .progress import Progress, silent
from .results.run import Run
from .storing import run_store

#: packages whose versions can change a result
_VERSIONED = ("visdiff-fiftyone", "fiftyone", "numpy", "scipy", "torch", "open_clip_torch",
              "transformers", "openai", "scikit-learn", "opencv-python-headless",
              "ray")  # fmt: skip


#: characters of a text that is no hypothesis
_SHOWN = 80


@dataclass
class Comparison:
    """One running comparison.

    Args:
        dataset: a FiftyOne dataset, where the run is stored
        a: the first set, without what is in both
        b: the second set, without what is in both; it may be of another dataset
        shared: ids of A that are in both
        run_key: what the run is stored under
        config: every choice
        stages: the models
        hypotheses: the user's own; then nothing is proposed
        within: what both sets were taken from, for people; empty for the whole dataset
        progress: called with the share done and a label
        thresholds: hypothesis -> the score from which on an image counts as showing it
        replaces: the run of that key which it may replace, as `run_store.writing` gives it
        dropped: hypotheses that can't be tested, with reasons
        within_text: what both sets were taken from, as text where it has one
    """

    dataset: Any
    a: samples.Selected
    b: samples.Selected
    shared: tuple[str, ...]
    run_key: str
    config: Config
    stages: Stages
    hypotheses: tuple[str, ...] = ()
    within: str = ""
    progress: Progress = silent
    thresholds: Mapping[str, float] = field(default_factory=dict)
    replaces: str = ""
    dropped: Mapping[str, str] = field(default_factory=dict)
    within_text: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> Run:
        """Compares, stores, and returns the run."""
        self.progress(0.0, "Reading samples")
        for error in unusable_fields((self.a.dataset, self.b.dataset), self.config):
            raise error
        with self._timed("inputs"):
            inputs = read_inputs(self.a, self.b, self.config, self.stages, self.progress)
        inputs.account.skip("sample", dict.fromkeys(self.shared, "in both sets"))
        shortly = {text[:_SHOWN]: why for text, why in self.dropped.items()}
        inputs.account.skip("hypothesis", shortly)
        if self.within:
            inputs.account.notes.append(f"Both sets were taken from {self.within}.")
        _check_sizes(inputs, self)
        with self._timed("separability"):
            design, apart = self._design(inputs)
        unasked = read_unasked(inputs, self.config)
        compared = compare_inputs(
            inputs, design, self.stages, self.config, self.hypotheses, self.progress,
            self.thresholds, unasked,
        )  # fmt: skip
        self.seconds |= compared.seconds
        with self._timed("named"):
            named = self._named(inputs, design, compared) if apart is not None else None
        scores = compared.scores
        columns = [ranked.column for ranked in compared.ranked[: self.config.max_fields]]
        differences = with_exhibits(
            compared.ranked, len(columns), scores, inputs.images.ids, (inputs.rows_a, inputs.rows_b)
        )
        inputs.account.skipped += compared.untested
        run = Run(
            run_key=self.run_key,
            dataset=str(self.dataset.name),
            dataset_b=str(self.b.dataset.name) if len(inputs.sources) > 1 else "",
            label_a=self.a.label,
            label_b=self.b.label,
            n_a=len(inputs.rows_a),
            n_b=len(inputs.rows_b),
            differences=tuple(differences),
            proposals=tuple(candidate.description for candidate in compared.distinct),
            skipped=tuple(inputs.account.skipped),
            reused=inputs.account.reused,
            held_out=not self.stages.proposers or all(a.held_out for a, _ in compared.folds),
            separability=None if apart is None else asdict(apart),
            named=None if named is None else asdict(named),
            notes=tuple(inputs.account.notes),
            config=self.config.to_dict(),
            record=self._record(compared, inputs),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.progress(0.95, "Writing scores")
        run = run_store.save_run(
            self.dataset, run, inputs.sources, scores[:, columns], inputs.in_a, self.replaces
        )
        self.progress(1.0, "Done")
        return run

    def _design(self, inputs: Inputs) -> tuple[Design, Separability | None]:
        """Returns what ties the images together, and whether the sets differ at all."""
        design = read_design(inputs, self.config)
        inputs.account.notes += design.notes
        apart, notes = compare_sets(inputs, design, self.config)
        inputs.account.notes += notes
        return design, apart

    def _named(self, inputs: Inputs, design: Design, compared: Compared) -> Named | None:
        """What all supported rows together tell of the sets."""
        columns = [row.column for row in compared.ranked if row.difference.significant]
        return compare_named(inputs, design, self.config, compared.scores[:, columns])

    def _record(self, compared: Compared, inputs: Inputs) -> dict[str, Any]:
        return {
            "seed": self.config.seed,
            "sets": {"a": self.a.text, "b": self.b.text, "within": self.within_text},
            "hypotheses": list(self.hypotheses),
            "thresholds": dict(self.thresholds),
            "script_only": self.config.script_only(),
            "stages": self.stages.describe(),
            "rounds": compared.proposed.rounds,
            "untested": compared.dropped,
            "usage": vars(compared.proposed.usage),
            "usage_ranker": vars(compared.cost),
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "versions": _versions(),
            "fields": inputs.fields,
            "unasked": [strata.field for strata in compared.unasked],
        }

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def _check_sizes(inputs: Inputs, comparison: Comparison) -> None:
    pairs = ((inputs.rows_a, comparison.a, "A"), (inputs.rows_b, comparison.b, "B"))
    for rows, selected, name in pairs:
        if len(rows) < 2:
            reasons = "; ".join(
                f"{skipped_item.count} {skipped_item.what}(s): {skipped_item.reason}"
                for skipped_item in inputs.account.skipped
            )
            named = "".join(
                f" Such as {path!r}: {reason}." for reason, path in inputs.account.files.items()
            )
            raise MediaError(
                f"Expected at least two usable images in set {name} ({selected.label}), got "
                f"{len(rows)} of {len(selected.ids)}. {reasons}{'.' if named else ''}{named}",
                about=name.lower(),
            )


def _versions() -> dict[str, str]:
    versions = {}
    for name in _VERSIONED:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
