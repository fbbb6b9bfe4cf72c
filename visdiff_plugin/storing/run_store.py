"""Writes to FiftyOne: runs on a dataset, each a record and a document of score fields."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import preset_of
from ..dataset.own_fields import METHOD
from ..dataset.samples import Source
from ..errors import RunError
from ..mongo.claims import claimed, holder
from ..mongo.records import refresh, save_record
from ..mongo.schema import changing, refresh_schema
from ..results.run import SCHEMA_VERSION, Run
from ..storable import LONGEST_NOTE, storable
from .score_fields import (
    check_free,
    check_other,
    find_other,
    holds_scores,
    home_of,
    with_fields,
    write_scores,
)

#: what a user can say of a difference; empty is nothing yet
VERDICTS = ("", "confirmed", "rejected")

#: what a run key looks like: it is the name of a field, too
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

#: it stands in the name of each score field
_LONGEST_KEY = 100

#: states of a run. A moving one is whole, and is to stand under another key; what is moving or
#: leaving when its process dies goes on being that, whoever looks next
_WRITING, _MOVING, _LEAVING, _DONE = "writing", "moving", "leaving", "done"
#: begins the key of a run that will replace another; users' keys can't begin so
_STAGED = "visdiff_new_"
#: seconds that short changes wait for each other
_PATIENCE = 10.0

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


@contextmanager
def writing(dataset: Any, other: Any, run_key: str, overwrite: bool) -> Iterator[str]:
    """Holds a run key while a run is made and written under it.

    Args:
        dataset: where the run will be stored
        other: the dataset of B, which can be the same
        run_key: the key
        overwrite: whether a run of that key is to be replaced

    Yields:
        which run `save_run` may replace; empty for none

    Raises:
        RunError: if another process or thread holds the key, or as `check_run_key`
    """
    with claimed([dataset, other], run_key):
        dataset.reload()  # another process may have stored a run since it was read
        _tidy(dataset, run_key)
        check_run_key(dataset, run_key, overwrite)
        check_other(dataset, other, run_key)
        yield _identity(dataset, run_key)


def save_run(
    dataset: Any,
    run: Run,
    sources: Sequence[Source],
    scores: NDArray[np.floating[Any]],
    in_a: NDArray[np.bool_],
    replaces: str = "",
) -> Run:
    """Writes a run: its record, and a score field for each of its first columns.

    The record is registered first and marked complete last: a process that dies in between leaves
    an unfinished run, which `delete_run` removes. A run that replaces another is written under a
    key of its own and takes the other's place when it is whole: whatever happens, one of the two
    is there. The caller holds the key by `writing`.

    Args:
        dataset: a FiftyOne dataset
        run: the run; ``differences[i]`` belongs to column ``i`` of ``scores``
        sources: the samples, ``n`` together; those of B can be of another dataset
        scores: ``(n, m)`` scores of the ``m`` first differences; NaN is not written
        in_a: ``(n,)`` whether each stands in A; the field `SET` of the run says so to the App
        replaces (""): the run of that key which it may replace, as `writing` gives it

    Returns:
        the run with the names of its fields

    Raises:
        RunError: if another run stands there by now
    """
    if _identity(dataset, run.run_key) != replaces:
        raise RunError(
            f"Expected run_key {run.run_key!r} to be free still, but a run was stored under it "
            "meanwhile.",
            "Choose another key.",
        )
    # names of datasets change: the token says that scores elsewhere are this run's
    token, key = uuid.uuid4().hex, run.run_key
    if _state(dataset, key) == _DONE:
        written = replace(run, run_key=f"{_STAGED}{token[:12]}")
    else:
        _delete(dataset, key)  # what a process that died left
        written = run
    written = with_fields(written, scores.shape[1])
    is_staged = written.run_key != key
    config = dataset.init_run(
        method=METHOD, **_header(run), state=_WRITING, token=token,
        moves_to=key if is_staged else "",
    )  # fmt: skip
    try:
        with changing(dataset):
            dataset.register_run(written.run_key, config)
        start = 0
        for source in sources:
            own = slice(start, start + len(source.ids))
            start += len(source.ids)
            away = source.dataset.name != dataset.name
            more = {"of": str(dataset.name), "home": home_of(dataset), "token": token}
            more = more if away else {}
            write_scores(source.dataset, written, source.ids, scores[own], in_a[own], **more)
        _save_record(dataset, written)
        config.state = _MOVING if is_staged else _DONE
        dataset.update_run_config(written.run_key, config)
    except BaseException:
        # what fails here is less telling than what failed there; the rest is tidied up later
        with suppress(Exception):
            _delete(dataset, written.run_key, token)
        raise
    return _move(dataset, written.run_key) if is_staged else written


def _move(dataset: Any, staged: str) -> Run:
    """Puts a run under the key that it is to have, in place of the one that stands there.

    It goes on where an earlier try was stopped.
    """
    key = dataset.get_run_info(staged).config.moves_to
    if staged != key and dataset.has_run(key):  # without it, a field of that name is the new one
        _delete(dataset, key)
    run = _renamed(dataset, Run.from_dict(_read_record(dataset, staged)), staged, key)
    config = dataset.get_run_info(key).config
    config.state, config.moves_to = _DONE, ""
    dataset.update_run_config(key, config)
    return run


def _tidy(dataset: Any, own: str = "") -> dict[str, Any]:
    """Ends what processes that died left half done: runs that replace, get a name, or go.

    Args:
        dataset: a FiftyOne dataset
        own (""): a key that the caller holds

    Returns:
        the stored config of each VisDiff run
    """
    configs = _configs(dataset)
    half_done = {
        key: getattr(config, "moves_to", "")
        for key, config in configs.items()
        if getattr(config, "moves_to", "") or getattr(config, "state", _DONE) == _LEAVING
    }
    for key, moves_to in half_done.items():
        try:
            held = moves_to or key
            with nullcontext() if held == own else claimed([dataset], held):
                refresh_schema(dataset)  # another process may have ended it since
                if dataset.has_run(key):
                    refresh(dataset, key)
                state = _state(dataset, key)
                if state == _MOVING:
                    _move(dataset, key)
                elif state == _LEAVING or (state == _WRITING and moves_to):
                    _delete(dataset, key)
        except RunError:
            continue  # it is under way
    return _configs(dataset) if half_done else configs


def _configs(dataset: Any) -> dict[str, Any]:
    """Returns the stored config of each VisDiff run of a dataset."""
    configs = {key: dataset.get_run_info(key).config for key in dataset.list_runs()}
    return {key: config for key, config in configs.items() if config.method == METHOD}


def _identity(dataset: Any, run_key: str) -> str:
    """Returns what tells a finished run from others of its key; empty where there is none."""
    if _state(dataset, run_key) != _DONE:
        return ""
    config = dataset.get_run_info(run_key).config
    return str(getattr(config, "token", None) or getattr(config, "created", None) or "unknown")


def _state(dataset: Any, run_key: str) -> str:
    """Returns the state of a run as it is in the database; empty where there is none."""
    if not dataset.has_run(run_key):
        return ""
    return str(getattr(dataset.get_run_info(run_key).config, "state", _DONE))


def is_being_written(dataset: Any, run_key: str) -> bool:
    """Returns whether a living process makes or changes a run of this key."""
    return holder(dataset, run_key) is not None


def load_run(dataset: Any, run_key: str) -> Run:
    """Returns a stored run.

    Raises:
        RunError: if there is none, or it was not finished
    """
    if _state(dataset, run_key) != _DONE:
        _tidy(dataset)  # its new version may wait to take its place
    _check_known(dataset, run_key)
    if _state(dataset, run_key) != _DONE:
        under_way = is_being_written(dataset, run_key)
        raise RunError(
            f"Expected a finished run, got {run_key!r}, which "
            + ("is being written." if under_way else "was interrupted while saving."),
            "Wait until it is done."
            if under_way
            else "Run it again under the same key, or delete it.",
        )
    run = Run.from_dict(_read_record(dataset, run_key))
    return replace(run, dataset=str(dataset.name))  # it may be renamed since, or a clone


def list_runs(dataset: Any) -> list[str]:
    """Returns the keys of the dataset's VisDiff runs, oldest first, unfinished ones included."""
    keys = [key for key in _tidy(dataset) if not key.startswith(_STAGED)]
    return sorted(keys, key=lambda key: dataset.get_run_info(key).timestamp)


