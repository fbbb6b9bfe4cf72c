"""What sets can be chosen by in a dataset: label and number fields, evaluations, values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import SelectionError
from ..mongo.documents import stored_path
from ..mongo.queries import frequent_values
from .labels import LISTS
from .own_fields import owns

_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}|\d{4}-?W\d{2}(-?\d)?")

#: values that a picker lists; what is rarer is typed
MOST_VALUES = 200
#: FiftyOne's own fields, which say nothing of what is on an image
_OWN = ("id", "filepath", "created_at", "last_modified_at", "tags", "metadata")
_OWN_PARTS = ("id", "tags", "attributes", "mask_path", "map_path", "index", "instance", "support")


@dataclass(frozen=True)
class ValueField:
    """A field whose values can be asked for.

    Args:
        path: where MongoDB holds the values
        type: ``"text"``, ``"bool"`` or ``"int"``
    """

    path: str
    type: str

    def parse(self, value: str, text: str) -> str | bool | int:
        """Returns a value as MongoDB holds it.

        Raises:
            SelectionError: if it is not of the field's type
        """
        if self.type == "bool":
            if value.lower() not in ("true", "false"):
                raise SelectionError(f"Expected true or false in {self.path!r}, got {text!r}.")
            return value.lower() == "true"
        if self.type == "int":
            try:
                return int(value)
            except ValueError:
                raise SelectionError(
                    f"Expected a whole number in {self.path!r}, got {text!r}."
                ) from None
        return value


def value_field(dataset: Any, name: str) -> ValueField | None:
    """Returns where the values of a field are, its classes for labels; None where it has none."""
    import fiftyone as fo

    field = dataset.get_field(name)
    if field is None:
        return None
    document = getattr(field, "document_type", None)
    if document is not None:
        inside = _label_path(document)
        return (
            None if inside is None else ValueField(stored_path(dataset, f"{name}.{inside}"), "text")
        )
    if isinstance(field, fo.ListField):
        if isinstance(field, fo.VectorField) or field.field is None:
            return None
        field = field.field
        document = getattr(field, "document_type", None)
        if document is not None:  # the list inside of labels
            known = dataset.get_field(f"{name}.label")
            path = stored_path(dataset, f"{name}.label")
            return ValueField(path, "text") if known is not None else None
    types = {fo.StringField: "text", fo.BooleanField: "bool", fo.IntField: "int"}
    kind = next((types[field_type] for field_type in types if isinstance(field, field_type)), None)
    return None if kind is None else ValueField(stored_path(dataset, name), kind)


def value_fields(dataset: Any) -> list[str]:
    """Returns the fields that ``label:FIELD=VALUE`` takes: labels, then plain ones, then parts."""
    labels: list[str] = []
    plain: list[str] = []
    parts: list[str] = []
    for name, field in dataset.get_field_schema(flat=True).items():
        first, _, inside = name.partition(".")
        if first in _OWN or first.startswith("visdiff_") or value_field(dataset, name) is None:
            continue
        if not inside:
            (labels if getattr(field, "document_type", None) else plain).append(name)
        elif not _is_class(inside) and not set(inside.split(".")) & set(_OWN_PARTS):
            parts.append(name)
    return [*labels, *plain, *parts]


def group_fields(dataset: Any) -> list[str]:
    """Returns the user's fields that hold one word, number, date or class a sample."""
    import fiftyone as fo

    return [
        name
        for name, field in dataset.get_field_schema().items()
        if name not in _OWN
        and not _is_ours(dataset, name)
        and holds_keys(field)
        and not isinstance(field, fo.ListField)
        and getattr(field, "document_type", None) in (None, fo.Classification, fo.Regression)
    ]


def word_fields(dataset: Any) -> list[str]:
    """Returns the user's fields that hold text or classes."""
    ours = {*_OWN, *dataset.list_runs(), *dataset.list_evaluations()}
    return [
        name
        for name, field in dataset.get_field_schema().items()
        if name not in ours and holds_words(field)
    ]


