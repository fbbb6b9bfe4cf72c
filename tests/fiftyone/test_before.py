"""What the forms say before anything runs, and that two choices and Execute are enough."""

import json

import fiftyone as fo
import pytest
from fiftyone.operators.delegated import DelegatedOperationService
from forms import URI, Form

import visdiff_plugin as visdiff


@pytest.fixture
def labeled(make_dataset):
    dataset = make_dataset(n=20)
    labels = [fo.Classification(label=f"{tags[0]} thing") for tags in dataset.values("tags")]
    dataset.set_values("ground_truth", labels)
    dataset.set_values("guess", [fo.Classification(label="red thing")] * 40)
    dataset.evaluate_classifications("guess", gt_field="ground_truth", eval_key="cls")
    dataset.persistent = True  # a delegated worker is another process's view of it
    return dataset


def shown(form):
    return form.inputs["before"].default if "before" in form.inputs else ""


def warned(form):
    return " ".join(one.view.label for name, one in form.inputs.items() if name[:8] == "problem_")


def run(form):
    """Executes what the form shows, as the App does: without what was not touched."""
    told = [one.to_json()["body"] for one in form.operator.execute(form.context)]
    shown, key = told[-2:]
    assert key == {"run_key": shown["params"]["results"]["run_key"]}  # for who opened the form
    return shown["params"]["results"]


def test_two_choices_and_execute_give_words(plugins, labeled):
    form = Form(labeled, a_kind="view", a_view="red", b_kind="view", b_view="blue")
    assert form.default("run_key_for_red_vs_blue") == "red_vs_blue"
    assert form.default("words") == "ground_truth" and form.default("preset") == "offline"
    assert "**Measured properties:** 40 to compute" in shown(form)
    assert "40 read from ground\\_truth" in shown(form) and warned(form) == ""
    assert run(form)["run_key"] == "red_vs_blue"
    found = visdiff.load(labeled, "red_vs_blue")
    assert {"red thing", "blue thing"} & {
        difference.description for difference in found.significant
    }
    again = Form(labeled, a_kind="view", a_view="red", b_kind="view", b_view="blue")
    assert again.default("run_key_for_red_vs_blue_2") == "red_vs_blue_2"
    assert "all 40 already stored" in shown(again)


def keys(form):
    return [name for name in form.inputs if name.startswith("run_key")]


def test_the_key_follows_the_sets_until_one_is_typed(plugins, labeled):
    sets = {"a_kind": "eval", "a_eval": "cls", "a_outcome": "wrong"}
    assert keys(Form(labeled, **sets)) == ["run_key_for_wrong_vs_right"]
    kept = {"run_key_for_wrong_vs_right": "wrong_vs_right"}
    assert keys(Form(labeled, **sets, **kept, b_kind="rest")) == ["run_key_for_wrong_vs_rest"]
    typed = Form(labeled, **sets, b_kind="rest", run_key_for_wrong_vs_right="mine")
    assert keys(typed) == ["run_key_for_wrong_vs_right"]
    assert run(typed)["run_key"] == "mine"
    wrong = Form(labeled, **sets, run_key_for_wrong_vs_right="two words")
    assert wrong.inputs["run_key_for_wrong_vs_right"].invalid
    taken = Form(labeled, **sets, run_key_for_wrong_vs_right="mine")
    field = taken.inputs["run_key_for_wrong_vs_right"]
    assert field.invalid and "overwrite" in taken.inputs
    said = "A comparison named 'mine' already exists. Choose another name or tick Replace."
    assert field.error_message == said
    taken = Form(labeled, **sets, run_key_for_wrong_vs_right="mine", overwrite=True)
    assert not taken.inputs["run_key_for_wrong_vs_right"].invalid


NAMES = [
    ("label:ground_truth=red thing", "rest", "red_thing_vs_rest"),
    ("tag:3 % of * all", "rest", "run_3_of_all_vs_rest"),
    ("tag:Ärger", "dataset:some-other/a view", "rger_vs_some_other"),
    ("tag:" + "long " * 20, "red", "long_long_long_long_long_vs_red"),
    ("top:guess.confidence=25%", "red", "top_confidence_vs_red"),
    (["a", "b"], "__current_view__", "chosen_vs_current"),
    ("tag:***", "tag:visdiff_x", "set_vs_visdiff_x"),
    ("tag:visdiff_x", "eval:", "run_visdiff_x_vs_set"),
]


@pytest.mark.parametrize(("a", "b", "name"), NAMES)
def test_names_are_identifiers_whatever_the_sets_are_called(plugins, labeled, a, b, name):
    from visdiff_plugin.storing.run_store import check_run_key

    form = Form(labeled)
    import operators._run_name as names

    assert names.suggest(form.context, a, b) == name
    check_run_key(labeled, name, overwrite=False)


