"""Control, clusters and pairs through the whole path: fields in, evidence and words out."""

import re
from datetime import datetime

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from PIL import Image

import visdiff_plugin as visdiff
from visdiff_plugin.dataset import fields
from visdiff_plugin.errors import FieldError
from visdiff_plugin.hypotheses import add_hypothesis


def compare(dataset, key="run", a="red", b="blue", **changes):
    options = {
        "captioner": ColorCaptioner(),
        "encoder": ColorEncoder(),
        "proposer": ListProposer("red pictures", "blue pictures"),
        "properties": False,
        **changes,
    }
    return visdiff.compare(dataset, a, b, key, **options)


def by_words(run):
    return {difference.description: difference for difference in run.differences}


@pytest.fixture
def mixed(make_dataset):
    """Set A is mostly red, set B mostly blue: color is a class, and nothing else differs."""
    dataset = make_dataset(150)
    rng = np.random.default_rng(0)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    in_a = rng.random(300) < np.where(red, 0.8, 0.2)
    dataset.set_values("color", [fo.Classification(label="red" if r else "blue") for r in red])
    dataset.set_values("side", ["a" if one else "b" for one in in_a])
    for side in "ab":
        dataset.save_view(side, dataset.match(fo.ViewField("side") == side))
    return dataset


def test_a_class_explains_what_only_follows_it(mixed):
    plain = compare(mixed, "plain", "a", "b")
    assert by_words(plain)["red pictures"].significant
    run = compare(mixed, "controlled", "a", "b", control_for="color")
    red = by_words(run)["red pictures"]
    assert (red.significant, red.control) == (False, "explained")
    assert red.auroc > 0.65 and abs(red.auroc_controlled - 0.5) < 0.12
    assert "Controlled for color: 2 strata hold both sets, with 300 of 300 images." in run.notes
    text = run.summary()
    assert text.startswith("No difference found") and "Under control of color" in text
    assert "explained by what was controlled for" in text
    assert plain.separability["p_value"] <= 0.05 < run.separability["p_value"]
    assert visdiff.load(mixed, "controlled") == run


def test_hypotheses_that_join_a_controlled_run_are_decided_with_it(mixed):
    own = ["red pictures", "a picture"]
    visdiff.rank(mixed, "a", "b", own, "run", encoder=ColorEncoder(), captioner=None,
                 preset="offline", control_for="color")  # fmt: skip
    for words in ("blue sky", "a red square", "blue pictures"):
        run = add_hypothesis(mixed, "run", words, encoder=ColorEncoder())
        assert run == visdiff.load(mixed, "run")
        for row in run.differences:
            assert row.significant == (row.control == "holds")
        listed = [line for line in run.summary().splitlines() if line.startswith("red pictures")]
        assert len(listed) == 1


def test_several_fields_and_numbers_can_be_controlled_for(mixed):
    mixed.set_values("weight", np.linspace(0, 1, 300).tolist())
    mixed.set_values("weight", {mixed.first().id: None}, key_field="id")
    run = compare(mixed, "run", "a", "b", control_for=["color", "weight"])
    note = next(note for note in run.notes if note.startswith("Controlled for color, weight"))
    assert "1 without a value can not be compared" in note
    assert by_words(run)["red pictures"].n_controlled < 300


def test_near_duplicates_count_once(make_dataset, tmp_path):
    dataset = make_dataset(30)
    copies = []
    for sample in dataset:
        for number in range(4):
            path = tmp_path / f"copy-{number}-{sample.id}.png"
            with Image.open(sample.filepath) as file:  # other files, but for one pixel the same
                red, green, blue = file.getpixel((7, 7))
                file.putpixel((7, 7), (red, green, blue ^ (number + 1)))
                file.save(path)
            copies.append(fo.Sample(filepath=str(path), tags=sample.tags))
    dataset.add_samples(copies, progress=False)
    changes = {"encoder": ColorEncoder(), "duplicate_similarity": 0.999_999}
    alone = by_words(compare(dataset, "alone", encoder=ColorEncoder()))
    noted = [note for note in visdiff.load(dataset, "alone").notes if "Near-duplicates" in note]
    assert len(noted) == 1 and "cluster_by='near_duplicates'" in noted[0]
    run = compare(dataset, "once", cluster_by="near_duplicates", **changes)
    once = by_words(run)["red pictures"]
    assert once.n_units <= 60 < alone["red pictures"].n_units
    assert once.p_value > alone["red pictures"].p_value
    found = re.search(r"300 images form (\d+) clusters of near-duplicates", " ".join(run.notes))
    assert not [note for note in run.notes if "optimistic" in note]
    assert 50 <= int(found.group(1)) <= 60  # flat pictures: two of them can be as good as one
    # a copy of an image that was proposed from is no held-out evidence
    origin = {}
    for sample in dataset:
        with Image.open(sample.filepath) as file:
            origin[sample.id] = file.tobytes()[:-3]
    shown = {origin[one] for part in run.record["rounds"] for one in part["sampled_a"]}
    assert len(shown) < 30


