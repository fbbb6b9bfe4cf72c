"""The page that lists the comparisons of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fiftyone.operators import types

from ._parts import Box, Page, root

#: between two checks on a comparison in progress
POLL_MS = 2_000

_ABOUT = (
    "Choose two sets of photos, A and B: a saved view, a tag, or a selection in the grid. "
    "VisDiff describes how they differ, with evidence and photos for each difference."
)


def draw(
    panel: Any, listed: Mapping[str, Any], underway: Sequence[Mapping[str, Any]],
    selected: tuple[int, int],
) -> Page:  # fmt: skip
    """Returns the page.

    Args:
        panel: whose events are called
        listed: the runs, as `payload.runs_page` returns them
        underway: comparisons in progress, as `work_cards.merged` returns them
        selected: how many samples are selected in the grid: clicked, and Alt-clicked
    """
    page, box = root("runs")
    top = box.box("top", "vd-row")
    top.text("title", "Comparisons", "vd-title", item="vd-grow", tag="h2")
    if any(selected):
        _selection(panel, box, selected)
    if listed["runs"] or underway:
        top.button("compare", "New comparison", panel.compare, kind="main", icon="add")
    if any(work["moving"] for work in underway):
        # only while something moves: an idle panel asks for nothing
        box.parts.view("timer", types.TimerView(interval=POLL_MS, on_interval=panel.poll))
    if underway:
        _underway(panel, box.box("underway", "vd-stack"), underway)
    if listed["runs"]:
        _list(panel, box.box("runs", "vd-stack"), listed)
    elif not underway:
        _empty(panel, box)
    return page


def _empty(panel: Any, box: Box) -> None:
    inside = box.box("empty", "vd-card vd-stack vd-loose")
    inside.text("about", _ABOUT)
    inside.box("actions", "vd-row").button(
        "compare", "Compare two sets", panel.compare, kind="main", icon="compare"
    )


def _selection(panel: Any, box: Box, selected: tuple[int, int]) -> None:
    row = box.box("selection", "vd-card vd-row")
    row.letter("letter_a", "a")
    row.text("n_a", f"{selected[0]:,} selected (green checkmark)", "vd-second")
    row.letter("letter_b", "b")
    row.text("n_b", f"{selected[1]:,} selected (Alt + click, red checkmark)", "vd-second",
             item="vd-grow")  # fmt: skip


def _underway(panel: Any, box: Box, underway: Sequence[Mapping[str, Any]]) -> None:
    for place, work in enumerate(underway):
        card = box.box(f"underway-{place}", "vd-card vd-stack")
        head = card.box("head", "vd-row")
        head.text("name", work["title"], "vd-head vd-text", item="vd-grow")
        head.text("state", work["state"], "vd-chip" + (" vd-no" if work["failed"] else ""))
        if work["failed"] and work["again"]:
            head.button("retry", "Try again", panel.retry, {"name": work["name"]}, kind="quiet")
        if work["failed"]:
            head.button(
                "dismiss", "", panel.dismiss, {"name": work["name"]},
                kind="quiet", icon="close", hint="Dismiss",
            )  # fmt: skip
        if work["stoppable"]:
            head.button("stop", "Stop", panel.stop, {"name": work["name"]}, kind="quiet")
        if work["progress"] is not None:
            card.drawn("bar", "bar", "", f"{work['progress']:.0%} done", {"at": work["progress"]})
        if work["said"]:
            card.text("said", work["said"], "vd-text vd-small")


def _list(panel: Any, box: Box, listed: Mapping[str, Any]) -> None:
    for run in listed["runs"]:
        _run(panel, box, run)
    if listed["more"]:
        box.box("tail", "vd-row").button(
            "more", f"Show {listed['more']} older", panel.show_more, {"part": "runs"}, kind="quiet"
        )


def _run(panel: Any, box: Box, run: Mapping[str, Any]) -> None:
    key = {"key": run["key"]}
    card = box.box(f"run-{run['key']}", "vd-card vd-opens vd-stack vd-tight")
    head = card.box("head", "vd-row")
    head.button("open", run["key"], panel.open_run, key, kind="link", item="vd-grow")
    head.text("answer", run["answer"], "vd-chip" + (" vd-found" if run["found"] else ""))
    sets = card.box("sets", "vd-row")
    for side in ("a", "b"):
        set_box = sets.box(side, "vd-set", item="vd-most")
        set_box.letter("letter", side)
        set_box.text("label", run[side], "vd-second vd-text", item="vd-shrink")
        set_box.text("n", run[f"n_{side}"], "vd-small vd-num")
    foot = card.box("foot", "vd-row")
    foot.text("how", run["how"], "vd-small", item="vd-grow")
    actions = foot.box("actions", "vd-row vd-end", item="vd-above")
    actions.button("again", "", panel.run_again, key, kind="quiet", icon="replay",
                   hint="Run again with the same settings")  # fmt: skip
    actions.button("rename", "", panel.rename, key, kind="quiet", icon="edit", hint="Rename")
    actions.button("delete", "", panel.delete, key, kind="quiet", icon="delete", hint="Delete")
