"""Compares real photographs with known or unknown differences and prints what is found.

Run: ``.venv/bin/python tools/with_mongo.py .venv/bin/python benchmarks/real_data.py FOLDER``, where
FOLDER holds ``data/`` and ``models/minidual``; they are not part of the project.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import fiftyone as fo

import visdiff_plugin as visdiff


def load(folder: Path, name: str, only: dict[str, str] | None = None) -> Any:
    """Returns a dataset of one folder, with its columns as fields and a tag for right or wrong."""
    with open(folder / "data" / name / "samples.csv", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if all(row[column] == value for column, value in (only or {}).items())
        ]
    dataset = fo.Dataset(f"visdiff-{name}", overwrite=True)
    samples = []
    for row in rows:
        right = row["label"] == row["prediction"]
        samples.append(
            fo.Sample(
                filepath=str(folder / "data" / name / row["path"]),
                ground_truth=fo.Classification(label=row["label"]),
                prediction=fo.Classification(label=row["prediction"]),
                tags=["correct" if right else "misclassified"],
            )
        )
    dataset.add_samples(samples, progress=False)
    for tag in ("misclassified", "correct"):
        dataset.save_view(tag, dataset.match_tags(tag))
    return dataset


def objects(folder: Path, minidual: Any) -> None:
    """A real failure analysis without a planted answer."""
    dataset = load(folder, "objects")
    run = visdiff.compare(
        dataset,
        "misclassified",
        "correct",
        run_key="errors",
        preset="offline",
        captioner=minidual,
        label_fields=["ground_truth"],
    )
    print(run.summary())


def waterbirds(folder: Path, minidual: Any) -> None:
    """A classifier that fails where the background is the other one."""
    dataset = load(folder, "waterbirds", {"label": "waterbird"})
    run = visdiff.rank(
        dataset,
        "misclassified",
        "correct",
        ["a bird in a forest", "trees and leaves", "water and beach", "a bird on the ocean"],
        run_key="background",
        encoder=minidual,
    )
    print(run.summary())
    visdiff.caption(dataset, minidual, field="said")
    run = visdiff.compare(
        dataset,
        "misclassified",
        "correct",
        run_key="words",
        preset="offline",
        captioner="field:said",
    )
    print("\n" + run.summary())


def main() -> int:
    """Prints both comparisons."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "data").is_dir():
        print("Expected the folder that holds data/ and models/.", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(folder / "models" / "minidual"))
    from minidual import MiniDual

    minidual = MiniDual()
    for name, show in (("objects", objects), ("waterbirds", waterbirds)):
        print(f"\n## {name}\n")
        show(folder, minidual)
    return 0


if __name__ == "__main__":
    sys.exit(main())
