"""Bulk reads and writes are as FiftyOne's own: values, types, times, on views of every kind."""

import io
import time
import zlib
from datetime import timedelta

import fiftyone as fo
import numpy as np
import pytest

from visdiff_plugin.dataset import own_fields
from visdiff_plugin.engines.kind import Kind
from visdiff_plugin.errors import FieldError
from visdiff_plugin.kept import declared
from visdiff_plugin.mongo import documents, saver, updates
from visdiff_plugin.mongo.vector_bytes import encode_vector


@pytest.fixture
def vectors():
    return np.random.default_rng(5).normal(size=(120, 16)).astype(np.float32)


@pytest.fixture
def filled(dataset, vectors, monkeypatch):
    """Both fields hold the same vectors: one written by FiftyOne, one by us, in several chunks."""
    for module in (documents, updates, saver):
        monkeypatch.setattr(module, "CHUNK", 25)
    dataset.set_values("theirs", list(vectors))
    dataset.add_sample_field("ours", fo.VectorField)
    updates.write_columns(dataset, dataset.values("id"), {"ours": vectors})
    return dataset


def views(dataset):
    dataset.save_view("kept", dataset.match_tags("red").limit(9))
    return {
        "dataset": dataset,
        "match": dataset.match(fo.ViewField("theirs") != None),  # noqa: E711
        "select, ordered": dataset.select(dataset.values("id")[40:10:-3], ordered=True),
        "sort": dataset.sort_by("filepath", reverse=True),
        "select_fields": dataset.select_fields(["ours", "theirs"])[10:40],
        "saved view": dataset.load_saved_view("kept"),
        "take": dataset.take(17, seed=1),
        "shuffle": dataset.shuffle(seed=3),
        "exists": dataset.exists("theirs").skip(3),
        "exclude": dataset.exclude(dataset.values("id")[:100]),
        "added": dataset.match_tags("red").concat(dataset.match_tags("blue")),
    }


def test_fiftyone_reads_it_on_every_view_as_if_it_had_written_it(filled):
    for name, view in views(filled).items():
        ours, theirs = view.values("ours"), view.values("theirs")
        assert len(ours) == len(view) > 0, name
        kinds = [[(one.dtype, one.shape) for one in side] for side in (ours, theirs)]
        assert kinds[0] == kinds[1], name
        assert np.array_equal(np.stack(ours), np.stack(theirs)), name
        read = documents.read_vectors(filled, view.values("id"), "ours")
        assert read.dtype == np.float32 and np.array_equal(read, np.stack(theirs)), name
        assert np.array_equal(documents.read_vectors(filled, view.values("id"), "theirs"), read)
    sample = filled.first()
    assert np.array_equal(sample["ours"], sample["theirs"])
    assert type(filled.get_field("ours")) is type(filled.get_field("theirs"))
    fresh = fo.load_dataset(filled.name)
    fresh.reload()
    assert fresh.count("ours") == 120


def test_the_ids_of_a_view_are_those_that_fiftyone_gives(filled):
    for name, view in views(filled).items():
        assert documents.view_ids(filled, view) == view.values("id"), name
    assert documents.view_ids(filled, filled.match_tags("nothing")) == []


def test_ids_may_repeat_and_need_not_exist(filled, vectors):
    ids = filled.values("id")
    asked = [ids[3], "0" * 24, ids[3], ids[90], *ids[::-1]]
    read = documents.read_vectors(filled, asked, "ours")
    assert np.isnan(read[1]).all()
    assert np.array_equal(read[[0, 2, 3]], vectors[[3, 3, 90]])
    assert np.array_equal(read[4:], vectors[::-1])
    paths = filled.values("filepath")
    wanted = [paths[3], None, paths[3], paths[90], *paths[::-1]]
    assert documents.read_columns(filled, asked, ["filepath"])["filepath"] == wanted
    filled.select(ids[3]).set_values("ours", [None])
    there = documents.read_columns(filled, asked[:4], ["filepath"], present="ours")
    assert there == {"filepath": [None, None, None, paths[90]]}
    assert documents.read_present(filled, asked[:4], "ours") == {ids[90]}
    with pytest.raises(ValueError, match="24 hexadecimal digits"):
        documents.read_vectors(filled, ["abcd"], "ours")


