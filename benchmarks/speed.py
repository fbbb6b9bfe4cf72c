"""How fast the parts are that every image passes, beside what one would use otherwise.

Ours is the public API, or what a run itself calls.

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
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
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


class Prepared:
    """An encoder that costs nothing: it looks its vectors up."""

    name = "prepared"

    def __init__(self, images: np.ndarray, texts: np.ndarray) -> None:
        self._images, self._texts = images, texts

    def encode_images(self, paths: Sequence[str]) -> np.ndarray:
        """Returns ``(n, 512)``; a file's name is its row."""
        return self._images[[int(Path(path).stem) for path in paths]]

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Returns ``(m, 512)``; a text is its row."""
        return self._texts[[int(text) for text in texts]]


def unit_rows(n: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, _DIMENSION), np.float32)
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return rows


def evidence(n: int) -> list[Row]:
    """All evidence of proposed candidates, from embeddings in memory: what a run does.

    Scores, tests on the images that no proposer saw (all but 500 of each set), small groups,
    correction, shares, themes and order; beside it the AUROC and Welch's t of the released code.
    """
    from scipy.stats import ttest_ind
    from sklearn.metrics import roc_auc_score

    from visdiff_plugin.account import Account
    from visdiff_plugin.config import Config
    from visdiff_plugin.evidence.columns import two_sample_columns
    from visdiff_plugin.evidence.table import Table
    from visdiff_plugin.inputs.joined import Inputs
    from visdiff_plugin.rankers.embedding import EmbeddingRanker
    from visdiff_plugin.ranking import rank_differences
    from visdiff_plugin.sampling import Split
    from visdiff_plugin.scoring import score_images
    from visdiff_plugin.selection import Candidate
    from visdiff_plugin.stages import Images

    embeddings, texts = unit_rows(n, 0), unit_rows(_CANDIDATES, 1)
    in_a = np.random.default_rng(2).random(n) < 0.5
    embeddings[in_a] += 0.02 * texts[0]
    embeddings /= np.sqrt(np.einsum("ij,ij->i", embeddings, embeddings))[:, None]
    rows_a, rows_b = np.flatnonzero(in_a), np.flatnonzero(~in_a)
    found: dict[str, Any] = {}
    # the compiled loops are made, or read from disk, once a process: not a matter of the images
    two_sample_columns(np.zeros((20_000, 1), np.float32), range(9_000), range(9_000, 20_000))
    names = ["image"] * n
    images = Images(names, names)
    # reading is measured below: here it costs nothing
    inputs = Inputs(
        images, lambda rows: embeddings[rows[0] : rows[-1] + 1], rows_a, rows_b, [], Account()
    )
    ranker = EmbeddingRanker(Prepared(embeddings, texts))
    candidates = [Candidate(f"thing {row}", "keyword") for row in range(_CANDIDATES)]
    seen = [Split(tuple(range(min(500, rows.size // 3))), rows.size) for rows in (rows_a, rows_b)]
    config = Config.preset("offline")

    def ours() -> None:
        scores = score_images(ranker, inputs, [str(row) for row in range(_CANDIDATES)]).scores
        table = Table(np.asarray(scores), rows_a, rows_b, [(seen[0], seen[1])])
        found["ours"] = rank_differences(candidates, table, config)[0]

    def released() -> None:
        found["theirs"] = []
        for text in texts[:3]:
            scores = embeddings @ text
            area = roc_auc_score(in_a, scores)
            found["theirs"].append((area, ttest_ind(scores[in_a], scores[~in_a], equal_var=False)))

    extra = peak_memory(ours) / embeddings.nbytes
    ours_s, beside = best(ours, released)
    mine = {row.column: row.difference.auroc_all for row in found["ours"]}
    for column, (area, _) in enumerate(found["theirs"]):
        if abs(mine[column] - area) > 1e-6:  # the two matrix products round differently
            raise SystemExit(f"Expected AUROC {area} of the reference, got {mine[column]}.")
    name = f"evidence, {n:,} images x {_CANDIDATES} candidates"
    return [
        compared(name, ours_s, beside * _CANDIDATES / 3, 15, "beside: 3 candidates, scaled"),
        Row("its extra memory / embeddings", 0, 0, extra, "< 0.25", extra < 0.25, "share"),
    ]


def make_dataset(folder: str, n: int) -> Any:
    """Returns a dataset of empty files, as it is on disk after a while."""
    import fiftyone as fo

    dataset = fo.Dataset()
    for start in range(0, n, 10_000):
        paths = [os.path.join(folder, f"{row}.jpg") for row in range(start, min(start + 10_000, n))]
        for path in paths:
            if not os.path.exists(path):
                Path(path).touch()
        dataset.add_samples([fo.Sample(filepath=path) for path in paths])
    dataset._sample_collection.database.client.admin.command("fsync")
    return dataset


def storage(n: int, wanted: set[str]) -> list[Row]:
    """Embeddings and scores in MongoDB."""
    import fiftyone as fo

    fo.config.show_progress_bars = False
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="visdiff-speed-") as folder:
        if "write" in wanted:
            rows += [writing_row(folder, n // 5), writing_row(folder, n)]
        for name, measure in (("read", reading_rows), ("scores", scores_rows)):
            if name in wanted:
                dataset = make_dataset(folder, n)
                rows += measure(dataset)
                dataset.delete()
    return rows


def writing_row(folder: str, n: int) -> Row:
    """Embedding with an encoder that costs nothing; each time on a dataset without embeddings."""
    import fiftyone as fo

    import visdiff_plugin as visdiff

    vectors = unit_rows(n, 0)
    encoder = Prepared(vectors, vectors[:1])

    def ours(dataset: Any) -> None:
        done = visdiff.embed(dataset, encoder, field="vectors")
        if done.computed != n:
            raise SystemExit(f"Expected {n} stored embeddings, got {done}.")

    def again(dataset: Any) -> None:
        done = visdiff.embed(dataset, encoder, field="vectors")
        if done.reused != n:
            raise SystemExit(f"Expected {n} embeddings that are still valid, got {done}.")

    def theirs(dataset: Any) -> None:
        dataset.add_sample_field("vectors", fo.VectorField)
        dataset.set_values("vectors", list(vectors))

    times = np.empty((_REPEATS, 3))
    for turn in range(_REPEATS):
        for column, calls in ((0, (ours, again)), (2, (theirs,))):
            dataset = make_dataset(folder, n)
            for place, call in enumerate(calls, column):
                start = time.perf_counter()
                call(dataset)
                times[turn, place] = time.perf_counter() - start
            if not np.allclose(dataset.values("vectors"), vectors, atol=1e-6):
                raise SystemExit("Expected the vectors that were written, got others.")
            dataset.delete()
    turns = times[:, 2] / times[:, 0]
    note = (
        f"{turns.min():.2f} to {turns.max():.2f} by turn; nothing to do: {times[:, 1].min():.2f} s"
    )
    ours_s, _, beside = times.min(axis=0)
    return compared(f"embed, {n:,} samples, encoding for nothing", ours_s, beside, 4, note)


def reading_rows(dataset: Any) -> list[Row]:
    """Embeddings as a run reads them: unit vectors, some thousands at a time."""
    import fiftyone as fo

    import visdiff_plugin as visdiff
    from visdiff_plugin.dataset.fields import vector_reader
    from visdiff_plugin.mongo.documents import view_ids

    vectors = unit_rows(len(dataset), 0)
    visdiff.embed(dataset, Prepared(vectors, vectors[:1]), field="ours")
    dataset.add_sample_field("theirs", fo.VectorField)
    dataset.set_values("theirs", list(vectors))
    view = dataset.match(fo.ViewField("filepath") != "")

    def read(field: str) -> np.ndarray:
        ids, reader = view_ids(dataset, view), vector_reader(dataset, field)
        return np.concatenate([reader(ids[at : at + 20_000]) for at in range(0, len(ids), 20_000)])

    rows = []
    for field, note in (("ours", "as we store them"), ("theirs", "as FiftyOne stores them")):
        if not np.allclose(read(field), vectors, atol=1e-6):
            raise SystemExit(f"Expected the vectors that were written to {field!r}, got others.")
        times = best(lambda field=field: read(field), lambda field=field: view.values(field))
        rows.append(compared(f"reading {len(vectors):,} embeddings of a view", *times, 3, note))
    return rows


def scores_rows(dataset: Any) -> list[Row]:
    import fiftyone as fo
    from panel import run_of

    from visdiff_plugin.storing import score_fields

    fields = 4  # one set_values takes as long as another
    ids = dataset.values("id")
    scores = np.random.default_rng(1).random((len(ids), _SCORES), np.float32)
    in_a = np.arange(len(ids)) % 2 == 0
    half = len(ids) // 2
    run = score_fields.with_fields(run_of("bench", _SCORES, (half, half), ids), _SCORES)
    names = [field.partition(".")[2] for field in run.fields]
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
