"""Writes to FiftyOne: runs on a dataset, each a record and a document of score fields."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import preset_of
from ..dataset.own_fields import METHOD
from ..dataset.samples import Source
from ..errors import RunError
from ..results.run import SCHEMA_VERSION, Run
from ..storable import LONGEST_NOTE, storable
from .score_fields import (
    check_free,
    check_other,
    find_other,
    holds_scores,
    with_fields,
    write_scores,
)

#: what a user can say of a difference; empty is nothing yet
VERDICTS = ("", "confirmed", "rejected")

#: what a run key looks like: it is the name of a field, too
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

#: it stands in the name of each score field
_LONGEST_KEY = 100

_WRITING, _DONE = "writing", "done"

#: what a list of runs shows, readable without loading a record: name -> how a run has it
_HEADER: Mapping[str, Callable[[Run], Any]] = {
    "schema_version": lambda run: SCHEMA_VERSION,
    "label_a": lambda run: run.label_a,
    "label_b": lambda run: run.label_b,
    "n_a": lambda run: run.n_a,
    "n_b": lambda run: run.n_b,
    "n_differences": lambda run: len(run.differences),
    "n_significant": lambda run: len(run.significant),
    "created": lambda run: run.created,
    "preset": lambda run: preset_of(run.config),
    "held_out": lambda run: run.held_out,
    "dataset_b": lambda run: run.dataset_b,
}


def check_run_key(dataset: Any, run_key: str, overwrite: bool) -> None:
    """Checks that a run can be stored under a key.

    Raises:
        RunError: if it is no identifier, names a field, or is taken and must not be overwritten
    """
    if not isinstance(run_key, str) or not KEY.fullmatch(run_key):
        raise RunError(
            f"Expected run_key as an identifier (letters, digits, underscores), got {run_key!r}.",
            "Choose another key.",
        )
    if len(run_key) > _LONGEST_KEY:
        raise RunError(
            f"Expected a run_key of at most {_LONGEST_KEY} characters, got {len(run_key):,}.",
            "Choose a shorter key.",
        )
    if run_key.lower().startswith("visdiff_"):
        raise RunError(
            f"Expected a run_key that doesn't start with 'visdiff_', got {run_key!r}.",
            "Choose another key.",
        )
    if dataset.has_run(run_key):
        config = dataset.get_run_info(run_key).config
        if config.method != METHOD:
            raise RunError(
                f"Expected a free run_key, got {run_key!r}, a run of another plugin.",
                "Choose another key.",
            )
        if not overwrite and getattr(config, "state", _DONE) == _DONE:
            raise RunError(
                f"Expected a free run_key, got {run_key!r}, which already exists.",
                "Choose another key, delete it with visdiff.delete(dataset, key), or pass "
                "overwrite=True.",
            )
    else:
        check_free(dataset, run_key)


def save_run(
    dataset: Any,
    run: Run,
    sources: Sequence[Source],
    scores: NDArray[np.floating[Any]],
    in_a: NDArray[np.bool_],
) -> Run:
    """Writes a run: its record, and a score field for each of its first columns.

    The record is registered first and marked complete last: a process that dies in between leaves
    an unfinished run, which `delete_run` removes.

    Args:
        dataset: a FiftyOne dataset
        run: the run; ``differences[i]`` belongs to column ``i`` of ``scores``
        sources: the samples, ``n`` together; those of B can be of another dataset
        scores: ``(n, m)`` scores of the ``m`` first differences; NaN is not written
        in_a: ``(n,)`` whether each stands in A; the field `SET` of the run says so to the App

    Returns:
        the run with the names of its fields
    """
    if dataset.has_run(run.run_key) or holds_scores(dataset, run.run_key):
        delete_run(dataset, run.run_key, missing_ok=True)
    run = with_fields(run, scores.shape[1])
    # names of datasets change: the token says that scores elsewhere are this run's
    token = uuid.uuid4().hex
    try:
        config = dataset.init_run(method=METHOD, **_header(run), state=_WRITING, token=token)
        dataset.register_run(run.run_key, config)
        start = 0
        for source in sources:
            own = slice(start, start + len(source.ids))
            start += len(source.ids)
            away = source.dataset.name != dataset.name
            more = {"of": str(dataset.name), "token": token} if away else {}
            write_scores(source.dataset, run, source.ids, scores[own], in_a[own], **more)
        _save_record(dataset, run)
        config.state = _DONE
        dataset.update_run_config(run.run_key, config)
    except BaseException:
        delete_run(dataset, run.run_key, missing_ok=True)
        raise
    return run


def load_run(dataset: Any, run_key: str) -> Run:
    """Returns a stored run.

    Raises:
        RunError: if there is none, or it was not finished
    """
    _check_known(dataset, run_key)
    if getattr(dataset.get_run_info(run_key).config, "state", _DONE) != _DONE:
        raise RunError(
            f"Expected a finished run, got {run_key!r}, which was interrupted while saving.",
            "Run it again under the same key, or delete it.",
        )
    return Run.from_dict(_read_record(dataset, run_key))


def list_runs(dataset: Any) -> list[str]:
    """Returns the keys of the dataset's VisDiff runs, oldest first, unfinished ones included."""
    keys = dataset.list_runs(method=METHOD)
    return sorted(keys, key=lambda key: dataset.get_run_info(key).timestamp)


