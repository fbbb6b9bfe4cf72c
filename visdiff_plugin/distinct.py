"""Orders differences: the strongest first, then what is strong and says something else; pure."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .said import Said, implies, overlap

#: strengths that differ by less than this share are one: the more general wording goes first
_EQUAL = 0.05


@dataclass(frozen=True)
class Row:
    """What the place of a row depends on.

    Args:
        effect: distance of its AUROC from one half, in [0, .5]
        side: the set that it favors
        says: what its description says
        measured (False): whether it was measured: what it says is its values, not its words
    """

    effect: float
    side: str | None
    says: Said
    measured: bool = False


class Gains:
    """What columns of scores add to telling A from B beyond those that were taken before.

    Forward selection in a linear model of the set on the candidates' ranks (orthogonal least
    squares, Chen, Billings and Luo 1989): the gain of a column is its squared partial correlation
    with the set given all taken before, times what these leave unexplained. Ranks make it blind to
    scale and outliers, ties take their mean rank; a missing score counts as the middle.

    Args:
        scores: ``(n, k)`` scores, NaN where an image has none
        in_a: ``(n,)`` whether each image is in A
        strata (None): ``(n,)`` codes: only what differs within strata counts

    Raises:
        ValueError: if all images are of one set
    """

    def __init__(
        self,
        scores: NDArray[np.floating[Any]],
        in_a: NDArray[np.bool_],
        strata: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        if in_a.all() or not in_a.any():
            raise ValueError("Expected images of both sets, got only one.")
        ranks = np.stack([_ranks(column) for column in scores.T], axis=1) if scores.size else scores
        self._target = _within(in_a.astype(np.float64)[:, None], strata)[:, 0]
        # strata of one set each: nothing adds anything
        self._total = float(self._target @ self._target) or 1.0
        self._rest = _within(np.asarray(ranks, np.float64), strata)
        self._scale = np.maximum((self._rest**2).sum(axis=0), 1e-300)

    def first(self, count: int) -> Gains:
        """Returns those of the first columns alone; what is taken there is not taken here."""
        part = copy(self)  # what is taken makes new arrays
        part._rest, part._scale = self._rest[:, :count], self._scale[:count]
        return part

    def each(self) -> NDArray[np.float64]:
        """Returns ``(k,)`` share of the variance of the set that each would add, in [0, 1]."""
        energy = (self._rest**2).sum(axis=0)
        # what is left of a column that those taken reproduce is rounding
        usable = energy > 1e-9 * self._scale
        along = (self._rest.T @ self._target) ** 2
        return np.asarray(np.where(usable, along / np.where(usable, energy, 1), 0) / self._total)

    def take(self, column: int) -> float:
        """Takes a column, and returns what it adds."""
        gain = float(self.each()[column])
        direction = self._rest[:, column].copy()
        energy = float(direction @ direction)
        if energy > 1e-9 * self._scale[column]:
            direction /= np.sqrt(energy)
            self._target = self._target - direction * (direction @ self._target)
            self._rest = self._rest - np.outer(direction, direction @ self._rest)
        return gain


def order_rows(rows: Sequence[Row], gains: Gains) -> list[int]:
    """Orders rows: first the one with the largest gain, then by strength and what they say.

    After the first, the next row is that of the largest ``effect x (1 - overlap)``: overlap is the
    share of its words that rows of its own side above it say already. Scores alone can't tell what
    says something else: two things that go together in images agree in their scores as two words
    for one thing do. What is measured is another matter: there, overlap is the share of what each
    tells by itself that measured rows above it tell already. Among rows of about the same strength,
    one whose words are all among those of another goes first: what is general says more than what
    is special.

    Args:
        rows: ``k`` rows; where strength is equal, an earlier one goes first
        gains: of their columns; nothing is taken yet, and measured ones are taken here

    Returns:
        the ``k`` places in order
    """
    alone = gains.each()
    left = list(range(len(rows)))
    order: list[int] = []
    above: dict[str | None, frozenset[str]] = {}
    new = np.ones(len(rows))
    while left:
        strength = {
            place: _strength(rows[place], above, new[place]) if order else float(alone[place])
            for place in left
        }
        best = max(left, key=lambda place: (round(strength[place], 12), -place))
        chosen = _more_general(best, rows, strength)
        left.remove(chosen)
        order.append(chosen)
        side = rows[chosen].side
        above[side] = above.get(side, frozenset()).union(*rows[chosen].says)
        if rows[chosen].measured:
            gains.take(chosen)
            new = np.minimum(1, gains.each() / np.maximum(alone, 1e-12))
    return order


def _strength(row: Row, above: dict[str | None, frozenset[str]], new: float) -> float:
    if row.measured:
        return row.effect * float(new)
    return row.effect * (1 - overlap(row.says, above.get(row.side, frozenset())))


def _more_general(best: int, rows: Sequence[Row], strength: dict[int, float]) -> int:
    """Returns the best row, or one about as strong that says the same more generally."""
    general = [
        place
        for place, own in strength.items()
        if rows[place].says
        and not rows[place].measured
        and implies(rows[best].says, rows[place].says)
        and not implies(rows[place].says, rows[best].says)
        and rows[place].side == rows[best].side
        and own >= (1 - _EQUAL) * strength[best]
    ]
    return min(general, key=lambda place: (len(rows[place].says), -strength[place]), default=best)


def _within(
    columns: NDArray[np.float64], strata: NDArray[np.integer[Any]] | None
) -> NDArray[np.float64]:
    """Deviations from the mean, or from the mean of each stratum."""
    if strata is None:
        return columns - columns.mean(axis=0)
    codes = np.unique(strata, return_inverse=True)[1]
    sizes = np.bincount(codes)
    means = np.stack([np.bincount(codes, column) / sizes for column in columns.T], axis=1)
    return np.asarray(columns - means[codes])


def _ranks(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Centered mean ranks over the finite values; 0, the middle, elsewhere."""
    ranks = np.zeros(len(values))
    finite = np.isfinite(values)
    known = values[finite]
    if known.size:
        ordered = np.sort(known)
        below = np.searchsorted(ordered, known, "left")
        upto = np.searchsorted(ordered, known, "right")
        ranks[finite] = (below + upto) / 2 - known.size / 2
    return ranks
