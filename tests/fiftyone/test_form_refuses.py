"""What a run would refuse, the form refuses: beside the control that causes it, before Execute."""

import os

import fiftyone as fo
import numpy as np
import pytest
from fiftyone.operators.executor import ValidationContext
from forms import Form

import visdiff_plugin as visdiff
from visdiff_plugin.catalog.table import BRAIN, FIELD
from visdiff_plugin.errors import VisDiffError

NAMES = ("compare_views", "rank_hypotheses")


def invalid(form):
    """Returns control -> what the form says beside it; where there is any, Execute is off."""
    said = {name: one.error_message for name, one in form.inputs.items() if one.invalid}
    typed = form.operator.resolve_input(form.context)
    assert ValidationContext(form.context, typed, form.operator).invalid is bool(said)
    return said


def refused(dataset, control, match, name="compare_views", request=None, executes=False, **params):
    """Asserts that the form says it beside a control, and that the run says the same."""
    params = {"run_key": "run", "hypotheses": "a dog", **params}
    form = Form(dataset, name, request, **params)
    said = invalid(form)
    assert list(said) == [control], said
    assert match in said[control] and "Traceback" not in said[control]
    if not executes:
        with pytest.raises((VisDiffError, ValueError)) as error:
            form.execute()
        assert match in str(error.value)
    assert not dataset.has_run("run")


@pytest.fixture
def labeled(make_dataset):
    dataset = make_dataset(n=10)
    for row, sample in enumerate(dataset):
        sample["truth"] = fo.Classification(label="cat" if row % 2 else "dog")
        sample["guess"] = fo.Classification(label="cat", confidence=row / 20)
        sample["depth"] = fo.Regression(value=row % 4)
        boxes = [fo.Detection(label="cat", bounding_box=[0, 0, 0.5, 0.5]) for _ in range(2)]
        sample["boxes"] = fo.Detections(detections=boxes)
        sample.save()
    dataset.add_sample_field("empty", fo.FloatField)
    dataset.add_sample_field("words", fo.StringField)
    dataset.save_view("patches", dataset.to_patches("boxes"))
    dataset.save_view("gone", dataset.select_fields("words"))
    dataset.delete_sample_field("words")
    dataset.add_sample_field("nothing", fo.StringField)
    return dataset


