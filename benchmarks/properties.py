"""Which measured property reacts to which fault: AUROC of spoiled against original photographs.

Run: ``.venv/bin/python benchmarks/properties.py [FOLDER] [--json FILE]``: crops of the photographs
that scikit-image and scikit-learn ship, or up to 200 images below FOLDER. Where the photographs
of known kinds are there (``VISDIFF_SHARED``, or ``shared`` beside the repository), also what each
number makes of sets that nobody spoiled.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("", "tools")]
from demo_data import PHOTOGRAPHS, crop, photograph  # noqa: E402

from visdiff_plugin.evidence.statistics import two_sample  # noqa: E402
from visdiff_plugin.images import load_rgb  # noqa: E402
from visdiff_plugin.properties.catalog import PROPERTIES  # noqa: E402
from visdiff_plugin.properties.measure import measure_many, measure_pixels  # noqa: E402

#: size and kind of file say nothing here: every version is written as PNG
SHOWN = [
    measured_property.name
    for measured_property in PROPERTIES
    if measured_property.name not in ("file_size", "bytes_per_pixel")
]
_RNG = np.random.default_rng(0)


def _motion(pixels: np.ndarray) -> np.ndarray:
    return cv2.filter2D(pixels, -1, np.full((1, 15), 1 / 15, np.float32))


def _frame(pixels: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    width = max(2, min(pixels.shape[:2]) // 10)
    return cv2.copyMakeBorder(pixels, *[width] * 4, cv2.BORDER_CONSTANT, value=color)


def _bars(pixels: np.ndarray) -> np.ndarray:
    width = max(2, len(pixels) // 8)
    return cv2.copyMakeBorder(pixels, width, width, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0))


def _jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), np.float32)


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "dusk": lambda x: 255 * (x / 255) ** 1.4 * 0.33,
    "blur 1": lambda x: cv2.GaussianBlur(x, (0, 0), 1.0),
    "blur 2": lambda x: cv2.GaussianBlur(x, (0, 0), 2.0),
    "blur 6": lambda x: cv2.GaussianBlur(x, (0, 0), 6.0),
    "motion blur": _motion,
    "noise 5": lambda x: x + _RNG.normal(0, 5, x.shape).astype(np.float32),
    "noise 10": lambda x: x + _RNG.normal(0, 10, x.shape).astype(np.float32),
    "noise 40": lambda x: x + _RNG.normal(0, 40, x.shape).astype(np.float32),
    "gray": lambda x: np.repeat(x.mean(axis=2, keepdims=True), 3, axis=2),
    "half contrast": lambda x: (x - 128) * 0.5 + 128,
    "white frame": lambda x: _frame(x, (250, 250, 250)),
    "black frame": lambda x: _frame(x, (0, 0, 0)),
    "red frame, JPEG 75": lambda x: _jpeg(_frame(x, (200, 30, 30)), 75),
    "bars": _bars,
    "JPEG 50": lambda x: _jpeg(x, 50),
    "JPEG 20": lambda x: _jpeg(x, 20),
    "noise 20, JPEG 75": lambda x: _jpeg(x + _RNG.normal(0, 20, x.shape), 75),
    "half size": lambda x: cv2.resize(x, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
}


#: sets that differ by what they show: noise, blocks and frames are not among it
KINDS = {
    "birds on land / on water": ("waterbirds", "background", "land", "water"),
    "sketches / photographs": ("styles", "style", "sketch", "photo"),
    "cartoons / photographs": ("styles", "style", "cartoon", "photo"),
    "paintings / photographs": ("styles", "style", "art_painting", "photo"),
}


def photographs(folder: Path | None) -> list[np.ndarray]:
    """Returns the originals as ``(h, w, 3)`` float pixels."""
    if folder is None:
        rng = np.random.default_rng(0)
        sources = [photograph(name) for name in PHOTOGRAPHS.values()]
        return [crop(source, rng).astype(np.float32) for source in sources for _ in range(25)]
    files = sorted(one for one in folder.rglob("*") if one.suffix.lower() in (".jpg", ".png"))
    return [np.asarray(load_rgb(str(file)), np.float32) for file in files[:200]]


def table(originals: list[np.ndarray]) -> dict[str, dict[str, float]]:
    """Returns fault -> property -> AUROC of the spoiled images against the originals."""

    def measured(images: list[np.ndarray]) -> list[dict[str, float]]:
        whole = [np.clip(image, 0, 255).astype(np.uint8) for image in images]
        return [measure_pixels(np.ascontiguousarray(one), 1) for one in whole]

    base = measured(originals)
    found: dict[str, dict[str, float]] = {}
    for fault, spoil in FAULTS.items():
        rows = measured([spoil(original) for original in originals])
        found[fault] = {}
        for name in SHOWN:
            a, b = (np.array([one[name] for one in side]) for side in (rows, base))
            sample = two_sample(a[np.isfinite(a)], b[np.isfinite(b)])
            found[fault][name] = round(sample.auroc, 3)
    return found


def kinds() -> dict[str, dict[str, float]]:
    """Returns pair of sets -> property -> AUROC; empty where their images are not there."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    data = Path(os.environ.get("VISDIFF_SHARED", beside)) / "data"
    found: dict[str, dict[str, float]] = {}
    for name, (folder, column, *sides) in KINDS.items():
        if not (data / folder / "samples.csv").exists():
            continue
        with open(data / folder / "samples.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        a, b = (
            measure_many([str(data / folder / row["path"]) for row in rows if row[column] == side])
            for side in sides
        )
        found[name] = {"n": min(len(a[0]), len(b[0]))}
        for place, measured_property in enumerate(PROPERTIES):
            if measured_property.name in SHOWN:
                x, y = (side[0][:, place] for side in (a, b))
                auroc = two_sample(x[np.isfinite(x)], y[np.isfinite(y)]).auroc
                found[name][measured_property.name] = round(auroc, 3)
    return found


