"""FiftyOne in: which samples A and B hold, and their files."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from .documents import read_columns, view_ids
from .errors import SelectionError

_TAG = "tag:"


@dataclass(frozen=True)
class Selected:
    """One set: what it was chosen by, and its sample ids without repeats."""

    label: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Media:
    """Files of samples.

    Args:
        ids: ``n`` sample ids whose file exists
        paths: ``n`` absolute paths
        stamps: ``n`` strings that change when the file's content does: size and time
        missing: sample id -> reason, for samples without a file
    """

    ids: tuple[str, ...]
    paths: tuple[str, ...]
    stamps: tuple[str, ...]
    missing: dict[str, str]

    def __len__(self) -> int:
        return len(self.ids)

    def without(self, left_out: Container[str]) -> Media:
        """Returns the files of the samples that are not in ``left_out``."""
        rows = [row for row, one in enumerate(self.ids) if one not in left_out]
        if len(rows) == len(self.ids):
            return self
        return Media(
            tuple(self.ids[row] for row in rows),
            tuple(self.paths[row] for row in rows),
            tuple(self.stamps[row] for row in rows),
            self.missing,
        )


def check_dataset(dataset: Any) -> None:
    """Checks that a comparison is asked of a dataset.

    Raises:
        ValueError: if it is something else, such as a view or a name
    """
    import fiftyone as fo

    if not isinstance(dataset, fo.Dataset):
        raise ValueError(
            f"Expected a fiftyone.Dataset, got {type(dataset).__name__}; A and B may be views."
        )


def database_uri() -> str | None:
    """Returns FIFTYONE_DATABASE_URI as FiftyOne uses it; None where it starts its own MongoDB."""
    import fiftyone as fo

    return fo.config.database_uri or None


def select(dataset: Any, chosen: Any, name: str) -> Selected:
    """Returns the samples of one set.

    Args:
        dataset: a FiftyOne dataset
        chosen: a saved view's name, a view, ``"tag:NAME"``, or sample ids
        name: ``"A"`` or ``"B"``, for messages

    Raises:
        SelectionError: if there is no such view or tag, it is empty, or holds no plain images
    """
    if not isinstance(chosen, str) and hasattr(chosen, "__next__"):
        chosen = list(chosen)  # it can be read only once
    view, label = _view(dataset, chosen, name)
    if view is None:
        ids = tuple(dict.fromkeys(str(one) for one in chosen))
        _check_ids(dataset, ids, name)
    else:
        _check_media(view, name, label)
        ids = tuple(dict.fromkeys(view_ids(dataset, view)))
    if not ids:
        raise SelectionError(
            f"Expected images in set {name}, got none: {label} is empty.",
            "Choose another view, or check its filters.",
        )
    return Selected(label, ids)


def separate(
    a: Selected, b: Selected, overlap: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Returns the ids only in A, only in B, and in both.

    Raises:
        SelectionError: if both sets are the same, if nothing is left of one, or if they overlap
            and ``overlap`` is ``"error"``
    """
    shared = set(a.ids) & set(b.ids)
    if shared and len(shared) == len(a.ids) == len(b.ids):
        raise SelectionError(
            f"Expected two different sets, got the same {len(shared)} samples as A ({a.label}) "
            f"and as B ({b.label})."
        )
    if shared and overlap == "error":
        raise SelectionError(
            f"Expected sets without common samples, got {len(shared)} in both.",
            "Pass overlap='drop' to leave them out of both.",
        )
    only_a = tuple(one for one in a.ids if one not in shared)
    only_b = tuple(one for one in b.ids if one not in shared)
    for name, left, other in (("A", only_a, b), ("B", only_b, a)):
        if not left:
            raise SelectionError(
                f"Expected samples that are only in {name}, got none: all of them are also in "
                f"{other.label}.",
                "Compare it with the rest instead: other.exclude(view.values('id')).",
            )
    return only_a, only_b, tuple(one for one in a.ids if one in shared)


