"""Orders supported differences: the strongest first, then what is strong and says something else.

Scores alone can't tell what says something else: two things that go together in images (horses and
riders) agree in their scores as two words for one thing do. Words can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

#: rows whose strength differs by less than this share are equal: the more general goes first
_EQUAL = 0.05


@dataclass(frozen=True)
class Ordered:
    """What the order of a row depends on.

    Args:
        effect: distance of its AUROC from one half, in [0, .5]
        side: the set that it favors
        words: what its description says, without articles and inflection
    """

    effect: float
    side: str | None
    words: frozenset[str]


def order_by_words(rows: Sequence[Ordered], first: int) -> list[int]:
    """Returns the places of rows in the order in which they are shown.

    After the first, the next row is that of the largest ``effect x (1 - overlap)``; overlap is
    the share of its words that rows of its own side above it say already. Among rows of about the
    same strength, one whose words are all among those of another goes first: what is general says
    more than what is special.

    Args:
        rows: rows in any order; where strength is equal, an earlier one goes first
        first: place of the row that is shown first

    Returns:
        all places, ``first`` first
    """
    left = [place for place in range(len(rows)) if place != first]
    order = [first] if rows else []
    said: dict[str | None, set[str]] = {}
    _say(said, rows[first]) if rows else None
    while left:
        strength = {place: _strength(rows[place], said) for place in left}
        best = max(left, key=lambda place: (round(strength[place], 12), -left.index(place)))
        chosen = _more_general(best, left, rows, strength)
        left.remove(chosen)
        order.append(chosen)
        _say(said, rows[chosen])
    return order


def _say(said: dict[str | None, set[str]], row: Ordered) -> None:
    said.setdefault(row.side, set()).update(row.words)


def _strength(row: Ordered, said: dict[str | None, set[str]]) -> float:
    if not row.words:
        return row.effect
    overlap = len(row.words & said.get(row.side, set())) / len(row.words)
    return row.effect * (1 - overlap)


def _more_general(
    best: int, left: Collection[int], rows: Sequence[Ordered], strength: dict[int, float]
) -> int:
    """Returns the best row, or one about as strong that says the same in fewer of its words."""
    general = [
        place
        for place in left
        if rows[place].words
        and rows[place].words < rows[best].words
        and rows[place].side == rows[best].side
        and strength[place] >= (1 - _EQUAL) * strength[best]
    ]
    return min(general, key=lambda place: (len(rows[place].words), -strength[place]), default=best)
