"""The controls of the two sets, as FiftyOne resolves them."""

import fiftyone as fo
import fiftyone.operators as foo
import pytest
from fiftyone.operators.executor import ExecutionError
from forms import URI, Form

import visdiff_plugin as visdiff
from visdiff_plugin.dataset.samples import Selected

NAMES = ("compare_views", "rank_hypotheses")


@pytest.fixture
def labeled(make_dataset):
    dataset = make_dataset(n=10)
    for row, sample in enumerate(dataset):
        sample["truth"] = fo.Classification(label="cat" if row % 2 else "dog")
        sample["guess"] = fo.Classification(label="cat", confidence=row / 20)
        sample["site"] = f"site {row}"
        sample.save()
    return dataset


@pytest.fixture
def evaluated(labeled):
    labeled.evaluate_classifications("guess", gt_field="truth", eval_key="cls")
    return labeled


def test_kinds_without_anything_to_choose_from_are_not_offered(plugins, make_dataset, labeled):
    for name in NAMES:
        form = Form(labeled, name)
        assert form.offered("a_kind") == ["view", "tag", "label", "end", "range", "several", "rest"]
        assert form.default("a_kind") is None and form.default("b_kind") == "rest"
    other = make_dataset(n=2)
    for view in other.list_saved_views():
        other.delete_saved_view(view)
    other.untag_samples(["red", "blue"])
    form = Form(other)
    assert form.offered("a_kind") == ["end", "range", "several", "rest"]
    assert form.offered("b_kind")[-2:] == ["rest", "dataset"]
    assert labeled.name in Form(other, b_kind="dataset").offered("b_dataset")
    assert other.name not in Form(other, b_kind="dataset").offered("b_dataset")


def test_an_evaluation_is_there_at_once(plugins, evaluated):
    form = Form(evaluated)
    assert (form.default("a_kind"), form.default("a_eval"), form.default("a_outcome")) == (
        "eval", "cls", "wrong",
    )  # fmt: skip
    assert (form.default("b_kind"), form.default("b_outcome")) == ("eval", "right")
    sizes = form.said("sizes")
    assert (
        "A: 10 photos (wrong in cls). B: 10 photos (right in cls). They share no photos." in sizes
    )
    assert "Checked 20 of 20 files: all found." in sizes
    form = Form(evaluated, a_kind="eval", a_eval="cls", a_outcome="right")
    assert form.default("b_outcome") == "wrong"
    form = Form(evaluated, a_kind="tag", a_tag="red")
    assert form.default("b_kind") == "rest" and "B: 10 photos (everything else)" in form.said(
        "sizes"
    )


def test_each_kind_has_the_controls_that_it_needs(plugins, labeled):
    def controls(**params):
        return Form(labeled, **params).controls("a")

    assert controls(a_kind="rest", b_kind="tag", b_tag="red") == ["kind"]
    assert controls(a_kind="view") == ["kind", "view"]
    assert controls(a_kind="tag") == ["kind", "tag"]
    assert controls(a_kind="label") == ["kind", "field"]
    assert controls(a_kind="label", a_field="truth") == ["kind", "field", "value_truth"]
    form = Form(labeled, a_kind="label", a_field="truth")
    assert form.offered("a_value_truth") == ["cat", "dog"]
    assert set(form.offered("a_field")) >= {"truth", "site"}
    assert controls(a_kind="end") == ["kind", "number", "end", "percent"]
    assert "guess.confidence" in Form(labeled, a_kind="end").offered("a_number")


def test_rare_values_are_typed(plugins, labeled, monkeypatch):
    import sys

    Form(labeled)  # loads the plugin's modules
    for module in [
        module for name, module in sys.modules.items() if name.endswith("operators._sets")
    ]:
        monkeypatch.setattr(module, "MOST_VALUES", 20)
    form = Form(labeled, a_kind="label", a_field="site", a_typed_value_site="site 3")
    assert "typed_value_site" in form.controls("a") and "A: 1 photo (site = site 3)" in form.said(
        "sizes"
    )


