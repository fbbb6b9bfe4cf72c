"""Turns raw model captions into readable ones; pure text."""

from __future__ import annotations

import re
import unicodedata

from ..chat.failures import error_text, shortened
from ..chat.thoughts import answer_text, thinks
from ..stages import Missing
from ..storable import storable

_LABEL = re.compile(
    r"^(?:[*_]{0,3}(?:assistant|answer|caption|description)[*_]{0,3}\s{0,5}[:：][*_]{0,3}\s{0,5})+",
    re.IGNORECASE,
)
# Every character is read once: a run of stops that ends no sentence is taken as a whole.
_SENTENCE = re.compile(r"(?:[^.!?。！？]++|[.!?]++(?!\s|$))*+(?:[.!?]++|[。！？]++)?\s*", re.DOTALL)
# Scripts without spaces repeat inside a "word"; digits are left alone: 1000000 is a number.
_LETTER_RUN = re.compile(r"([^\W\d_])\1{5,}")
_SYLLABLE_RUN = re.compile(r"([^\W\d_]{2,30}?)\1{3,}")
_LONGEST_PHRASE = 40
#: longest answer that is read, without thoughts, and longest caption: others are no captions
_LONGEST_ANSWER, LONGEST_CAPTION = 20_000, 5_000
#: rounds until nothing changes; a text that needs more is made up to need them
_MOST_ROUNDS = 20


def clean_caption(text: str, prompt: str | None = None) -> str | Missing:
    """Returns a caption without the artifacts that the model left in it.

    Removed are thoughts, special tokens, control characters, surplus whitespace, an echo of the
    prompt, and pathological repetition: a word or a pair of words three times in a row, a longer
    phrase twice in a row, a sentence that was said before. Cleaning twice changes nothing.

    Args:
        text: a model's answer
        prompt (None): the words the model was asked to continue or to follow

    Returns:
        the caption, or `Missing` where the text says nothing: empty, only thoughts, special tokens
        or punctuation, or one word repeated; where it reports an error; or where it is longer than
        `LONGEST_CAPTION`
    """
    for _ in range(_MOST_ROUNDS):  # each step may uncover work for another
        stripped = _strip(text, prompt)
        why = _says_nothing(stripped)
        if why:
            return Missing(why)
        collapsed = _collapse(stripped)
        if collapsed == text:
            long = len(text) > LONGEST_CAPTION
            why = f"the model's answer is longer than {LONGEST_CAPTION:,} characters"
            return Missing(why) if long else text
        text = collapsed
    return Missing("the model's answer is markup inside markup")


def is_soiled(caption: object) -> bool:
    """Returns whether a stored caption is what `clean_caption` would not have left so.

    Earlier versions knew fewer marks of thinking, and stored thoughts and error messages.

    Args:
        caption: as it is stored
    """
    if not isinstance(caption, str):
        return True
    return thinks(caption) or error_text(caption) is not None or storable(caption) != caption


def _strip(text: str, prompt: str | None) -> str:
    text = answer_text(storable(text))[:_LONGEST_ANSWER]
    text = " ".join(text.split())
    if prompt and prompt.strip():
        words = r"\s+".join(re.escape(word) for word in prompt.split())
        ends = r"(?!\w)" if prompt.rstrip()[-1].isalnum() else ""
        text = re.sub(rf"^{words}{ends}[\s:：,]*", "", text, count=1, flags=re.IGNORECASE)
    return _LABEL.sub("", text).rstrip(" ,;:")


def _says_nothing(text: str) -> str | None:
    if not text:
        return "the model's answer is empty"
    if not any(character.isalnum() for character in text):
        return "the model's answer holds no word"
    if error_text(text) is not None:
        return f"an error instead of a caption: {shortened(text, 120)}"
    words = [_bare(word) for word in text.split()]
    if len(words) > 1 and len({word for word in words if word}) == 1:
        return "the model repeated one word"
    return None


def _collapse(text: str) -> str:
    text = _SYLLABLE_RUN.sub(r"\1", _LETTER_RUN.sub(r"\1", text))
    return " ".join(_without_repeats(_distinct_sentences(text).split())).rstrip(" ,;:")


def _distinct_sentences(text: str) -> str:
    seen: set[str] = set()
    kept = []
    for sentence in filter(None, _SENTENCE.findall(text)):
        key = " ".join(_bare(word) for word in sentence.split())
        if key.strip() and key in seen:
            continue
        seen.add(key)
        kept.append(sentence)
    return "".join(kept)


def _without_repeats(words: list[str]) -> list[str]:
    """Keeps one of each run of the same word or phrase."""
    bare = [_bare(word) for word in words]
    kept: list[str] = []
    position = 0
    while position < len(words):
        size, times = _run(bare, position)
        kept += words[position : position + size]
        position += size * times
    return kept


def _run(bare: list[str], start: int) -> tuple[int, int]:
    """Returns the length and count of the shortest phrase that repeats from ``start`` on."""
    for size in range(1, min(_LONGEST_PHRASE, (len(bare) - start) // 2) + 1):
        phrase = bare[start : start + size]
        times, following = 1, start + size
        while bare[following : following + size] == phrase:
            times, following = times + 1, following + size
        # "very very" and "row by row by" are English; three times, or a long phrase twice, is not
        if times >= (3 if size <= 2 else 2) and any(phrase):
            return size, times
    return 1, 1


def _bare(word: str) -> str:
    """Returns a word as it counts in comparisons: no case, no punctuation around it."""
    folded = word.casefold()
    first = next((i for i, word in enumerate(folded) if _counts(word)), len(folded))
    last = next((i for i in range(len(folded), first, -1) if _counts(folded[i - 1])), first)
    return folded[first:last]


def _counts(character: str) -> bool:
    # vowel signs of Indic scripts are marks, not letters, and tell words apart
    return character.isalnum() or unicodedata.category(character)[0] == "M"
