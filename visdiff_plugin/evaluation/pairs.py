"""Benchmarks as tables: pairs of image sets whose true difference is known."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import EvaluationError

#: columns of the CSV form; the last three may be missing or empty
COLUMNS = ("pair", "truth", "set", "path", "truth_b", "group", "caption")


@dataclass(frozen=True)
class Pair:
    """Two sets of images, and what is truer of A than of B.

    Args:
        name: unique in a benchmark
        truth: what is true of A
        images_a: files of A
        images_b: files of B
        truth_b (""): what is true of B, for the other direction; without it only A is asked
        group (""): what results are reported by, e.g. a difficulty
        captions ({}): file -> caption, where the table brings them

    Raises:
        EvaluationError: without name or truth, with under two images in a set, or with an image
            that stands twice in a set or in both
    """

    name: str
    truth: str
    images_a: tuple[str, ...]
    images_b: tuple[str, ...]
    truth_b: str = ""
    group: str = ""
    captions: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.truth.strip():
            raise EvaluationError(
                f"Expected a pair with a name and what is true of A, got {self.name!r} and "
                f"{self.truth!r}."
            )
        for images, side in ((self.images_a, "A"), (self.images_b, "B")):
            if len(images) < 2 or len(set(images)) < len(images):
                raise EvaluationError(
                    f"Expected at least two images in set {side} of pair {self.name!r}, each "
                    f"once; got {len(images)}, of which {len(set(images))} are different."
                )
        shared = set(self.images_a) & set(self.images_b)
        if shared:
            raise EvaluationError(
                f"Expected each image of pair {self.name!r} in one of its sets, got {len(shared)} "
                f"in both, such as {min(shared)!r}."
            )

    def fingerprint(self) -> str:
        """Returns a short code of all that a result depends on; files count by their paths."""
        parts = [self.name, self.truth, self.truth_b, sorted(self.images_a), sorted(self.images_b)]
        text = json.dumps([*parts, sorted(self.captions.items())])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def load_pairs(path: str | os.PathLike[str], folder: str | os.PathLike[str] = "") -> list[Pair]:
    """Reads a table of pairs.

    Args:
        path: ``.jsonl``: an object a pair with ``name``, ``truth``, ``images_a``, ``images_b`` and,
            if known, ``truth_b``, ``group``, ``captions`` (path -> text); or ``.csv``: a line an
            image, with the columns of `COLUMNS`, where ``set`` is ``a`` or ``b``
        folder (""): what relative paths of images start from; the table's own folder by default

    Raises:
        EvaluationError: on a table that can't be read so; the message names file and line
    """
    path = Path(path)
    root = Path(folder) if str(folder) else path.parent
    try:
        if path.suffix == ".jsonl":
            pairs = [_of_object(entry, where, root) for where, entry in _objects(path)]
        elif path.suffix == ".csv":
            pairs = _of_lines(path, root)
        else:
            raise EvaluationError(f"Expected a table .jsonl or .csv, got {path.name!r}.")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"Expected a readable table, got: {error}") from error
    if not pairs:
        raise EvaluationError(f"Expected pairs in {path.name}, got none.")
    check_names(pairs)
    return pairs


def check_names(pairs: Iterable[Pair]) -> None:
    """Raises `EvaluationError` where two pairs have one name: results are told apart by it."""
    seen: set[str] = set()
    for pair in pairs:
        if pair.name in seen:
            raise EvaluationError(
                f"Expected a different name for each pair, got {pair.name!r} twice."
            )
        seen.add(pair.name)


def save_pairs(pairs: Iterable[Pair], path: str | os.PathLike[str]) -> None:
    """Writes a table that `load_pairs` reads: one object a line, paths as they are."""
    with open(path, "w", encoding="utf-8") as file:
        for pair in pairs:
            entry: dict[str, Any] = {
                "name": pair.name,
                "truth": pair.truth,
                "truth_b": pair.truth_b,
                "group": pair.group,
                "images_a": list(pair.images_a),
                "images_b": list(pair.images_b),
                "captions": dict(pair.captions),
            }
            file.write(json.dumps({k: v for k, v in entry.items() if v}, ensure_ascii=False) + "\n")


def _objects(path: Path) -> list[tuple[str, Any]]:
    objects = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            where = f"{path.name}, line {number}"
            try:
                objects.append((where, json.loads(line)))
            except ValueError as error:
                raise EvaluationError(f"Expected JSON in {where}, got: {error}") from error
    return objects


def _of_object(entry: Any, where: str, root: Path) -> Pair:
    if not isinstance(entry, dict):
        raise EvaluationError(f"Expected an object in {where}, got {entry!r:.80}.")
    for name, kind in (("name", str), ("truth", str), ("images_a", list), ("images_b", list)):
        if not isinstance(entry.get(name), kind):
            raise EvaluationError(
                f"Expected {name!r} as a {'text' if kind is str else 'list'} in {where}, got "
                f"{entry.get(name)!r:.80}."
            )
    captions = entry.get("captions", {})
    if not isinstance(captions, dict):
        raise EvaluationError(f"Expected 'captions' as path -> text in {where}.")
    return Pair(
        entry["name"],
        entry["truth"],
        _paths(entry["images_a"], root),
        _paths(entry["images_b"], root),
        str(entry.get("truth_b", "")),
        str(entry.get("group", "")),
        {_path(path, root): str(text) for path, text in captions.items()},
    )


def _of_lines(path: Path, root: Path) -> list[Pair]:
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS[:4] if name not in (reader.fieldnames or ())]
        if missing:
            raise EvaluationError(
                f"Expected the columns {', '.join(COLUMNS)} in {path.name}, got none called "
                f"{', '.join(missing)}."
            )
        by_name: dict[str, list[dict[str, str]]] = {}
        for number, line in enumerate(reader, 2):
            if line["set"] not in ("a", "b"):
                raise EvaluationError(
                    f"Expected set 'a' or 'b' in {path.name}, line {number}, got {line['set']!r}."
                )
            by_name.setdefault(line["pair"], []).append(line)
    return [_of_rows(name, rows, root) for name, rows in by_name.items()]


def _of_rows(name: str, rows: Sequence[Mapping[str, str]], root: Path) -> Pair:
    said = {}
    for column in ("truth", "truth_b", "group"):
        values = {row[column].strip() for row in rows if (row.get(column) or "").strip()}
        if len(values) > 1:
            raise EvaluationError(
                f"Expected one {column} for pair {name!r}, got {sorted(values)[:3]}."
            )
        said[column] = values.pop() if values else ""
    sides = {side: [row["path"] for row in rows if row["set"] == side] for side in "ab"}
    captions = {_path(row["path"], root): row["caption"] for row in rows if row.get("caption")}
    return Pair(
        name,
        said["truth"],
        _paths(sides["a"], root),
        _paths(sides["b"], root),
        said["truth_b"],
        said["group"],
        captions,
    )


def _paths(values: Iterable[str], root: Path) -> tuple[str, ...]:
    return tuple(_path(value, root) for value in values)


def _path(value: str, root: Path) -> str:
    return os.path.normpath(root / str(value))
