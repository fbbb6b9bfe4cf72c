"""What a Ray worker does with a block, without Ray: reads, computes, writes once, reports."""

import json
from functools import partial

import fiftyone as fo
import pytest
from fakes import ColorEncoder
from ray_stages import BuggyEncoder

from visdiff_plugin.dataset import samples
from visdiff_plugin.engines.kind import Kind
from visdiff_plugin.engines.ray_worker import RESULT, Worker, raise_failure
from visdiff_plugin.engines.target import Target, target_of
from visdiff_plugin.engines.work import Made, Todo, Work
from visdiff_plugin.errors import CredentialsError, EngineError, ModelError
from visdiff_plugin.kept import declared, making
from visdiff_plugin.mongo.documents import read_columns

pa = pytest.importorskip("pyarrow", reason="the extra 'ray' is not installed")
cloudpickle = pytest.importorskip("cloudpickle")


@pytest.fixture
def target(dataset):
    return target_of(dataset, samples.database_uri())


def work_of(dataset, encoder):
    kind = making.embeddings_kind(encoder, "vectors")
    declared.declare(dataset, kind, same_producer=True)
    return Work(kind, partial(making.embed_paths, encoder))


def todo_of(dataset, kind):
    media = samples.read_media(dataset, dataset.values("id"))
    return Todo(list(media.ids), list(media.paths), [kind.key(stamp) for stamp in media.stamps])


def report(work, target, todo, batch_size=50):
    table = pa.table(
        {"row": list(range(len(todo))), "id": todo.ids, "path": todo.paths, "key": todo.keys}
    )
    [text] = Worker(cloudpickle.dumps(work), target, batch_size)(table)[RESULT]
    return json.loads(text)


def test_a_block_is_stored_and_its_repetition_neither_computes_nor_writes(dataset, target):
    work = work_of(dataset, ColorEncoder())
    todo = todo_of(dataset, work.kind)
    assert report(work, target, todo) == {"rows": list(range(120)), "missing": {}}
    dataset.reload()
    assert dataset.count("vectors") == 120
    times = read_columns(dataset, todo.ids, ["last_modified_at"])
    broken = work_of(dataset, BuggyEncoder())  # it would fail if anything were computed
    assert report(broken, target, todo) == {"rows": list(range(120)), "missing": {}}
    assert read_columns(dataset, todo.ids, ["last_modified_at"]) == times


def test_mongodb_refuses_a_second_write_of_the_same_value(dataset, target):
    work = work_of(dataset, ColorEncoder())
    todo = todo_of(dataset, work.kind).part(0, 10)
    made = work.make(todo)
    one, other = target.open(), target.open()  # both saw that it was missing
    assert len(one.pending(work.kind, todo)) == len(other.pending(work.kind, todo)) == 10
    assert one.write(work.kind, made) == 10
    assert other.write(work.kind, made) == 0
    # of another file or model it is another value
    stale = Todo(todo.ids, todo.paths, ["other"] * 10)
    assert len(one.pending(work.kind, stale)) == 10
    assert other.write(work.kind, work.make(stale)) == 10
    # the key alone is not enough: the value may have been erased
    dataset.reload()
    dataset.set_values("vectors", [None] * 120)
    assert len(one.pending(work.kind, stale)) == 10
    assert one.write(work.kind, work.make(stale)) == 10
    assert one.write(work.kind, Made([], {}, {})) == 0


def test_texts_of_any_length_are_written_once_too(dataset, target):
    kind = Kind("captions", "words", "a test")
    declared.declare(dataset, kind)
    work = Work(kind, lambda paths: ["word " * row for row in range(len(paths))])
    todo = todo_of(dataset, kind).part(0, 10)
    samples_ = target.open()
    assert samples_.write(kind, work.make(todo)) == 10
    assert samples_.write(kind, work.make(todo)) == 0
    dataset.reload()
    assert dataset.values("words")[:11] == [*("word " * row for row in range(10)), None]


def test_failures_are_reported_and_raised_as_what_they_were(dataset, target):
    work = work_of(dataset, BuggyEncoder())
    todo = todo_of(dataset, work.kind)
    found = report(work, target, todo)
    assert found["error"] == ["", "RuntimeError: shapes (3,) and (4,) do not fit"]
    with pytest.raises(ModelError, match="^color-1 failed in a Ray worker: RuntimeError: shapes"):
        raise_failure(*found["error"], "color-1")
    with pytest.raises(CredentialsError, match="^No key. Set it.$"):
        raise_failure("CredentialsError", "No key. Set it.", "gpt")
    with pytest.raises(ModelError, match="failed in a Ray worker: odd"):
        raise_failure("annotations", "odd", "gpt")


def test_another_database_is_noticed_before_anything_is_computed(dataset, target, monkeypatch):
    work = work_of(dataset, BuggyEncoder())
    todo = todo_of(dataset, work.kind)
    name, message = report(work, Target(target.uri, "elsewhere", target.collection), todo)["error"]
    assert name == "EngineError" and "got none of them" in message
    monkeypatch.setattr("visdiff_plugin.engines.target._PATIENCE_MS", 200)
    silent = Target("mongodb://me:pw@127.0.0.1:9/", target.database, target.collection)
    name, message = report(work, silent, todo)["error"]
    assert "mongodb://127.0.0.1:9/" in message and "FIFTYONE_DATABASE_URI" in message
    assert "pw" not in message
    with pytest.raises(EngineError):
        raise_failure(name, message, "color-1")


def test_a_stage_that_the_worker_lacks_is_named(dataset, target):
    work = work_of(dataset, ColorEncoder())
    table = pa.table({"row": [0], "id": [dataset.first().id], "path": ["a"], "key": ["k"]})
    pickled = cloudpickle.dumps(work).replace(b"fakes", b"fakez")
    [text] = Worker(pickled, target, 1)(table)[RESULT]
    name, message = json.loads(text)["error"]
    assert name == "EngineError" and "fakez" in message and "on every node" in message


def test_without_a_uri_the_address_of_fiftyones_own_mongodb_is_used(dataset, target):
    assert target_of(dataset, None).uri.startswith("mongodb://127.0.0.1:")
    assert target.uri == fo.config.database_uri
