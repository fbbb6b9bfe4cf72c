"""FiftyOne out: runs on a dataset, each a record and a document of score fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import RunError
from .results import SCHEMA_VERSION, Difference, Run
from .store import METHOD, declare_document, describe
from .updates import write_documents

#: what a user can say of a difference; empty is nothing yet
VERDICTS = ("", "confirmed", "rejected")

#: of a run's document: which set an image stood in, ``"A"`` or ``"B"``
SET = "set"

_WRITING, _DONE = "writing", "done"


def check_run_key(dataset: Any, run_key: str, overwrite: bool) -> None:
    """Checks that a run can be stored under a key.

    Raises:
        RunError: if it is no identifier, names a field, or is taken and may not be overwritten
    """
    if not isinstance(run_key, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", run_key):
        raise RunError(
            f"Expected run_key as an identifier (letters, digits, underscores), got {run_key!r}."
        )
    if run_key.lower().startswith("visdiff_"):
        raise RunError(f"Expected a run_key that does not begin with 'visdiff_', got {run_key!r}.")
    if dataset.has_run(run_key):
        config = dataset.get_run_info(run_key).config
        if config.method != METHOD:
            raise RunError(f"Expected a free run_key, got {run_key!r}, a run of another plugin.")
        if not overwrite and getattr(config, "state", _DONE) == _DONE:
            raise RunError(
                f"Expected a free run_key, got {run_key!r}, which exists.",
                "Choose another key, delete it with visdiff.delete(dataset, key), or pass "
                "overwrite=True.",
            )
    elif dataset.get_field(run_key) is not None and not _holds_scores(dataset, run_key):
        raise RunError(
            f"Expected a run_key that is no field, got {run_key!r}, a field of the dataset: "
            "scores are stored in a field of that name.",
            "Choose another key.",
        )


def save_run(
    dataset: Any,
    run: Run,
    ids: Sequence[str],
    scores: NDArray[np.floating[Any]],
    in_a: NDArray[np.bool_],
) -> Run:
    """Writes a run: its record, and a score field for each of its first columns.

    The record is registered first and marked complete last, so that a process that is stopped in
    between leaves a run that is seen as unfinished, and that `delete_run` removes.

    Args:
        dataset: a FiftyOne dataset
        run: the run; ``differences[i]`` belongs to column ``i`` of ``scores``
        ids: ``n`` sample ids
        scores: ``(n, m)`` scores of the ``m`` first differences; NaN is not written
        in_a: ``(n,)`` whether each stands in A; the field `SET` of the run says so to the App

    Returns:
        the run with the names of its fields
    """
    if dataset.has_run(run.run_key) or _holds_scores(dataset, run.run_key):
        delete_run(dataset, run.run_key, missing_ok=True)
    run = _with_fields(run, scores.shape[1])
    config = dataset.init_run(method=METHOD, **_header(run), state=_WRITING)
    dataset.register_run(run.run_key, config)
    try:
        _write_scores(dataset, run, ids, scores, in_a)
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
            f"Expected a finished run, got {run_key!r}, which was stopped while it was written.",
            "Run it again under the same key, or delete it.",
        )
    # cached results go stale when another process writes the run again
    results = dataset.load_run_results(run_key, cache=False, load_view=False)
    return Run.from_dict(results.record)


def list_runs(dataset: Any) -> list[str]:
    """Returns the keys of the dataset's VisDiff runs, oldest first, unfinished ones included."""
    keys = dataset.list_runs(method=METHOD)
    return sorted(keys, key=lambda key: dataset.get_run_info(key).timestamp)


def delete_run(dataset: Any, run_key: str, missing_ok: bool = False) -> None:
    """Deletes a run and its score fields, and nothing else.

    Raises:
        RunError: if there is no such run, unless ``missing_ok``
    """
    if not missing_ok:
        _check_known(dataset, run_key)
    if _holds_scores(dataset, run_key):
        dataset.delete_sample_field(run_key)
    if dataset.has_run(run_key):
        dataset.delete_run(run_key)


