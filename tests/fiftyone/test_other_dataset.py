"""B of another dataset: each is read and written by itself, and cleaned up together."""

import base64
import io
import os
import re

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from PIL import Image

import visdiff_plugin as visdiff
from visdiff_plugin.errors import FieldError, RunError, SelectionError
from visdiff_plugin.runs import export
from visdiff_plugin.storing import run_moves, run_store

WORDS = ("red pictures", "blue pictures", "a dog")


def compare(dataset, b, key="run", a="rest", **changes):
    options = {
        "captioner": ColorCaptioner(), "encoder": ColorEncoder(),
        "proposer": ListProposer(*WORDS), "properties": False, **changes,
    }  # fmt: skip
    return visdiff.compare(dataset, a, b, key, **options)


def by_words(run):
    return {difference.description: difference for difference in run.differences}


@pytest.fixture
def two(make_dataset):
    """A dataset of red images, and another of blue ones."""
    return make_dataset(n=30, colors=("red",)), make_dataset(n=40, colors=("blue",))


def test_what_is_made_is_stored_and_reused_on_each_datasets_own_samples(two):
    home, other = two
    encoder = ColorEncoder()
    run = compare(home, f"dataset:{other.name}", encoder=encoder, properties=True)
    assert (run.n_a, run.n_b, run.dataset, run.dataset_b) == (30, 40, home.name, other.name)
    assert run.label_b == other.name and run.record["sets"]["b"] == f"dataset:{other.name}"
    assert by_words(run)["red pictures"].favors == "a" and run.significant
    assert any(difference.source == "property" for difference in run.significant)
    assert len(encoder.seen) == 70
    for dataset, n in ((home, 30), (other, 40)):
        for field in (*run.fields, *run.record["fields"].values()):
            assert dataset.count(field) == n
        field = dataset.get_field(by_words(run)["red pictures"].field)
        assert field.description == "red pictures"
        assert "visdiff_embedding_color_1" in dataset.get_field_schema()
    assert max(other.values(by_words(run)["red pictures"].field)) < min(
        home.values(by_words(run)["red pictures"].field)
    )
    assert visdiff.load(home, "run") == run and visdiff.list_runs(other) == []
    assert f"of {home.name!r} and of {other.name!r}" in run.summary()

    again = compare(home, other, "again", encoder=encoder, properties=True)
    assert len(encoder.seen) == 70
    assert again.reused["embeddings"] == {"reused": 70, "computed": 0}
    own = visdiff.embed(other, ColorEncoder())
    assert (own.reused, own.computed) == (40, 0)


def test_it_is_the_same_as_one_dataset_and_swapping_mirrors_it(two):
    home, other = two
    run = compare(home, other.view(), properties=True)
    both = fo.Dataset(f"{home.name}-both")
    try:
        both.add_samples([fo.Sample(filepath=one.filepath, tags=one.tags) for one in home])
        both.add_samples([fo.Sample(filepath=one.filepath, tags=one.tags) for one in other])
        single = compare(both, "tag:blue", a="tag:red", properties=True)
    finally:
        both.delete()
    swapped = compare(other, f"dataset:{home.name}", "swapped", properties=True)
    assert [difference.description for difference in run.differences] == [
        difference.description for difference in single.differences
    ]
    mirrored = by_words(swapped)
    for mine, by_word in by_words(run).items():
        assert by_word.auroc == by_words(single)[mine].auroc
        assert by_word.auroc == pytest.approx(1 - mirrored[mine].auroc, abs=1e-12)
        assert by_word.q_value == pytest.approx(mirrored[mine].q_value)
    assert run.separability["auroc"] == single.separability["auroc"]


def test_the_same_file_in_both_is_in_both_sets(two):
    home, other = two
    copied = home.limit(5).values("filepath")
    other.add_samples([fo.Sample(filepath=path) for path in copied])
    run = compare(home, other)
    assert (run.n_a, run.n_b) == (25, 40)
    assert [(skipped_item.reason, skipped_item.count) for skipped_item in run.skipped] == [
        ("in both sets", 5)
    ]
    with pytest.raises(SelectionError, match="got 5 in both"):
        compare(home, other, "strict", overlap="error")
    with pytest.raises(SelectionError, match="same 30 samples"):
        compare(home, home.clone(f"{home.name}-clone"), "same")
    fo.delete_dataset(f"{home.name}-clone")


