"""Phrases of captions that can stand alone as a description; pure text, English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]|\n")

# Left out, so that "a dog is running in the snow" and "dog running in snow" count as one.
_DROPPED = frozenset(
    "a an the this that these those its his her their my our your some any is are was were be "
    "been being who which very another other each both all several".split()
)
# Allowed inside a phrase only: "man in hat", "black and white dog".
_INNER = frozenset(
    "in on at of with by through over under near into onto along behind beside between across "
    "around against above below inside outside off out up down for from and towards toward during "
    "next past after front".split()
)
# End a phrase: what follows belongs to another thought.
_BREAKS = frozenset(
    "he she it they we i you him them as while when where because if but or nor not no without to "
    "there here than then so too also just can could will would may might has have had do does "
    "did what how before until upon about like such it's there's".split()
)
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
# One word makes a description only if it can be a thing, a place or an activity.
_NEVER_ALONE = frozenset(
    "doing standing sitting running walking jumping playing laying lying looking going coming "
    "stands sits runs walks jumps plays lays looks goes white black brown red blue green yellow "
    "tan grey gray orange pink purple dark bright colorful different open closed high low long "
    "short new man men woman women person people boy boys girl girls something someone "
    "area background foreground air way time day camera stock photos".split()
)
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot",
    "teeth": "tooth", "mice": "mouse", "geese": "goose", "leaves": "leaf", "wolves": "wolf",
    "knives": "knife", "shelves": "shelf", "loaves": "loaf", "buses": "bus",
}  # fmt: skip


@dataclass(frozen=True)
class Phrase:
    """A phrase as it stands in a caption.

    Args:
        words: stems of its words, and "~" for each run of prepositions: what counts as the same
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
                if _stands_alone(words):
                    following = run[end + 1 : end + 2]
                    closed = all(one in _INNER or one.endswith("ing") for one in following)
                    yield Phrase(_stems(words), " ".join(words), closed)


def singular(word: str) -> str:
    """Returns an English noun without its plural; other words may lose an "s" too."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s", "’s")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses", "zzes")) else word[:-1]


def stem(word: str) -> str:
    """Returns what the forms of a word share: "run" for runs and running, "dog" for dogs."""
    word = singular(word)
    if not word.endswith("ing") or len(word) < 6:
        return word
    base = word[:-3]
    if base[-1] == base[-2] and base[-1] not in "ls":
        return base[:-1]
    return base.removesuffix("e")


def _stems(words: list[str]) -> tuple[str, ...]:
    stems: list[str] = []
    for word in words:
        one = "~" if word in _INNER else stem(word)
        if one != "~" or stems[-1] != "~":
            stems.append(one)
    return tuple(stems)


def _runs(caption: str) -> Iterator[list[str]]:
    run: list[str] = []
    for word in _WORDS.findall(caption.casefold()):
        if word in _BREAKS or not word[0].isalnum():
            yield run
            run = []
        elif word not in _DROPPED:
            run.append(word)
    yield run


def _stands_alone(words: list[str]) -> bool:
    if words[-1] in _NEVER_LAST or words[-1].isdigit():
        return False
    if "and" in words and sum(word in _INNER for word in words) > 1:
        return False  # "rock and meditates in mountains": two thoughts
    return len(words) > 1 or not (words[0] in _NEVER_ALONE or len(words[0]) < 3)
