"""An estimate in words, one line for each thing; pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..numerals import counted
from .asking import Calls
from .estimate import Estimate
from .standing import Values

_TITLES = {
    "properties": "Measured properties",
    "embeddings": "Embeddings",
    "captions": "Captions",
    "captioner": "Captioning",
    "proposer": "Proposing",
    "ranker": "Ranking",
}


def rows(found: Estimate) -> list[tuple[str, str]]:
    """Returns what would be read, made, asked and paid, as pairs of a title and a line."""
    lines = []
    if found.n_a is None or found.n_b is None or not found.values and not found.exact:
        lines.append(("Images", "too many to look at in a moment: what is stored is not known"))
    lines += [(_TITLES[one.noun], _stored(one, found.exact)) for one in found.values]
    lines += [(_TITLES[one.stage], _asked(one)) for one in found.calls]
    paid = [one for one in found.calls if one.server]
    if paid:
        lines.append(("Cost", _cost(found, paid)))
    if found.values:
        lines.append(("Time", _time(found, bool(found.calls))))
    return lines


def _stored(one: Values, exact: bool) -> str:
    about = "" if exact else "about "
    if one.foreign:
        return f"{about}{one.stored:,} read from {one.producer}, nothing to make"
    if not one.todo:
        return f"all {about}{one.stored:,} are stored, nothing to make"
    there = f"{about}{one.stored:,} stored, " if one.stored else ""
    maker = "" if one.noun == "properties" else f" by {one.producer}"
    took = "" if one.seconds is None else f": about {duration(one.seconds)}"
    return f"{there}{about}{one.todo:,} to make{maker}{took}"


def _asked(one: Calls) -> str:
    noun, nouns = ("call", "calls") if one.server else ("pass", "passes")
    calls = f"{'at most ' if one.most else ''}{counted(one.calls, noun, nouns)}"
    if not one.server:
        return f"{calls} of {one.model} here"
    tokens = ""
    if one.input_tokens is not None and one.output_tokens is not None:
        tokens = f", about {_round(one.input_tokens)} tokens in and {_round(one.output_tokens)} out"
    where = " on your server" if one.own_server else ""
    return f"{calls} of {one.model}{where}{tokens}"


def _cost(found: Estimate, paid: Sequence[Calls]) -> str:
    theirs = [one for one in paid if not one.own_server]
    if not theirs:
        return "no charge known: the server's address is yours"
    known = [one for one in theirs if one.dollars is not None]
    unknown = sorted({one.model for one in theirs if one.dollars is None})
    parts = []
    if known:
        total = sum(one.dollars or 0.0 for one in known)
        dates = sorted({one.price.when for one in known if one.price is not None})
        most = "at most " if total >= 0.01 and any(one.most for one in known) else ""
        parts.append(f"{most}{_money(total)} (list prices of {', '.join(dates)})")
    if unknown:
        parts.append(f"not known for {', '.join(unknown)}")
    return "; ".join(parts)


def _time(found: Estimate, asks: bool) -> str:
    known = [one.seconds for one in found.values if one.seconds is not None]
    unknown = [one.noun for one in found.values if one.seconds is None]
    parts = []
    if not any(one.todo for one in found.values):
        parts.append("seconds, as nothing is to be made")
    elif sum(known) > 0:
        parts.append(f"about {duration(sum(known))} to make what is missing")
    if unknown:
        parts.append(f"not known for {', '.join(unknown)} before this machine has made some")
    if asks:
        parts.append("and what the models take to answer")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Returns a time as people say it: ``8 s``, ``4 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _round(tokens: int) -> str:
    """Returns a number to two digits: more would promise too much."""
    digits = max(0, len(str(tokens)) - 2)
    return f"{round(tokens, -digits):,}"


def _money(dollars: float) -> str:
    if dollars < 0.01:
        return "less than US$ 0.01"
    return f"about US$ {dollars:.2f}" if dollars < 10 else f"about US$ {dollars:,.0f}"
