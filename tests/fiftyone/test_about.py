"""What an error is about comes with the error: the same before a run, in the run and in a form."""

import fiftyone as fo
import fiftyone.brain as fob
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from fiftyone.core.brain import BrainMethod
from forms import Form

import visdiff_plugin as visdiff
from visdiff_plugin.config import Config
from visdiff_plugin.errors import SelectionError, SettingError, VisDiffError
from visdiff_plugin.estimating.estimate import estimate
from visdiff_plugin.sets.choosing import make_base
from visdiff_plugin.sets.preview import preview


@pytest.fixture
def two(make_dataset):
    """A dataset with fields and a similarity run, and another without; their names mislead."""
    home, other = make_dataset(n=8, colors=("red",)), make_dataset(n=8, colors=("blue",))
    home.name, other.name = f"encoder-of-{home.name}", f"my_captions-of-{other.name}"
    home.set_values("words", ["a red thing"] * 8)
    home.set_values("camera", ["x", "y"] * 4)
    home.set_values("truth", [fo.Classification(label="thing")] * 8)
    fob.compute_similarity(home, embeddings=np.eye(8), brain_key="sim", backend="sklearn")
    model_of(home, "clip-vit-base32-torch", True)
    yield home, other
    fo.delete_dataset(home.name)
    fo.delete_dataset(other.name)


def model_of(dataset, model, prompts):
    """Says in a similarity run which model made it, as FiftyOne does where one is named."""
    config = dataset.get_brain_info("sim").config
    config.model, config.supports_prompts = model, prompts
    BrainMethod.update_run_config(dataset, "sim", config)


def offline(**changes):
    return Config.preset("offline", **{"captioner": "field:tags", **changes})


def about(home, b, config, a="rest"):
    """Returns what an estimate's problems are about, with what they say."""
    expected = estimate(make_base(home), a, b, config)
    return {problem.about: problem.text for problem in expected.problems}


ONLY_IN_A = [
    ({"captioner": "field:words"}, "captioner"),
    ({"captioner": "field:tags,words"}, "captioner"),
    ({"label_fields": ["truth"]}, "label_fields"),
    ({"control_for": ["camera"]}, "control_for"),
    ({"cluster_by": "camera"}, "cluster_by"),
    ({"pair_by": "camera"}, "pair_by"),
]


@pytest.mark.parametrize(("changes", "member"), ONLY_IN_A, ids=lambda value: str(value)[:40])
def test_what_the_other_dataset_lacks_is_about_the_control_that_names_it(two, changes, member):
    home, other = two
    said = about(home, f"dataset:{other.name}", offline(**changes))
    assert set(said) == {member} and repr(other.name) in said[member], said
    with pytest.raises(VisDiffError) as caught:
        visdiff.compare(home, "rest", f"dataset:{other.name}", "run", config=offline(**changes))
    assert caught.value.about == member and repr(other.name) in str(caught.value)


def test_a_similarity_run_of_one_dataset_alone_is_about_the_encoder(two):
    home, other = two
    said = about(home, f"dataset:{other.name}", offline(encoder="brain:sim", ranker="embedding"))
    assert "Expected a brain run" in said["encoder"] and repr(other.name) in said["encoder"]


def test_a_similarity_run_whose_model_can_not_be_used_says_why(two):
    home, other = two
    for model, prompts, why in (
        (None, None, "does not say which model made it"),
        ("resnet50-imagenet-torch", False, "embeds no text"),
    ):
        model_of(home, model, prompts)
        config = offline(encoder="brain:sim", ranker="embedding")
        assert why in about(home, home.limit(4), config)["encoder"]
        with pytest.raises(VisDiffError, match=why) as caught:
            visdiff.compare(home, home.limit(4), "rest", "run", config=config)
        assert caught.value.about == "encoder"


