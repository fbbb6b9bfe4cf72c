"""Hypotheses that need no words from a model: measured properties and labels that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence.statistics import skewness_sign
from ..properties.catalog import OBJECT_PROPERTIES, PROPERTIES, Fact, Property
from ..selection import Candidate, Kind
from ..storable import LONGEST_DESCRIPTION

#: what fewer images than this are, or all but that many, says nothing
_LEAST_IMAGES = 5
#: of a label field: its most frequent classes, so that 1,000 classes do not crowd the table
_MOST_CLASSES = 50
#: two numbers that correlate more than this are one
_SAME = 0.999


@dataclass(frozen=True)
class Measured:
    """A candidate with its scores, NaN where an image has no value.

    Args:
        candidate: worded for what is unusual among all images
        scores: ``(n,)``, higher is truer of ``candidate.description``
    """

    candidate: Candidate
    scores: NDArray[np.float64]


def property_candidates(field: str, values: NDArray[np.float64]) -> list[Measured]:
    """Returns the measured properties that vary.

    Args:
        field: the document field that holds them
        values: ``(n, p)`` in the catalog's order
    """
    return _numbers(PROPERTIES, values, f"{field}.", "")


def object_candidates(field: str, values: NDArray[np.float64]) -> list[Measured]:
    """Returns number and size of the objects in a label field, where they vary.

    Args:
        field: the label field
        values: ``(n, 2)`` count and mean area
    """
    return _numbers(OBJECT_PROPERTIES, values, f"{field}.", f" ({field})")


def label_candidates(field: str, names: Sequence[set[str] | None]) -> list[Measured]:
    """Returns one candidate for each frequent class of a label field: is it on the image.

    Of two classes of which each image has one, only the rarer is a candidate: the other says the
    same. Classes are chosen by how frequent they are in both sets together, never by where.
    """
    counts = Counter(name for image_names in names for name in image_names or ())
    n = sum(name is not None for name in names)
    chosen = [
        name
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if _LEAST_IMAGES <= count <= n - _LEAST_IMAGES and not too_long(name)
    ]
    measured: list[Measured] = []
    # rarest first: of two classes that leave each other no image, the unusual one is the row
    for name in reversed(chosen[:_MOST_CLASSES]):
        scores = np.array(
            [np.nan if classes is None else float(name in classes) for classes in names]
        )
        if any(np.array_equal(1 - scores, other.scores, equal_nan=True) for other in measured):
            continue
        candidate = Candidate(
            f"{name} ({field})", "label", measure=field, shows_at=1.0, kind="label"
        )
        measured.append(Measured(candidate, scores))
    return measured[::-1]


def too_long(name: str) -> str:
    """Returns why a class can't be a candidate, or "" where it can."""
    long = len(name) > LONGEST_DESCRIPTION
    return f"its name is longer than {LONGEST_DESCRIPTION:,} characters" if long else ""


def _numbers(
    catalog: Sequence[Property], values: NDArray[np.float64], prefix: str, suffix: str
) -> list[Measured]:
    measured: list[Measured] = []
    for column, number in enumerate(catalog):
        scores, own = values[:, column], f"{prefix}{number.name}"
        known = scores[np.isfinite(scores)]
        if not known.size or known.min() == known.max():
            continue
        if any(_same(scores, other.scores) for other in measured):
            continue  # e.g. file size and bytes per pixel where all images have one size
        candidate = Candidate(
            f"{number.high}{suffix}",
            "property",
            opposite=f"{number.low}{suffix}",
            measure=own,
            unit=number.unit,
            kind=number.kind,
        )
        facts = [] if number.fact is None else _fact(number.fact, scores, own, suffix, number.kind)
        measured += facts
        if facts and _mostly_one(known):
            continue  # most images have no frame at all: there is nothing to compare but that
        candidate, turned = worded(candidate, scores)
        measured.append(Measured(candidate, -scores if turned else scores))
    return measured


def _fact(
    fact: Fact, values: NDArray[np.float64], measure: str, suffix: str, kind: Kind
) -> list[Measured]:
    """Returns whether each image is what a fact says, unless nearly all or none are."""
    holds = (values >= fact.least) & (values <= fact.most)
    known = np.isfinite(values)
    count, n = int(holds[known].sum()), int(known.sum())
    if not _LEAST_IMAGES <= count <= n - _LEAST_IMAGES:
        return []
    candidate = Candidate(
        f"{fact.words}{suffix}", "property", measure=measure, shows_at=1.0, kind=kind
    )
    return [Measured(candidate, np.where(known, holds, np.nan))]


def _mostly_one(values: NDArray[np.float64]) -> bool:
    """Whether more than half of the images have the same value."""
    return bool(np.unique(values, return_counts=True)[1].max() * 2 > values.size)


def _same(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 3 or x[both].std() == 0 or y[both].std() == 0:
        return False
    return bool(abs(np.corrcoef(x[both], y[both])[0, 1]) > _SAME)


def worded(candidate: Candidate, scores: NDArray[np.floating[Any]]) -> tuple[Candidate, bool]:
    """Chooses between the two wordings of a measured candidate.

    The one that describes what is unusual: the side of the longer tail of all images together.
    Which set an image is in plays no part, so swapping the sets keeps the wording.

    Args:
        candidate: a candidate; without ``opposite`` it is returned as it is
        scores: ``(n,)`` its scores over A and B together

    Returns:
        the candidate, and whether its scores must change sign
    """
    if not candidate.opposite or skewness_sign(scores) >= 0:
        return candidate, False
    turned = replace(
        candidate,
        description=candidate.opposite,
        opposite=candidate.description,
        turned=True,
    )
    return turned, True
