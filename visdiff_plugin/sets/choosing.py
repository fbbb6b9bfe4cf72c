"""Reads from FiftyOne: the samples of A and B, however they are chosen."""

from __future__ import annotations

from typing import Any

from ..dataset.samples import Selected, check_media, empty_set
from ..errors import SelectionError, concerning
from ..mongo.documents import view_ids
from ..storable import LONGEST_LABEL, storable
from .finding import Base, LocatedSet, find
from .grammar import Rest

#: what messages call a set -> what an error is about
_SIDES = {"set A": "a", "set B": "b"}


def make_base(dataset: Any, within: Any = None) -> Base:
    """Returns what sets are taken from.

    Args:
        dataset: a FiftyOne dataset
        within (None): a saved view's name, or a view; None for the whole dataset

    Raises:
        SelectionError: if there is no such view, or it is of another dataset
    """
    if within is None:
        return Base(dataset, dataset)
    with concerning("within"):
        located = find(Base(dataset, dataset), within, "within")
        if located.is_rest or located.dataset.name != dataset.name:
            raise SelectionError(
                f"Expected within as a view of {dataset.name!r}, got {located.label}."
            )
        view = located.view if located.ids is None else dataset.select(list(located.ids))
        check_media(view, "within", located.label)
    return Base(dataset, view, located.label, located.text)


def select(dataset: Any, chosen: Any, name: str) -> Selected:
    """Returns the samples of one set that needs no other: all kinds but ``"rest"``."""
    base = make_base(dataset)
    located = find(base, chosen, name)
    check_located(base, located, name)
    if located.is_rest:
        raise SelectionError(f"Expected a set for {name}, got 'rest', which needs another set.")
    return read(base, located, name)


def select_two(base: Base, a: Any, b: Any) -> tuple[Selected, Selected]:
    """Returns the samples of both sets.

    Args:
        base: what both are taken from; a set of another dataset stays whole
        a: a saved view's name, a view, sample ids, or a text of `sets.grammar`
        b: the same, or of another dataset

    Raises:
        SelectionError: if a set is unknown, empty, or holds no plain images
    """
    found_a, found_b = find_two(base, a, b)
    if found_a.is_rest:
        with concerning("b"):
            second = read(base, found_b, "set B")
        with concerning("a"):
            return _rest(base, second, "set A"), second
    with concerning("a"):
        first = read(base, found_a, "set A")
    with concerning("b"):
        rest = found_b.is_rest
        return first, _rest(base, first, "set B") if rest else read(base, found_b, "set B")


def find_two(base: Base, a: Any, b: Any) -> tuple[LocatedSet, LocatedSet]:
    """Returns where the images of both sets are; runs and forms begin with this.

    Raises:
        SelectionError: as `select_two`
    """
    with concerning("a"):
        found_a = find(base, a, "set A")
    with concerning("b"):
        found_b = find(base, b, "set B")
    if found_a.is_rest and found_b.is_rest:
        raise SelectionError(
            "Expected at most one 'rest', got it for both A and B. Choose one set directly.",
            about="b",
        )
    if found_a.dataset.name != base.dataset.name:
        raise SelectionError(
            f"Expected set A to be in dataset {base.dataset.name!r}, got {found_a.label}, which is "
            f"in {found_a.dataset.name!r}.",
            "Only B can come from another dataset. Swap A and B, or pass A's dataset first.",
            about="a",
        )
    for name, located in zip(_SIDES, (found_a, found_b), strict=True):
        with concerning(_SIDES[name]):
            check_located(base, located, name)
    return found_a, found_b


def check_located(base: Base, located: LocatedSet, name: str) -> None:
    """Checks that a set holds plain images.

    Raises:
        SelectionError: if it holds patches, groups, videos, ...
    """
    if located.is_rest:
        check_media(base.view, name, base.label or "the dataset")
    elif located.ids is None:  # of ids, that was checked when they were looked up
        check_media(located.view, name, located.label)


def read(base: Base, located: LocatedSet, name: str) -> Selected:
    """Returns the samples of a set, those of the base alone.

    Raises:
        SelectionError: if it is empty
    """
    ids = located.ids
    if ids is None:
        ids = tuple(dict.fromkeys(view_ids(located.dataset, located.view)))
    if located.query is None and located.dataset.name == base.dataset.name:
        ids = base.keep(ids)
    if not ids:
        raise empty_set(_SIDES.get(name, name), located.label, base.label)
    label = storable(located.label)[:LONGEST_LABEL]
    return Selected(label, ids, located.dataset, located.text)


def _rest(base: Base, other: Selected, name: str) -> Selected:
    taken = set(other.ids) if other.dataset.name == base.dataset.name else set()
    ids = tuple(sample_id for sample_id in base.ids if sample_id not in taken)
    if not ids:
        raise SelectionError(
            f"Expected images in {name}, got none: {other.label} holds all "
            f"{len(base.ids)} of {base.label or 'the dataset'}."
        )
    return Selected(Rest().label, ids, base.dataset, str(Rest()))
