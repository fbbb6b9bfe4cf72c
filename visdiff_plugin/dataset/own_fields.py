"""Writes to FiftyOne: the fields that this library owns on a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..mongo.schema import changing

#: marks the runs and fields that are ours
METHOD = "visdiff"


def declare_numbers(dataset: Any, document: str, descriptions: Mapping[str, str]) -> None:
    """Declares float fields of an embedded document, each with its description."""
    import fiftyone as fo

    with changing(dataset):
        for name, text in descriptions.items():
            path = f"{document}.{name}"
            if dataset.get_field(path) is None:
                dataset.add_sample_field(path, fo.FloatField, description=text)


def owns(dataset: Any, field: str) -> bool:
    """Returns whether this library made a field."""
    declared = dataset.get_field(field)
    return declared is not None and METHOD in (declared.info or {})


def declare_document(
    dataset: Any,
    field: str,
    numbers: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
    *,
    description: str = "",
    info: Mapping[str, Any] | None = None,
) -> None:
    """Declares an embedded document of ours, in one write.

    Each write is a whole schema; and a process that dies between two would leave a field that
    nobody knows the owner of.

    Args:
        dataset: a FiftyOne dataset
        field: the document
        numbers (None): names of its numbers, and their descriptions
        words (None): names of its texts, which stand before the numbers
        description (""): what it holds, for people
        info (None): what it holds, as `describe` keeps it
    """
    import fiftyone as fo

    inside = [fo.FloatField(description=text) for text in (numbers or {}).values()]
    inside = [*(fo.StringField(description=text) for text in (words or {}).values()), *inside]
    for inner_field, name in zip(inside, [*(words or {}), *(numbers or {})], strict=True):
        inner_field.name = inner_field.db_field = name
    with changing(dataset):
        dataset.add_sample_field(
            field,
            fo.EmbeddedDocumentField,
            embedded_doc_type=fo.DynamicEmbeddedDocument,
            fields=inside,
            description=description or None,
            info={METHOD: dict(info or {})},
        )


def describe(dataset: Any, path: str, text: str, info: dict[str, Any]) -> None:
    """Says in a field's description and info what it holds; writes only what changes."""
    wanted = {METHOD: info}
    with changing(dataset):
        field = dataset.get_field(path)
        if field.description != text or field.info != wanted:
            field.description, field.info = text, wanted
            field.save()
