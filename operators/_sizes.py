"""How many photos two sets have, in words."""

from __future__ import annotations

from visdiff_plugin.numerals import counted
from visdiff_plugin.sets.preview import Preview, SetSize


def text(sizes: Preview) -> str:
    """Returns how many photos both sets have, and how many they share."""
    both = f"{_sized('A', sizes.a)}. {_sized('B', sizes.b)}."
    return f"{both} {_shared(sizes)}{_files(sizes)}{_repeated(sizes)}"


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
    if not missing:
        return f" Checked {of} files: all found."
    path = preview.a.missing_path or preview.b.missing_path
    return f" Checked {of} files: {missing:,} missing, such as {path!r}."


def _repeated(sizes: Preview) -> str:
    """Says where several samples show one file, as those of cloned patches do."""
    said = [
        f"{counted(size.repeated, 'sample')} of {name}"
        for name, size in (("A", sizes.a), ("B", sizes.b))
        if size.repeated
    ]
    if not said:
        return ""
    return f" {' and '.join(said)} show the same file as another one: a file counts once."
