"""How a rank sum is distributed if the sets are alike: by counting, or by drawing; pure numpy.

Everything depends on which scores are tied and on how large the sets are, never on which image is
in which set. Ranks are twice their distance from the mean rank: whole numbers that add up to 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import count_chances

Ints = NDArray[np.integer[Any]]

#: additions that counting may take: about 10 ms, what drawing takes
_MOST_ADDITIONS = 5_000_000
#: the same for ranks without ties, which all candidates share
_MOST_SHARED = 50_000_000
#: items up to which a pool is shuffled for each draw; of more, duplicates are drawn again
_MOST_POOLED = 4_096
#: numbers that drawing holds at a time
_MOST_HELD = 4_000_000


@dataclass(frozen=True)
class Null:
    """A distribution of whole numbers.

    Args:
        values: ``(v,)`` the numbers, in any order
        chances: ``(v,)`` how likely each is; they add up to 1
    """

    values: NDArray[np.int64]
    chances: NDArray[np.float64]

    def tails(self, value: int) -> tuple[float, float]:
        """Returns P(at least ``value``) and P(at most ``value``)."""
        at_least = self.chances[self.values >= value].sum()
        at_most = self.chances[self.values <= value].sum()
        return min(1.0, float(at_least)), min(1.0, float(at_most))

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Returns ``(count,)`` numbers drawn from it."""
        upto = np.cumsum(self.chances)
        places = np.searchsorted(upto, rng.random(count) * upto[-1], "right")
        return self.values[np.minimum(places, self.values.size - 1)]


