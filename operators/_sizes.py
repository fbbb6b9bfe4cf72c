"""How large two sets are and what is wrong with them, in words."""

from __future__ import annotations

from visdiff_plugin.numerals import counted
from visdiff_plugin.sets.preview import Preview, SetSize


def text(found: Preview) -> str:
    """Returns how large both sets are and what they share."""
    both = f"{_sized('A', found.a)}. {_sized('B', found.b)}."
    return f"{both} {_shared(found)}{_files(found)}"


def problem(found: Preview) -> str:
    """Returns why the sets can't be compared; empty where they can."""
    if found.same:
        return "A and B are the same: choose two different sets"
    for name, size in (("A", found.a), ("B", found.b)):
        if size.n == 0:
            return f"{name} is empty: choose another set"
        if size.n is not None and size.n == found.both:
            return f"All of {name} is in the other set too: choose two different sets"
        if size.n == 1 or size.n is not None and found.both and size.n - found.both < 2:
            return f"{name} needs at least two images that are not in the other set"
    return ""


def _sized(name: str, size: SetSize) -> str:
    n = "not counted" if size.n is None else counted(size.n, "image")
    return f"{name}: {'' if size.exact or size.n is None else 'at most '}{n} ({size.label})"


def _shared(found: Preview) -> str:
    if found.both is None:
        return "What both share is not counted: that takes too long."
    return f"{found.both or 'None'} in both{', left out of both' if found.both else ''}."


def _files(found: Preview) -> str:
    looked = found.a.files + found.b.files
    if not looked:
        return ""
    missing = found.a.missing + found.b.missing
    sizes = [size.n for size in (found.a, found.b) if size.n is not None]
    of = f"{looked:,} of {sum(sizes):,}" if len(sizes) == 2 else f"{looked:,}"
    return f" Checked {of} files: {f'{missing:,} missing' if missing else 'all found'}."