HERE = [
    ({"captioner": "field:no"}, "captioner"),
    ({"captioner": "field:metadata"}, "captioner"),
    ({"captioner": "field:"}, "captioner"),
    ({"captioner": "transformers"}, "captioner"),
    ({"captioner": ColorCaptioner(), "caption_field": "words"}, "caption_field"),
    ({"encoder": "brain:no"}, "encoder"),
    ({"encoder": "zoo"}, "encoder"),
    ({"label_fields": ["no"]}, "label_fields"),
    ({"label_fields": ["no"], "captioner": "field:words"}, "label_fields"),
    ({"control_for": ["no"]}, "control_for"),
    ({"draw": "sure"}, "draw"),
    ({"proposer": ["keyword", {"name": "keyword", "size": 3}]}, "proposer"),
    ({"proposer": "union:keyword+images"}, "proposer"),
    ({"proposer": "union:keyword+bank"}, "encoder"),
    ({"ranker": "cascade:"}, "ranker"),
    ({"ranker": "cascade:image_question:m", "encoder": ColorEncoder()}, "ranker"),
    ({"captioner": None, "proposer": ListProposer(), "properties": False}, "captioner"),
    ({"proposer": None, "properties": False}, "proposer"),
    ({"engine": "captioner"}, "engine"),
    ({"engine": {"name": "local", "encoder": 1}}, "engine"),
]


@pytest.mark.parametrize(("changes", "member"), HERE, ids=lambda value: str(value)[:40])
def test_an_error_is_about_the_same_before_a_run_and_in_it(two, changes, member):
    home, _ = two
    home.match({"camera": "x"}).tag_samples("x")
    said = about(home, "rest", offline(**changes), a="tag:x")
    assert next(iter(said)) == member, said
    with pytest.raises((VisDiffError, ValueError)) as caught:
        visdiff.compare(home, "tag:x", "rest", "run", config=offline(**changes))
    assert caught.value.about == member
    assert home.list_runs() == []


def test_a_set_that_is_none_is_about_that_set(two):
    home, other = two
    for a, b, side in (("tag:no", "rest", "a"), ("rest", "tag:no", "b"), (other, "rest", "a"),
                       ("top:no=5", "rest", "a"), ("rest", "dataset:no", "b")):  # fmt: skip
        with pytest.raises(SelectionError) as caught:
            visdiff.compare(home, a, b, "run", config=offline())
        assert caught.value.about == side, (a, b)
    with pytest.raises(SelectionError) as caught:
        preview(make_base(home), "rest", "field:no=5")
    assert caught.value.about == "b"


@pytest.mark.parametrize("changes", [
    {"rounds": 0}, {"draw": "no"}, {"alpha": 2}, {"min_effect": 0.1}, {"label_fields": "truth"},
    {"duplicate_similarity": 1}, {"pair_by": "camera", "cluster_by": "camera"}, {"seed": 1.5},
    {"test": "welch", "cluster_by": "camera"},
], ids=str)  # fmt: skip
def test_a_value_out_of_range_is_about_its_setting(changes):
    with pytest.raises(SettingError) as caught:
        Config(**changes)
    assert caught.value.about == next(iter(changes))


def test_forms_point_to_the_control_that_mends_it(plugins, two):
    home, other = two
    sets = {"a": "rest", "b": f"dataset:{other.name}", "advanced": True}
    expected = [
        ({"words": "words"}, "(see above: Words from)"),
        ({"words": "tags", "label_fields": ["truth"]}, "(see below: Label fields)"),
        ({"words": "tags", "control_for": ["camera"]}, "(see below: Control for)"),
        ({"words": "tags", "seed": -1}, "(see below: Seed)"),
        ({"words": "tags", "engine": "ray://x"}, "(see below: Where models run)"),
        ({"captioner": "transformers:MODEL"}, "(see below: Captioner)"),
        ({"words": "tags", "proposer": "union:"}, "(see below: Proposer)"),
        ({"words": "tags", "proposer": "bank:/etc/hosts"}, "(see below: Proposer)"),
    ]
    for params, place in expected:
        form = Form(home, **sets, **params)
        labels = [each.view.label for name, each in form.inputs.items() if "problem" in name]
        assert labels and all(label.endswith(place) for label in labels), (params, labels)