@dataclass(frozen=True)
class TiedRanks:
    """Scores of both sets as their ranks, and how many images the smaller set holds.

    Args:
        ranks: ``(g,)`` of each group of equal scores, ascending: twice the distance of its mean
            rank from the middle
        sizes: ``(g,)`` images in each group
        drawn: images of the set whose rank sum is asked for
    """

    ranks: NDArray[np.int64]
    sizes: NDArray[np.int64]
    drawn: int

    @classmethod
    def of(cls, sizes: Ints, drawn: int) -> TiedRanks:
        """Ranks groups of equal scores by their sizes, in order of the scores."""
        counts = sizes.astype(np.int64)
        upto = np.cumsum(counts)
        return cls(2 * upto - counts - int(upto[-1]), counts, drawn)

    @property
    def total(self) -> int:
        """Images of both sets."""
        return int(self.sizes.sum())

    def exact(self) -> Null | None:
        """Returns the exact distribution of the rank sum; None where counting takes too long."""
        if self.sizes.size <= 1 or self.drawn in (0, self.total):
            return Null(np.zeros(1, np.int64), np.ones(1))
        if self.sizes.size == 2:
            counts, chances = count_chances(int(self.sizes[1]), self.drawn, self.total)
            low, high = self.ranks.tolist()
            return Null(counts * (high - low) + self.drawn * low, chances)
        if self.sizes.max() == 1:
            few = min(self.drawn, self.total - self.drawn)
            return _untied(few, self.total - few)
        return self._counted()

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Returns ``(count,)`` rank sums of images dealt to the sets at random."""
        base, items = self._beside_largest()
        held = rng.hypergeometric(items.size, self.total - items.size, self.drawn, count)
        return base + _sums(items, held.astype(np.int64), rng)

    def _beside_largest(self) -> tuple[int, NDArray[np.int64]]:
        """The rank sum if all drawn were of the largest group, and what each other adds to that.

        The largest group often holds most images (a word that few captions have), and which of
        its images are drawn changes nothing.
        """
        largest = int(np.argmax(self.sizes))
        steps = self.ranks - self.ranks[largest]
        others = np.arange(steps.size) != largest
        return int(self.drawn * self.ranks[largest]), np.repeat(steps[others], self.sizes[others])

    def _counted(self) -> Null | None:
        """Counts ways to draw by how many are outside the largest group and what they add.

        The network algorithm of exact rank tests (Streitberg and Roehmel, Statistical Software
        Newsletter 12, 1986): one image after another, with odds in place of counts so that no
        number overflows.
        """
        from scipy.special import gammaln

        base, items = self._beside_largest()
        turn = -1 if items.sum() < 0 else 1  # the fewer, the smaller the sums that are held
        items = np.sort(turn * items)
        least = int(items[0])
        above = items - least
        unit = int(np.gcd.reduce(above)) or 1
        above //= unit
        most = min(self.drawn, items.size)
        reach = int(above[above.size - most :].sum())
        if items.size * (most + 1) * (reach + 1) > _MOST_ADDITIONS:
            return None
        odds = self.drawn / (self.total - self.drawn)
        ways = np.zeros((most + 1, reach + 1))
        ways[0, 0] = 1.0
        for seen, step in enumerate(above.tolist()):
            rows = min(seen + 1, most)
            ways[1 : rows + 1, step:] += odds * ways[:rows, : reach + 1 - step]
        rest = self.drawn - np.arange(most + 1.0)
        tied = self.total - items.size
        log_ways = np.full(most + 1, -np.inf)
        fits = rest <= tied
        log_ways[fits] = (
            rest[fits] * math.log(odds) - gammaln(rest[fits] + 1) - gammaln(tied - rest[fits] + 1)
        )
        ways *= np.exp(log_ways - log_ways.max())[:, None]
        held, places = np.nonzero(ways)
        chances = ways[held, places]
        values = base + turn * (held * least + places * unit)
        return Null(values.astype(np.int64), chances / chances.sum())


@lru_cache(maxsize=8)
def _untied(few: int, many: int) -> Null | None:
    """The distribution without ties, which depends on the sizes alone.

    Gaussian binomial coefficients, one factor (1 - x^(many + i)) / (1 - x^i) at a time, on the
    lower half, which the upper mirrors (Loeffler 1982; as scipy's ``exact``).
    """
    if few * few * many > _MOST_SHARED:
        return None
    half = few * many // 2 + 1
    ways = np.zeros(half)
    ways[0] = 1.0
    for step in range(1, few + 1):
        if many + step < half:
            ways[many + step :] -= ways[: half - many - step].copy()
        rows = -(-half // step)
        padded = np.zeros(rows * step)
        padded[:half] = ways
        ways = np.cumsum(padded.reshape(rows, step), axis=0).ravel()[:half]
        ways *= step / (many + step)
    ways = np.maximum(ways, 0.0)
    upper = ways[::-1] if few * many % 2 else ways[-2::-1]
    chances = np.concatenate([ways, upper])
    values = 2 * np.arange(few * many + 1, dtype=np.int64) - few * many
    return Null(values, chances / chances.sum())


def _sums(
    items: NDArray[np.int64], held: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Returns, for each draw, the sum of that many different items."""
    found = np.zeros(held.size, np.int64)
    pooled = items.size <= _MOST_POOLED
    width = items.size if pooled else int(held.max(initial=1)) + 1
    rows = max(1, _MOST_HELD // max(width, 1))
    draw = _shuffled if pooled else _redrawn
    for start in range(0, held.size, rows):
        own = held[start : start + rows]
        most = int(own.max(initial=0))
        for step, chosen in enumerate(draw(items.size, most, own.size, rng)):
            found[start : start + rows] += np.where(step < own, items[chosen], 0)
    return found


def _shuffled(size: int, most: int, rows: int, rng: np.random.Generator) -> Any:
    """Yields for each row one item after another (Fisher and Yates 1938)."""
    pool = np.tile(np.arange(size, dtype=np.int16), (rows, 1))
    row = np.arange(rows)
    for step in range(most):
        places = step + (rng.random(rows) * (size - step)).astype(np.int64)
        chosen = pool[row, places]
        pool[row, places] = pool[:, step]
        yield chosen


def _redrawn(size: int, most: int, rows: int, rng: np.random.Generator) -> Any:
    """The same of many items, where hardly any is drawn twice; one that is, is drawn again."""
    seen = np.empty((most, rows), np.int64)
    for step in range(most):
        chosen = rng.integers(size, size=rows)
        while True:
            twice = np.flatnonzero((seen[:step] == chosen).any(axis=0))
            if not twice.size:
                break
            chosen[twice] = rng.integers(size, size=twice.size)
        seen[step] = chosen
        yield chosen
