"""One more hypothesis about a stored run: scored like the others, corrected by itself, kept."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields, replace
from typing import Any

from .assembly import make_stages
from .comparing import Compared, compare_inputs
from .config import Config
from .errors import RunError
from .exhibits import with_exhibits
from .inputs.joined import Inputs, read_inputs
from .inputs.ties import read_design
from .inputs.unasked import read_unasked
from .mongo.outages import store_in_words
from .ordering import by_effect
from .progress import Progress, silent
from .results.run import Run
from .selection import key
from .storable import storable, why_not
from .storing import run_scores, run_store
from .support import redecide
from .thresholds import thresholds_of


@store_in_words()
def add_hypothesis(
    dataset: Any,
    run_key: str,
    hypothesis: str,
    *,
    encoder: Any = None,
    ranker: Any = None,
    threshold: float | None = None,
    progress: Progress = silent,
) -> Run:
    """Tests a hypothesis on the images of a run, and stores it with its scores in that run.

    It is tested on all images, as by `rank`. A user's own hypotheses are a family of their own:
    each counts in the correction of the others, and none in that of the run's candidates. What was
    thought of while looking at these images is not made independent of them by any correction.

    Args:
        dataset: a FiftyOne dataset
        run_key: a run of it
        hypothesis: a description such as ``"dogs in snow"``; either direction is tested
        encoder (None): in place of the run's, where that was an object and not a name
        ranker (None): likewise
        threshold (None): the score from which on an image counts as showing it, as for `rank`
        progress: called with the share done and a label

    Returns:
        the run as it is stored now

    Raises:
        RunError: if there is no such run, its sets are not stored, its models can't be made again
            from their names, or the hypothesis is empty, stands there already or can't be scored
        VisDiffError: as `compare`
    """
    run = run_store.load_run(dataset, run_key)
    text = " ".join(storable(hypothesis).split())
    _check_new(run, text)
    config = _config(run, encoder, ranker)
    thresholds = thresholds_of(threshold, [text])
    a, b = run_scores.sets_of(dataset, run)
    try:
        stages = make_stages(dataset, config, propose=False)
    except ValueError as error:
        raise RunError(
            f"Expected the run's models by name to score a hypothesis, got: {error}",
            "Test it separately with 'VisDiff: check my hypotheses'.",
        ) from error
    with closing(stages.engine):
        inputs = read_inputs(a, b, config, stages, progress)
        _check_images(inputs, run)
        design = read_design(inputs, config)
        unasked = read_unasked(inputs, config)
        compared = compare_inputs(
            inputs, design, stages, config, (text,), progress, thresholds, unasked
        )
    progress(0.95, "Writing scores")

    def changed(latest: Run) -> Run:
        if latest.created != run.created:
            raise RunError(f"Expected run {run_key!r} as it was, but it was made again meanwhile.")
        _check_new(latest, text)
        return _with_row(latest, inputs, compared, config)

    return run_store.update_run(dataset, run_key, changed)


def place_of(run: Run, hypothesis: str) -> int | None:
    """Returns the row of a run that says the same, or stands for it; None where there is none."""
    wanted = key(hypothesis)
    for place, difference in enumerate(run.differences):
        if wanted in {key(words) for words in (difference.description, *difference.merged)}:
            return place
    return None


def _check_new(run: Run, text: str) -> None:
    if not text:
        raise RunError("Expected a hypothesis, got none.", "Write what you think differs.")
    if why := why_not(text):
        raise RunError(
            f"Expected a hypothesis that can be tested, got {text[:80]!r}: {why}.",
            "Write what you think differs in a few words.",
        )
    if place_of(run, text) is not None:
        raise RunError(
            f"This comparison already tested {text!r}.",
        )


def _config(run: Run, encoder: Any, ranker: Any) -> Config:
    """The run's choices, without what was measured beside the words."""
    names = {member.name for member in fields(Config)}
    known = {name: value for name, value in run.config.items() if name in names}
    config = Config(**{**known, "properties": False, "label_fields": ()})
    given = {"encoder": encoder, "ranker": ranker}
    return replace(config, **{name: stage for name, stage in given.items() if stage is not None})


def _check_images(inputs: Inputs, run: Run) -> None:
    sizes = len(inputs.rows_a), len(inputs.rows_b)
    if min(sizes) < 2:
        raise RunError(
            f"Expected the images of run {run.run_key!r}, got {sizes[0]} of A and {sizes[1]} of B."
        )


def _with_row(run: Run, inputs: Inputs, compared: Compared, config: Config) -> Run:
    """Returns the run with one row more, whose scores are written here."""
    if not compared.ranked:
        reasons = (
            "; ".join(skipped.reason for skipped in compared.untested) or "its scores do not vary"
        )
        raise RunError(f"Expected a testable hypothesis, got: {reasons}.")
    sides = inputs.rows_a, inputs.rows_b
    [added] = with_exhibits(compared.ranked, 1, compared.scores, inputs.images.ids, sides)
    scores = compared.scores[:, compared.ranked[0].column]
    field = run_scores.add_scores(run, added.description, inputs.sources, scores)
    rows = redecide(
        [*run.differences, replace(added, field=field)], config, run.record.get("untested", 0)
    )
    supported = [row for row in rows if row.significant]
    others = sorted((row for row in rows if not row.significant), key=by_effect)
    return replace(run, differences=(*supported, *others))
