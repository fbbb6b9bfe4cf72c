"""The bank of phrases: the built-in one, made from words and templates, or the user's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path

from ..selection import key
from . import bank_words as words

#: stuffs, which take no article
_NO_ARTICLE = ("food", "fruit", "makeup", "face paint")


@lru_cache(1)
def built_in() -> tuple[str, ...]:
    """Returns the built-in bank: some ten thousand phrases, each of what one image can show.

    If two phrases differ only in plural or articles, the first one stays.
    """
    return _distinct(
        phrase
        for group in (_plain(), _styles(), _animals(), _people(), _scenes(), _things())
        for phrase in group
    )


def read_bank(path: str) -> tuple[str, ...]:
    """Returns the phrases of a text file, one a line; lines that begin with ``#`` are notes.

    Raises:
        ValueError: if the file can't be read, is no text, or holds no phrase
    """
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"Expected a text file (UTF-8) with one phrase per line at {path!r}, got: {error}"
        ) from error
    phrases = _distinct(line for line in lines if not line.lstrip().startswith("#"))
    if not phrases:
        raise ValueError(f"Expected phrases in {path!r}, one per line, got none.")
    return phrases


def _distinct(phrases: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for phrase in phrases:
        text = " ".join(phrase.split())
        if name := key(text):
            kept.setdefault(name, text)
    return tuple(kept.values())


def _plain() -> Iterator[str]:
    for group in (words.SCENES, words.LIGHT, words.VIEWS, words.QUALITY, words.TEXT, words.MOODS,
                  words.FACES, words.TEXTURES, words.PEOPLE, words.PLANTS, words.FOODS,
                  words.STYLES):  # fmt: skip
        yield from group


def _styles() -> Iterator[str]:
    for style, subject in product(words.STYLES, words.STYLE_SUBJECTS):
        yield f"{style} of {_article(subject)}"


def _animals() -> Iterator[str]:
    yield from words.ANIMALS
    for animal, rest in product(words.ANIMALS, (*words.ANIMAL_ACTIONS, *words.ANIMAL_PLACES)):
        yield f"{animal} {rest}"


def _people() -> Iterator[str]:
    for actor, activity in product(words.ACTORS, words.ACTIVITIES):
        yield f"{actor} {activity}"
    for actor, place in product((*words.ACTORS, "car", "bicycle"), words.PLACES):
        yield f"{actor} {place}"
    for actor, garment in product(words.ACTORS[:5], words.CLOTHES):
        yield f"{actor} wearing {_article(garment)}"


def _scenes() -> Iterator[str]:
    for scene, when in product(words.WIDE_SCENES, (*words.WEATHER, *words.TIMES)):
        yield f"{scene} {when}"
    for view, scene in product(("aerial view", "panoramic view", "close-up"), words.WIDE_SCENES):
        yield f"{view} of {_article(scene)}"


def _things() -> Iterator[str]:
    yield from words.OBJECTS
    for color, thing in product(words.COLORS, words.COLORED):
        yield f"{color} {thing}"
    for count, things in product(words.COUNTS, words.COUNTED):
        yield f"{count} {things}"


def _article(noun: str) -> str:
    plural = noun.endswith("s") and not noun.endswith("ss")
    if plural or noun in _NO_ARTICLE:
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