def test_clusters_and_pairs_come_from_fields(dataset):
    scenes = [number // 6 for number in range(60)] * 2
    dataset.set_values("scene", scenes)
    run = compare(dataset, "clustered", cluster_by="scene")
    assert "Clustered: 120 images form 10 clusters of scene, which count once." in run.notes
    assert by_words(run)["red pictures"].n_units < 10
    dataset.set_values("prompt", [f"prompt {number}" for number in range(60)] * 2)
    dataset.set_values("prompt", {dataset.first().id: None}, key_field="id")
    run = compare(dataset, "paired", pair_by="prompt")
    red = by_words(run)["red pictures"]
    assert (red.auroc, red.significant) == (1.0, True)
    assert red.n_a == red.n_b == red.n_units and run.held_out
    assert any("59 values are in both sets; 2 images have no partner" in note for note in run.notes)


def test_what_images_can_be_grouped_by(dataset):
    ids = dataset.values("id")[:3]
    dataset.set_values(
        "label",
        {
            ids[0]: fo.Detections(
                detections=[fo.Detection(label=one, bounding_box=[0, 0, 1, 1]) for one in "bab"]
            )
        },
        key_field="id",
    )
    dataset.set_values("when", {ids[1]: datetime(2020, 1, 2)}, key_field="id")
    dataset.set_values("vector", {ids[0]: np.ones(3)}, key_field="id")
    assert fields.read_keys(dataset, "label", ids) == ["a, b", None, None]
    assert fields.read_keys(dataset, "label.detections.label", ids[:1]) == ["a, b"]
    assert fields.read_keys(dataset, "when", ids)[1] == datetime(2020, 1, 2)
    assert fields.read_keys(dataset, "tags", ids) == ["red"] * 3
    with pytest.raises(FieldError, match="got vector"):
        fields.read_keys(dataset, "vector", ids)


def test_wrong_designs_are_refused_in_words(dataset):
    dataset.set_values("own", dataset.values("id"))
    for changes, message in (
        ({"control_for": "nothing"}, "Expected a field of"),
        ({"pair_by": "own"}, "that A and B share, got 0"),
        ({"cluster_by": "near_duplicates", "ranker": "tfidf", "encoder": None}, "near-duplicates"),
    ):
        with pytest.raises(FieldError, match=message):
            compare(dataset, **changes)
    for changes, message in (
        ({"pair_by": "own", "control_for": "tags"}, "pair_by alone"),
        ({"duplicate_similarity": 1.5}, "duplicate_similarity"),
        ({"test": "welch", "cluster_by": "own"}, "mann_whitney"),
    ):
        with pytest.raises(ValueError, match=message):
            compare(dataset, **changes)
    assert visdiff.list_runs(dataset) == []


def test_what_is_shown_is_chosen_paired_and_refined_and_the_record_says_so(dataset):
    class Refining(ListProposer):
        def refine(self, a, b, attempts):
            assert a.pairs == b.pairs is not None
            return [f"bright {attempt.description}" for attempt in attempts]

    # images of both colors in both sets, so that both descriptions get some wrong
    mixed = {one: number % 2 for number, one in enumerate(dataset.values("id"))}
    for side in (0, 1):
        ids = [one for one in mixed if mixed[one] == side]
        dataset.save_view(f"side {side}", dataset.select(ids))
    dataset.set_values("prompt", [str(number // 2) for number in range(120)])
    run = compare(
        dataset, "shown", "side 0", "side 1", proposer=Refining("red pictures", "blue pictures"),
        draw="sure", refine=1, pair_by="prompt", subset_size=5,
    )  # fmt: skip
    assert (run.config["draw"], run.config["refine"]) == ("sure", 1)
    prompt = dict(zip(dataset.values("id"), dataset.values("prompt"), strict=True))
    kinds = [one["kind"] for one in run.record["rounds"]]
    assert kinds == ["propose"] * 6 + ["refine"] * 6
    for one in run.record["rounds"]:
        of_a, of_b = ([prompt[each] for each in one[f"sampled_{side}"]] for side in "ab")
        assert of_a == of_b and len(set(of_a)) == 5
        assert ("tried" in one) == (one["kind"] == "refine")
    words = set(by_words(run)) | {
        each for difference in run.differences for each in difference.merged
    }
    assert words >= {"bright red pictures", "bright blue pictures"}
    assert all(
        difference.held_out and difference.n_a == difference.n_b == 40
        for difference in run.differences
    )
    assert visdiff.load(dataset, "shown") == run
