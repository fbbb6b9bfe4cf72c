"""Reads stored fields: captions, labels, embeddings, similarity runs; hides FiftyOne."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FieldError
from ..mongo.documents import read_columns, read_vectors
from ..storable import storable
from ..vectors import Reader, unit
from . import offers
from .labels import label_names, label_words, object_numbers


def read_captions(dataset: Any, fields: Sequence[str], ids: Sequence[str]) -> list[str | None]:
    """Returns what stored fields say of each sample, joined by commas; None where all are empty.

    Raises:
        FieldError: if a field does not exist or holds no words
    """
    for field in fields:
        check_words(dataset, field)
    columns = read_columns(dataset, ids, fields)
    try:
        phrases = [[label_words(value) for value in columns[field]] for field in fields]
    except TypeError as error:
        raise FieldError(
            f"Expected text or labels in {' and '.join(map(repr, fields))} of {dataset.name!r}. "
            f"{error}"
        ) from error
    joined = (", ".join(part for part in row if part) for row in zip(*phrases, strict=True))
    return [text or None for text in joined]


def read_label_names(dataset: Any, field: str, ids: Sequence[str]) -> list[set[str] | None]:
    """Returns the class names on each sample; None where the field is empty.

    Raises:
        FieldError: as `read_captions`
    """
    check_words(dataset, field)
    try:
        names = [label_names(value) for value in read_columns(dataset, ids, [field])[field]]
    except TypeError as error:
        raise FieldError(f"Expected labels in {field!r} of {dataset.name!r}. {error}") from error
    return [None if name is None else set(name) for name in names]


def read_object_numbers(dataset: Any, field: str, ids: Sequence[str]) -> NDArray[np.float64]:
    """Returns ``(n, 2)``: labeled objects and their mean share of the image; NaN where none."""
    values = read_columns(dataset, ids, [field])[field]
    return np.array([object_numbers(value) for value in values], np.float64).reshape(-1, 2)


def read_keys(dataset: Any, field: str, ids: Sequence[str]) -> list[Hashable | None]:
    """Returns a key for each sample from a field, so that images can be grouped by it.

    Labels are their class names, or their number; text, numbers, dates and ids stay as they are;
    None where empty.

    Raises:
        FieldError: if the field does not exist or holds neither
    """
    check_keys(dataset, field)
    where = f"{field!r} of {dataset.name!r}"
    return [_key(where, value) for value in read_columns(dataset, ids, [field])[field]]


def _key(where: str, value: Any) -> Hashable | None:
    if isinstance(value, Mapping) and value.get("_cls") == "Regression":
        value = value.get("value")
    if isinstance(value, (list, Mapping)):
        try:
            names = label_names(value)
        except TypeError as error:
            raise FieldError(f"Expected values to group by in {where}. {error}") from error
        return ", ".join(sorted(set(names))) if names else None
    if isinstance(value, bytes):
        raise FieldError(
            f"Expected values to group by in {where}, got a vector or mask.",
            "Name a field of labels, text, numbers or dates.",
        )
    if isinstance(value, str):
        return storable(value)
    return value if isinstance(value, Hashable) else None


def vector_reader(dataset: Any, field: str) -> Reader:
    """Returns a reader of the embeddings in a field; they need not fit in memory together.

    Raises:
        FieldError: if the field does not exist; when reading, if it holds no vectors
    """
    check_field(dataset, field)

    return lambda ids: unit(read_vectors(dataset, ids, field))


def read_brain_run(dataset: Any, key: str) -> tuple[str, Callable[[], Any]]:
    """Returns the name and options of a similarity run's model, and what loads the model.

    Raises:
        FieldError: if there is no such run or it is no similarity run over samples
    """
    known = dataset.list_brain_runs()
    if key not in known:
        raise FieldError(
            f"Expected a brain run, got {key!r}; there are {known or 'none'} in {dataset.name!r}."
        )
    config = dataset.get_brain_info(key).config
    parts = getattr(config, "patches_field", None) or getattr(config, "roi_field", None)
    if getattr(config, "type", "") != "similarity" or parts:
        raise FieldError(
            f"Expected a similarity run over whole images of {dataset.name!r}, got {key!r} "
            f"({config.method}).",
            "Compute one with fiftyone.brain.compute_similarity(dataset, model=...).",
        )
    if not getattr(config, "model", None):
        raise FieldError(
            f"Similarity run {key!r} of {dataset.name!r} does not say which model made it, so no "
            "description can be embedded like its images.",
            "Compute one by the name of a model: fiftyone.brain.compute_similarity(dataset, "
            "model='clip-vit-base32-torch').",
        )
    if getattr(config, "supports_prompts", None) is False:
        raise FieldError(
            f"The model of similarity run {key!r} ({config.model}) embeds no text, so no "
            "description can be compared with its images.",
            "Compute one with a model for images and text, such as clip-vit-base32-torch.",
        )
    options = getattr(config, "model_kwargs", None)
    model = f"{getattr(config, 'model', None) or 'no model'}{f' {options}' if options else ''}"
    return model, lambda: dataset.load_brain_results(key).get_model()


def brain_runs(dataset: Any) -> list[str]:
    """Returns the similarity runs whose embeddings and model can be used."""
    usable = []
    for key in dataset.list_brain_runs(type="similarity"):
        with contextlib.suppress(FieldError):
            read_brain_run(dataset, key)
            usable.append(str(key))
    return usable


def read_brain_vectors(dataset: Any, key: str) -> tuple[str | None, dict[str, NDArray[Any]]]:
    """Returns the field of a similarity run's embeddings if any, else vectors by sample id."""
    field = brain_field(dataset, key)
    results = dataset.load_brain_results(key)
    if field:
        return field, {}
    vectors, ids, _ = results.get_embeddings()
    return None, dict(zip(map(str, ids), vectors, strict=True))


def brain_field(dataset: Any, key: str) -> str | None:
    """Returns the field of a similarity run's embeddings; None where they are elsewhere."""
    field = getattr(dataset.get_brain_info(key).config, "embeddings_field", None)
    return str(field) if field else None


def check_words(dataset: Any, field: str) -> None:
    """Checks that a field can hold text or classes; runs, forms and pickers ask the same.

    Raises:
        FieldError: if it does not exist, or holds something else
    """
    check_field(dataset, field)
    declared = dataset.get_field(field)
    if not offers.holds_words(declared):
        raise FieldError(
            f"Expected text or labels in {field!r} of {dataset.name!r}, got "
            f"{offers.kind_of(declared)}.",
            f"Choose another field. {offers.closest(field, offers.word_fields(dataset))}",
        )


def check_keys(dataset: Any, field: str) -> None:
    """Checks that images can be grouped by a field.

    Raises:
        FieldError: if it does not exist, or holds vectors, masks, ...
    """
    check_field(dataset, field)
    declared = dataset.get_field(field)
    if not offers.holds_keys(declared):
        raise FieldError(
            f"Expected values to group by in {field!r} of {dataset.name!r}, got "
            f"{offers.kind_of(declared)}.",
            "Name a field of labels, text, numbers or dates.",
        )


def check_field(dataset: Any, field: str) -> None:
    """Raises `FieldError` where a dataset has no such field."""
    if dataset.get_field(field) is None:
        names = sorted(dataset.get_field_schema())
        raise FieldError(f"Expected a field of {dataset.name!r}, got {field!r}. Fields: {names}.")