def cost() -> dict[str, dict[str, float]]:
    """Returns milliseconds an image on one thread, beside decoding the file alone."""
    rng = np.random.default_rng(0)
    source = photograph("coffee")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for width, height, n in ((320, 240, 60), (640, 480, 40), (4000, 3000, 4)):
            paths = []
            for number in range(n):
                pixels = cv2.resize(crop(source, rng), (width, height))
                path = Path(folder) / f"{width}-{number}.jpg"
                Image.fromarray(pixels).save(path, quality=90)
                paths.append(str(path))
            decode = _best(lambda files: [load_rgb(file) for file in files], paths)
            whole = _best(lambda files: measure_many(files, threads=1), paths)
            found[f"{width} x {height}"] = {
                "measuring and decoding, ms": round(1000 * whole / n, 1),
                "times decoding": round(whole / decode, 2),
            }
    return found


def _best(call: Callable[[list[str]], Any], paths: list[str]) -> float:
    """Returns the seconds of the fastest of three calls."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        call(paths)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _print(first: str, rows: dict[str, dict[str, float]]) -> None:
    print(f"| {first} | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 1))
    for name, row in rows.items():
        cells = (f"**{v:.2f}**" if abs(v - 0.5) >= 0.2 else f"{v:.2f}" for v in row.values())
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    originals = photographs(arguments.folder)
    found = table(originals)
    print(f"{len(originals)} photographs; AUROC of spoiled against original, 0.50 is no reaction\n")
    _print("fault", found)
    natural = kinds()
    if natural:
        print()
        _print("sets", {f"{k} ({v.pop('n')} or more each)": v for k, v in natural.items()})
    costs = cost()
    print()
    for size, row in costs.items():
        print(f"{size}: " + ", ".join(f"{name} {value}" for name, value in row.items()))
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"auroc": found, "kinds": natural, "cost": costs}, indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
