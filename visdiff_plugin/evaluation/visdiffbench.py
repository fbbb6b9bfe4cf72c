"""Reads VisDiffBench (Dunlap et al., CVPR 2024) as released; its traps are handled here."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import EvaluationError
from .pairs import Pair

#: difficulty -> the pairs of PairedImageSets, a line each: ``set1``, ``set2``, ``difference``
LEVELS = ("easy", "medium", "hard")

#: CSV -> group that all other groups of it are compared with, and groups that are no set
_AGAINST = {"ImageNetR.csv": ("imagenet", ("misc",)), "ImageNetStar.csv": ("base", ())}
#: what the file of PairedImageSets may be called
_PAIRED = ("PairedImageSets.csv", "VisDiffBench.csv", "pairedimagesets.csv")


def load_visdiffbench(
    folder: str | os.PathLike[str], images: str | os.PathLike[str] = ""
) -> list[Pair]:
    """Reads the released files that are in a folder.

    A pair's difficulty is the folder that its images lie in: the CSV's own column is wrong for
    two of three levels, and 26 pairs stand in the list of another level. A path that is listed
    twice counts once; one that is in both sets of a pair is left out of both.

    Args:
        folder: holds ``ImageNetR.csv``, ``ImageNetStar.csv``, ``PairedImageSets.csv`` and
            ``easy.jsonl``, ``medium.jsonl``, ``hard.jsonl``, or some of them
        images (""): what the CSVs' paths start from, ``folder`` by default; a leading
            ``./data/VisDiffBench/`` in them is found there too

    Raises:
        EvaluationError: if nothing is there, or a listed set has no images
    """
    folder = Path(folder)
    root = Path(images) if str(images) else folder
    pairs: list[Pair] = []
    for name, (base, unused) in _AGAINST.items():
        if (folder / name).is_file():
            pairs += _against(_groups(folder / name, root), name[:-4], base, unused)
    table = next((folder / name for name in _PAIRED if (folder / name).is_file()), None)
    if table is not None:
        pairs += _paired(_groups(table, root), folder)
    if not pairs:
        raise EvaluationError(
            f"Expected VisDiffBench's {', '.join([*_AGAINST, _PAIRED[0]])} in {folder}, got none."
        )
    return pairs


def _groups(table: Path, root: Path) -> dict[str, list[str]]:
    """Returns group -> its files, each once."""
    groups: dict[str, dict[str, None]] = {}
    with open(table, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"path", "group_name"} <= set(reader.fieldnames or ()):
            raise EvaluationError(
                f"Expected the columns path and group_name in {table.name}, got "
                f"{', '.join(reader.fieldnames or ['none'])}."
            )
        for line in reader:
            groups.setdefault(line["group_name"].strip(), {})[_placed(line["path"], root)] = None
    return {name: list(paths) for name, paths in groups.items()}


def _placed(path: str, root: Path) -> str:
    """Returns where a file lies: as listed, or without the authors' own first folders."""
    inside = re.sub(r"^(?:\./)?data/VisDiffBench/", "", path)
    as_listed = os.path.normpath(root / path)
    return as_listed if os.path.exists(as_listed) else os.path.normpath(root / inside)


def _against(
    groups: Mapping[str, Sequence[str]], benchmark: str, base: str, unused: Sequence[str]
) -> list[Pair]:
    if base not in groups:
        raise EvaluationError(f"Expected the group {base!r} in {benchmark}.csv, got none.")
    return [
        _pair(f"{benchmark}: {name}", name, "", paths, groups[base], benchmark)
        for name, paths in groups.items()
        if name != base and name not in unused
    ]


def _paired(groups: Mapping[str, Sequence[str]], folder: Path) -> list[Pair]:
    pairs: dict[str, Pair] = {}
    for level in LEVELS:
        path = folder / f"{level}.jsonl"
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                first, second = str(entry["set1"]).strip(), str(entry["set2"]).strip()
            except (ValueError, TypeError, KeyError) as error:
                raise EvaluationError(
                    f"Expected set1 and set2 in {path.name}, line {number}, got {line!r:.80}."
                ) from error
            for name in (first, second):
                if name not in groups:
                    raise EvaluationError(
                        f"Expected images of {name!r} ({path.name}, line {number}), got none."
                    )
            name = f"{first} | {second}"
            lies = _level([*groups[first], *groups[second]], level)
            pairs[name] = _pair(
                name, first, second, groups[first], groups[second], f"PairedImageSets {lies}"
            )
    return list(pairs.values())


def _level(paths: Sequence[str], listed: str) -> str:
    """Returns the level that most of the files lie in; as listed where no folder names one."""
    counts = Counter(part for path in paths for part in Path(path).parts if part in LEVELS)
    return counts.most_common(1)[0][0] if counts else listed


def _pair(
    name: str, truth: str, truth_b: str, a: Sequence[str], b: Sequence[str], group: str
) -> Pair:
    shared = set(a) & set(b)
    kept = [tuple(path for path in paths if path not in shared) for paths in (a, b)]
    return Pair(name, truth, kept[0], kept[1], truth_b, group)
