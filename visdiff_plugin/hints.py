"""What a table of differences does not say: few images that stand out, strata that disagree.

Neither counts as support. Each is worded only where chance can be ruled out among all candidates
together, so that a comparison without any difference has at most ``alpha`` of a chance to show one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .config import Config
from .evidence.families import holm
from .numerals import percent, small
from .results.difference import Difference

#: hints of one kind, at most
_MOST = 3


def hints(
    differences: Sequence[Difference], strata_names: Sequence[str], config: Config, untested: int
) -> list[str]:
    """Returns sentences about rows that are not supported, surest first.

    Args:
        differences: all rows of a run
        strata_names: what the strata are called, by code
        config: ``alpha``
        untested: candidates that were dropped after a look at the evidence
    """
    if config.test == "welch":
        return []
    return [
        *_concentrated(differences, config, untested),
        *_crossing(differences, strata_names, config, untested),
    ]


def _concentrated(differences: Sequence[Difference], config: Config, untested: int) -> list[str]:
    said = []
    for row, p in _surest([row.p_tail for row in differences], config, untested, sides=2):
        difference = differences[row]
        if difference.significant or not difference.concentrated:
            continue
        a, b = difference.tail_a or 0.0, difference.tail_b or 0.0
        if config.directions == "a" and b > a:
            continue
        said.append(
            f"Few images stand out: {difference.description!r} is highest for {percent(a)} of A "
            f"and {percent(b)} of B (adjusted p = {small(p)}). As a whole the sets differ too "
            "little in it to count."
        )
    return said[:_MOST]


def _crossing(
    differences: Sequence[Difference],
    strata_names: Sequence[str],
    config: Config,
    untested: int,
) -> list[str]:
    said = []
    for row, _ in _surest([row.p_crossing for row in differences], config, untested, sides=1):
        difference = differences[row]
        sides: dict[str, list[str]] = {"a": [], "b": []}
        for stratum in difference.strata:
            if stratum["favors"]:
                name = strata_names[stratum["stratum"]]
                sides[stratum["favors"]].append(f"{name} (AUROC {stratum['auroc']:.2f})")
        if sides["a"] and sides["b"]:
            said.append(
                f"Opposite ways: {difference.description!r} is truer of A within "
                f"{', '.join(sides['a'])}, and truer of B within {', '.join(sides['b'])}."
            )
    return said[:_MOST]


def _surest(
    chances: Sequence[float | None], config: Config, untested: int, sides: int
) -> list[tuple[int, float]]:
    """Returns the rows that pass Holm's correction, and their adjusted p, smallest first."""
    known = [min(1.0, sides * (1.0 if p is None else p)) for p in chances]
    adjusted = holm(np.array([*known, *[1.0] * untested]))[: len(known)]
    rows = [(row, float(p)) for row, p in enumerate(adjusted) if p <= config.alpha]
    return sorted(rows, key=lambda pair: (pair[1], pair[0]))
