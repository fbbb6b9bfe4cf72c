"""Plots of the panel as Plotly data; grounds, grids and letters take the App's colors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._styles import COLOR_A, COLOR_B

_COLORS = {"a": COLOR_A, "b": COLOR_B}


def histogram(bars: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    """Returns the scores of A and of B over each other, as shares of each set, and the threshold.

    Args:
        bars: as `difference_data.histogram` returns them
        threshold: where the line stands
    """
    edges = bars["edges"]
    middles = [(low + high) / 2 for low, high in zip(edges, edges[1:], strict=False)]
    widths = [high - low for low, high in zip(edges, edges[1:], strict=False)]
    data = [
        {
            "type": "bar",
            "name": side.upper(),
            "x": middles,
            "y": [share * 100 for share in bars[side]["shares"]],
            "width": widths,
            "marker": {"color": _COLORS[side], "line": {"width": 0}},
            "opacity": 0.6,
            "hovertemplate": f"%{{y:.1f}}% of {side.upper()}<extra></extra>",
        }
        for side in ("b", "a")
    ]
    layout = {
        "barmode": "overlay",
        "bargap": 0,
        "dragmode": False,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.12, "bgcolor": "#0000"},
        "paper_bgcolor": "#0000",
        "plot_bgcolor": "#0000",
        "margin": {"t": 14, "l": 44, "r": 8, "b": 38},
        "hovermode": "x",
        "font": {"size": 11},
        "xaxis": {
            "title": {"text": "score", "font": {"size": 11}},
            "range": [min(edges[0], threshold), max(edges[-1], threshold)],
            "zeroline": False,
            "showgrid": False,
        },
        "yaxis": {
            "title": {"text": "% of the set", "font": {"size": 11}},
            "zeroline": False,
            "nticks": 4,
        },
        "shapes": [
            {
                "type": "line", "x0": threshold, "x1": threshold, "y0": 0, "y1": 1,
                "yref": "paper", "line": {"color": "#8a8f98", "width": 2, "dash": "dot"},
            }
        ],
    }  # fmt: skip
    config = {"scrollZoom": False, "displayModeBar": False, "responsive": True}
    return {"data": data, "layout": layout, "config": config}
