"""engine="ray" on a real local Ray with two workers, beside a real MongoDB."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColourCaptioner, ColourEncoder, ListProposer
from ray_stages import (
    BuggyEncoder,
    NotedCaptioner,
    UnloadableEncoder,
    UnpicklableEncoder,
    seen,
)

import visdiff_plugin as visdiff
from visdiff_plugin.documents import decode_vector
from visdiff_plugin.engines import make_engine, ray_engine
from visdiff_plugin.errors import EngineError, ModelError, VisDiffError

ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")

TESTS = Path(__file__).resolve().parents[1]
PYTHONPATH = os.pathsep.join([str(TESTS.parent), str(TESTS)])
ENGINE = {"name": "ray", "workers": 2}
CAPTIONS = "visdiff_caption_noted_1"
KEY = f"visdiff_keys.{CAPTIONS}"


@pytest.fixture(scope="module", autouse=True)
def _ray():
    """One Ray for all tests, as starting one takes long; the engine uses it and leaves it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", PYTHONPATH)  # workers import the stages by it
        ray.init(
            "local", num_cpus=2, include_dashboard=False, object_store_memory=100_000_000,
            log_to_driver=False, logging_level="ERROR",
        )  # fmt: skip
        yield
        ray.shutdown()


@pytest.fixture
def writes(dataset):
    """Returns a function that counts, by MongoDB's own profiler, how often each sample changed."""
    samples = dataset._sample_collection
    database = samples.database
    database.command("profile", 0)
    database["system.profile"].drop()
    database.create_collection("system.profile", capped=True, size=50_000_000)
    database.command("profile", 2)

    def count():
        found = database["system.profile"].find(
            {"ns": f"{database.name}.{samples.name}", "op": "update", "nModified": {"$gt": 0}}
        )
        return Counter(str(one["command"]["q"]["_id"]) for one in found)

    yield count
    database.command("profile", 0)
    database["system.profile"].drop()


def test_values_are_those_of_this_process(dataset):
    steps = []
    done = visdiff.embed(
        dataset, ColourEncoder(), field="far", batch_size=16, engine=ENGINE,
        progress=lambda fraction, label: steps.append((fraction, label)),
    )  # fmt: skip
    assert (done.computed, done.reused, done.skipped) == (120, 0, ())
    visdiff.embed(dataset, ColourEncoder(), field="near", batch_size=16)
    far, near = np.stack(dataset.values("far")), np.stack(dataset.values("near"))
    assert far.dtype == near.dtype == np.float32
    np.testing.assert_array_equal(far, near)
    [raw] = dataset._sample_collection.find({}, {"far": 1, "near": 1}).limit(1)
    assert raw["far"] == raw["near"] and len(decode_vector(raw["far"])) == 3
    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and len(set(fractions)) == 9
    assert steps[-1][1] == "Computing embeddings on Ray: 120 of 120"


def test_samples_that_are_held_show_what_workers_wrote(dataset, tmp_path):
    held, before = dataset.first(), dataset.first().last_modified_at
    visdiff.caption(dataset, NotedCaptioner(tmp_path), engine=ENGINE, batch_size=30)
    assert held[CAPTIONS] == "a red picture of something"
    assert held.last_modified_at > before
    assert len(list(tmp_path.glob("seen-*"))) == 2, "both workers had work"


@pytest.mark.parametrize("long_blocks", [False, True])
def test_a_killed_worker_loses_nothing_and_nothing_is_written_twice(
    dataset, writes, tmp_path, monkeypatch, long_blocks
):
    if long_blocks:  # several batches a task: those before the deadly one are written when it dies
        monkeypatch.setattr(ray_engine, "_MOST_BLOCKS", 2)
    captioner = NotedCaptioner(tmp_path, fatal="red-47.png")
    done = visdiff.caption(dataset, captioner, engine=ENGINE, batch_size=10)
    assert (tmp_path / "killed").exists()
    assert (done.computed, done.reused, done.skipped) == (120, 0, ())
    assert dataset.count(CAPTIONS) == 120
    assert writes() == Counter(dict.fromkeys(dataset.values("id"), 1))
    again = Counter(seen(tmp_path))
    assert len(again) == 120
    # of the batches that were under way only the unwritten one is computed again
    assert 0 < sum(count > 1 for count in again.values()) <= 10


def test_an_image_that_kills_each_worker_costs_only_itself(make_dataset, tmp_path):
    dataset = make_dataset(n=10)
    captioner = NotedCaptioner(tmp_path, fatal="blue-3.png", always=True)
    done = visdiff.caption(dataset, captioner, engine=ENGINE, batch_size=5)
    assert done.computed == 19
    [skipped] = done.skipped
    assert (skipped.count, skipped.reason) == (1, ray_engine._LOST)
    [lost] = dataset.exists(CAPTIONS, False).values("filepath")
    assert lost.endswith("blue-3.png")


def test_an_unreadable_image_costs_only_itself(dataset, tmp_path):
    broken = dataset.values("filepath")[5]
    Path(broken).write_bytes(b"no image")
    done = visdiff.embed(dataset, ColourEncoder(), field="far", engine=ENGINE, batch_size=16)
    assert done.computed == 119
    [skipped] = done.skipped
    assert (skipped.count, skipped.reason) == (1, "not an image: no known image format")
    assert dataset.exists("far", False).values("filepath") == [broken]


