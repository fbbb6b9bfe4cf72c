"""Which images proposers see and which are evidence, for one comparison; pure.

Rounds are cross-fitted: a proposal is tested on all images that its round did not see, so every
image is evidence, but never for a proposal that it helped to make.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..config import Config
from ..evidence.design import Codes, Design
from ..evidence.separability import MOST
from ..sampling import Split, draw_pairs, draw_rounds, generator, split_units
from ..stages import Proposer, needs_of
from .surest import Surest

#: in smaller sets what is left of them can't be tested
LEAST_HELD_OUT = 8
#: of a set, what a round may see at most: evidence needs images more than proposals do
_SHARE = 3

Folds = list[tuple[Split, Split]]


def plan_folds(
    names: tuple[Sequence[str], Sequence[str]],
    usable: Sequence[Sequence[bool] | None],
    rows: tuple[Sequence[int], Sequence[int]],
    design: Design,
    config: Config,
    proposer: Proposer | None,
    surest: Surest | None = None,
) -> tuple[Folds, str | None]:
    """Decides, for each round, which images of A and of B its proposer sees.

    Args:
        names: file names of A and of B
        usable: for A and for B, which images a proposer could use; None for all
        rows: rows of A and of B in the codes of ``design``
        design: clusters and pairs, which are not torn apart
        config: rounds, subset size, seed, whether to hold out
        proposer: who would see them; None where nothing is proposed, and the one fold's images
            are those that thresholds are chosen on
        surest (None): chooses what is shown, of a third of each set that is then set aside

    Returns:
        a fold for each round, and a note for the reader; a proposer that reads all of its images at
        once sees a third of the set in each; none sees more than its ``most_images``
    """
    if surest is None or getattr(proposer, "whole", False):
        return _uniform(names, usable, rows, design, config, proposer)
    pools, note = _uniform(names, usable, rows, design, config, proposer, pooled=True)
    folds = []
    for pool in pools:
        sizes = [_shown_of(len(side.proposal), config, proposer) for side in pool]
        surest_folds = None
        if min(len(side.proposal) - size for side, size in zip(pool, sizes, strict=True)) > 0:
            surest_folds = surest.choose(pool, rows, sizes)
        if surest_folds is None:
            surest_folds = _first(pool, sizes)
            note = note or (
                f"draw='sure' changed nothing: a third of each set, {len(pool[0].proposal)} images "
                f"of A and {len(pool[1].proposal)} of B, leaves a classifier nothing to choose."
            )
        folds.append(surest_folds)
    return folds, note


def _uniform(
    names: tuple[Sequence[str], Sequence[str]],
    usable: Sequence[Sequence[bool] | None],
    rows: tuple[Sequence[int], Sequence[int]],
    design: Design,
    config: Config,
    proposer: Proposer | None,
    pooled: bool = False,
) -> tuple[Folds, str | None]:
    """Draws what each round shows, or the pools that this is chosen from."""
    whole = proposer is None or bool(getattr(proposer, "whole", False))
    rounds = 1 if proposer is None else config.rounds
    held_out = config.held_out and min(map(len, names)) >= LEAST_HELD_OUT
    wanted = None if whole else config.subset_size
    limit = getattr(proposer, "most_images", None)
    sizes = [round_size(len(own), wanted, limit, held_out) for own in names]
    shown = sizes
    if pooled:
        sizes = [max(size, min(len(own) // _SHARE, MOST))
                 for size, own in zip(sizes, names, strict=True)]  # fmt: skip
    if design.pairs is not None:
        tied_folds, held_out = _by_pairs(
            names, sizes, rows, design.pairs, usable, config, rounds, held_out
        )
        if tied_folds is not None:
            few = [min(size, len(tied_folds[0][0].proposal)) for size in shown]
            note = _note(held_out, wanted, limit, few, design)
            return tied_folds, note if proposer is not None and config.held_out else None
    elif held_out and design.units is not None:
        tied_folds = _by_units(names, sizes, rows, design, config.seed, rounds)
        if tied_folds is not None:
            return tied_folds, None
        held_out = False
    drawn = [
        draw_rounds(own, size, rounds, generator(config.seed, own), good)
        for own, size, good in zip(names, sizes, usable, strict=True)
    ]
    folds = [
        (Split(a, len(names[0]), held_out), Split(b, len(names[1]), held_out))
        for a, b in zip(*drawn, strict=True)
    ]
    if proposer is None or not config.held_out:
        return folds, None
    return folds, _note(held_out, wanted, limit, shown, design)


def _shown_of(pool: int, config: Config, proposer: Proposer | None) -> int:
    limit = getattr(proposer, "most_images", None)
    return min(pool, config.subset_size, pool if limit is None else limit)


def _first(pool: tuple[Split, Split], sizes: Sequence[int]) -> tuple[Split, Split]:
    """Shows the first images of a pool, which was drawn in random order."""
    a, b = (
        Split(side.proposal[:size], side.n, side.held_out, (*side.proposal[size:], *side.spare))
        for side, size in zip(pool, sizes, strict=True)
    )
    return a, b


def plan_members(
    names: tuple[Sequence[str], Sequence[str]],
    usable: Sequence[Sequence[bool] | None],
    rows: tuple[Sequence[int], Sequence[int]],
    design: Design,
    config: Config,
    proposers: Sequence[Proposer],
    surest: Surest | None = None,
) -> tuple[Folds, list[int], list[str]]:
    """Plans the rounds of each of several proposers, which may read different things.

    Args:
        names: see `plan_folds`, as for the others
        usable: which images have a caption; asked only for proposers that read captions
        rows: rows of A and of B in the codes of ``design``
        design: clusters and pairs
        config: rounds, subset size, seed, whether to hold out
        proposers: who would see them; none where nothing is proposed
        surest (None): see `plan_folds`

    Returns:
        the folds of all of them in one list, where in it those of each begin, and notes
    """
    folds: Folds = []
    starts: list[int] = []
    notes: list[str] = []
    for proposer in proposers or (None,):
        reads = "captions" in needs_of(proposer, "captions")
        own, note = plan_folds(
            names, usable if reads else (None, None), rows, design, config, proposer,
            None if proposer is None else surest,
        )  # fmt: skip
        starts.append(len(folds))
        folds += own
        if note and note not in notes:
            notes.append(note)
    return folds, starts, notes


def round_size(n: int, wanted: int | None, limit: int | None, held_out: bool) -> int:
    """Returns how many images of a set of ``n`` a round shows.

    Args:
        n: images of the set
        wanted: images asked for; None for as many as may be
        limit: the most that a proposer takes, or None
        held_out: whether the others are its evidence
    """
    most = n // _SHARE if held_out else n
    return min(most, *(size for size in (wanted, limit, most) if size is not None))


def _note(
    held_out: bool, wanted: int | None, limit: int | None, sizes: Sequence[int], design: Design
) -> str | None:
    if not held_out:
        why = f"under {LEAST_HELD_OUT} images in a set"
        if design.units is not None:
            what = "clusters" if design.pairs is None else "pairs"
            why = f"{what} too few or too large to set any apart"
        return (
            f"Not held out: {why}, so proposals were made from the images that are also the "
            "evidence. Take p and q of proposed differences as too optimistic."
        )
    if wanted is None or min(sizes) == min(wanted, limit or wanted):
        return None
    return (
        f"Small sets: the proposer saw {sizes[0]} images of A and {sizes[1]} of B a round instead "
        f"of {min(wanted, limit or wanted)}, so that two thirds are left as evidence."
    )


def _by_units(
    names: tuple[Sequence[str], Sequence[str]],
    sizes: Sequence[int],
    rows: tuple[Sequence[int], Sequence[int]],
    design: Design,
    seed: int,
    rounds: int,
) -> Folds | None:
    """Draws whole clusters or pairs for each round; None where they can't be divided."""
    codes = design.units
    if codes is None:
        return None
    # an image of no known unit stands for itself
    units = [[int(codes[row]) if codes[row] >= 0 else -2 - int(row) for row in own] for own in rows]
    both = [*names[0], *names[1]]
    folds = [
        split_units(
            names, (units[0], units[1]), (sizes[0], sizes[1]), generator(seed, both, number)
        )
        for number in range(rounds)
    ]
    return [item for item in folds if item is not None] if all(folds) else None


def _by_pairs(
    names: tuple[Sequence[str], Sequence[str]],
    sizes: Sequence[int],
    rows: tuple[Sequence[int], Sequence[int]],
    pairs: Codes,
    usable: Sequence[Sequence[bool] | None],
    config: Config,
    rounds: int,
    held_out: bool,
) -> tuple[Folds | None, bool]:
    """Draws whole pairs for each round, held out if they can be; None where there are too few."""
    codes = [int(pairs[row]) for row in rows[0]], [int(pairs[row]) for row in rows[1]]
    both = [*names[0], *names[1]]
    for apart in dict.fromkeys((held_out, False)):
        folds = [
            draw_pairs(
                names, codes, min(sizes), generator(config.seed, both, number),
                (usable[0], usable[1]), apart,
            )
            for number in range(rounds)
        ]  # fmt: skip
        if all(folds):
            return [item for item in folds if item is not None], apart
    return None, False
