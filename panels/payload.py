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
    answer,
    apart,
    chance,
    control,
    control_remark,
    decisive,
    evidence,
    shown_in,
    strength,
)

from .difference_data import histogram, replies, strips

#: rows of one side, or of a list, that are sent before "more" is asked for
FIRST_ROWS = 20
#: of what is not supported, and folded away
FIRST_WEAK = 10

#: of what made a candidate, in words
_SOURCES = {
    "property": "measured on the images",
    "label": "counted from labels",
    "user": "your own hypothesis",
}


def runs_page(
    headers: Sequence[Mapping[str, Any]], now: datetime, shown: int = FIRST_ROWS
) -> dict[str, Any]:
    """Returns the list of runs, newest first.

    Args:
        headers: of all runs, as `records.list_headers` returns them
        now: the time that ages are told from
        shown (FIRST_ROWS): runs that are listed
    """
    newest = sorted(headers, key=lambda one: str(one.get("created") or ""), reverse=True)
    return {
        "count": len(newest),
        "more": max(0, len(newest) - shown),
        "runs": [_run_row(one, now) for one in newest[:shown]],
    }


def _run_row(header: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    finished = header.get("state") != "writing"
    found, of = int(header.get("n_significant") or 0), int(header.get("n_differences") or 0)
    said = counted(found, "difference") if found else "no difference found"
    how = [header.get("preset"), ago(header.get("created"), now), f"of {counted(of, 'candidate')}"]
    return {
        "key": str(header["run_key"]),
        "a": str(header.get("label_a") or "?"),
        "b": str(header.get("label_b") or "?"),
        "n_a": counted(int(header.get("n_a") or 0), "image"),
        "n_b": counted(int(header.get("n_b") or 0), "image"),
        "finished": finished,
        "found": found if finished else 0,
        "answer": said if finished else "was stopped while it was written",
        "how": " · ".join(str(one) for one in how if one),
    }


def run_page(
    run: Run, now: datetime, shown: Mapping[str, int] | None = None
) -> dict[str, Any]:  # fmt: skip
    """Returns all that the page of a run shows.

    Args:
        run: a run
        now: the time that its age is told from
        shown (None): rows of ``"a"``, ``"b"`` and ``"rest"`` to show; `FIRST_ROWS` and
            `FIRST_WEAK`
    """
    limits = {"a": FIRST_ROWS, "b": FIRST_ROWS, "rest": FIRST_WEAK, **(shown or {})}
    rows = list(enumerate(run.differences))
    parts = {
        side: [(at, one) for at, one in rows if one.significant and one.favors == side]
        for side in ("a", "b")
    }
    parts["rest"] = [(at, one) for at, one in rows if not one.significant]
    return {
        "key": run.run_key,
        "a": {"label": run.label_a, "n": counted(run.n_a, "image")},
        "b": {"label": run.label_b, "n": counted(run.n_b, "image")},
        "found": len(run.significant),
        "how": " · ".join(part for part in (preset_of(run.config), ago(run.created, now)) if part),
        "answer": answer(run),
        "apart": apart(run),
        "parts": {
            name: {
                "count": len(part),
                "more": max(0, len(part) - limits[name]),
                "rows": [difference_row(at, one) for at, one in part[: limits[name]]],
            }
            for name, part in parts.items()
        },
        "used": [line for line in used(run) if line not in (*run.notes, *left_out(run))],
        "left_out": [
            _left_out(line, one) for line, one in zip(left_out(run), run.skipped, strict=True)
        ],  # fmt: skip
        "notes": list(run.notes),
        "cost": _cost(run),
    }


def _cost(run: Run) -> str:
    """What one more hypothesis costs, where a model is asked about images; else empty."""
    ranker = (run.record.get("stages") or {}).get("ranker") or {}
    if not ranker.get("costs"):
        return ""
    return (
        f"To score it, {ranker['name']} is asked about up to {counted(run.n_a + run.n_b, 'image')}."
    )


def _left_out(line: str, one: Any) -> str:
    return f"{line} ({', '.join(one.examples)})" if one.examples else line


def difference_row(at: int, one: Difference) -> dict[str, Any]:
    """Returns one row of a run's page; ``at`` is its place in the run."""
    auroc, (low, high), _, _ = decisive(one)
    remarks = [chance(one), "" if one.held_out else "not held out"]
    remarks.append(_SOURCES["user"] if one.source == "user" else "")
    remarks.append(control_remark(one))
    return {
        "at": at,
        "description": one.description,
        "favors": one.favors,
        "auroc": f"{auroc:.2f}" if math.isfinite(auroc) else "–",
        "places": places(auroc, low, high),
        "strength": strength(one),
        "shown_in": shown_in(one),
        "remarks": " · ".join(part for part in remarks if part),
        "verdict": one.verdict,
        "noted": bool(one.note),
    }


def difference_page(run: Run, at: int) -> dict[str, Any]:
    """Returns all that the page of a difference shows, but for pictures.

    Raises:
        IndexError: if the run has no such row
    """
    one = run.differences[at]
    return {
        **difference_row(at, one),
        "key": run.run_key,
        "of": len(run.differences),
        "supported": one.significant,
        "held_out": _held_out(one),
        "source": _SOURCES.get(one.source, f"proposed by {one.source}"),
        "field": one.field,
        "elsewhere": run.dataset_b,
        "evidence": _evidence(run, one),
        "more": _more_numbers(one),
        "control": control(one),
        "prevalence": [
            {"side": side, "label": label, "said": f"{percent(share)} of {side.upper()}",
             "places": {"at": number(share) or 0.0}, "interval": _range(interval)}
            for side, label, share, interval in (
                ("a", run.label_a, one.prevalence_a, one.prevalence_a_interval),
                ("b", run.label_b, one.prevalence_b, one.prevalence_b_interval),
            )
        ],
        "threshold": number(one.threshold),
        "histogram": histogram(one),
        "strips": strips(run, one),
        "merged": list(one.merged),
        "replies": replies(run, one),
        "note": one.note,
    }  # fmt: skip


def _held_out(one: Difference) -> str:
    """Whether proposers saw the evidence; empty for what nobody proposed from images."""
    if one.source in _SOURCES:
        return ""
    return "held out" if one.held_out else "not held out"


def _evidence(run: Run, one: Difference) -> list[str]:
    """The numbers in words, most important first."""
    auroc, (low, high), _, _ = decisive(one)
    side, other, share = ("B", "A", 1 - auroc) if auroc < 0.5 else ("A", "B", auroc)
    ends = (1 - high, 1 - low) if auroc < 0.5 else (low, high)
    lines = []
    if math.isfinite(auroc):
        lines.append(
            f"Of one image of {side} and one of {other}, that of {side} shows it more in "
            f"{percent(share)} of all pairs (95% interval {_range(ends)}): {strength(one)}."
        )
    corrected = one.q_value is not None
    lines.append(
        f"{chance(one)}, "
        + ("corrected for all candidates of the run." if corrected else "not corrected.")
    )
    lines.append(f"From {evidence(one)}.")
    if not one.significant:
        lines.append(_why_not(run, one))
    if one.gain is not None:
        lines.append(f"It explains {percent(one.gain)} more of what sets A and B apart than the "
                     "rows above it.")  # fmt: skip
    return lines


def _why_not(run: Run, one: Difference) -> str:
    auroc, _, p, q = decisive(one)
    alpha, least = run.config.get("alpha", 0.05), run.config.get("min_effect", 0.55)
    tested = p if q is None else q
    if tested > alpha:
        return f"Not supported: chance alone would do it too easily (over {alpha:g})."
    if max(auroc, 1 - auroc) < least:
        return f"Not supported: smaller than the smallest effect that counts (AUROC {least:g})."
    return "Not supported for the side it was asked for, or not under control."


def _more_numbers(one: Difference) -> list[str]:
    lines = [f"p = {one.p_value:.2g}, AUROC over all images {one.auroc_all:.3f}"]
    lines.append(f"mean score {one.mean_a:.3g} in A, {one.mean_b:.3g} in B")
    if one.welch_t is not None and one.welch_p is not None:
        lines.append(f"Welch's t = {one.welch_t:.2f}, p = {one.welch_p:.2g}")
    if one.n_units is not None and one.n_units != one.n_a + one.n_b:
        lines.append(f"{one.n_units} independent witnesses (clusters or pairs of images)")
    if one.measure:
        lines.append(f"measured: {one.measure}")
    if one.field:
        lines.append(f"scores: {one.field}")
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
    """Returns how long ago a time was, or its date where that is over a week."""
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
    return f"{then.day} {then:%b %Y}"
