"""What the scores of A and B say about each candidate; pure, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sampling import Split
from ..selection import Candidate
from .adjusted import Adjusted, effective_size
from .columns import two_sample_columns
from .crossing import Crossing
from .design import Design
from .designed import DesignTests, alone
from .groups import group
from .statistics import TwoSample, separating_threshold
from .tails import Tail, tail_of, tail_under
from .tops import top_of

Rows = NDArray[np.intp]

#: candidates of these sources are fixed before any image is looked at
FIXED_SOURCES = ("property", "label", "user")

_NO_PAIRS = "under two pairs with an image of each set"


@dataclass(frozen=True)
class Table:
    """Scores of all images, and which of them speak for what.

    Args:
        scores: ``(n, k)`` score of each image for each candidate, NaN where it could not be scored
        rows_a: rows of A
        rows_b: rows of B
        folds: by round, for A and for B: which of its images (positions in ``rows_a``,
            ``rows_b``) the proposer saw, and which are evidence for what it proposed; what was
            fixed beforehand is tested on all
        design: what else ties the images together
    """

    scores: NDArray[np.floating[Any]]
    rows_a: Rows
    rows_b: Rows
    folds: Sequence[tuple[Split, Split]]
    design: Design = field(default_factory=Design)

    def evidence(self, fold: int) -> tuple[Rows, Rows]:
        """Returns the rows of A and of B that no proposer of a fold saw."""
        a, b = self.folds[fold]
        return self.rows_a[a.evidence], self.rows_b[b.evidence]

    def thresholds(self, fold: int) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows]]:
        """Returns the rows that thresholds are chosen on, and those that are counted over them.

        Thresholds come from all that proposers saw in any round, as long as that leaves half of
        each set to be counted, else from what they saw in this one.
        """
        if self._shared_thresholds is not None:
            return self._shared_thresholds
        a, b = self.folds[fold]
        own = self.rows_a[a.apart], self.rows_b[b.apart]
        return own, self.evidence(fold)

    @cached_property
    def _shared_thresholds(self) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows]] | None:
        """The same for all candidates of all folds; None where that leaves too few to count."""
        chosen: list[Rows] = []
        counted: list[Rows] = []
        for side, rows in enumerate((self.rows_a, self.rows_b)):
            seen = np.zeros(rows.size, bool)
            for fold in self.folds:
                seen[fold[side].apart] = True
            chosen.append(rows[seen])
            counted.append(rows[~seen])
        if any(rest.size < seen.size for rest, seen in zip(counted, chosen, strict=True)):
            return None
        return (chosen[0], chosen[1]), (counted[0], counted[1])

    def tested(self, candidate: Candidate) -> tuple[Rows, Rows]:
        """Returns the rows that a candidate is tested on."""
        if candidate.source in FIXED_SOURCES:
            return self.rows_a, self.rows_b
        return self.evidence(candidate.fold)


@dataclass(frozen=True)
class Prevalence:
    """How many images of each set score over a threshold that was chosen on others.

    Args:
        threshold: the score that counts as "shows it"
        above_a: images of A over it
        n_a: images of A that were looked at
        above_b: images of B over it
        n_b: images of B that were looked at
        effective_a: independent images that those of A are worth; ``n_a`` without clusters
        effective_b: likewise of B
    """

    threshold: float
    above_a: int
    n_a: int
    above_b: int
    n_b: int
    effective_a: float
    effective_b: float


@dataclass(frozen=True)
class Evidence:
    """All numbers of one candidate.

    Args:
        plain: every image an independent witness
        test: what the run tests: ``plain``, or over pairs or clusters
        controlled: within strata; None where none are asked for or none holds both sets
        auroc_all: AUROC over all images, those included that proposers saw
        tail: the highest scores, tested like ``controlled`` where strata are asked for and like
            ``test`` elsewhere
        crossing: A against B in each stratum; None where none are asked for
    """

    plain: TwoSample
    test: TwoSample | Adjusted
    controlled: Adjusted | None
    auroc_all: float
    tail: Tail
    crossing: Crossing | None = None


def collect(candidates: Sequence[Candidate], table: Table) -> list[Evidence | str]:
    """Returns the evidence of each candidate, or why it can't be tested.

    Args:
        candidates: ``k`` candidates, one for each column of the table
        table: their scores
    """
    found: list[Evidence | str] = [""] * len(candidates)
    everywhere = _compared(table, range(len(candidates)), table.rows_a, table.rows_b)
    together: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for column, candidate in enumerate(candidates):
        together[candidate.source in FIXED_SOURCES, candidate.fold].append(column)
    for columns in together.values():
        rows = table.tested(candidates[columns[0]])
        whole = rows[0].size == table.rows_a.size and rows[1].size == table.rows_b.size
        samples = (
            [everywhere[column] for column in columns]
            if whole
            else _compared(table, columns, *rows)
        )
        for column, plain in zip(columns, samples, strict=True):
            in_all = everywhere[column]
            if plain is None or in_all is None:
                counts = (int(np.isfinite(table.scores[row, column]).sum()) for row in rows)
                found[column] = "under two scored images in a set (A {}, B {})".format(*counts)
                continue
            found[column] = _under_design(table, column, rows, plain, in_all.auroc)
    return found


def prevalence(table: Table, column: int, candidate: Candidate, favors_a: bool) -> Prevalence:
    """Chooses a threshold on the proposal images and counts the others over it.

    Where too few were scored there, the threshold is chosen on the images that are counted; where
    none of these was scored (a ranker asked about a sample), all that the test reads are counted.
    """
    values, units = table.scores[:, column], table.design.units
    seen, rest = table.thresholds(candidate.fold)
    chosen = [_finite(values[rows]) for rows in seen]
    counted = [rows[np.isfinite(values[rows])] for rows in rest]
    unscored = not min(map(len, counted))
    if unscored:
        counted = [rows[np.isfinite(values[rows])] for rows in table.tested(candidate)]
    if unscored or min(map(len, chosen)) < 2:
        chosen = [values[rows] for rows in counted]
    # float64, or comparing would round a threshold between two neighboring float32 to one of them
    threshold = np.float64(separating_threshold(chosen[0], chosen[1], favors_a))
    above = [values[rows] > threshold for rows in counted]
    effective = [
        float(rows.size) if units is None else effective_size(over, alone(units[rows]))
        for over, rows in zip(above, counted, strict=True)
    ]
    return Prevalence(
        float(threshold), int(above[0].sum()), counted[0].size,
        int(above[1].sum()), counted[1].size, *effective,
    )  # fmt: skip


def _compared(
    table: Table, columns: Sequence[int], rows_a: Rows, rows_b: Rows
) -> list[TwoSample | None]:
    return two_sample_columns(table.scores, rows_a, rows_b, columns)


def _under_design(
    table: Table, column: int, rows: tuple[Rows, Rows], plain: TwoSample, auroc_all: float
) -> Evidence | str:
    design = table.design
    if design.pairs is None and design.clusters is None and design.strata is None:
        return Evidence(plain, plain, None, auroc_all, tail_of(plain.top, plain.n_a, plain.n_b))
    together = np.concatenate(rows)
    in_a = np.repeat([True, False], [rows[0].size, rows[1].size])
    known = np.isfinite(table.scores[together, column])
    together, in_a = together[known], in_a[known]
    scores = table.scores[together, column]
    tests = DesignTests.of(design, together, in_a)
    test = plain if tests.independent else tests.test(scores)
    if test is None:
        return "under two clusters of a set" if design.pairs is None else _NO_PAIRS
    under = tests.test if design.strata is None else tests.controlled
    compared = tests.compared()
    sides = scores[compared & in_a], scores[compared & ~in_a]
    if not all(side.size for side in sides):  # no stratum holds both sets: nothing is tested
        sides = scores[in_a], scores[~in_a]
    top = top_of(group(*sides))

    def above(least: float) -> tuple[float, float] | None:
        found = under((scores >= least).astype(np.float64))
        return None if found is None else (found.p_greater, found.p_less)

    return Evidence(
        plain,
        test,
        None if design.strata is None else tests.controlled(scores),
        auroc_all,
        tail_under(top, (sides[0].size, sides[1].size), above),
        None if design.strata is None else tests.crossing(scores),
    )


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    return values[np.isfinite(values)]
