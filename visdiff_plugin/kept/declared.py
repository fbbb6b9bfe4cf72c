"""The fields for values computed once: declared, and checked before anything is written."""

from __future__ import annotations

from typing import Any

from ..dataset.own_fields import METHOD, declare_document, describe
from ..engines.kind import KEYS_FIELD, Kind
from ..errors import FieldError


def declare(dataset: Any, kind: Kind, same_producer: bool = False) -> None:
    """Declares the field of a kind of stored values, and says in its info what makes them.

    Args:
        dataset: a FiftyOne dataset
        kind: captions, embeddings or properties
        same_producer (False): the field must not change its producer: vectors of two models
            do not belong in one field

    Raises:
        FieldError: if the field exists and is not ours, or is of another model
    """
    import fiftyone as fo

    check_field(dataset, kind, same_producer)
    types = {"captions": fo.StringField, "embeddings": fo.VectorField}
    if dataset.get_field(kind.field) is None:
        if kind.noun in types:
            dataset.add_sample_field(kind.field, types[kind.noun])
        else:
            declare_document(dataset, kind.field)
    describe(
        dataset,
        kind.field,
        f"VisDiff {kind.noun} by {kind.producer}",
        {"producer": kind.producer, "parameters": dict(kind.parameters)},
    )
    if dataset.get_field(KEYS_FIELD) is None:
        declare_document(dataset, KEYS_FIELD)
        describe(dataset, KEYS_FIELD, "What VisDiff's stored values were made from", {})
    if dataset.get_field(kind.key_path) is None:
        dataset.add_sample_field(kind.key_path, fo.StringField)


def check_field(dataset: Any, kind: Kind, same_producer: bool = False) -> None:
    """Checks that a kind of values can be stored in its field; otherwise as `declare`."""
    field = dataset.get_field(kind.field)
    if field is None:
        return
    owner = (field.info or {}).get(METHOD)
    if owner is None:
        raise FieldError(
            f"Field {kind.field!r} of {dataset.name!r} exists and was not created by VisDiff, so "
            f"no {kind.noun} can be stored in it.",
            "Choose another name; to read it instead, pass captioner='field:NAME', or "
            "embedding_field together with the encoder that made it.",
        )
    if same_producer and owner.get("producer") != kind.producer:
        raise FieldError(
            f"Expected embeddings of {kind.producer!r} in {kind.field!r} of {dataset.name!r}, got "
            f"embeddings of {owner.get('producer')!r}.",
            "Choose another embedding_field, or leave it out.",
        )
