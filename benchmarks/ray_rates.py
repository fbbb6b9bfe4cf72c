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
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path[:0] = [os.environ["PYTHONPATH"], os.path.dirname(os.path.abspath(__file__))]
_DIMENSION, _SCORES, _SIZES = 512, 20, (1, 10, 100)
_ENGINES: dict[str, Any] = {
    "local": None,
    "Ray, 1 worker": {"name": "ray", "workers": 1},
    "Ray, 2 workers": {"name": "ray", "workers": 2},
}


class Reader:
    """A stage that costs next to nothing beyond reading the file: its mean color."""

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
        dataset.add_samples([fo.Sample(filepath=path) for path in paths[start : start + 10_000]])
    return dataset


class Timed:
    """A stage that notes, after each batch, its process's CPU time and the time of day.

    The CPU time between two notes is all that the process did for a batch, writing it included,
    and on a busy machine says more than the time of day.
    """

    def __init__(self, stage: Any, folder: str) -> None:
        self.name, self._stage, self._folder = stage.name, stage, folder

    def encode_images(self, paths: Sequence[str]) -> Any:
        """Returns what the stage does."""
        made = self._stage.encode_images(paths)
        note = {"n": len(paths), "cpu": time.process_time(), "time": time.time()}
        with open(os.path.join(self._folder, str(os.getpid())), "a") as file:
            file.write(json.dumps(note) + "\n")
        return made

    def encode_texts(self, texts: Sequence[str]) -> Any:
        """Returns what the stage does."""
        return self._stage.encode_texts(texts)


def measured(dataset: Any, stage: Any, size: int, engine: Any) -> tuple[float, float, float]:
    """Returns images a second, images a second of CPU time, and seconds to the first batch."""
    import visdiff_plugin as visdiff

    with tempfile.TemporaryDirectory() as folder:
        start = time.time()
        done = visdiff.embed(
            dataset, Timed(stage, folder), field="bench", batch_size=size, engine=engine
        )
        if done.computed != len(dataset):
            raise SystemExit(f"Expected {len(dataset)} images, got {done}.")
        notes = [
            [json.loads(line) for line in file.read_text().splitlines()]
            for file in Path(folder).iterdir()
        ]
    dataset._root_dataset.delete_sample_field("bench")
    # in each process the first batch also loaded the model
    later = sum(note["n"] for one in notes for note in one[1:])
    cpu = sum(note[-1]["cpu"] - note[0]["cpu"] for note in notes)
    begun = max(note[0]["time"] for note in notes)  # from here on all workers were up
    ended = max(note[-1]["time"] for note in notes)
    n = sum(note["n"] for one in notes for note in one if note["time"] > begun)
    first = min(note[0]["time"] for note in notes) - start
    return n / (ended - begun), later / cpu, first


def rates(paths: Sequence[str], n: int, repeats: int) -> float:
    """Prints images a second by engine, the best of turns; returns that of ViT-B-32 on Ray."""
    from visdiff_plugin.encoders import make_encoder
    from visdiff_plugin.engines.ray_cluster import Cluster

    cluster = Cluster("local", 2)
    cluster.connect()
    dataset = make_dataset(paths)
    vit = make_encoder("open_clip:ViT-B-32/")  # no weights named: random ones, which cost the same
    on_ray = 0.0
    stages = {"ViT-B-32 embeddings": (vit, n, 32), "reading files": (Reader(), len(paths), 64)}
    print("| stage | engine | images/s | images/s of CPU time | until the first batch, s |")
    print("|---|---|---|---|---|")
    for label, (stage, count, size) in stages.items():
        best: dict[str, list[float]] = {name: [0.0, 0.0, 1e9] for name in _ENGINES}
        for _ in range(repeats):
            for name, engine in _ENGINES.items():
                rate, cpu, first = measured(dataset[:count], stage, size, engine)
                was = best[name]
                best[name] = [max(was[0], rate), max(was[1], cpu), min(was[2], first)]
        for name, (rate, cpu, first) in best.items():
            print(f"| {label} | {name} | {rate:.1f} | {cpu:.1f} | {first:.1f} |", flush=True)
        on_ray = on_ray or best["Ray, 2 workers"][0]
    dataset.delete()
    cluster.close()
    return on_ray


