"""Reads how images are grouped (classes, videos, prompts, near-duplicates) into a `Design`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assembly import caption_fields
from ..config import Config
from ..dataset import fields
from ..dataset.samples import Source
from ..errors import FieldError, SettingError, concerning
from ..evidence.design import Design, encode, names_of_strata, strata_of
from ..evidence.near_duplicates import near_duplicates
from .joined import Inputs

#: the value of ``cluster_by`` that is no field
NEAR_DUPLICATES = "near_duplicates"


def unusable_fields(datasets: Sequence[Any], config: Config) -> Iterator[FieldError | SettingError]:
    """Yields why fields that are read can't be used; runs and forms ask the same.

    Args:
        datasets: those of A and B
        config: every choice
    """
    words: list[tuple[str, str]] = []
    try:
        words += [("captioner", name) for name in caption_fields(config.captioner)]
    except SettingError as error:
        yield error
    words += [("label_fields", name) for name in config.label_fields]
    read = [(*one, fields.check_words) for one in words]
    read += [(*one, fields.check_keys) for one in _named(config)]
    for about, name, check in read:
        for dataset in datasets:
            try:
                with concerning(about):
                    check(dataset, name)
            except FieldError as error:
                yield error


def check_values(sources: Sequence[Source], in_a: NDArray[np.bool_], config: Config) -> None:
    """Checks that fields which tie images together have values on these.

    Raises:
        FieldError: if a field has no value here, or A and B share none to pair by
    """
    for about, name in _named(config):
        with concerning(about):
            keys = read_keys(sources, name)
            if about == "pair_by":
                _paired(name, encode(keys), in_a)


def _named(config: Config) -> list[tuple[str, str]]:
    """Returns the fields that tie images together, each after the setting that names it."""
    single = (("cluster_by", config.cluster_by), ("pair_by", config.pair_by))
    return [
        *(("control_for", name) for name in config.control_for),
        *((about, name) for about, name in single if name and name != NEAR_DUPLICATES),
    ]


def read_design(inputs: Inputs, config: Config) -> Design:
    """Returns how the images of a comparison are grouped.

    Args:
        inputs: all images of both sets; fields are read from the dataset that each is of
        config: ``control_for``, ``cluster_by``, ``pair_by``

    Raises:
        FieldError: if a field does not exist or can't be grouped by, or near-duplicates are asked
            for without embeddings
    """
    notes: list[str] = []
    strata = clusters = pairs = None
    strata_names: tuple[str, ...] = ()
    n = len(inputs.images)
    in_a = inputs.in_a
    if config.control_for:
        with concerning("control_for"):
            columns = [read_keys(inputs.sources, name) for name in config.control_for]
        strata = strata_of(columns)
        strata_names = names_of_strata(strata, config.control_for, columns)
        notes.append(_controlled(config.control_for, strata, in_a))
    if config.cluster_by == NEAR_DUPLICATES:
        if inputs.vectors is None:
            raise FieldError(
                "Expected embeddings to find near-duplicates by, got none.",
                "Pass an encoder, or cluster_by='FIELD'.",
                about="cluster_by",
            )
        clusters = near_duplicates(inputs.vectors, n, config.duplicate_similarity)
        notes.append(
            f"Clustered: {n} images form {_count(clusters)} clusters of near-duplicates "
            f"(cosine of {config.duplicate_similarity:g} or more); each counts once."
        )
    elif config.cluster_by:
        with concerning("cluster_by"):
            clusters = encode(read_keys(inputs.sources, config.cluster_by))
        notes.append(
            f"Clustered: {int((clusters >= 0).sum())} images form {_count(clusters)} clusters of "
            f"{config.cluster_by}, which count once{_unknown(clusters, 'stand for themselves')}."
        )
    if config.pair_by:
        with concerning("pair_by"):
            pairs = encode(read_keys(inputs.sources, config.pair_by))
            notes.append(_paired(config.pair_by, pairs, in_a))
    control = ", ".join(config.control_for)
    return Design(strata, clusters, pairs, control, strata_names, tuple(notes))


def read_keys(sources: Sequence[Source], name: str) -> list[Hashable | None]:
    """Returns a key to group each image by, from a field of each dataset; None where empty.

    Raises:
        FieldError: if the field does not exist, can't be grouped by, or has no value here
    """
    keys = [key for source in sources for key in fields.read_keys(source.dataset, name, source.ids)]
    if all(key is None for key in keys):
        raise FieldError(
            f"Expected values of {name!r} to group images by, got none on {len(keys)} images.",
            "Name a field that has values on these images.",
        )
    return keys


def _controlled(names: Sequence[str], strata: NDArray[Any], in_a: NDArray[np.bool_]) -> str:
    both = np.intersect1d(strata[in_a], strata[~in_a])
    both = both[both >= 0]
    images = int(np.isin(strata, both).sum())
    return (
        f"Controlled for {', '.join(names)}: {len(both)} strata hold both sets, with {images} of "
        f"{strata.size} images{_unknown(strata, 'can not be compared')}."
    )


def _paired(name: str, pairs: NDArray[Any], in_a: NDArray[np.bool_]) -> str:
    both = np.intersect1d(pairs[in_a], pairs[~in_a])
    both = both[both >= 0]
    if both.size < 2:
        raise FieldError(
            f"Expected values of {name!r} that A and B share, got {both.size}.",
            "Name a field whose values pair images of A with images of B, such as a prompt.",
        )
    alone = int((~np.isin(pairs, both)).sum())
    return (
        f"Paired by {name}: {both.size} values are in both sets; {alone} images have no partner "
        "and are left out of the evidence."
    )


def _count(codes: NDArray[Any]) -> int:
    return len(np.unique(codes[codes >= 0]))


def _unknown(codes: NDArray[Any], what: str) -> str:
    n = int((codes < 0).sum())
    return f"; {n} without a value {what}" if n else ""
