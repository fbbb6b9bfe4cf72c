"""Curves over purity or concentration, as pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..errors import DependencyError
from .results import Row

_LABELS = {
    "purity": "purity (at 0 both sets are the same mixture)",
    "concentration": "share of A that shows the difference",
}
#: told apart by color-blind readers and in gray (Okabe and Ito 2008)
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def plot_curve(rows: Sequence[Row], kind: str, title: str, path: str | os.PathLike[str]) -> bool:
    """Draws Acc@5 (dashed: supported answers alone) and how many comparisons report anything.

    Args:
        rows: of one sweep
        kind: ``"purity"`` or ``"concentration"``
        title: above the picture
        path: where the picture goes

    Returns:
        whether there was anything to draw

    Raises:
        DependencyError: without matplotlib
    """
    own = [row for row in rows if row.change.kind == kind and not row.group]
    if not own:
        return False
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DependencyError(
            "Plots need the package 'matplotlib', which is not installed.",
            "Run: pip install matplotlib",
        ) from error
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True)
    for number, variant in enumerate(dict.fromkeys(row.variant for row in own)):
        line = sorted(
            (row for row in own if row.variant == variant), key=lambda row: row.change.level
        )
        color = _COLORS[number % len(_COLORS)]
        _draw(axes[0], line, [row.acc5 for row in line], variant, color, number)
        levels = [(row.change.level, row.acc5_supported) for row in line if row.acc5_supported]
        axes[0].plot(
            [level for level, _ in levels],
            [value[0] for _, value in levels],
            color=color,
            linestyle="--",
        )
        _draw(axes[1], line, [row.reporting for row in line], variant, color, number)
    labels = ("Acc@5 (dashed: supported answers alone)", "share that report anything")
    for axis, label in zip(axes, labels, strict=True):
        axis.set(xlabel=_LABELS[kind], ylabel=label, ylim=(-0.03, 1.03), xlim=(-0.04, 1.04))
        axis.grid(alpha=0.3)
    if kind == "purity":
        axes[1].axhline(0.05, color="0.4", linestyle=":", linewidth=1)
        axes[1].annotate(".05", (1.0, 0.06), color="0.4", ha="right", fontsize=8)
    axes[0].legend(loc="upper left", fontsize=8)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    return True


def _draw(
    axis: Any, rows: Sequence[Row], values: Sequence[Any], label: str, color: str, number: int
) -> None:
    points = [
        (row.change.level, *value)
        for row, value in zip(rows, values, strict=True)
        if value is not None
    ]
    if not points:
        return
    x, y, low, high = zip(*points, strict=True)
    # a little aside, so that intervals of several variants stay apart
    places = [position + 0.008 * number for position in x]
    around = [
        [max(0.0, height - other) for height, other in zip(y, low, strict=True)],
        [max(0.0, other - bar) for bar, other in zip(y, high, strict=True)],
    ]
    axis.errorbar(
        places, y, yerr=around, label=label, color=color, capsize=2, linewidth=1.5,
        marker="osD^vPX"[number % 7], markersize=4,
    )  # fmt: skip