def stored_bytes(dataset: Any) -> tuple[int, int]:
    """Returns the bytes of the samples in BSON, and on disk once MongoDB has written them."""
    samples = dataset._sample_collection
    samples.database.client.admin.command("fsync")
    found = samples.database.command("collStats", samples.name)
    return found["size"], found["storageSize"]


def storage(n: int) -> tuple[dict[str, tuple[float, float]], float]:
    """Bytes a sample on top of what was there, and conditional updates a second."""
    from panel import run_of

    from visdiff_plugin.dataset import samples
    from visdiff_plugin.engines.kind import Kind
    from visdiff_plugin.engines.local import LocalEngine
    from visdiff_plugin.engines.target import target_of
    from visdiff_plugin.engines.work import Todo, Work
    from visdiff_plugin.kept import declared
    from visdiff_plugin.storing import score_fields

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
    declared.declare(dataset, captions)
    declared.declare(dataset, vectors)
    todo = Todo(ids, ids, [captions.key(sample_id) for sample_id in ids])
    words_of = Work(captions, lambda paths: [" ".join(rng.choice(words, 10)) for _ in paths])
    LocalEngine().run(dataset, words_of, todo, 64, lambda share, label: None)
    note("caption of 10 words")
    target = target_of(dataset, samples.database_uri()).open()
    seconds = 0.0
    vectors_of = Work(
        vectors, lambda paths: rng.standard_normal((len(paths), _DIMENSION), np.float32)
    )
    todo = Todo(ids, ids, [vectors.key(sample_id) for sample_id in ids])
    for start in range(0, n, 64):
        made = vectors_of.make(todo.part(start, start + 64))
        began = time.perf_counter()
        target.write(vectors, made)
        seconds += time.perf_counter() - began
    note(f"embedding, {_DIMENSION} float32")
    run = score_fields.with_fields(run_of("run", _SCORES, (n // 2, n - n // 2), ids), _SCORES)
    scores, in_a = rng.random((n, _SCORES), np.float32), np.arange(n) < n // 2
    score_fields.write_scores(dataset, run, ids, scores, in_a)
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


def costs(
    added: dict[str, tuple[float, float]], writes: float, rate: float, memory: float, vit: float
) -> None:
    """Prints what 1, 10 and 100 million images cost.

    Args:
        added: what is stored -> bytes a sample in BSON and on disk
        writes: embeddings a second of one worker
        rate: images a second of the driver
        memory: of the driver, bytes an image
        vit: images a second of ViT-B-32 on two cores; 0 where it was not measured
    """
    print("\n| stored, bytes a sample | BSON | on disk |\n|---|---|---|")
    for name, (bson, disk) in added.items():
        print(f"| {name} | {bson:,.0f} | {disk:,.0f} |")
    total, on_disk = (sum(one[column] for one in added.values()) for column in (0, 1))
    print(f"| all of it | {total:,.0f} | {on_disk:,.0f} |")
    print(f"\nwrites of one worker: {writes:,.0f} embeddings/s")
    print(f"driver: {rate:,.0f} images/s, {memory:,.0f} bytes an image")
    columns = ("images", "BSON", "on disk", "MongoDB writes", "driver, once a run",
               "driver's memory", "caption calls", "embedding on these 2 cores",
               "embedding at R images/s")  # fmt: skip
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    for millions in _SIZES:
        n = millions * 1_000_000
        sizes = f"{n * total / 1e9:,.0f} GB | {n * on_disk / 1e9:,.0f} GB"
        times = f"{hours(n / writes)} | {hours(n / rate)} | {n * memory / 1e9:,.1f} GB"
        model = f"{hours(n / vit) if vit else '-'} | {n / 3600:,.0f} h / R"
        print(f"| {millions} million | {sizes} | {times} | {n:,} | {model} |")


def hours(seconds: float) -> str:
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.1f} d"
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.1f} min"


def main() -> int:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of JPEGs; by default some are made")
    parser.add_argument("--n", type=int, default=256, help="images that ViT-B-32 embeds")
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
        vit = 0.0
        if not options.no_rates:
            vit = rates(paths, options.n, options.repeats)
        driver_rate, memory = driver(paths, options.rows)
    added, writes = storage(options.rows)
    costs(added, writes, driver_rate, memory, vit)
    print(f"\nload {os.getloadavg()[0]:.1f} after")
    return 0


if __name__ == "__main__":
    sys.exit(main())