CHOICES = [
    ({"a_kind": "view", "a_view": "red"}, "red", 10, 10),
    ({"a_kind": "tag", "a_tag": "blue"}, "tag:blue", 10, 10),
    ({"a_kind": "label", "a_field": "truth", "a_value_truth": "cat"}, "truth = cat", 10, 10),
    ({"a_kind": "label", "a_field": "truth.label", "a_value_truth__label": "cat"},
     "truth.label = cat", 10, 10),
    ({"a_kind": "end", "a_number": "guess.confidence", "a_end": "bottom", "a_percent": 15},
     "bottom 15% of guess.confidence", 3, 17),
    ({"a_kind": "tag", "a_tag": "red", "b_kind": "end", "b_number": "guess.confidence",
      "b_end": "top", "b_percent": 25.0}, "tag:red", 10, 5),
    ({"a_kind": "several", "a_several": "label:truth=cat & red"}, "truth = cat and red", 5, 15),
    ({"a_kind": "range", "a_number": "guess.confidence", "a_low": "", "a_high": "0.1"},
     "guess.confidence up to 0.1", 3, 17),
]  # fmt: skip


@pytest.mark.parametrize(("params", "label", "n_a", "n_b"), CHOICES)
def test_what_is_chosen_is_sized_up_and_compared(plugins, labeled, params, label, n_a, n_b):
    form = Form(labeled, **params)
    photos = [f"{n} photo{'' if n == 1 else 's'}" for n in (n_a, n_b)]
    assert f"A: {photos[0]} ({label}). B: {photos[1]} (" in form.said("sizes")
    params = {"run_key": "run", "preset": "offline", **params}
    form = Form(labeled, **params)
    form.execute()
    run = visdiff.load(labeled, "run")
    both = sum(
        skipped_item.count for skipped_item in run.skipped if skipped_item.reason == "in both sets"
    )
    assert run.label_a == label and (run.n_a, run.n_b) == (n_a - both, n_b - both)


def test_what_a_script_passes_is_what_the_form_shows(plugins, evaluated):
    texts = [
        "red",
        "tag:blue",
        "label:truth=cat",
        "eval:cls=right",
        "bottom:guess.confidence=10%",
        "eval:cls=right & label:truth=cat",
        "range:guess.confidence=.1..",
        "red & tag:red",
        "range:created_at=2000-01-01..2100-01-01",
    ]
    for text in texts:
        shown = Form(evaluated, a=text, b="rest")
        chosen = {
            name: prop.default for name, prop in shown.inputs.items() if name.startswith("a_")
        }
        again = Form(evaluated, **chosen, b_kind="rest")
        assert again.said("sizes") == shown.said("sizes") != ""
        assert again.controls("a") == shown.controls("a")


def test_sets_that_can_not_be_compared_are_said_so(plugins, evaluated):
    same = Form(evaluated, a="red", b="tag:red")
    assert "Choose two different sets" in same.said("problem")
    assert "10 photos in both sets will be left out" in same.said("sizes")
    inside = Form(evaluated, a="label:guess=cat", b="red")
    assert "Every photo of B is also in the other set" in inside.said("problem")
    assert "Set A has no photos" in Form(evaluated, a="tag:none", b="red").said("problem")
    assert "Did you mean 'cat'" in Form(evaluated, a="label:truth=cot", b="red").said("wrong")
    assert "'eval:KEY=wrong'" in Form(evaluated, a="eval:cls", b="red").said("wrong")
    nothing = Form(evaluated, a_kind="tag", b_kind="rest", run_key="run")
    assert nothing.said("sizes") == ""
    with pytest.raises(visdiff.VisDiffError, match="Choose set A first"):
        nothing.execute()


def test_missing_files_are_counted(plugins, labeled):
    import os

    for path in labeled.match_tags("red").limit(3).values("filepath"):
        os.remove(path)
    assert "Checked 20 of 20 files: 3 missing, such as '" in Form(labeled, a="red", b="blue").said(
        "sizes"
    )


