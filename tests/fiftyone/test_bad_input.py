"""Wrong input gets a clear error, and leaves nothing half written."""

import os

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff
from visdiff_plugin.errors import FieldError, MediaError, ModelError, RunError, SelectionError


def compare(dataset, a="red", b="blue", key="run", **changes):
    options = {
        "captioner": ColorCaptioner(),
        "encoder": ColorEncoder(),
        "proposer": ListProposer("red pictures", "a dog"),
        "properties": False,
        **changes,
    }
    return visdiff.compare(dataset, a, b, key, **options)


def refused(dataset, error, match, *args, **kwargs):
    """Asserts an error, and that the dataset is as it was."""
    before = (dataset.list_runs(), sorted(dataset.get_field_schema()))
    with pytest.raises(error, match=match):
        compare(dataset, *args, **kwargs)
    assert (dataset.list_runs(), sorted(dataset.get_field_schema())) == before


def test_sets_that_do_not_exist_or_are_empty(dataset):
    refused(dataset, SelectionError, r"got 'rde'\. Saved views: \['red', 'blue'\]", "rde")
    refused(dataset, SelectionError, "tag:nothing is empty", "tag:nothing")
    refused(dataset, SelectionError, "has no photos", dataset.match_tags("nothing"))
    refused(dataset, SelectionError, "unknown ones, such as 'x'", ["x"])
    refused(dataset, SelectionError, "1 unknown", ["0" * 24])
    refused(dataset, SelectionError, "has no photos", [])
    refused(dataset, SelectionError, "got int", 3)


def test_sets_that_are_the_same_or_overlap(dataset):
    refused(dataset, SelectionError, "same 60 samples", "red", "tag:red")
    refused(dataset, SelectionError, "only in A", dataset.match_tags("red").limit(5), "red")
    refused(
        dataset, SelectionError, "got 10 in both",
        dataset.limit(70), "blue", overlap="error",
    )  # fmt: skip
    assert compare(dataset, iter(dataset.limit(60).values("id")), "blue", key="ids").n_a == 60
    run = compare(dataset, dataset.limit(70), "blue")
    assert (run.n_a, run.n_b) == (60, 50)
    assert [(skipped_item.count, skipped_item.reason) for skipped_item in run.skipped] == [
        (10, "in both sets")
    ]
    assert "10 samples: in both sets" in run.summary()


def test_another_datasets_view(dataset, make_dataset):
    other = make_dataset(n=3)
    refused(dataset, SelectionError, "Only B can come from another", other.match_tags("red"))


def test_videos_groups_and_patches(dataset, tmp_path):
    for media, sample in (
        ("video", fo.Sample(filepath=str(tmp_path / "x.mp4"))),
        ("group", fo.Sample(filepath=str(tmp_path / "x.png"), g=fo.Group().element("left"))),
    ):
        other = fo.Dataset()
        try:
            if media == "group":
                other.add_group_field("g", default="left")
            other.add_sample(sample)
            with pytest.raises(SelectionError, match=media):
                compare(other, other.view(), [other.first().id])
        finally:
            other.delete()
    boxes = [fo.Detection(label="x", bounding_box=[0, 0, 1, 1]) for _ in range(len(dataset))]
    dataset.set_values("boxes", [fo.Detections(detections=[box]) for box in boxes])
    dataset.save_view("patches", dataset.to_patches("boxes"))
    with pytest.raises(SelectionError, match="patches"):
        compare(dataset, "patches")


def test_bad_files_cost_only_themselves(dataset):
    red = dataset.match_tags("red").values("filepath")
    with open(red[0], "w") as file:
        file.write("this is no image")
    with open(red[1], "r+b") as file:
        file.truncate(60)
    os.remove(red[2])
    for properties in (True, False):
        encoder = ColorEncoder()
        run = compare(dataset, key=f"p{properties}", encoder=encoder, properties=properties)
        assert (run.n_a, run.n_b) == (57, 60)
        counts = {skipped_item.reason: skipped_item.count for skipped_item in run.skipped}
        assert sum(counts.values()) == 3 and counts["file not found"] == 1
        assert run.skipped[0].examples


