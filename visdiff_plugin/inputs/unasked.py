"""Reads the fields in whose strata a difference may change sides, though nobody named them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import Config
from ..dataset import fields, offers
from ..errors import FieldError
from ..evidence.crossing import LEAST, FieldStrata
from ..evidence.design import names_of_strata, strata_of
from .joined import Inputs
from .ties import read_keys

#: images up to which fields are read that nobody asked for: a second or two a field
_MOST_IMAGES = 200_000
#: different values from which on a field is an id or free text
_MOST_VALUES = 20
#: fields that are looked at; each makes every crossing less sure
_MOST_FIELDS = 5
#: images, spread over a dataset, that show whether a field has too many values to be read in full
_SCREENED = 2_000


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
    in_a = inputs.in_a
    found: list[tuple[int, FieldStrata, bytes]] = []
    for name in _offered([source.dataset for source in inputs.sources]):
        strata = _read(inputs, name)
        if strata is not None:
            usable = _usable(strata.codes, in_a)
            if len(np.unique(usable[usable >= 0])) >= 2:
                found.append((int((usable >= 0).sum()), strata, _partition(usable)))
    found.sort(key=lambda one: (-one[0], one[1].field))
    first = {partition: strata for _, strata, partition in reversed(found)}
    taken = [strata for _, strata, partition in found if first[partition] is strata]
    return taken[:_MOST_FIELDS]


def _offered(datasets: list[Any]) -> list[str]:
    """The fields of words that forms offer to control for, and tags, where all datasets have them.

    Forms offer numbers too, which are cut into bins: of these nobody would think unasked.
    """
    names = [
        {
            name
            for name in offers.group_fields(dataset)
            if (field := offers.value_field(dataset, name)) and field.type in ("text", "bool")
        }
        for dataset in datasets
    ]
    return [*sorted(set.intersection(*names)), "tags"]


def _read(inputs: Inputs, name: str) -> FieldStrata | None:
    try:
        if len(inputs.images) > _SCREENED and _has_many(inputs, name):
            return None
        keys = read_keys(inputs, name)
    except FieldError:
        return None
    if len({*keys} - {None}) > _MOST_VALUES:
        return None
    codes = strata_of([keys])
    return FieldStrata(name, codes, names_of_strata(codes, [name], [keys]))


def _has_many(inputs: Inputs, name: str) -> bool:
    """Whether some images have too many values already; reading text of all takes long."""
    step = -(-len(inputs.images) // _SCREENED)
    values = {
        key
        for source in inputs.sources
        for key in fields.read_keys(source.dataset, name, source.ids[::step])
    }
    return len(values - {None}) > _MOST_VALUES


def _usable(codes: NDArray[Any], in_a: NDArray[np.bool_]) -> NDArray[Any]:
    """Returns the codes, -1 where a stratum has too few images of a set."""
    size = int(codes.max(initial=-1)) + 1
    enough = np.ones(size + 1, bool)  # the last place is that of -1
    for of_set in (in_a, ~in_a):
        enough[:-1] &= np.bincount(codes[of_set & (codes >= 0)], minlength=size) >= LEAST
    return np.where(enough[codes], codes, -1)


def _partition(codes: NDArray[Any]) -> bytes:
    """Which images are together, whatever the codes are called."""
    known = codes >= 0
    _, first, inverse = np.unique(codes[known], return_index=True, return_inverse=True)
    parts = np.full(codes.size, -1, np.int64)
    parts[known] = first[inverse]
    return parts.tobytes()
