"""A run as a single self-contained HTML page with photos, drawings and style; pure.

Descriptions, labels and notes come from models and users: all of it is escaped, and the page
allows no scripts and no outside addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..results.difference import Difference
from ..results.run import Run
from ..results.wording import (
    ABOUT_PARTS,
    PARTS,
    also,
    answer,
    apart,
    cells,
    chance,
    control,
    crossing,
    decisive,
    evidence,
    found,
    legend,
    named_together,
    remark,
    shown_in,
    tied_said,
    where,
)
from ..results.wording import strength as strength_of
from . import drawing
from .style import STYLE
from .used import used

#: pictures of each end of each set
PICTURES = 6

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(run: Run, pictures: Mapping[str, str]) -> str:
    """Returns the page.

    Args:
        run: the run
        pictures: `picture_key` -> data URL of the image; others are left out
    """
    title = f"How {run.label_a} differs from {run.label_b}"
    shown = run.parts
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
        "<h1>How do these two sets of photos differ?</h1>",
        f"<p>{_set('a', run.label_a, run.n_a)} vs. {_set('b', run.label_b, run.n_b)}</p>",
        f'<p class="answer">{_answer(run)}</p>',
        f"<p>{escape(found(run))}</p>" if run.significant else "",
        f"<p>{escape(apart(run))} {escape(named_together(run))}</p>",
    ]
    if shown["a"] or shown["b"]:
        parts.append('<div class="sides">')
        parts += [_side(run, side, pictures) for side in ("a", "b")]
        parts.append("</div>")
    for name in ("look", "file", "few", "crossing"):
        if shown[name]:
            cards = "".join(_card(run, difference, pictures) for difference in shown[name])
            about = f'<p class="soft">{ABOUT_PARTS[name]}</p>' if name in ABOUT_PARTS else ""
            parts.append(f"<section><h2>{PARTS[name]}</h2>{about}{cards}</section>")
    if shown["similar"]:
        parts.append(
            f"<details><summary>{PARTS['similar']} ({len(shown['similar'])})</summary>"
            f"{_table(shown['similar'])}</details>"
        )
    if shown["rest"]:
        parts.append(
            f"<details{'' if run.significant else ' open'}><summary>{PARTS['rest']} "
            f"({len(shown['rest'])})</summary>{_table(shown['rest'])}</details>"
        )
    lines = "".join(f"<li>{escape(line)}</li>" for line in used(run))
    parts.append(f"<h2>How this was computed</h2><ul class='soft'>{lines}</ul></body></html>")
    return "\n".join(parts) + "\n"


def _answer(run: Run) -> str:
    """The answer, with the names of differences in bold."""
    if not run.significant:
        return escape(answer(run))
    # a mark that the answer does not hold, so that it can be escaped as a whole
    mark = "\x02"
    while mark in answer(run):
        mark += "\x02"
    opened, closed = f"{mark}<", f"{mark}>"
    marked = escape(answer(run, lambda name: f"{opened}{name}{closed}"))
    return marked.replace(escape(opened), "<b>").replace(escape(closed), "</b>")


def _set(side: str, label: str, n: int) -> str:
    name = f"{side.upper()}: {escape(label)}"
    return (
        f'<span class="{side}"><span class="name">{name}</span></span> '
        f'<span class="soft">({n:,} photos)</span>'
    )


def picture_key(run: Run, side: str, image: str) -> str:
    """Returns the key of an image: its id, with its dataset if that is another one."""
    return f"{run.dataset_b}/{image}" if side == "b" and run.dataset_b else image


def _side(run: Run, side: str, pictures: Mapping[str, str]) -> str:
    own = run.parts[side]
    label = run.label_a if side == "a" else run.label_b
    cards = "".join(_card(run, difference, pictures) for difference in own)
    none = "" if own else '<p class="soft">Nothing is truer of this set.</p>'
    return (
        f'<section class="{side}"><h2>Truer of <span class="name">{side.upper()}: {escape(label)}'
        f"</span></h2>{cards}{none}</section>"
    )


def _card(run: Run, difference: Difference, pictures: Mapping[str, str]) -> str:
    favored, other = ("a", "b") if difference.favors == "a" else ("b", "a")
    lines = [
        f'<article class="{favored}">',
        f"<h3>{_letter(difference)}{escape(difference.description)} {_verdict(difference)}</h3>",
        f"<p>{escape(shown_in(difference))}</p>" if difference.favors else "",
        drawing.interval(difference) if difference.is_broad else "",
        f'<p class="soft">{escape(strength_of(difference))}, {escape(chance(difference))}, '
        f"based on {escape(evidence(difference))}</p>",
    ]
    said = [
        crossing(difference) if "crossing" in difference.supported_as else "",
        control(difference),
        where(difference) and f"where it holds, AUROC {where(difference)}",
        also(run).get(difference.description, ""),
        difference.merged and f"other wordings: {', '.join(difference.merged)}",
        difference.note,
    ]
    lines += [f'<p class="soft">{escape(text)}</p>' for text in said if text]
    lines.append(drawing.histogram(difference))
    ends = (
        (f"high_{favored}", f"{favored.upper()} photos that show it best"),
        (f"low_{other}", f"{other.upper()} photos that show it least"),
        (f"high_{other}", f"{other.upper()} photos that show it anyway"),
        (f"low_{favored}", f"{favored.upper()} photos that don't show it"),
    )
    for end, text in ends if difference.favors else ends[:0]:
        keys = [picture_key(run, end[-1], image) for image in difference.examples.get(end, ())]
        lines.append(_strip(keys, text, pictures))
    tied = tied_said(difference)
    if tied:
        lines.append(f'<p class="soft">{escape(tied)}</p>')
    return "\n".join(lines) + "</article>"


def _letter(difference: Difference) -> str:
    """The set that it is truer of, where no heading says so."""
    if difference.kind in ("content", "label") and difference.is_broad or not difference.favors:
        return ""
    return f'<span class="name">{difference.favors.upper()}</span> '


def _verdict(difference: Difference) -> str:
    return (
        f'<span class="verdict">{escape(difference.verdict)}</span>' if difference.verdict else ""
    )


def _strip(keys: Sequence[str], text: str, pictures: Mapping[str, str]) -> str:
    sources = [pictures[key] for key in keys if key in pictures][:PICTURES]
    if not sources:
        return ""
    shown = "".join(f'<img alt="" src="{escape(url)}">' for url in sources)
    return (
        f'<figure><figcaption>{escape(text)}</figcaption><div class="strip">{shown}</div></figure>'
    )


def _table(differences: Sequence[Difference]) -> str:
    rows = []
    for difference in differences:
        auroc, (low, high), _, _ = decisive(difference)
        a, b = cells(difference)
        row = (
            f"<td>{escape(difference.description)} {_verdict(difference)}</td>"
            f'<td class="soft">{escape(_why(difference))}</td>'
            f'<td class="number">{auroc:.2f} [{low:.2f}, {high:.2f}]</td>'
            f'<td class="number">{escape(a)}</td>'
            f'<td class="number">{escape(b)}</td>'
            f'<td class="number">{escape(chance(difference))}</td>'
        )
        rows.append(f"<tr>{row}</tr>")
    heads = "".join(
        f"<th>{name}</th>" for name in ("description", "", "AUROC [95%]", "in A", "in B", "chance")
    )
    notes = "".join(f'<p class="soft">{escape(line)}</p>' for line in legend(differences))
    return f'<div class="scroll"><table><tr>{heads}</tr>{"".join(rows)}</table></div>{notes}'


def _why(difference: Difference) -> str:
    """Why it is not supported, at length where control says so; or what it is similar to."""
    if difference.significant and not difference.leads:
        return f"like {difference.theme}"
    return control(difference) or remark(difference)
