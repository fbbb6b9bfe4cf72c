"""The main job, offline, on real photographs: why is a small classifier wrong?

Needs no network, key or weights. Run it beside tools/with_mongo.py; `make demo` does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from demo_data import FAULTS, SEED, Shot, make_shots

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DATASET = "visdiff-demo"
IMAGES = ROOT / ".cache" / "demo" / "images"
#: planted fault -> the measured properties that show it; grayness is the lack of color
CAUSES = {
    "dusk": ("brightness",),
    "blur": ("sharpness",),
    "noise": ("noise",),
    "gray": ("colorfulness", "grayscale", "saturation"),
    "frame": ("border",),
}


def make_dataset(shots: list[Shot]) -> Any:
    """Returns the demo's dataset; what is stored on its samples from an earlier run stays."""
    import fiftyone as fo

    if DATASET in fo.list_datasets():
        dataset = fo.load_dataset(DATASET)
        if sorted(dataset.values("filepath")) == sorted(str(shot.path) for shot in shots):
            return dataset
        dataset.delete()
    dataset = fo.Dataset(DATASET, persistent=True)
    dataset.add_samples(
        [
            fo.Sample(
                filepath=str(shot.path),
                ground_truth=fo.Classification(label=shot.label),
                prediction=fo.Classification(label=shot.prediction),
                tags=["correct" if shot.label == shot.prediction else "misclassified"],
                # what was done to the picture, so that the answer can be checked
                faults=list(shot.faults),
            )
            for shot in shots
        ],
        progress=False,
    )
    for name in ("misclassified", "correct"):
        dataset.save_view(name, dataset.match_tags(name))
    return dataset


def main() -> int:
    """Runs the demo; returns 1 where the planted causes were not found, or noise was."""
    start = time.perf_counter()
    print("Cutting and spoiling crops of photographs, training a small classifier ...")
    shots = make_shots(IMAGES)
    import visdiff_plugin as visdiff

    dataset = make_dataset(shots)
    wrong = sum(shot.label != shot.prediction for shot in shots)
    print(
        f"{len(shots)} test images, {wrong} misclassified. Faults planted: {', '.join(FAULTS)}.\n"
    )

    print("Why? visdiff.compare(dataset, 'misclassified', 'correct', preset='offline')\n")
    run = visdiff.compare(
        dataset,
        "misclassified",
        "correct",
        run_key="errors",
        preset="offline",
        captioner="field:ground_truth",
        overwrite=True,
    )
    print(run.summary(), "\n")
    found = _causes(run)

    print("\nThe same images shuffled into two halves, where there is nothing to find:\n")
    rng = np.random.default_rng(SEED)
    ids = rng.permutation(sorted(dataset.values("id"))).tolist()
    null = visdiff.compare(
        dataset,
        ids[: len(ids) // 2],
        ids[len(ids) // 2 :],
        run_key="shuffled",
        preset="offline",
        captioner="field:ground_truth",
        overwrite=True,
    )
    print(null.summary(limit=3), "\n")

    fields = ", ".join(difference.field or "" for difference in run.significant[:3])
    print(f"Fields written: {fields}, ... ({len(run.fields)} in 'errors')")
    print(f"Done in {time.perf_counter() - start:.0f} s.  To look at it: make app")
    return 0 if found and not null.significant else 1


def _causes(run: Any) -> bool:
    """Prints at which place each planted fault was found; returns whether they lead the table."""
    print("Planted fault   found as               place")
    places = []
    for fault, names in CAUSES.items():
        for place, difference in enumerate(run.significant, 1):
            if difference.measure.rpartition(".")[2] in names:
                places.append(place)
                print(f"{fault:<15} {difference.description:<22} {place}")
                break
        else:
            print(f"{fault:<15} NOT FOUND")
    return sorted(places) == list(range(1, len(CAUSES) + 1))


if __name__ == "__main__":
    sys.exit(main())
