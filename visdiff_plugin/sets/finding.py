"""Reads from FiftyOne: looks up in the dataset what a set is chosen by."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..dataset import offers
from ..dataset.samples import check_ids, check_media
from ..errors import SelectionError
from ..mongo.documents import view_ids, view_values
from .ends import border
from .grammar import (
    Elsewhere,
    End,
    Intersection,
    Label,
    Outcome,
    Range,
    Rest,
    SavedView,
    Tag,
    parse_set,
)

#: of what an unnamed view is made by: characters that are said, and values of a list
_LONGEST, _MOST_LISTED = 60, 3


@dataclass(frozen=True)
class Base:
    """What both sets are taken from.

    Args:
        dataset: a FiftyOne dataset
        view: the dataset, or a view of it
        label (""): what people call the view; empty for the whole dataset
        text (None): what it was chosen by, where that is text
    """

    dataset: Any
    view: Any
    label: str = ""
    text: str | None = None
    _numbers: dict[str, tuple[list[str], list[float]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def numbers(self, path: str) -> tuple[list[str], list[float]]:
        """Returns the sample ids and a number of each, NaN where it has none; read once.

        A date is its seconds since 1970.
        """
        if path not in self._numbers:
            ids, values = view_values(self.dataset, self.view, path)
            numbers = [_as_number(value) for value in values]
            self._numbers[path] = ids, numbers
        return self._numbers[path]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The sample ids."""
        return tuple(dict.fromkeys(view_ids(self.dataset, self.view)))

    @cached_property
    def _members(self) -> Container[str]:
        return set(self.ids)

    def keep(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Returns those ids that the base holds, without repeats."""
        unique = dict.fromkeys(ids)
        return tuple(
            sample_id for sample_id in unique if not self.label or sample_id in self._members
        )


def _as_number(value: Any) -> float:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp()  # as MongoDB holds it: of UTC, without a zone
    return math.nan if value is None else float(value)


@dataclass(frozen=True)
class LocatedSet:
    """A set before its ids are read.

    Args:
        dataset: the dataset that it is of
        label: what people read
        view (None): its images as a view
        ids (None): its ids, where only these say which
        query (None): what its images meet among those of the base, where that is all
        text (None): what it was chosen by, where that is text
    """

    dataset: Any
    label: str
    view: Any = None
    ids: tuple[str, ...] | None = None
    query: dict[str, Any] | None = None
    text: str | None = None

    @property
    def is_rest(self) -> bool:
        """Whether it is what the other set does not hold."""
        return self.view is None and self.ids is None


def parse(dataset: Any, text: str) -> Any:
    """Reads a text of `sets.grammar`, knowing the dataset's saved views, and other datasets."""
    import fiftyone as fo

    others = fo.list_datasets() if text.startswith("dataset:") else ()
    return parse_set(text, dataset.list_saved_views(), others)


def load_view(dataset: Any, name: str) -> Any:
    """Returns a saved view.

    Raises:
        SelectionError: if it names what the dataset does not have any more
    """
    try:
        return dataset.load_saved_view(name)
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise SelectionError(
            f"Saved view {name!r} can't be used: {str(error).rstrip('.')}.",
            "Save it again, or choose another set.",
        ) from error


def find(base: Base, chosen: Any, name: str) -> LocatedSet:
    """Returns where the images of one set are.

    Args:
        base: what it is taken from
        chosen: a saved view's name, a view, sample ids, or a text of `sets.grammar`
        name: ``"set A"`` or ``"set B"``, for messages

    Raises:
        SelectionError: if there is no such view, tag, field, evaluation, dataset or id
    """
    import fiftyone as fo

    if isinstance(chosen, (fo.DatasetView, fo.Dataset)):
        return _found_view(base, chosen)
    if isinstance(chosen, str):
        return _found_text(base, parse(base.dataset, chosen), name, chosen)
    if not hasattr(chosen, "__iter__"):
        raise SelectionError(f"Expected {name} as a view or ids, got {type(chosen).__name__}.")
    ids = tuple(dict.fromkeys(str(chosen_row) for chosen_row in chosen))
    check_ids(base.dataset, ids, name)
    return LocatedSet(base.dataset, f"{len(ids)} chosen samples", ids=ids)


def _found_view(base: Base, view: Any) -> LocatedSet:
    import fiftyone as fo

    if isinstance(view, fo.Dataset):
        return LocatedSet(view, str(view.name), view, text=str(Elsewhere(view.name)))
    owner = view._root_dataset
    label = getattr(view, "name", None) or f"view of {len(view)} samples{_stages_of(view)}"
    return LocatedSet(
        owner, label if owner.name == base.dataset.name else f"{label} of {owner.name}", view
    )


def _stages_of(view: Any) -> str:
    """Returns in short what an unnamed view is made by, so that two can be told apart."""
    stages = [_stage_text(stage) for stage in view._stages]
    text = ", ".join(stages)
    return f": {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}" if text else ""


def _stage_text(stage: Any) -> str:
    name = re.sub("(?<=[a-z])(?=[A-Z])", "_", type(stage).__name__).lower()
    values = [_value_text(value) for _, value in stage._kwargs()]
    return f"{name}({', '.join(value for value in values if value)})"


def _value_text(value: Any) -> str:
    """Returns an argument of a view's stage; empty for what says little, such as flags."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, (list, tuple)) and value:
        short = len(value) <= _MOST_LISTED and all(isinstance(item, str) for item in value)
        return ", ".join(value) if short else f"{len(value)} values"
    return "…" if isinstance(value, dict) else ""


def _found_text(base: Base, chosen: Any, name: str, written: str) -> LocatedSet:
    text = str(chosen)
    if isinstance(chosen, Elsewhere):
        return _elsewhere(chosen, text)
    if isinstance(chosen, SavedView):
        view = _saved(base, chosen, name, written)
        return LocatedSet(base.dataset, chosen.label, view, text=text)
    if isinstance(chosen, End):
        ids = _end(base, chosen)
        return LocatedSet(base.dataset, chosen.label, ids=ids, text=text)
    if isinstance(chosen, Intersection):
        return _together(base, chosen, name)
    if isinstance(chosen, Rest):
        return LocatedSet(base.dataset, chosen.label, text=text)
    query = query_of(base, chosen)
    _check_value(base, chosen, query)
    return LocatedSet(base.dataset, chosen.label, base.view.match(query), query=query, text=text)


def _saved(base: Base, chosen: SavedView, name: str, written: str) -> Any:
    if chosen.name not in base.dataset.list_saved_views():
        raise _unknown(base, name, written)
    return load_view(base.dataset, chosen.name)


def _together(base: Base, chosen: Intersection, name: str) -> LocatedSet:
    """Returns where the images are that meet all of some conditions."""
    queries, sets = [], []
    for part in chosen.parts:
        if isinstance(part, SavedView):
            view = _saved(base, part, name, part.name)
            check_media(view, name, part.label)
            sets.append(view_ids(base.dataset, view))
        elif isinstance(part, End):
            sets.append(list(_end(base, part)))
        else:
            queries.append(query_of(base, part))
            _check_value(base, part, queries[-1])
    query = {"$and": queries} if queries else {}
    view = base.view.match(query) if queries else base.view
    text = str(chosen)
    if not sets:
        return LocatedSet(base.dataset, chosen.label, view, query=query, text=text)
    check_media(view, name, chosen.label)
    if queries or base.label:
        sets.append(view_ids(base.dataset, view))
    first, *others = sets
    left = set(first).intersection(*others)
    ids = tuple(sample_id for sample_id in dict.fromkeys(first) if sample_id in left)
    return LocatedSet(base.dataset, chosen.label, ids=ids, text=text)


def _check_value(base: Base, chosen: Any, query: dict[str, Any]) -> None:
    """Checks that any image has the value that a set asks for: it may be misspelled."""
    if isinstance(chosen, Label) and not len(base.view.match(query).limit(1)):
        values = offers.values_of(base.dataset, base.view, chosen.field)
        raise SelectionError(
            f"Expected images with {chosen.label}, got none. {offers.closest(chosen.value, values)}"
        )


def query_of(base: Base, chosen: Any) -> dict[str, Any]:
    """Returns what the images of a set meet among those of the base.

    Of the highest or lowest values, they have a number at all.

    Raises:
        SelectionError: if there is no such field or evaluation
    """
    if isinstance(chosen, End):
        check_number(base, chosen.field)
        return offers.known_filter(base.dataset, chosen.field)
    if isinstance(chosen, Range):
        check_number(base, chosen.field)
        return offers.range_filter(base.dataset, chosen.field, chosen.low, chosen.high)
    if isinstance(chosen, Tag):
        return {"tags": chosen.name}
    if isinstance(chosen, Label):
        where = offers.value_field(base.dataset, chosen.field)
        if where is None:
            raise _no_field(
                base, chosen.field, "labels, text, whole numbers or true and false",
                offers.value_fields(base.dataset),
            )  # fmt: skip
        return {where.path: where.parse(chosen.value, chosen.value)}
    if not isinstance(chosen, Outcome):  # a kind of the grammar that nobody reads here
        raise TypeError(f"Expected a tag, label or outcome, got {chosen!r}.")
    keys = base.dataset.list_evaluations()
    if chosen.key not in keys:
        raise SelectionError(
            f"Expected an evaluation of {base.dataset.name!r}, got {chosen.key!r}. "
            f"{offers.closest(chosen.key, keys)}"
        )
    query = offers.outcome_filter(base.dataset, chosen.key, chosen.outcome)
    if query is None:
        raise SelectionError(
            f"Expected an evaluation that says which images are right, but {chosen.key!r} "
            "doesn't store that for any image.",
            "Evaluate classifications or detections of samples.",
        )
    return query


def check_number(base: Base, field: str) -> None:
    """Checks that a field holds one number, or one date, a sample.

    Raises:
        SelectionError: if it does not
    """
    if not offers.is_number(base.dataset, field):
        known = offers.number_fields(base.dataset)
        raise _no_field(base, field, "one number or date a sample", known)


def _end(base: Base, chosen: End) -> tuple[str, ...]:
    check_number(base, chosen.field)
    check_media(base.view, "the sets", base.label or "the dataset")
    ids, numbers = base.numbers(chosen.field)
    inside, least = border(numbers, chosen.end, chosen.percent)
    if not inside.any():
        end = "highest" if chosen.end == "top" else "lowest"
        if not any(map(math.isfinite, numbers)):
            said, hint = "no image has that number", ""
        elif least >= 100:
            said, hint = "all images have the same", "Choose another field."
        else:
            share = math.ceil(least * 1e4) / 1e4
            said = f"{least:.3g}% of the images share the {end} value"
            hint = f"Ask for '{End(chosen.field, chosen.end, share)}' or more."
        raise SelectionError(f"Expected images in {chosen.label}, got none: {said}.", hint)
    return tuple(dict.fromkeys(ids[int(row)] for row in inside.nonzero()[0]))


def _elsewhere(chosen: Elsewhere, text: str) -> LocatedSet:
    import fiftyone as fo

    if not fo.dataset_exists(chosen.dataset):
        raise SelectionError(
            f"Expected a dataset, got {chosen.dataset!r}. "
            f"{offers.closest(chosen.dataset, fo.list_datasets())}"
        )
    dataset = fo.load_dataset(chosen.dataset)
    if chosen.view is None:
        return LocatedSet(dataset, chosen.label, dataset, text=text)
    views = dataset.list_saved_views()
    if chosen.view not in views:
        raise SelectionError(
            f"Expected a saved view of {chosen.dataset!r}, got {chosen.view!r}. "
            f"{offers.closest(chosen.view, views)}"
        )
    return LocatedSet(dataset, chosen.label, load_view(dataset, chosen.view), text=text)


def _unknown(base: Base, name: str, written: str) -> SelectionError:
    views = base.dataset.list_saved_views()
    tags = [str(tag) for tag in sorted(base.dataset.distinct("tags"))]
    near = offers.closest(written, views) if views else ""
    return SelectionError(
        f"Expected {name} as a saved view's name, 'tag:NAME', 'label:FIELD=VALUE', "
        f"'eval:KEY=wrong', 'top:FIELD=25%', 'range:FIELD=LOW..HIGH', 'rest', 'dataset:NAME', "
        f"several joined by ' & ', a view or sample ids, got "
        f"{written!r}. Saved views: {views or 'none'}. Tags: {tags or 'none'}.",
        near if near.startswith("Did") else "",
    )


def _no_field(base: Base, field: str, what: str, known: list[str]) -> SelectionError:
    there = base.dataset.get_field(field) is not None
    got = f"{field!r}, which holds something else" if there else repr(field)
    return SelectionError(
        f"Expected a field of {what} in {base.dataset.name!r}, got {got}. "
        f"{offers.closest(field, known)}",
        ""
        if there or "." not in field
        else "Attributes must be in the schema: dataset.add_dynamic_sample_fields() declares them.",
    )
