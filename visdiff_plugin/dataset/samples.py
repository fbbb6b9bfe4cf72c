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
        SelectionError: as `check_sizes`, or if they overlap and ``overlap`` is ``"error"``
    """
    shared_a, shared_b = _shared(a, b)
    check_sizes(
        SetCount(a.label, len(a.ids), len(shared_a)), SetCount(b.label, len(b.ids), len(shared_b))
    )
    if shared_a and overlap == "error":
        raise SelectionError(
            f"Expected sets without common samples, got {len(shared_a)} in both.",
            "Pass overlap='drop' to leave them out of both.",
            about="overlap",
        )
    if not shared_a:
        return a, b, ()
    only_a = replace(a, ids=tuple(sample_id for sample_id in a.ids if sample_id not in shared_a))
    only_b = replace(b, ids=tuple(sample_id for sample_id in b.ids if sample_id not in shared_b))
    return only_a, only_b, tuple(sample_id for sample_id in a.ids if sample_id in shared_a)


@dataclass(frozen=True)
class SetCount:
    """How many images a set holds.

    Args:
        label: what people read
        n: its images; None where these are not counted
        shared: those that the other set holds too; None where that is not known
    """

    label: str
    n: int | None
    shared: int | None


def check_sizes(a: SetCount, b: SetCount) -> None:
    """Checks that two sets hold enough images of their own to be compared.

    Runs and forms ask this; a form may not know all numbers yet.

    Raises:
        SelectionError: if one is empty, both are the same, or one has under two images that are
            not in the other
    """
    for name, size in (("a", a), ("b", b)):
        if size.n == 0:
            raise empty_set(name, size.label)
    if a.n and a.n == a.shared and b.n == b.shared:
        raise SelectionError(
            f"A and B are the same {a.n} samples ({a.label}; {b.label}).",
            "Choose two different sets.",
            about="b",
        )
    for name, size in (("a", a), ("b", b)):
        if size.n is None:
            continue
        own = size.n - (size.shared or 0)
        if not own:
            raise SelectionError(
                f"Every photo of {name.upper()} is also in the other set: none is only in "
                f"{name.upper()} ({size.label}).",
                "Choose two different sets, or compare with everything else ('rest').",
                about=name,
            )
        if own < 2:
            raise SelectionError(
                f"{name.upper()} needs at least two photos that are not in the other set, and "
                f"{size.label} has one.",
                "Choose a larger set.",
                about=name,
            )


def empty_set(name: str, label: str, within: str = "") -> SelectionError:
    """Returns the error that a set is empty.

    Args:
        name: ``"a"``, ``"b"``, or what the set is for
        label: what people read
        within (""): what it was taken from
    """
    side = name if name in ("a", "b") else ""
    said = f"Set {name.upper()}" if side else name[:1].upper() + name[1:]
    where = f" in {within}" if within else ""
    return SelectionError(
        f"{said} has no photos: {label} is empty{where}.",
        "Choose another set, or check its filters.",
        about=side,
    )


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
            f"unknown ones, such as {unknown[0]!r}.",
            "Where the grid shows patches or frames, choose whole photos instead.",
        )
    check_media(dataset.select(list(ids)), name, "the chosen samples")


def check_media(view: Any, name: str, label: str) -> None:
    """Checks that a view holds plain images.

    Raises:
        SelectionError: if it holds patches, groups, videos, ...
    """
    import fiftyone as fo

    said = f"{name[:1].upper()}{name[1:]} ({label})"
    if getattr(view, "_is_generated", False):
        raise SelectionError(
            f"{said} holds patches, frames or clips, but only whole images can be compared.",
            "Compare the photos that they are parts of. To compare objects, crop them into files "
            "of their own: view.export(DIR, dataset_type=fo.types.ImageClassificationDirectoryTree,"
            " label_field=FIELD), and load DIR as a dataset.",
        )
    if view.media_type == "group":
        raise SelectionError(
            f"{said} holds groups, but only single images can be compared.",
            "Choose one slice: dataset.select_group_slices('NAME'). In the App, add that stage to "
            "the view and tick 'Within the current view', or choose the current view.",
        )
    if view.media_type not in ("image", None) and not (isinstance(view, fo.Dataset) and not view):
        raise SelectionError(
            f"{said} has media type {view.media_type!r}, but only images can be compared.",
            "Of videos, compare frames: dataset.to_frames(sample_frames=True).clone().",
        )
