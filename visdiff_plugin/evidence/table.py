"""What the scores of A and B say about each candidate; pure, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sampling import Split
from ..selection import Candidate
from .adjusted import Adjusted
from .columns import two_sample_columns
from .crossing import Crossing, FieldStrata, crossings
from .design import Design
from .designed import DesignTests, alone
from .groups import group
from .opposite import Opposite
from .statistics import TwoSample
from .tails import Tail, tail_of, tail_under
from .tops import top_at, top_of

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
        unasked (()): strata that nobody named, in which a candidate may go opposite ways
    """

    scores: NDArray[np.floating[Any]]
    rows_a: Rows
    rows_b: Rows
    folds: Sequence[tuple[Split, Split]]
    design: Design = field(default_factory=Design)
    unasked: Sequence[FieldStrata] = ()

    def evidence(self, fold: int) -> tuple[Rows, Rows]:
        """Returns the rows of A and of B that no proposer of a fold saw."""
        a, b = self.folds[fold]
        return self.rows_a[a.evidence], self.rows_b[b.evidence]

    def tested(self, candidate: Candidate) -> tuple[Rows, Rows]:
        """Returns the rows that a candidate is tested on."""
        if candidate.source in FIXED_SOURCES:
            return self.rows_a, self.rows_b
        return self.evidence(candidate.fold)


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
        crossing: A against B in each stratum; None where none are looked at
    """

    plain: TwoSample
    test: TwoSample | Adjusted
    controlled: Adjusted | None
    auroc_all: float
    tail: Tail
    crossing: Opposite | None = None


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
            shows_at = candidates[column].shows_at
            found[column] = _under_design(table, column, rows, shows_at, plain, in_all.auroc)
        if table.unasked:
            _look_unasked(table, columns, rows, found)
    return found


def _look_unasked(
    table: Table, columns: Sequence[int], rows: tuple[Rows, Rows], found: list[Evidence | str]
) -> None:
    """Adds whether candidates go opposite ways in strata that nobody named."""
    clusters = None if table.design.clusters is None else alone(table.design.clusters)
    crossed = crossings(table.scores, *rows, table.unasked, columns, clusters)
    names = {strata.field: strata.names for strata in table.unasked}
    for column, crossing in zip(columns, crossed, strict=True):
        evidence = found[column]
        if isinstance(evidence, str):
            continue
        opposite = Opposite("", (), Crossing((), 1.0), 1.0)  # looked at, and nothing there
        if crossing is not None:
            opposite = Opposite(
                crossing.field, names[crossing.field], crossing.crossing, crossing.p
            )
        found[column] = replace(evidence, crossing=opposite)


def _compared(
    table: Table, columns: Sequence[int], rows_a: Rows, rows_b: Rows
) -> list[TwoSample | None]:
    return two_sample_columns(table.scores, rows_a, rows_b, columns)


def _under_design(
    table: Table,
    column: int,
    rows: tuple[Rows, Rows],
    shows_at: float | None,
    plain: TwoSample,
    auroc_all: float,
) -> Evidence | str:
    design = table.design
    if design.pairs is None and design.clusters is None and design.strata is None:
        top = plain.top
        if shows_at is not None and not top.binary:
            a, b = (table.scores[own, column] for own in rows)
            top = top_at(shows_at, a[np.isfinite(a)], b[np.isfinite(b)])
        return Evidence(plain, plain, None, auroc_all, tail_of(top, plain.n_a, plain.n_b))
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
    if shows_at is not None and not top.binary:
        top = top_at(shows_at, *sides)

    def above(least: float) -> tuple[float, float] | None:
        found = under((scores >= least).astype(np.float64))
        return None if found is None else (found.p_greater, found.p_less)

    return Evidence(
        plain,
        test,
        None if design.strata is None else tests.controlled(scores),
        auroc_all,
        tail_under(top, (sides[0].size, sides[1].size), above),
        None if design.strata is None else _crossing(tests, scores, design),
    )


def _crossing(tests: DesignTests, scores: NDArray[Any], design: Design) -> Opposite:
    crossing = tests.crossing(scores)
    return Opposite(design.control, design.strata_names, crossing, crossing.p)