def label_fields(dataset: Any) -> list[str]:
    """Returns the fields of labels that have classes."""
    import fiftyone as fo

    return [
        name
        for name, field in dataset.get_field_schema(ftype=fo.EmbeddedDocumentField).items()
        if issubclass(field.document_type, fo.Label)
        and not name.startswith("visdiff_")
        and holds_words(field)
    ]


def holds_words(field: Any) -> bool:
    """Returns whether a field can hold text, or labels with classes; see `labels.label_names`."""
    import fiftyone as fo

    if isinstance(field, fo.ListField):
        return field.field is not None and holds_words(field.field)
    if isinstance(field, fo.EmbeddedDocumentField):
        inside = field.get_field_schema()
        return any(holds_words(part) for name, part in inside.items() if name in (*LISTS, "label"))
    return isinstance(field, fo.StringField)


def holds_keys(field: Any) -> bool:
    """Returns whether images can be grouped by a field: words, numbers, dates, true or false."""
    import fiftyone as fo

    plain = (fo.IntField, fo.FloatField, fo.BooleanField, fo.DateField, fo.DateTimeField,
             fo.ObjectIdField)  # fmt: skip
    if isinstance(field, fo.EmbeddedDocumentField) and field.document_type is fo.Regression:
        return True
    return isinstance(field, plain) or holds_words(field)


def kind_of(field: Any) -> str:
    """Returns what a field holds, in a word for messages."""
    import fiftyone as fo

    if isinstance(field, fo.EmbeddedDocumentField):
        return str(field.document_type.__name__)
    name = type(field).__name__.removesuffix("Field").lower()
    inside = field.field if isinstance(field, fo.ListField) else None
    return name if inside is None else f"{name} of {kind_of(inside)}"


def number_fields(dataset: Any) -> list[str]:
    """Returns paths of one number or date a sample; those that VisDiff made last."""
    names = [
        name
        for name in dataset.get_field_schema(flat=True)
        if name != "last_modified_at" and is_number(dataset, name)
    ]
    if dataset.limit(1).values("metadata") == [None]:  # nobody has computed it
        names = [name for name in names if not name.startswith("metadata.")]
    ours = {name for name in names if _is_ours(dataset, name)}
    return [name for name in names if name not in ours] + [name for name in names if name in ours]


def is_number(dataset: Any, name: str) -> bool:
    """Returns whether a field holds one number a sample, or one date."""
    import fiftyone as fo

    parts = name.split(".")
    parents = (dataset.get_field(".".join(parts[:end])) for end in range(1, len(parts)))
    if name.endswith(".index") or any(isinstance(parent, fo.ListField) for parent in parents):
        return False
    kinds = (fo.FloatField, fo.IntField, fo.DateField, fo.DateTimeField)
    return isinstance(dataset.get_field(name), kinds)


def is_date(dataset: Any, name: str) -> bool:
    """Returns whether a field holds a date, with or without a time."""
    import fiftyone as fo

    return isinstance(dataset.get_field(name), (fo.DateField, fo.DateTimeField))


def known_filter(dataset: Any, name: str) -> dict[str, Any]:
    """Returns the query for the images that have a number, or a date, in a field."""
    path = stored_path(dataset, name)
    if is_date(dataset, name):
        return {path: {"$type": "date"}}
    return {path: {"$gt": float("-inf"), "$lt": float("inf")}}


def range_filter(dataset: Any, name: str, low: str, high: str) -> dict[str, Any]:
    """Returns the query for the images with a number, or a date, between two others.

    Args:
        dataset: a FiftyOne dataset
        name: path of the number or date
        low: as in `sets.grammar.Range`
        high: likewise; a date without a time is that whole day

    Raises:
        SelectionError: if an end is of another kind than the field
    """
    ends: dict[str, Any] = {}
    dates = is_date(dataset, name)
    for side, text in (("$gte", low), ("$lte", high)):
        if not text:
            continue
        try:
            end = _date(text) if dates else float(text)
        except ValueError:
            wanted = "dates such as 2024-05-31" if dates else "numbers"
            raise SelectionError(f"Expected {wanted} for {name!r}, got {text!r}.") from None
        if isinstance(end, datetime) and side == "$lte" and _DAY.fullmatch(text):
            side, end = "$lt", end + timedelta(days=1)
        ends[side] = end
    return {"$and": [known_filter(dataset, name), {stored_path(dataset, name): ends}]}


