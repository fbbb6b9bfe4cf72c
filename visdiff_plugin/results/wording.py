"""Numbers and answers in words, the same in reports, in the App and in text; pure."""

from __future__ import annotations

from ..numerals import counted, percent, small
from .difference import Difference
from .run import Run


def answer(run: Run) -> str:
    """Returns the answer of a run in one sentence."""
    n, of = len(run.significant), len(run.differences)
    if not n:
        return f"No difference found: none of {of} candidates is supported."
    return f"{counted(n, 'difference')} supported, of {counted(of, 'candidate')}."


def apart(run: Run) -> str:
    """Returns in one sentence whether the sets differ at all, in words or not."""
    separability = run.separability
    if separability is None:
        return (
            "Whether the sets differ at all was not tested: that takes embeddings or measured "
            "properties, and enough independent photos."
        )
    sign = "<=" if separability["p_value"] <= 1 / (separability["permutations"] + 1) else "="
    told = "tells them apart" if separability["p_value"] <= 0.05 else "cannot tell them apart"
    return (
        f"A linear classifier on {separability['features']} {told}: "
        f"AUROC {separability['auroc']:.2f}, p {sign} {separability['p_value']:.2g}."
    )


def decisive(difference: Difference) -> tuple[float, tuple[float, float], float, float | None]:
    """Returns the AUROC, interval, p and q that decide: with controls, if there are any."""
    if difference.auroc_controlled is not None and difference.auroc_controlled_interval is not None:
        p = difference.p_value if difference.p_controlled is None else difference.p_controlled
        return (
            difference.auroc_controlled,
            difference.auroc_controlled_interval,
            p,
            difference.q_controlled,
        )
    return difference.auroc, difference.auroc_interval, difference.p_value, difference.q_value


def shown_in(difference: Difference) -> str:
    """Returns how often it shows: ``in 34% of A, 9% of B``."""
    return f"in {percent(difference.prevalence_a)} of A, {percent(difference.prevalence_b)} of B"


def chance(difference: Difference) -> str:
    """Returns q, or p if the run does not correct: ``q = 0.012``."""
    _, _, p, q = decisive(difference)
    return f"p = {small(p)}" if q is None else f"q = {small(q)}"


def strength(difference: Difference) -> str:
    """Returns the AUROC with its interval: ``AUROC 0.67 [0.63, 0.71]``."""
    auroc, (low, high), _, _ = decisive(difference)
    return f"AUROC {auroc:.2f} [{low:.2f}, {high:.2f}]"


def evidence(difference: Difference) -> str:
    """Returns where the evidence comes from, in words."""
    source = "photos that no proposer saw" if difference.held_out else "all photos"
    if difference.source in ("property", "label", "user"):
        source = "tested on all photos"
    return f"{difference.n_a} photos of A and {difference.n_b} of B ({source})"


#: verdict of control -> in few words, and as a sentence
CONTROL = {
    "holds": ("", "it holds among photos with the same controlled values"),
    "explained": ("explained by what was controlled for",) * 2,
    "undecided": (
        "undecided under control",
        "too few comparable photos to tell whether it still holds",
    ),
    "incomparable": (
        "nothing comparable under control",
        "no controlled group has photos of both sets",
    ),
}


def control_remark(difference: Difference) -> str:
    """Returns in a few words what control says against it; empty if nothing."""
    return CONTROL.get(difference.control, ("", ""))[0]


def control(difference: Difference) -> str:
    """Returns what control says about it; empty if nothing was controlled for."""
    if difference.auroc_controlled is None and difference.control != "incomparable":
        return ""
    _, said = CONTROL.get(difference.control, ("", ""))
    if not said or difference.auroc_controlled is None:
        return said
    with_and_without = f"{difference.auroc:.2f} without, {difference.auroc_controlled:.2f} with"
    return f"{said} (AUROC {with_and_without} control)"
