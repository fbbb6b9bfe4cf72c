"""The whole path on a small dataset: what is found, stored, reused and mirrored."""

import os
import threading
import time

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff

WORDS = ("red pictures", "blue pictures", "a dog")


def compare(dataset, key="run", a="red", b="blue", **changes):
    options = {
        "captioner": ColorCaptioner(),
        "encoder": ColorEncoder(),
        "proposer": ListProposer(*WORDS),
        "properties": False,
        **changes,
    }
    return visdiff.compare(dataset, a, b, key, **options)


def test_the_planted_difference_is_found_and_written(dataset):
    steps = []
    run = compare(dataset, progress=lambda fraction, label: steps.append((fraction, label)))
    best, second, third = run.differences
    assert {best.description, second.description} == set(WORDS[:2])
    assert best.significant and second.significant and not third.significant
    by_words = {difference.description: difference for difference in run.differences}
    assert by_words["red pictures"].favors == "a" and by_words["red pictures"].auroc == 1.0
    assert by_words["blue pictures"].favors == "b" and by_words["blue pictures"].auroc == 0.0
    assert run.held_out
    # held out: each round is tested on the 40 of 60 images a set that it did not see
    assert (best.n_a, best.n_b, run.n_a, run.n_b) == (40, 40, 60, 60)

    field = by_words["red pictures"].field
    top = dataset.exists(field).sort_by(field, reverse=True).limit(60)
    assert set(top.distinct("tags")) == {"red"}
    assert dataset.get_field(field).description == "red pictures"
    assert isinstance(dataset.get_field(field), fo.FloatField)
    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert visdiff.load(dataset, "run") == run


def test_stored_scores_are_the_cosines(dataset):
    run = compare(dataset)
    field = next(
        difference.field
        for difference in run.differences
        if difference.description == "red pictures"
    )
    ids, paths, stored = dataset.values(["id", "filepath", field])
    encoder = ColorEncoder()
    images, text = encoder.encode_images(paths), encoder.encode_texts(["red pictures"])[0]
    expected = images @ text / np.linalg.norm(images, axis=1) / np.linalg.norm(text)
    assert stored == pytest.approx(expected, abs=1e-6)


def test_swapping_the_sets_mirrors_the_result_exactly(dataset):
    forward = compare(dataset, "forward", properties=True)
    backward = compare(dataset, "backward", a="blue", b="red", properties=True)
    mirrored = {"a": "b", "b": "a", None: None}
    assert len(forward.differences) > 6
    for difference, other in zip(forward.differences, backward.differences, strict=True):
        assert difference.description == other.description
        assert other.favors == mirrored[difference.favors]
        assert other.auroc == pytest.approx(1 - difference.auroc, abs=1e-12)
        assert other.q_value == pytest.approx(difference.q_value, abs=1e-12)
        assert other.prevalence_a == difference.prevalence_b


def test_no_proposer_sees_the_evidence(dataset):
    proposer = ListProposer(*WORDS)
    run = compare(dataset, proposer=proposer, rounds=2, subset_size=10)
    assert len(proposer.shown) == 4  # two rounds, two directions
    seen = {one for shown in proposer.shown for side in shown for one in side}
    # each round's proposals are tested on the fifty of sixty that it did not see
    assert len(seen) == 40 and run.differences[0].n_a == 50
    sampled = [one["sampled_a"] for one in run.record["rounds"] if one["side"] == "a"]
    assert all(one in [first for first, _ in proposer.shown] for one in sampled)


def test_small_sets_are_cross_fitted_and_tiny_ones_say_that_they_are_not_held_out(make_dataset):
    proposer = ListProposer(*WORDS)
    run = compare(make_dataset(n=12), proposer=proposer)
    assert run.held_out and "saw 4 images of A and 4 of B" in " ".join(run.notes)
    # three rounds, two directions, a third of twelve images each
    assert len(proposer.shown) == 6 and {len(a) for a, _ in proposer.shown} == {4}
    best = run.differences[0]
    assert (best.n_a, best.n_b) == (8, 8) and best.auroc in (0.0, 1.0)
    run = compare(make_dataset(n=7))
    assert not run.held_out and not run.differences[0].held_out
    assert "Not held out" in " ".join(run.notes) and "Not held out" in run.summary()


def test_a_second_run_computes_nothing_again(dataset):
    compare(dataset, "first", properties=True)
    encoder, captioner = ColorEncoder(), ColorCaptioner()
    run = compare(dataset, "second", encoder=encoder, captioner=captioner, properties=True)
    assert encoder.seen == captioner.seen == []
    everything = {"reused": 120, "computed": 0}
    assert run.reused == {
        "captions": everything,
        "embeddings": everything,
        "properties": everything,
    }
    assert "120 reused, 0 computed" in run.summary()


