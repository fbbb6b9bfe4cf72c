"""Runs on a dataset: listed, renamed, deleted; unfinished ones; bulk writes read back."""

import subprocess
import sys

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff
from visdiff_plugin.errors import RunError
from visdiff_plugin.mongo import documents, updates
from visdiff_plugin.mongo.vector_bytes import decode_vector, encode_vector
from visdiff_plugin.runs import annotate, export
from visdiff_plugin.storing import run_store, score_fields


def compare(dataset, key, *words):
    return visdiff.compare(
        dataset, "red", "blue", key,
        captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False,
        proposer=ListProposer(*words or ("red pictures", "a dog")),
    )  # fmt: skip


def test_list_rename_delete(dataset):
    before = set(dataset.get_field_schema())
    compare(dataset, "one")
    compare(dataset, "two")
    assert visdiff.list_runs(dataset) == ["one", "two"]
    shared_fields = set(dataset.get_field_schema()) - before - {"one", "two"}

    run = visdiff.rename(dataset, "one", "three")
    assert visdiff.list_runs(dataset) == ["three", "two"]
    assert all(field.startswith("three.") for field in run.fields)
    assert visdiff.load(dataset, "three") == run
    assert dataset.count(run.fields[0]) == 120 and dataset.get_field("one") is None
    with pytest.raises(RunError, match="'two', which already exists"):
        visdiff.rename(dataset, "three", "two")

    visdiff.delete(dataset, "three")
    assert visdiff.list_runs(dataset) == ["two"]
    assert set(dataset.get_field_schema()) == before | shared_fields | {"two"}
    for act in (visdiff.load, visdiff.delete):
        with pytest.raises(RunError, match=r"got 'three'\. Runs: \['two'\]"):
            act(dataset, "three")


def test_a_run_of_another_kind_is_not_ours(dataset):
    dataset.register_run("theirs", dataset.init_run(method="another"))
    assert visdiff.list_runs(dataset) == []
    with pytest.raises(RunError, match="got 'theirs'"):
        visdiff.delete(dataset, "theirs")
    assert dataset.has_run("theirs")


def test_a_run_that_was_stopped_while_written_is_seen_and_replaced(dataset, monkeypatch):
    def stopped(*args, **kwargs):
        raise SystemExit  # a killed process would not even clean up

    monkeypatch.setattr(run_store, "write_scores", stopped)
    monkeypatch.setattr(run_store, "delete", lambda *args, **kwargs: ())
    with pytest.raises(SystemExit):
        compare(dataset, "run")
    monkeypatch.undo()
    assert visdiff.list_runs(dataset) == ["run"]
    with pytest.raises(RunError, match="interrupted while saving"):
        visdiff.load(dataset, "run")
    assert [header["state"] for header in run_store.list_headers(dataset)] == ["interrupted"]
    assert compare(dataset, "run") == visdiff.load(dataset, "run")


def test_a_failed_write_leaves_nothing(dataset, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(score_fields, "write_documents", broken)
    with pytest.raises(OSError, match="disk full"):
        compare(dataset, "run")
    assert dataset.list_runs() == [] and dataset.get_field("run") is None


def test_another_process_sees_a_run_that_was_written_again(dataset):
    compare(dataset, "run", "red pictures")
    visdiff.load(dataset, "run")
    visdiff.compare(
        dataset, "red", "blue", "run", overwrite=True,
        captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False,
        proposer=ListProposer("blue pictures"),
    )  # fmt: skip
    loaded = visdiff.load(fo.load_dataset(dataset.name), "run")
    assert loaded.proposals == ("blue pictures",)


def test_what_another_process_says_of_a_run_is_read(dataset):
    compare(dataset, "run")
    dataset.persistent = True  # it is another process that opens it now
    said = (
        "import sys, fiftyone as fo; from visdiff_plugin.runs import annotate; "
        "annotate(fo.load_dataset(sys.argv[1]), 'run', 'a dog', verdict='rejected')"
    )
    subprocess.run([sys.executable, "-c", said, dataset.name], check=True, timeout=300)
    verdicts = {
        difference.description: difference.verdict
        for difference in visdiff.load(dataset, "run").differences
    }
    assert verdicts == {"red pictures": "", "a dog": "rejected"}


def test_the_record_holds_no_secret_and_is_plain_json(dataset, monkeypatch):
    import json

    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    run = compare(dataset, "run")
    stored = dataset.load_run_results("run", cache=False).record
    text = json.dumps(stored)
    assert "sk-very-secret" not in text and "fakes." not in text
    assert stored["schema_version"] == 1
    assert set(stored["record"]) >= {"seed", "stages", "rounds", "usage", "seconds", "versions"}
    assert run.record["stages"]["encoder"] == {"name": "color-1", "parameters": {}}


def test_field_names_are_made_of_any_description(dataset):
    run = compare(
        dataset, "run", "Ünïcode & symbols!", "3 dogs", "...red...", "red " * 40, "red-" * 40, "éé"
    )
    schema = dataset.get_field("run").get_field_schema()
    assert len(schema) - 1 == len(run.fields) == len(run.differences)
    assert all(name.isidentifier() and not name.startswith("_") for name in schema)
    assert dataset.get_field(run.fields[0]).description == run.differences[0].description


def test_the_app_can_tell_the_sets_apart(dataset):
    for key, words in (("run", ("red pictures", "set")), ("none", ("the",))):
        run = compare(dataset, key, *words)
        of_a = dataset.match(fo.ViewField(f"{key}.set") == "A")
        assert sorted(of_a.values("id")) == sorted(dataset.match_tags("red").values("id"))
        assert dataset.count_values(f"{key}.set") == {"A": 60, "B": 60}
        assert f"{key}.set" not in run.fields


def test_max_fields_limits_what_is_written(dataset):
    run = visdiff.compare(
        dataset, "red", "blue", "run", max_fields=1,
        captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False,
        proposer=ListProposer("red pictures", "a dog"),
    )  # fmt: skip
    assert len(run.fields) == 1 and run.differences[1].field is None


def test_fiftyone_still_has_the_private_names_that_bulk_access_uses(dataset):
    view = dataset.match_tags("red")
    used = [
        (dataset, ("_sample_collection", "_bulk_write", "_pipeline", "_doc")),
        (view, ("_pipeline", "_root_dataset", "_is_generated")),
    ]
    for one, names in used:
        for name in names:
            assert hasattr(one, name), (
                f"FiftyOne {fo.__version__} moved {type(one).__name__}.{name}"
            )
    assert isinstance(view._pipeline(), list)


def test_bulk_writes_read_back_as_if_fiftyone_had_written_them(dataset):
    dataset.add_sample_field("vector", fo.VectorField)
    dataset.add_sample_field("theirs", fo.VectorField)
    sample = dataset.first()  # in memory: must see the new value
    before = sample.last_modified_at
    vector = np.linspace(0, 1, 512, dtype=np.float32)
    updates.write_columns(dataset, [sample.id], {"vector": vector[None]})
    assert np.array_equal(sample["vector"], vector) and sample["vector"].dtype == np.float32
    assert sample.last_modified_at > before
    for view in (dataset, dataset.match_tags("red"), dataset.select_fields("vector").limit(1)):
        assert np.array_equal(view.first()["vector"], vector)
    sample["theirs"] = vector * 2
    sample.save()
    columns = documents.read_columns(dataset, [sample.id], ["theirs", "tags", "vector"])
    assert np.array_equal(decode_vector(columns["theirs"][0]), vector * 2)
    assert columns["tags"] == [["red"]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, ">f4"])