def test_clicked_and_alt_clicked_samples(plugins, labeled):
    ids = labeled.values("id")
    picked = [
        {"id": sample_id, "type": "alt" if sample_id in ids[4:10] else "default"}
        for sample_id in ids[:10]
    ]
    request = {"selected_samples": picked}
    form = Form(labeled, request=request)
    assert form.offered("a_kind")[:2] == ["clicked", "alt"]
    assert (form.default("a_kind"), form.default("b_kind")) == ("clicked", "alt")
    assert "A: 4 photos (4 chosen samples). B: 6 photos" in form.said("sizes")
    plain = Form(labeled, request={"selected_samples": [{"id": ids[0], "type": "default"}]})
    assert plain.default("a_kind") == "selected" and "clicked" not in plain.offered("a_kind")
    assert "A needs at least two photos" in plain.said("problem")


def test_within_the_current_view(plugins, labeled):
    request = {"view": labeled.match_tags("red")._serialize()}
    form = Form(labeled, request=request, a="label:truth=cat")
    assert "within_view" in form.inputs and "A: 10 photos" in form.said("sizes")
    assert "within_view" not in Form(labeled).inputs
    form = Form(labeled, request=request, a="label:truth=cat", within_view=True)
    assert "A: 5 photos (truth = cat). B: 5 photos (everything else)" in form.said("sizes")
    form = Form(labeled, request=request, a_kind="current", b_kind="rest")
    assert "A: 10 photos (view of 10 samples: match_tags(red)). B: 10 photos" in form.said("sizes")


def test_another_dataset_and_its_views(plugins, labeled, make_dataset):
    other = make_dataset(n=7, colors=("green",))
    form = Form(labeled, a="red", b_kind="dataset", b_dataset=other.name)
    whole, view = form.offered("b_dataset_view")
    assert view == "green" and form.default("b_dataset_view") == whole
    assert f"B: 7 photos ({other.name}). They share no photos." in form.said("sizes")
    params = {"a": "red", "b_kind": "dataset", "b_dataset": other.name, "b_dataset_view": whole}
    assert f"B: 7 photos ({other.name})" in Form(labeled, **params).said("sizes")
    params["b_dataset_view"] = "green"
    form = Form(labeled, **params, run_key="run", preset="offline")
    assert f"(green of {other.name})" in form.said("sizes")
    form.execute()
    run = visdiff.load(labeled, "run")
    assert run.n_b == other.count("run") == 7 and run.dataset_b == other.name
    form = Form(labeled, "delete_run", run_key="run")
    assert f"here and in {other.name!r}" in form.said("what")
    other.name = f"{other.name}-moved"
    assert "there is no dataset" in form.execute()["left"][0]


def test_large_sets_are_not_read_for_a_form(plugins, evaluated, monkeypatch):
    from visdiff_plugin.sets import preview

    def never(*args, **kwargs):
        raise AssertionError("ids or values were read")

    for name in ("view_ids", "read_columns"):
        monkeypatch.setattr(preview, name, never)
    monkeypatch.setattr("visdiff_plugin.sets.finding.view_values", never)
    monkeypatch.setattr("visdiff_plugin.sets.finding.view_ids", never)
    monkeypatch.setattr(preview, "_MOST", 3)
    said = Form(evaluated, a="red", b="eval:cls=wrong").said("sizes")
    assert said == (
        "A: 10 photos (red). B: 10 photos (wrong in cls). 5 photos in both sets will be left out."
    )
    said = Form(evaluated, a="top:guess.confidence=30%", b="rest").said("sizes")
    assert said.startswith("A: at most 6 photos (top 30% of guess.confidence). B: ")
    said = Form(evaluated, a="red", b="blue").said("sizes")
    monkeypatch.setattr(preview, "_SECONDS", 0)
    late = Form(evaluated, a="tag:red", b="tag:blue").said("sizes")
    assert late.startswith("A: not counted (tag:red). B: not counted (tag:blue). The overlap")
    assert "not counted: it would take too long" in said


def test_a_typed_error_reaches_the_script(plugins, evaluated):
    with pytest.raises(ExecutionError, match="Did you mean 'cls'"):
        foo.get_operator(f"{URI}/compare_views")(evaluated, "eval:clss=wrong", "rest", "run")
    result = foo.get_operator(f"{URI}/compare_views")(
        evaluated, "eval:cls=wrong", "rest", "run", within="tag:red"
    ).result
    assert "A: wrong in cls (5 images)   B: everything else (5 images)" in result["summary"]
    assert Selected("x", (), evaluated).text is None
