"""Reads from FiftyOne: samples of a set, and their files; `sets.choosing` chooses them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import SelectionError
from ..files import stat_file, why_not
from ..mongo.documents import read_columns


@dataclass(frozen=True)
class Selected:
    """One set.

    Args:
        label: what it was chosen by, for people
        ids: its sample ids without repeats
        dataset: the FiftyOne dataset that they are of
        text (None): what it was chosen by, where that is a text of `sets.grammar`
    """

    label: str
    ids: tuple[str, ...]
    dataset: Any
    text: str | None = None


@dataclass(frozen=True)
class Source:
    """Samples of one dataset.

    Args:
        dataset: a FiftyOne dataset
        ids: their ids
    """

    dataset: Any
    ids: Sequence[str]


@dataclass(frozen=True)
class Media:
    """Files of samples.

    Args:
        ids: ``n`` sample ids whose file exists
        paths: ``n`` absolute paths
        stamps: ``n`` strings that change when the file's content does: size and time
        missing: sample id -> reason, for samples without a file that can be opened
        lost (none): sample id -> the path of each of those
    """

    ids: tuple[str, ...]
    paths: tuple[str, ...]
    stamps: tuple[str, ...]
    missing: dict[str, str]
    lost: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sizes(self) -> list[int]:
        """Sizes of the files in bytes."""
        return [int(stamp.partition(":")[0]) for stamp in self.stamps]

    def without(self, left_out: Container[str]) -> Media:
        """Returns the files of the samples that are not in ``left_out``."""
        rows = [row for row, sample_id in enumerate(self.ids) if sample_id not in left_out]
        if len(rows) == len(self.ids):
            return self
        return Media(
            tuple(self.ids[row] for row in rows),
            tuple(self.paths[row] for row in rows),
            tuple(self.stamps[row] for row in rows),
            self.missing,
            self.lost,
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


def find_dataset(name: str) -> Any:
    """Returns a dataset as it is stored now, or None if there is none with that name."""
    import fiftyone as fo

    if not fo.dataset_exists(name):
        return None
    dataset = fo.load_dataset(name)
    dataset.reload()
    return dataset


def database_uri() -> str | None:
    """Returns FIFTYONE_DATABASE_URI as FiftyOne uses it; None where it starts its own MongoDB."""
    import fiftyone as fo

    return fo.config.database_uri or None


def separate(a: Selected, b: Selected, overlap: str) -> tuple[Selected, Selected, tuple[str, ...]]:
    """Returns what is only in A, what is only in B, and the ids of A that are in both.

    Of one dataset, the same sample is in both; of two, the same file is.

    Raises:
        SelectionError: if both sets are the same, if nothing is left of one, or if they overlap
            and ``overlap`` is ``"error"``
    """
    shared_a, shared_b = _shared(a, b)
    if len(shared_a) == len(a.ids) and len(shared_b) == len(b.ids):
        raise SelectionError(
            f"Expected two different sets, got the same {len(shared_a)} samples as A ({a.label}) "
            f"and as B ({b.label})."
        )
    if shared_a and overlap == "error":
        raise SelectionError(
            f"Expected sets without common samples, got {len(shared_a)} in both.",
            "Pass overlap='drop' to leave them out of both.",
        )
    if not shared_a:
        return a, b, ()
    only_a = replace(a, ids=tuple(sample_id for sample_id in a.ids if sample_id not in shared_a))
    only_b = replace(b, ids=tuple(sample_id for sample_id in b.ids if sample_id not in shared_b))
    for name, left, other in (("A", only_a, b), ("B", only_b, a)):
        if not left.ids:
            raise SelectionError(
                f"Expected samples that are only in {name}, got none. All of them are also in "
                f"{other.label}.",
                "Compare it with 'rest' instead: everything that is not in the other set.",
            )
    return only_a, only_b, tuple(sample_id for sample_id in a.ids if sample_id in shared_a)


def sources_of(a: Selected, b: Selected) -> tuple[Source, ...]:
    """Returns the samples of both sets by dataset, ids ascending, whatever set is called A."""
    if a.dataset.name == b.dataset.name:
        return (Source(a.dataset, sorted((*a.ids, *b.ids))),)
    both = [Source(side.dataset, sorted(side.ids)) for side in (a, b)]
    return tuple(sorted(both, key=lambda source: (source.ids[0], source.dataset.name)))


def _shared(a: Selected, b: Selected) -> tuple[set[str], set[str]]:
    """Returns the ids of A, and those of B, whose image stands in both sets."""
    if a.dataset.name == b.dataset.name:
        both = set(a.ids) & set(b.ids)
        return both, both
    # a clone's samples keep their ids, whatever file they name later: only files can tell
    files_a, files_b = (read_columns(x.dataset, x.ids, ["filepath"])["filepath"] for x in (a, b))
    common = set(files_a) & set(files_b)
    return (
        {sample_id for sample_id, path in zip(a.ids, files_a, strict=True) if path in common},
        {sample_id for sample_id, path in zip(b.ids, files_b, strict=True) if path in common},
    )


def read_media(dataset: Any, ids: Sequence[str]) -> Media:
    """Returns the files of samples.

    A sample whose file is gone, or is no regular file, is set aside with the reason.
    """
    paths = read_columns(dataset, ids, ["filepath"])["filepath"]
    there: list[str] = []
    files: list[str] = []
    stamps: list[str] = []
    missing: dict[str, str] = {}
    lost: dict[str, str] = {}
    for sample_id, path in zip(ids, paths, strict=True):
        try:
            stat = stat_file(path)
        except (OSError, TypeError, ValueError) as error:
            missing[sample_id] = why_not(error) or "file not found"
            lost[sample_id] = str(path)
            continue
        there.append(sample_id)
        files.append(path)
        stamps.append(f"{stat.st_size}:{stat.st_mtime_ns}")
    return Media(tuple(there), tuple(files), tuple(stamps), missing, lost)


def paths_of(dataset: Any, ids: Sequence[str]) -> dict[str, str]:
    """Returns the files of samples; those that are gone from the dataset are left out."""
    paths = read_columns(dataset, ids, ["filepath"])["filepath"]
    return {sample_id: path for sample_id, path in zip(ids, paths, strict=True) if path}


def check_ids(dataset: Any, ids: Sequence[str], name: str) -> None:
    """Checks that sample ids are of a dataset, and of plain images.

    Raises:
        SelectionError: if one is not
    """
    from bson import ObjectId

    malformed = [sample_id for sample_id in ids if not ObjectId.is_valid(sample_id)]
    known: set[str] = set()
    if not malformed:
        paths = read_columns(dataset, ids, ["filepath"])["filepath"]
        known = {sample_id for sample_id, path in zip(ids, paths, strict=True) if path is not None}
    unknown = malformed or [sample_id for sample_id in ids if sample_id not in known]
    if unknown:
        raise SelectionError(
            f"Expected sample ids of dataset {dataset.name!r} in {name}, got {len(unknown)} "
            f"unknown ones, such as {unknown[0]!r}."
        )
    check_media(dataset.select(list(ids)), name, "the chosen samples")


def check_media(view: Any, name: str, label: str) -> None:
    """Checks that a view holds plain images.

    Raises:
        SelectionError: if it holds patches, groups, videos, ...
    """
    import fiftyone as fo

    if getattr(view, "_is_generated", False):
        raise SelectionError(
            f"Expected whole images in {name}, got {label}: patches, frames or clips.",
            "Compare the samples themselves, or clone() the view into a new dataset.",
        )
    if view.media_type == "group":
        raise SelectionError(
            f"Expected single images in {name}, got groups ({label}).",
            "Choose a slice: dataset.select_group_slices('NAME'), and compare views of it.",
        )
    if view.media_type not in ("image", None) and not (isinstance(view, fo.Dataset) and not view):
        raise SelectionError(
            f"Expected images in {name}, got media type {view.media_type!r} ({label}).",
            "For videos, compare dataset.to_frames(sample_frames=True).clone().",
        )
