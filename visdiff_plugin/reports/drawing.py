"""Small drawings as SVG: an interval on a scale, a histogram of two sets; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..results.difference import Difference
from ..results.wording import decisive

_WIDTH, _HEIGHT = 300, 90


def interval(difference: Difference) -> str:
    """Draws an AUROC with its 95% interval between 0 (truer of B) and 1 (truer of A)."""
    auroc, (low, high), _, _ = decisive(difference)
    x, left, right = (_place(value) for value in (auroc, low, high))
    side = difference.favors or "none"
    return (
        f'<svg class="interval {side}" viewBox="0 0 {_WIDTH} 18" role="img" '
        f'aria-label="AUROC {auroc:.2f}, from {low:.2f} to {high:.2f}">'
        f'<line class="scale" x1="{_place(0)}" x2="{_place(1)}" y1="9" y2="9"/>'
        f'<line class="middle" x1="{_place(0.5)}" x2="{_place(0.5)}" y1="2" y2="16"/>'
        f'<line class="bar" x1="{left}" x2="{right}" y1="9" y2="9"/>'
        f'<circle class="point" cx="{x}" cy="9" r="4.5"/>'
        f'<text x="0" y="13">B</text><text x="{_WIDTH}" y="13" text-anchor="end">A</text></svg>'
    )


def histogram(difference: Difference) -> str:
    """Draws the scores of A and of B as shares of each set, and the threshold; may be empty."""
    stored = difference.histogram
    if not stored or not sum(stored["a"]) or not sum(stored["b"]):
        return ""
    shares = {side: [n / sum(stored[side]) for n in stored[side]] for side in ("a", "b")}
    most = max(max(shares["a"]), max(shares["b"]))
    edges = stored["edges"]
    bars = "".join(_bars(side, shares[side], edges, most) for side in ("b", "a"))
    return (
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT + 16}" role="img" '
        f'aria-label="Scores of A and of B">{bars}{_threshold(difference, stored)}'
        f'<text x="0" y="{_HEIGHT + 13}">{edges[0]:.3g}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 13}" text-anchor="end">{edges[-1]:.3g}</text></svg>'
    )


def _bars(side: str, shares: list[float], edges: list[float], most: float) -> str:
    width = edges[-1] - edges[0]
    drawn = []
    for share, left, right in zip(shares, edges, edges[1:], strict=False):
        if share:
            x, w = (left - edges[0]) / width * _WIDTH, (right - left) / width * _WIDTH
            h = share / most * (_HEIGHT - 4)
            drawn.append(f'<rect x="{x:.1f}" y="{_HEIGHT - h:.1f}" width="{w:.1f}" '
                         f'height="{h:.1f}"/>')  # fmt: skip
    return f'<g class="{side}">{"".join(drawn)}</g>'


def _threshold(difference: Difference, stored: Mapping[str, Any]) -> str:
    low, high = stored["edges"][0], stored["edges"][-1]
    if not low <= difference.threshold <= high:
        return ""
    x = round((difference.threshold - low) / (high - low) * _WIDTH, 1)
    return f'<line class="threshold" x1="{x}" x2="{x}" y1="0" y2="{_HEIGHT}"/>'


def _place(value: float) -> float:
    return round(16 + value * (_WIDTH - 32), 1)
