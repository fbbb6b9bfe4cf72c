"""How many photos two sets have, and what is wrong with them, in words."""

from __future__ import annotations

from visdiff_plugin.numerals import counted
from visdiff_plugin.sets.preview import Preview, SetSize


def text(sizes: Preview) -> str:
    """Returns how many photos both sets have, and how many they share."""
    both = f"{_sized('A', sizes.a)}. {_sized('B', sizes.b)}."
    return f"{both} {_shared(sizes)}{_files(sizes)}"


def problem(sizes: Preview) -> str:
    """Returns why the sets can't be compared; empty if they can."""
    if sizes.same:
        return "A and B are the same. Choose two different sets."
    for name, size in (("A", sizes.a), ("B", sizes.b)):
        if size.n == 0:
            return f"{name} is empty. Choose another set."
        if size.n is not None and size.n == sizes.both:
            return f"Every photo of {name} is also in the other set. Choose two different sets."
        if size.n == 1 or size.n is not None and sizes.both and size.n - sizes.both < 2:
            return f"{name} needs at least two photos that are not in the other set."
    return ""


def _sized(name: str, size: SetSize) -> str:
    n = "not counted" if size.n is None else counted(size.n, "photo")
    return f"{name}: {'' if size.exact or size.n is None else 'at most '}{n} ({size.label})"


def _shared(sizes: Preview) -> str:
    if sizes.both is None:
        return "The overlap is not counted: it would take too long."
    if not sizes.both:
        return "They share no photos."
    return f"{counted(sizes.both, 'photo')} in both sets will be left out."


def _files(preview: Preview) -> str:
    looked = preview.a.files + preview.b.files
    if not looked:
        return ""
    missing = preview.a.missing + preview.b.missing
    sizes = [size.n for size in (preview.a, preview.b) if size.n is not None]
    of = f"{looked:,} of {sum(sizes):,}" if len(sizes) == 2 else f"{looked:,}"
    return f" Checked {of} files: {f'{missing:,} missing' if missing else 'all found'}."
