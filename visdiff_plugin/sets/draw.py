"""Some images of two sets at random, or all of small ones, without reading large sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..mongo.documents import view_ids
from ..mongo.queries import ids_among, random_ids
from .finding import Base
from .preview import CountedSet, Preview

#: images of a set that are looked at
MOST = 1_000


@dataclass(frozen=True)
class SampledImages:
    """Images of one dataset that stand for others.

    Args:
        dataset: the FiftyOne dataset
        ids: ``m`` sample ids
        weights: ``(m,)`` how many images of its set each stands for
    """

    dataset: Any
    ids: tuple[str, ...]
    weights: NDArray[np.float64]

    def standing_for(self, rows: Sequence[int]) -> int:
        """Returns how many images some of these stand for."""
        return round(float(self.weights[list(rows)].sum()))


@dataclass(frozen=True)
class SampledSets:
    """Images that stand for both sets.

    Args:
        parts: of each dataset, A's first
        n_a: images of A that are not in B
        n_b: images of B that are not in A
        exact: whether all of them are here
    """

    parts: tuple[SampledImages, ...]
    n_a: int
    n_b: int
    exact: bool

    @property
    def n(self) -> int:
        """Images of both sets."""
        return self.n_a + self.n_b


def draw_two(base: Base, sizes: Preview, most: int = MOST) -> SampledSets | None:
    """Returns images that stand for both sets, without those that are in both.

    Args:
        base: what both are taken from
        sizes: of `preview.preview`
        most (1,000): of each set

    Returns:
        all images of sets up to ``most``, and of larger ones as many at random; None where even
        that takes too long
    """
    datasets = [
        base.dataset if side.located.is_rest else side.located.dataset for side in sizes.sides
    ]
    one_home = datasets[0].name == datasets[1].name
    parts, numbers, exact = [], [], one_home or not sizes.both
    for at, size in enumerate((sizes.a, sizes.b)):
        drawn = _draw(base, sizes.sides[at], sizes.sides[1 - at] if one_home else None, most)
        if drawn is None:
            return None
        some, whole = drawn
        n = len(some) if whole and one_home else size.n and max(0, size.n - (sizes.both or 0))
        if n is None:
            return None
        numbers.append(n)
        exact = exact and whole
        weights = np.full(len(some), n / len(some) if some else 0.0)
        parts.append(SampledImages(datasets[at], tuple(some), weights))
    if one_home:
        weights = np.concatenate([part.weights for part in parts])
        parts = [SampledImages(datasets[0], (*parts[0].ids, *parts[1].ids), weights)]
    return SampledSets(tuple(parts), numbers[0], numbers[1], exact)


def _draw(
    base: Base, side: CountedSet, other: CountedSet | None, most: int
) -> tuple[list[str], bool] | None:
    """Returns ids of one set that the other does not hold, and whether these are all."""
    located = side.located
    view, dataset = (
        (base.view, base.dataset) if located.is_rest else (located.view, located.dataset)
    )
    some: list[str] | None
    if side.ids is not None:
        some = list(side.ids)
    elif side.n is not None and side.n <= most and not located.is_rest and not _partly(base, side):
        some = view_ids(dataset, view)
    else:
        some = random_ids(dataset, view, most + 1)
        if some is not None and _partly(base, side):
            some = ids_among(base.dataset, base.view, some)
    if some is None:
        return None
    whole = len(some) <= most
    if not whole:
        rng = np.random.default_rng(0)
        some = [some[at] for at in sorted(rng.choice(len(some), most, replace=False))]
    taken = set() if other is None else _members(base, other, some)
    if taken is None:
        return None
    some = [sample_id for sample_id in dict.fromkeys(some) if sample_id not in taken]
    return None if not some and not whole else (some, whole)


def _partly(base: Base, side: CountedSet) -> bool:
    """Whether a set may hold images that the base does not."""
    located = side.located
    return bool(base.label) and not located.is_rest and located.query is None and (
        located.dataset.name == base.dataset.name
    )  # fmt: skip


def _members(base: Base, side: CountedSet, ids: list[str]) -> set[str] | None:
    """Returns those of some ids that a set holds; None where that takes too long."""
    if side.located.is_rest:
        return set()
    if side.ids is not None:
        return set(side.ids)
    held = ids_among(base.dataset, side.located.view, ids, side.located.query)
    return None if held is None else set(held)
