"""Bulk reads and writes beside FiftyOne's own, and the evidence beside the released ranker's maths.

Run: ``.venv/bin/python tools/with_mongo.py .venv/bin/python benchmarks/storage.py [--n 100000]``.
Ratios within one run, best of three, on two cores.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import fiftyone as fo
import numpy as np

from visdiff_plugin.documents import encode_vector, write_values
from visdiff_plugin.fields import vector_reader
from visdiff_plugin.statistics import two_sample

_SCORES = 20


def _best(call: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _dataset(n: int) -> Any:
    dataset = fo.Dataset()
    documents = [fo.Sample(filepath=f"/nowhere/{row}.jpg") for row in range(n)]
    dataset.add_samples(documents, progress=False)
    dataset.add_sample_field("ours", fo.VectorField)
    dataset.add_sample_field("theirs", fo.VectorField)
    for run in ("scores", "single"):
        dataset.add_sample_field(
            run, fo.EmbeddedDocumentField, embedded_doc_type=fo.DynamicEmbeddedDocument
        )
        for number in range(_SCORES):
            dataset.add_sample_field(f"{run}.s{number}", fo.FloatField)
    return dataset


def embeddings(dataset: Any, ids: list[str], rng: np.random.Generator) -> list[tuple[str, float]]:
    """Returns path and ratio for writing and reading 512-d embeddings."""
    vectors = rng.normal(size=(len(ids), 512)).astype(np.float32)

    def ours() -> None:
        rows = {one: {"ours": encode_vector(x)} for one, x in zip(ids, vectors, strict=True)}
        write_values(dataset, rows)

    def theirs() -> None:
        dataset.set_values("theirs", dict(zip(ids, vectors, strict=True)), key_field="id")

    writing = _best(theirs) / _best(ours)
    read = vector_reader(dataset, "ours")
    reading = _best(lambda: dataset.values("ours")) / _best(lambda: read(ids))
    return [("write 512-d embeddings / set_values", writing), ("read them / values()", reading)]


def scores(dataset: Any, ids: list[str], rng: np.random.Generator) -> list[tuple[str, float]]:
    """Returns path and ratio for writing 20 scores a sample."""
    table = rng.random((len(ids), _SCORES))
    names = [f"s{number}" for number in range(_SCORES)]

    def ours() -> None:
        rows = {
            one: {
                "scores": {
                    "_cls": "DynamicEmbeddedDocument",
                    **dict(zip(names, row.tolist(), strict=True)),
                }
            }
            for one, row in zip(ids, table, strict=True)
        }
        write_values(dataset, rows)

    def theirs() -> None:
        for number, name in enumerate(names):
            column = dict(zip(ids, table[:, number].tolist(), strict=True))
            dataset.set_values(f"single.{name}", column, key_field="id")

    return [("write 20 scores a sample / one set_values a field", _best(theirs) / _best(ours))]


def evidence(rng: np.random.Generator, n: int) -> list[tuple[str, float]]:
    """Returns the ratio for one candidate on ``n`` images, the matrix product left out."""
    from scipy.stats import ttest_ind
    from sklearn.metrics import roc_auc_score

    a, b = (rng.normal(size=n // 2).astype(np.float32) for _ in range(2))
    labels, pooled = np.repeat([1, 0], n // 2), np.concatenate([a, b])

    def released() -> None:
        roc_auc_score(labels, pooled)
        ttest_ind(a, b, equal_var=False)

    ratio = _best(released) / _best(lambda: two_sample(a, b))
    return [(f"AUROC, interval and tests of {n:,} scores / roc_auc_score, ttest_ind", ratio)]


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    n = parser.parse_args().n
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))
    rng = np.random.default_rng(0)
    dataset = _dataset(n)
    ids = dataset.values("id")
    rows = [*embeddings(dataset, ids, rng), *scores(dataset, ids, rng), *evidence(rng, 1_000_000)]
    dataset.delete()
    print(f"{n:,} samples, two cores\n\n| path / beside | times faster |\n|---|---|")
    for name, ratio in rows:
        print(f"| {name} | {ratio:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
