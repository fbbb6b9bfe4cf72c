"""The fields for values computed once: declared, and checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..dataset.own_fields import METHOD, declare_document, describe
from ..engines.kind import KEYS_FIELD, Kind
from ..errors import FieldError
from ..mongo.schema import changing


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
    with changing(dataset):
        _declare(dataset, kind, same_producer)


def _declare(dataset: Any, kind: Kind, same_producer: bool) -> None:
    import fiftyone as fo

    check_field(dataset, kind, same_producer)
    types = {"captions": fo.StringField, "embeddings": fo.VectorField}
    said = f"VisDiff {kind.noun} by {kind.producer}"
    info = {"producer": kind.producer, "parameters": dict(kind.parameters)}
    if dataset.get_field(kind.field) is None:
        if kind.noun in types:
            dataset.add_sample_field(
                kind.field, types[kind.noun], description=said, info={METHOD: info}
            )
        else:
            declare_document(dataset, kind.field, description=said, info=info)
    describe(dataset, kind.field, said, info)
    if dataset.get_field(KEYS_FIELD) is None:
        declare_document(
            dataset, KEYS_FIELD, description="What VisDiff's stored values were made from"
        )
    if dataset.get_field(kind.key_path) is None:
        dataset.add_sample_field(kind.key_path, fo.StringField)


@contextmanager
def declaring(dataset: Any, kind: Kind, same_producer: bool = False) -> Iterator[None]:
    """Declares the field of a kind of stored values while they are made; see `declare`.

    Where making fails before anything is stored, such as when a model can't be loaded, the fields
    that are new are taken back.
    """
    names = (kind.field, kind.key_path, KEYS_FIELD)
    new = [name for name in names if dataset.get_field(name) is None]
    try:
        declare(dataset, kind, same_producer)
        yield
    except BaseException:
        if kind.field in new and dataset.get_field(kind.field) is not None:
            _take_back(dataset, kind.field, new)
        raise


def _take_back(dataset: Any, field: str, new: Sequence[str]) -> None:
    if len(dataset.exists(field).limit(1)):
        return
    with changing(dataset):
        for name in new:
            if dataset.get_field(name) is not None:
                dataset.delete_sample_field(name)


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
