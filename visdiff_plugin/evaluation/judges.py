"""Judges: does a proposal say the true difference? 2 the same, 1 partly, 0 no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..encoders.sentence_encoder import SentenceEncoder
from ..stages import Usage, parameters_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..vectors import TextEncoder


@dataclass(frozen=True)
class Question:
    """What a judge is asked.

    Args:
        truth: what is true of the set
        other: what is true of the other set; empty if not known
        proposal: what was said of the set
    """

    truth: str
    other: str
    proposal: str


@dataclass(frozen=True)
class Judgment:
    """A score of 0, 1 or 2, and what it took."""

    score: int
    usage: Usage = Usage()
    reply: str = ""


class Judge(Protocol):
    """Scores proposals; ``name`` and ``parameters`` decide whether a stored score is valid."""

    @property
    def name(self) -> str:
        """Which judge it is."""
        ...

    @property
    def parameters(self) -> dict[str, Any]:
        """What else changes its scores, JSON-safe."""
        ...

    def judge(self, question: Question) -> Judgment:
        """Returns its score."""
        ...


_EMPTY = frozenset(
    "a an and are as at be by for from has have in into is it its of on or some that the their "
    "there these they this to with which who showing various several many more".split()
)
#: they may be added to an answer without making it another one
_MEDIUM = frozenset(("imag", "photograph", "pictur"))
_SYNONYMS = {"photo": "photograph"}


class WordJudge:
    """A weak judge for where there is no model: it compares words, and meanings if it can.

    2: all words that tell truth from the other truth are in the proposal, and it says nothing
    else. 1: some are. 0: none, or words of the other truth and no word of this one. Endings are
    cut, so "sketches" is "sketch"; "canine" is not "dog". With an encoder, texts that are near
    count too. It does not agree with people as a large language model does (the paper reports
    .80 for GPT-4 and about .5 for overlap of words): numbers of two judges don't compare.

    Args:
        encoder (None): embeds texts, for likeness beyond words
        same (.9): cosine from which on two texts say the same
        related (.7): cosine from which on one says part of the other
    """

    def __init__(
        self, encoder: TextEncoder | None = None, *, same: float = 0.9, related: float = 0.7
    ) -> None:
        if not 0 < related <= same <= 1:
            raise ValueError(f"Expected 0 < related <= same <= 1, got {related!r}, {same!r}.")
        self._encoder, self._same, self._related = encoder, same, related
        self._vectors: dict[str, NDArray[np.float64]] = {}  # the truths come again and again

    @property
    def name(self) -> str:
        """The judge, with its encoder's name."""
        return "words-1" if self._encoder is None else f"words-2 + {self._encoder.name}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The thresholds and the encoder's own, where there is one."""
        if self._encoder is None:
            return {}
        own = parameters_of(self._encoder)
        return {"same": self._same, "related": self._related, "encoder": own}

    def judge(self, question: Question) -> Judgment:
        """Returns the better of what words and meanings say.

        Opposed words are always 0. The truth with further words is always 1: a cosine hardly
        tells "black dog" from "dog".
        """
        said = by_words(question)
        if self._encoder is None or said.opposed or said.narrower:
            return Judgment(said.score)
        return Judgment(max(said.score, self._by_meaning(question, self._encoder)))

    def _by_meaning(self, question: Question, encoder: TextEncoder) -> int:
        texts = [question.proposal, question.truth, *([question.other] if question.other else [])]
        unknown = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if unknown:
            self._vectors |= dict(zip(unknown, _units(encoder, unknown), strict=True))
        cosines = [float(self._vectors[texts[0]] @ self._vectors[text]) for text in texts[1:]]
        if question.other and cosines[1] >= cosines[0]:
            return 0
        return 2 if cosines[0] >= self._same else 1 if cosines[0] >= self._related else 0


#: cosines of all-MiniLM-L6-v2, chosen by scores by hand: see docs/evaluation.md
MINILM_SAME, MINILM_RELATED = 0.65, 0.5


def minilm_judge(*, same: float = MINILM_SAME, related: float = MINILM_RELATED) -> WordJudge:
    """Returns the judge ``words+minilm``: words, and the meanings that all-MiniLM-L6-v2 sees.

    Args:
        same (.65): cosine from which on two texts say the same
        related (.5): cosine from which on one says part of the other

    Raises:
        DependencyError: if the package that carries the model is not installed
        ValueError: unless 0 < related <= same <= 1
    """
    return WordJudge(SentenceEncoder(), same=same, related=related)


@dataclass(frozen=True)
class Said:
    """What words alone say of a proposal.

    Args:
        score: 0, 1 or 2
        opposed (False): whether it says the other truth instead
        narrower (False): whether it says the whole truth and something else
    """

    score: int
    opposed: bool = False
    narrower: bool = False


def by_words(question: Question) -> Said:
    """Returns the score by words, and why meanings may not change it."""
    truth, other, said = (
        words(text) for text in (question.truth, question.other, question.proposal)
    )
    telling = truth - other or truth
    wrong = other - truth
    if not telling & said:
        return Said(0, opposed=bool(wrong & said))
    if not telling <= said:
        return Said(1)
    more = bool(said - truth - _MEDIUM)
    return Said(1 if more else 2, narrower=more)


def words(text: str) -> frozenset[str]:
    """Returns the words of a text that say something, without endings."""
    spelled = re.findall(r"[^\W_]+", text.casefold())
    stems = (stem(word) for word in spelled if word not in _EMPTY)
    return frozenset(_SYNONYMS.get(word_stem, word_stem) for word_stem in stems)


def stem(word: str) -> str:
    """Cuts plural, -ing and -ed where a word remains: rough, and the same for both sides."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= 3 and re.search("[aeiouy]", rest):
            doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            word = rest[:-1] if doubled else rest
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _units(encoder: TextEncoder, texts: Sequence[str]) -> NDArray[np.float64]:
    vectors = np.asarray(encoder.encode_texts(list(texts)), np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