def rename_run(dataset: Any, run_key: str, new_key: str) -> Run:
    """Renames a run and its score fields.

    Raises:
        RunError: if there is no such run, or the new key can't be used
    """
    run = load_run(dataset, run_key)
    if new_key == run_key:
        return run
    check_run_key(dataset, new_key, overwrite=False)
    if _holds_scores(dataset, run_key):
        dataset.rename_sample_field(run_key, new_key)
    dataset.rename_run(run_key, new_key)
    differences = tuple(
        replace(one, field=one.field and f"{new_key}.{one.field.partition('.')[2]}")
        for one in run.differences
    )
    run = replace(run, run_key=new_key, differences=differences)
    _save_record(dataset, run)
    return run


def annotate_run(
    dataset: Any, run_key: str, description: str, verdict: str | None, note: str | None
) -> Run:
    """Writes what the user says of a difference into its run; None leaves a part as it is.

    Raises:
        RunError: if there is no such run, or no such difference in it
        ValueError: on an unknown verdict
    """
    if verdict not in (None, *VERDICTS):
        raise ValueError(f"Expected a verdict out of {VERDICTS}, got {verdict!r}.")
    run = load_run(dataset, run_key)
    rows = [row for row, one in enumerate(run.differences) if one.description == description]
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


def _save_record(dataset: Any, run: Run) -> None:
    results = dataset.init_run_results(run.run_key, record=run.to_dict())
    dataset.save_run_results(run.run_key, results, cache=False)


def _holds_scores(dataset: Any, field: str) -> bool:
    """Whether a field is the score field of a run; captions and embeddings are ours, but not so."""
    found = dataset.get_field(field)
    return found is not None and "run_key" in ((found.info or {}).get(METHOD) or {})


def _check_known(dataset: Any, run_key: str) -> None:
    if run_key not in dataset.list_runs(method=METHOD):
        raise RunError(
            f"Expected a VisDiff run of {dataset.name!r}, got {run_key!r}. "
            f"Runs: {list_runs(dataset) or 'none'}."
        )


def _header(run: Run) -> dict[str, Any]:
    """What a list of runs shows, readable without loading the record."""
    return {
        "schema_version": SCHEMA_VERSION,
        "label_a": run.label_a,
        "label_b": run.label_b,
        "n_a": run.n_a,
        "n_b": run.n_b,
        "n_differences": len(run.differences),
        "n_significant": len(run.significant),
        "created": run.created,
    }


def _with_fields(run: Run, n_fields: int) -> Run:
    taken = {SET}
    named: list[Difference] = []
    for row, difference in enumerate(run.differences):
        field = f"{run.run_key}.{_slug(difference.description, taken)}" if row < n_fields else None
        named.append(replace(difference, field=field))
    return replace(run, differences=tuple(named))


def _slug(description: str, taken: set[str]) -> str:
    """A field name out of a description: letters, digits and underscores, unique in its run."""
    base = re.sub(r"[^a-z0-9]+", "_", description.lower()).strip("_")[:48].strip("_")
    base = base if base[:1].isalpha() else f"d_{base}".strip("_")
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}_{number}", number + 1
    taken.add(slug)
    return slug


def _write_scores(
    dataset: Any,
    run: Run,
    ids: Sequence[str],
    scores: NDArray[np.floating[Any]],
    in_a: NDArray[np.bool_],
) -> None:
    names = [field.partition(".")[2] for field in run.fields]
    numbers = {name: one.description for name, one in zip(names, run.differences, strict=False)}
    which = f"A: {run.label_a}; B: {run.label_b}"
    declare_document(dataset, run.run_key, numbers, {SET: which})
    describe(
        dataset,
        run.run_key,
        f"VisDiff: {run.label_a} against {run.label_b}",
        {"run_key": run.run_key},
    )
    for name, own in (("A", in_a), ("B", ~in_a)):
        rows = np.flatnonzero(own)
        chosen = [ids[int(row)] for row in rows]
        write_documents(dataset, chosen, run.run_key, names, scores[rows], {SET: name})