@pytest.fixture
def kinds(make_dataset, tmp_path):
    """A grouped dataset, and one of videos."""
    groups, videos = fo.Dataset(f"groups-{os.getpid()}"), fo.Dataset(f"videos-{os.getpid()}")
    groups.add_group_field("g", default="left")
    images = make_dataset(n=6).values("filepath")
    for row, path in enumerate(images):
        group = fo.Group()
        for side in ("left", "right"):
            tags = ["even" if row % 2 else "odd"]
            groups.add_sample(fo.Sample(filepath=path, g=group.element(side), tags=tags))
    videos.add_samples(
        [fo.Sample(filepath=str(tmp_path / f"{n}.mp4"), tags=["odd"]) for n in range(4)]
    )
    yield groups, videos
    for dataset in (groups, videos):
        fo.delete_dataset(dataset.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_form_that_is_good_refuses_nothing(plugins, labeled, name):
    for sets in (
        {"a": "red", "b": "blue"},
        {"a_kind": "several", "a_several": "label:truth=cat & red"},
        {"a_kind": "range", "a_number": "guess.confidence", "a_low": ".2", "a_high": ""},
        {"a_kind": "end", "a_number": "guess.confidence"},
        {"a": "label:truth=cat & red", "b": "range:depth.value=2.."},
    ):
        assert invalid(Form(labeled, name, hypotheses="a dog", **sets)) == {}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_chosen_yet(plugins, labeled, name):
    for control, params in {
        "a_kind": {},
        "a_view": {"a_kind": "view"},
        "a_tag": {"a_kind": "tag"},
        "a_field": {"a_kind": "label"},
        "a_value_truth": {"a_kind": "label", "a_field": "truth"},
        "a_number": {"a_kind": "end"},
        "a_percent": {"a_kind": "end", "a_number": "guess.confidence", "a_percent": None},
        "a_high": {"a_kind": "range", "a_number": "guess.confidence"},
        "a_several": {"a_kind": "several"},
    }.items():
        refused(labeled, control, "Choose set A first.", name, **params)
    chosen = {"a_kind": "tag", "a_tag": "red", "b_kind": "view"}
    refused(labeled, "b_view", "Choose set B first.", name, **chosen)


SETS = [
    ("b_view", "A and B are the same 10 samples",
     {"a_kind": "tag", "a_tag": "red", "b_kind": "view", "b_view": "red"}),
    ("a_tag", "Set A has no photos", {"a_kind": "tag", "a_tag": "nobody"}),
    ("a_kind", "Choose set A first.", {"a": []}),
    ("b_several", "Set B has no photos",
     {"a": "red", "b_kind": "several", "b_several": "tag:red & tag:blue"}),
    ("a_several", "Every photo of A is also in the other set",
     {"a_kind": "several", "a_several": "red & label:truth=cat", "b": "red"}),
    ("a_several", "A needs at least two photos",
     {"a_kind": "several", "a_several": "top:guess.confidence=5% & blue"}),
    ("a_percent", "no image has that number", {"a_kind": "end", "a_number": "empty"}),
    ("a_percent", "a percentage above 0", {"a": "red", "a_kind": "end", "a_percent": "many",
                                           "a_number": "guess.confidence"}),
    ("a_percent", "a percentage above 0", {"a_kind": "end", "a_percent": 100,
                                           "a_number": "guess.confidence"}),
    ("a_percent", "one number or date", {"a": "top:truth=5%"}),
    ("a_high", "numbers, or with dates", {"a_kind": "range", "a_number": "guess.confidence",
                                          "a_low": "few"}),
    ("a_high", "the lower number first", {"a_kind": "range", "a_number": "guess.confidence",
                                          "a_low": ".9", "a_high": ".1"}),
    ("a_several", "can't be one of several", {"a_kind": "several", "a_several": "red & rest"}),
    ("a_view", "holds patches", {"a_kind": "view", "a_view": "patches"}),
    ("b_view", "holds patches", {"a": "red", "b_kind": "view", "b_view": "patches"}),
    ("a_several", "holds patches", {"a_kind": "several", "a_several": "patches & tag:red"}),
    ("a_view", "Saved view 'gone' can't be used", {"a_kind": "view", "a_view": "gone"}),
    ("a_typed_value_truth", "Did you mean 'cat'", {"a": "label:truth=cot"}),
    ("b_kind", "at most one 'rest'", {"a": "rest", "b": "rest"}),
]  # fmt: skip


@pytest.mark.parametrize(("control", "match", "params"), SETS, ids=str)
def test_sets_that_a_run_would_refuse(plugins, labeled, control, match, params):
    for name in NAMES:
        refused(labeled, control, match, name, **params)


def test_groups_and_videos(plugins, kinds):
    groups, videos = kinds
    for name in NAMES:
        refused(groups, "a_tag", "holds groups", name, a_kind="tag", a_tag="odd")
        refused(groups, "a_kind", "holds groups", name, a=[groups.first().id])
        refused(videos, "a_tag", "media type 'video'", name, a_kind="tag", a_tag="odd")
    request = {"view": groups.select_group_slices("left")._serialize()}
    form = Form(groups, request=request, a="tag:odd", within_view=True, run_key="run")
    assert invalid(form) == {} and "A: 6 photos" in form.said("sizes")
    form.execute()
    assert visdiff.load(groups, "run").n_a == 6


def test_the_current_view_is_checked_too(plugins, labeled):
    request = {"view": labeled.to_patches("boxes")._serialize()}
    refused(labeled, "within_view", "holds patches", request=request, a="red", within_view=True)
    refused(labeled, "a_kind", "holds patches", request=request, a_kind="current", b="blue")
    patch = labeled.to_patches("boxes").first().id
    chosen = [{"id": patch, "type": "default"}]
    refused(
        labeled,
        "a_kind",
        "choose whole photos",
        request={**request, "selected": [patch], "selected_samples": chosen},
    )


def test_saved_views_that_can_not_be_used_are_listed_with_the_reason(plugins, labeled):
    form = Form(labeled, a_kind="view")
    choices = {choice.value: choice for choice in form.inputs["a_view"].view.choices}
    assert choices["gone"].label == "gone (can't be used)"
    assert "words" in choices["gone"].description
    assert "patches" in choices["patches"].description and choices["red"].label == "red"


def test_samples_that_share_a_file_are_counted(plugins, labeled):
    clone = labeled.to_patches("boxes").clone(f"{labeled.name}-patches")
    try:
        clone.save_view("firsts", clone.limit(20))
        form = Form(clone, a="firsts", b="rest", run_key="run")
        assert "10 samples of A and 10 samples of B show the same file as another one" in form.said(
            "sizes"
        )
        run = visdiff.compare(clone, "firsts", "rest", "run", preset="offline", copies="each")
        assert any("40 samples show 20 files" in note for note in run.notes)
        run = visdiff.compare(clone, "firsts", "rest", "once", preset="offline")
        assert (run.n_a, run.n_b) == (10, 10)
        assert any("40 samples show 20 files" in note for note in run.notes)
    finally:
        fo.delete_dataset(clone.name)
    plain = visdiff.compare(labeled, "red", "blue", "run", preset="offline")
    assert not any("samples show" in note for note in plain.notes)
    assert "same file" not in Form(labeled, a="red", b="blue").said("sizes")


def test_the_advice_for_patches_works(labeled, tmp_path):
    view = labeled.to_patches("boxes")
    view.export(
        str(tmp_path / "cut"), dataset_type=fo.types.ImageClassificationDirectoryTree,
        label_field="boxes",
    )  # fmt: skip
    from PIL import Image

    cut = sorted((tmp_path / "cut").rglob("*.*"))
    assert len(cut) == 40 and Image.open(cut[0]).size == (4, 4)
    assert np.asarray(Image.open(cut[0])).any()


@pytest.fixture
def odd(labeled):
    """Fields of kinds that some settings can't use, and similarity runs that can't be used."""
    import fiftyone.brain as fob

    n = len(labeled)
    labeled.set_values("vector", list(np.random.default_rng(0).normal(size=(n, 4))))
    labeled.set_values("numbers", [[1.0, 2.0]] * n)
    labeled.set_values("mask", [fo.Segmentation(mask=np.zeros((2, 2), np.uint8))] * n)
    labeled.set_values("place", [fo.GeoLocation(point=[1.0, 2.0])] * n)
    labeled.set_values("pair", [f"p{row}" for row in range(n)])
    fob.compute_similarity(labeled, embeddings="vector", brain_key="nameless")
    fob.compute_visualization(labeled, embeddings="vector", method="pca", brain_key="drawn")
    return labeled


SETTINGS = [
    ("captioner", "Expected text or labels in 'depth'", {"captioner": "field:depth"}),
    ("captioner", "Expected text or labels in 'mask'", {"captioner": "field:mask"}),
    ("captioner", "Expected text or labels in 'numbers'", {"captioner": "field:numbers"}),
    ("captioner", "got 'missing'. Fields:", {"captioner": "field:missing"}),
    ("captioner", "nothing", {"captioner": "field:nothing"}),
    ("encoder", "does not say which model made it", {"encoder": "brain:nameless"}),
    ("encoder", "Expected a similarity run", {"encoder": "brain:drawn"}),
    ("encoder", "Expected a brain run, got 'none'", {"encoder": "brain:none"}),
    ("label_fields", "Expected text or labels in 'place'", {"label_fields": ["place"]}),
    ("label_fields", "Expected text or labels in 'depth'", {"label_fields": ["depth"]}),
    ("control_for", "Expected values to group by in 'vector'", {"control_for": ["vector"]}),
    ("control_for", "Expected values of 'nothing'", {"control_for": ["truth", "nothing"]}),
    ("cluster_by", "Expected values to group by in 'mask'", {"cluster_by": "mask"}),
    ("cluster_by", "embeddings", {"cluster_by": "near_duplicates"}),
    ("pair_by", "got 'gone'", {"pair_by": "gone"}),
    ("pair_by", "that A and B share, got 0", {"pair_by": "pair"}),
    ("seed", "seed", {"seed": -1}),
]  # fmt: skip


@pytest.mark.parametrize(("control", "match", "params"), SETTINGS, ids=str)
def test_settings_that_a_run_would_refuse(plugins, odd, control, match, params):
    sets = {"a": "red", "b": "blue", "words": "nothing", **params}
    form = Form(odd, **sets, run_key="run", advanced=True)
    said = invalid(form)
    assert list(said) == [control] and match in said[control], said
    with pytest.raises((VisDiffError, ValueError)) as error:
        form.execute()
    assert match in str(error.value)
    assert not odd.has_run("run")
    folded = invalid(Form(odd, **sets, run_key="run"))
    assert list(folded) == ["advanced"] and match in folded["advanced"]


def test_pickers_offer_what_works_and_what_they_offer_works(plugins, odd):
    form = Form(odd, a="red", b="blue", advanced=True, captioner=FIELD.name, encoder=BRAIN.name)
    words = Form(odd, a="red", b="blue").offered("words")
    assert not {"depth", "mask", "place", "vector", "numbers"} & set(words)
    assert set(form.offered("label_fields")) == {"truth", "guess", "boxes"}
    assert "depth" in form.offered("control_for") and "vector" not in form.offered("control_for")
    known = next(name for name in form.inputs if name.startswith("captioner_"))
    assert not {"depth", "mask", "place"} & set(form.offered(known))
    brain = next(name for name in form.inputs if name.startswith("encoder_"))
    assert not getattr(form.inputs[brain].view, "choices", [])
    tried = {"label_fields": [[name] for name in form.offered("label_fields")],
             "control_for": [[name] for name in form.offered("control_for")],
             "words": words, "cluster_by": form.offered("cluster_by")}  # fmt: skip
    for setting, values in tried.items():
        for value in values:
            chosen = {"a": "red", "b": "blue", "words": "nothing", setting: value}
            form = Form(odd, **chosen, advanced=True, run_key="run", overwrite=True)
            refuses = bool(invalid(form))
            try:
                form.execute()
            except (VisDiffError, ValueError):
                assert refuses, (setting, value)
            else:
                assert not refuses, (setting, value)


def test_hypotheses_and_thresholds(plugins, labeled):
    sets = {"a": "red", "b": "blue", "captioner": "field:truth", "run_key": "run"}
    none = Form(labeled, "rank_hypotheses", **sets)
    assert invalid(none) == {"hypotheses": "Type at least one hypothesis first."}
    wrong = Form(labeled, "rank_hypotheses", **sets, hypotheses="cat", threshold="high")
    assert list(invalid(wrong)) == ["threshold"]
    with pytest.raises(ValueError, match="finite number"):
        wrong.execute()
    assert invalid(Form(labeled, "rank_hypotheses", **sets, hypotheses="cat")) == {}


def test_overlap_of_an_earlier_comparison(plugins, labeled):
    sets = {"a": "red", "b": "label:truth=cat", "run_key": "run", "overlap": "error"}
    form = Form(labeled, **sets, advanced=True)
    said = invalid(form)
    assert len(said) == 1 and "in both sets" in next(iter(said.values()))
    with pytest.raises(VisDiffError, match="without common samples"):
        form.execute()


def test_what_this_machine_lacks_is_said_but_a_worker_may_have_it(plugins, labeled, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    form = Form(labeled, a="red", b="blue", proposer="openai:gpt-4o-mini", advanced=True)
    assert any("OPENAI_API_KEY" in one.view.label for name, one in form.inputs.items()
               if name.startswith("problem_"))  # fmt: skip
    assert invalid(form) == {}


@pytest.mark.parametrize("name", ["caption_samples", "embed_samples"])
def test_storing_refuses_what_can_not_be_stored(plugins, labeled, kinds, name):
    groups, videos = kinds
    assert invalid(Form(labeled, name)) == {}
    taken = invalid(Form(labeled, name, field="truth"))
    assert "was not created by VisDiff" in taken["field"]
    patches = {"view": labeled.to_patches("boxes")._serialize()}
    said = invalid(Form(labeled, name, patches))
    assert "holds patches" in said["view_target"]
    assert "media type 'video'" in invalid(Form(videos, name))["view_target"]
    assert invalid(Form(groups, name)) == {}  # the slice that the grid shows


def test_names_of_comparisons_that_can_not_be(plugins, labeled):
    said = invalid(Form(labeled, a="red", b="blue", run_key="cats/dogs 2024"))
    assert "such as 'cats_dogs_2024'" in said["run_key"]