def test_scores_are_written_where_they_are_finite(dataset, monkeypatch):
    monkeypatch.setattr(updates, "CHUNK", 25)
    names = ["one", "two", "three"]
    scores = np.random.default_rng(1).normal(size=(120, 3)).astype(np.float32)
    scores[5, 1] = scores[30:40, 0] = np.nan
    scores[50] = np.inf
    declared.declare(dataset, Kind("numbers", "run", "a test"))
    own_fields.declare_numbers(dataset, "run", dict.fromkeys(names, "A number."))
    before = dataset.values("last_modified_at")
    updates.write_documents(dataset, dataset.values("id"), "run", names, scores)
    for column, name in enumerate(names):
        wanted = [float(x) if np.isfinite(x) else None for x in scores[:, column]]
        assert dataset.values(f"run.{name}") == wanted
    assert all(new > old for new, old in zip(dataset.values("last_modified_at"), before,
                                             strict=True))  # fmt: skip
    assert dataset.exists("run.two").sort_by("run.two").first().run.two == np.nanmin(
        scores[:, 1][np.isfinite(scores[:, 1])]
    )


def test_long_vectors_and_long_commands(dataset, monkeypatch):
    monkeypatch.setattr(saver, "_MOST_BYTES", 300_000)
    long = np.random.default_rng(2).normal(size=(5, 20_000)).astype(np.float32)
    ids = dataset.values("id")[:5]
    dataset.add_sample_field("ours", fo.VectorField)
    updates.write_columns(dataset, ids, {"ours": long})
    assert np.array_equal(np.stack(dataset.select(ids).values("ours")), long)
    assert np.array_equal(documents.read_vectors(dataset, ids, "ours"), long)


def test_slices_of_a_group_dataset(vectors):
    dataset = fo.Dataset()
    try:
        dataset.add_group_field("group", default="left")
        samples = []
        for number in range(10):
            group = fo.Group()
            for side in ("left", "right"):
                path = f"/nowhere/{number}-{side}.jpg"
                samples.append(fo.Sample(filepath=path, group=group.element(side)))
        dataset.add_samples(samples, progress=False)
        dataset.add_sample_field("ours", fo.VectorField)
        right = dataset.select_group_slices("right")
        updates.write_columns(dataset, right.values("id"), {"ours": vectors[:10]})
        assert np.array_equal(np.stack(right.values("ours")), vectors[:10])
        for view in (right, dataset.select_group_slices("left"), dataset.view()):
            assert documents.view_ids(dataset, view) == view.values("id")
        assert dataset.select_group_slices("left").values("ours") == [None] * 10
        dataset.group_slice = "right"
        assert dataset.count("ours") == 10
    finally:
        dataset.delete()


def test_last_modified_is_ours_and_of_nobody_else(filled, vectors):
    before = dict(zip(*filled.values(["id", "last_modified_at"]), strict=True))
    time.sleep(0.01)
    some = filled.values("id")[:30]
    updates.write_columns(filled, some, {"ours": vectors[:30]})
    after = dict(zip(*filled.values(["id", "last_modified_at"]), strict=True))
    changed = {one for one in before if after[one] != before[one]}
    assert changed == set(some)
    theirs = filled.select(some[:1])
    theirs.set_values("theirs", [vectors[0]])
    stamp = theirs.values("last_modified_at")[0]
    assert type(stamp) is type(after[some[0]]) and stamp.tzinfo == after[some[0]].tzinfo
    assert timedelta(0) <= stamp - after[some[0]] < timedelta(minutes=5)


def test_a_sample_in_hand_is_reloaded(filled, vectors):
    sample = filled.first()
    updates.write_columns(filled, [sample.id], {"ours": vectors[:1] + 1})
    assert np.array_equal(sample["ours"], vectors[0] + 1)


