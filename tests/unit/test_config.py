"""Choices are validated when they are made, and saved without secrets."""

import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.config import SETTINGS, Config, Preset
from visdiff_plugin.errors import SettingError
from visdiff_plugin.inputs.ties import NEAR_DUPLICATES
from visdiff_plugin.settings_page import with_settings
from visdiff_plugin.specs import Spec, parse_spec, public_spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": 0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"min_effect": 0.4}, "min_effect"),
        ({"rounds": 0}, "rounds"),
        ({"subset_size": 1}, "subset_size"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"directions": "c"}, "directions"),
        ({"draw": "lots"}, "draw"),
        ({"refine": -1}, "refine"),
        ({"refine": True}, "refine"),
        ({"test": "z"}, "test"),
        ({"label_fields": "ground_truth"}, "label_fields"),
    ],
)
def test_values_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Config(**changes)


def test_presets():
    paper = Config.preset("paper", seed=3)
    assert (paper.test, paper.correction, paper.held_out, paper.seed) == ("welch", False, False, 3)
    assert make_captioner(paper.captioner).name == "Salesforce/blip2-opt-2.7b"
    assert (paper.proposer, paper.encoder) == (
        "openai:gpt-4",
        "open_clip:ViT-bigG-14/laion2b_s39b_b160k",
    )
    assert (paper.rounds, paper.subset_size, paper.proposals_per_round) == (3, 20, 10)
    assert (paper.directions, paper.order, paper.min_effect) == ("a", "auroc", 0.5)
    assert Config.preset("offline").encoder is None
    assert Config.preset("default") == Config()
    with pytest.raises(ValueError, match="preset"):
        Config.preset("papier")


def test_a_saved_config_holds_no_secret_and_no_object():
    class Mine:
        name = "mine-1"

    spec = {
        "name": "openai:gpt-4o-mini",
        "api_key": "sk-123",
        "base_url": "https://me:pw@host/v1",
        "max_tokens": 9,
    }
    saved = json.dumps(Config(proposer=spec, encoder=Mine()).to_dict())
    assert "sk-123" not in saved and "pw" not in saved
    assert "max_tokens" in saved and "https://host/v1" in saved and "mine-1" in saved


def test_how_to_propose_is_saved():
    saved = Config(draw="sure", refine=2).to_dict()
    assert (saved["draw"], saved["refine"]) == ("sure", 2)


def test_specs():
    assert parse_spec("openai:gpt-4o") == Spec("openai", "gpt-4o")
    assert str(parse_spec({"name": "open_clip:ViT-B-32/x", "device": "cpu"})) == (
        "open_clip:ViT-B-32/x"
    )
    assert parse_spec("field:a,b").argument == "a,b"
    for bad in ("", ":x", {"model": "x"}):
        with pytest.raises(ValueError, match="stage's name"):
            parse_spec(bad)
    assert public_spec(["a", 1, None]) == ["a", 1, None]


def test_the_page_of_settings_is_that_of_the_table():
    page = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text()
    assert with_settings(page) == page  # else run tools/doc_tables.py
    assert all(f"| `{name}` |" in page for name in SETTINGS)


def test_the_class_describes_every_setting():
    text = " ".join(Config.__doc__.split())
    for name, described in SETTINGS.items():
        assert f"{name} ({getattr(Config(), name)!r}): {described.described}" in text


def test_choices_are_those_of_the_types():
    for name, hint in get_type_hints(Config).items():
        if SETTINGS[name].kind == "choice":
            assert set(SETTINGS[name].choices) == set(get_args(hint)), name
    assert set(SETTINGS["cluster_by"].choices) == {NEAR_DUPLICATES}


def test_presets_are_within_the_table():
    for preset in get_args(Preset):
        assert Config.preset(preset).to_dict().keys() == SETTINGS.keys()


def test_what_a_saved_config_can_not_say_is_known():
    class Mine:
        name = "blip"

    server = {"name": "openai:m", "api_key": "sk-123", "base_url": "https://me:pw@host/v1"}
    config = Config(
        captioner=Mine(), proposer=["keyword", server], ranker={"name": "cascade", "then": Mine()}
    )
    assert config.script_only() == {
        "captioner": {"objects": ["blip"], "options": []},
        "proposer": {"objects": [], "options": ["api_key", "base_url"]},
        "ranker": {"objects": ["blip"], "options": []},
    }
    assert Config(proposer={"name": "openai:m", "temperature": 0.2}).script_only() == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("context", "x" * 5_001),
        ("label_fields", ["f"] * 101),
        ("control_for", ["f"] * 21),
        ("control_for", ["f" * 501]),
        ("control_for", "f" * 501),
        ("cluster_by", "f" * 501),
        ("caption_field", "f" * 501),
        ("rounds", 10**400),
        ("rounds", [1] * 10**6),
        ("context", {str(i): i for i in range(10**5)}),
    ],
)
def test_texts_lists_and_numbers_have_bounds_and_errors_stay_short(name, value):
    with pytest.raises(SettingError, match=f"Expected {name} as") as caught:
        Config(**{name: value})
    assert len(str(caught.value)) < 500 and caught.value.about == name


def test_every_number_text_and_list_has_an_upper_bound():
    kinds = ("number", "share", "text", "group_fields", "label_fields")
    assert [name for name, each in SETTINGS.items() if each.kind in kinds and not each.most] == []