def list_headers(dataset: Any) -> list[dict[str, Any]]:
    """Returns the headers for a list of runs, without loading a record: see `_HEADER`.

    Each also has its ``run_key``, and ``state``: ``"done"``, ``"underway"`` while a process writes
    it, or ``"interrupted"``.
    """
    headers = []
    for key, config in _tidy(dataset).items():
        if key.startswith(_STAGED):
            continue
        header = {name: getattr(config, name, None) for name in _HEADER}
        state = "done"
        if getattr(config, "state", _DONE) != _DONE:
            state = "underway" if is_being_written(dataset, key) else "interrupted"
        headers.append({**header, "run_key": key, "state": state})
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
    with claimed([dataset], run_key):
        return _delete(dataset, run_key)


def _delete(dataset: Any, run_key: str, token: str | None = None) -> tuple[str, ...]:
    """Deletes what there is of a run; with a token, only if it is the run of that token."""
    with changing(dataset):
        return _deleted(dataset, run_key, token)


def _deleted(dataset: Any, run_key: str, token: str | None) -> tuple[str, ...]:
    left = ""
    if dataset.has_run(run_key):
        config = dataset.get_run_info(run_key).config
        if token is not None and getattr(config, "token", None) != token:
            return ()
        config.state = _LEAVING  # what is half gone is no run
        with suppress(Exception):  # where it can't be said, it may still be done
            dataset.update_run_config(run_key, config)
        other, left = find_other(dataset, run_key)
        if other is not None:
            with changing(other):
                other.delete_sample_field(run_key)
    elif token is not None:
        return ()
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
    other, _ = find_other(dataset, run_key)
    with claimed([dataset], run_key), claimed([dataset, other or dataset], new_key):
        refresh_schema(dataset)
        load_run(dataset, run_key)  # it may be gone by now
        check_run_key(dataset, new_key, overwrite=False)
        if other is not None:
            check_other(dataset, other, new_key)
        config = dataset.get_run_info(run_key).config
        config.state, config.moves_to = _MOVING, new_key
        dataset.update_run_config(run_key, config)
        return _move(dataset, run_key)


