"""Which images a proposer sees and which the evidence comes from; pure, seeded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """Rows of one set: those that proposers may see, and those that evidence comes from.

    Args:
        proposal: rows for proposers
        evidence: rows for evidence; the same rows where ``held_out`` is False
        held_out: whether the two are disjoint
    """

    proposal: tuple[int, ...]
    evidence: tuple[int, ...]
    held_out: bool


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


def split(
    names: Sequence[str],
    n_proposal: int,
    rng: np.random.Generator,
    usable: Sequence[bool] | None = None,
) -> Split:
    """Sets images apart for proposers; all that they cannot see is evidence.

    Args:
        names: of ``n`` images; the parts depend on them, not on their order
        n_proposal: images for proposers; 0 uses all images for both, which is not held out
        rng: of `generator`
        usable (None): ``n`` flags: what a proposer could use at all, e.g. has a caption; such
            images are set apart first, so that none is wasted

    Raises:
        ValueError: if nothing would be left as evidence
    """
    rows = sorted(range(len(names)), key=lambda row: names[row])
    if n_proposal == 0:
        return Split(tuple(rows), tuple(rows), held_out=False)
    if n_proposal >= len(names):
        raise ValueError(f"Expected under {len(names)} proposal images, got {n_proposal}.")
    order = [rows[position] for position in rng.permutation(len(rows))]
    if usable is not None:
        order.sort(key=lambda row: not usable[row])
    return Split(tuple(sorted(order[:n_proposal])), tuple(sorted(order[n_proposal:])), True)


def cross_fit(names: Sequence[str], rng: np.random.Generator) -> tuple[Split, Split]:
    """Halves a set twice over: each half is the evidence for what was proposed from the other.

    For sets too small to set images apart: every image serves as evidence, and none for what it
    helped to propose.

    Args:
        names: of ``n >= 2`` images
        rng: of `generator`
    """
    first = split(names, len(names) // 2, rng)
    return first, Split(first.evidence, first.proposal, held_out=True)


def draw(rows: Sequence[int], size: int, rng: np.random.Generator) -> list[int]:
    """Returns ``size`` of the rows without repeats, all of them where there are fewer."""
    chosen = rng.permutation(len(rows))[:size]
    return [rows[position] for position in chosen]


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
    parts = []
    for side in (0, 1):
        taken = set(chosen[side])
        rest = tuple(row for row in range(len(names[side])) if row not in taken)
        parts.append(Split(tuple(sorted(taken)), rest, held_out=True))
    if min(len(one.proposal) for one in parts) < 2:
        return None
    return parts[0], parts[1]
