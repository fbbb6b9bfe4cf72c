"""How fast the parts are that every image passes, beside what one would use otherwise.

Run: ``tools/with_mongo.py .venv/bin/python benchmarks/speed.py [--rows ...] [--n N] [--json F]``.
Everything, MongoDB included, shares two cores; ratios hold within one run, best of three each.
"""

from __future__ import annotations

import os

if hasattr(os, "sched_setaffinity"):  # before numpy counts the cores for its threads
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
_REPEATS, _DIMENSION, _CANDIDATES, _SCORES = 3, 512, 100, 20


@dataclass(frozen=True)
class Row:
    """One line of the table: times in seconds; ``met`` compares ``reached`` with the target."""

    path: str
    ours: float
    beside: float
    reached: float
    target: str
    met: bool
    note: str = ""


def best(*calls: Callable[[], Any]) -> list[float]:
    """Returns the shortest time of each call; they take turns, so that noise meets all."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(_REPEATS):
        for call, seconds in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
    return [min(seconds) for seconds in times]


def compared(path: str, ours: float, beside: float, target: float, note: str = "") -> Row:
    ratio = beside / ours
    return Row(path, ours, beside, ratio, f">= {target:g} x", ratio >= target, note)


def peak_memory(call: Callable[[], Any]) -> int:
    """Returns by how many bytes the process grew at most while a call ran."""
    process, done, peak = psutil.Process(), threading.Event(), 0
    before = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        call()
    finally:
        done.set()
        watcher.join()
    return max(0, peak - before)


def evidence(n: int) -> list[Row]:
    """AUROC, interval and tests of all candidates, from embeddings in memory."""
    from scipy.stats import ttest_ind
    from sklearn.metrics import roc_auc_score

    from visdiff_plugin.evidence.columns import two_sample_columns

    rng = np.random.default_rng(0)
    embeddings = rng.standard_normal((n, _DIMENSION), np.float32)
    embeddings /= np.sqrt(np.einsum("ij,ij->i", embeddings, embeddings))[:, None]
    texts = rng.standard_normal((_CANDIDATES, _DIMENSION), np.float32)
    in_a = rng.random(n) < 0.5
    texts /= np.sqrt(np.einsum("ij,ij->i", texts, texts))[:, None]
    embeddings[in_a] += 0.02 * texts[0]
    rows_a, rows_b = np.flatnonzero(in_a), np.flatnonzero(~in_a)
    found: dict[str, Any] = {}
    # the compiled loops are made, or read from disk, once a process: not a matter of the images
    two_sample_columns(np.zeros((20_000, 1), np.float32), range(9_000), range(9_000, 20_000))

    def ours() -> None:
        scores = np.empty((_CANDIDATES, n), np.float32).T
        for start in range(0, n, 20_000):
            rows = slice(start, start + 20_000)
            np.matmul(texts, embeddings[rows].T, out=scores.T[:, rows])
        found["ours"] = two_sample_columns(scores, rows_a, rows_b)

    def released() -> None:
        found["theirs"] = []
        for text in texts[:3]:
            scores = embeddings @ text
            area = roc_auc_score(in_a, scores)
            found["theirs"].append((area, ttest_ind(scores[in_a], scores[~in_a], equal_var=False)))

    extra = peak_memory(ours) / embeddings.nbytes
    ours_s, beside = best(ours, released)
    for mine, (area, _) in zip(found["ours"], found["theirs"], strict=False):
        if abs(mine.auroc - area) > 1e-6:  # the two matrix products round differently
            raise SystemExit(f"Expected AUROC {area} of the reference, got {mine.auroc}.")
    name = f"evidence, {n:,} images x {_CANDIDATES} candidates"
    return [
        compared(name, ours_s, beside * _CANDIDATES / 3, 15, "beside: 3 candidates, scaled"),
        Row("its extra memory / embeddings", 0, 0, extra, "< 0.25", extra < 0.25, "share"),
    ]


def make_dataset(n: int) -> Any:
    import fiftyone as fo

    dataset = fo.Dataset()
    for start in range(0, n, 10_000):
        rows = range(start, min(start + 10_000, n))
        dataset.add_samples([fo.Sample(filepath=f"/nowhere/{row}.jpg") for row in rows])
    for name in ("ours", "theirs"):
        dataset.add_sample_field(name, fo.VectorField)
    return dataset


def storage(n: int, wanted: set[str]) -> list[Row]:
    """Embeddings and scores in MongoDB."""
    import fiftyone as fo

    fo.config.show_progress_bars = False
    dataset = make_dataset(n)
    try:
        rows: list[Row] = []
        if wanted & {"read", "write"}:
            rows += embeddings_rows(dataset, wanted)
        if "scores" in wanted:
            rows += scores_rows(dataset)
        return rows
    finally:
        dataset.delete()


def embeddings_rows(dataset: Any, wanted: set[str]) -> list[Row]:
    from fiftyone import ViewField

    from visdiff_plugin.mongo.documents import read_vectors, view_ids
    from visdiff_plugin.mongo.updates import write_vectors

    ids = dataset.values("id")
    vectors = np.random.default_rng(0).standard_normal((len(ids), _DIMENSION), np.float32)
    times = best(
        lambda: write_vectors(dataset, ids, "ours", vectors),
        lambda: dataset.set_values("theirs", list(vectors)),
    )
    rows = [compared(f"writing {len(ids):,} embeddings", *times, 3)] if "write" in wanted else []
    if "read" not in wanted:
        return rows
    view = dataset.match(ViewField("filepath") != "")
    for field, note in (("ours", "as we store them"), ("theirs", "as FiftyOne stores them")):
        if not np.array_equal(read_vectors(dataset, ids, field), vectors):
            raise SystemExit(f"Expected the vectors that were written to {field!r}, got others.")
        times = best(
            lambda field=field: read_vectors(dataset, view_ids(dataset, view), field),
            lambda field=field: view.values(field),
        )
        rows.append(compared(f"reading {len(ids):,} embeddings of a view", *times, 3, note))
    return rows


def scores_rows(dataset: Any) -> list[Row]:
    import fiftyone as fo

    from visdiff_plugin.results.difference import Difference
    from visdiff_plugin.results.run import Run
    from visdiff_plugin.storing import score_fields

    fields = 4  # one set_values takes as long as another
    ids = dataset.values("id")
    scores = np.random.default_rng(1).random((len(ids), _SCORES), np.float32)
    in_a = np.arange(len(ids)) % 2 == 0
    run = Run.__new__(Run)  # only what the writer reads
    names = [f"a_description_of_{number}" for number in range(_SCORES)]
    differences = []
    for name in names:
        one = Difference.__new__(Difference)
        object.__setattr__(one, "description", name)
        object.__setattr__(one, "field", f"bench.{name}")
        differences.append(one)
    for key, value in {"run_key": "bench", "label_a": "a", "label_b": "b",
                       "differences": tuple(differences)}.items():  # fmt: skip
        object.__setattr__(run, key, value)
    for name in names[:fields]:
        dataset.add_sample_field(f"single_{name}", fo.FloatField)

    def theirs() -> None:
        for column, name in enumerate(names[:fields]):
            dataset.set_values(f"single_{name}", scores[:, column].tolist())

    ours_s, beside = best(
        lambda: score_fields.write_scores(dataset, run, ids, scores, in_a), theirs
    )
    if dataset.values(f"bench.{names[7]}") != scores[:, 7].tolist():
        raise SystemExit("Expected the scores that were written, got others.")
    note = f"beside: {fields} fields, scaled"
    path = f"writing {_SCORES} scores for {len(ids):,} samples"
    return [compared(path, ours_s, beside * _SCORES / fields, 12, note)]


def importing() -> list[Row]:
    """The package beyond numpy, in fresh interpreters."""

    def run(statement: str) -> Callable[[], Any]:
        return lambda: subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)

    ours, beside = best(run("import numpy, visdiff_plugin"), run("import numpy"))
    more = ours - beside
    return [Row("import visdiff_plugin", ours, beside, more, "< 0.15 s", more < 0.15, "s beyond")]


def pin_mongod() -> bool:
    """Keeps the MongoDB that was started for this command on our two cores."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    cores, found = os.sched_getaffinity(0), False
    parent = psutil.Process().parent()
    for child in parent.children(recursive=True) if parent else ():
        if child.name() == "mongod":
            found = True
            for thread in child.threads():
                os.sched_setaffinity(thread.id, cores)
    return found


def main() -> int:
    """Prints the table; 0 whether or not the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    choices = ["evidence", "read", "write", "scores", "import"]
    parser.add_argument("--rows", nargs="+", choices=choices, default=choices)
    parser.add_argument("--n", type=int, default=100_000, help="samples; evidence has ten times")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    wanted, rows = set(options.rows), []
    machine = {
        "cores_used": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "mongod_on_the_same_cores": pin_mongod(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if "import" in wanted:
        rows += importing()
    if "evidence" in wanted:
        rows += evidence(10 * options.n)
    if wanted & {"read", "write", "scores"}:
        rows += storage(options.n, wanted)
    print(machine, end="\n\n")
    print("| path | ours, s | beside, s | ratio | target | | |\n|---|---|---|---|---|---|---|")
    for row in rows:
        verdict = "met" if row.met else "MISSED"
        times = f"{row.ours:.2f} | {row.beside:.2f} | {row.reached:.2f}"
        print(f"| {row.path} | {times} | {row.target} | {verdict} | {row.note} |")
    if options.json:
        report = {"machine": machine, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
