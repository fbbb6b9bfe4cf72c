"""Yes or no out of a model's answer: its words, or how likely each word was; pure.

An answer that is neither is None: it is left out, never read as a no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .thoughts import SPECIAL, answer_text, spans

#: what yes and no must have of the first word's probability together; below, the model was more
#: likely to say something else
LEAST_MASS = 0.5
#: how much of an answer is read: yes or no stands in front
_LONGEST = 1_000

_MARKUP = re.compile(r"[*_`\"'“”‘’#>\[\](){}]")
# {"reasoning": "...", "answer": "yes"}
_GIVEN = re.compile(r"[\"']answer[\"']\s{0,9}:\s{0,9}[\"']?([^\"']{0,200})", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{(?:\\text\{)?([^{}]{0,100})\}?\}?")
_ANSWER = re.compile(
    r"(?:(?:the\s+)?answer(?:\s+is)?\s*:?\s+)?(yes|no)(?=\Z|\s*[.,;:!]|[ \t]*\n|\s+[-–—]\s|[–—])",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"\W*(?:(?:and|or|but)\W+)?(yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """One token of an answer.

    Args:
        text: the token
        chances: tokens that could have stood there, with their probabilities; its own among them
    """

    text: str
    chances: Sequence[tuple[str, float]]


def read_answer(text: str) -> bool | None:
    """Returns whether an answer says yes (True) or no (False); None where it says neither.

    The word must stand alone, or be followed by punctuation: "Yes, it does" is a yes; "no idea"
    and "yes or no" are neither, and so is "Yes. No."

    Args:
        text: a model's answer
    """
    said_aloud = answer_text(text)
    given = _GIVEN.search(said_aloud[:_LONGEST]) if said_aloud[:1] == "{" else None
    said_aloud = given[1] if given else said_aloud
    plain = _MARKUP.sub("", _BOXED.sub(r"\1", said_aloud[:_LONGEST])).strip()
    match = _ANSWER.match(plain)
    if match is None:
        return None
    said = match[1].casefold()
    again = _AGAIN.match(plain[match.end() :])
    if again is not None and again[1].casefold() != said:
        return None
    return said == "yes"


def yes_probability(tokens: Sequence[Token]) -> float | None:
    """Returns P(yes) of an answer's first word, given that it is yes or no.

    The probabilities of all spellings are summed: P(yes) = yes / (yes + no).

    Args:
        tokens: the answer; thoughts, markup and punctuation before its first word are passed over

    Returns:
        a number in [0, 1]; None where yes and no together have under `LEAST_MASS`, or where
        there is no word
    """
    text = "".join(token.text for token in tokens)
    plain = SPECIAL.sub(lambda mark: " " * len(mark[0]), text)
    answer = iter(spans(text))
    start, stop = next(answer, (len(text), len(text)))
    place = 0
    for token in tokens:
        begin, place = place, place + len(token.text)
        while begin >= stop < len(text):
            start, stop = next(answer, (len(text), len(text)))
        if begin < start or not word(plain[begin:place]):
            continue
        yes = sum(chance for text, chance in token.chances if word(text) == "yes")
        no = sum(chance for text, chance in token.chances if word(text) == "no")
        return yes_share(yes, no)
    return None


def yes_share(yes: float, no: float) -> float | None:
    """Returns P(yes) given yes or no; None where both together have under `LEAST_MASS`.

    Args:
        yes: probability of yes, in all its spellings
        no: probability of no
    """
    return yes / (yes + no) if yes + no >= LEAST_MASS else None


def word(token: str) -> str:
    """Returns a token's letters, without the letter by which some mark a word's beginning."""
    return re.sub(r"[\W_]", "", token.removeprefix("Ġ")).casefold()
