"""One more hypothesis about a stored run: scored like the others, corrected with them, kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields, replace
from typing import Any

import numpy as np

from .assembly import make_stages
from .comparing import Compared, compare_inputs
from .config import Config
from .errors import RunError
from .evidence.families import benjamini_hochberg
from .exhibits import with_exhibits
from .inputs.joined import Inputs, read_inputs
from .inputs.ties import read_design
from .progress import Progress
from .results.difference import Difference
from .results.run import Run
from .results.wording import decisive
from .selection import key
from .storing import run_scores, run_store


def add_hypothesis(
    dataset: Any,
    run_key: str,
    hypothesis: str,
    *,
    encoder: Any = None,
    ranker: Any = None,
    progress: Progress = lambda fraction, label: None,
) -> Run:
    """Tests a hypothesis on the images of a run, and stores it with its scores in that run.

    It is tested on all images, as by `rank`. The correction then covers all candidates of the run
    together with it, so that the q of the others changes too. What was thought of while looking
    at these images is not made independent of them by any correction.

    Args:
        dataset: a FiftyOne dataset
        run_key: a run of it
        hypothesis: a description such as ``"dogs in snow"``; either direction is tested
        encoder (None): in place of the run's, where that was an object and not a name
        ranker (None): likewise
        progress: called with the share done and a label

    Returns:
        the run as it is stored now

    Raises:
        RunError: if there is no such run, its sets are not stored, its models can't be made again
            from their names, or the hypothesis is empty, stands there already or can't be scored
        VisDiffError: as `compare`
    """
    run = run_store.load_run(dataset, run_key)
    text = " ".join(hypothesis.split())
    _check_new(run, text)
    config = _config(run, encoder, ranker)
    a, b = run_scores.sets_of(dataset, run)
    try:
        stages = make_stages(dataset, config, propose=False)
    except ValueError as error:
        raise RunError(
            f"Expected the run's models by name to score a hypothesis, got: {error}",
            "Check it by itself: 'VisDiff: check my hypotheses'.",
        ) from error
    with closing(stages.engine):
        inputs = read_inputs(a, b, config, stages, progress)
        _check_images(inputs, run)
        design = read_design(inputs, config)
        found = compare_inputs(inputs, design, stages, config, (text,), progress)
    progress(0.95, "Writing scores")
    return _store(dataset, run, inputs, found, config)


def place_of(run: Run, hypothesis: str) -> int | None:
    """Returns the row of a run that says the same, or stands for it; None where there is none."""
    wanted = key(hypothesis)
    for place, one in enumerate(run.differences):
        if wanted in {key(words) for words in (one.description, *one.merged)}:
            return place
    return None


def _check_new(run: Run, text: str) -> None:
    if not text:
        raise RunError("Expected a hypothesis, got none.", "Say what you think differs.")
    if place_of(run, text) is not None:
        raise RunError(
            f"Expected a new hypothesis, got {text!r}, which run {run.run_key!r} has tested.",
            "Its table shows it.",
        )


def _config(run: Run, encoder: Any, ranker: Any) -> Config:
    """The run's choices, without what was measured beside the words."""
    names = {member.name for member in fields(Config)}
    known = {name: value for name, value in run.config.items() if name in names}
    config = Config(**{**known, "properties": False, "label_fields": ()})
    given = {"encoder": encoder, "ranker": ranker}
    return replace(config, **{name: one for name, one in given.items() if one is not None})


def _check_images(inputs: Inputs, run: Run) -> None:
    sizes = len(inputs.rows_a), len(inputs.rows_b)
    if min(sizes) < 2:
        raise RunError(
            f"Expected the images of run {run.run_key!r}, got {sizes[0]} of A and {sizes[1]} of B."
        )


def _store(dataset: Any, run: Run, inputs: Inputs, found: Compared, config: Config) -> Run:
    if not found.ranked:
        reasons = "; ".join(one.reason for one in found.untested) or "its scores do not vary"
        raise RunError(f"Expected a hypothesis that can be tested, got one without: {reasons}.")
    ids, rows = inputs.images.ids, (inputs.rows_a, inputs.rows_b)
    [own] = with_exhibits(found.ranked, 1, found.scores, ids, rows)
    scores = found.scores[:, found.ranked[0].column]
    field = run_scores.add_scores(run, own.description, inputs.sources, scores)
    together = recorrected(
        [*run.differences, replace(own, field=field)], config, run.record.get("untested", 0)
    )
    first = [one for one in together if one.significant]
    rest = [one for one in together if not one.significant]
    rest.sort(key=lambda one: -round(abs(decisive(one)[0] - 0.5), 12))
    changed = replace(run, differences=(*first, *rest))
    run_store.update_run(dataset, changed)
    return changed


def recorrected(
    differences: Sequence[Difference], config: Config, untested: int = 0
) -> list[Difference]:
    """Corrects differences anew as one family, and says which of them are supported; pure.

    A run stores p of the favoured side alone. That of the other side is taken to be the rest to
    one: over one half, it only counts as one more test.

    Args:
        differences: all candidates of a run, in any order
        config: ``correction``, ``alpha``, ``min_effect``, ``directions``, ``test``
        untested (0): candidates that were dropped after a look at the evidence

    Returns:
        the same in their order, with q and ``significant`` as this family gives them
    """
    sides = 1 if config.test == "welch" else 2
    raw = _q_values([one.p_value for one in differences], sides, untested)
    under = _q_values([one.p_controlled for one in differences], sides, untested)
    changed = []
    for before, q, q_controlled in zip(differences, raw, under, strict=True):
        one = before
        if config.correction:
            known = one.auroc_controlled is not None
            one = replace(one, q_value=q, q_controlled=q_controlled if known else None)
        supported = _supported(one, config)
        changed.append(replace(one, significant=supported, gain=one.gain if supported else None))
    return changed


def _q_values(p_values: Sequence[float | None], sides: int, untested: int) -> list[float]:
    favoured = np.array([1.0 if p is None else p for p in p_values])
    # where nothing can be compared, no side can be found
    other = np.array([1.0 if p is None else max(0.5, 1 - p) for p in p_values])
    family = [favoured, *([other] * (sides - 1)), np.ones(untested * sides)]
    return [float(q) for q in benjamini_hochberg(np.concatenate(family))[: favoured.size]]


def _supported(one: Difference, config: Config) -> bool:
    if config.control_for and one.auroc_controlled is None:
        return False
    auroc, _, p, q = decisive(one)
    wanted = auroc > 0.5 if config.directions == "a" else auroc != 0.5
    chance = p if q is None else q
    return bool(wanted and max(auroc, 1 - auroc) >= config.min_effect and chance <= config.alpha)