@pytest.mark.parametrize("shape", [(512,), (1,), (0,), (3, 4)])
def test_vectors_are_encoded_as_fiftyone_does(dtype, shape):
    from fiftyone.core.utils import deserialize_numpy_array, serialize_numpy_array

    vector = np.random.default_rng(0).normal(size=shape).astype(dtype)
    theirs = decode_vector(serialize_numpy_array(vector))
    ours = deserialize_numpy_array(encode_vector(vector))
    for found in (theirs, ours):
        assert found.dtype == vector.dtype and np.array_equal(found, vector)


def test_reads_go_through_lists(dataset):
    boxes = [fo.Detection(label=name, bounding_box=[0, 0, 1, 1]) for name in ("dog", "cat")]
    sample = dataset.first()
    sample["boxes"] = fo.Detections(detections=boxes)
    sample.save()
    paths = ["boxes.detections.label", "tags"]
    columns = documents.read_columns(dataset, [sample.id], paths)
    assert columns["boxes.detections.label"] == [["dog", "cat"]]


def test_reads_keep_the_order_of_the_ids(dataset):
    ids = dataset.values("id")[::-1]
    paths = documents.read_columns(dataset, ids, ["filepath", "metadata.width"])
    assert paths["filepath"] == dataset.values("filepath")[::-1]
    assert set(paths["metadata.width"]) == {None}


def test_what_a_reader_is_shown_is_stored_with_the_run(dataset):
    run = visdiff.load(dataset, compare(dataset, "run").run_key)
    red = next(
        difference for difference in run.differences if difference.description == "red pictures"
    )
    assert sum(red.histogram["a"]) == sum(red.histogram["b"]) == 60
    reds, blues = (set(dataset.match_tags(tag).values("id")) for tag in ("red", "blue"))
    scores = dict(zip(*dataset.values(["id", red.field]), strict=True))
    for side, own in (("a", reds), ("b", blues)):
        high, low = (red.examples[f"{end}_{side}"] for end in ("high", "low"))
        assert {*high, *low} <= own and len({*high, *low}) == 16
        least, most = (
            sorted(scores[one] for one in own)[:8],
            sorted(scores[one] for one in own)[-8:],
        )
        assert sorted(scores[one] for one in low) == least
        assert sorted(scores[one] for one in high) == most


def test_what_the_user_says_of_a_difference_is_kept(dataset):
    before = compare(dataset, "run")
    annotate(dataset, "run", "red pictures", verdict="confirmed")
    annotate(dataset, "run", "red pictures", note="as <b>planned</b>")
    run = visdiff.load(dataset, "run")
    said = {
        difference.description: (difference.verdict, difference.note)
        for difference in run.differences
    }
    assert said == {"red pictures": ("confirmed", "as <b>planned</b>"), "a dog": ("", "")}
    assert annotate(dataset, "run", "red pictures", verdict="", note="") == before
    with pytest.raises(RunError, match="got 'a cat'"):
        annotate(dataset, "run", "a cat", verdict="confirmed")
    with pytest.raises(ValueError, match="verdict out of"):
        annotate(dataset, "run", "a dog", verdict="maybe")


def test_reports_are_written_with_the_pictures_that_are_left(dataset, tmp_path):
    run = compare(dataset, "run")
    shown = next(difference for difference in run.differences if difference.significant).examples
    gone = shown["high_a"][0]
    dataset.delete_samples([gone])
    page = export(dataset, "run", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    assert page.count("<img") == 4 * 6  # the next one moves up
    assert export(dataset, "run", kind="csv").startswith("rank,description")
    with pytest.raises(ValueError, match="got 'docx'"):
        export(dataset, "run", str(tmp_path / "report.docx"))
