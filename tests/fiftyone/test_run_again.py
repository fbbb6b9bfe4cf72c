"""Run again, by the operators themselves: each setting comes back, or it is said that it can't."""

from types import SimpleNamespace

import fiftyone as fo
import fiftyone.operators as foo
import pytest
from forms import URI, Form, context
from made_runs import difference, run

import visdiff_plugin as visdiff
from panels import _actions
from visdiff_plugin.config import SETTINGS, Config

#: for each setting, values that are not those of every preset
OTHERS = {
    "captioner": ["transformers:some/model", "openai", "field:truth,scene", None],
    "encoder": ["open_clip:RN50/openai", "zoo:clip", "brain:sim", None],
    "proposer": ["images:gpt-4o", "keyword", "bank", "union:keyword+openai:m", None],
    "ranker": ["caption_question:gpt-4o", "cascade:image_question:gpt-4o", "words", None],
    "properties": [True, False],
    "label_fields": [("truth",)],
    "control_for": [("truth", "scene")],
    "cluster_by": ["scene", "near_duplicates"],
    "duplicate_similarity": [0.9],
    "pair_by": ["scene"],
    "caption_field": ["words"],
    "embedding_field": ["vectors"],
    "context": ["photos of a street"],
    "rounds": [5],
    "subset_size": [12],
    "draw": ["sure"],
    "proposals_per_round": [4],
    "refine": [2],
    "directions": ["both", "a"],
    "held_out": [True, False],
    "test": ["mann_whitney", "welch"],
    "correction": [True, False],
    "alpha": [0.01],
    "min_effect": [0.6],
    "min_share": [0.02],
    "min_ratio": [2.0],
    "order": ["gain", "auroc"],
    "merge": [True, False],
    "overlap": ["error"],
    "copies": ["once", "each"],
    "max_fields": [7, 0],
    "batch_size": [8],
    "engine": ["ray", "ray:auto", {"name": "ray", "gpus": 1}],
    "seed": [11],
}
EACH = [(name, value) for name, values in OTHERS.items() for value in values]
SERVER = {"name": "openai:m", "base_url": "http://127.0.0.1:9/v1"}


@pytest.fixture
def labeled(make_dataset):
    dataset = make_dataset(n=12)
    labels = [fo.Classification(label=f"{tags[0]} thing") for tags in dataset.values("tags")]
    dataset.set_values("truth", labels)
    dataset.set_values("scene", [str(number // 2) for number in range(12)] * 2)
    return dataset


def stored(config, *, ranks=False):
    """A run of a config, as it is read from a dataset."""
    record = {"sets": {"a": "red", "b": "blue", "within": ""}, "stages": {}}
    record |= {"hypotheses": ["a dog"] if ranks else []}
    record["script_only"] = config.script_only()
    rows = [difference(source="user")] if ranks else []
    return run(*rows, config=config.to_dict(), record=record)


def again(dataset, config, *, ranks=False):
    """The config that the operator makes of the form's parameters, and what the form says."""
    name, params = _actions.settings_of(dataset, stored(config, ranks=ranks))
    assert name == ("rank_hypotheses" if ranks else "compare_views")
    form = Form(dataset, name, **params)
    config = form.operator.arguments(form.context, "red", "blue")["config"]
    said = [
        control.view.label for key, control in form.inputs.items() if key.startswith("left_out_")
    ]
    return SimpleNamespace(config=config, said=said, form=form, params=params, name=name)


def test_every_setting_is_tried():
    assert set(OTHERS) == set(SETTINGS)


@pytest.mark.parametrize("ranks", [False, True], ids=["compare", "rank"])
@pytest.mark.parametrize("preset", ["offline", "default", "paper"])
def test_run_again_gives_each_setting_back(plugins, labeled, preset, ranks):
    for name, value in EACH:
        changes = {name: value}
        if preset == "paper" and name in ("control_for", "cluster_by", "pair_by"):
            changes["test"] = "mann_whitney"
        config = Config.preset(preset, **changes)
        returned = again(labeled, config, ranks=ranks)
        wanted = config.to_dict()
        if ranks:  # nothing is proposed
            wanted["proposer"] = returned.config.proposer
        assert returned.config.to_dict() == wanted, (name, value)
        assert returned.said == [], (name, value)


class Mine:
    name = "blip"  # as a choice is called


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"captioner": Mine()}, "Captioner: blip was an object of a script"),
        ({"proposer": ["keyword", Mine()]}, "Proposer: blip was an object of a script"),
        ({"proposer": {"name": "openai:m", "api_key": "sk-1"}}, "its options (api_key) can only"),
        ({"proposer": {"name": "openai:m", "temperature": 0.2}}, "its options (temperature) can"),
        (
            {"ranker": {"name": "caption_question:m", "base_url": "https://me:pw@host/v1"}},
            "Ranker: the user name and password of its server's address are not stored",
        ),
        ({"engine": "ray:10.0.0.1:6379"}, "Where models run (ray:10.0.0.1:6379) was set in a"),
        ({"engine": {"name": "ray", "workers": 2}}, "Where models run (ray) was set in a script"),
        ({"proposer": "bank:/tmp/words.txt"}, "a file can't be chosen here"),
        ({"captioner": SERVER, "proposer": {**SERVER, "base_url": "http://b/v1"}}, "one server"),
    ],
)
def test_what_can_not_come_back_is_said_in_the_form(plugins, labeled, changes, said):
    returned = again(labeled, Config.preset("offline", **changes))
    assert any(said in text for text in returned.said), returned.said
    assert "sk-1" not in str(returned.params) and "pw" not in str(returned.params)


