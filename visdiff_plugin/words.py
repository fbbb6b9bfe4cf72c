"""Which words a text contains, and which forms are the same word; pure text, English.

A form has one main lemma ("leaf" for "leaves") and sometimes other readings ("leave"). What is
searched for is its main lemma; what a caption says is all readings of its words. So "leaf" and
"leave" both find "leaves", and "leaves" finds "leaf" alone. Lemmas are those of LemmInflect.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .storable import without_stacks

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_MARKED_LATIN = re.compile(r"([a-z])[\u0300-\u036f]+")
_POSSESSIVE = re.compile(r"'s?$")

ARTICLES = frozenset(("a", "an", "the"))
DETERMINERS = ARTICLES | frozenset(
    "this that these those its his her their my our your some any another other each both all "
    "very".split()
)
PREPOSITIONS = frozenset(
    "in on at of with by through over under near into onto along behind beside between across "
    "around against above below off out up down for from and towards toward during next past "
    "after".split()
)
AUXILIARIES = frozenset(
    "is am are was were be been being has have had having do does did can could will would may "
    "might".split()
)
PRONOUNS = frozenset(
    "i you he she it we they me him them us who whom which what himself herself itself themselves "
    "there here".split()
)
CONJUNCTIONS = frozenset(
    "and as while when where because if but or than then so too also just how before until upon "
    "about like such to".split()
)
#: say nothing of what an image shows. Numbers and "no", "not", "without" do: "no people" is not
#: what "people" is
STOP_WORDS = DETERMINERS | PREPOSITIONS | AUXILIARIES | PRONOUNS | CONJUNCTIONS

_NUMBERS = dict(
    enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
)
_CONTRACTED = {"ca": "can", "wo": "will", "sha": "shall"}
#: where the dictionary's readings would make one word of two that mean different things in captions
_READINGS = {
    "people": ("person",), "oxen": ("ox",), "leaves": ("leaf", "leave"),
    # past forms of other verbs, but hardly ever meant so
    "ground": ("ground",), "left": ("left",), "rose": ("rose",), "bit": ("bit",),
    "born": ("born",), "wound": ("wound",), "feed": ("feed",), "does": ("do",),
    # plurals that are things of their own: eyeglasses, a forest, clothes
    "glasses": ("glasses", "glass"), "woods": ("woods",), "shorts": ("shorts",),
    "pants": ("pants",), "tights": ("tights",), "slacks": ("slacks",), "clothes": ("clothes",),
}  # fmt: skip
#: name things, not activities: "building" is not a form of "build"
_THINGS = frozenset(
    "building clothing railing painting drawing evening wedding lighting setting living parking "
    "ceiling icing frosting topping siding flooring stocking bedding housing coating lettering "
    "paving".split()
)


def words(text: str) -> list[str]:
    """Returns the words of a text in order: without case, accents, punctuation and possessive.

    Words with hyphens come apart ("t-shirt": t, shirt), "isn't" is "is" and "not".
    """
    spelled = []
    for word in _WORD.findall(plain(text)):
        if "'" in word:
            if word.endswith("n't"):
                spelled += [_CONTRACTED.get(word[:-3], word[:-3]), "not"]
                continue
            word = _POSSESSIVE.sub("", word).replace("'", "")
        spelled.append(word)
    return spelled


def plain(text: str) -> str:
    """Returns a text in the letters that words are compared in."""
    text = text.casefold()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", without_stacks(text)).casefold().replace("’", "'")
    marked = _MARKED_LATIN.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", marked)


@lru_cache(1 << 17)
def lemma(word: str) -> str:
    """Returns what the forms of a word share: "run" of "ran", "t-shirt" of "T-shirts"."""
    word = _POSSESSIVE.sub("", plain(word))
    return "-".join(readings(part)[0] for part in word.split("-"))


@lru_cache(1 << 17)
def readings(word: str) -> tuple[str, ...]:
    """Returns the lemmas that a word can be a form of, the main one first.

    Nouns and verbs are inflected; "bigger" stays another word than "big", as it compares. A word
    that the dictionary does not know is taken by its ending.

    Args:
        word: as `words` gives it
    """
    if word in _READINGS:
        return _READINGS[word]
    if word.isdecimal() and len(word) < 3:
        return (_NUMBERS.get(int(word), word),)
    if not word.isascii() or len(word) < 3 or word in _THINGS or word in STOP_WORDS:
        return (word,)
    known = _dictionary(word)
    nouns, verbs = known.get("NOUN", ()), (*known.get("VERB", ()), *known.get("AUX", ()))
    if not known:
        return (_unknown(word),)
    if word.endswith("ing") and verbs:
        # "sitting" is a noun too, in dictionaries
        return tuple(dict.fromkeys(verbs))
    lemmas = dict.fromkeys((*nouns, *verbs))
    if word in lemmas and word.endswith("s") and len(lemmas) > 1:
        del lemmas[word]  # "jumps" is a noun of its own, in dictionaries
    first = [word] if word in lemmas or not lemmas else []
    return tuple(dict.fromkeys((*first, *lemmas)))


def predicate(word: str) -> bool:
    """Returns whether a word says what somebody does and names nothing: "meditates"."""
    return word.endswith("s") and set(_dictionary(word)) == {"VERB"}


def thing(word: str) -> bool:
    """Returns whether a word names something and describes nothing: "soccer", but not "black"."""
    return "NOUN" in (known := _dictionary(word)) and not {"ADJ", "ADV"} & set(known)


def plural(word: str) -> str:
    """Returns the plural of a noun; the word itself where the dictionary has none: "furniture"."""
    from lemminflect import getInflection

    if word == "person":
        return "people"
    forms: tuple[str, ...] = getInflection(word, "NNS", inflect_oov=False)
    return forms[0] if forms else word


def _dictionary(word: str) -> dict[str, tuple[str, ...]]:
    # where it is used: its tables take a quarter of a second
    from lemminflect import getAllLemmas

    lemmas: dict[str, tuple[str, ...]] = getAllLemmas(word)
    return lemmas


def _unknown(word: str) -> str:
    """Returns the lemma of a word that is in no dictionary, by rules."""
    from lemminflect import getAllLemmasOOV

    if word.endswith("men"):
        return f"{word[:-3]}man"
    if word.endswith("ie"):
        return f"{word[:-2]}y"  # as the rules read "hoodies"
    kind = "VERB" if word.endswith(("ing", "ed")) else "NOUN"
    if kind == "NOUN" and not word.endswith("s") or len(word) < 4:
        return word
    guess: str = getAllLemmasOOV(word, kind).get(kind, ("",))[0]
    return guess if len(guess) > 2 else word
