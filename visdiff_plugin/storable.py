"""Text from outside (models, users, fields) as it can be stored and shown; pure.

What comes in passes here first, so that no later step meets half a character, a character that
turns the reading direction of what follows, or a text without end.
"""

from __future__ import annotations

import re
import unicodedata

#: longest description that is tested, longest note or context, and longest label, in characters
LONGEST_DESCRIPTION, LONGEST_NOTE, LONGEST_LABEL = 1_000, 10_000, 300

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Seen by nobody, they turn text around, split words or hide some. The joiners U+200C and U+200D
# stay: Persian, Indic scripts and emoji are spelled with them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffd\ufffe\uffff\U000e0000-\U000e007f"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))
    + "]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
# No script stacks so many marks on a letter; to sort a long run takes time by the square of it.
_STACK, _MOST_MARKS = re.compile(r"[^\w\s]{9,}"), 8


def storable(text: str) -> str:
    """Returns text that MongoDB, JSON and a page take as it is.

    Two halves of a character become that character, and a single half is dropped. So are
    characters that turn the reading direction or are not to be seen; other control characters
    become spaces, and every kind of line break a plain one. Nothing changes at a second time.

    Args:
        text: any text
    """
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROLS.sub(" ", _BREAKS.sub("\n", encodable(text)))
    return without_stacks(_INVISIBLE.sub("", text))


def encodable(text: str) -> str:
    """Returns text that UTF-8 can write: no halves of characters. All others stay.

    For names by which something is looked up: each of their characters counts.
    """
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def without_stacks(text: str) -> str:
    """Returns text with `_MOST_MARKS` marks on a letter at most."""
    return text if text.isascii() else _STACK.sub(_unstacked, text)


def _unstacked(match: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in match[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def why_not(text: str, most: int = LONGEST_DESCRIPTION) -> str:
    """Returns why a text can't stand for itself, or "" where it can.

    Args:
        text: as `storable` returns it
        most: longest, in characters
    """
    if not any(character.isalnum() for character in text):
        return "it holds no word that can be stored"
    return f"it is longer than {most:,} characters" if len(text) > most else ""