def test_words_come_from_an_obvious_field_or_from_none(plugins, labeled):
    sets = {"a": "red", "b": "blue"}
    form = Form(labeled, **sets)
    assert form.offered("words") == ["ground_truth", "guess", "nothing"]
    labeled.set_values("Caption", ["a text"] * 40)
    assert Form(labeled, **sets).default("words") == "Caption"
    assert "words" not in Form(labeled, **sets, preset="default").inputs
    assert "words" not in Form(labeled, **sets, captioner="blip").inputs
    labeled.delete_sample_field("Caption")
    chosen = {"a": "label:ground_truth=red thing", "b": "rest"}
    assert Form(labeled, **chosen).default("words") == "nothing"
    assert "chosen by ground_truth" in Form(labeled, **chosen, words="ground_truth").said(
        "circular"
    )
    run(Form(labeled, **sets, words="nothing", run_key="plain"))
    assert all(
        difference.source == "property" for difference in visdiff.load(labeled, "plain").differences
    )


def test_advanced_settings_are_folded_and_named(plugins, labeled):
    sets = {"a": "red", "b": "blue"}
    for name in ("compare_views", "rank_hypotheses"):
        folded = Form(labeled, name, **sets, ranker="tfidf", seed=4, hypotheses="a dog")
        assert "ranker" not in folded.inputs and "pair_by" not in folded.inputs
        assert "changed: Ranker, Seed" in folded.inputs["advanced"].view.description
        unfolded = Form(labeled, name, **sets, advanced=True)
        assert {"ranker", "encoder", "captioner", "seed", "pair_by"} <= set(unfolded.inputs)
    form = Form(labeled, **sets, advanced=True)
    assert {"proposer", "context", "rounds", "subset_size", "draw", "refine"} <= set(form.inputs)
    assert form.default("rounds") == 3 and form.default("seed") == 0
    paper = Form(labeled, **sets, preset="paper")
    assert "needs OPENAI_API_KEY" in warned(paper).replace("; ", " ")
    assert "(see Advanced settings: Proposer)" in warned(paper)


BAD = [
    {"seed": -1}, {"seed": "x"}, {"seed": 1.5}, {"rounds": 0}, {"subset_size": 1},
    {"refine": "1.5"},
    {"captioner": "field:"}, {"captioner": "nobody:at:all"}, {"captioner": ["x"]},
    {"proposer": "union:"}, {"proposer": "bank:/etc/hosts"}, {"ranker": "cascade:"},
    {"ranker": "cascade:cascade:tfidf"}, {"encoder": "zoo:"}, {"encoder": "brain:x"},
    {"draw": "sometimes"}, {"engine": "ray://evil"}, {"base_url": "not an address",
                                                      "proposer": "openai:m"},
    {"preset": "nobody"}, {"pair_by": "no", "cluster_by": "guess"}, {"label_fields": ["no"]},
    {"control_for": ["no"]}, {"words": "no"}, {"words": "filepath"}, {"words": "id"},
    {"captioner": "field:guess.confidence"},
]  # fmt: skip


@pytest.mark.parametrize("params", BAD, ids=str)
def test_no_input_is_a_traceback(plugins, labeled, params):
    for name in ("compare_views", "rank_hypotheses"):
        for advanced in (False, True):
            form = Form(labeled, name, a="red", b="blue", advanced=advanced, hypotheses="x",
                        **params)  # fmt: skip
            text = json.dumps(form.inputs and [one.to_json() for one in form.inputs.values()])
            assert "Traceback" not in text
            if name == "compare_views" and params.get("words") not in ("filepath", "id"):
                assert warned(form), form.inputs.keys()


def test_a_prompt_that_is_filled_in_shows_what_was_passed(plugins, labeled):
    form = Form(labeled, a="eval:cls=wrong", b="tag:red", preset="paper", run_key="mine",
                captioner="field:ground_truth", context="what they are", seed=3)  # fmt: skip
    assert (form.default("a_kind"), form.default("b_kind")) == ("eval", "tag")
    assert keys(form) == ["run_key"] and "ground\\_truth" in shown(form)
    assert "changed: Captioner, Context, Seed" in form.inputs["advanced"].view.description
    ids = labeled.values("id")
    form = Form(labeled, a=ids[:20], b="rest", run_key="again")
    assert "A: 20 photos (20 chosen samples)" in form.said("sizes")
    assert run(form)["run_key"] == "again"
    again = Form(labeled, a=ids[:20], b="rest", run_key="again", overwrite=True)
    assert not again.inputs["run_key"].invalid and run(again)["run_key"] == "again"