def test_one_server_for_all_comes_back(plugins, labeled):
    asked = {"captioner": SERVER, "proposer": {**SERVER, "name": "images:n"}}
    config = Config.preset("offline", **asked)
    returned = again(labeled, config)
    assert returned.config == config and returned.said == []


def test_sets_without_a_name_are_said(plugins, labeled):
    known = stored(Config.preset("offline"))
    known.record["sets"] = {"a": "", "b": "gone", "within": "view of 20 samples"}
    _, params = _actions.settings_of(labeled, known)
    assert "a" not in params and "b" not in params
    assert params["left_out"] == [
        "Set A was picked by hand, or its view is gone. Pick it again.",
        "Set B was picked by hand, or its view is gone. Pick it again.",
        "Both sets were taken from view of 20 samples, which has no name here.",
    ]


def test_nothing_is_set_out_of_sight(plugins, labeled):
    config = Config.preset("paper", alpha=0.01, rounds=4, label_fields=("truth",))
    returned = again(labeled, config)
    assert returned.form.inputs["also"].view.description == "Alpha: 0.01"
    assert "changed: Label fields, Rounds" in returned.form.inputs["advanced"].view.description

    returned = again(labeled, config, ranks=True)
    said = returned.form.inputs["also"].view.description
    assert said == "Preset: paper; Rounds: 4; Alpha: 0.01"  # it has no control for these
    assert "changed: Label fields" in returned.form.inputs["advanced"].view.description
    form = Form(labeled, returned.name, **returned.params, also=False, advanced=True)
    taken = form.operator.arguments(form.context, "red", "blue")["config"]
    assert taken == Config(properties=False, label_fields=("truth",))
    assert "label_fields" in form.inputs and "rounds" not in form.inputs


QUICK = {
    "properties": False, "label_fields": ["truth"], "control_for": ["scene"], "alpha": 0.2,
    "min_effect": 0.6, "proposals_per_round": 3, "directions": "a", "order": "auroc", "rounds": 2,
    "subset_size": 3, "overlap": "error", "max_fields": 2, "batch_size": 8, "seed": 11,
    "context": "flat colors",
}  # fmt: skip


@pytest.mark.parametrize("ranks", [False, True], ids=["compare", "rank"])
def test_a_run_and_its_repetition_have_one_config(plugins, labeled, ranks):
    name, asked = "compare_views", ()
    if ranks:
        name, asked = "rank_hypotheses", (["red thing", "Red thing", "a zebra"],)
    foo.get_operator(f"{URI}/{name}")(
        labeled, "red", "blue", *asked, "first", preset="offline", captioner="field:truth", **QUICK
    )
    first = visdiff.load(labeled, "first")
    assert {key: first.config[key] for key in QUICK} == QUICK
    operator, params = _actions.settings_of(labeled, first)
    assert operator == name and params["run_key"] == "first_2" and "left_out" not in params
    list(foo.get_operator(f"{URI}/{name}").execute(context(labeled, name, **params)))
    second = visdiff.load(labeled, "first_2")
    assert second.config == first.config
    assert second.record["hypotheses"] == first.record["hypotheses"] == [*asked, []][0]
    assert [row.description for row in second.differences] == [
        row.description for row in first.differences
    ]


def test_wrong_settings_of_a_script_are_refused_before_anything_is_queued(plugins, labeled):
    for name, asked in (("compare_views", ()), ("rank_hypotheses", (["a dog"],))):
        operator = foo.get_operator(f"{URI}/{name}")
        with pytest.raises(TypeError, match="got 'rouns'. Did you mean 'rounds'"):
            operator(labeled, "red", "blue", *asked, "run", rouns=2)
        with pytest.raises(ValueError, match="Expected alpha as a number between 0 and 1, got 2"):
            operator(labeled, "red", "blue", *asked, "run", alpha=2, delegate=True)
    assert visdiff.list_runs(labeled) == []


WRONG = [
    {"context": 5}, {"cluster_by": 5}, {"control_for": {"a": 1}}, {"label_fields": [1]},
    {"alpha": {}}, {"alpha": 10**400}, {"test": ["x"]}, {"properties": "perhaps"},
    {"caption_field": ["x"]}, {"max_fields": 10**9}, {"rounds": 1e300}, {"merge": {"a": 1}},
]  # fmt: skip


@pytest.mark.parametrize("params", WRONG, ids=str)
def test_no_value_is_a_traceback(plugins, labeled, params):
    for name in ("compare_views", "rank_hypotheses"):
        form = Form(labeled, name, a="red", b="blue", hypotheses="x", advanced=True, **params)
        [key] = params
        assert f"Expected {key} as" in form.said("problem_0")


def test_sets_of_several_conditions_and_what_they_are_taken_from_come_back(plugins, labeled):
    labeled.save_view("in/half", labeled.limit(18))
    labeled.set_values("score", [float(row) for row in range(24)])
    found = visdiff.compare(
        labeled, "in/half & range:score=2..", "bottom:score=20%", "run", preset="offline",
        within="tag:red & label:truth=red thing",
    )  # fmt: skip
    name, params = _actions.settings_of(labeled, visdiff.load(labeled, "run"))
    assert (params["a"], params["b"]) == ("view:in/half & range:score=2..", "bottom:score=20%")
    assert params["within"] == "tag:red & label:truth=red thing" and "left_out" not in params
    form = Form(labeled, name, **params)
    assert not [one for one in form.inputs.values() if one.invalid]
    form.execute()
    repeated = visdiff.load(labeled, params["run_key"])
    assert (repeated.n_a, repeated.n_b) == (found.n_a, found.n_b)
    assert repeated.record["sets"] == found.record["sets"]
    labeled.delete_saved_view("in/half")
    _, params = _actions.settings_of(labeled, visdiff.load(labeled, "run"))
    assert "a" not in params and "Set A was picked by hand" in params["left_out"][0]