def test_a_clone_keeps_ids_but_not_files(two):
    """What a user does who changes the images of a copy, such as a corrupted test set."""
    home, other = two
    copy = home.clone(f"{home.name}-copy")
    try:
        copy.set_values("filepath", other.limit(30).values("filepath"))
        assert set(copy.values("id")) == set(home.values("id"))
        run = compare(home, copy, properties=True)
        assert (run.n_a, run.n_b) == (30, 30)
        red = by_words(run)["red pictures"]
        assert red.auroc == 1.0 and red.auroc_all == 1.0
        assert min(home.values(red.field)) > max(copy.values(red.field))
        shown = run.record["rounds"][0]
        assert set(shown["sampled_a"]) <= set(home.values("id"))
        duplicates = compare(home, copy, "tied", cluster_by="near_duplicates", held_out=False)
        assert "60 images form" in " ".join(duplicates.notes)
        text = export(home, "run")
        shown = [base64.b64decode(one) for one in re.findall(r'src="data:[^,"]+,([^"]+)"', text)]
        pixels = [np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in shown]
        reds = sum(pixel[..., 0].mean() > pixel[..., 2].mean() for pixel in pixels)
        assert 0 < reds < len(shown)  # were B's looked up in A, all would be red
    finally:
        copy.delete()


def test_fields_are_read_from_each_set_s_own_dataset(two):
    home, other = two
    for dataset, shift in ((home, 0), (other, 2)):
        places = [f"place {row % 5 + shift}" for row in range(len(dataset))]
        dataset.set_values("place", places)
        names = [fo.Classification(label=place) for place in places]
        dataset.set_values("truth", names)
        dataset.set_values("words", [f"a {tags[0]} thing" for tags in dataset.values("tags")])
    run = compare(home, other, "paired", pair_by="place")
    assert any(note.startswith("Paired by place: 3 values are in both sets") for note in run.notes)
    run = compare(home, other, "controlled", control_for="truth", captioner="field:words")
    assert any("Controlled for truth: 3 strata hold both sets" in note for note in run.notes)
    run = compare(home, other, "labeled", label_fields=["truth"], encoder=ColorEncoder("two"))
    found = {difference.measure for difference in run.differences}
    assert "truth" in found
    only_a = by_words(run)["place 1 (truth)"]
    assert only_a.prevalence_b == 0.0 and only_a.prevalence_a > 0
    mine = visdiff.rank(
        home, "red", f"dataset:{other.name}/blue", ["red", "zebra"], "mine",
        preset="offline", captioner="field:words",
    )  # fmt: skip
    assert by_words(mine)["red"].favors == "a" and mine.label_b == f"blue of {other.name}"


def test_what_only_one_dataset_has_is_said_before_anything_is_made(two):
    home, other = two
    home.set_values("words", ["a red thing"] * 30)
    before = sorted(other.get_field_schema())
    with pytest.raises(FieldError, match=f"field of '{other.name}', got 'words'"):
        compare(home, other, captioner="field:words")
    other.add_sample_field("words", fo.StringField)
    with pytest.raises(FieldError, match=f"got none on 40 samples of '{other.name}'"):
        compare(home, other, captioner="field:words")
    other.delete_sample_field("words")
    other.set_values("clip", [np.ones(5, np.float32)] * 40)
    with pytest.raises(FieldError, match="of 3 dimensions, as color-1 makes, got 5"):
        compare(home, other, embedding_field="clip")
    other.delete_sample_field("clip")
    with pytest.raises(SelectionError, match="There are|Did you mean"):
        compare(home, "dataset:nowhere")
    with pytest.raises(SelectionError, match="saved view of .* 'bleu'. Did you mean 'blue'"):
        compare(home, f"dataset:{other.name}/bleu")
    with pytest.raises(SelectionError, match="Only B can come from another dataset"):
        compare(home, "red", a=f"dataset:{other.name}")
    assert sorted(other.get_field_schema()) == before and visdiff.list_runs(home) == []


def test_unusable_images_of_both_are_counted_together(two):
    home, other = two
    os.remove(home.first().filepath)
    os.remove(other.first().filepath)
    with open(other.last().filepath, "w") as file:
        file.write("no image")
    run = compare(home, other, properties=True)
    assert (run.n_a, run.n_b) == (29, 38)
    counts = {skipped_item.reason: skipped_item.count for skipped_item in run.skipped}
    assert counts["file not found"] == 2 and sum(counts.values()) == 3


