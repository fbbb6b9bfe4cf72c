"""Finds phrases in captions that make sense as a description; pure text, English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..words import AUXILIARIES, CONJUNCTIONS, DETERMINERS, PREPOSITIONS, PRONOUNS, lemma, predicate

#: how much of a text is read as a caption, in characters
_LONGEST = 20_000
_WORDS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]|\n")

# Left out, so that "a dog is running in the snow" and "dog running in snow" count as one.
_DROPPED = DETERMINERS | frozenset("is are was were be been being who which several".split())
# Allowed inside a phrase only: "man in hat", "black and white dog".
_INNER = PREPOSITIONS | frozenset("inside outside front and".split())
# End a phrase: what follows belongs to another thought.
_BREAKS = (
    AUXILIARIES | PRONOUNS | CONJUNCTIONS | frozenset("nor not no without it's there's".split())
) - (_DROPPED | _INNER | {"having"})
# Mean nothing without what follows or stands before them.
_NEVER_LAST = frozenset(
    "doing wearing holding using making taking having getting carrying looking watching riding "
    "catching chasing wears holds looks has rides carries takes makes gets does seems appears "
    "covered filled surrounded dressed laying lying top middle edge side back front bunch group "
    "pair piece set type kind lot number practicing performing being trying about ready very "
    "one two three four five many few large small big little young old".split()
)
_NEVER_FIRST = frozenset(
    "top middle edge side back front bunch lot kind type others next photo photos image images "
    "picture pictures stock view views ready together away".split()
)
# One word makes a description only if it can be a thing, a place or an activity; what names one
# of every image, or none at all, does not, nor does "runs". "man", "people" and "running" do.
_NEVER_ALONE = frozenset(
    "doing looking going coming looks goes stands sits runs walks jumps plays lays white black "
    "brown red blue green yellow tan grey gray orange pink purple dark bright colorful different "
    "open closed high low long short new something someone area background foreground air way "
    "time day camera stock photos".split()
)


@dataclass(frozen=True)
class Phrase:
    """A phrase as it stands in a caption.

    Args:
        words: lemmas of its words, and "~" for each run of prepositions: what counts as the same
        text: as written, without articles and auxiliaries
        closed: whether it seems to end where the thought does: "snowy" of "snowy hill" does not
    """

    words: tuple[str, ...]
    text: str
    closed: bool


def phrases(caption: str, max_words: int) -> Iterator[Phrase]:
    """Yields the phrases of a caption.

    Articles and auxiliaries are left out, punctuation and pronouns end a phrase, and prepositions
    stand only inside one.

    Args:
        caption: one image's caption, or several on lines of their own
        max_words: most words, those of ``_INNER`` not counted
    """
    for run in _runs(caption):
        for start in range(len(run)):
            if run[start] in _INNER or run[start] in _NEVER_FIRST:
                continue
            counted = inner = 0
            for end in range(start, len(run)):
                if run[end] in _INNER:
                    inner += 1
                    if inner > 2:
                        break
                    continue
                counted, inner = counted + 1, 0
                if counted > max_words:
                    break
                words = run[start : end + 1]
                if stands_alone(words):
                    following = run[end + 1 : end + 2]
                    closed = all(word in _INNER or word.endswith("ing") for word in following)
                    yield Phrase(_lemmas(words), " ".join(words), closed)


def _lemmas(words: list[str]) -> tuple[str, ...]:
    lemmas: list[str] = []
    for word in words:
        form = "~" if word in _INNER else lemma(word)
        if form != "~" or lemmas[-1] != "~":
            lemmas.append(form)
    return tuple(lemmas)


def _runs(caption: str) -> Iterator[list[str]]:
    run: list[str] = []
    for word in _WORDS.findall(caption[:_LONGEST].casefold()):
        if word in _BREAKS or not word[0].isalnum():
            yield run
            run = []
        elif word not in _DROPPED:
            run.append(word)
    yield run


def stands_alone(words: list[str]) -> bool:
    """Returns whether words, in lower case, make sense as a description."""
    if words[-1] in _NEVER_LAST or words[-1].isdigit():
        return False
    if "and" in words:
        following = words[words.index("and") + 1]
        if sum(word in _INNER for word in words) > 1 or predicate(following):
            return False  # "rock and meditates": two thoughts
    return len(words) > 1 or not (words[0] in _NEVER_ALONE or len(words[0]) < 3)