def test_only_what_changed_is_computed_again(dataset):
    compare(dataset, "first")
    changed = dataset.first().filepath
    os.utime(changed, ns=(1, 1))
    encoder = ColorEncoder()
    compare(dataset, "second", encoder=encoder)
    assert encoder.seen == [changed]
    captioner = ColorCaptioner(prompt="another prompt")
    run = compare(dataset, "third", captioner=captioner)
    assert len(captioner.seen) == 120
    assert run.reused["captions"] == {"reused": 0, "computed": 120}
    assert run.reused["embeddings"] == {"reused": 120, "computed": 0}


def test_what_was_computed_before_a_failure_is_kept(dataset):
    class Stops(ColorEncoder):
        def encode_images(self, paths):
            if len(self.seen) >= 64:
                raise KeyboardInterrupt
            return super().encode_images(paths)

    with pytest.raises(KeyboardInterrupt):
        compare(dataset, encoder=Stops(), batch_size=32)
    assert dataset.list_runs() == [] and dataset.get_field("run") is None
    run = compare(dataset)
    assert run.reused["embeddings"] == {"reused": 64, "computed": 56}


def test_a_field_of_captions_and_user_hypotheses(dataset):
    dataset.set_values("words", [f"a {tags[0]} thing" for tags in dataset.values("tags")])
    run = visdiff.rank(
        dataset, "red", "blue", ["red things", "blue", "zebra"], "mine",
        preset="offline", captioner="field:words",
    )  # fmt: skip
    found = {difference.description: difference for difference in run.differences}
    assert found["red things"].favors == "a" and found["red things"].significant
    assert found["blue"].favors == "b" and not found["zebra"].significant
    assert found["red things"].held_out and found["red things"].n_a == 60
    assert {difference.source for difference in run.differences} == {"user"}


def test_the_offline_preset_compares_properties_labels_and_captions(dataset):
    labels = [fo.Classification(label=tags[0] + " label") for tags in dataset.values("tags")]
    dataset.set_values("truth", labels)
    run = visdiff.compare(
        dataset, "red", "blue", "offline",
        preset="offline", captioner="field:truth", label_fields=["truth"],
    )  # fmt: skip
    sources = {difference.source for difference in run.significant}
    assert sources == {"keyword", "property", "label"}
    words = {difference.description: difference for difference in run.significant}
    assert words["red label (truth)"].prevalence_a == 1.0
    assert words["red label (truth)"].prevalence_b == 0.0


def test_objects_are_counted_and_measured(dataset):
    def boxes(n, side):
        one = {"label": "dog", "bounding_box": [0.1, 0.1, side, side]}
        return fo.Detections(detections=[fo.Detection(**one) for _ in range(n)])

    values = [
        boxes(3 + k % 2, 0.1) if tags == ["red"] else boxes(1, 0.5)
        for k, tags in enumerate(dataset.values("tags"))
    ]
    dataset.set_values("objects", values)
    run = visdiff.compare(
        dataset, "red", "blue", "objects_run",
        preset="offline", label_fields=["objects"], properties=False,
    )  # fmt: skip
    found = {difference.measure: difference for difference in run.significant}
    assert len(found) == 2 and all("(objects)" in item.description for item in found.values())
    assert "No captions" in run.notes[0]


def test_an_embedding_field_that_is_there_is_read(dataset):
    encoder = ColorEncoder()
    vectors = encoder.encode_images(dataset.values("filepath")).astype(np.float64) * 7
    dataset.set_values("clip", list(vectors))
    dataset.first().clear_field("clip")
    other = ColorEncoder()
    run = compare(dataset, encoder=other, embedding_field="clip")
    assert other.seen == []
    assert run.differences[0].auroc in (0.0, 1.0)
    assert any("did not create" in note for note in run.notes)
    sample = dataset.first()
    sample["clip"] = None
    sample.save()
    run = compare(dataset, "again", encoder=other, embedding_field="clip")
    assert [(skipped_item.count, skipped_item.reason) for skipped_item in run.skipped] == [
        (1, "no stored embedding")
    ]


def test_caption_and_embed_store_what_compare_reuses(dataset):
    done = visdiff.caption(dataset.match_tags("red"), ColorCaptioner())
    assert (done.computed, done.reused, done.skipped) == (60, 0, ())
    assert visdiff.caption(dataset, ColorCaptioner(), field=done.field).reused == 60
    assert set(dataset.match_tags("red").distinct(done.field)) == {"a red picture of something"}
    stored = visdiff.embed(dataset, ColorEncoder())
    vector = dataset.first()[stored.field]
    assert isinstance(dataset.get_field(stored.field), fo.VectorField)
    assert vector.dtype == np.float32 and np.linalg.norm(vector) == pytest.approx(1)
    assert compare(dataset).reused["embeddings"] == {"reused": 120, "computed": 0}


def test_rounds_are_asked_at_the_same_time(dataset):
    class Slow(ListProposer):
        at_once = most = 0
        lock = threading.Lock()

        def propose(self, a, b):
            with self.lock:
                Slow.at_once += 1
                Slow.most = max(Slow.most, Slow.at_once)
            time.sleep(0.2)
            with self.lock:
                Slow.at_once -= 1
            return super().propose(a, b)

    compare(dataset, proposer=Slow(*WORDS))
    assert Slow.most == 6
