"""Judges what a plan found and writes tables, JSON and pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .judgments import Judgments
from .plan import Plan
from .plots import plot_curve
from .results import questions, rows_of
from .runner import Runner
from .show import sweep_text


def write_report(plan: Plan, runner: Runner, judgments: Judgments) -> str:
    """Writes ``table.md``, ``results.json`` and a picture a curve beside the finished cells.

    Args:
        plan: what was to be measured
        runner: holds what is finished
        judgments: scores of the answers

    Returns:
        the tables

    Raises:
        EvaluationError: if an answer can't be judged
    """
    judgments.ask(questions(plan, runner.cells))
    texts, sweeps = [], []
    for sweep in plan.sweeps:
        rows = rows_of(plan, sweep, runner.cells, judgments)
        texts.append(sweep_text(sweep, rows))
        sweeps.append({"name": sweep.name, "rows": [row.to_dict() for row in rows]})
        for kind in ("purity", "concentration"):
            plot_curve(rows, kind, sweep.name, runner.folder / f"{kind}-{_slug(sweep.name)}.png")
    text = "\n\n".join([*texts, _footnotes(runner, judgments)]) + "\n"
    (runner.folder / "table.md").write_text(text, encoding="utf-8")
    data: dict[str, Any] = {
        "judge": judgments.label,
        "judge_usage": vars(judgments.usage),
        "seeds": list(plan.seeds),
        "sweeps": sweeps,
        "failures": runner.failures,
        "images_left_out": {name: len(lost) for name, lost in runner.known.missing.items()},
        "seconds_for_what_is_known_of_images": runner.known.seconds,
    }
    _write_whole(runner.folder / "results.json", json.dumps(data, indent=1, allow_nan=False))
    return text


def _footnotes(runner: Runner, judgments: Judgments) -> str:
    lines = [f"Judge: {judgments.label}."]
    if judgments.label.startswith("words"):
        what = "words and meanings" if " + " in judgments.label else "words"
        lines[0] += f" It compares {what} and is weak: read its scores beside each other only."
    for name, lost in runner.known.missing.items():
        if lost:
            lines.append(f"{len(lost)} images without {name}, such as {min(lost)}.")
    for name, value in runner.known.seconds.items():
        lines.append(f"{name}: {value:.1f} s.")
    for what, why in runner.failures.items():
        lines.append(f"Failed: {what}: {why}")
    return "\n".join(lines)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "sweep"


def _write_whole(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)
