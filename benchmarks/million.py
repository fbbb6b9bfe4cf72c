"""A whole run over many samples whose embeddings are stored: time, peak memory, where it goes.

Run: ``tools/with_mongo.py .venv/bin/python benchmarks/million.py [--sizes N ...] [--json F]``.
The samples are synthetic (random 512-d embeddings, ten small files between them) in a real MongoDB;
the encoder of texts and the proposer are stand-ins that take no time, so that what is left is ours:
both sets are selected, files and keys checked, embeddings read and scored, 30 candidates tested, 30
score fields and the record written. Each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
_DIMENSION, _CANDIDATES, _FILES, _WARM = 512, 30, 10, 200
#: samples above which `values()` of all embeddings is not measured: it takes gigabytes
_MOST_BESIDE = 200_000


class Encoder:
    """Gives texts fixed random vectors; that it never sees an image shows that all is stored."""

    name = "random"

    def encode_images(self, paths: Sequence[str]) -> np.ndarray:
        """Fails: nothing is left to embed."""
        raise AssertionError(f"Expected stored embeddings, was asked for {len(paths)}.")

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Returns ``(m, 512)``."""
        seeds = [int.from_bytes(text.encode()[:8], "big") for text in texts]
        rows = [np.random.default_rng([seed, len(text)]).standard_normal(_DIMENSION)
                for seed, text in zip(seeds, texts, strict=True)]  # fmt: skip
        return np.array(rows, np.float32)


class Proposer:
    """Proposes the same descriptions at once."""

    name = "list"
    needs = "paths"

    def propose(self, a: Any, b: Any) -> list[str]:
        """Returns 30 descriptions without common words, so that none are merged."""
        return [f"first{number} second{number}" for number in range(_CANDIDATES)]


def load(n: int, folder: Path) -> str:
    """Makes a dataset as a first run leaves it, and returns its name."""
    import fiftyone as fo
    from bson import ObjectId
    from PIL import Image

    from visdiff_plugin.dataset.samples import read_media
    from visdiff_plugin.kept import declared, making
    from visdiff_plugin.mongo.vector_bytes import encode_vector

    paths = [str(folder / f"{number}.png") for number in range(_FILES)]
    for number, path in enumerate(paths):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
    dataset = fo.Dataset(f"million-{n}", persistent=True)
    dataset.add_samples([fo.Sample(filepath=path) for path in paths], progress=False)
    kind = making.embeddings_kind(Encoder(), None)
    declared.declare(dataset, kind)
    keys = [kind.key(stamp) for stamp in read_media(dataset, dataset.values("id")).stamps]
    collection = dataset._sample_collection
    templates = list(collection.find())
    collection.delete_many({})
    rng = np.random.default_rng(0)
    for start in range(0, n, 5_000):
        size = min(5_000, n - start)
        vectors = rng.standard_normal((size, _DIMENSION), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        documents = []
        for row, vector in enumerate(vectors, start):
            number = row % _FILES
            keyed = {"_cls": "DynamicEmbeddedDocument", kind.field: keys[number]}
            documents.append({
                **templates[number], "_id": ObjectId(), "_rand": rng.random(),
                "tags": ["a" if number % 2 else "b"],
                kind.field: encode_vector(vector), "visdiff_keys": keyed,
            })  # fmt: skip
        collection.insert_many(documents, ordered=False)
    some = fo.load_dataset(dataset.name).match_tags("a").skip(n // 4).first()
    if len(dataset) != n or some[kind.field].shape != (_DIMENSION,):
        raise SystemExit("Expected FiftyOne to read the samples, got others.")
    return str(dataset.name)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def peak_bytes() -> int:
    """Returns the most memory that this process ever held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise SystemExit("Expected a Linux that tells a process's peak memory.")


def measure(name: str) -> dict[str, Any]:
    """Runs a comparison of a loaded dataset in this process."""
    import fiftyone as fo

    import visdiff_plugin as visdiff
    from visdiff_plugin.config import Config
    from visdiff_plugin.dataset.fields import vector_reader
    from visdiff_plugin.kept import making
    from visdiff_plugin.mongo.documents import view_ids

    fo.config.show_progress_bars = False
    dataset = fo.load_dataset(name)
    field = making.embeddings_kind(Encoder(), None).field
    config = replace(Config(), captioner=None, properties=False, max_fields=_CANDIDATES)

    def run(key: str, a: Any, b: Any) -> Any:
        return visdiff.compare(
            dataset,
            a,
            b,
            key,
            encoder=Encoder(),
            proposer=Proposer(),
            config=config,
            copies="each",  # few files stand for all samples
        )

    a, b = dataset.match_tags("a"), dataset.match_tags("b")
    run("warm", a.limit(_WARM), b.limit(_WARM))
    visdiff.delete(dataset, "warm")
    before = psutil.Process().memory_info().rss
    seconds, found = timed(lambda: run("run", a, b))
    peak = peak_bytes() - before
    if len(found.fields) != _CANDIDATES or found.n_a + found.n_b != len(dataset):
        raise SystemExit(f"Expected {_CANDIDATES} fields of {len(dataset)} samples: {found}")

    def read() -> None:
        ids, reader = view_ids(dataset, dataset.view()), vector_reader(dataset, field)
        for start in range(0, len(ids), 20_000):
            reader(ids[start : start + 20_000])

    alone, _ = timed(read)
    again, beside = seconds, None
    if len(dataset) <= _MOST_BESIDE:
        visdiff.delete(dataset, "run")
        again, _ = timed(lambda: run("run", a, b))
        beside, _ = timed(lambda: dataset.view().values(field))
    return {
        "n": len(dataset), "seconds": seconds, "again": again, "peak_mb": peak / 1e6,
        "stages": found.record["seconds"], "reading_alone": alone, "values_alone": beside,
    }  # fmt: skip


def sizes_of(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    import fiftyone as fo

    with tempfile.TemporaryDirectory() as folder:
        for n in options.sizes:
            name = load(n, Path(folder))
            command = [sys.executable, __file__, "--measure", name]
            try:
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                yield json.loads(done.stdout.splitlines()[-1])
            finally:
                fo.delete_dataset(name)


def main() -> int:
    """Prints a table; 0 whether or not the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", metavar="NAME", help="a loaded dataset; used by itself")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return 0
    print({"cores": os.cpu_count(), "load_before": os.getloadavg()[0],
           "when": datetime.now(UTC).isoformat(timespec="seconds")}, end="\n\n")  # fmt: skip
    print("| samples | run, s | us a sample | peak, MB | reading alone, s | run / it "
          "| values(), s | run / it |\n|---|---|---|---|---|---|---|---|")  # fmt: skip
    found = []
    for one in sizes_of(options):
        found.append(one)
        run = min(one["seconds"], one["again"])
        beside = one["values_alone"]
        theirs = f"{beside:.2f} | {run / beside:.2f}" if beside else "- | -"
        print(f"| {one['n']:,} | {run:.2f} | {run / one['n'] * 1e6:.1f} | {one['peak_mb']:.0f} "
              f"| {one['reading_alone']:.2f} | {run / one['reading_alone']:.2f} | {theirs} |",
              flush=True)  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