def test_what_is_missing_is_nan(dataset, vectors):
    ids = dataset.values("id")
    dataset.add_sample_field("ours", fo.VectorField)
    assert documents.read_vectors(dataset, ids, "ours").shape == (120, 0)
    updates.write_columns(dataset, ids[:50], {"ours": vectors[:50]})
    read = documents.read_vectors(dataset, ids[::-1], "ours")[::-1]
    assert np.isnan(read[50:]).all() and np.array_equal(read[:50], vectors[:50])
    assert documents.read_vectors(dataset, [], "ours").shape == (0, 0)
    updates.write_columns(dataset, [], {"ours": vectors[:0]})
    with pytest.raises(ValueError, match="Expected 3 values for 'ours'"):
        updates.write_columns(dataset, ids[:3], {"ours": vectors[:2]})


def test_other_ways_to_store_a_vector_are_read_too(dataset, vectors):
    ids = dataset.values("id")
    whole = np.arange(16)
    with io.BytesIO() as buffer:
        np.lib.format.write_array(buffer, vectors[4], version=(2, 0))
        second = zlib.compress(buffer.getvalue())
    dataset.add_sample_field("ours", fo.VectorField)
    dataset.select(ids[:1]).set_values("ours", [vectors[0].astype(np.float64)])
    dataset.select(ids[1:2]).set_values("ours", [whole])
    values = {
        ids[2]: vectors[2].tolist(),
        ids[3]: encode_vector(vectors[3]),
        ids[4]: second,
        ids[5]: encode_vector(vectors[5].astype(">f4")),
    }
    updates.write_columns(dataset, [*values], {"ours": [*values.values()]})
    read = documents.read_vectors(dataset, ids[:6], "ours")
    for row in (0, 2, 3, 4, 5):
        assert np.array_equal(read[row], vectors[row]), row
    assert np.array_equal(read[1], whole)
    dataset.select(ids).set_values("doubles", list(vectors.astype(np.float64)))
    assert np.array_equal(documents.read_vectors(dataset, ids, "doubles"), vectors)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"no zlib", "something else"),
        (zlib.compress(b"no array"), "something else"),
        (zlib.compress(b""), "something else"),
        ("text", "something else"),
        (encode_vector(np.zeros((2, 16))), "shape"),
        (encode_vector(np.zeros(8)), r"dimensions in 'ours', got one of"),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_never_data(filled, value, message):
    updates.write_columns(filled, filled.values("id")[60:61], {"ours": [value]})
    with pytest.raises(FieldError, match=message):
        documents.read_vectors(filled, filled.values("id"), "ours")


def test_columns_of_any_kind_are_written_together(dataset, vectors, monkeypatch):
    monkeypatch.setattr(updates, "CHUNK", 25)
    ids = dataset.values("id")
    own_fields.declare_document(dataset, "run", {"x": "A number."}, {"set": "A text."})
    for name in ("v", "mixed"):
        dataset.add_sample_field(f"run.{name}", fo.VectorField)
    dataset.add_sample_field("words", fo.StringField)
    numbers = np.arange(120) / np.float32(7)
    mixed = [vector[: 3 + row % 2] for row, vector in enumerate(vectors)]
    alike = {"run.x": numbers, "run.set": ["A", "B"] * 60, "run.v": vectors}
    updates.write_columns(dataset, ids, alike)
    words = [f"wörter {row}" for row in range(120)]
    updates.write_columns(dataset, ids, {"words": words, "run.mixed": mixed})
    assert dataset.values("run.x") == numbers.tolist()
    assert dataset.values("run.set") == ["A", "B"] * 60
    assert dataset.values("words") == words
    assert dataset.sort_by("run.x", reverse=True).first().run.x == numbers[119]
    assert np.array_equal(documents.read_vectors(dataset, ids, "run.v"), vectors)
    assert all(map(np.array_equal, dataset.values("run.mixed"), mixed))
    # numbers and vectors beside texts of several lengths are encoded one by one
    columns = {"words": ["a", "bc"], "run.x": numbers[5:7], "run.v": vectors[5:7]}
    updates.write_columns(dataset, ids[:2], columns)
    assert dataset.values("run.x")[:2] == numbers[5:7].tolist()
    assert np.array_equal(documents.read_vectors(dataset, ids[:2], "run.v"), vectors[5:7])


def test_a_refused_value_is_an_error(filled):
    with pytest.raises(ValueError, match="Expected values that MongoDB can hold"):
        updates.write_columns(filled, [filled.first().id], {"_id": ["another"]})
