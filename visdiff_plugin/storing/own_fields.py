"""FiftyOne out: the fields that this library owns on a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import FieldError
from ..inputs.stored import KEYS_FIELD, Kind

#: marks the runs and fields that are ours
METHOD = "visdiff"


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
            f"Expected {kind.field!r} to be free for {kind.noun}, got a field that VisDiff did not "
            "make.",
            "Choose another name; to read it instead, pass captioner='field:NAME', or "
            "embedding_field together with the encoder that made it.",
        )
    if same_producer and owner.get("producer") != kind.producer:
        raise FieldError(
            f"Expected embeddings of {kind.producer!r} in {kind.field!r}, got embeddings of "
            f"{owner.get('producer')!r}.",
            "Choose another embedding_field, or leave it out.",
        )


def declare_numbers(dataset: Any, document: str, descriptions: Mapping[str, str]) -> None:
    """Declares float fields of an embedded document, each with its description."""
    import fiftyone as fo

    for name, text in descriptions.items():
        path = f"{document}.{name}"
        if dataset.get_field(path) is None:
            dataset.add_sample_field(path, fo.FloatField, description=text)


def owns(dataset: Any, field: str) -> bool:
    """Returns whether this library made a field."""
    found = dataset.get_field(field)
    return found is not None and METHOD in (found.info or {})


def declare_document(
    dataset: Any,
    field: str,
    numbers: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> None:
    """Declares an embedded document, in one write: each is a whole schema.

    Args:
        dataset: a FiftyOne dataset
        field: the document
        numbers (None): names of its numbers, and their descriptions
        words (None): names of its texts, which stand before the numbers
    """
    import fiftyone as fo

    inside = [fo.FloatField(description=text) for text in (numbers or {}).values()]
    inside = [*(fo.StringField(description=text) for text in (words or {}).values()), *inside]
    for one, name in zip(inside, [*(words or {}), *(numbers or {})], strict=True):
        one.name = one.db_field = name
    dataset.add_sample_field(
        field,
        fo.EmbeddedDocumentField,
        embedded_doc_type=fo.DynamicEmbeddedDocument,
        fields=inside,
    )


def describe(dataset: Any, path: str, text: str, info: dict[str, Any]) -> None:
    """Says in a field's description and info what it holds; writes only what changes."""
    field = dataset.get_field(path)
    wanted = {METHOD: info}
    if field.description != text or field.info != wanted:
        field.description, field.info = text, wanted
        field.save()
