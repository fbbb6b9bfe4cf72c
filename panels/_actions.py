"""What the panel's buttons do with a dataset: views of the photos that a difference fits."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from visdiff_plugin.config import SETTINGS, Config
from visdiff_plugin.dataset.samples import find_dataset
from visdiff_plugin.errors import FieldError, SelectionError
from visdiff_plugin.form_params import LEFT_OUT, params_of
from visdiff_plugin.results.difference import Difference
from visdiff_plugin.results.run import Run
from visdiff_plugin.sets.grammar import Intersection, SavedView, parse_set
from visdiff_plugin.views import filter_view, sort_view

from .payload import hypotheses


def matches(dataset: Any, run: Run, difference: Difference, chosen: Mapping[str, Any]) -> Any:
    """Returns the images that show a difference, best match first.

    Args:
        dataset: a FiftyOne dataset
        run: a run of it
        difference: a difference of the run
        chosen: ``side``, and ``moved``: the least score; None for over the run's own threshold

    Raises:
        VisDiffError: if scores or sets are not stored, or no image is left
    """
    least = chosen["moved"]
    view = filter_view(dataset, run, field_of(difference), least, sides=chosen["side"])
    if not len(view.limit(1)):
        raise SelectionError("No photo scores this much. Lower the threshold.")
    return view


def ordered(dataset: Any, run: Run, difference: Difference, side: str) -> Any:
    """Returns the images that a run scored, best match first."""
    if side == "both":
        return sort_view(dataset, run, field_of(difference))
    return filter_view(dataset, run, field_of(difference), -sys.float_info.max, sides=side)


def field_of(difference: Difference) -> str:
    """Returns the field that holds a difference's scores.

    Raises:
        FieldError: if they were not written
    """
    if difference.field is None:
        raise FieldError(
            f"The scores of {difference.description!r} were not saved: only the top differences "
            "get a field.",
            "Run the comparison again with more score fields.",
        )
    return difference.field


def addresses(
    dataset: Any, strips: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, str]]:  # fmt: skip
    """Returns where the App serves the pictures of a page.

    Args:
        dataset: the dataset of the run
        strips: as `difference_data.strips` returns them

    Returns:
        end -> sample id -> address; samples that are gone are left out
    """
    by_end = {}
    for elsewhere in {strip["elsewhere"] for strip in strips}:
        own = [strip for strip in strips if strip["elsewhere"] == elsewhere]
        owner = find_dataset(elsewhere) if elsewhere else dataset
        ids = [sample_id for strip in own for sample_id in strip["ids"]]
        served = {} if owner is None else _served(owner, ids)
        for strip in own:
            by_end[strip["end"]] = {
                sample_id: served[sample_id] for sample_id in strip["ids"] if sample_id in served
            }
    return by_end


def _served(dataset: Any, ids: list[str]) -> dict[str, str]:
    media = dataset.app_config.grid_media_field or "filepath"
    names = ["id", "filepath", media]
    return {
        sample_id: f"/media?filepath={quote(thumb or path, safe='')}"
        for sample_id, path, thumb in zip(*dataset.select(ids).values(names), strict=True)
        if path
    }


def save_view(dataset: Any, name: str, view: Any) -> None:
    """Saves a view under a new name.

    Raises:
        SelectionError: if the name is taken, or can't be one
    """
    if dataset.has_saved_view(name):
        raise SelectionError(f"A view named {name!r} already exists. Choose another name.")
    try:
        dataset.save_view(name, view)
    except ValueError as error:
        raise SelectionError(f"A view can't be named {name!r}: {error}") from error


def further(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """Returns the parameters of a form that looks for what a run did not name: twice the rounds."""
    rounds = int(run.config.get("rounds") or Config.rounds)
    return {**params, "rounds": min(2 * rounds, int(SETTINGS["rounds"].most or rounds))}


def settings_of(dataset: Any, run: Run) -> tuple[str, dict[str, Any]]:
    """Returns the operator that makes a run like this one, and what its form is filled with.

    The parameters also hold a sentence for each value that can't be filled in; the form shows it.
    """
    asked = hypotheses(run)
    again = params_of(run.config, run.record.get("script_only"), ranks=bool(asked))
    params = {"run_key": free_key(dataset, run.run_key), **again.params}
    left_out = list(again.left_out)
    if not asked and run.config.get("captioner") is None:
        params["words"] = "nothing"  # or the form would choose a field that has words
    views = dataset.list_saved_views()
    sets = run.record.get("sets") or {"a": run.label_a, "b": run.label_b}
    for side in ("a", "b"):
        said = _set_again(sets.get(side) or "", views)
        if said:
            params[side] = said
        else:
            left_out.append(
                f"Set {side.upper()} was picked by hand, or its view is gone. Pick it again."
            )
    within = sets.get("within") or ""
    if _set_again(within, views):
        params["within"] = _set_again(within, views)
    elif within:
        left_out.append(f"Both sets were taken from {within}, which has no name here.")
    if left_out:
        params[LEFT_OUT] = left_out
    if asked:
        thresholds = run.record.get("thresholds") or {}
        same = {thresholds.get(text) for text in asked}
        if len(same) == 1:
            params["threshold"] = same.pop()
        else:
            left_out.append("Each hypothesis had a threshold of its own: the form has one for all.")
            params[LEFT_OUT] = left_out
        return "rank_hypotheses", {**params, "hypotheses": "\n".join(asked)}
    return "compare_views", params


def _set_again(text: str, views: Sequence[str]) -> str:
    """Returns a set as text; empty where it has no name, or names a view that is gone."""
    try:
        chosen = parse_set(text, views)
    except SelectionError:
        return ""
    parts = chosen.parts if isinstance(chosen, Intersection) else (chosen,)
    gone = any(isinstance(part, SavedView) and part.name not in views for part in parts)
    return "" if gone else str(chosen)


def free_key(dataset: Any, run_key: str) -> str:
    """Returns a name that is still free: ``errors_2`` for ``errors``."""
    base, _, last = run_key.rpartition("_")
    base = base if base and last.isdigit() else run_key
    number = 2
    while dataset.has_run(f"{base}_{number}") or dataset.get_field(f"{base}_{number}") is not None:
        number += 1
    return f"{base}_{number}"