def list_headers(dataset: Any) -> list[dict[str, Any]]:
    """Returns the headers for a list of runs, without loading a record: see `_HEADER`.

    Each also has its ``run_key``, and ``state``: ``"done"``, or ``"writing"`` if interrupted.
    """
    headers = []
    for key in dataset.list_runs(method=METHOD):
        config = dataset.get_run_info(key).config
        header = {name: getattr(config, name, None) for name in _HEADER}
        headers.append({**header, "run_key": key, "state": getattr(config, "state", _DONE)})
    return headers


def delete_run(dataset: Any, run_key: str, missing_ok: bool = False) -> tuple[str, ...]:
    """Deletes a run and its score fields, and nothing else.

    Returns:
        sentences on what was left on the dataset of B, and why; empty if everything is gone

    Raises:
        RunError: if there is no such run, unless ``missing_ok``
    """
    if not missing_ok:
        _check_known(dataset, run_key)
    left = ""
    if dataset.has_run(run_key):
        other, left = find_other(dataset.get_run_info(run_key).config, run_key)
        if other is not None:
            other.delete_sample_field(run_key)
    if holds_scores(dataset, run_key):
        dataset.delete_sample_field(run_key)
    if dataset.has_run(run_key):
        dataset.delete_run(run_key)
    return (left,) if left else ()


def rename_run(dataset: Any, run_key: str, new_key: str) -> Run:
    """Renames a run and its score fields, those on the dataset of B too.

    Raises:
        RunError: if there is no such run, or the new key can't be used
    """
    run = load_run(dataset, run_key)
    if new_key == run_key:
        return run
    check_run_key(dataset, new_key, overwrite=False)
    other, left = find_other(dataset.get_run_info(run_key).config, run_key)
    if other is not None:
        check_other(dataset, other, new_key)
        other.rename_sample_field(run_key, new_key)
    if holds_scores(dataset, run_key):
        dataset.rename_sample_field(run_key, new_key)
    dataset.rename_run(run_key, new_key)
    differences = tuple(
        replace(
            difference, field=difference.field and f"{new_key}.{difference.field.partition('.')[2]}"
        )
        for difference in run.differences
    )
    notes = (*run.notes, left) if left else run.notes
    run = replace(run, run_key=new_key, differences=differences, notes=notes)
    _save_record(dataset, run)
    return run


def annotate_run(
    dataset: Any, run_key: str, description: str, verdict: str | None, note: str | None
) -> Run:
    """Stores the user's verdict and note on a difference; None leaves a part as it is.

    Raises:
        RunError: if there is no such run, no such difference in it, or the note is longer than
            `LONGEST_NOTE`
        ValueError: on an unknown verdict
    """
    note = None if note is None else storable(note)
    if note is not None and len(note) > LONGEST_NOTE:
        raise RunError(
            f"Expected a note of at most {LONGEST_NOTE:,} characters, got {len(note):,}.",
            "Write a shorter one.",
        )
    if verdict not in (None, *VERDICTS):
        raise ValueError(f"Expected a verdict out of {VERDICTS}, got {verdict!r}.")
    run = load_run(dataset, run_key)
    rows = [
        row
        for row, difference in enumerate(run.differences)
        if difference.description == description
    ]
    if not rows:
        raise RunError(
            f"Expected a difference of run {run_key!r}, got {description!r}.",
            "run.differences lists them.",
        )
    changed = list(run.differences)
    for row in rows:
        said = changed[row].verdict if verdict is None else verdict
        noted = changed[row].note if note is None else note
        changed[row] = replace(changed[row], verdict=said, note=noted)
    run = replace(run, differences=tuple(changed))
    _save_record(dataset, run)
    return run


def update_run(dataset: Any, run: Run) -> None:
    """Writes a changed record over that of the same key, with its header."""
    _save_record(dataset, run)
    config = dataset.get_run_info(run.run_key).config
    for name, value in _header(run).items():
        setattr(config, name, value)
    dataset.update_run_config(run.run_key, config)


def _read_record(dataset: Any, run_key: str) -> Any:
    # cached results go stale when another process writes the run again
    try:
        return dataset.load_run_results(run_key, cache=False, load_view=False).record
    except AttributeError:
        # FiftyOne reads an empty text where the file is gone: another process, such as the App's
        # server, has written a new one, which the dataset in this process does not know yet
        dataset.reload()
        return dataset.load_run_results(run_key, cache=False, load_view=False).record


def _save_record(dataset: Any, run: Run) -> None:
    results = dataset.init_run_results(run.run_key, record=run.to_dict())
    dataset.save_run_results(run.run_key, results, cache=False)


def _check_known(dataset: Any, run_key: str) -> None:
    # asking for the list of runs would read them all
    known = isinstance(run_key, str) and dataset.has_run(run_key)
    if not known or dataset.get_run_info(run_key).config.method != METHOD:
        raise RunError(
            f"Expected a VisDiff run of {dataset.name!r}, got {run_key!r}. "
            f"Runs: {list_runs(dataset) or 'none'}."
        )


def _header(run: Run) -> dict[str, Any]:
    return {name: of(run) for name, of in _HEADER.items()}
