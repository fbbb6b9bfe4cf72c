"""What many images cost, from rates and sizes measured here; prints the tables of docs/scale.md.

Run: ``tools/with_mongo.py .venv/bin/python benchmarks/ray_rates.py [--images FOLDER] [--n N]``.
Everything, MongoDB and Ray included, shares two cores; ratios hold within one run.
"""

from __future__ import annotations

import os

if hasattr(os, "sched_setaffinity"):  # before numpy and Ray count the cores
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
os.environ["PYTHONPATH"] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

import argparse
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, os.environ["PYTHONPATH"])
_DIMENSION, _SCORES, _SIZES = 512, 20, (1, 10, 100)
_ENGINES: dict[str, Any] = {
    "local": None,
    "Ray, 1 worker": {"name": "ray", "workers": 1},
    "Ray, 2 workers": {"name": "ray", "workers": 2},
}


class Reader:
    """A stage that costs next to nothing beyond reading the file: its mean colour."""

    name = "reader"

    def encode_images(self, paths: Sequence[str]) -> Any:
        """Returns ``(n, 3)``."""
        from visdiff_plugin.images import load_rgb

        return np.stack([np.asarray(load_rgb(path, 64), np.float32).mean((0, 1)) for path in paths])

    def encode_texts(self, texts: Sequence[str]) -> Any:
        """Returns ``(m, 3)``."""
        return np.ones((len(texts), 3), np.float32)


def make_images(folder: Path, n: int) -> list[str]:
    """Returns ``n`` JPEGs of 500 x 375 pixels with smooth and rough parts."""
    rng = np.random.default_rng(0)
    paths = []
    for number in range(n):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8)).resize((500, 375))
        rough = rng.normal(0, 8, (375, 500, 3))
        pixels = np.clip(np.asarray(coarse, np.float32) + rough, 0, 255).astype(np.uint8)
        paths.append(str(folder / f"{number}.jpg"))
        Image.fromarray(pixels).save(paths[-1], quality=85)
    return paths


def make_dataset(paths: Sequence[str]) -> Any:
    import fiftyone as fo

    dataset = fo.Dataset()
    for start in range(0, len(paths), 10_000):
        dataset.add_samples([fo.Sample(filepath=one) for one in paths[start : start + 10_000]])
    return dataset


class Clock:
    """Notes when batches finish; the rate is that of the later part, when all workers are up."""

    def __init__(self) -> None:
        self._steps = [(time.perf_counter(), 0.0)]

    def __call__(self, fraction: float, label: str) -> None:
        """Takes a step of progress."""
        if fraction > 0:
            self._steps.append((time.perf_counter(), fraction))

    def first(self) -> float:
        """Returns the seconds until the first batch was done."""
        return self._steps[1][0] - self._steps[0][0]

    def rate(self, n: int) -> float:
        """Returns images a second, from the first 40 % on."""
        later = [step for step in self._steps if step[1] >= 0.4]
        (start, done), (end, all_done) = later[0], later[-1]
        return n * (all_done - done) / (end - start)


def rates(paths: Sequence[str], n: int, repeats: int) -> None:
    """Images a second by engine; engines take turns, the best of each counts."""
    import visdiff_plugin as visdiff
    from visdiff_plugin.engines.ray_cluster import Cluster

    cluster = Cluster("local", 2)
    cluster.connect()
    dataset = make_dataset(paths)
    vit = "open_clip:ViT-B-32/"  # without weights named: random ones, which cost the same
    stages = {"ViT-B-32 embeddings": (vit, n, 16), "reading files": (Reader(), len(paths), 64)}
    print("| stage | engine | images/s | beside local | until the first batch, s |")
    print("|---|---|---|---|---|")
    for label, (stage, count, size) in stages.items():
        best: dict[str, tuple[float, float]] = {}
        for _ in range(repeats):
            for name, engine in _ENGINES.items():
                clock = Clock()
                done = visdiff.embed(
                    dataset[:count], stage, field="bench", batch_size=size, engine=engine,
                    progress=clock,
                )  # fmt: skip
                if done.computed != count:
                    raise SystemExit(f"Expected {count} images, got {done}.")
                found = (clock.rate(count), clock.first())
                best[name] = max(best.get(name, found), found)
                dataset.delete_sample_field("bench")
        for name, (rate, first) in best.items():
            print(
                f"| {label} | {name} | {rate:.1f} | {rate / best['local'][0]:.2f} | {first:.1f} |"
            )
    dataset.delete()
    cluster.close()


def stored_bytes(dataset: Any) -> tuple[int, int]:
    """Returns the bytes of the samples in BSON, and on disk once MongoDB has written them."""
    samples = dataset._sample_collection
    samples.database.client.admin.command("fsync")
    found = samples.database.command("collStats", samples.name)
    return found["size"], found["storageSize"]


