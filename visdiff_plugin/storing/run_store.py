"""Writes to FiftyOne: runs on a dataset, each a record and a document of score fields."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import preset_of
from ..dataset.own_fields import METHOD
from ..dataset.samples import Source
from ..errors import RunError
from ..mongo.claims import claimed, holder
from ..mongo.records import refresh
from ..mongo.schema import changing, refresh_schema
from ..results.run import SCHEMA_VERSION, Run
from ..storable import LONGEST_NOTE, storable
from .run_moves import (
    DONE,
    MOVING,
    STAGED,
    WRITING,
    delete,
    identity,
    move,
    read_record,
    state_of,
    tidy,
    write_record,
)
from .score_fields import (
    check_free,
    check_other,
    find_other,
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
        if not overwrite and getattr(config, "state", DONE) == DONE:
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
        tidy(dataset, run_key)
        check_run_key(dataset, run_key, overwrite)
        check_other(dataset, other, run_key)
        yield identity(dataset, run_key)


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
    refresh_schema(dataset)
    if identity(dataset, run.run_key) != replaces:
        raise RunError(
            f"Expected run_key {run.run_key!r} to be free still, but a run was stored under it "
            "meanwhile.",
            "Choose another key.",
        )
    # names of datasets change: the token says that scores elsewhere are this run's
    token, key = uuid.uuid4().hex, run.run_key
    if state_of(dataset, key) == DONE:
        written = replace(run, run_key=f"{STAGED}{token[:12]}")
    else:
        delete(dataset, key)  # what a process that died left
        written = run
    written = with_fields(written, scores.shape[1])
    is_staged = written.run_key != key
    config = dataset.init_run(
        method=METHOD, **_header(run), state=WRITING, token=token,
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
        write_record(dataset, written)
        config.state = MOVING if is_staged else DONE
        dataset.update_run_config(written.run_key, config)
    except BaseException:
        # what fails here is less telling than what failed there; the rest is tidied up later
        with suppress(Exception):
            delete(dataset, written.run_key, token)
        raise
    return move(dataset, written.run_key) if is_staged else written


def is_being_written(dataset: Any, run_key: str) -> bool:
    """Returns whether a living process makes or changes a run of this key."""
    return holder(dataset, run_key) is not None


def load_run(dataset: Any, run_key: str) -> Run:
    """Returns a stored run.

    Raises:
        RunError: if there is none, or it was not finished
    """
    if state_of(dataset, run_key) != DONE:
        tidy(dataset)  # its new version may wait to take its place
    _check_known(dataset, run_key)
    if state_of(dataset, run_key) != DONE:
        under_way = is_being_written(dataset, run_key)
        raise RunError(
            f"Expected a finished run, got {run_key!r}, which "
            + ("is being written." if under_way else "was interrupted while saving."),
            "Wait until it is done."
            if under_way
            else "Run it again under the same key, or delete it.",
        )
    run = Run.from_dict(read_record(dataset, run_key))
    return replace(run, dataset=str(dataset.name))  # it may be renamed since, or a clone


def list_runs(dataset: Any) -> list[str]:
    """Returns the keys of the dataset's VisDiff runs, oldest first, unfinished ones included."""
    keys = [key for key in tidy(dataset) if not key.startswith(STAGED)]
    return sorted(keys, key=lambda key: dataset.get_run_info(key).timestamp)


def list_headers(dataset: Any) -> list[dict[str, Any]]:
    """Returns the headers for a list of runs, without loading a record: see `_HEADER`.

    Each also has its ``run_key``, and ``state``: ``"done"``, ``"underway"`` while a process writes
    it, or ``"interrupted"``.
    """
    headers = []
    for key, config in tidy(dataset).items():
        if key.startswith(STAGED):
            continue
        header = {name: getattr(config, name, None) for name in _HEADER}
        state = "done"
        if getattr(config, "state", DONE) != DONE:
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
        return delete(dataset, run_key)


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
        config.state, config.moves_to = MOVING, new_key
        dataset.update_run_config(run_key, config)
        return move(dataset, run_key)


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
        write_record(dataset, run)
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
        write_record(dataset, run)
        config = dataset.get_run_info(run_key).config
        for name, value in _header(run).items():
            setattr(config, name, value)
        dataset.update_run_config(run_key, config)
    return run


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
