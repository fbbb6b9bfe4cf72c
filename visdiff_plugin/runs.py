"""The functions for stored runs, called by scripts, operators and the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .dataset import samples
from .mongo.outages import store_in_words
from .reports import FORMATS, files, pictures, render
from .reports.html import picture_key
from .results.run import Run
from .storing import run_store


@store_in_words()
def load(dataset: Any, run_key: str) -> Run:
    """Returns a stored run; raises `RunError` where there is none or it was not finished."""
    return run_store.load_run(dataset, run_key)


@store_in_words()
def list_runs(dataset: Any) -> list[str]:
    """Returns the keys of the dataset's VisDiff runs, oldest first."""
    return run_store.list_runs(dataset)


@store_in_words()
def rename(dataset: Any, run_key: str, new_key: str) -> Run:
    """Renames a run and its score fields; raises `RunError` where that can't be done."""
    return run_store.rename_run(dataset, run_key, new_key)


@store_in_words()
def annotate(
    dataset: Any,
    run_key: str,
    description: str,
    *,
    verdict: str | None = None,
    note: str | None = None,
) -> Run:
    """Stores your verdict and note on a difference in its run.

    Args:
        dataset: the dataset of the run
        run_key: the run
        description: of the difference
        verdict (None): ``"confirmed"``, ``"rejected"``, or ``""`` for neither; None leaves it
        note (None): in your words; None leaves it

    Returns:
        the run, as it is stored now

    Raises:
        RunError: if there is no such run or difference
        ValueError: on an unknown verdict
    """
    return run_store.annotate_run(dataset, run_key, description, verdict, note)


@store_in_words()
def export(dataset: Any, run_key: str, path: str | None = None, kind: str | None = None) -> str:
    """Returns the report of a run, and writes it where a path is given.

    Args:
        dataset: the dataset of the run
        run_key: the run
        path (None): file to write; it is replaced, whole or not at all. A link is replaced too, and
            what it names stays as it is
        kind (None): ``"html"`` (one page with pictures), ``"md"``, ``"csv"``, ``"json"`` or
            ``"txt"``; None is the ending of the path, or HTML

    Raises:
        RunError: if there is no such run
        ValueError: on an unknown kind
        OSError: if the file can't be written
    """
    kind = kind or (Path(path).suffix.removeprefix(".").lower() if path else "html")
    if kind not in FORMATS:
        raise ValueError(f"Expected a report as one of {', '.join(FORMATS)}, got {kind!r}.")
    run = run_store.load_run(dataset, run_key)
    shown = {}
    if FORMATS[kind].shows_pictures:
        shown = pictures.read(_files(dataset, run))
    text = render(run, kind, shown)
    if path:
        files.replace(path, text)
    return text


@store_in_words()
def delete(dataset: Any, run_key: str) -> tuple[str, ...]:
    """Deletes a run and its score fields, and nothing else; raises `RunError` if unknown.

    Returns:
        what was left, and why, in sentences: scores on a dataset of B that is not found
    """
    return run_store.delete_run(dataset, run_key)


def _files(dataset: Any, run: Run) -> dict[str, str]:
    """Returns the files that a report shows; those of B are looked for in B's dataset."""
    files: dict[str, str] = {}
    for side, ids in pictures.wanted(run).items():
        away = side == "b" and run.dataset_b
        owner = samples.find_dataset(run.dataset_b) if away else dataset
        if owner is not None:  # a dataset that is gone leaves a report without its pictures
            paths = samples.paths_of(owner, ids)
            files |= {picture_key(run, side, key): path for key, path in paths.items()}
    return files
