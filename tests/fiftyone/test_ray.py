"""engine="ray" on a real local Ray with two workers, beside a real MongoDB.

Starting workers is what takes the time here, so each test does a lot with one start.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import fiftyone.operators as foo
import numpy as np
import pytest
from bson import ObjectId
from chat_server import ChatServer, completion
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from fiftyone.operators.delegated import DelegatedOperationService
from fiftyone.operators.executor import ExecutionError
from ray_stages import NotedCaptioner, UnloadableEncoder, UnpicklableEncoder, seen

import visdiff_plugin as visdiff
from visdiff_plugin.engines import ray_cluster, ray_engine
from visdiff_plugin.errors import EngineError, ModelError, VisDiffError
from visdiff_plugin.mongo.documents import read_columns

ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")

TESTS = Path(__file__).resolve().parents[1]
PYTHONPATH = os.pathsep.join([str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")])
ENGINE = {"name": "ray", "workers": 2}
ONE_WORKER = {"name": "ray", "workers": 1}
CAPTIONS = "visdiff_caption_noted_1"
KEY = f"visdiff_keys.{CAPTIONS}"


@pytest.fixture(scope="module", autouse=True)
def _ray():
    """One Ray for all tests, as starting one takes long; engines use it and leave it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("PYTHONPATH", PYTHONPATH)  # workers import the stages by it
        cluster = ray_cluster.Cluster(None, 2)
        cluster.connect()
        yield
        ray_cluster.Cluster("local", 2).close()
        assert ray.is_initialized(), "who did not start it does not end it"
        cluster.close()
        assert not ray.is_initialized()


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
        return Counter(str(item["command"]["q"]["_id"]) for item in found)

    yield count
    database.command("profile", 0)
    database["system.profile"].drop()


def test_each_dataset_of_two_is_written_by_the_workers(make_dataset):
    home, other = make_dataset(n=12, colors=("red",)), make_dataset(n=12, colors=("blue",))
    run = visdiff.rank(
        home, "red", other, ["red", "a dog"], "run", encoder=ColorEncoder(), engine=ONE_WORKER
    )
    assert run.reused["embeddings"] == {"reused": 0, "computed": 24}
    [field] = [name for name in home.get_field_schema() if name.startswith("visdiff_embedding")]
    assert home.count(field) == other.count(field) == 12
    assert run.differences[0].description == "red" and other.count(run.fields[0]) == 12


def test_values_are_those_of_this_process_and_a_broken_image_costs_only_itself(dataset):
    broken = dataset.values("filepath")[5]
    Path(broken).write_bytes(b"no image")
    held, before = dataset.first(), dataset.first().last_modified_at
    steps = []
    done = visdiff.embed(
        dataset, ColorEncoder(), field="far", batch_size=16, engine=ENGINE,
        progress=lambda fraction, label: steps.append((fraction, label)),
    )  # fmt: skip
    assert (done.computed, done.reused) == (119, 0)
    [skipped] = done.skipped
    assert (skipped.count, skipped.reason) == (1, "not an image: no known image format")
    assert dataset.exists("far", False).values("filepath") == [broken]
    # a sample that the caller holds shows what a worker wrote
    assert held["far"] is not None and held.last_modified_at > before

    visdiff.embed(dataset, ColorEncoder(), field="near", batch_size=16)
    stored = read_columns(dataset, dataset.values("id"), ["far", "near"])
    assert stored["far"] == stored["near"]
    assert held["far"].dtype == np.float32

    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert len(set(fractions)) == 9, "a step for each of 8 batches"
    assert steps[-1][1] == "Embedding 120 of 120, on Ray"


def test_a_killed_worker_loses_nothing_and_nothing_is_written_twice(
    dataset, writes, tmp_path, monkeypatch
):
    # three batches of five a task: two are written when the worker dies in the third, at its 57th
    # image, and Ray repeats the whole task
    monkeypatch.setattr(ray_engine, "_MOST_BLOCKS", 8)
    captioner = NotedCaptioner(tmp_path, fatal="red-57.png", together=2)
    done = visdiff.caption(dataset, captioner, engine=ENGINE, batch_size=5)
    assert (tmp_path / "killed").exists()
    assert (done.computed, done.reused, done.skipped) == (120, 0, ())
    assert dataset.count(CAPTIONS) == 120
    assert writes() == Counter(dict.fromkeys(dataset.values("id"), 1))
    again = Counter(seen(tmp_path))
    assert len(again) == 120
    assert 0 < sum(count > 1 for count in again.values()) <= 5, "only the unwritten batch"
    assert len(list(tmp_path.glob("seen-*"))) == 3, "two workers, one of them replaced"
    assert not (tmp_path / "slow-start").exists(), "workers do without FiftyOne"


def test_an_image_that_kills_each_worker_costs_only_itself(make_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_engine, "_TRIES", 1)
    dataset = make_dataset(n=6)
    captioner = NotedCaptioner(tmp_path, fatal="blue-3.png", always=True)
    done = visdiff.caption(dataset, captioner, engine=ONE_WORKER, batch_size=4)
    assert done.computed == 11
    [skipped] = done.skipped
    assert (skipped.count, skipped.reason) == (1, ray_engine._LOST)
    [lost] = dataset.exists(CAPTIONS, False).values("filepath")
    assert lost.endswith("blue-3.png")


