"""A cheap ranker for everything, then a costly one for the best, on a sample of the images.

Which descriptions are asked about is chosen by what the cheap ranker says of all images, the
evidence among them. That is a choice by the evidence, and it is paid for: the correction counts
every description that was not asked about, or given up, as a test with p = 1. The p of the rest are
those they would have had without the choice, from images drawn at random, so that every p of the
family is at least what it would be if all were asked about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..account import Skipped
from ..config import Config
from ..errors import ModelError, ServerError
from ..evidence.columns import two_sample_columns
from ..evidence.design import Design
from ..progress import Progress, part_of, silent
from ..sampling import generator
from ..stages import Images, Need, Ranker, Scored, Usage, needs_of, parameters_of, scored_by

Rows = NDArray[np.intp]

#: shares of the sample after which it is asked who can still win
_SHARES = (0.25, 0.5, 1.0)
#: times that this happens at most
LOOKS = len(_SHARES)
#: images of a set that must be scored before anyone is given up: of 30 images of which 1 in 10
#: shows something, all but 4% of samples hold one
_FIRST_LOOK = 30


@dataclass(frozen=True)
class Cascade:
    """Two rankers in a row; its scores are those of the second.

    A description is given up early when the 95% interval of its AUROC no longer reaches the run's
    smallest effect. That can only lose a difference, never make one.

    Args:
        first: scores every image
        then: is asked about the best descriptions, on a sample of each set
        top (10): descriptions that are asked about, those with the AUROC furthest from one half
        sample (200): images of each set
        budget (None): most calls, one for each image and description; the sample shrinks to it

    Raises:
        ValueError: on a number under 1
    """

    first: Ranker
    then: Ranker
    top: int = 10
    sample: int = 200
    budget: int | None = None

    def __post_init__(self) -> None:
        numbers = (self.top, self.sample, 1 if self.budget is None else self.budget)
        if any(
            isinstance(number, bool) or not isinstance(number, int) or number < 1
            for number in numbers
        ):
            raise ValueError(
                "Expected top, sample and budget as whole numbers >= 1, got "
                f"{self.top!r}, {self.sample!r} and {self.budget!r}."
            )

    @property
    def name(self) -> str:
        """Both rankers' names."""
        return f"cascade: {self.first.name}, {self.then.name}"

    @property
    def members(self) -> tuple[Ranker, Ranker]:
        """Both, in the order in which they are asked."""
        return self.first, self.then

    @property
    def needs(self) -> tuple[Need, ...]:
        """What both read."""
        return (*needs_of(self.first, "embeddings"), *needs_of(self.then, "embeddings"))

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes scores, JSON-safe."""
        return {
            "first": parameters_of(self.first),
            "then": parameters_of(self.then),
            "top": self.top,
            "sample": self.sample,
            "budget": self.budget,
        }

    def narrow(
        self,
        table: Chosen,
        take: Callable[[Sequence[int]], Images],
        progress: Progress = silent,
    ) -> Narrowed:
        """Asks the second ranker about the best descriptions.

        Args:
            table: what the first ranker says
            take: rows -> images with what the second ranker reads
            progress: called with the share done and a label; what it raises stops the work

        Raises:
            ModelError: if the budget is under two images of each set, or the ranker fails
        """
        columns = table.best(self.top)
        if not columns:
            return Narrowed(
                [], Scored(np.zeros((len(table.scores), 0), np.float32)), len(table.texts)
            )
        orders = table.orders()
        sizes = self._sizes(len(columns), [order.size for order in orders])
        asked = _Asking(table, columns, orders, self.then)
        for counts in _looks(sizes):
            # as if all had to be asked about: where some are given up, it ends early
            part = part_of(progress, *(sum(both) / sum(sizes) for both in (asked.done, counts)))
            if not asked.look(counts, take, part):
                break
        return asked.narrowed(self)

    def _sizes(self, k: int, sizes: Sequence[int]) -> tuple[int, int]:
        """Returns how many images of A and of B can be asked about."""
        small, large = sorted(min(size, self.sample) for size in sizes)
        if self.budget is not None:
            small = min(small, self.budget // k // 2)
            large = min(large, self.budget // k - small)
        if small < 2:
            raise ModelError(
                f"Expected a budget of at least {4 * k} calls: {k} descriptions on two images of "
                f"each set, got {self.budget}, with sets of {sizes[0]} and {sizes[1]} images.",
                "Raise the budget, or lower top.",
            )
        return (small, large) if sizes[0] <= sizes[1] else (large, small)


@dataclass(frozen=True)
class Chosen:
    """The first ranker's result, and the constraints on which images may be drawn.

    Args:
        texts: ``k`` descriptions
        scores: ``(n, k)`` scores of the first ranker
        names: ``n`` file names: they seed the draw
        rows_a: rows of A
        rows_b: rows of B
        design: pairs of images are drawn as pairs
        config: seed, directions, smallest effect
    """

    texts: Sequence[str]
    scores: NDArray[np.floating[Any]]
    names: Sequence[str]
    rows_a: Rows
    rows_b: Rows
    design: Design
    config: Config

    def best(self, top: int) -> list[int]:
        """Returns the columns of the descriptions that separate the sets best, ascending."""
        samples = two_sample_columns(self.scores, self.rows_a, self.rows_b, range(len(self.texts)))
        effects = {
            column: round(_reach(item.auroc, item.auroc, self.config), 12)
            for column, item in enumerate(samples)
            if item is not None
        }
        return sorted(
            sorted(effects, key=lambda effect: (-effects[effect], self.texts[effect]))[:top]
        )

    def orders(self) -> tuple[Rows, Rows]:
        """Returns the rows of A and of B in the random order in which they are asked about."""
        pairs, seed = self.design.pairs, self.config.seed
        ordered_rows = []
        for rows in (self.rows_a, self.rows_b):
            own = [self.names[row] for row in rows]
            ordered = rows[sorted(range(rows.size), key=own.__getitem__)]
            if pairs is None:
                ordered_rows.append(ordered[generator(seed, own).permutation(rows.size)])
                continue
            # the same pairs in the same order in both sets: half a pair is no evidence
            whole = np.intersect1d(pairs[self.rows_a], pairs[self.rows_b])
            ordered = ordered[(pairs[ordered] >= 0) & np.isin(pairs[ordered], whole)]
            places = generator(seed, self.names).permutation(int(pairs.max(initial=-1)) + 1)
            ordered_rows.append(ordered[np.argsort(places[pairs[ordered]], kind="stable")])
        return ordered_rows[0], ordered_rows[1]


@dataclass(frozen=True)
class Narrowed:
    """What is left.

    Args:
        columns: of the descriptions that were asked about to the end, ascending
        scored: their ``(n, len(columns))`` scores by the second ranker
        untested: descriptions that the correction must count beside them
    """

    columns: list[int]
    scored: Scored
    untested: int


@dataclass
class _Asking:
    """Looks at more and more images, and gives up who can no longer win."""

    table: Chosen
    columns: list[int]
    orders: tuple[Rows, Rows]
    then: Ranker
    done: tuple[int, int] = (0, 0)
    usage: Usage = field(default_factory=Usage)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = len(self.table.scores), len(self.columns)
        self.scores = np.full(shape, np.nan, np.float32, order="F")
        self.left = list(range(len(self.columns)))

    def look(
        self,
        counts: tuple[int, int],
        take: Callable[[Sequence[int]], Images],
        progress: Progress,
    ) -> bool:
        """Asks about images up to ``counts`` of A and B; returns whether to go on."""
        new = [
            order[start:stop]
            for order, start, stop in zip(self.orders, self.done, counts, strict=True)
        ]
        rows = np.sort(np.concatenate(new))
        texts = [self.table.texts[self.columns[place]] for place in self.left]
        try:
            answer = scored_by(self.then, take(rows.tolist()), texts, progress)
        except ServerError as error:
            if self.done == (0, 0):
                raise
            # when a server fails does not hang on what it said: what was asked stays random
            self.notes.append(f"{self.then.name} stopped answering: {error}")
            return False
        scored = answer if isinstance(answer, Scored) else Scored(answer)
        self.scores[rows[:, None], self.left] = scored.scores
        self.usage += scored.usage
        self.skipped = _joined([*self.skipped, *scored.skipped])
        self.notes += [note for note in scored.notes if note not in self.notes]
        self.done = counts
        self.left = [place for place in self.left if not self._hopeless(place)]
        return bool(self.left)

    def _hopeless(self, place: int) -> bool:
        a, b = (order[:count] for order, count in zip(self.orders, self.done, strict=True))
        (sample,) = two_sample_columns(self.scores, a, b, [place])
        config = self.table.config
        return sample is not None and _reach(*sample.interval, config) < config.min_effect - 0.5

    def narrowed(self, cascade: Cascade) -> Narrowed:
        """Returns what is left, with a note on what was done."""
        texts = self.table.texts
        given_up = [
            texts[column] for place, column in enumerate(self.columns) if place not in self.left
        ]
        unasked = [text for column, text in enumerate(texts) if column not in self.columns]
        reasons = {
            f"not among the {len(self.columns)} that {cascade.first.name} finds best": unasked,
            f"given up by {self.then.name}: can't reach the smallest effect": given_up,
        }
        skipped = [
            Skipped("candidate", reason, len(some), tuple(some[:5]))
            for reason, some in reasons.items()
            if some
        ]
        self.notes.append(
            f"{self.then.name} was asked about {len(self.columns)} of {len(texts)} descriptions, "
            f"on {self.done[0]} images of A and {self.done[1]} of B drawn at random; other images "
            "have no score. All descriptions count in the correction."
        )
        scored = Scored(
            self.scores[:, self.left], self.usage, [*self.skipped, *skipped], self.notes
        )
        columns = [self.columns[place] for place in self.left]
        return Narrowed(columns, scored, len(texts) - len(columns))


def _reach(low: float, high: float, config: Config) -> float:
    """Returns how far from one half an AUROC between two bounds may be, in a wanted direction."""
    above = high - 0.5
    return above if config.directions == "a" else max(above, 0.5 - low)


def _looks(sizes: tuple[int, int]) -> list[tuple[int, int]]:
    """Returns after how many images of A and of B it is looked who can still win."""
    looks: list[tuple[int, int]] = []
    for share in _SHARES:
        a, b = (min(size, max(_FIRST_LOOK, math.ceil(share * size))) for size in sizes)
        if (a, b) not in looks:
            looks.append((a, b))
    return looks


def _joined(skipped: Sequence[Skipped]) -> list[Skipped]:
    """Returns one entry for each reason."""
    by_reason: dict[tuple[str, str], Skipped] = {}
    for skipped_item in skipped:
        before = by_reason.get((skipped_item.what, skipped_item.reason))
        if before is not None:
            examples = (*before.examples, *skipped_item.examples)[:5]
            skipped_item = replace(
                skipped_item, count=before.count + skipped_item.count, examples=examples
            )
        by_reason[skipped_item.what, skipped_item.reason] = skipped_item
    return list(by_reason.values())
