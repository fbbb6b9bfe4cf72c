"""The score fields of a run, on its own dataset and on that of its B."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset.own_fields import METHOD, declare_document
from ..dataset.samples import find_dataset
from ..errors import RunError
from ..mongo.documents import collection
from ..mongo.updates import write_documents
from ..results.difference import Difference
from ..results.run import Run

#: of a run's document: which set an image stood in, ``"A"`` or ``"B"``
SET = "set"


def with_fields(run: Run, n_fields: int) -> Run:
    """Returns the run with a field's name for each of its first differences."""
    taken = {SET}
    named: list[Difference] = []
    for row, difference in enumerate(run.differences):
        field = f"{run.run_key}.{slug(difference.description, taken)}" if row < n_fields else None
        named.append(replace(difference, field=field))
    return replace(run, differences=tuple(named))


def slug(description: str, taken: set[str]) -> str:
    """Returns a field name for a description: letters, digits, underscores; unique in its run."""
    base = re.sub(r"[^a-z0-9]+", "_", description.lower()).strip("_")[:48].strip("_")
    base = base if base[:1].isalpha() else f"d_{base}".strip("_")
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}_{number}", number + 1
    taken.add(slug)
    return slug


def write_scores(
    dataset: Any,
    run: Run,
    ids: Sequence[str],
    scores: NDArray[np.floating[Any]],
    in_a: NDArray[np.bool_],
    **more: str,
) -> None:
    """Writes the scores of some samples, and which set each stood in.

    Args:
        dataset: their dataset
        run: the run, with its fields' names
        ids: ``n`` of its sample ids
        scores: ``(n, m)`` scores of the ``m`` first differences; NaN is not written
        in_a: ``(n,)`` whether each stands in A; the field `SET` of the run says so to the App
        **more: what the field's info says beside the run's key
    """
    names = [field.partition(".")[2] for field in run.fields]
    numbers = {
        name: difference.description
        for name, difference in zip(names, run.differences, strict=False)
    }
    which = f"A: {run.label_a}; B: {run.label_b}"
    declare_document(
        dataset, run.run_key, numbers, {SET: which},
        description=f"VisDiff: {run.label_a} against {run.label_b}",
        info={"run_key": run.run_key, **more},
    )  # fmt: skip
    for name, own in (("A", in_a), ("B", ~in_a)):
        rows = np.flatnonzero(own)
        chosen = [ids[int(row)] for row in rows]
        write_documents(dataset, chosen, run.run_key, names, scores[rows], {SET: name})


def holds_scores(dataset: Any, field: str) -> bool:
    """Whether a field holds scores of a run of this dataset, or what is left of one."""
    info = _info(dataset, field)
    return "run_key" in info and "of" not in info


def check_free(dataset: Any, run_key: str) -> None:
    """Checks that a field can be made for a run's scores, or holds what is left of one.

    Raises:
        RunError: if the name is a field's
    """
    if dataset.get_field(run_key) is None or holds_scores(dataset, run_key):
        return
    of = _info(dataset, run_key).get("of")
    if of is not None:
        raise RunError(
            f"Expected a free run_key, got {run_key!r}. {dataset.name!r} was B of a run of dataset "
            f"{of!r} and holds its scores under that name.",
            "Choose another key, or delete that run there.",
        )
    raise RunError(
        f"Expected a run_key that is not a field, got {run_key!r}, a field of the dataset. "
        "Scores are stored in a field of that name.",
        "Choose another key.",
    )


def check_other(dataset: Any, other: Any, run_key: str) -> None:
    """Checks that scores can be written on the dataset of B too.

    Args:
        dataset: where the run is stored
        other: the dataset of B
        run_key: the run's key

    Raises:
        RunError: if the key is a field of it, but for scores that the run is about to replace
    """
    if other.name == dataset.name:
        return
    if other.has_run(run_key):
        raise RunError(
            f"Expected a run_key that is free in B's dataset too, got {run_key!r}, a run of "
            f"{other.name!r}.",
            "Choose another key.",
        )
    if dataset.has_run(run_key):
        token = getattr(dataset.get_run_info(run_key).config, "token", None)
        if token is not None and _info(other, run_key).get("token") == token:
            return
    check_free(other, run_key)


def find_other(home: Any, run_key: str, *, to_change: bool = True) -> tuple[Any, str]:
    """Returns the dataset of B where it holds a run's scores.

    Args:
        home: the dataset of the run
        run_key: its key
        to_change (True): whether the scores are to be moved or deleted: a clone of the run's
            dataset reads them, but they are not its own

    Returns:
        the dataset and nothing; or None, and in a sentence what is left there and why
    """
    config = home.get_run_info(run_key).config
    name = getattr(config, "dataset_b", "")
    if not name:
        return None, ""
    dataset = find_dataset(name)
    if dataset is None:
        return None, (
            f"The scores on B's dataset were left in its field {run_key!r}: there is no dataset "
            f"{name!r}; it was renamed or deleted."
        )
    if dataset.get_field(run_key) is None:
        return None, ""
    if _info(dataset, run_key).get("token") != getattr(config, "token", None):
        return None, f"Field {run_key!r} of {name!r} was left: it holds no scores of this run."
    of = _info(dataset, run_key).get("home")
    if to_change and of is not None and of != home_of(home):
        return None, (
            f"Field {run_key!r} of {name!r} was left: it is of the run of the dataset that this "
            "one was cloned from."
        )
    return dataset, ""


def home_of(dataset: Any) -> str:
    """Returns what a dataset is called as long as it lives, whatever its name becomes."""
    return str(collection(dataset).name)


def _info(dataset: Any, field: str) -> Mapping[str, Any]:
    declared = dataset.get_field(field)
    return (None if declared is None else (declared.info or {}).get(METHOD)) or {}