def test_a_killed_driver_is_resumed_with_what_is_missing(dataset, writes, tmp_path):
    dataset.persistent = True
    # in a thread, as the App's server runs operators
    script = f"""
import threading, fiftyone as fo, visdiff_plugin as visdiff
from ray_stages import NotedCaptioner
def work():
    dataset, captioner = fo.load_dataset({dataset.name!r}), NotedCaptioner({str(tmp_path)!r}, .1)
    visdiff.caption(dataset, captioner,
                    engine={{"name": "ray", "workers": 1}}, batch_size=6)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
    cluster = {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "PYTHONPATH": PYTHONPATH}
    driver = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, **cluster})
    try:
        wait_until(lambda: written(dataset) >= 12 or driver.poll() is not None)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    left = wait_until_still(lambda: written(dataset))
    assert 12 <= left < 114, "the driver was killed in the middle"
    first, second = dataset.sort_by(KEY, reverse=True)[:2].values("id")
    os.utime(dataset[first].filepath, ns=(1, 1))  # as if the image had been changed
    dataset._sample_collection.update_one(  # and one caption erased
        {"_id": ObjectId(second)}, {"$set": {CAPTIONS: None}}
    )
    done = visdiff.caption(dataset, NotedCaptioner(tmp_path), engine=ENGINE, batch_size=16)
    assert (done.computed, done.reused) == (120 - left + 2, left - 2)
    dataset.reload()
    assert dataset.count(CAPTIONS) == 120
    once = dict.fromkeys(dataset.values("id"), 1)
    assert writes() == Counter(once | {first: 2, second: 3})
    assert visdiff.caption(dataset, NotedCaptioner(tmp_path), engine=ENGINE).reused == 120


def written(dataset):
    return dataset._sample_collection.count_documents({KEY: {"$ne": None}})


def wait_until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def wait_until_still(count):
    """Returns a count once it has not moved for a while: orphaned workers end by themselves."""
    last, since = count(), time.monotonic()
    while time.monotonic() < since + 2:
        time.sleep(0.1)
        if count() != last:
            last, since = count(), time.monotonic()
    return last


def test_a_comparison_finds_the_same(dataset):
    def compare(run_key, **more):
        return visdiff.compare(
            dataset, "red", "blue", run_key, captioner=ColorCaptioner(), encoder=ColorEncoder(),
            proposer=ListProposer("a red image", "a blue image", "a green image"), **more,
        )  # fmt: skip

    far = compare("far", engine=ONE_WORKER)
    kinds = {"captions", "embeddings", "properties"}
    assert far.reused == dict.fromkeys(kinds, {"reused": 0, "computed": 120})
    assert far.config["engine"] == ONE_WORKER and far.record["stages"]["engine"] == {"name": "ray"}
    dataset.delete_sample_fields(["visdiff_keys", *far.record["fields"].values()])
    near = compare("near")
    assert near.reused == far.reused
    assert far.significant
    for name in ("description", "auroc", "p_value", "significant"):
        values = [
            [getattr(difference, name) for difference in run.differences] for run in (far, near)
        ]
        assert values[0] == values[1]


def test_operators_use_it_with_a_server_at_once_and_delegated(plugins, make_dataset):
    dataset = make_dataset(n=4)
    dataset.persistent = True
    caption = foo.get_operator("@visdiff/visdiff/caption_samples")
    with ChatServer(lambda request: completion("a wall")) as server:
        options = {"base_url": server.base_url, "field": "words", "engine": "ray"}
        caption(dataset, "openai:m", **options, delegate=True)
        service = DelegatedOperationService()
        service.execute_queued_operations(dataset_name=dataset.name, log=False)
        [operation] = service.list_operations(dataset_name=dataset.name)
        assert operation.run_state == "completed", operation.result
        service.delete_operation(operation.id)
        dataset.reload()
        assert dataset.values("words") == ["a wall"] * 8
        assert len(server.requests) == 8
        result = caption(dataset, "openai:m", **options).result
    assert result["summary"] == "words: 0 computed, 8 reused"
    with pytest.raises(ExecutionError, match="Invalid enum value"):
        caption(dataset, "openai:m", engine="ray:10.0.0.1:6379")
    compare = foo.get_operator("@visdiff/visdiff/compare_views")
    with pytest.raises(ExecutionError, match="Expected engine out of .*RAY_ADDRESS"):
        compare(dataset, "red", "blue", "run", engine="ray:10.0.0.1:6379")


def test_what_goes_wrong_is_said_here_in_words(dataset, monkeypatch):
    with pytest.raises(ModelError, match="^Expected weights, got none. Download them.$"):
        visdiff.embed(dataset, UnloadableEncoder(), engine=ONE_WORKER)
    with pytest.raises(VisDiffError, match="stage that can be pickled .* 'holds-a-lock'"):
        visdiff.embed(dataset, UnpicklableEncoder(), field="f", engine=ENGINE)
    with pytest.raises(EngineError, match="a node with 1 CPUs and 1 GPUs .*'GPU': 0"):
        visdiff.embed(dataset, ColorEncoder(), engine={"name": "ray", "gpus": 1})
    with monkeypatch.context() as patch:
        patch.setattr(ray_cluster.Cluster, "spans_machines", lambda self: True)
        with pytest.raises(EngineError, match="MongoDB that every node .* FIFTYONE_DATABASE_URI"):
            visdiff.embed(dataset, ColorEncoder(), engine=ENGINE)
    with monkeypatch.context() as patch:
        patch.setattr(ray, "is_initialized", lambda: False)
        for address in ("127.0.0.1:9", "ray://127.0.0.1:9"):
            with pytest.raises(EngineError, match=f"Ray cluster at '{address}', .*ray start"):
                visdiff.embed(dataset, ColorEncoder(), engine=f"ray:{address}")
    assert ray.is_initialized()
