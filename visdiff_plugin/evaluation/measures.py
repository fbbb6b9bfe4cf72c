"""What is counted, and the changed pairs that it is counted on; pure, seeded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..sampling import generator
from .pairs import Pair

#: the judge's best score: "the same"
BEST = 2
#: resamples of a bootstrap interval
_RESAMPLES = 2_000


def accuracy_at(scores: Sequence[int], k: int) -> float:
    """Returns the best judge's score among the first ``k``, of ``BEST``: the paper's Acc@k.

    Args:
        scores: 0, 1 or 2 for each answer, best answer first; none is a miss
        k: answers that count

    Raises:
        ValueError: on another score, or ``k`` under 1
    """
    if k < 1 or any(score not in (0, 1, BEST) for score in scores):
        raise ValueError(f"Expected scores of 0, 1 or 2 and k >= 1, got {scores!r}, {k!r}.")
    return max(scores[:k], default=0) / BEST


def bootstrap(
    values: Sequence[float], seed: int = 0, level: float = 0.95
) -> tuple[float, float, float]:
    """Returns the mean over pairs with its percentile bootstrap interval (Efron 1979).

    Pairs are drawn anew, not seeds: another benchmark would hold other pairs.

    Args:
        values: one number a pair (its mean over seeds)
        seed (0): of the resamples
        level (.95): of the interval

    Raises:
        ValueError: without values
    """
    if not len(values):
        raise ValueError("Expected at least one pair, got none.")
    array = np.asarray(values, np.float64)
    draws = np.random.default_rng(seed).integers(0, len(array), (_RESAMPLES, len(array)))
    tail = 50 * (1 - level)
    low, high = np.percentile(array[draws].mean(axis=1), [tail, 100 - tail])
    return float(array.mean()), float(low), float(high)


def swapped(pair: Pair, purity: float, seed: int) -> Pair:
    """Exchanges images between the sets, as many as make both the same mixture at purity 0.

    That is half of each where the sets have one size; of ``n_a`` and ``n_b``,
    ``(1 - purity) n_a n_b / (n_a + n_b)``. No image is lost, and none is in both.

    Args:
        pair: a pair
        purity: 1 changes nothing, 0 leaves nothing to find
        seed: which images are exchanged

    Raises:
        ValueError: on a purity outside [0, 1]
    """
    _check_share(purity)
    n_a, n_b = len(pair.images_a), len(pair.images_b)
    rng = _rng(pair, seed)
    a, b = _permuted(pair.images_a, rng), _permuted(pair.images_b, rng)
    n = round((1 - purity) * n_a * n_b / (n_a + n_b))
    return replace(pair, images_a=(*b[:n], *a[n:]), images_b=(*a[:n], *b[n:]))


def concentrated(pair: Pair, share: float, seed: int) -> Pair:
    """Leaves the difference in a share of A; the rest of A is like B.

    B is cut in two: one half is the new B, the other fills A. Sets have the same size, half of
    B's (or A's, if that is smaller), whatever the share, so that only the share changes.

    Args:
        pair: a pair of at least four images a set
        share: of the new A that comes from A
        seed: which images are taken

    Raises:
        ValueError: on a share outside [0, 1], or too small sets
    """
    _check_share(share)
    size = min(len(pair.images_a), len(pair.images_b) // 2)
    if size < 2:
        raise ValueError(
            f"Expected at least 2 images of A and 4 of B in pair {pair.name!r}, got "
            f"{len(pair.images_a)} and {len(pair.images_b)}."
        )
    rng = _rng(pair, seed)
    a, b = _permuted(pair.images_a, rng), _permuted(pair.images_b, rng)
    n = round(share * size)
    return replace(pair, images_a=(*a[:n], *b[size : 2 * size - n]), images_b=b[:size])


def shuffled(pair: Pair, seed: int) -> Pair:
    """Deals all images anew into sets of the same sizes: whatever is found then is false."""
    pool = _permuted((*pair.images_a, *pair.images_b), _rng(pair, seed))
    n = len(pair.images_a)
    return replace(pair, images_a=pool[:n], images_b=pool[n:])


def changed(pair: Pair, change: str, level: float, seed: int) -> Pair:
    """Returns a pair under one of the changes by name.

    Args:
        pair: a pair
        change: ``"none"``, ``"purity"``, ``"concentration"`` or ``"shuffle"``
        level: purity or share; ignored otherwise
        seed: of the change

    Raises:
        ValueError: on an unknown change
    """
    if change == "none":
        return pair
    if change == "purity":
        return swapped(pair, level, seed)
    if change == "concentration":
        return concentrated(pair, level, seed)
    if change == "shuffle":
        return shuffled(pair, seed)
    raise ValueError(f"Expected none, purity, concentration or shuffle, got {change!r}.")


def _rng(pair: Pair, seed: int) -> np.random.Generator:
    names = [_short(path) for path in (*pair.images_a, *pair.images_b)]
    return generator(seed, names)


def _permuted(paths: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    """Returns paths in random order, which does not depend on the order that they came in."""
    ordered = sorted(paths, key=lambda path: (_short(path), path))
    places: NDArray[np.intp] = rng.permutation(len(ordered))
    return tuple(ordered[place] for place in places)


def _short(path: str) -> str:
    """The file with its folder: the same wherever the data lie."""
    return "/".join(path.replace(os.sep, "/").rsplit("/", 2)[-2:])


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"Expected a share in [0, 1], got {share!r}.")
