"""How fast image files become stored embeddings, beside FiftyOne and the bare model.

Run: ``tools/with_mongo.py .venv/bin/python benchmarks/embedding.py [--small N] [--large N] ...``.
Everything, MongoDB included, shares two cores; ratios hold within one run. The model is ViT-B-32
with random weights. The files are mosaics of photographs, see `photographs`.
"""

from __future__ import annotations

import os

if hasattr(os, "sched_setaffinity"):  # before numpy and torch count the cores for their threads
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])

import argparse
import json
import logging
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
_MODEL, _BATCH, _BARE = "ViT-B-32", 32, 128
_SMALL, _LARGE = (640, 480), (4000, 3000)
_DISTINCT = {_SMALL: 100, _LARGE: 20}  # files are copies of so many different images
_QUALITY = 90


@dataclass(frozen=True)
class Row:
    """One line of the table; ``images_s`` and ``beside_s`` are images a second."""

    path: str
    images_s: float
    beside: str
    beside_s: float
    ratio: float
    target: float | None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met; nothing where there is none."""
        if self.target is None:
            return ""
        return "met" if self.ratio >= self.target else "MISSED"


def photographs() -> list[Image.Image]:
    """Returns real photographs: of the shared folder where there is one, else of packages."""
    shared = Path(os.environ.get("VISDIFF_SHARED", ROOT.parent / "shared")) / "data"
    files = sorted((shared / "flickr8k" / "images").glob("*.jpg"))[:400]
    if files:
        return [Image.open(file).convert("RGB") for file in files]
    import skimage.data
    from sklearn.datasets import load_sample_images

    arrays = [getattr(skimage.data, name)() for name in ("astronaut", "coffee", "chelsea")]
    arrays += load_sample_images().images
    return [Image.fromarray(array) for array in arrays]


def mosaic(photos: list[Image.Image], size: tuple[int, int], rng: np.random.Generator) -> Any:
    """Returns a picture of as much detail as a photograph of its size.

    Crops of photographs, at about their own resolution or twice it, side by side: one photograph
    scaled up to 12 megapixels would be so smooth that its file is small and quick to decode.
    """
    canvas = Image.new("RGB", size)
    tile = 320 if size[0] < 1000 else 400
    for left in range(0, size[0], tile):
        for top in range(0, size[1], tile):
            photo = photos[rng.integers(len(photos))]
            side = min(photo.size) * rng.uniform(0.7, 1)
            x, y = (rng.uniform(0, length - side) for length in photo.size)
            box = (x, y, x + side, y + side)
            part = photo.resize((tile, tile), Image.Resampling.BICUBIC, box=box)
            canvas.paste(part, (left, top))
    return canvas


def write_files(folder: Path, size: tuple[int, int], n: int, seed: int) -> list[str]:
    rng, photos = np.random.default_rng(seed), photographs()
    folder.mkdir()
    paths = [folder / f"{number:05}.jpg" for number in range(n)]
    distinct = min(n, _DISTINCT[size])
    for path in paths[:distinct]:
        mosaic(photos, size, rng).save(path, quality=_QUALITY)
    for number, path in enumerate(paths[distinct:]):
        shutil.copyfile(paths[number % distinct], path)
    return [str(path) for path in paths]


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Bench:
    """One model; each way of using it returns the seconds it took."""

    def __init__(self) -> None:
        import fiftyone.zoo as foz

        from visdiff_plugin.encoders.open_clip_encoder import OpenCLIPEncoder

        self.ours = OpenCLIPEncoder(_MODEL, None, device="cpu", batch_size=_BATCH)
        self.bf16 = OpenCLIPEncoder(_MODEL, None, device="cpu", batch_size=_BATCH, dtype="bfloat16")
        self.model = self.ours.loaded().model
        self.theirs = foz.load_zoo_model(
            "open-clip-torch", clip_model=_MODEL, pretrained="", text_prompt="", device="cpu"
        )

    def forward(self, paths: list[str]) -> float:
        """The bare model on tensors in memory; beyond some batches it only repeats itself."""
        import torch

        n, done = len(paths), min(len(paths), _BARE)
        images = torch.randn(_BATCH, 3, 224, 224)

        def loop() -> None:
            with torch.inference_mode():
                for start in range(0, done, _BATCH):
                    self.model.encode_image(images[: done - start])

        return seconds(loop) * n / done

    def embed(self, paths: list[str], encoder: Any = None) -> float:
        """`visdiff_plugin.embed`, stored on the samples of a new dataset."""
        from visdiff_plugin import embed

        def call(dataset: Any) -> None:
            computed = embed(dataset, encoder or self.ours).computed
            if computed != len(paths):
                raise SystemExit(f"Expected {len(paths)} stored embeddings, got {computed}.")

        return self._on_dataset(paths, call)

    def compute_embeddings(self, paths: list[str]) -> float:
        """FiftyOne's own, stored on the samples; its workers are as many as it chooses."""
        return self._on_dataset(
            paths,
            lambda dataset: dataset.compute_embeddings(
                self.theirs, embeddings_field="theirs", batch_size=_BATCH, skip_failures=False
            ),
        )

    def _on_dataset(self, paths: list[str], call: Callable[[Any], Any]) -> float:
        import fiftyone as fo

        dataset = fo.Dataset()
        try:
            dataset.add_samples([fo.Sample(filepath=path) for path in paths])
            return seconds(lambda: call(dataset))
        finally:
            dataset.delete()

    def without_model(self, paths: list[str]) -> float:
        """Ours, with a model that costs nothing: files to tensors, and all the storing."""
        model = self.model
        plain = model.encode_image
        model.encode_image = lambda images, **_: images.flatten(1)[:, :512]
        try:
            return self.embed(paths)
        finally:
            model.encode_image = plain


