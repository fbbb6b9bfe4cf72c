"""Numbers and answers in words, the same in reports, in the App and in text; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ..numerals import counted, part, percent, small
from .difference import Difference
from .run import Run

#: parts of a run beside those of A and of B -> what they are called
PARTS: Mapping[str, str] = {
    "look": "How the pictures look",
    "file": "How the files differ",
    "few": "Small groups",
    "crossing": "Opposite ways",
    "similar": "Similar to the above",
    "rest": "Not supported",
}
#: of these, what they hold, in a sentence
ABOUT_PARTS = {
    "few": "Few photos of one set show it, and hardly any of the other.",
    "crossing": "Within some groups it is truer of A, within others of B.",
    "similar": "These mean the same as a row above, or a special case of it.",
}
#: rows of each set that the answer names, and of what goes opposite ways; groups of either kind
_NAMED = 2


def answer(run: Run, named: Callable[[str], str] = str) -> str:
    """Returns the answer of a run in a sentence or two, true to its shares.

    Of each set it names the first themes of the first kind that there is: what is shown, then
    labels, looks and files.

    Args:
        run: a run
        named (str): how the names of differences are written, for markup
    """
    if not run.significant:
        return f"No difference found: none of {len(run.differences)} candidates is supported."
    leads = [theme.lead for theme in run.themes]
    broad = [row for row in leads if row.is_broad]
    clauses: list[str] = []
    verb = ""
    for side in ("a", "b"):
        own = [row for row in broad if row.favors == side]
        first = [row for row in own if row.kind == own[0].kind][:_NAMED]
        if first:
            before, verb = verb, "has" if first[0].kind in ("look", "file") else "shows more"
            said = " and ".join(f"{named(row.description)} ({_against(row)})" for row in first)
            again = "more" if (before, verb) == ("shows more", "shows more") else verb
            clauses.append(f"{side.upper()} {again} {said}")
    sentences = ["; ".join(clauses) + "."] if clauses else []
    few = [row for row in leads if not row.is_broad and row.favors][:_NAMED]
    if few:
        said = ", ".join(f"{named(row.description)} ({_shares_against(row)})" for row in few)
        sentences.append(f"In few photos: {said}.")
    opposite = [row for row in leads if row.favors is None and not row.is_broad]
    if opposite:
        fields = ", ".join(dict.fromkeys(row.strata_of for row in opposite))
        said = ", ".join(named(row.description) for row in opposite[:_NAMED])
        left = len(opposite) - _NAMED
        more = f" and {left} more" if left > 0 else ""
        sentences.append(f"Opposite ways by {fields}: {said}{more}.")
    return " ".join(sentences)


def found(run: Run) -> str:
    """Returns how much a run found: ``14 differences in 9 themes, of 21 candidates``."""
    n, themes = len(run.significant), len(run.themes)
    grouped = f" in {counted(themes, 'theme')}" if themes < n else ""
    supported = f"{counted(n, 'difference')} supported{grouped}"
    return f"{supported}, of {counted(len(run.differences), 'candidate')}."


def _against(row: Difference) -> str:
    """Returns the numbers of the favored set against those of the other."""
    if not has_medians(row):
        return _shares_against(row)
    a, b = medians(row)
    return f"median {b} against {a}" if row.favors == "b" else f"median {a} against {b}"


def _shares_against(row: Difference) -> str:
    a, b = percent(row.prevalence_a), percent(row.prevalence_b)
    said = f"{b} against {a}" if row.favors == "b" else f"{a} against {b}"
    if row.cut == "top":
        return f"{said} in the top {top(row)}"
    return f"{said} at {row.threshold:.4g} or more" if row.cut == "given" else said


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


#: AUROC that the classifier is ahead of all supported rows, from which on much is not named
_MUCH = 0.1


def named_together(run: Run) -> str:
    """Returns how much of what tells the sets apart is named; empty where that is not known."""
    if run.separability is None or run.named is None or run.separability["p_value"] > 0.05:
        return ""
    named, whole = run.named["auroc"], run.separability["auroc"]
    said = f"All that is supported together tells them apart with AUROC {named:.2f}."
    if not much_unnamed(run):
        return said
    return (
        f"{said} The classifier's {whole:.2f} is well above it, so something is not named yet. "
        "Look at the photos that no row explains; try more rounds or a proposer that sees images."
    )


def much_unnamed(run: Run) -> bool:
    """Returns whether the classifier tells far more than all supported rows together."""
    if run.separability is None or run.separability["p_value"] > 0.05:
        return False
    named = 0.5 if run.named is None else run.named["auroc"]
    return bool(run.separability["auroc"] - named >= _MUCH)


def decisive(difference: Difference) -> tuple[float, tuple[float, float], float, float | None]:
    """Returns the AUROC, interval, p and q that decide: with controls, if there are any.

    The interval is the one that holds for all candidates at once: the rows that are read first
    were chosen for being strongest, and their own intervals do not allow for that.
    """
    simultaneous = difference.auroc_interval_simultaneous
    if difference.auroc_controlled is not None and difference.auroc_controlled_interval is not None:
        p = difference.p_value if difference.p_controlled is None else difference.p_controlled
        return (
            difference.auroc_controlled,
            simultaneous or difference.auroc_controlled_interval,
            p,
            difference.q_controlled,
        )
    interval = simultaneous or difference.auroc_interval
    return difference.auroc, interval, difference.p_value, difference.q_value


def has_medians(difference: Difference) -> bool:
    """Returns whether it is told by the middle of each set: a number whose middles differ."""
    known = difference.median_a is not None and difference.is_broad
    return known and difference.median_a != difference.median_b


def shown_in(difference: Difference) -> str:
    """Returns how often it shows: ``in 34% of A, 9% of B``.

    Where no score says that an image shows it, how often it is among the highest, or for what is
    measured, the middle of each set: ``median 0.41 in A, 0.3 in B (0 to 1)``.
    """
    if has_medians(difference):
        a, b = medians(difference)
        return f"median {a} in A, {b} in B ({difference.unit})"
    shares = f"{percent(difference.prevalence_a)} of A, {percent(difference.prevalence_b)} of B"
    if difference.cut in ("top", "given"):
        return f"{counted_as(difference)}: {shares}"
    return f"in {shares}"


def counted_as(difference: Difference) -> str:
    """Returns what the shares of a difference count: ``in the top quarter of all photos``."""
    if difference.cut == "top":
        return f"in the top {top(difference)} of all photos"
    if difference.cut == "given":
        return f"score {difference.threshold:.4g} or more"
    return "photos that show it" if difference.cut else "photos over the threshold"


def top(difference: Difference) -> str:
    """Returns how much of all photos the top is: ``quarter``, or ``2%``."""
    return part(0.0 if difference.top is None else difference.top)


def medians(difference: Difference) -> tuple[str, str]:
    """Returns the middle of A and of B in digits that tell them apart."""
    a, b = difference.median_a or 0.0, difference.median_b or 0.0
    for digits in (2, 3, 4, 5):
        said = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if said[0] != said[1] or a == b:
            break
    return _plain(said[0]), _plain(said[1])


def cells(difference: Difference) -> tuple[str, str]:
    """Returns what a table shows for A and for B: ``34%``, ``top: 41%``, or a median."""
    if has_medians(difference):
        return medians(difference)
    mark = "top: " if difference.cut == "top" else ""
    shares = difference.prevalence_a, difference.prevalence_b
    return f"{mark}{percent(shares[0])}", f"{mark}{percent(shares[1])}"


def legend(differences: Sequence[Difference]) -> list[str]:
    """Returns what the cells of a table mean, in sentences, where a share could be misread."""
    lines = []
    tops = {top(row) for row in differences if row.cut == "top" and not has_medians(row)}
    if tops:
        said = "quarter" if tops == {"quarter"} else "part"
        lines.append(
            f"top: the share of the set among the highest {said} of all photos; no score says "
            "which photos show it."
        )
    if any(has_medians(row) for row in differences):
        lines.append(
            "A number without % is the median of the set, in the unit of what is measured."
        )
    return lines


def counts(difference: Difference) -> dict[str, str]:
    """Returns for each set how many photos are counted: ``102 of 300``; empty if unknown."""
    known = {
        "a": (difference.counted_a, difference.compared_a),
        "b": (difference.counted_b, difference.compared_b),
    }
    return {side: f"{n:,} of {of:,}" for side, (n, of) in known.items() if n is not None and of}


def also(run: Run) -> dict[str, str]:
    """Returns what is similar to the leads of themes: lead -> ``also: tree branch``."""
    return {
        theme.name: f"also: {listed(row.description for row in theme.members)}"
        for theme in run.themes
        if theme.members
    }


def listed(names: Iterable[str], most: int = 5) -> str:
    """Returns names in a row, the first ones of many: ``tree, branch and 3 more``."""
    known = list(names)
    left = len(known) - most
    return ", ".join(known[:most]) + (f" and {left} more" if left > 0 else "")


def tied_said(difference: Difference) -> str:
    """Returns how many photos share the lowest score, and are no examples; empty if few do."""
    tied = difference.examples.get("tied")
    if not tied:
        return ""
    parts = [f"{tied[side]:,} of {side.upper()}" for side in ("a", "b") if tied[side]]
    photos = "photo scores" if tied["a"] + tied["b"] == 1 else "photos score"
    return f"{tied['a'] + tied['b']:,} {photos} {tied['score']:.4g} ({', '.join(parts)})."


def crossing(difference: Difference) -> str:
    """Returns where it goes which way: ``more in A within landbird (AUROC 0.86), in B within ...``.

    Of many groups, the first ones are named.
    """
    ways: list[str] = []
    for side in ("a", "b"):
        groups = [
            f"{stratum['stratum']} ({'' if ways or at else 'AUROC '}{stratum['auroc']:.2f})"
            for at, stratum in enumerate(
                stratum for stratum in difference.strata if stratum.get("favors") == side
            )
        ]
        if groups:
            more = [f"{len(groups) - _NAMED} more"] if len(groups) > _NAMED else []
            named = ", ".join([*groups[:_NAMED], *more])
            ways.append(f"{'' if ways else 'more '}in {side.upper()} within {named}")
    return ", ".join(ways)


#: distance of an AUROC from one half that is hardly a difference
_NONE = 0.05


def where(difference: Difference) -> str:
    """Returns where it holds: ``by label: waterbird 0.80, landbird 0.52 (none)``; may be empty.

    Strongest groups first; AUROCs under .55 for the favored side are "none".
    """
    if not difference.where:
        return ""
    sign = -1 if difference.favors == "b" else 1
    ordered = sorted(difference.where, key=lambda group: -sign * (group["auroc"] - 0.5))
    ends = ordered if len(ordered) <= 2 * _NAMED else [*ordered[:_NAMED], *ordered[-_NAMED:]]
    said = ", ".join(
        f"{group['value']} {group['auroc']:.2f}"
        + ("" if sign * (group["auroc"] - 0.5) >= _NONE else " (none)")
        for group in ends
    )
    left = len(ordered) - len(ends)
    return f"by {difference.where_of}: {said}" + (f" and {left} between" if left else "")


def chip(difference: Difference) -> str:
    """Returns what a supported difference is called that is not of whole sets; else empty."""
    if difference.is_broad:
        return ""
    return "small group" if "concentrated" in difference.supported_as else "opposite ways"


def chance(difference: Difference) -> str:
    """Returns q, or p if the run does not correct: ``q = 0.012``."""
    _, _, p, q = decisive(difference)
    if not difference.is_broad:
        few = "concentrated" in difference.supported_as
        own = difference.p_tail if few else difference.p_crossing
        p = p if own is None else own  # None: of two scores, p is that of the shares
        q = difference.q_tail if few else difference.q_crossing
    return f"p = {small(p)}" if q is None else f"q = {small(q)}"


def strength(difference: Difference) -> str:
    """Returns the AUROC with its interval: ``AUROC 0.67 [0.63, 0.71]``.

    Of few photos, how many times as often they are of one set; of what goes opposite ways, the
    AUROC of the groups that are furthest apart.
    """
    if difference.is_broad:
        auroc, (low, high), _, _ = decisive(difference)
        return f"AUROC {auroc:.2f} [{low:.2f}, {high:.2f}]"
    if "concentrated" not in difference.supported_as:
        aurocs = [stratum["auroc"] for stratum in difference.strata]
        return f"AUROC {min(aurocs):.2f} to {max(aurocs):.2f} within {difference.strata_of}"
    low, high = sorted((difference.prevalence_a, difference.prevalence_b))
    side = "A" if difference.prevalence_a > difference.prevalence_b else "B"
    return f"only in {side}" if not low else f"{high / low:.3g} times as often in {side}"


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
    "crosses": ("", "it goes opposite ways among photos with different controlled values"),
    "incomparable": (
        "nothing comparable under control",
        "no controlled group has photos of both sets",
    ),
}


def remark(difference: Difference) -> str:
    """Returns in a few words why it is not supported; empty if it is."""
    if difference.significant:
        return ""
    return CONTROL.get(difference.control, ("", ""))[0] or difference.why_not


def control(difference: Difference) -> str:
    """Returns what control says about it; empty if nothing was controlled for."""
    if difference.auroc_controlled is None and difference.control != "incomparable":
        return ""
    _, said = CONTROL.get(difference.control, ("", ""))
    if not said or difference.auroc_controlled is None:
        return said
    with_and_without = f"{difference.auroc:.2f} without, {difference.auroc_controlled:.2f} with"
    return f"{said} (AUROC {with_and_without} control)"


def _plain(number: str) -> str:
    """A number in digits without an exponent that people would not write."""
    value = float(number)
    return number if not 1e-4 <= abs(value) < 1e7 else f"{value:,.10g}"