def _date(text: str) -> datetime:
    """Returns a point in time; as FiftyOne has it, one without a zone is of UTC."""
    date = datetime.fromisoformat(text)
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def evaluations(dataset: Any) -> list[str]:
    """Returns the keys of the evaluations that say which images are right, newest first."""
    keys = [key for key in dataset.list_evaluations() if outcome_filter(dataset, key, "right")]
    return sorted(keys, key=lambda key: dataset.get_evaluation_info(key).timestamp, reverse=True)


def outcome_filter(dataset: Any, key: str, outcome: str) -> dict[str, Any] | None:
    """Returns the query for the images that an evaluation counts as right, or as wrong.

    A classification stores whether the label is right, or TP, FP, FN, TN; a detection how many
    objects are. There an image is wrong with any false positive or negative, right with neither
    and a true positive. None for an evaluation of another kind, or of frames.
    """
    import fiftyone as fo

    field = dataset.get_field(key)
    if isinstance(field, fo.BooleanField):
        return {key: outcome == "right"}
    if isinstance(field, fo.StringField):
        return {key: {"$in": ["TP", "TN"] if outcome == "right" else ["FP", "FN"]}}
    counts = {name: f"{key}_{name}" for name in ("tp", "fp", "fn")}
    if not all(isinstance(dataset.get_field(count), fo.IntField) for count in counts.values()):
        return None
    if outcome == "wrong":
        return {"$or": [{counts["fp"]: {"$gt": 0}}, {counts["fn"]: {"$gt": 0}}]}
    return {counts["fp"]: 0, counts["fn"]: 0, counts["tp"]: {"$gt": 0}}


def values_of(dataset: Any, view: Any, name: str) -> list[str]:
    """Returns the most frequent values of a field in a view as text, most frequent first.

    Very large datasets are sampled; empty if even that takes too long.
    """
    where = value_field(dataset, name)
    if where is None:
        return []
    values = frequent_values(dataset, view, where.path, MOST_VALUES)
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def closest(name: str, known: Iterable[str]) -> str:
    """Returns a sentence that lists the alternatives, most similar first."""
    names = list(dict.fromkeys(known))
    if not names:
        return "There is none."
    lower = {name.lower(): name for name in names}
    near = [lower[match] for match in difflib.get_close_matches(name.lower(), lower, 3, 0.6)]
    near += [
        known_name
        for known_name in names
        if name and name.lower() in known_name.lower() and known_name not in near
    ]
    if near:
        return f"Did you mean {' or '.join(map(repr, near[:3]))}?"
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"There are: {', '.join(map(repr, names[:20]))}{more}."


def _is_ours(dataset: Any, name: str) -> bool:
    """Whether VisDiff made a field, or the document that it is a part of."""
    return name.startswith("visdiff_") or owns(dataset, name.split(".")[0])


def _label_path(document: Any) -> str | None:
    import fiftyone as fo

    single = (fo.Classification, fo.Detection, fo.Polyline, fo.Keypoint)
    lists = {
        fo.Classifications: "classifications",
        fo.Detections: "detections",
        fo.Polylines: "polylines",
        fo.Keypoints: "keypoints",
    }
    if issubclass(document, single):
        return "label"
    return next(
        (f"{lists[list_type]}.label" for list_type in lists if issubclass(document, list_type)),
        None,
    )


def _is_class(inside: str) -> bool:
    lists = ("classifications", "detections", "polylines", "keypoints")
    return inside in ("label", *lists, *(f"{list_name}.label" for list_name in lists))
