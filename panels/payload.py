"""A stored run as the plain data that a page shows; pure, JSON-safe, text as it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from visdiff_plugin.config import preset_of
from visdiff_plugin.numerals import counted, percent
from visdiff_plugin.reports.used import left_out, used
from visdiff_plugin.results.difference import Difference
from visdiff_plugin.results.run import Run
from visdiff_plugin.results.wording import (
    also,
    answer,
    apart,
    chance,
    chip,
    control,
    counted_as,
    counts,
    crossing,
    decisive,
    evidence,
    found,
    has_medians,
    much_unnamed,
    named_together,
    remark,
    shown_in,
    strength,
    tied_said,
    where,
)

from .difference_data import histogram, replies, strips

#: rows of one side, or of a list, that are sent before "more" is asked for
FIRST_ROWS = 20
#: of what is not supported, and folded away
FIRST_WEAK = 10

#: of what made a candidate, in words
_SOURCES = {
    "property": "measured on the photos",
    "label": "counted from labels",
    "user": "your own hypothesis",
}


def runs_page(
    headers: Sequence[Mapping[str, Any]], now: datetime, shown: int = FIRST_ROWS
) -> dict[str, Any]:
    """Returns the list of runs, newest first.

    Args:
        headers: of all runs, as `run_store.list_headers` returns them
        now: the time that ages are counted from
        shown (FIRST_ROWS): runs that are listed
    """
    newest = sorted(headers, key=lambda header: str(header.get("created") or ""), reverse=True)
    return {
        "count": len(newest),
        "more": max(0, len(newest) - shown),
        "runs": [_run_row(header, now) for header in newest[:shown]],
    }


_UNFINISHED = {"underway": "being written", "interrupted": "interrupted while saving"}


def _run_row(header: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    state = str(header.get("state") or "done")
    finished = state == "done"
    supported, of = int(header.get("n_significant") or 0), int(header.get("n_differences") or 0)
    said = counted(supported, "difference") if supported else "no difference found"
    how = [header.get("preset"), ago(header.get("created"), now), f"of {counted(of, 'candidate')}"]
    return {
        "key": str(header["run_key"]),
        "a": str(header.get("label_a") or "?"),
        "b": str(header.get("label_b") or "?"),
        "n_a": counted(int(header.get("n_a") or 0), "photo"),
        "n_b": counted(int(header.get("n_b") or 0), "photo"),
        "finished": finished,
        "found": supported if finished else 0,
        "answer": said if finished else _UNFINISHED[state],
        "how": " · ".join(str(part) for part in how if part),
    }


def run_page(
    run: Run, now: datetime, shown: Mapping[str, int] | None = None
) -> dict[str, Any]:  # fmt: skip
    """Returns all that the page of a run shows.

    Args:
        run: a run
        now: the time that its age is counted from
        shown (None): part of `Run.parts` -> rows to show; by default `FIRST_ROWS`, and
            `FIRST_WEAK` of what is folded away
    """
    parts, similar = run.parts, also(run)
    limits = {
        **dict.fromkeys(parts, FIRST_ROWS),
        "similar": FIRST_WEAK,
        "rest": FIRST_WEAK,
        **(shown or {}),
    }
    at = {id(difference): place for place, difference in enumerate(run.differences)}
    return {
        "key": run.run_key,
        "a": {"label": run.label_a, "n": counted(run.n_a, "photo")},
        "b": {"label": run.label_b, "n": counted(run.n_b, "photo")},
        "found": len(run.significant),
        "how": " · ".join(part for part in (preset_of(run.config), ago(run.created, now)) if part),
        "answer": answer(run),
        "counts": found(run) if run.significant else "",
        "apart": f"{apart(run)} {named_together(run)}".rstrip(),
        "unnamed": unnamed(run),
        "looks": not hypotheses(run),
        "parts": {
            name: {
                "count": len(part),
                "more": max(0, len(part) - limits[name]),
                "rows": [
                    {
                        **difference_row(at[id(row)], row),
                        "also": similar.get(row.description, "") if row.leads else "",
                    }
                    for row in part[: limits[name]]
                ],
            }
            for name, part in parts.items()
        },
        "used": [line for line in used(run) if line not in (*run.notes, *left_out(run))],
        "left_out": [
            _left_out(line, skipped_item)
            for line, skipped_item in zip(left_out(run), run.skipped, strict=True)
        ],  # fmt: skip
        "notes": list(run.notes),
        "cost": _cost(run),
    }


def hypotheses(run: Run) -> list[str]:
    """Returns what a run checked; none where it looked for differences by itself."""
    known = run.record.get("hypotheses")
    if known is not None:
        return list(known)
    own = [row.description for row in run.differences if row.source == "user"]
    return [] if "proposer" in (run.record.get("stages") or {}) else own


def unnamed(run: Run) -> list[str]:
    """Ids of photos of the grid's dataset that no row explains; none where most is named."""
    if run.named is None or not much_unnamed(run):
        return []
    of_b = () if run.dataset_b else run.named["unnamed_b"]
    return [*run.named["unnamed_a"], *of_b]


