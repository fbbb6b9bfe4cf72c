"""From raw proposals to distinct candidates: normalize, drop repeats, merge paraphrases; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .words import ARTICLES, lemma, words

Side = Literal["a", "b"]
#: what a row is about, in the order in which rows are listed: what is shown, what labels say, how
#: pictures look (light, color, sharpness), and what files are (size, compression, shape)
Kind = Literal["content", "label", "look", "file"]
KINDS: tuple[Kind, ...] = ("content", "label", "look", "file")

#: images that a correlation of scores is computed on
_MOST_CORRELATED = 20_000


@dataclass(frozen=True)
class Candidate:
    """A description that is to be tested.

    Args:
        description: the words
        source: what it came from: a proposer's name, ``"property"``, ``"label"`` or ``"user"``
        claimed: the sides it was proposed for; empty where nothing was claimed
        opposite (""): the words for low scores, where a measured number has them
        measure (""): the field or property whose values are the scores; empty if a ranker scores
        merged (()): paraphrases that this candidate stands for
        fold (0): of the `Split` whose proposal images it came from; its evidence is the rest
        shows_at (None): the score from which on an image shows it; None where no score says that
        given (False): whether a user chose ``shows_at``
        unit (""): of a measured number
        turned (False): whether its scores are measured numbers with the other sign
        kind ("content"): what it is about
    """

    description: str
    source: str
    claimed: tuple[Side, ...] = ()
    opposite: str = ""
    measure: str = ""
    merged: tuple[str, ...] = ()
    fold: int = 0
    shows_at: float | None = None
    given: bool = False
    unit: str = ""
    turned: bool = False
    kind: Kind = "content"


def normalize(description: str) -> str:
    """Returns a description without stray white space, enclosing quotes and final full stops."""
    text = " ".join(description.split())
    while text and (text[0], text[-1]) in (('"', '"'), ("'", "'"), ("“", "”"), ("`", "`")):
        text = text[1:-1].strip()
    return text.rstrip(" .;,")


def key(description: str) -> str:
    """Returns what two spellings of one description share: its words in order, as lemmas."""
    return " ".join(lemma(word) for word in words(description) if word not in ARTICLES)


def unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Joins candidates with the same `key`: the first spelling stays, claims of both are kept.

    It stays with its fold: which images test it is settled by the order, never by the scores.
    """
    kept: dict[str, Candidate] = {}
    for candidate in candidates:
        candidate = replace(candidate, description=normalize(candidate.description))
        name = f"{candidate.measure}\0{key(candidate.description)}"
        if not key(candidate.description):
            continue
        first = kept.get(name)
        if first is None:
            kept[name] = candidate
            continue
        spellings = dict.fromkeys((*first.merged, candidate.description))
        spellings.pop(first.description, None)
        claimed = tuple(sorted({*first.claimed, *candidate.claimed}))
        kept[name] = replace(first, claimed=claimed, merged=tuple(spellings))
    return list(kept.values())


def merge_paraphrases(
    candidates: Sequence[Candidate],
    scores: NDArray[np.floating[Any]],
    text_vectors: NDArray[np.floating[Any]] | None = None,
    min_correlation: float = 0.8,
    min_similarity: float = 0.9,
    min_overlap: float = 0.6,
) -> tuple[list[Candidate], list[int]]:
    """Joins candidates that say the same and score the same.

    Both must hold, over all images and without a look at which set an image is in, so that the
    choice cannot favor a result: the scores correlate, and the texts are close (cosine of their
    embeddings, or share of common words). Of a group the shortest wording stays: it is the more
    general one. Measured candidates are never joined.

    Args:
        candidates: ``k`` candidates
        scores: ``(n, k)`` scores, NaN where an image was not scored
        text_vectors (None): ``(k, d)`` unit embeddings of the descriptions
        min_correlation (.8): of the scores (Pearson)
        min_similarity (.9): cosine of the text embeddings
        min_overlap (.6): Jaccard index of the words

    Returns:
        the remaining candidates, and the columns of ``scores`` that belong to them
    """
    order = sorted(
        range(len(candidates)),
        key=lambda column: (len(candidates[column].description), candidates[column].description),
    )
    said = [set(key(candidate.description).split()) for candidate in candidates]
    # a correlation of .8 shows on some thousand images; a million would only cost time
    scores = scores[:: max(1, len(scores) // _MOST_CORRELATED)]
    standing: list[int] = []
    joined: dict[int, list[int]] = {}
    for column in order:
        home = None
        if not candidates[column].measure:
            home = next(
                (
                    other
                    for other in standing
                    if not candidates[other].measure
                    and _close(column, other, said, text_vectors, min_similarity, min_overlap)
                    and _correlation(scores[:, column], scores[:, other]) >= min_correlation
                ),
                None,
            )
        if home is None:
            standing.append(column)
        else:
            joined.setdefault(home, []).append(column)
    standing.sort()
    return [_join(candidates, column, joined.get(column, ())) for column in standing], standing


def _join(candidates: Sequence[Candidate], column: int, others: Sequence[int]) -> Candidate:
    group = [candidates[column], *(candidates[other] for other in others)]
    merged = [text for candidate in group for text in (candidate.description, *candidate.merged)][
        1:
    ]
    claimed = tuple(sorted({side for candidate in group for side in candidate.claimed}))
    return replace(candidates[column], merged=tuple(dict.fromkeys(merged)), claimed=claimed)


def _close(
    first: int,
    other: int,
    said: Sequence[set[str]],
    text_vectors: NDArray[np.floating[Any]] | None,
    min_similarity: float,
    min_overlap: float,
) -> bool:
    together = said[first] | said[other]
    if together and len(said[first] & said[other]) / len(together) >= min_overlap:
        return True
    if text_vectors is None:
        return False
    return bool(text_vectors[first] @ text_vectors[other] >= min_similarity)


def _correlation(x: NDArray[np.floating[Any]], y: NDArray[np.floating[Any]]) -> float:
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both].astype(np.float64), y[both].astype(np.float64)
    if x.size < 3 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
