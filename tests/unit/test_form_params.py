"""Run again: every setting comes back through a form, or it is said that it can't."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.config import SETTINGS, Config, preset_of
from visdiff_plugin.errors import SettingError
from visdiff_plugin.form_params import (
    ALSO,
    NONE,
    base_of,
    changes_of,
    hidden_in,
    params_of,
)

#: for each member a value that no preset has
OTHER = {
    "captioner": "transformers:some/model",
    "encoder": "open_clip:RN50/openai",
    "proposer": "images:gpt-4o",
    "ranker": "caption_question:gpt-4o",
    "properties": None,  # both values are some preset's: see below
    "label_fields": ("truth",),
    "control_for": ("scene", "camera"),
    "cluster_by": "video",
    "duplicate_similarity": 0.9,
    "pair_by": "prompt",
    "caption_field": "words",
    "embedding_field": "vectors",
    "context": "photos of a street",
    "rounds": 5,
    "subset_size": 12,
    "draw": "sure",
    "proposals_per_round": 4,
    "refine": 2,
    "directions": None,
    "held_out": None,
    "test": None,
    "correction": None,
    "alpha": 0.01,
    "min_effect": 0.6,
    "min_share": 0.02,
    "min_ratio": 2.0,
    "order": None,
    "merge": None,
    "overlap": "error",
    "copies": None,
    "max_fields": 7,
    "batch_size": 8,
    "engine": {"name": "ray", "gpus": 1},
    "seed": 11,
}


def through_a_form(config, ranks):
    """What a form makes of the parameters, stages as they are named there."""
    again = params_of(config.to_dict(), ranks=ranks)
    changes = changes_of(again.params)
    for name in ("captioner", "encoder", "proposer", "ranker"):
        if name in again.params:
            value = again.params[name]
            changes[name] = None if value == NONE else value
    if again.params.get("engine") not in (None, "local"):
        changes["engine"] = {
            "name": again.params["engine"],
            "gpus": again.params.get("gpus") or 0,
        }
    base = base_of(again.params["preset"], ranks=ranks)
    return {**base.to_dict(), **Config.preset("offline", **changes).to_dict()} | {
        name: value for name, value in base.to_dict().items() if name not in changes
    }, again


def test_every_member_is_tried():
    assert set(OTHER) == {member.name for member in fields(Config)} == set(SETTINGS)


@pytest.mark.parametrize("ranks", [False, True])
@pytest.mark.parametrize("preset", ["offline", "default", "paper"])
@pytest.mark.parametrize("name", OTHER)
def test_run_again_gives_every_setting_back(name, preset, ranks):
    standard = getattr(Config.preset(preset), name)
    described = SETTINGS[name]
    value = OTHER[name]
    if value is None:
        others = described.choices or (True, False)
        value = next(other for other in others if other != standard)
    changes = {name: value}
    if preset == "paper" and name in ("control_for", "cluster_by", "pair_by"):
        changes["test"] = "mann_whitney"  # Welch's test knows no strata, clusters or pairs
    config = Config.preset(preset, **changes)
    wanted = config.to_dict()
    if ranks:
        wanted |= {"proposer": base_of(preset_of(wanted), ranks=True).proposer}
    returned, again = through_a_form(config, ranks)
    assert again.left_out == []
    assert returned == wanted


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "alpha": st.floats(0.001, 0.5),
            "min_effect": st.floats(0.5, 0.9),
            "rounds": st.integers(1, 100),
            "refine": st.integers(0, 20),
            "max_fields": st.integers(0, 1000),
            "properties": st.booleans(),
            "merge": st.booleans(),
            "captioner": st.none() | st.sampled_from(["blip", "field:truth"]),
            "encoder": st.none() | st.just("zoo:clip"),
            "proposer": st.none() | st.sampled_from(["keyword", "union:keyword+bank"]),
            "ranker": st.none() | st.sampled_from(["tfidf", "cascade:image_question:gpt-4o"]),
        },
    ),
    st.booleans(),
)
def test_any_mixture_comes_back(changes, ranks):
    config = Config.preset("offline", **changes)
    returned, again = through_a_form(config, ranks)
    wanted = config.to_dict()
    if ranks:
        wanted |= {"proposer": base_of(preset_of(wanted), ranks=True).proposer}
    assert again.left_out == [] and returned == wanted


class Named:
    name = "mine"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"captioner": Named()}, "Captioner: mine was an object of a script"),
        ({"proposer": [Named(), "keyword"]}, "Proposer: mine was an object of a script"),
        ({"engine": "ray:10.0.0.1:6379"}, "was set in a script"),
        ({"engine": Named()}, "was set in a script"),
        ({"proposer": "bank:/tmp/words.txt"}, "a file can't be chosen here"),
        (
            {"proposer": {"name": "openai:m", "temperature": 0.2, "base_url": "http://a/v1"}},
            "its options (temperature)",
        ),
        (
            {"ranker": {"name": "cascade", "then": "image_question:m", "top": 3}},
            "its options (top)",
        ),
        (
            {
                "captioner": {"name": "openai:m", "base_url": "http://a/v1"},
                "proposer": {"name": "openai:m", "base_url": "http://b/v1"},
            },
            "a form names one server for all stages",
        ),
    ],
)
def test_what_can_not_come_back_is_said(changes, said):
    again = params_of(Config.preset("offline", **changes).to_dict(), ranks=False)
    assert any(said in text for text in again.left_out), again.left_out


def test_names_come_back_where_options_do_not():
    spec = {"name": "openai:m", "temperature": 0.2, "base_url": "http://a/v1"}
    again = params_of(Config.preset("offline", proposer=spec).to_dict(), ranks=False)
    assert again.params["proposer"] == "openai:m" and again.params["base_url"] == "http://a/v1"


def test_settings_without_a_control_are_said_and_can_be_taken_back():
    params = {"alpha": 0.01, "properties": False, "rounds": 4, "test": "welch"}
    assert hidden_in(params) == [
        "Measured properties: no",
        "Test: Welch's t, as in the paper",
        "Alpha: 0.01",
    ]
    assert changes_of({**params, ALSO: False}) == {"rounds": 4}
    passed = {"rounds": 4, "seed": 3, "preset": "paper"}
    assert hidden_in(passed) == []
    assert hidden_in(passed, ranks=True) == ["Preset: paper", "Rounds: 4"]
    assert changes_of({**passed, ALSO: False}, ranks=True) == {"seed": 3}


def test_what_was_an_object_is_not_taken_for_the_choice_of_its_name():
    class Blip:
        name = "blip"

    config = Config(captioner=Blip())
    assert config.to_dict() == Config().to_dict()
    again = params_of(config.to_dict(), config.script_only(), ranks=False)
    assert again.params == {"preset": "default"}
    [said] = again.left_out
    assert said.startswith("Captioner: blip was an object of a script")


@pytest.mark.parametrize("text", ["7", 7, 7.0])
def test_numbers_that_a_form_sends_as_text_are_read(text):
    assert changes_of({"rounds": text}) == {"rounds": 7}
    assert changes_of({"alpha": "0.01"}) == {"alpha": 0.01}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rounds", 0), ("rounds", 1_000_000_000), ("rounds", 2.5), ("rounds", True),
        ("subset_size", 10**7), ("refine", -1), ("max_fields", 10**9), ("batch_size", 0),
        ("seed", -1), ("alpha", 0), ("alpha", float("nan")), ("alpha", 1), ("alpha", "x"),
        ("min_effect", 0.4), ("min_effect", 1), ("draw", "x"), ("merge", 1), ("test", None),
        ("label_fields", "truth"), ("duplicate_similarity", 1.0), ("context", 5),
        ("cluster_by", ["x"]), ("control_for", [1]), ("control_for", None), ("caption_field", 1),
        ("alpha", 10**400), ("label_fields", {"a": 1}),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_and_says_which_setting(name, value):
    with pytest.raises(SettingError, match=f"Expected {name} as") as caught:
        Config.preset("offline", **{name: value})
    assert caught.value.about == name and SETTINGS[name].allowed in str(caught.value)