def _cost(run: Run) -> str:
    """What another hypothesis costs, if a model is asked about images; empty otherwise."""
    ranker = (run.record.get("stages") or {}).get("ranker") or {}
    if not ranker.get("costs"):
        return ""
    return f"Testing it asks {ranker['name']} about up to {counted(run.n_a + run.n_b, 'photo')}."


def _left_out(line: str, skipped: Any) -> str:
    return f"{line} ({', '.join(skipped.examples)})" if skipped.examples else line


def difference_row(at: int, difference: Difference) -> dict[str, Any]:
    """Returns one row of a run's page; ``at`` is its place in the run."""
    auroc, (low, high), _, _ = decisive(difference)
    remarks = [chance(difference), "" if difference.held_out else "not held out"]
    remarks.append(_SOURCES["user"] if difference.source == "user" else "")
    remarks.append(remark(difference))
    if difference.significant and not difference.leads:
        remarks.append(f"like {difference.theme}")
    broad = difference.is_broad
    return {
        "at": at,
        "description": difference.description,
        "favors": difference.favors,
        "auroc": f"{auroc:.2f}" if broad and math.isfinite(auroc) else "–",
        "places": places(auroc, low, high) if broad else None,
        "strength": strength(difference) if difference.favors or broad else "",
        "shown_in": shown_in(difference) if difference.favors or broad else crossing(difference),
        "remarks": " · ".join(part for part in remarks if part),
        "verdict": difference.verdict,
        "noted": bool(difference.note),
    }


def difference_page(run: Run, at: int) -> dict[str, Any]:
    """Returns all that the page of a difference shows, except pictures.

    Raises:
        IndexError: if the run has no such row
    """
    difference = run.differences[at]
    broad = difference.is_broad
    return {
        **difference_row(at, difference),
        "key": run.run_key,
        "of": len(run.differences),
        "supported": difference.significant,
        "chip": chip(difference),
        "held_out": _held_out(difference),
        "source": _SOURCES.get(difference.source, f"proposed by {difference.source}"),
        "field": difference.field,
        "elsewhere": run.dataset_b,
        "evidence": _evidence(difference),
        "more": _more_numbers(difference),
        "control": control(difference),
        "counts": ", ".join(
            _share(difference, side, share)
            for side, share in (("a", difference.prevalence_a), ("b", difference.prevalence_b))
        ),
        "prevalence": [] if difference.favors is None and not broad else [
            {"side": side, "label": label, "said": _share(difference, side, share),
             "places": {"at": number(share) or 0.0}, "interval": _range(interval)}
            for side, label, share, interval in (
                ("a", run.label_a, difference.prevalence_a, difference.prevalence_a_interval),
                ("b", run.label_b, difference.prevalence_b, difference.prevalence_b_interval),
            )
        ],
        "threshold": number(difference.threshold),
        "histogram": histogram(difference),
        "strips": strips(run, difference),
        "tied": tied_said(difference),
        "middle": shown_in(difference) if has_medians(difference) else "",
        "counted": counted_as(difference),
        "merged": list(difference.merged),
        "replies": replies(run, difference),
        "note": difference.note,
    }  # fmt: skip