def test_sets_without_a_usable_image(dataset):
    for path in dataset.match_tags("red").values("filepath"):
        with open(path, "w") as file:
            file.write("no image")
    with pytest.raises(MediaError, match=r"set A \(red\), got 0 of 60"):
        compare(dataset, encoder=ColorEncoder())


def test_run_keys(dataset):
    for key in ("two words", "1st", "a.b", "", "_x", None):
        refused(dataset, RunError, "identifier", key=key)
    for key in ("visdiff_keys", "VisDiff_x"):
        refused(dataset, RunError, "doesn't start with 'visdiff_'", key=key)
    refused(dataset, RunError, "'filepath', a field of the dataset", key="filepath")
    first = compare(dataset)
    refused(dataset, RunError, "'run', which already exists")
    assert visdiff.load(dataset, "run") == first
    again = compare(dataset, proposer=ListProposer("blue"), overwrite=True)
    assert [difference.description for difference in again.differences] == ["blue"]
    assert list(dataset.get_field("run").get_field_schema()) == ["set", "blue"]
    dataset.register_run("theirs", dataset.init_run(method="another"))
    refused(dataset, RunError, "another plugin", key="theirs", overwrite=True)


def test_an_overwrite_that_fails_keeps_the_old_run(dataset):
    first = compare(dataset)

    class Broken(ListProposer):
        def propose(self, a, b):
            raise ModelError("the model is gone")

    with pytest.raises(ModelError, match="gone"):
        compare(dataset, proposer=Broken(), overwrite=True)
    assert visdiff.load(dataset, "run") == first


def test_embedding_fields_of_another_model_or_dimension(dataset):
    visdiff.embed(dataset, ColorEncoder("one"), field="vectors")
    refused(
        dataset, FieldError, "embeddings of 'two' in 'vectors' of .*, got embeddings of 'one'",
        encoder=ColorEncoder("two"), embedding_field="vectors",
    )  # fmt: skip
    dataset.set_values("clip", [np.ones(5, np.float32)] * len(dataset))
    refused(dataset, FieldError, "of 3 dimensions, as color-1 makes, got 5", embedding_field="clip")
    mixed = [np.ones(5 + k % 2, np.float32) for k in range(len(dataset))]
    dataset.set_values("mixed", mixed)
    refused(dataset, FieldError, "of 5 dimensions .* got one of 6", embedding_field="mixed")
    refused(dataset, FieldError, "Expected embeddings in 'tags'", embedding_field="tags")


def test_caption_fields_that_hold_something_else(dataset):
    dataset.set_values("number", [1.5] * len(dataset))
    dataset.add_sample_field("nothing", fo.StringField)
    refused(dataset, FieldError, "got float", captioner="field:number")
    refused(dataset, FieldError, "got 'missing'. Fields:", captioner="field:missing")
    refused(dataset, FieldError, "got none on 120 samples", captioner="field:nothing")
    refused(dataset, FieldError, "got 'missing'", label_fields=["missing"])
    refused(dataset, ValueError, "no field name", captioner="field:")
    refused(dataset, FieldError, "was not created by VisDiff", caption_field="filepath")
    refused(dataset, FieldError, "brain run, got 'sim'; there are none", encoder="brain:sim")


def test_stages_that_answer_nonsense(dataset):
    class Few(ColorEncoder):
        def encode_images(self, paths):
            return super().encode_images(paths)[:-1]

    class Refuses(ColorCaptioner):
        name = "refuses"

        def caption(self, paths):
            raise ValueError("out of order")

    class NotFinite(ColorEncoder):
        def encode_images(self, paths):
            vectors = super().encode_images(paths)
            vectors[0] = np.nan
            return vectors

    class Empty(ColorCaptioner):
        name = "empty"

        def caption(self, paths):
            return ["", "<pad>", *super().caption(paths)[2:]]

    with pytest.raises(ModelError, match="Expected 64 values of few, got 63"):
        compare(dataset, encoder=Few("few"))
    with pytest.raises(ModelError, match="refuses failed on readable images: out of order"):
        compare(dataset, captioner=Refuses())
    run = compare(dataset, encoder=NotFinite("nan"), captioner=Empty())
    reasons = {(skipped_item.what, skipped_item.count) for skipped_item in run.skipped}
    assert ("sample", 2) in reasons  # one a batch of 64
    assert (
        sum(skipped_item.count for skipped_item in run.skipped if skipped_item.what == "caption")
        >= 2
    )
    stored = [x for x in dataset.values("visdiff_caption_empty") if x is not None]
    assert "" not in stored and "<pad>" not in stored


