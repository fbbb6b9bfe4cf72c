"""How images are grouped besides A and B: strata, clusters, pairs; pure."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]

#: bins of a controlled number: five remove about nine tenths of a confounder's bias
#: (Cochran, Biometrics 24 (1968))
_BINS = 5


@dataclass(frozen=True)
class Design:
    """How the images of a comparison hang together; codes of all ``n``, -1 where unknown.

    Args:
        strata (None): images of one code agree in what is controlled for
        clusters (None): images of one code are no independent witnesses
        pairs (None): images of one code are the same thing in A and in B
        control (""): the controlled fields, for people
        strata_names (()): what images of each stratum agree in, by code
        notes (()): what a reader should know, in sentences
    """

    strata: Codes | None = None
    clusters: Codes | None = None
    pairs: Codes | None = None
    control: str = ""
    strata_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def units(self) -> Codes | None:
        """Groups that must not be split when images are held out: pairs, or clusters."""
        return self.clusters if self.pairs is None else self.pairs


def encode(values: Sequence[Hashable | None]) -> Codes:
    """Returns a code for each value, in order of the values as text; -1 for None and NaN."""
    known = sorted(
        {value for value in values if not _unknown(value)},
        key=lambda value: (str(value), repr(value)),
    )
    places = {known_value: code for code, known_value in enumerate(known)}
    return np.array([-1 if _unknown(value) else places[value] for value in values], np.int32)


def strata_of(columns: Sequence[Sequence[Any]]) -> Codes:
    """Returns the strata that several fields form together; -1 where a field has no value.

    Numbers with more than five values are cut into five bins of about equal size, by all images
    together, whatever set these are in.

    Args:
        columns: for each field, ``n`` values
    """
    coded = [_binned(column) if _is_number(column) else encode(column) for column in columns]
    rows = list(zip(*(codes.tolist() for codes in coded), strict=True))
    return encode([None if -1 in row else row for row in rows])


def names_of_strata(
    strata: Codes, names: Sequence[str], columns: Sequence[Sequence[Any]]
) -> tuple[str, ...]:
    """Returns what the images of each stratum agree in: ``dog``, or ``weight 3 to 5``.

    Args:
        strata: ``(n,)`` codes of `strata_of`
        names: of the fields
        columns: for each field, ``n`` values
    """
    said = []
    for code in range(int(strata.max(initial=-1)) + 1):
        rows = np.flatnonzero(strata == code).tolist()
        parts = []
        for name, column in zip(names, columns, strict=True):
            values = list({column[row] for row in rows})
            if len(values) > 1:  # only numbers are binned
                values.sort()
            alone = len(values) == 1
            parts.append(str(values[0]) if alone else f"{name} {values[0]:g} to {values[-1]:g}")
        said.append(" and ".join(parts))
    return tuple(said)


def _is_number(column: Sequence[Any]) -> bool:
    known = [value for value in column if not _unknown(value)]
    return (
        bool(known)
        and all(
            isinstance(known_value, (int, float)) and not isinstance(known_value, bool)
            for known_value in known
        )
        and len(set(known)) > _BINS
    )


def _binned(column: Sequence[Any]) -> Codes:
    values = np.array([np.nan if _unknown(value) else float(value) for value in column])
    finite = np.isfinite(values)
    edges = np.unique(np.quantile(values[finite], np.arange(1, _BINS) / _BINS))
    codes = np.searchsorted(edges, values, "right").astype(np.int32)
    codes[~finite] = -1
    return codes


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))
