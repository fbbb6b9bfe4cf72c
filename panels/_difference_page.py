"""The page of one difference: its evidence, its photos, and what you can do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fiftyone.operators import types

from visdiff_plugin.numerals import counted

from . import _plots
from ._parts import Box, Page, root


def typed(name: str, at: int, turn: int) -> str:
    """Returns where the panel's state holds what is typed into a field of this page.

    The name of a field's box holds its difference and the number of the last change. So each is a
    new field in the browser; an old one would go on showing what was typed before.

    Args:
        name: ``"threshold"``, ``"name"`` or ``"note"``
        at: the difference
        turn: counts what was chosen and stored
    """
    return f"page.body.{_BOXES[name]}.typed-{at}-{turn}.{name}"


_BOXES = {"threshold": "scores.choose", "name": "scores.keep", "note": "said"}
_Images = Mapping[str, Mapping[str, str]]
#: letters over which a description is set smaller
_LENGTHY = 80
_SIDES = (("both", "A and B"), ("a", "A only"), ("b", "B only"))


def draw(panel: Any, shown: Mapping[str, Any], images: _Images, chosen: Mapping[str, Any]) -> Page:
    """Returns the page.

    Args:
        panel: whose events are called
        shown: the difference, as `payload.difference_page` returns it
        images: end -> sample id -> address of its picture
        chosen: ``threshold``, ``side`` and ``over``: what the grid is filtered by
    """
    page, box = root("difference")
    _head(panel, box, shown)
    body = box.box("body", "vd-body-grid")
    _evidence(body.box("evidence", "vd-stack"), shown)
    # where there is room they stand beside all the rest; else they come before any numbers' plot
    _pictures(panel, body.box("pictures", "vd-stack vd-loose", item="vd-beside"), shown, images)
    _scores(panel, body.box("scores", "vd-card vd-stack"), shown, chosen)
    _said(panel, body.box("said", "vd-card vd-stack"), shown, chosen)
    _folded(box, shown)
    return page


def _head(panel: Any, box: Box, page: Mapping[str, Any]) -> None:
    head = box.box(f"head-{page['key']}-{page['at']}", "vd-stack")
    top = head.box("top", "vd-row")
    top.button("back", page["key"], panel.open_run, {"key": page["key"]},
               kind="quiet", icon="arrow_back", first=True)  # fmt: skip
    top.text("place", f"{page['at'] + 1} of {page['of']}", "vd-small vd-num", item="vd-grow")
    for name, icon, hint, at in (
        ("previous", "chevron_left", "Previous difference", page["at"] - 1),
        ("next", "chevron_right", "Next difference", page["at"] + 1),
    ):
        top.button(name, "", panel.open_difference, {"at": at}, kind="quiet", icon=icon,
                   hint=hint, disabled=not 0 <= at < page["of"])  # fmt: skip
    size = "vd-title vd-lengthy" if len(page["description"]) > _LENGTHY else "vd-title"
    head.text("title", page["description"], f"{size} vd-text", tag="h2")
    chips = head.box("chips", "vd-row")
    if page["favors"]:
        chips.text("favors", "truer of", "vd-second")
        chips.letter("letter", page["favors"])
    chips.text("supported", "supported" if page["supported"] else "not supported",
               "vd-chip vd-yes" if page["supported"] else "vd-chip")  # fmt: skip
    if page["chip"]:
        chips.text("kind", page["chip"], "vd-chip")
    if page["held_out"]:
        chips.text("held", page["held_out"], "vd-chip")
    chips.text("source", page["source"], "vd-chip")
    if page["verdict"]:
        tone = "vd-yes" if page["verdict"] == "confirmed" else "vd-no"
        chips.text("verdict", f"you: {page['verdict']}", f"vd-chip {tone}")


def _evidence(box: Box, page: Mapping[str, Any]) -> None:
    for place, line in enumerate(page["evidence"]):
        box.text(f"line{place}", line, "vd-body" if place == 0 else "vd-second")
    if page["control"]:
        box.text("control", f"After controlling: {page['control']}.", "vd-second")
    for name in ("middle", "tied"):
        if page[name]:
            box.text(name, _sentence(page[name]), "vd-second")
    if page["prevalence"]:
        box.text("counted", _sentence(page["counted"], ":"), "vd-second")
    bars = box.box("bars", "vd-two vd-snug")
    for part in page["prevalence"]:
        side = bars.box(part["side"], "vd-stack vd-tight")
        side.text("said", f"{part['said']} ({part['interval']})", "vd-small")
        side.drawn("bar", "bar", part["side"], part["said"], part["places"])


def _sentence(text: str, end: str = ".") -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}{end}"


def _scores(
    panel: Any, box: Box, page: Mapping[str, Any], chosen: Mapping[str, Any]
) -> None:  # fmt: skip
    box.text("title", "Photos from a score on", "vd-head")
    if page["histogram"]:
        plot = _plots.histogram(page["histogram"], chosen["threshold"])
        view = types.PlotlyView(
            on_click=panel.pick_threshold, height="220px", **plot,
            componentsProps={"container": {"data-cy": "visdiff-histogram"}},
        )  # fmt: skip
        box.parts.define_property("histogram", types.Object(), view=view)
        box.text("hint", "Click a bar to move the threshold to its left edge.", "vd-small")
    else:
        box.text("none", "No histogram was saved with this difference.", "vd-small")
    if not page["field"]:
        box.text("nofield", "Its scores were not saved: only the top differences get a field. "
                 "Run again with more score fields to sort and filter by it.",
                 "vd-small")  # fmt: skip
        return
    _threshold(panel, box, page, chosen)
    _acts(panel, box, page, chosen)


def _threshold(panel: Any, box: Box, page: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    row = box.box("choose", "vd-row")
    row.text("label", "Score at least", "vd-second")
    row.box(_typed(page, chosen), "vd-stack", item="vd-short").field(
        "threshold", f"{chosen['threshold']:.4g}", number=True
    )
    row.button("apply", "Set", panel.type_threshold)
    if chosen["moved"] is None:
        said = f"{chosen['threshold']:.4g} or higher: {chosen['over']}."
    else:
        row.button("reset", "Reset", panel.reset_threshold, kind="quiet")
        said = f"{chosen['threshold']:.4g} or higher: {chosen['over']}."
    box.text("over", said, "vd-second")


def _acts(panel: Any, box: Box, page: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    sides = box.box("sides", "vd-row")
    if page["elsewhere"]:
        said = (
            f"The grid shows only A: B is in dataset {page['elsewhere']}, where {page['field']} "
            "holds the scores too."
        )
        sides.text("elsewhere", said, "vd-small vd-text")
    for side, label in () if page["elsewhere"] else _SIDES:
        on = " vd-on" if chosen["side"] == side else ""
        sides.button(f"side-{side}", label, panel.choose_side, {"side": side}, kind="plain" + on)
    acts = box.box("acts", "vd-row")
    acts.button("filter", "Show these photos", panel.filter, kind="main", icon="filter_alt")
    acts.button("sort", "Sort the grid by it", panel.sort, icon="sort")
    keep = box.box("keep", "vd-row")
    keep.box(_typed(page, chosen), "vd-stack", item="vd-fill").field(
        "name", "name of a tag or view"
    )
    keep.button("tag", "Tag photos", panel.tag, icon="sell")
    keep.button("save", "Save as view", panel.save_view, icon="bookmark_add")
    uses = box.box("uses", "vd-row")
    uses.text("label", "Use in a new comparison", "vd-small")
    uses.button("as-a", "as A", panel.use_as, {"side": "a"})
    uses.button("as-b", "as B", panel.use_as, {"side": "b"})


def _typed(page: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    return f"typed-{page['at']}-{chosen['turn']}"


def _said(panel: Any, box: Box, page: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    box.text("title", "What do you think?", "vd-head")
    row = box.box("verdicts", "vd-row")
    for verdict, label, icon in (
        ("confirmed", "Confirm", "check"),
        ("rejected", "Reject", "close"),
    ):
        on = page["verdict"] == verdict
        row.button(
            verdict, label, panel.judge, {"verdict": "" if on else verdict},
            kind="plain vd-on" if on else "plain", icon=icon,
            hint="Click again to undo" if on else None,
        )  # fmt: skip
    if page["note"]:
        box.text("noted", page["note"], "vd-second vd-text vd-quote")
    box.box(_typed(page, chosen), "vd-stack").field(
        "note", "Replace the note" if page["note"] else "Add a note",
        lines=2,
    )  # fmt: skip
    keep = box.box("keep", "vd-row")
    keep.button("save-note", "Save note", panel.save_note)
    if page["note"]:
        keep.button("remove-note", "Remove note", panel.remove_note, kind="quiet")


def _pictures(panel: Any, box: Box, page: Mapping[str, Any], images: _Images) -> None:
    if not page["strips"]:
        box.text("nopictures", "No photos were saved with this difference. Sort the grid by it to "
                 "see some.", "vd-second")  # fmt: skip
    for strip in page["strips"]:
        part = box.box(strip["end"], "vd-stack")
        head = part.box("head", "vd-row")
        head.letter("letter", strip["side"])
        head.text("said", strip["said"], "vd-head", item="vd-grow")
        if strip["elsewhere"]:
            head.text("elsewhere", f"in dataset {strip['elsewhere']}", "vd-small vd-text")
        else:
            head.button("show", "Show in grid", panel.show_strip, {"end": strip["end"]},
                        kind="quiet")  # fmt: skip
        _strip(panel, part, strip, images[strip["end"]])


def _strip(
    panel: Any, box: Box, strip: Mapping[str, Any], images: Mapping[str, str]
) -> None:  # fmt: skip
    thumbs = box.box("thumbs", "vd-thumbs")
    said = f"{strip['said']} ({strip['label']})"
    shown = [sample_id for sample_id in strip["ids"] if sample_id in images]
    for place, sample in enumerate(shown):
        name, url = f"image{place}", images[sample]
        if strip["elsewhere"]:
            # the App shows one dataset at a time: another window, opened at that sample
            where = f"/datasets/{quote(strip['elsewhere'], safe='')}?id={sample}"
            thumbs.image(name, url, said, href=where)
        else:
            thumbs.image(name, url, said, panel.open_sample, {"id": sample})
    gone = len(strip["ids"]) - len(shown)
    if gone:
        box.text("gone", f"{counted(gone, 'photo')} no longer in the dataset.", "vd-small")


def _folded(box: Box, page: Mapping[str, Any]) -> None:
    if page["merged"]:
        fold = box.fold("merged", f"Other wordings ({len(page['merged'])})")
        for place, text in enumerate(page["merged"]):
            fold.text(f"line{place}", text, "vd-second vd-text")
    if page["replies"]:
        fold = box.fold("replies", f"Where it comes from ({len(page['replies'])})")
        for place, reply in enumerate(page["replies"]):
            part = fold.box(f"reply{place}", "vd-stack vd-tight")
            part.text("who", reply["who"], "vd-head vd-text")
            part.text("said", f"said: {'; '.join(reply['said'])}", "vd-second vd-text")
            if reply["reply"]:
                part.text("reply", reply["reply"], "vd-small vd-text vd-quote")
    fold = box.fold("more", "More numbers")
    for place, line in enumerate(page["more"]):
        fold.text(f"line{place}", line, "vd-second vd-text")
