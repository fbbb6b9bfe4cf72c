"""An estimate in words, a line for each item; pure."""

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


def rows(estimate: Estimate) -> list[tuple[str, str]]:
    """Returns what would be read, computed, asked and paid, as pairs of a title and a line."""
    lines = []
    if estimate.n_a is None or estimate.n_b is None or not estimate.values and not estimate.exact:
        lines.append(("Photos", "too many to check quickly, so what is already stored is unknown"))
    lines += [(_TITLES[value.noun], _stored(value, estimate.exact)) for value in estimate.values]
    lines += [(_TITLES[call.stage], _asked(call)) for call in estimate.calls]
    paid = [call for call in estimate.calls if call.server]
    if paid:
        lines.append(("Cost", _cost(estimate, paid)))
    if estimate.values:
        lines.append(("Time", _time(estimate, bool(estimate.calls))))
    return lines


def _stored(values: Values, exact: bool) -> str:
    about = "" if exact else "about "
    if values.foreign:
        return f"{about}{values.stored:,} read from {values.producer}, nothing to compute"
    if not values.todo:
        return f"all {about}{values.stored:,} already stored"
    there = f"{about}{values.stored:,} already stored, " if values.stored else ""
    maker = "" if values.noun == "properties" else f" with {values.producer}"
    took = "" if values.seconds is None else f" (about {duration(values.seconds)})"
    return f"{there}{about}{values.todo:,} to compute{maker}{took}"


def _asked(asked: Calls) -> str:
    noun, nouns = ("call", "calls") if asked.server else ("pass", "passes")
    calls = f"{'up to ' if asked.most else ''}{counted(asked.calls, noun, nouns)}"
    if not asked.server:
        return f"{calls} of {asked.model} on this machine"
    tokens = ""
    if asked.input_tokens is not None and asked.output_tokens is not None:
        tokens = (
            f", about {_round(asked.input_tokens)} tokens in and {_round(asked.output_tokens)} out"
        )
    where = " on your server" if asked.own_server else ""
    return f"{calls} to {asked.model}{where}{tokens}"


def _cost(estimate: Estimate, paid: Sequence[Calls]) -> str:
    theirs = [calls for calls in paid if not calls.own_server]
    if not theirs:
        return "none known: the models run on your own server"
    known = [their for their in theirs if their.dollars is not None]
    unknown = sorted({their.model for their in theirs if their.dollars is None})
    parts = []
    if known:
        total = sum(known_value.dollars or 0.0 for known_value in known)
        dates = sorted(
            {known_value.price.when for known_value in known if known_value.price is not None}
        )
        most = "up to " if total >= 0.01 and any(known_value.most for known_value in known) else ""
        parts.append(f"{most}{_money(total)} (list prices as of {', '.join(dates)})")
    if unknown:
        parts.append(f"unknown for {', '.join(unknown)}")
    return "; ".join(parts)


def _time(estimate: Estimate, asks: bool) -> str:
    known = [value.seconds for value in estimate.values if value.seconds is not None]
    unknown = [value.noun for value in estimate.values if value.seconds is None]
    parts = []
    if not any(value.todo for value in estimate.values):
        parts.append("a few seconds: nothing to compute")
    elif sum(known) > 0:
        parts.append(f"about {duration(sum(known))} to compute what is missing")
    if unknown:
        parts.append(f"unknown for {', '.join(unknown)} until this machine has computed some")
    if asks:
        parts.append("plus the models' response time")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Returns a time as people say it: ``8 s``, ``4 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _round(tokens: int) -> str:
    """Returns a number rounded to two digits: more would promise too much."""
    digits = max(0, len(str(tokens)) - 2)
    return f"{round(tokens, -digits):,}"


def _money(dollars: float) -> str:
    if dollars < 0.01:
        return "under $0.01"
    return f"about ${dollars:.2f}" if dollars < 10 else f"about ${dollars:,.0f}"
