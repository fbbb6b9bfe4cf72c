"""What becomes of stored runs: written whole, moved, deleted; and ended where a process died.

A run has a state, so that whoever looks next can go on where another process was stopped.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

from ..dataset.own_fields import METHOD
from ..errors import RunError
from ..mongo.claims import claimed
from ..mongo.records import refresh, save_record
from ..mongo.schema import changing, refresh_schema
from ..results.run import Run
from .score_fields import find_other, holds_scores

#: states of a run. A moving one is whole, and is to stand under another key; what is moving or
#: leaving when its process dies goes on being that, whoever looks next
WRITING, MOVING, LEAVING, DONE = "writing", "moving", "leaving", "done"
#: begins the key of a run that will replace another; users' keys can't begin so
STAGED = "visdiff_new_"


def state_of(dataset: Any, run_key: str) -> str:
    """Returns the state of a run as it is in the database; empty where there is none."""
    if not dataset.has_run(run_key):
        return ""
    return str(getattr(dataset.get_run_info(run_key).config, "state", DONE))


def configs_of(dataset: Any) -> dict[str, Any]:
    """Returns the stored config of each VisDiff run of a dataset."""
    configs = {key: dataset.get_run_info(key).config for key in dataset.list_runs()}
    return {key: config for key, config in configs.items() if config.method == METHOD}


def identity(dataset: Any, run_key: str) -> str:
    """Returns what tells a finished run from others of its key; empty where there is none."""
    if state_of(dataset, run_key) != DONE:
        return ""
    config = dataset.get_run_info(run_key).config
    return str(getattr(config, "token", None) or getattr(config, "created", None) or "unknown")


def tidy(dataset: Any, own: str = "") -> dict[str, Any]:
    """Ends what processes that died left half done: runs that replace, get a name, or go.

    Args:
        dataset: a FiftyOne dataset
        own (""): a key that the caller holds

    Returns:
        the stored config of each VisDiff run
    """
    configs = configs_of(dataset)
    half_done = {
        key: getattr(config, "moves_to", "")
        for key, config in configs.items()
        if getattr(config, "moves_to", "") or getattr(config, "state", DONE) == LEAVING
    }
    for key, moves_to in half_done.items():
        try:
            held = moves_to or key
            with nullcontext() if held == own else claimed([dataset], held):
                refresh_schema(dataset)  # another process may have ended it since
                if dataset.has_run(key):
                    refresh(dataset, key)
                state = state_of(dataset, key)
                if state == MOVING:
                    move(dataset, key)
                elif state == LEAVING or (state == WRITING and moves_to):
                    delete(dataset, key)
        except RunError:
            continue  # it is under way
    return configs_of(dataset) if half_done else configs


def move(dataset: Any, staged: str) -> Run:
    """Puts a run under the key that it is to have, in place of the one that stands there.

    It goes on where an earlier try was stopped.
    """
    key = dataset.get_run_info(staged).config.moves_to
    if staged != key and dataset.has_run(key):  # without it, a field of that name is the new one
        delete(dataset, key)
    run = _renamed(dataset, Run.from_dict(read_record(dataset, staged)), staged, key)
    config = dataset.get_run_info(key).config
    config.state, config.moves_to = DONE, ""
    dataset.update_run_config(key, config)
    return run


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
    write_record(dataset, run)
    return run


def delete(dataset: Any, run_key: str, token: str | None = None) -> tuple[str, ...]:
    """Deletes what there is of a run; with a token, only if it is the run of that token."""
    with changing(dataset):
        return _deleted(dataset, run_key, token)


def _deleted(dataset: Any, run_key: str, token: str | None) -> tuple[str, ...]:
    left = ""
    if dataset.has_run(run_key):
        config = dataset.get_run_info(run_key).config
        if token is not None and getattr(config, "token", None) != token:
            return ()
        config.state = LEAVING  # what is half gone is no run
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


def read_record(dataset: Any, run_key: str) -> Any:
    """Returns the record of a run, as `Run.to_dict` wrote it."""
    # cached results go stale when another process writes the run again
    try:
        return dataset.load_run_results(run_key, cache=False, load_view=False).record
    except AttributeError:
        # FiftyOne reads an empty text where the file is gone: another process, such as the App's
        # server, has written a new one, which the dataset in this process does not know yet
        dataset.reload()
        return dataset.load_run_results(run_key, cache=False, load_view=False).record


def write_record(dataset: Any, run: Run) -> None:
    """Writes the record of a run over the one that is there."""
    save_record(dataset, run.run_key, run.to_dict())