def test_deleting_and_renaming_clean_up_both(two):
    home, other = two
    before = [set(one.get_field_schema()) for one in two]
    compare(home, other)
    run = visdiff.rename(home, "run", "renamed")
    for dataset, n in ((home, 30), (other, 40)):
        assert dataset.get_field("run") is None and dataset.count(run.fields[0]) == n
    assert visdiff.delete(home, "renamed") == ()
    shared = {"visdiff_keys", "visdiff_caption_color_captions_1", "visdiff_embedding_color_1"}
    for dataset, names in zip(two, before, strict=True):
        assert set(dataset.get_field_schema()) == names | shared


def test_a_dataset_that_is_gone_or_renamed_does_not_stand_in_the_way(two):
    home, other = two
    name = other.name
    compare(home, other)
    other.name = f"{name}-moved"
    left = f"field 'run': there is no dataset '{name}'"
    run = visdiff.rename(home, "run", "first")
    assert left in run.notes[-1] and visdiff.load(home, "first") == run
    compare(home, other, "gone")
    compare(home, other, "kept")
    [said] = visdiff.delete(home, "first")
    assert f"field 'first': there is no dataset '{name}'" in said
    assert other.get_field("run") is not None and home.get_field("first") is None
    other.delete_sample_field("kept")
    assert visdiff.delete(home, "kept") == ()
    other.delete()
    [said] = visdiff.delete(home, "gone")
    assert "it was renamed or deleted" in said and visdiff.list_runs(home) == []


def test_another_runs_scores_are_never_touched(two, make_dataset):
    home, other = two
    third = make_dataset(n=20, colors=("green",))
    compare(home, other)
    with pytest.raises(RunError, match=f"was B of a run of dataset '{home.name}'"):
        compare(third, other)
    with pytest.raises(RunError, match="was B of a run of dataset"):
        visdiff.compare(other, "blue", third, "run", preset="offline")
    own = compare(other, third, "own")
    with pytest.raises(RunError, match="'own', a run of"):
        compare(home, other, "own")
    with pytest.raises(RunError, match="'own', a run of"):
        visdiff.rename(home, "run", "own")
    assert visdiff.load(other, "own") == own and home.get_field("run") is not None
    # a field of the same name that another run wrote meanwhile
    other.delete_sample_field("run")
    compare(third, other)
    [said] = visdiff.delete(home, "run")
    assert "holds no scores of this run" in said and other.count("run") == 40


def test_a_run_that_is_written_again_against_another_dataset(two, make_dataset):
    home, other = two
    third = make_dataset(n=20, colors=("green",))
    compare(home, other)
    with pytest.raises(RunError, match="which already exists"):
        compare(home, third)
    run = compare(home, third, overwrite=True)
    assert other.get_field("run") is None and third.count(run.fields[0]) == 20
    again = compare(home, third, overwrite=True)
    assert third.count(again.fields[0]) == 20


def test_a_run_that_was_stopped_leaves_nothing_on_either(two, monkeypatch):
    home, other = two

    def stopped(*args, **kwargs):
        raise SystemExit

    monkeypatch.setattr(run_moves, "save_record", stopped)
    with pytest.raises(SystemExit):
        compare(home, other)
    assert home.list_runs() == [] and not [one for one in two if one.get_field("run")]
    delete = run_store.delete
    monkeypatch.setattr(run_store, "delete", lambda *args, **kwargs: ())  # killed
    with pytest.raises(SystemExit):
        compare(home, other)
    monkeypatch.setattr(run_store, "delete", delete)
    monkeypatch.undo()
    assert all(one.get_field("run") for one in two)
    assert visdiff.delete(home, "run") == ()
    assert not [one for one in two if one.get_field("run")]


def test_a_clone_deletes_its_own_run_alone(two):
    home, other = two
    run = compare(home, other)
    clone = home.clone(f"{home.name}-clone")
    try:
        [left] = visdiff.delete(clone, "run")
        assert "cloned from" in left and other.count(run.fields[0]) == 40
        assert visdiff.load(home, "run") == run
    finally:
        fo.delete_dataset(clone.name)
    home.name = f"{home.name}-renamed"  # by another name it is the same dataset
    assert visdiff.delete(home, "run") == () and other.get_field("run") is None