def measure(
    bench: Bench, paths: list[str], rounds: int, target: float, *, name: str, bf16: bool, bare: Any
) -> list[Row]:
    """Returns the rows of one set of files.

    Everyone embeds every file once. They take turns, a share of the files each time, so that
    noise meets all.
    """
    calls: list[Callable[[list[str]], float]] = [
        bench.embed, bench.compute_embeddings, bench.forward, bench.without_model,
    ]  # fmt: skip
    if bf16:
        calls.append(lambda paths: bench.embed(paths, bench.bf16))
    shares = [paths[turn::rounds] for turn in range(min(rounds, len(paths)))]
    times = np.array([[call(share) for call in calls] for share in shares])

    def row(path: str, one: int, beside: str, other: int, goal: float | None, note: str) -> Row:
        turns = times[:, other] / times[:, one]
        ours, theirs = len(paths) / times.sum(0)[[one, other]]
        spread = f"{turns.min():.2f} to {turns.max():.2f} by turn"
        return Row(path, ours, beside, theirs, ours / theirs, goal, f"{spread}{note}")

    fiftyone, loop = "compute_embeddings", "the bare forward loop"
    rows = [
        row(name, 0, loop, 2, bare, ""),
        row(name, 0, fiftyone, 1, target, ""),
        row(f"{name}, a model that costs nothing", 3, loop, 2, None, ""),
        row(loop, 2, fiftyone, 1, None, "; what decoding for nothing would reach"),
    ]
    if bf16:
        note = '; dtype="bfloat16", only where asked for'
        rows.append(row(f"{name}, bfloat16", 4, fiftyone, 1, None, note))
    return rows


def main() -> int:
    """Prints the table; 0 whether or not the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=2_000, help="files of 640 x 480, 0 for none")
    parser.add_argument("--large", type=int, default=300, help="files of 12 megapixels")
    parser.add_argument("--rounds", type=int, default=5, help="turns in which files are embedded")
    parser.add_argument("--bf16", action="store_true", help="also with a model of half precision")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    import fiftyone as fo
    import torch
    from speed import pin_mongod

    fo.config.show_progress_bars = False
    logging.getLogger("root").setLevel(logging.ERROR)  # open_clip warns of random weights
    machine = {
        "cores_used": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "mongod_on_the_same_cores": pin_mongod(),
        "load_before": round(os.getloadavg()[0], 2),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    bench, rows, files = Bench(), [], {}
    with tempfile.TemporaryDirectory(prefix="visdiff-embedding-") as folder:
        for size, n, target, bare in (
            (_SMALL, options.small, 1.0, 0.9),
            (_LARGE, options.large, 3.0, None),
        ):
            if not n:
                continue
            name = f"{n:,} JPEG of {size[0]} x {size[1]}"
            paths = write_files(Path(folder) / str(size[0]), size, n, size[0])
            weight = sum(os.path.getsize(path) for path in paths) / n
            files[name] = {"bytes": round(weight), "bits_a_pixel": 8 * weight / math.prod(size)}
            bench.embed(paths[:_BATCH])  # caches of files and of torch are warm for both
            rows += measure(
                bench, paths, options.rounds, target, name=name, bf16=options.bf16, bare=bare
            )
    machine["load_after"] = round(os.getloadavg()[0], 2)
    print(machine, files, sep="\n", end="\n\n")
    print("| path | images/s | beside | images/s | ratio | target | | |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        goal = "" if row.target is None else f">= {row.target:g} x"
        figures = f"{row.images_s:.2f} | {row.beside} | {row.beside_s:.2f} | {row.ratio:.2f}"
        print(f"| {row.path} | {figures} | {goal} | {row.verdict} | {row.note} |")
    if options.json:
        shown = [{**asdict(row), "verdict": row.verdict} for row in rows]
        report = {"machine": machine, "files": files, "rows": shown}
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
