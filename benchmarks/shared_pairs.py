"""Builds tables of pairs with known differences from the folder of real photographs.

Run: ``.venv/bin/python benchmarks/shared_pairs.py FOLDER OUT``, where FOLDER holds ``data/`` (not
part of the project) and OUT gets ``pairs.jsonl``, whose paths point into FOLDER. Style and class
pairs come from a labeled set, waterbirds from a classifier's errors, yoga from the VisDiff
authors' example; Flickr8k pairs are chosen by what at least two of five people wrote, and hold
no image of both kinds.
"""

from __future__ import annotations

import csv
import itertools
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from visdiff_plugin.evaluation.pairs import Pair, save_pairs  # noqa: E402

#: words for the styles' folder names
_STYLES = {
    "art_painting": "paintings",
    "cartoon": "cartoons",
    "photo": "photographs",
    "sketch": "pencil sketches",
}
_CLASSES = {"person": "people"}
#: name, what is true of A and of B, words of both, words of A, words of B
_FLICKR = (
    ("dogs in snow or on grass", "dogs in snow", "dogs on grass", "dogs?", "snow\\w*",
     "grass\\w*|lawn"),
    ("dogs in water or on grass", "dogs in water", "dogs on grass", "dogs?",
     "water|ocean|pool|lake|river", "grass\\w*|lawn"),
    ("dogs or children", "dogs", "children", "", "dogs?|pupp\\w+",
     "child|children|boys?|girls?|kids?"),
    ("women or men", "women", "men", "", "wom[ae]n|lady|ladies", "m[ae]n|guys?"),
    ("beach or street", "people at the beach", "people on a street", "", "beach|ocean|shore",
     "streets?|sidewalk|city"),
    ("bicycles or ball games", "riding bicycles", "playing ball games", "",
     "bik\\w+|bicycl\\w+|cyclists?", "soccer|football|basketball|baseball|tennis|volleyball"),
    ("snow or swimming", "snow", "swimming in a pool", "", "snow\\w*|ski\\w*", "swim\\w*|pool"),
)  # fmt: skip


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """Returns the lines of one folder's table, with whole paths."""
    with open(folder / "data" / name / "samples.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        line["path"] = str(folder / "data" / name / line["path"])
    return lines


def labeled(lines: list[dict[str, str]], column: str, words: dict[str, str]) -> list[Pair]:
    """Returns a pair for each two values of a column."""
    values = sorted({line[column] for line in lines})

    def of(value: str) -> tuple[str, ...]:
        return tuple(line["path"] for line in lines if line[column] == value)

    def said(value: str) -> str:
        return words.get(value, value + "s")

    return [
        Pair(f"{column}: {a} or {b}", said(a), of(a), of(b), said(b), f"{column} pairs")
        for a, b in itertools.combinations(values, 2)
    ]


def flickr(lines: list[dict[str, str]]) -> list[Pair]:
    """Returns pairs by what people wrote; captions of the table are theirs, one an image."""
    captions = {line["path"]: line["caption_1"] for line in lines}

    def written(line: dict[str, str], pattern: str, least: int) -> bool:
        found = sum(
            bool(re.search(rf"\b(?:{pattern})\b", line[f"caption_{number}"].lower()))
            for number in range(1, 6)
        )
        return found >= least

    pairs = []
    for name, truth, truth_b, both, a, b in _FLICKR:
        own = [line for line in lines if not both or written(line, both, 2)]
        sides = [
            tuple(
                line["path"]
                for line in own
                if written(line, first, 2) and not written(line, other, 1)
            )
            for first, other in ((a, b), (b, a))
        ]
        used = {path: captions[path] for side in sides for path in side}
        pairs.append(Pair(name, truth, sides[0], sides[1], truth_b, "human captions", used))
    return pairs


def others(folder: Path) -> list[Pair]:
    """Returns the pair of waterbirds and that of yoga."""
    birds = [line for line in read(folder, "waterbirds") if line["label"] == "waterbird"]
    wrong = tuple(bird["path"] for bird in birds if bird["prediction"] != bird["label"])
    right = tuple(bird["path"] for bird in birds if bird["prediction"] == bird["label"])
    yoga = read(folder, "yoga")
    sides = [tuple(line["path"] for line in yoga if line["set"] == side) for side in "ab"]
    captions = {line["path"]: line["blip2_caption"] for line in yoga if line["blip2_caption"]}
    return [
        Pair("waterbirds misclassified or not", "a bird on land, in a forest", wrong, right,
             "a bird on water", "one each"),
        Pair("yoga or meditation", "People practicing yoga in a mountainous setting", *sides,
             "People meditating in a mountainous setting", "one each", captions),
    ]  # fmt: skip


def main() -> int:
    """Writes the table and prints what is in it."""
    if len(sys.argv) != 3 or not (Path(sys.argv[1]) / "data").is_dir():
        print("Expected the folder that holds data/, and a folder for the table.", file=sys.stderr)
        return 2
    folder, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    styles = read(folder, "styles")
    pairs = [
        *labeled(styles, "style", _STYLES),
        *labeled(styles, "label", _CLASSES),
        *flickr(read(folder, "flickr8k")),
        *others(folder),
    ]
    out.mkdir(parents=True, exist_ok=True)
    save_pairs(pairs, out / "pairs.jsonl")
    for pair in pairs:
        print(f"{pair.group:<15} {pair.name:<40} {len(pair.images_a):>4} {len(pair.images_b):>4}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
