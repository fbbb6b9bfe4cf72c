"""The page of one comparison: what was compared, with the differences side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from visdiff_plugin.reports import FORMATS
from visdiff_plugin.results.wording import ABOUT_PARTS, PARTS

from ._parts import Box, Page, root


def hypothesis(run_key: str) -> str:
    """Returns where the panel's state holds the hypothesis that is typed."""
    return f"page.own.ask-{run_key}.hypothesis"


_AUROC = "How often a photo of A shows it more than a photo of B, over all pairs"
_VERDICTS = {"confirmed": ("check_circle", "vd-yes"), "rejected": ("cancel", "vd-no")}


def draw(panel: Any, run: Mapping[str, Any]) -> Page:
    """Returns the page.

    Args:
        panel: whose events are called
        run: the run, as `payload.run_page` returns it
    """
    page, box = root("run")
    _head(panel, box, run)
    answer = box.box("found", "vd-stack vd-tight")
    answer.text("answer", run["answer"], "vd-title" if run["found"] else "vd-title vd-second")
    if run["counts"]:
        answer.text("counts", run["counts"], "vd-second")
    answer.text("apart", run["apart"], "vd-second")
    answer.text("how", run["how"], "vd-small")
    if run["unnamed"]:
        offers = answer.box("unnamed", "vd-row")
        offers.button("show", "Show photos that no row explains", panel.show_unnamed, kind="plain")
        if run["looks"]:
            offers.button(
                "further", "Look again with more rounds", panel.look_further, kind="plain"
            )
    parts = run["parts"]
    if parts["a"]["count"] or parts["b"]["count"] or not run["found"]:
        sides = box.box("sides", "vd-two")
        for side in ("a", "b"):
            _side(panel, sides.box(side, "vd-stack"), side, run)
    for name in ("look", "file", "few", "crossing"):
        _part(panel, box, name, run, is_open=True)
    _own(panel, box.box("own", "vd-card vd-stack"), run["key"], run["cost"])
    _folded(panel, box, run)
    return page


def _head(panel: Any, box: Box, run: Mapping[str, Any]) -> None:
    key = {"key": run["key"]}
    # a name of its own makes it a new part in the browser, which takes the reader to the top
    head = box.box(f"head-{run['key']}", "vd-stack")
    top = head.box("top", "vd-row")
    top.button("back", "Comparisons", panel.open_runs, kind="quiet", icon="arrow_back", first=True)
    top.text("key", run["key"], "vd-head vd-text", item="vd-grow")
    for name, icon, hint, event in (
        ("again", "replay", "Run again with the same settings", panel.run_again),
        ("rename", "edit", "Rename", panel.rename),
        ("delete", "delete", "Delete", panel.delete),
    ):
        top.button(name, "", event, key, kind="quiet", icon=icon, hint=hint)
    sets = head.box("sets", "vd-two vd-snug")
    for side in ("a", "b"):
        set_box = sets.box(side, "vd-set")
        set_box.letter("letter", side)
        set_box.text("label", run[side]["label"], "vd-body vd-text", item="vd-shrink")
        set_box.text("n", run[side]["n"], "vd-second vd-num")


def _side(panel: Any, box: Box, side: str, run: Mapping[str, Any]) -> None:
    part = run["parts"][side]
    head = box.box("head", "vd-item vd-legend")
    title = head.box("title", "vd-set", item="vd-words")
    title.text("title", "Truer of", "vd-head")
    title.letter("letter", side)
    title.text("label", run[side]["label"], "vd-head vd-text", item="vd-shrink")
    if part["rows"]:
        ends = head.box("ends", "vd-row vd-apart")
        ends.text("b", "B", "vd-small")
        ends.text("a", "A", "vd-small")
        head.text("auroc", "AUROC", "vd-small", hint=_AUROC)
    if not part["rows"]:
        box.text("none", "Nothing is truer of this set.", "vd-second")
    _rows(panel, box, side, part)