def storage(n: int) -> tuple[dict[str, tuple[float, float]], float]:
    """Bytes a sample on top of what was there, and conditional updates a second."""
    from visdiff_plugin import samples, store
    from visdiff_plugin.documents import encode_vector, write_values
    from visdiff_plugin.engines.target import target_of
    from visdiff_plugin.stored import Kind

    dataset = make_dataset([f"/data/images/{row // 1000:05}/{row:012}.jpg" for row in range(n)])
    ids, rng = dataset.values("id"), np.random.default_rng(0)
    words = [f"word{number}" for number in range(2_000)]
    added: dict[str, tuple[float, float]] = {}
    before = (0, 0)

    def note(name: str) -> None:
        nonlocal before
        now = stored_bytes(dataset)
        added[name] = tuple((b - a) / n for a, b in zip(before, now, strict=True))  # type: ignore[assignment]
        before = now

    note("sample itself")
    captions, vectors = Kind("captions", "captions", "m"), Kind("embeddings", "vectors", "m")
    store.declare(dataset, captions)
    store.declare(dataset, vectors)
    write_values(dataset, {
        one: {"captions": " ".join(rng.choice(words, 10)), captions.key_path: captions.key(one)}
        for one in ids
    })  # fmt: skip
    note("caption of 10 words")
    target = target_of(dataset, samples.database_uri()).open()
    seconds = 0.0
    for start in range(0, n, 64):
        batch = {
            one: {
                "vectors": encode_vector(rng.standard_normal(_DIMENSION, np.float32)),
                vectors.key_path: vectors.key(one),
            }
            for one in ids[start : start + 64]
        }
        began = time.perf_counter()
        target.write(vectors, batch)
        seconds += time.perf_counter() - began
    note(f"embedding, {_DIMENSION} float32")
    names = [f"score_{number}" for number in range(_SCORES)]
    write_values(dataset, {
        one: {"run": {"_cls": "DynamicEmbeddedDocument", **dict(zip(names, row, strict=True))}}
        for one, row in zip(ids, rng.random((n, _SCORES)).tolist(), strict=True)
    })  # fmt: skip
    note(f"{_SCORES} scores of a run")
    dataset.delete()
    return added, n / seconds


def driver(paths: Sequence[str], n: int) -> tuple[float, float]:
    """Images a second that the driver sorts into done and missing, and its bytes for each."""
    import visdiff_plugin as visdiff

    dataset = make_dataset([paths[row % len(paths)] for row in range(n)])
    visdiff.embed(dataset, Constant(), field="bench", batch_size=1_000)
    start = time.perf_counter()
    done = visdiff.embed(dataset, Constant(), field="bench")
    seconds = time.perf_counter() - start
    if done.reused != n:
        raise SystemExit(f"Expected {n} reused, got {done}.")
    tracemalloc.start()
    visdiff.embed(dataset, Constant(), field="bench")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    dataset.delete()
    return n / seconds, peak / n


class Constant(Reader):
    """Looks at nothing."""

    name = "constant"

    def encode_images(self, paths: Sequence[str]) -> Any:
        """Returns ``(n, 3)``."""
        return np.ones((len(paths), 3), np.float32)


def costs(added: dict[str, tuple[float, float]], writes: float, driver_rate: float, memory: float
          ) -> None:  # fmt: skip
    """Prints what 1, 10 and 100 million images cost."""
    print("\n| stored, bytes a sample | BSON | on disk |\n|---|---|---|")
    for name, (bson, disk) in added.items():
        print(f"| {name} | {bson:,.0f} | {disk:,.0f} |")
    total = sum(disk for _, disk in added.values())
    print(f"| all of it | {sum(bson for bson, _ in added.values()):,.0f} | {total:,.0f} |")
    print(f"\nwrites of one worker: {writes:,.0f} embeddings/s")
    print(f"driver: {driver_rate:,.0f} images/s, {memory:,.0f} bytes an image")
    print("\n| images | MongoDB on disk | MongoDB writes | driver, once a run | driver's memory | "
          "caption calls | embedding at R images/s |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for millions in _SIZES:
        n = millions * 1_000_000
        print(
            f"| {millions} million | {n * total / 1e9:,.0f} GB | {hours(n / writes)} | "
            f"{hours(n / driver_rate)} | {n * memory / 1e9:,.1f} GB | {n:,} | "
            f"{n / 3600:,.0f} h / R |"
        )


def hours(seconds: float) -> str:
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.1f} d"
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.1f} min"


def main() -> int:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of JPEGs; by default some are made")
    parser.add_argument("--n", type=int, default=192, help="images that ViT-B-32 embeds")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--no-rates", action="store_true", help="leave out the engines' rates")
    parser.add_argument("--rows", type=int, default=20_000, help="samples for storage and driver")
    options = parser.parse_args()
    import fiftyone as fo

    fo.config.show_progress_bars = False
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} before\n")
    with tempfile.TemporaryDirectory() as folder:
        if options.images:
            paths = [str(one) for one in sorted(options.images.rglob("*.jpg"))[:1_000]]
        else:
            paths = make_images(Path(folder), 1_000)
        if not options.no_rates:
            rates(paths, options.n, options.repeats)
        driver_rate, memory = driver(paths, options.rows)
    added, writes = storage(options.rows)
    costs(added, writes, driver_rate, memory)
    print(f"\nload {os.getloadavg()[0]:.1f} after")
    return 0


if __name__ == "__main__":
    sys.exit(main())
