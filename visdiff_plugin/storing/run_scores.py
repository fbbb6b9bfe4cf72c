"""The images and scores of a stored run: which images it compared, and one more column for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset.own_fields import declare_numbers
from ..dataset.samples import Selected, Source
from ..errors import RunError
from ..mongo.documents import view_ids
from ..mongo.updates import write_columns
from ..results.run import Run
from .score_fields import SET, find_other, slug


def sets_of(dataset: Any, run: Run) -> tuple[Selected, Selected]:
    """Returns A and B of a run, as far as their images are still there.

    Raises:
        RunError: if an earlier version stored the run, without its sets, or B's dataset is gone
    """
    other = dataset
    if run.dataset_b:
        other, left = find_other(dataset, run.run_key, to_change=False)
        if other is None:
            raise RunError(f"Expected B in dataset {run.dataset_b!r}. {left}")
    path = f"{run.run_key}.{SET}"
    if dataset.get_field(path) is None:
        raise RunError(
            f"Expected the sets of run {run.run_key!r} in {path!r}, got no such field.",
            "The run was made by an earlier version. Run the comparison again.",
        )
    texts = run.record.get("sets") or {}
    return (
        Selected(run.label_a, _members(dataset, path, "A"), dataset, texts.get("a")),
        Selected(run.label_b, _members(other, path, "B"), other, texts.get("b")),
    )


def _members(dataset: Any, path: str, name: str) -> tuple[str, ...]:
    return tuple(view_ids(dataset, dataset.match({path: name})))


def add_scores(
    run: Run, description: str, sources: Sequence[Source], scores: NDArray[np.floating[Any]]
) -> str:
    """Writes the scores of one more description of a run, and returns their field.

    Args:
        run: a stored run
        description: what is scored
        sources: the samples, ``n`` together
        scores: ``(n,)`` their scores; what is not finite is not written
    """
    name = slug(description, {SET, *(field.partition(".")[2] for field in run.fields)})
    field, start = f"{run.run_key}.{name}", 0
    for source in sources:
        own = scores[start : start + len(source.ids)]
        start += len(source.ids)
        declare_numbers(source.dataset, run.run_key, {name: description})
        rows = np.flatnonzero(np.isfinite(own))
        ids = [source.ids[row] for row in rows.tolist()]
        write_columns(source.dataset, ids, {field: own[rows]})
    return field