def read_media(dataset: Any, ids: Sequence[str]) -> Media:
    """Returns the files of samples; a sample whose file is gone is set aside with the reason."""
    paths = read_columns(dataset, ids, ["filepath"])["filepath"]
    kept: list[tuple[str, str, str]] = []
    missing: dict[str, str] = {}
    for one, path in zip(ids, paths, strict=True):
        try:
            stat = os.stat(path)
        except (OSError, TypeError):
            missing[one] = "image file not found"
            continue
        kept.append((one, path, f"{stat.st_size}:{stat.st_mtime_ns}"))
    columns = list(zip(*kept, strict=True)) or [(), (), ()]
    return Media(tuple(columns[0]), tuple(columns[1]), tuple(columns[2]), missing)


def paths_of(dataset: Any, ids: Sequence[str]) -> dict[str, str]:
    """Returns the files of samples; those that are gone from the dataset are left out."""
    paths = read_columns(dataset, ids, ["filepath"])["filepath"]
    return {one: path for one, path in zip(ids, paths, strict=True) if path}


def _view(dataset: Any, chosen: Any, name: str) -> tuple[Any, str]:
    import fiftyone as fo

    if isinstance(chosen, (fo.DatasetView, fo.Dataset)):
        owner = chosen if isinstance(chosen, fo.Dataset) else chosen._root_dataset
        if owner.name != dataset.name:
            raise SelectionError(
                f"Expected set {name} to be of dataset {dataset.name!r}, got a view of "
                f"{owner.name!r}."
            )
        return chosen, getattr(chosen, "name", None) or f"view of {len(chosen)} samples"
    if isinstance(chosen, str):
        if chosen in dataset.list_saved_views():
            return dataset.load_saved_view(chosen), chosen
        if chosen.startswith(_TAG):
            return dataset.match_tags(chosen.removeprefix(_TAG)), chosen
        raise SelectionError(
            f"Expected set {name} as a saved view's name, 'tag:NAME', a view or sample ids, "
            f"got {chosen!r}. Saved views: {dataset.list_saved_views() or 'none'}. "
            f"Tags: {sorted(dataset.distinct('tags')) or 'none'}."
        )
    if isinstance(chosen, Sequence) or hasattr(chosen, "__iter__"):
        chosen = list(chosen)
        return None, f"{len(chosen)} chosen samples"
    raise SelectionError(f"Expected set {name} as a view or ids, got {type(chosen).__name__}.")


def _check_ids(dataset: Any, ids: Sequence[str], name: str) -> None:
    from bson import ObjectId

    malformed = [one for one in ids if not ObjectId.is_valid(one)]
    known: set[str] = set()
    if not malformed:
        paths = read_columns(dataset, ids, ["filepath"])["filepath"]
        known = {one for one, path in zip(ids, paths, strict=True) if path is not None}
    unknown = malformed or [one for one in ids if one not in known]
    if unknown:
        raise SelectionError(
            f"Expected sample ids of dataset {dataset.name!r} in set {name}, got {len(unknown)} "
            f"unknown ones, such as {unknown[0]!r}."
        )
    _check_media(dataset.select(list(ids)), name, "the chosen samples")


def _check_media(view: Any, name: str, label: str) -> None:
    import fiftyone as fo

    if getattr(view, "_is_generated", False):
        raise SelectionError(
            f"Expected whole images in set {name}, got {label}: patches, frames or clips.",
            "Compare the samples themselves, or clone() the view into a dataset of its own.",
        )
    if view.media_type == "group":
        raise SelectionError(
            f"Expected single images in set {name}, got groups ({label}).",
            "Choose a slice: dataset.select_group_slices('NAME'), and compare views of it.",
        )
    if view.media_type not in ("image", None) and not (isinstance(view, fo.Dataset) and not view):
        raise SelectionError(
            f"Expected images in set {name}, got media type {view.media_type!r} ({label}).",
            "For videos, compare dataset.to_frames(sample_frames=True).clone().",
        )
