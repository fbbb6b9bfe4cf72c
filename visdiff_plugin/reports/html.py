"""A run as one HTML page that needs nothing else: pictures, drawings and style are in it; pure.

Descriptions, labels and notes are text of models and users: all of it is escaped, and the page
forbids itself scripts and addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..numerals import percent
from ..results.difference import Difference
from ..results.run import Run
from ..results.wording import answer, apart, chance, control, decisive, evidence, shown_in
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
    rest = [one for one in run.differences if not one.significant]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
        "<h1>How do these two sets of images differ?</h1>",
        f"<p>{_set('a', run.label_a, run.n_a)} against {_set('b', run.label_b, run.n_b)}</p>",
        f"<p>{escape(apart(run))}</p>",
        f'<p class="answer">{escape(answer(run))}</p>',
    ]
    if run.significant:
        parts.append('<div class="sides">')
        parts += [_side(run, side, pictures) for side in ("a", "b")]
        parts.append("</div>")
    if rest:
        parts.append(
            f"<details{'' if run.significant else ' open'}><summary>Not supported ({len(rest)})"
            f"</summary>{_table(rest)}</details>"
        )
    lines = "".join(f"<li>{escape(line)}</li>" for line in used(run))
    parts.append(f"<h2>How it was found</h2><ul class='soft'>{lines}</ul></body></html>")
    return "\n".join(parts) + "\n"


def _set(side: str, label: str, n: int) -> str:
    name = f"{side.upper()}: {escape(label)}"
    return (
        f'<span class="{side}"><span class="name">{name}</span></span> '
        f'<span class="soft">({n} images)</span>'
    )


def picture_key(run: Run, side: str, image: str) -> str:
    """Returns what tells an image apart: its id, which a clone of its dataset holds too."""
    return f"{run.dataset_b}/{image}" if side == "b" and run.dataset_b else image


def _side(run: Run, side: str, pictures: Mapping[str, str]) -> str:
    own = [one for one in run.significant if one.favors == side]
    label = run.label_a if side == "a" else run.label_b
    cards = "".join(_card(run, one, pictures) for one in own)
    none = "" if own else '<p class="soft">Nothing was found that is truer of this set.</p>'
    return (
        f'<section class="{side}"><h2>Truer of <span class="name">{side.upper()}: {escape(label)}'
        f"</span></h2>{cards}{none}</section>"
    )


def _card(run: Run, one: Difference, pictures: Mapping[str, str]) -> str:
    favored, other = ("a", "b") if one.favors == "a" else ("b", "a")
    lines = [
        f'<article class="{favored}"><h3>{escape(one.description)} {_verdict(one)}</h3>',
        f"<p>{escape(shown_in(one))}</p>",
        drawing.interval(one),
        f'<p class="soft">{escape(strength_of(one))}, {escape(chance(one))}, from '
        f"{escape(evidence(one))}</p>",
    ]
    said = [control(one), one.merged and f"also said as: {', '.join(one.merged)}", one.note]
    lines += [f'<p class="soft">{escape(text)}</p>' for text in said if text]
    lines.append(drawing.histogram(one))
    ends = (
        (f"high_{favored}", f"Truest in {favored.upper()}"),
        (f"low_{other}", f"Least true in {other.upper()}"),
        (f"high_{other}", f"Speak against it: truest in {other.upper()}"),
        (f"low_{favored}", f"Speak against it: least true in {favored.upper()}"),
    )
    for end, text in ends:
        keys = [picture_key(run, end[-1], image) for image in one.examples.get(end, ())]
        lines.append(_strip(keys, text, pictures))
    return "\n".join(lines) + "</article>"


def _verdict(one: Difference) -> str:
    return f'<span class="verdict">{escape(one.verdict)}</span>' if one.verdict else ""


def _strip(keys: Sequence[str], text: str, pictures: Mapping[str, str]) -> str:
    found = [pictures[one] for one in keys if one in pictures][:PICTURES]
    if not found:
        return ""
    shown = "".join(f'<img alt="" src="{escape(url)}">' for url in found)
    return (
        f'<figure><figcaption>{escape(text)}</figcaption><div class="strip">{shown}</div></figure>'
    )


def _table(differences: Sequence[Difference]) -> str:
    rows = []
    for one in differences:
        auroc, (low, high), _, _ = decisive(one)
        cells = (
            f"<td>{escape(one.description)} {_verdict(one)}</td>"
            f'<td class="soft">{escape(control(one))}</td>'
            f'<td class="number">{auroc:.2f} [{low:.2f}, {high:.2f}]</td>'
            f'<td class="number">{percent(one.prevalence_a)}</td>'
            f'<td class="number">{percent(one.prevalence_b)}</td>'
            f'<td class="number">{escape(chance(one))}</td>'
        )
        rows.append(f"<tr>{cells}</tr>")
    heads = "".join(
        f"<th>{name}</th>" for name in ("description", "", "AUROC [95%]", "in A", "in B", "chance")
    )
    return f'<div class="scroll"><table><tr>{heads}</tr>{"".join(rows)}</table></div>'