def _share(difference: Difference, side: str, share: float) -> str:
    """Returns how much of a set reaches the threshold, and how many photos that are."""
    n = counts(difference).get(side)
    return f"{percent(share)} of {side.upper()}" + (f", {n} photos" if n else "")


def _held_out(difference: Difference) -> str:
    """Whether proposers saw the evidence; empty for what was not proposed from images."""
    if difference.source in _SOURCES:
        return ""
    return "held out" if difference.held_out else "not held out"


def _evidence(difference: Difference) -> list[str]:
    """The numbers in words, most important first."""
    auroc, (low, high), _, _ = decisive(difference)
    side, share = ("B", 1 - auroc) if auroc < 0.5 else ("A", auroc)
    ends = (1 - high, 1 - low) if auroc < 0.5 else (low, high)
    lines = []
    if "crossing" in difference.supported_as:
        lines.append(f"Opposite ways by {difference.strata_of}: {crossing(difference)}.")
    if not difference.is_broad:
        lines.append(f"{strength(difference)}.")
    elif math.isfinite(auroc):
        at_once = ", for all rows at once" if difference.auroc_interval_simultaneous else ""
        lines.append(
            f"Pick one photo from each set: in {percent(share)} of cases the one from {side} shows "
            f"it more. How sure: {_range(ends)} (95% interval{at_once}), "
            f"{strength(difference)}."
        )
    corrected = difference.q_value is not None
    lines.append(
        f"{chance(difference)}, "
        + ("corrected for all candidates that were tested." if corrected else "not corrected.")
    )
    lines.append(f"Based on {evidence(difference)}.")
    if difference.where:
        lines.append(f"Where it holds, AUROC {where(difference)}.")
    if not difference.significant:
        said = remark(difference)
        lines.append(f"Not supported: {said}." if said else "Not supported.")
    if difference.gain is not None:
        lines.append(
            f"It explains {percent(difference.gain)} more of what sets A and B apart than the rows "
            "above it do."
        )
    return lines


def _more_numbers(difference: Difference) -> list[str]:
    lines = [f"p = {difference.p_value:.2g}, AUROC on all photos {difference.auroc_all:.3f}"]
    lines.append(f"mean score {difference.mean_a:.3g} in A, {difference.mean_b:.3g} in B")
    if difference.welch_t is not None and difference.welch_p is not None:
        lines.append(f"Welch's t = {difference.welch_t:.2f}, p = {difference.welch_p:.2g}")
    if difference.n_units is not None and difference.n_units != difference.n_a + difference.n_b:
        lines.append(f"{difference.n_units} independent units (clusters or pairs of photos)")
    if difference.measure:
        lines.append(f"measured as {difference.measure}")
    if difference.field:
        lines.append(f"scores in {difference.field}")
    return lines


def places(auroc: float, low: float, high: float) -> dict[str, float]:
    """Returns an AUROC and its interval as shares of a scale; the middle where there is none."""
    values = {"at": auroc, "low": low, "high": high}
    return {
        name: min(1.0, max(0.0, value)) if math.isfinite(value) else 0.5
        for name, value in values.items()
    }


def number(value: Any) -> float | None:
    """Returns a finite number as it is, anything else as None."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def _range(ends: Sequence[float]) -> str:
    low, high = ends
    return f"{percent(low)} to {percent(high)}"


def ago(created: Any, now: datetime) -> str:
    """Returns how long ago a time was, or its date after a week."""
    try:
        then = datetime.fromisoformat(str(created))
    except ValueError:
        return ""
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = max(0.0, (now - then).total_seconds())
    for unit, length, most in (("minute", 60, 60), ("hour", 3600, 24), ("day", 86400, 7)):
        count = int(seconds // length)
        if count < most:
            if unit == "minute" and count < 1:
                return "just now"
            return f"{counted(count, unit)} ago"
    return f"{then:%b} {then.day}, {then.year}"