def _renamed(dataset: Any, run: Run, run_key: str, new_key: str) -> Run:
    """Renames what still has the old key of a run, and writes its record."""
    left = ""
    if run_key != new_key:
        other, left = find_other(dataset, run_key)
        if other is not None:
            with changing(other):
                other.rename_sample_field(run_key, new_key)
        with changing(dataset):
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
    with claimed([dataset], run_key, _PATIENCE):
        refresh(dataset, run_key)
        run = _annotated(load_run(dataset, run_key), description, verdict, note)
        _save_record(dataset, run)
    return run


def _annotated(run: Run, description: str, verdict: str | None, note: str | None) -> Run:
    rows = [
        row
        for row, difference in enumerate(run.differences)
        if difference.description == description
    ]
    if not rows:
        raise RunError(
            f"Expected a difference of run {run.run_key!r}, got {description!r}.",
            "run.differences lists them.",
        )
    changed = list(run.differences)
    for row in rows:
        said = changed[row].verdict if verdict is None else verdict
        noted = changed[row].note if note is None else note
        changed[row] = replace(changed[row], verdict=said, note=noted)
    return replace(run, differences=tuple(changed))


def update_run(dataset: Any, run_key: str, change: Callable[[Run], Run]) -> Run:
    """Changes a run as it is stored by then, whoever else changes it, and its header.

    Args:
        dataset: a FiftyOne dataset
        run_key: a run of it
        change: returns the changed run

    Raises:
        RunError: if there is no such run, or another process goes on writing it
    """
    with claimed([dataset], run_key, _PATIENCE):
        refresh(dataset, run_key)
        run = change(load_run(dataset, run_key))
        _save_record(dataset, run)
        config = dataset.get_run_info(run_key).config
        for name, value in _header(run).items():
            setattr(config, name, value)
        dataset.update_run_config(run_key, config)
    return run


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
    save_record(dataset, run.run_key, run.to_dict())


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
