"""A run as text; pure."""

from __future__ import annotations

from collections.abc import Sequence

from .results import Difference, Run

_WIDTH = 44


def summary(run: Run, limit: int = 10) -> str:
    """Returns the answer of a run as text.

    Args:
        run: a run
        limit (10): rows of each table
    """
    lines = [
        f"A: {run.label_a} ({run.n_a} images)   B: {run.label_b} ({run.n_b} images)",
        _answer(run),
    ]
    if run.significant:
        lines += ["", *table(run.significant[:limit]), *_more(run.significant, limit)]
    unsupported = [one for one in run.differences if not one.significant]
    if unsupported:
        lines += ["", f"Not supported ({len(unsupported)}), the strongest:"]
        lines += table(unsupported[: min(3, limit)])
    lines += _footnotes(run)
    return "\n".join(lines)


def table(differences: Sequence[Difference]) -> list[str]:
    """Returns differences as aligned lines with a heading."""
    heading = f"{'description':<{_WIDTH}} favors  AUROC [95%]        in A   in B   q"
    return [heading, "-" * (len(heading) + 6), *(_line(one) for one in differences)]


def _answer(run: Run) -> str:
    n = len(run.significant)
    if not n:
        return f"No difference found: none of {len(run.differences)} candidates is supported."
    noun = "difference" if n == 1 else "differences"
    return f"{n} {noun} supported, of {len(run.differences)} candidates."


def _line(one: Difference) -> str:
    text = one.description
    text = text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
    low, high = one.auroc_interval
    chance = one.p_value if one.q_value is None else one.q_value
    mark = "p " if one.q_value is None else ""
    return (
        f"{text:<{_WIDTH}} {(one.favors or '-').upper():<7} "
        f"{one.auroc:.3f} [{low:.3f}, {high:.3f}]  "
        f"{one.prevalence_a:4.0%}   {one.prevalence_b:4.0%}   {mark}{chance:.2g}"
    )


def _more(differences: Sequence[Difference], limit: int) -> list[str]:
    left = len(differences) - limit
    return [f"... and {left} more: run.to_pandas()"] if left > 0 else []


def _footnotes(run: Run) -> list[str]:
    lines = [""]
    if run.held_out:
        lines.append("Held out: the evidence comes from images that no proposer saw.")
    for kind, counts in run.reused.items():
        lines.append(f"{kind}: {counts['reused']} reused, {counts['computed']} computed.")
    for one in run.skipped:
        lines.append(f"Left out: {one.count} {one.what}{'' if one.count == 1 else 's'}: "
                     f"{one.reason}.")  # fmt: skip
    if run.fields:
        lines.append(f"Scores: {len(run.fields)} fields in {run.run_key!r}.")
    return lines + list(run.notes)