def _part(panel: Any, box: Box, name: str, run: Mapping[str, Any], *, is_open: bool) -> None:
    """A part of the rows beside those of A and of B, if it has any."""
    part = run["parts"][name]
    if not part["count"]:
        return
    fold = box.fold(name, f"{PARTS[name]} ({part['count']})", is_open=is_open)
    if name in ABOUT_PARTS:
        fold.text("about", ABOUT_PARTS[name], "vd-small")
    _rows(panel, fold, name, part)


def _rows(panel: Any, box: Box, name: str, part: Mapping[str, Any], weak: bool = False) -> None:
    rows = box.box("rows", "vd-stack vd-list")
    for shown_row in part["rows"]:
        _row(panel, rows, shown_row, weak, name not in ("a", "b"))
    if part["more"]:
        rows.box("tail", "vd-row").button(
            "more", f"Show {part['more']} more", panel.show_more, {"part": name}, kind="quiet"
        )


def _row(panel: Any, box: Box, shown_row: Mapping[str, Any], weak: bool, lettered: bool) -> None:
    row = box.box(f"difference-{shown_row['at']}", "vd-item")
    row.button(
        "open", shown_row["description"], panel.open_difference, {"at": shown_row["at"]},
        kind="link", item="vd-words",
    )  # fmt: skip
    if shown_row["places"]:
        row.drawn("interval", "interval", shown_row["favors"] or "", shown_row["strength"],
                  shown_row["places"], weak=weak)  # fmt: skip
        row.text("auroc", shown_row["auroc"], "vd-second vd-num", hint=shown_row["strength"])
    elif shown_row["strength"]:
        row.text("strength", shown_row["strength"], "vd-second vd-num")
    foot = row.box("foot", "vd-row", item="vd-wide")
    if lettered and shown_row["favors"]:
        foot.letter("letter", shown_row["favors"])
    foot.text("shown", shown_row["shown_in"], "vd-small")
    foot.text("remarks", shown_row["remarks"], "vd-small vd-faint", item="vd-grow")
    if shown_row["verdict"]:
        foot.text("verdict", shown_row["verdict"], f"vd-chip {_VERDICTS[shown_row['verdict']][1]}")
    if shown_row["noted"]:
        foot.text("noted", "note", "vd-chip")
    if shown_row["also"]:
        row.text("also", shown_row["also"], "vd-small vd-faint", item="vd-wide")


def _own(panel: Any, box: Box, run_key: str, cost: str) -> None:
    box.text("title", "Test your own hypothesis", "vd-head")
    box.text(
        "about",
        "What do you think differs? Your hypothesis is tested on the same photos and corrected "
        "together with your other ones. If these photos gave you the idea, try it on others too: "
        "q looks better here than it should.",
        "vd-small",
    )
    if cost:
        box.text("cost", cost, "vd-small")
    row = box.box(f"ask-{run_key}", "vd-row")
    row.field("hypothesis", "such as: dogs in snow", item="vd-fill")
    row.button("test", "Test", panel.test_hypothesis, kind="main")


def _folded(panel: Any, box: Box, run: Mapping[str, Any]) -> None:
    _part(panel, box, "similar", run, is_open=False)
    rest = run["parts"]["rest"]
    if rest["count"]:
        fold = box.fold("unsupported", f"{PARTS['rest']} ({rest['count']})",
                        is_open=not run["found"])  # fmt: skip
        _rows(panel, fold, "rest", rest, weak=True)
    _lines(box, "used", "How this was computed", run["used"])
    _lines(box, "left", f"Skipped ({len(run['left_out'])})", run["left_out"])
    _lines(box, "notes", f"Notes ({len(run['notes'])})", run["notes"])
    export = box.fold("export", "Export a report")
    row = export.box("kinds", "vd-row")
    for kind, report in FORMATS.items():
        row.button(kind, report.label, panel.export, {"kind": kind}, icon="download")


def _lines(box: Box, name: str, label: str, lines: Sequence[str]) -> None:
    if lines:
        fold = box.fold(name, label)
        for place, line in enumerate(lines):
            fold.text(f"line{place}", line, "vd-second vd-text")
