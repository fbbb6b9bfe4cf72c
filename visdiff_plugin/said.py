"""What a description says, and when one description is a special case of another; pure, English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .words import ARTICLES, STOP_WORDS, lemma, plain, readings, words

#: letters that each part of a word must have to be looked for in two: "skate board"
SHORTEST_PART = 3
#: how much of a text is read as a description, in characters; real ones have a tenth
_LONGEST = 10_000
_OR = "or"
_SLASH = re.compile(r"(?<=\w)/(?=\w)| / ")
#: link the words of a hyphened one: "black-and-white", "state-of-the-art"
_LINKS = frozenset("a an the and of or in on to with".split())
_SUCH_AS = re.compile(r"\bsuch as\b")
#: stand between the items of a list
_BETWEEN = ("and", "or")

#: what a description says: a caption says it with one lemma of each part
Said = frozenset[frozenset[str]]


@dataclass(frozen=True)
class Part:
    """One thing that a caption must say.

    Args:
        own: lemmas of its alternatives; any will do
        word: as the description has it
        joined (none): it as a word with the one beside it: "snowboard" of "snow board"
    """

    own: frozenset[str]
    word: str
    joined: frozenset[str] = frozenset()

    @property
    def lemmas(self) -> frozenset[str]:
        """What a caption may say."""
        return self.own | self.joined

    def and_also(self, other: Part) -> Part:
        """Returns this part with what another may say."""
        return replace(self, own=self.own | other.own, joined=self.joined | other.joined)


def parts(description: str) -> list[Part]:
    """Returns what a caption must say to say a description: each of its content words.

    Words beside "or" or "/" are alternatives ("a red or blue car": red or blue, and car). Two
    words side by side are also said by one word ("snow board": snowboard), as hyphens come and go.
    "Vehicles such as cars or trucks" is said by any of the three; of an item of several words, the
    last counts. Stop words count inside a hyphened word alone ("close-up").

    Args:
        description: any text

    Returns:
        the parts in order, each once; none where there are stop words only
    """
    content: list[Part] = []
    beside = either = False  # what stands before this word: another content word, "or"
    for word in _content(description):
        if word in ("", _OR):
            beside, either = False, bool(content) and (either or word == _OR)
            continue
        part = Part(frozenset(readings(word)[:1]), word)
        if either:
            last = content.pop()
            part = replace(last.and_also(part), word=f"{last.word} or {word}")
        elif beside and (one := joined(content[-1].word, word)):
            content[-1] = replace(content[-1], joined=content[-1].joined | {one})
            part = replace(part, joined=frozenset((one,)))
        content.append(part)
        beside, either = not either, False
    once: dict[str, Part] = {}
    for part in content:
        name = " ".join(lemma(word) for word in part.word.split(" or "))
        once[name] = once.get(name, part).and_also(part)
    return list(once.values())


def said(description: str) -> Said:
    """Returns what a description says, without order, inflection and stop words."""
    return frozenset(part.own for part in parts(description))


def implies(special: Said, general: Said) -> bool:
    """Returns whether whatever says one thing says the other: "tree branch" says "tree".

    So does "car" say "vehicles such as cars or trucks". What says nothing is implied by all.
    """
    return all(any(own <= part for own in special) for part in general)


def overlap(one: Said, others: frozenset[str]) -> float:
    """Returns the share of what is said that lemmas said elsewhere say already, in [0, 1]."""
    if not one:
        return 0.0
    return sum(len(part & others) / len(part) for part in one) / len(one)


def _content(description: str) -> Iterator[str]:
    """Yields content words, "or" between alternatives, and "" for each other stop word."""
    text, *lists = _SUCH_AS.split(_SLASH.sub(" or ", plain(description[:_LONGEST])))
    yield from _plain_content(text.split())
    for each in lists:
        tokens = each.split()
        end = next((place for place, token in enumerate(tokens) if _ends_list(token)), len(tokens))
        for item in _items(tokens[:end]):
            yield _OR
            yield item
        if end < len(tokens):
            yield ""
        yield from _plain_content(tokens[end:])


def _plain_content(tokens: Iterable[str]) -> Iterator[str]:
    for token in tokens:
        hyphened = "-" in token.strip("-")
        for word in words(token):
            stops = word in (_LINKS if hyphened else STOP_WORDS)
            yield word if not stops or (word == _OR and not hyphened) else ""


def _ends_list(token: str) -> bool:
    return token in STOP_WORDS and token not in _BETWEEN and token not in ARTICLES


def _items(tokens: Iterable[str]) -> Iterator[str]:
    """Yields the last content word of each item of a list."""
    item = ""
    for token in tokens:
        content = [word for word in _plain_content([token]) if word not in ("", _OR)]
        if token in _BETWEEN:
            content, ended = [], True
        else:
            ended = token.endswith((",", ";", "."))
        item = content[-1] if content else item
        if ended and item:
            yield item
            item = ""
    if item:
        yield item


def joined(first: str, second: str) -> str:
    """Returns the lemma of two words written as one, if it is a form of both together."""
    one = readings(first + second)[0]
    return one if len(one) >= len(first) + SHORTEST_PART else ""
