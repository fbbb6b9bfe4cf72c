"""The operators as FiftyOne runs them: from a plugin folder, immediately and delegated."""

import json
from pathlib import Path

import fiftyone as fo
import fiftyone.operators as foo
import pytest
from fiftyone.operators import types
from fiftyone.operators.executor import ExecutionError
from fiftyone.plugins.context import PluginContext
from fiftyone.plugins.definitions import PluginDefinition
from forms import URI, context

import visdiff_plugin as visdiff
from operators import _forms

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def captioned(dataset):
    labels = [fo.Classification(label=f"{tags[0]} thing") for tags in dataset.values("tags")]
    dataset.set_values("truth", labels)
    dataset.persistent = True  # a delegated worker is another process's view of it
    return dataset


def call(name, *args, **kwargs):
    return foo.get_operator(f"{URI}/{name}")(*args, **kwargs)


def test_every_operator_is_in_the_manifest_and_loads():
    definition = PluginDefinition.from_disk(str(ROOT / "fiftyone.yml"))
    plugin = PluginContext(definition)
    plugin.register_all()
    assert plugin.errors == []
    names = [instance.name for instance in plugin.instances]
    assert sorted(names) == sorted(definition.operators)
    assert "differences" in names
    for instance in plugin.instances:
        if isinstance(instance, foo.Panel):
            continue  # its events ask for nothing that its buttons do not say
        assert instance.config.risk_level is not types.RiskLevel.DANGEROUS
        assert instance.config.label.startswith("VisDiff: ")


def test_what_must_not_explain_a_difference_is_chosen_in_the_form(plugins, captioned):
    captioned.set_values("scene", [number // 6 for number in range(60)] * 2)
    for name in ("compare_views", "rank_hypotheses"):
        operator = foo.get_operator(f"{URI}/{name}")
        form = operator.resolve_input(context(captioned, name, advanced=True)).type.properties
        for control in ("control_for", "cluster_by", "pair_by"):
            offered = {choice.value for choice in form[control].view.choices}
            assert {"scene", "truth"} <= offered and "filepath" not in offered
        both = context(captioned, name, pair_by="scene", control_for=["truth"], advanced=True)
        assert operator.resolve_input(both).type.properties["pair_by"].invalid
    result = call(
        "compare_views", captioned, "red", "blue", "run", captioner="field:truth",
        cluster_by="scene",
    ).result  # fmt: skip
    assert "10 clusters of scene" in result["summary"]
    result = call(
        "rank_hypotheses", captioned, "red", "blue", ["red thing"], "mine", captioner="field:truth",
        ranker="tfidf", control_for=["truth"],
    ).result  # fmt: skip
    assert "Controlled for truth: 0 strata hold both sets" in result["summary"]


def test_an_answer_is_shown_as_it_stands_whatever_a_description_holds(plugins, captioned):
    hypothesis = "a ```` fence ```` <b>bold</b>"
    result = call(
        "rank_hypotheses", captioned, "red", "blue", [hypothesis], "mine", captioner="field:truth",
        ranker="tfidf",
    ).result  # fmt: skip
    assert hypothesis in result["summary"]
    assert "No difference found" in result["shown"] and hypothesis not in result["shown"]
    fence, *inside, end = _forms.answer(result["summary"])["shown"].splitlines()
    assert fence == end == "`" * 5 and "\n".join(inside) == result["summary"]


def test_the_walk_from_scripts(plugins, captioned):
    result = call("compare_views", captioned, "red", "blue", "run", captioner="field:truth").result
    assert "supported" in result["summary"] and result["run_key"] == "run"
    run = visdiff.load(captioned, "run")
    assert run.significant

    field = next(
        difference.field for difference in run.differences if difference.description == "red thing"
    )
    sort = call("sort_by_difference", captioned, "run", field)
    assert sort.result == {"field": field, "count": 120}
    assert field in captioned.list_indexes()
    [request] = (
        sort.executor.requests if hasattr(sort.executor, "requests") else sort.executor._requests
    )
    view = fo.DatasetView._build(captioned, json.loads(json.dumps(request.params["view"])))
    assert set(view.limit(60).distinct("tags")) == {"red"}

    ranked = call(
        "rank_hypotheses", captioned, "red", "blue", ["red", "zebra"], "mine",
        captioner="field:truth",
    )  # fmt: skip
    assert "No difference" not in ranked.result["summary"]

    call("delete_run", captioned, "run")
    assert visdiff.list_runs(captioned) == ["mine"]


def test_delegated_runs_do_the_same(plugins, captioned):
    from fiftyone.operators.delegated import DelegatedOperationService

    call("compare_views", captioned, "red", "blue", "later", captioner="field:truth", delegate=True)
    assert visdiff.list_runs(captioned) == []
    service = DelegatedOperationService()
    service.execute_queued_operations(dataset_name=captioned.name, log=False)
    [operation] = service.list_operations(dataset_name=captioned.name)
    assert operation.run_state == "completed", operation.result
    captioned.reload()
    assert visdiff.list_runs(captioned) == ["later"]
    service.delete_operation(operation.id)


def test_errors_reach_the_user_in_words(plugins, captioned):
    with pytest.raises(ExecutionError) as error:
        call("compare_views", captioned, "red", "nowhere", "run")
    assert "Expected set B" in str(error.value)
    assert visdiff.list_runs(captioned) == []


def form(dataset, name, **params):
    operator = foo.get_operator(f"{URI}/{name}")
    return operator.resolve_input(context(dataset, name, **params)).to_json()


def test_forms_offer_what_is_there_and_warn(plugins, captioned):
    text = json.dumps(form(captioned, "compare_views", advanced=True))
    for part in ("Saved view", "Tag", "Everything else", "offline", "Context"):
        assert part in text
    assert "Choose two different sets" in json.dumps(
        form(captioned, "compare_views", a="red", b="red")
    )
    assert "Use letters, digits and underscores" in json.dumps(
        form(captioned, "compare_views", run_key="two words")
    )
    assert "No comparisons on this dataset yet" in json.dumps(form(captioned, "delete_run"))
    for name in ("rank_hypotheses", "caption_samples", "embed_samples"):
        assert form(captioned, name)

    visdiff.rank(
        captioned, "red", "blue", ["<i>red</i>"], "mine",
        preset="offline", captioner="field:truth",
    )  # fmt: skip
    text = json.dumps(form(captioned, "sort_by_difference", run_key="mine"))
    assert "<i>red</i>" in text and "truer of A" in text
    assert "Deletes field 'mine'" in json.dumps(form(captioned, "delete_run", run_key="mine"))


def test_options_do_not_come_through_a_form(plugins, captioned):
    """They could send any environment variable to any server."""
    spec = {"name": "openai:m", "api_key_env": "HOME", "base_url": "http://127.0.0.1:9/v1"}
    with pytest.raises(ExecutionError, match="Expected captioner by name, got dict"):
        call("compare_views", captioned, "red", "blue", "run", captioner=spec)
    for proposer in ("bank:/etc/hosts", "union:keyword+ bank :/etc/hosts"):
        with pytest.raises(ExecutionError, match="takes only the built-in 'bank'"):
            call("compare_views", captioned, "red", "blue", "run", proposer=proposer)