def test_a_rerun_computes_only_what_is_missing(dataset, tmp_path):
    visdiff.caption(dataset[:50], NotedCaptioner(tmp_path), engine=ENGINE)
    [first] = dataset[:1].values("filepath")
    os.utime(first, ns=(1, 1))  # as if it had been changed
    done = visdiff.caption(dataset, NotedCaptioner(tmp_path), engine=ENGINE)
    assert (done.computed, done.reused) == (71, 49)
    assert Counter(seen(tmp_path))[first] == 2 and len(seen(tmp_path)) == 121
    dataset.set_values(CAPTIONS, [None] * 3 + dataset.values(CAPTIONS)[3:])
    done = visdiff.caption(dataset, NotedCaptioner(tmp_path), engine=ENGINE)
    assert (done.computed, done.reused) == (3, 117)
    assert dataset.count(CAPTIONS) == 120


def test_a_killed_driver_is_resumed(dataset, writes, tmp_path):
    dataset.persistent = True
    script = f"""
import fiftyone as fo, visdiff_plugin as visdiff
from ray_stages import NotedCaptioner
visdiff.caption(fo.load_dataset({dataset.name!r}), NotedCaptioner({str(tmp_path)!r}, seconds=.05),
                engine={{"name": "ray:local", "workers": 1}}, batch_size=6)
"""
    driver = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": PYTHONPATH},
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_until(lambda: written(dataset) >= 12 or driver.poll() is not None)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    left = wait_until_still(lambda: written(dataset))
    assert 12 <= left < 120, "the driver was killed in the middle"
    done = visdiff.caption(dataset, NotedCaptioner(tmp_path), engine=ENGINE, batch_size=16)
    assert (done.computed, done.reused) == (120 - left, left)
    dataset.reload()
    assert dataset.count(CAPTIONS) == 120
    assert writes() == Counter(dict.fromkeys(dataset.values("id"), 1))


def written(dataset):
    return dataset._sample_collection.count_documents({KEY: {"$ne": None}})


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def wait_until_still(count):
    """Returns a count once it has not moved for a second: orphaned workers end by themselves."""
    last, since = count(), time.monotonic()
    while time.monotonic() < since + 1.5:
        time.sleep(0.1)
        if count() != last:
            last, since = count(), time.monotonic()
    return last


def test_a_comparison_finds_the_same(dataset):
    def compare(run_key, **more):
        captioner = ColourCaptioner()
        return visdiff.compare(
            dataset, "red", "blue", run_key, captioner=captioner, encoder=ColourEncoder(),
            proposer=ListProposer("a red image", "a blue image", "a green image"), **more,
        )  # fmt: skip

    far = compare("far", engine=ENGINE)
    assert far.reused["captions"] == far.reused["properties"] == {"reused": 0, "computed": 120}
    assert far.config["engine"] == ENGINE and far.record["stages"]["engine"] == {"name": "ray"}
    for name in ("visdiff_keys", "visdiff_properties", *far.record["fields"].values()):
        if name in dataset.get_field_schema():
            dataset.delete_sample_field(name)
    near = compare("near")
    assert near.reused["embeddings"] == {"reused": 0, "computed": 120}
    assert far.significant and [one.description for one in far.differences] == [
        one.description for one in near.differences
    ]
    assert [one.auroc for one in far.differences] == [one.auroc for one in near.differences]
    assert visdiff.rank(
        dataset, "red", "blue", ["a red image"], "mine", encoder=ColourEncoder(), engine=ENGINE
    ).reused["embeddings"] == {"reused": 120, "computed": 0}


def test_what_a_worker_reports_is_raised_here_in_its_words(dataset):
    with pytest.raises(ModelError, match="^Expected weights, got none. Download them.$"):
        visdiff.embed(dataset, UnloadableEncoder(), engine=ENGINE)
    with pytest.raises(ModelError, match="colour-1 failed in a Ray worker: RuntimeError: shapes"):
        visdiff.embed(dataset, BuggyEncoder(), engine=ENGINE)
    with pytest.raises(VisDiffError, match="stage that pickles, .* 'open-file'"):
        visdiff.embed(dataset, UnpicklableEncoder(), field="f", engine=ENGINE)


def test_what_the_cluster_has_not_got(dataset):
    with pytest.raises(EngineError, match="a node with 1 CPUs and 1 GPUs .*'GPU': 0"):
        visdiff.embed(dataset, ColourEncoder(), engine={"name": "ray", "gpus": 1})
    with pytest.raises(EngineError, match="samples in the database .* got none of them"):
        # another MongoDB of the same address: here, another database
        engine = make_engine(ENGINE)
        target = ray_engine.target_of

        def elsewhere(dataset, uri):
            import dataclasses

            return dataclasses.replace(target(dataset, uri), database="elsewhere")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ray_engine, "target_of", elsewhere)
            visdiff.embed(dataset, ColourEncoder(), engine=engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_engine.Cluster, "spans_machines", lambda self: True)
        with pytest.raises(EngineError, match="MongoDB that every node .* FIFTYONE_DATABASE_URI"):
            visdiff.embed(dataset, ColourEncoder(), engine=ENGINE)
    assert fo.config.database_uri
