"""Scores descriptions by whether an image's caption contains their words; needs no model."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress, silent
from ..said import SHORTEST_PART, Part, joined, parts
from ..stages import Images, Scored
from ..words import STOP_WORDS, readings, words

#: captions between two reports of progress
_STEP = 20_000
#: absent words that a note lists, and letters of one: descriptions can be anything
_MOST_LISTED, _LONGEST = 8, 40


@dataclass(frozen=True)
class PresenceRanker:
    """v(x, y) is 1 where the caption of x says all content words of y, and 0 elsewhere.

    Order, inflection, case, hyphens and stop words do not matter; what forms are one word,
    `words` says. Words are counted, not understood: "no dog" says "dog", and "a man and a red
    car" says "a red man".

    Args:
        partial (False): whether captions that say some of the words score in (0, 1), by the
            words' share of the inverse document frequencies, which come from the captions of both
            sets together. They never count, but order the rest, so that the AUROC may say what
            the counts do not: of "a blurry temple" where only "temple" differs

    Attributes:
        shows_at: the score from which an image counts as showing a description. It is natural:
            nothing lies between a caption that says all and one that does not
    """

    partial: bool = False
    name = "words"
    needs = "captions"
    shows_at = 1.0
    reports = True

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes scores."""
        return {"partial": self.partial}

    def score(
        self, images: Images, descriptions: Sequence[str], progress: Progress = silent
    ) -> Scored:
        """Returns ``(n, k)`` scores in [0, 1], with a note of the words that no caption holds.

        NaN for images without a caption, and for descriptions without any content word.
        """
        if images.captions is None:
            raise ValueError("Expected images with captions, got none.")
        wanted = [parts(description) for description in descriptions]
        captions = _Captions(
            {wanted_lemma for group in wanted for part in group for wanted_lemma in part.lemmas}
        )
        captions.read(images.captions, progress)
        scores = np.full((len(images), len(wanted)), np.nan, np.float32, order="F")
        for column, group in enumerate(wanted):
            if group:
                scores[captions.rows, column] = self._score(captions, group)
        return Scored(scores, notes=_notes(descriptions, wanted, captions))

    def _score(self, captions: _Captions, group: Sequence[Part]) -> NDArray[np.float32]:
        """Returns the scores of the images with a caption."""
        said = np.zeros(len(captions.rows), np.int32)
        weight = np.zeros(len(captions.rows), np.float64)
        total = 0.0
        for part in group:
            places = captions.places(part)
            idf = 1 + math.log((1 + len(captions.rows)) / (1 + places.size))
            total += idf
            said[places] += 1
            weight[places] += idf
        says_all = said == len(group)
        if not self.partial:
            return says_all.astype(np.float32)
        # below 1 by more than float32 rounds, however many words there are
        share = np.minimum(weight / total, 1 - 1e-6)
        return np.where(says_all, 1.0, share).astype(np.float32)


class _Captions:
    """Which captions say which of the wanted lemmas.

    Attributes:
        rows: of the images that have a caption
    """

    def __init__(self, lemmas: set[str]) -> None:
        self.rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._places: dict[str, array[int]] = {known_lemma: array("q") for known_lemma in lemmas}
        self._of_word: dict[str, tuple[str, ...]] = {}
        # "skateboard" is looked for in "skate board" too
        self._beginnings = {
            known_lemma[:end]
            for known_lemma in lemmas
            for end in range(1, len(known_lemma) - SHORTEST_PART + 1)
            if end >= SHORTEST_PART or known_lemma[:end] == "t"
        } - STOP_WORDS

    def read(self, texts: Sequence[str], progress: Progress) -> None:
        """Reads captions; an empty one is none."""
        rows = array("q")
        for row, text in enumerate(texts):
            if row % _STEP == 0 and row:
                progress(row / len(texts), f"Reading {row:,} of {len(texts):,} captions")
            if not (said := words(text)) if text else True:
                continue
            for wanted in self._wanted(said):
                self._places[wanted].append(len(rows))
            rows.append(row)
        self.rows = np.array(rows, np.intp)

    def places(self, part: Part) -> NDArray[np.int64]:
        """Returns which captions say a part, as places in ``rows``."""
        each = [np.array(self._places[part_lemma], np.int64) for part_lemma in part.lemmas]
        return each[0] if len(each) == 1 else np.unique(np.concatenate(each))

    def _wanted(self, said: Sequence[str]) -> set[str]:
        lemmas: set[str] = set()
        before = ""
        for word in said:
            lemmas.update(self._known(word))
            if before and (one := joined(before, word)) in self._places:
                lemmas.add(one)
            before = word if word in self._beginnings else ""
        return lemmas

    def _known(self, word: str) -> tuple[str, ...]:
        known = self._of_word.get(word)
        if known is None:
            known = tuple(reading for reading in readings(word) if reading in self._places)
            self._of_word[word] = known
        return known


def _notes(
    descriptions: Sequence[str], wanted: Sequence[Sequence[Part]], captions: _Captions
) -> list[str]:
    """Says which words nobody wrote, and which descriptions hold no word to look for."""
    if not captions.rows.size:
        return []
    notes = []
    every = {part.lemmas: part for group in wanted for part in group}.values()
    absent = [part.word for part in every if not captions.places(part).size]
    if absent:
        notes.append(f"No caption mentions {_listed(absent, 'words')}.")
    empty = [text for text, group in zip(descriptions, wanted, strict=True) if not group]
    if empty:
        notes.append(f"No word to look for in {_listed(empty, 'descriptions')}.")
    return notes


def _listed(texts: Sequence[str], noun: str) -> str:
    quoted = [f'"{text[:_LONGEST]}"' for text in dict.fromkeys(texts)]
    more = len(quoted) - _MOST_LISTED
    if more > 1:
        quoted = [*quoted[:_MOST_LISTED], f"{more} other {noun}"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
