"""Images that are one file count once; those that are in A and B at once speak for neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..account import Account
from ..dataset.copies import MOST_READ, same_files
from ..dataset.samples import Source
from ..errors import SelectionError
from .reading import DatasetInputs

_REPEATED = "the same file as another sample of its set"
_IN_BOTH = "the same file is in both sets"


def without_copies(
    parts: Sequence[DatasetInputs], in_a: NDArray[np.bool_], overlap: str, account: Account
) -> tuple[list[DatasetInputs], NDArray[np.bool_]]:
    """Returns the images without those that are a file a second time.

    Args:
        parts: the images of each dataset
        in_a: ``(n,)`` whether each of all images stands in A
        overlap: as in `Config`: what to do with files that are in both sets
        account: is told what was left out

    Returns:
        what is left of the parts, and of ``in_a``

    Raises:
        SelectionError: if a file is in both sets and ``overlap`` is ``"error"``
    """
    note_shared(parts, account)
    paths = [*chain(*(part.paths for part in parts))]
    sizes = [*chain(*(part.sizes for part in parts))]
    codes, by_content = same_files(paths, sizes)
    if not by_content:
        account.note(
            f"Copies were looked for by path only: more than {MOST_READ:,} files share their size "
            "with another."
        )
    reasons = _reasons(codes, in_a)
    if not reasons:
        return [*parts], in_a
    both = sum(reason == _IN_BOTH for reason in reasons.values())
    if both and overlap == "error":
        raise SelectionError(
            f"Expected sets without common files, got {both} samples whose file is in both.",
            "Pass overlap='drop' to leave them out of both.",
            about="overlap",
        )
    ids = [*chain(*(part.source.ids for part in parts))]
    account.skip("sample", {ids[row]: reason for row, reason in reasons.items()})
    keep = np.ones(len(ids), bool)
    keep[list(reasons)] = False
    left, start = [], 0
    for part in parts:
        own = keep[start : start + len(part.paths)]
        start += len(part.paths)
        left.append(_taken(part, np.flatnonzero(own).tolist()))
    return left, in_a[keep]


def note_shared(parts: Sequence[DatasetInputs], account: Account) -> None:
    """Notes how many samples show a file that others show too, as cloned patches do."""
    counts = Counter(chain(*(part.paths for part in parts)))
    shared = [count for count in counts.values() if count > 1]
    if shared:
        account.note(
            f"{sum(shared):,} samples show {len(shared):,} files: several name the same one. Where "
            "these stand for objects on a photo, the whole photo is compared, not the objects."
        )


def _reasons(codes: NDArray[np.intp], in_a: NDArray[np.bool_]) -> dict[int, str]:
    """Returns why rows are left out: all of a file in both sets, all but the first of others."""
    reasons: dict[int, str] = {}
    counts = np.bincount(codes, minlength=len(codes))
    for code in np.flatnonzero(counts > 1).tolist():
        rows = np.flatnonzero(codes == code).tolist()
        sides = {bool(in_a[row]) for row in rows}
        in_both = len(sides) > 1
        for row in rows if in_both else rows[1:]:
            reasons[row] = _IN_BOTH if in_both else _REPEATED
    return reasons


def _taken(part: DatasetInputs, rows: Sequence[int]) -> DatasetInputs:
    def some(values: Sequence[Any]) -> list[Any]:
        return [values[row] for row in rows]

    return replace(
        part,
        source=Source(part.source.dataset, some(part.source.ids)),
        paths=some(part.paths),
        sizes=some(part.sizes),
        captions=None if part.captions is None else some(part.captions),
        properties=None if part.properties is None else part.properties[list(rows)],
        labels={
            name: (some(names), numbers[list(rows)])
            for name, (names, numbers) in part.labels.items()
        },
    )
