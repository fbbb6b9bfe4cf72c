"""How numbers are put into words, the same everywhere; pure."""

from __future__ import annotations


def percent(share: float) -> str:
    """Returns a share in [0, 1] as a percentage: none or all only where it is so.

    Whole from 1% to 99%; outside, a digit more tells 2 of 500 from 4 of 500.
    """
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    near_end = 0 < share < 0.01 or 0.99 < share < 1
    return f"{share:.1%}" if near_end else f"{share:.0%}"


def part(share: float) -> str:
    """Returns a part of a whole in words where it has one: ``quarter``, else ``2%``."""
    return "quarter" if abs(share - 0.25) < 0.005 else percent(share)


def small(p: float) -> str:
    """Returns a p or q in two digits, as people read them: ``0.034``, ``6e-08``."""
    if p == 0:
        return "under 1e-300"
    return f"{p:.2g}" if p >= 0.001 else f"{p:.0e}"


def plain(number: float, digits: int = 2) -> str:
    """Returns a number without trailing zeros: ``4``, ``0.67``."""
    text = f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{number:.0f}"
    return "0" if text in ("-0", "") else text


def counted(n: int, noun: str, nouns: str = "") -> str:
    """Returns a count with its noun: ``1 image``, ``1,234 images``.

    Args:
        n: how many
        noun: for one
        nouns (""): for several; empty puts an s behind ``noun``
    """
    return f"{n:,} {noun if n == 1 else nouns or noun + 's'}"
