"""What a run used and skipped, in words; pure."""

from __future__ import annotations

from ..numerals import counted
from ..results.run import Run
from ..results.text import consumed

_KINDS = ("captioner", "encoder", "proposer", "ranker", "engine")


def used(run: Run) -> list[str]:
    """Returns a line for everything that a reader needs to judge a run, or to repeat it."""
    lines = ["Held out: the evidence comes from photos that no proposer saw."] * run.held_out
    stages = run.record.get("stages") or {}
    for kind in _KINDS:
        if stages.get(kind):
            lines.append(f"{kind}: {stages[kind]['name']}{_model(stages[kind])}")
    for kind, counts in run.reused.items():
        lines.append(f"{kind}: {counts['reused']} reused, {counts['computed']} computed")
    lines += left_out(run)
    lines += consumed(run)
    lines.append(f"created {run.created or 'at an unknown time'}, name {run.run_key}, "
                 f"dataset {run.dataset}, seed {run.record.get('seed', 0)}")  # fmt: skip
    return lines + list(run.notes)


def left_out(run: Run) -> list[str]:
    """Returns what was skipped, with reasons."""
    return [
        f"skipped {counted(skipped_item.count, skipped_item.what)}: {skipped_item.reason}"
        for skipped_item in run.skipped
    ]


def _model(stage: dict[str, object]) -> str:
    parameters = stage.get("parameters")
    model = parameters.get("model") if isinstance(parameters, dict) else None
    return f" ({model})" if model and str(model) not in str(stage.get("name")) else ""
