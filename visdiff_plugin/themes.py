"""Groups rows that mean the same, or a special case of one, into themes; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .said import Said, implies

#: correlation of scores within the sets from which on rows that say much the same are one theme
_AGREES = 0.3
#: share of the words of the shorter of two descriptions that the other must say too
_SHARED = 0.5
#: standard deviations above the mean similarity of all pairs of texts that make two texts alike
_ALIKE = 2.5
#: letters at least of a word, and of what a compound adds before it: "basketball", but not "female"
_STEM = 4
#: what a word adds to another that it is made of: "skier", "rocky", "biking"
_ENDINGS = frozenset("r er or ist ing y ie let like man woman men women".split())


@dataclass(frozen=True)
class Idea:
    """A row as themes see it.

    Args:
        says: what its description says
        side: the set that it favors
        effect: distance of its AUROC from one half, in [0, .5]
        least: the same at the near end of its interval
    """

    says: Said
    side: str | None
    effect: float
    least: float


def themes(
    ideas: Sequence[Idea],
    agreement: NDArray[np.floating[Any]],
    similarity: NDArray[np.floating[Any]] | None = None,
) -> list[list[int]]:
    """Returns the themes of rows, each as places: the lead first, then its members by strength.

    A row joins the theme of another that says all of its words or none but its words, or one word
    made of the other; or that says much the same (half of the words of the shorter one, or by text
    embeddings) where their scores agree within the sets. Across the sets everything that separates
    them agrees, so that tells nothing. What is general is looked at first: "bird sits in tree" is a
    case of the stronger of "bird" and "tree", and does not make one theme of the two.

    The lead is the plainest row that is as strong as the strongest within that one's interval.

    Args:
        ideas: ``k`` rows
        agreement: ``(k, k)`` correlation of their scores within the sets
        similarity (None): ``(k, k)`` cosine of the embeddings of their descriptions
    """
    alike = _alike(similarity)
    order = sorted(range(len(ideas)), key=lambda place: (*_generality(ideas[place]), place))
    groups: list[list[int]] = []
    for place in order:
        # of several general rows, it is a case of the strongest
        homes = [
            group
            for group in groups
            if _same(ideas[group[0]], ideas[place], agreement[group[0], place],
                     alike is not None and bool(alike[group[0], place]))
        ]  # fmt: skip
        home = max(homes, key=lambda group: ideas[group[0]].effect, default=None)
        if home is None:
            groups.append([place])
        else:
            home.append(place)
    return [_led(group, ideas) for group in groups]


def within_sets(scores: NDArray[np.floating[Any]], in_a: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns ``(k, k)`` correlations of the ranks of scores within the sets.

    Args:
        scores: ``(n, k)`` scores; a missing one counts as the middle of its set
        in_a: ``(n,)`` whether each image is of A
    """
    centered = np.zeros(scores.shape)
    for own in (in_a, ~in_a):
        for column in range(scores.shape[1]):
            part = scores[own, column]
            known = np.isfinite(part)
            ranks = np.zeros(part.size)
            values, inverse, counts = np.unique(
                part[known], return_inverse=True, return_counts=True
            )
            middles = np.cumsum(counts) - counts / 2
            if values.size:
                ranks[known] = middles[inverse] - part[known].size / 2
            centered[own, column] = ranks
    norms = np.sqrt((centered**2).sum(axis=0))
    usable = norms > 0
    scaled = np.where(usable, centered / np.where(usable, norms, 1), 0)
    return np.asarray(scaled.T @ scaled)


def _alike(similarity: NDArray[np.floating[Any]] | None) -> NDArray[np.bool_] | None:
    """Which texts are unusually close, by the encoder's own scale."""
    if similarity is None or len(similarity) < 3:
        return None
    # a text that the encoder knows no word of is like no other
    similarity = np.nan_to_num(similarity, nan=0.0)
    pairs = similarity[np.triu_indices(len(similarity), 1)]
    return np.asarray(similarity >= pairs.mean() + _ALIKE * pairs.std())


def _same(lead: Idea, other: Idea, agreement: float, alike: bool) -> bool:
    if lead.side != other.side or not lead.says or not other.says:
        return False
    if implies(other.says, lead.says) or _related(lead.says, other.says):
        return True
    if agreement < _AGREES:
        return False
    if implies(lead.says, other.says):
        return True
    shared = sum(any(_much_the_same(one, two) for two in other.says) for one in lead.says)
    least = min(len(lead.says), len(other.says))
    return alike or shared >= _SHARED * least


def _much_the_same(one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether two parts are one word, or lists that share half of the shorter one."""
    return len(one & two) >= _SHARED * min(len(one), len(two))


def _related(first: Said, other: Said) -> bool:
    """Whether both say one word each, and one is made of the other: "bike", "biker"."""
    if len(first) != 1 or len(other) != 1:
        return False
    [ones], [twos] = first, other
    if len(ones) != 1 or len(twos) != 1:
        return False
    shorter, longer = sorted((*ones, *twos), key=len)
    if len(shorter) < _STEM:
        return False
    return longer.removeprefix(shorter) in _ENDINGS or (
        longer.endswith(shorter) and len(longer) - len(shorter) >= _STEM
    )


def _generality(idea: Idea) -> tuple[int, int, float]:
    """Orders ideas: first what most says, as "vehicles such as car or bus"; then the strongest."""
    return len(idea.says), -sum(map(len, idea.says)), -idea.effect


def _plainness(idea: Idea) -> tuple[int, int, float]:
    """Orders ideas: those of fewer words first, then the strongest."""
    return len(idea.says), sum(map(len, idea.says)), -idea.effect


def _led(group: Sequence[int], ideas: Sequence[Idea]) -> list[int]:
    strongest = max(group, key=lambda place: (ideas[place].effect, -place))
    equal = [place for place in group if ideas[place].effect >= ideas[strongest].least]
    lead = min(equal, key=lambda place: (*_plainness(ideas[place]), place))
    rest = sorted(
        (place for place in group if place != lead), key=lambda place: (-ideas[place].effect, place)
    )
    return [lead, *rest]
