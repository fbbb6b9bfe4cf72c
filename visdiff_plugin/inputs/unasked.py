"""Reads the fields in whose strata a difference may change sides, though nobody named them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import Config
from ..dataset import offers
from ..dataset.samples import Source
from ..errors import FieldError
from ..evidence.crossing import LEAST, FieldStrata
from ..evidence.design import names_of_strata, strata_of
from .joined import Inputs
from .ties import read_keys

#: images up to which fields are read that nobody asked for: a second a field at most
_MOST_IMAGES = 200_000
#: different values from which on a field is an id or free text
_MOST_VALUES = 20
#: fields that are looked at: each makes every crossing less sure
_MOST_FIELDS = 5
#: fields that are read of all images, twice as many as are looked at, as some group alike
_MOST_READ = 2 * _MOST_FIELDS
#: images, drawn from all, that show which fields are worth being read
_SAMPLED = 2_000


def read_unasked(inputs: Inputs, config: Config) -> list[FieldStrata]:
    """Returns the strata of fields that mean something to people: labels, words, yes or no, tags.

    Nothing is looked for where strata or pairs were asked for, or Welch's test; nor in more than
    200,000 images. A field that can't be read is left out, as nobody asked for it.

    Args:
        inputs: all images of both sets; every dataset that they are of must have the field
        config: ``control_for``, ``pair_by``, ``test``

    Returns:
        at most five, those with most images in strata that can be compared first; no two of them
        with the same images in these strata
    """
    asked = config.control_for or config.pair_by or config.test == "welch"
    if asked or not inputs.sources or len(inputs.images) > _MOST_IMAGES:
        return []
    sources, in_a = inputs.sources, inputs.in_a
    taken: dict[bytes, FieldStrata] = {}
    for strata, usable in _ordered(sources, in_a, _worth_reading(sources, in_a)):
        if (usable >= 0).any():
            taken.setdefault(_partition(usable), strata)
    return [*taken.values()][:_MOST_FIELDS]


def _worth_reading(sources: Sequence[Source], in_a: NDArray[np.bool_]) -> list[str]:
    """The fields that are read of all images: by some of these, so that text is not read in full.

    Of few images, all fields.
    """
    names = _offered([source.dataset for source in sources])
    if in_a.size <= _SAMPLED:
        return names
    # drawn, as every second image may be of one kind
    rows = np.sort(np.random.default_rng(0).choice(in_a.size, _SAMPLED, replace=False))
    some, start = [], 0
    for source in sources:
        own = rows[(rows >= start) & (rows < start + len(source.ids))] - start
        some.append(Source(source.dataset, [source.ids[row] for row in own]))
        start += len(source.ids)
    return [strata.field for strata, _ in _ordered(some, in_a[rows], names)][:_MOST_READ]


def _offered(datasets: Sequence[Any]) -> list[str]:
    """The fields of words that forms offer to control for, and tags, where all datasets have them.

    Forms offer numbers too, which are cut into bins: of these nobody would think unasked.
    """
    names = [
        {
            name
            for name in offers.group_fields(dataset)
            if (field := offers.value_field(dataset, name)) and field.type in ("text", "bool")
        }
        - _predictions(dataset)
        for dataset in datasets
    ]
    return [*sorted(set.intersection(*names)), "tags"]


def _predictions(dataset: Any) -> set[str]:
    """Returns the predictions that were evaluated.

    What is wrong within one of their classes is of another class, so that all that tells classes
    apart goes opposite ways in them.
    """
    infos = (dataset.get_evaluation_info(key) for key in dataset.list_evaluations())
    return {str(getattr(info.config, "pred_field", "")) for info in infos}


def _ordered(
    sources: Sequence[Source], in_a: NDArray[np.bool_], names: Sequence[str]
) -> list[tuple[FieldStrata, NDArray[Any]]]:
    """Reads fields; returns those with few values, and their codes where a stratum is usable.

    Those with most images in usable strata come first, ties by name.
    """
    read = [strata for name in names if (strata := _read(sources, name)) is not None]
    found = [(strata, _usable(strata.codes, in_a)) for strata in read]
    return sorted(found, key=lambda one: (-int((one[1] >= 0).sum()), one[0].field))


def _read(sources: Sequence[Source], name: str) -> FieldStrata | None:
    """Returns the strata of a field; None where it can't be read or has many values."""
    try:
        keys = read_keys(sources, name)
    except FieldError:
        return None
    if len({*keys} - {None}) > _MOST_VALUES:
        return None
    codes = strata_of([keys])
    return FieldStrata(name, codes, names_of_strata(codes, [name], [keys]))


def _usable(codes: NDArray[Any], in_a: NDArray[np.bool_]) -> NDArray[Any]:
    """Returns the codes, -1 where a stratum has too few images of a set, or no other has enough."""
    size = int(codes.max(initial=-1)) + 1
    enough = np.ones(size + 1, bool)  # the last place is that of -1
    for of_set in (in_a, ~in_a):
        enough[:-1] &= np.bincount(codes[of_set & (codes >= 0)], minlength=size) >= LEAST
    return np.where(enough[codes] & (enough[:-1].sum() >= 2), codes, -1)


def _partition(codes: NDArray[Any]) -> bytes:
    """Which images are together, whatever the codes are called."""
    known = codes >= 0
    _, first, inverse = np.unique(codes[known], return_index=True, return_inverse=True)
    parts = np.full(codes.size, -1, np.int64)
    parts[known] = first[inverse]
    return parts.tobytes()
