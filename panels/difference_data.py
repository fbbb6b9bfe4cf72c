"""What the page of a difference draws and quotes: histogram, photos, replies; pure, JSON-safe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from visdiff_plugin.numerals import percent
from visdiff_plugin.results.difference import Difference
from visdiff_plugin.results.run import Run


def histogram(difference: Difference) -> dict[str, Any] | None:
    """Returns bars as shares of each set, and how many images score at or above each edge."""
    bars = difference.histogram
    if not bars or not bars.get("edges"):
        return None
    sides = {}
    for side in ("a", "b"):
        counts = [int(count) for count in bars[side]]
        total = sum(counts)
        sides[side] = {
            "n": total,
            "shares": [count / total if total else 0.0 for count in counts],
            "over": [sum(counts[place:]) for place in range(len(counts) + 1)],
        }
    return {"edges": [float(edge) for edge in bars["edges"]], **sides}


def over(bars: Mapping[str, Any], threshold: float) -> str:
    """Returns in words how many images score at or above a threshold.

    Exact at an edge of the histogram; between two edges, a bar counts in proportion.
    """
    exact = any(math.isclose(threshold, edge) for edge in bars["edges"])
    parts = []
    for side in ("a", "b"):
        count, n = _over(bars["edges"], bars[side]["over"], threshold), bars[side]["n"]
        shown = percent(count / n) if n else "none"
        parts.append(f"{shown} of {side.upper()} ({'' if exact else 'about '}{count:.0f})")
    return ", ".join(parts)


def _over(edges: list[float], counts: list[int], threshold: float) -> float:
    if threshold <= edges[0]:
        return float(counts[0])
    for place, (low, high) in enumerate(zip(edges, edges[1:], strict=False)):
        if low <= threshold < high:
            inside = (threshold - low) / (high - low)
            return counts[place] + (counts[place + 1] - counts[place]) * inside
    return 0.0


def strips(run: Run, difference: Difference) -> list[dict[str, Any]]:
    """Returns which images to show: those that show it best, and those that contradict it.

    ``elsewhere`` names their dataset if it is not the run's own.
    """
    favored, other = ("b", "a") if difference.favors == "b" else ("a", "b")
    labels = {"a": run.label_a, "b": run.label_b}
    ends = (
        (f"high_{favored}", favored, "Photos that show it best"),
        (f"high_{other}", other, f"{other.upper()} photos that show it anyway"),
        (f"low_{favored}", favored, f"{favored.upper()} photos that don't show it"),
        (f"low_{other}", other, "Photos that show it least"),
    )
    return [
        {
            "end": end,
            "side": side,
            "label": labels[side],
            "said": said,
            "ids": list(difference.examples[end]),
            "elsewhere": run.dataset_b if side == "b" else "",
        }
        for end, side, said in ends
        if difference.examples.get(end)
    ]


def replies(run: Run, difference: Difference) -> list[dict[str, Any]]:
    """Returns the replies of proposers that named the difference, or what was merged into it."""
    wanted = {_same(text) for text in (difference.description, *difference.merged)}
    quoted = []
    for place, asked in enumerate(run.record.get("rounds") or (), 1):
        said = [text for text in asked.get("proposals") or () if _same(text) in wanted]
        if said:
            side = str(asked.get("side")).upper()
            who = f"{asked.get('proposer')}, round {place}, asked what is truer of {side}"
            quoted.append({"who": who, "said": said, "reply": str(asked.get("reply") or "")})
    return quoted


def _same(text: str) -> str:
    return " ".join(str(text).lower().split()).strip(" .")
