"""How numbers and answers are put into words, the same in reports, in the App and in text; pure."""

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
    """Returns in one sentence whether the sets differ at all, before any words."""
    found = run.separability
    if found is None:
        return (
            "Whether they differ at all was not tested: no embeddings or measured properties, or "
            "too few independent images."
        )
    sign = "<=" if found["p_value"] <= 1 / (found["permutations"] + 1) else "="
    told = "tells them apart" if found["p_value"] <= 0.05 else "can not tell them apart"
    return (
        f"A linear classifier on {found['features']} {told}: AUROC {found['auroc']:.2f}, "
        f"p {sign} {found['p_value']:.2g}."
    )


def decisive(one: Difference) -> tuple[float, tuple[float, float], float, float | None]:
    """Returns the AUROC, interval, p and q that decide: those under control, where there is any."""
    if one.auroc_controlled is not None and one.auroc_controlled_interval is not None:
        p = one.p_value if one.p_controlled is None else one.p_controlled
        return one.auroc_controlled, one.auroc_controlled_interval, p, one.q_controlled
    return one.auroc, one.auroc_interval, one.p_value, one.q_value


def shown_in(one: Difference) -> str:
    """Returns how often it shows: ``in 34% of A, 9% of B``."""
    return f"in {percent(one.prevalence_a)} of A, {percent(one.prevalence_b)} of B"


def chance(one: Difference) -> str:
    """Returns q, or p where the run does not correct: ``q = 0.012``."""
    _, _, p, q = decisive(one)
    return f"p = {small(p)}" if q is None else f"q = {small(q)}"


def strength(one: Difference) -> str:
    """Returns the AUROC with its interval: ``AUROC 0.67 [0.63, 0.71]``."""
    auroc, (low, high), _, _ = decisive(one)
    return f"AUROC {auroc:.2f} [{low:.2f}, {high:.2f}]"


def evidence(one: Difference) -> str:
    """Returns where the evidence comes from, in words."""
    source = "images that no proposer saw" if one.held_out else "all images"
    if one.source in ("property", "label", "user"):
        source = "all images: it was not proposed from them"
    return f"{one.n_a} images of A and {one.n_b} of B ({source})"


#: verdict of control -> in few words, and as a sentence
CONTROL = {
    "holds": ("", "it holds among images that agree in what was controlled for"),
    "explained": ("explained by what was controlled for",) * 2,
    "undecided": (
        "undecided under control",
        "too few comparable images to tell whether it holds under control",
    ),
    "incomparable": (
        "nothing comparable under control",
        "no group of what was controlled for holds images of both sets",
    ),
}


def control_remark(one: Difference) -> str:
    """Returns in few words what control speaks against; empty where it does not."""
    return CONTROL.get(one.control, ("", ""))[0]


def control(one: Difference) -> str:
    """Returns what control says of it; empty where nothing was controlled for."""
    if one.auroc_controlled is None and one.control != "incomparable":
        return ""
    _, said = CONTROL.get(one.control, ("", ""))
    if not said or one.auroc_controlled is None:
        return said
    return f"{said} (AUROC {one.auroc:.2f} without, {one.auroc_controlled:.2f} with control)"
