"""Puts ranked rows in order: kinds, themes, and what each adds to those above it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .config import Config
from .distinct import Gains, Row, order_rows
from .evidence.table import Table
from .results.difference import Difference
from .results.wording import decisive
from .said import said
from .selection import KINDS
from .themes import Idea, themes, within_sets

#: images that the order of the rows is worked out on: it describes, it does not test
_MOST_ORDERED = 20_000
#: correlation within the sets from which on a fact of files goes along with something visible
_GOES_ALONG = 0.7


@dataclass(frozen=True)
class Ranked:
    """A difference and the column of the scores that it was computed from."""

    column: int
    difference: Difference


def by_effect(row: Difference) -> tuple[float, str]:
    """Orders rows by how far the AUROC that decides is from one half; ties by description."""
    return -round(abs(decisive(row)[0] - 0.5), 12), row.description


def ordered(
    ranked: Sequence[Ranked],
    table: Table,
    config: Config,
    text_vectors: NDArray[np.floating[Any]] | None,
) -> list[Ranked]:
    """Best first; ties go by description, so that swapping the sets mirrors the result."""
    if config.order == "auroc":
        return sorted(ranked, key=lambda row: _by_auroc(row.difference))
    strongest = sorted(ranked, key=lambda row: by_effect(row.difference))
    supported = [row for row in strongest if row.difference.significant]
    broad = [row for row in supported if row.difference.is_broad]
    others = [row for row in supported if not row.difference.is_broad]
    few = [row for row in others if "concentrated" in row.difference.supported_as]
    crossing = [row for row in others if "concentrated" not in row.difference.supported_as]
    kept = _Kept.of(table, config)
    listed = [
        kept.by_words(_themed(part, kept, text_vectors))
        for part in ([row for row in broad if row.difference.kind == kind] for kind in KINDS)
        if part
    ]
    listed = _beside(listed, kept)
    for part, by in ((few, _by_shares), (crossing, _by_strata)):
        themed = _themed(part, kept, text_vectors)
        listed.append(sorted(themed, key=lambda row: by(row.difference)))  # noqa: B023
    # the first rows are as many themes: of each kind those that lead one, then their members
    return [
        *(row for part in listed for row in part if row.difference.leads),
        *(row for part in listed for row in part if not row.difference.leads),
        *(row for row in strongest if not row.difference.significant),
    ]


@dataclass(frozen=True)
class _Kept:
    """The images that rows are ordered and grouped by: it describes, it does not test.

    Args:
        scores: ``(n, k)`` of all candidates
        in_a: ``(n,)`` whether each image is of A
        within (None): ``(n,)`` strata or pairs, in which the order looks at differences
    """

    scores: NDArray[np.floating[Any]]
    in_a: NDArray[np.bool_]
    within: NDArray[np.integer[Any]] | None

    @classmethod
    def of(cls, table: Table, config: Config) -> _Kept:
        # all images: what is supported is settled, and the order should not hang on the split
        images = np.sort(np.concatenate([table.rows_a, table.rows_b]))
        design = table.design
        within = design.strata if design.pairs is None else design.pairs
        if design.pairs is not None:  # who has no partner is compared with nobody
            images = images[design.pairs[images] >= 0]
        if images.size > _MOST_ORDERED:
            rng = np.random.default_rng(config.seed)
            images = images[np.sort(rng.choice(images.size, _MOST_ORDERED, replace=False))]
        in_a = np.zeros(len(table.scores), bool)
        in_a[table.rows_a] = True
        known = None if within is None else within[images]
        return cls(table.scores[images], in_a[images], known)

    def by_words(self, rows: Sequence[Ranked]) -> list[Ranked]:
        """Orders broad rows of one kind, leads first, and says what each adds to those above it."""
        leads = [row for row in rows if row.difference.leads]
        members = [row for row in rows if not row.difference.leads]
        shown = [
            Row(
                abs(decisive(row.difference)[0] - 0.5),
                row.difference.favors,
                said(row.difference.description),
                row.difference.source == "property",
            )
            for row in leads
        ]
        gains = Gains(
            self.scores[:, [row.column for row in (*leads, *members)]], self.in_a, self.within
        )
        order = order_rows(shown, gains.first(len(leads)))
        places = [*order, *range(len(leads), len(rows))]
        ordered = [(*leads, *members)[place] for place in places]
        return [
            replace(row, difference=replace(row.difference, gain=gains.take(place)))
            for place, row in zip(places, ordered, strict=True)
        ]

    def agreement(self, rows: Sequence[Ranked]) -> NDArray[np.float64]:
        """Returns ``(k, k)`` correlations of the rows' scores within the sets."""
        return within_sets(self.scores[:, [row.column for row in rows]], self.in_a)


def _themed(
    rows: Sequence[Ranked], kept: _Kept, text_vectors: NDArray[np.floating[Any]] | None
) -> list[Ranked]:
    """Groups rows of one kind into themes, in the order of their leads."""
    if not rows:
        return []
    ideas = [_idea(row.difference) for row in rows]
    similarity = None
    if text_vectors is not None and all(row.column < len(text_vectors) for row in rows):
        own = text_vectors[[row.column for row in rows]]
        similarity = own @ own.T
    groups = themes(ideas, kept.agreement(rows), similarity)
    theme = {place: rows[group[0]].difference.description for group in groups for place in group}
    return [
        replace(row, difference=replace(row.difference, theme=theme[place]))
        for place, row in enumerate(rows)
    ]


def _idea(row: Difference) -> Idea:
    auroc, low, high = _own_interval(row)
    if not row.is_broad:
        gap = abs(row.prevalence_a - row.prevalence_b) / 2
        return Idea(said(row.description), row.favors, gap, gap)
    least = low - 0.5 if auroc > 0.5 else 0.5 - high
    # what is measured has no synonyms, only two ways to say the same measurement
    measured = row.source == "property"
    says = frozenset((frozenset((row.measure,)),)) if measured else said(row.description)
    return Idea(says, row.favors, abs(auroc - 0.5), max(least, 0.0))


def _own_interval(row: Difference) -> tuple[float, float, float]:
    """The AUROC that decides, with the interval of this row alone."""
    if row.auroc_controlled is not None and row.auroc_controlled_interval is not None:
        return (row.auroc_controlled, *row.auroc_controlled_interval)
    return (row.auroc, *row.auroc_interval)


def _beside(parts: Sequence[list[Ranked]], kept: _Kept) -> list[list[Ranked]]:
    """Puts file facts that go along with something visible into its theme.

    "Higher resolution" because of a white frame does not stand beside the frame as another thing.
    """
    visible = [row for part in parts for row in part if row.difference.kind != "file"]
    placed = []
    for part in parts:
        own = []
        for row in part:
            if row.difference.kind == "file" and visible:
                agreement = np.abs(kept.agreement([row, *visible])[0, 1:])
                best = int(np.argmax(agreement))
                home = visible[best].difference
                if agreement[best] >= _GOES_ALONG and home.favors == row.difference.favors:
                    row = replace(row, difference=replace(row.difference, theme=home.theme))
            own.append(row)
        placed.append(own)
    return placed


def _by_shares(row: Difference) -> tuple[float, str]:
    return -round(abs((row.tail_a or 0.0) - (row.tail_b or 0.0)), 12), row.description


def _by_strata(row: Difference) -> tuple[float, str]:
    aurocs = [stratum["auroc"] for stratum in row.strata]
    return -round(max(aurocs) - min(aurocs), 12), row.description


def _by_auroc(row: Difference) -> tuple[float, str]:
    return -round(row.auroc, 12), row.description
