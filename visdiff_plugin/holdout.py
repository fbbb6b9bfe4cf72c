"""Which images proposers may see and which are evidence, for one comparison; pure."""

from __future__ import annotations

from collections.abc import Sequence

from .config import Config
from .design import Design
from .sampling import Split, cross_fit, generator, split, split_units
from .stages import Proposer

#: smaller sets can't be halved: a half of three images can't be tested
LEAST_CROSS_FITTED = 8

Folds = list[tuple[Split, Split]]


def plan_folds(
    names: tuple[Sequence[str], Sequence[str]],
    usable: Sequence[Sequence[bool] | None],
    rows: tuple[Sequence[int], Sequence[int]],
    design: Design,
    config: Config,
    proposer: Proposer | None,
) -> tuple[Folds, str | None]:
    """Decides, by fold, which images of A and of B proposers see and which are evidence.

    Args:
        names: file names of A and of B
        usable: for A and for B, which images a proposer could use; None for all
        rows: rows of A and of B in the codes of ``design``
        design: clusters and pairs, which are not torn apart
        config: rounds, subset size, seed, whether to hold out
        proposer: who would see them; None where nothing is proposed

    Returns:
        the folds, and a note for the reader
    """
    smallest = min(map(len, names))
    most = [_proposal_size(len(own), config, proposer) for own in names]
    if config.held_out and smallest >= LEAST_CROSS_FITTED and design.units is not None:
        return _by_units(names, (most[0], most[1]), rows, design, config, proposer)
    draws = [generator(config.seed, own) for own in names]
    if config.held_out and smallest >= 2 * config.subset_size:
        a, b = (
            split(own, size, rng, good)
            for own, size, rng, good in zip(names, most, draws, usable, strict=True)
        )
        return [(a, b)], None
    if config.held_out and smallest >= LEAST_CROSS_FITTED and proposer is not None:
        folds = [cross_fit(own, rng) for own, rng in zip(names, draws, strict=True)]
        return list(zip(folds[0], folds[1], strict=True)), (
            f"Cross-fitted: under {2 * config.subset_size} images in a set, so proposals were "
            "made from each half and tested on the other."
        )
    note = f"under {LEAST_CROSS_FITTED} images in a set"
    return _everything(names, config, proposer, note)


def _proposal_size(n: int, config: Config, proposer: Proposer | None) -> int:
    """At most half; no more than all rounds together can show."""
    subsets = proposer is not None and not getattr(proposer, "whole", False)
    return min(n // 2, config.rounds * config.subset_size if subsets else n)


def _by_units(
    names: tuple[Sequence[str], Sequence[str]],
    most: tuple[int, int],
    rows: tuple[Sequence[int], Sequence[int]],
    design: Design,
    config: Config,
    proposer: Proposer | None,
) -> tuple[Folds, str | None]:
    codes = design.units
    if codes is None:
        raise ValueError("Expected a design with clusters or pairs, got none.")
    # an image of no known unit stands for itself
    units = [[int(codes[row]) if codes[row] >= 0 else -2 - int(row) for row in own] for own in rows]
    rng = generator(config.seed, [*names[0], *names[1]])
    parts = split_units(names, (units[0], units[1]), most, rng)
    if parts is None:
        note = "clusters too few or too large to set any apart"
        return _everything(names, config, proposer, note)
    a, b = parts
    if min(map(len, names)) >= 2 * config.subset_size or proposer is None:
        return [(a, b)], None
    turned = [Split(one.evidence, one.proposal, held_out=True) for one in (a, b)]
    return [(a, b), (turned[0], turned[1])], (
        f"Cross-fitted: under {2 * config.subset_size} images in a set, so proposals were made "
        "from each part and tested on the other."
    )


def _everything(
    names: tuple[Sequence[str], Sequence[str]],
    config: Config,
    proposer: Proposer | None,
    why: str,
) -> tuple[Folds, str | None]:
    a, b = (split(own, 0, generator(config.seed, own)) for own in names)
    if not config.held_out or proposer is None:
        return [(a, b)], None
    return [(a, b)], (
        f"Not held out: {why}, so proposals were made from the images that are also the "
        "evidence. Take p and q of proposed differences as too optimistic."
    )