def test_hypotheses_are_estimated_once_there_are_some(plugins, labeled):
    sets = {"a": "red", "b": "blue", "captioner": "field:ground_truth"}
    assert shown(Form(labeled, "rank_hypotheses", **sets)) == ""
    form = Form(labeled, "rank_hypotheses", **sets, hypotheses="red\nblue")
    assert "40 read from ground\\_truth" in shown(form) and "properties" not in shown(form)
    asked = {"ranker": "image_question:m", "base_url": "http://127.0.0.1:9/v1"}
    form = Form(labeled, "rank_hypotheses", **sets, **asked, hypotheses="red\nblue")
    assert "80 calls to m on your server" in shown(form)


def test_names_of_fields_and_models_are_no_markup(plugins, labeled):
    asked = {"proposer": "openai:<img src=x>|[a](b)", "base_url": "http://127.0.0.1:9/v1"}
    form = Form(labeled, a="red", b="blue", **asked)
    assert "<img" not in shown(form).replace("\\<", "") and "\\[a\\]" in shown(form)


def test_the_estimate_is_read_once_in_a_while(plugins, labeled, monkeypatch):
    Form(labeled)
    import sys

    calls = []
    modules = [module for name, module in sys.modules.items() if name.endswith("operators._before")]

    def counting(*args, real=modules[0].estimate, **options):
        calls.append(1)
        return real(*args, **options)

    for module in modules:
        monkeypatch.setattr(module, "estimate", counting)
    for context in ("", "w", "wh", "what they are"):
        Form(labeled, a="red", b="blue", context=context)
    Form(labeled, a="red", b="blue", run_key="typed")
    assert len(calls) == 2  # with a context, and without one


def queued(dataset, request=None, **params):
    """Queues a comparison as the App does, and executes it as a worker does."""
    import asyncio

    from fiftyone.operators.executor import execute_or_delegate_operator

    asked = {"dataset_name": dataset.name, "params": params, "request_delegation": True,
             **(request or {})}  # fmt: skip
    result = asyncio.run(execute_or_delegate_operator(f"{URI}/compare_views", asked))
    result.raise_exceptions()
    service = DelegatedOperationService()
    [operation] = service.list_operations(dataset_name=dataset.name)
    json.dumps(operation.context.request_params)  # nothing that only this process knows
    return service, operation


def finished(service, dataset, operation):
    service.execute_queued_operations(dataset_name=dataset.name, log=False)
    [operation] = service.list_operations(dataset_name=dataset.name)
    assert operation.run_state == "completed", operation.result
    service.delete_operation(operation.id)
    dataset.reload()
    [key] = visdiff.list_runs(dataset)
    return visdiff.load(dataset, key)


def test_selected_samples_reach_a_worker(plugins, labeled):
    ids = labeled.values("id")
    picked = [{"id": sample_id, "type": "default"} for sample_id in ids[:12]]
    service, operation = queued(labeled, {"selected_samples": picked})
    params = operation.context.request_params["params"]
    assert params["a"] == ids[:12] and params["b"] == "rest"
    assert params["run_key"] == "selected_vs_rest" and params["words"] == "ground_truth"
    found = finished(service, labeled, operation)
    assert (found.n_a, found.n_b, found.run_key) == (12, 28, "selected_vs_rest")


def test_clicked_against_alt_clicked_samples_reach_a_worker(plugins, labeled):
    ids = labeled.values("id")
    picked = [
        {"id": sample_id, "type": "alt" if sample_id in ids[4:10] else "default"}
        for sample_id in ids[:10]
    ]
    service, operation = queued(labeled, {"selected_samples": picked})
    found = finished(service, labeled, operation)
    assert (found.n_a, found.n_b) == (4, 6)


def test_the_current_view_reaches_a_worker(plugins, labeled):
    view = labeled.match_tags("red").limit(15)
    service, operation = queued(
        labeled, {"view": view._serialize()}, a_kind="current", b_kind="rest"
    )
    found = finished(service, labeled, operation)
    assert (found.n_a, found.n_b, found.run_key) == (15, 25, "current_vs_rest")


def test_what_was_a_good_guess_stays_what_it_was(plugins, labeled):
    service, operation = queued(labeled)
    assert operation.context.request_params["params"]["a"] == "eval:cls=wrong"
    labeled.evaluate_classifications("ground_truth", gt_field="ground_truth", eval_key="newer")
    found = finished(service, labeled, operation)
    assert (found.label_a, found.label_b) == ("wrong in cls", "right in cls")
