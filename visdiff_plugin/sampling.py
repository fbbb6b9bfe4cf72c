"""Decides which images a proposer sees and which are evidence; pure, seeded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """Rows of one set: those that proposers may see, and those that evidence comes from.

    Args:
        proposal: rows for proposers, as drawn
        n: images of the set
        held_out (True): whether what was proposed is tested on the others alone
        spare (()): rows set aside beside them, neither shown nor evidence: partners of what was
            shown, or what it was chosen from
    """

    proposal: tuple[int, ...]
    n: int
    held_out: bool = True
    spare: tuple[int, ...] = ()

    @property
    def apart(self) -> list[int]:
        """Rows that what was proposed may depend on: those shown first, then the spare ones."""
        return [*self.proposal, *self.spare]

    @property
    def evidence(self) -> NDArray[np.intp]:
        """Rows that evidence comes from, ascending: the others, or all where not held out."""
        keep = np.ones(self.n, bool)
        if self.held_out:
            keep[self.apart] = False
        return np.flatnonzero(keep)


def generator(seed: int, names: Sequence[str], stream: int = 0) -> np.random.Generator:
    """Returns a generator that depends on the seed and on which images a set holds.

    The order of the names and whether the set is called A or B do not matter: swapping the sets
    or sorting a view draws the same images. With file names, so does importing them again.

    Args:
        seed: the run's seed
        names: the images of the set
        stream (0): tells several draws from one set apart
    """
    digest = hashlib.blake2b("\n".join(sorted(names)).encode(), digest_size=8).digest()
    return np.random.default_rng([seed, stream, int.from_bytes(digest, "big")])


def draw_rounds(
    names: Sequence[str],
    size: int,
    rounds: int,
    rng: np.random.Generator,
    usable: Sequence[bool] | None = None,
) -> list[tuple[int, ...]]:
    """Draws the images of one set that a proposer sees in each round.

    Rounds see different images as long as there are enough.

    Args:
        names: of ``n`` images; what is drawn depends on them, not on their order
        size: images a round
        rounds: how many
        rng: of `generator`
        usable (None): ``n`` flags: what a proposer could use at all, e.g. has a caption; others
            are drawn only where none is usable

    Returns:
        the rows of each round; fewer than ``size`` where fewer are usable
    """
    rows = sorted(range(len(names)), key=lambda row: names[row])
    pool = [row for row in rows if usable is None or usable[row]] or rows
    drawn: list[tuple[int, ...]] = []
    order: list[int] = []
    for _ in range(rounds):
        if len(order) < size:
            order = [pool[place] for place in rng.permutation(len(pool))]
        drawn.append(tuple(order[:size]))
        order = order[size:]
    return drawn


def split_units(
    names: tuple[Sequence[str], Sequence[str]],
    units: tuple[Sequence[int], Sequence[int]],
    n_proposal: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[Split, Split] | None:
    """Sets whole units (clusters, pairs) of two sets apart for proposers.

    A unit never stands on both sides: its images look alike, and evidence from the twin of an
    image that a proposer saw would not be held out.

    Args:
        names: of the images of A and of B; which units are drawn depends on them alone
        units: unit of each image; a unit may hold images of both sets
        n_proposal: images of A and of B wanted for proposers, at most half
        rng: of `generator`, over the names of both

    Returns:
        the split of A and of B; None where units are too few or too large to be divided
    """
    first: dict[int, str] = {}
    members: dict[int, tuple[list[int], list[int]]] = {}
    for side in (0, 1):
        for row, (name, unit) in enumerate(zip(names[side], units[side], strict=True)):
            first[unit] = min(name, first.get(unit, name))
            members.setdefault(unit, ([], []))[side].append(row)
    order = sorted(members, key=lambda unit: first[unit])
    chosen: tuple[list[int], list[int]] = ([], [])
    most = [len(side) // 2 for side in names]
    for place in rng.permutation(len(order)):
        rows = members[order[place]]
        wanted = any(rows[side] and len(chosen[side]) < n_proposal[side] for side in (0, 1))
        fits = all(len(chosen[side]) + len(rows[side]) <= most[side] for side in (0, 1))
        if wanted and fits:
            chosen[0].extend(rows[0])
            chosen[1].extend(rows[1])
    if min(map(len, chosen)) < 2:
        return None
    a, b = (Split(tuple(rows), len(own)) for rows, own in zip(chosen, names, strict=True))
    return a, b


def draw_pairs(
    names: tuple[Sequence[str], Sequence[str]],
    codes: tuple[Sequence[int], Sequence[int]],
    size: int,
    rng: np.random.Generator,
    usable: tuple[Sequence[bool] | None, Sequence[bool] | None] = (None, None),
    held_out: bool = True,
) -> tuple[Split, Split] | None:
    """Draws whole pairs for proposers: row k of A and row k of B belong together.

    Where several images share a code, the first of A goes with the first of B, by name, and so
    on; those that are left over are set aside too, as they are no evidence beside their like.

    Args:
        names: of the images of A and of B; which pairs are drawn depends on them alone
        codes: pair of each image; -1 for none, which is never shown
        size: pairs wanted; where held out at most a third of what there is
        rng: of `generator`, over the names of both
        usable ((None, None)): what a proposer could use, see `draw_rounds`
        held_out (True): leave at least half of the images that have a partner as evidence

    Returns:
        the split of A and of B; None with under two pairs to show
    """
    units = _whole_pairs(names, codes)
    shown: tuple[list[int], list[int]] = ([], [])
    aside: tuple[list[int], list[int]] = ([], [])
    most = [sum(len(unit[side]) for unit in units) for side in (0, 1)]
    if held_out:
        size = min(size, sum(min(map(len, unit)) for unit in units) // 3)
        most = [count // 2 for count in most]
    for place in rng.permutation(len(units)):
        good = zip(
            *(
                [row for row in rows if flags is None or flags[row]]
                for rows, flags in zip(units[place], usable, strict=True)
            ),
            strict=False,
        )
        pairs = list(good)[: size - len(shown[0])]
        if not pairs or any(
            len(aside[side]) + len(units[place][side]) > most[side] for side in (0, 1)
        ):
            continue
        for side in (0, 1):
            shown[side].extend(pair[side] for pair in pairs)
            aside[side].extend(units[place][side])
    if len(shown[0]) < 2:
        return None
    a, b = (
        Split(tuple(own), len(of), held_out, tuple(sorted(set(all_of) - set(own))))
        for own, all_of, of in zip(shown, aside, names, strict=True)
    )
    return a, b


def _whole_pairs(
    names: tuple[Sequence[str], Sequence[str]], codes: tuple[Sequence[int], Sequence[int]]
) -> list[tuple[list[int], list[int]]]:
    """Returns the rows of A and of B of each code that both have, by name."""
    rows_of: dict[int, tuple[list[int], list[int]]] = {}
    for side in (0, 1):
        for row in sorted(range(len(names[side])), key=names[side].__getitem__):
            if codes[side][row] >= 0:
                rows_of.setdefault(codes[side][row], ([], []))[side].append(row)
    whole = [rows for rows in rows_of.values() if rows[0] and rows[1]]
    return sorted(whole, key=lambda rows: min(names[0][rows[0][0]], names[1][rows[1][0]]))