@pytest.mark.parametrize("reply", [None, "a dog", [3, None], {"a": 1}])
def test_a_proposer_that_returns_no_descriptions(dataset, reply):
    class Odd(ListProposer):
        def propose(self, a, b):
            return reply

    refused_in_words = "Expected a list of descriptions from the proposer 'list'"
    with pytest.raises(ModelError, match=refused_in_words):
        compare(dataset, proposer=Odd())


def test_embeddings_without_a_direction_are_counted(dataset):
    vectors = ColorEncoder().encode_images(dataset.values("filepath"))
    vectors[0], vectors[1] = np.nan, 0
    dataset.set_values("clip", list(vectors))
    run = compare(dataset, embedding_field="clip")
    reason = "its embedding gives no finite score"
    assert [
        (skipped_item.what, skipped_item.reason, skipped_item.count) for skipped_item in run.skipped
    ] == [("sample", reason, 2)]
    assert dataset.count(run.fields[0]) == 118


def test_arguments_that_do_not_fit(dataset):
    refused(dataset, ValueError, "either config or preset", config=visdiff.Config(), preset="paper")
    refused(dataset, ValueError, "ranker out of embedding, words", ranker="magic")
    with pytest.raises(ValueError, match=r"Expected a fiftyone\.Dataset, got DatasetView"):
        compare(dataset.view())
    refused(dataset, ValueError, "name and score", ranker=3)
    with pytest.raises(ValueError, match="at least one hypothesis"):
        visdiff.rank(dataset, "red", "blue", [" "], "mine")
    with pytest.raises(ValueError, match="list of strings"):
        visdiff.rank(dataset, "red", "blue", "dogs", "mine")
    with pytest.raises(ValueError, match="Expected captions for the ranker"):
        visdiff.rank(dataset, "red", "blue", ["dogs"], "mine", preset="offline")
    with pytest.raises(ValueError, match="none of them"):
        visdiff.compare(
            dataset, "red", "blue", "x",
            config=visdiff.Config.preset("offline", proposer=None, properties=False),
        )  # fmt: skip


def test_one_failed_round_costs_only_itself(dataset):
    class Flaky(ListProposer):
        def propose(self, a, b):
            if len(self.shown) == 1:
                self.shown.append(([], []))
                raise ModelError("overloaded")
            return super().propose(a, b)

    run = compare(dataset, proposer=Flaky("red pictures"))
    assert [
        (skipped_item.what, skipped_item.reason, skipped_item.count) for skipped_item in run.skipped
    ] == [("round", "overloaded", 1)]
    assert run.proposals == ("red pictures",)


def test_a_stage_that_fails_at_once_leaves_no_empty_fields(dataset):
    class Unloadable(ColorCaptioner, ColorEncoder):
        name = "gone"

        def __init__(self):
            self.parameters = {}

        def caption(self, paths):
            raise ModelError("can't be loaded")

        encode_images = caption

        def encode_texts(self, texts):
            raise ModelError("can't be loaded")

    gone = Unloadable()
    refused(dataset, ModelError, "can't be loaded", captioner=gone, encoder=gone)
    before = sorted(dataset.get_field_schema(flat=True))
    with pytest.raises(ModelError):
        visdiff.embed(dataset, gone)
    with pytest.raises(ModelError):
        visdiff.caption(dataset, gone, field="words")
    assert sorted(dataset.get_field_schema(flat=True)) == before

    class Late(ColorCaptioner):
        name = "late"

        def caption(self, paths):
            if self.seen:
                raise ModelError("out of memory")
            return super().caption(paths)

    with pytest.raises(ModelError, match="out of memory"):
        visdiff.caption(dataset, Late())
    assert len(dataset.exists("visdiff_caption_late")) == 64  # what was made stays
    assert not dataset.has_sample_field("visdiff_caption_gone")
    with pytest.raises(ModelError):
        visdiff.caption(dataset, gone)
    assert "visdiff_keys.visdiff_caption_gone" not in dataset.get_field_schema(flat=True)
    assert visdiff.caption(dataset, ColorCaptioner(), field="visdiff_caption_late").computed == 120
