"""What can be chosen: the same in the library, in the docs and in `make_...`; what is missing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ColourEncoder

from visdiff_plugin import captioners, choices, encoders, proposers, rankers
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.choices import CAPTIONERS, ENCODERS, PROPOSERS, RANKERS, STAGES, find, missing
from visdiff_plugin.config import Config

ROOT = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:9/v1"
ALL = [(stage, one) for stage, some in STAGES.items() for one in some]


def names(some):
    return [one.name for one in some]


def test_the_page_names_the_same_choices_as_the_library():
    text = (ROOT / "docs" / "choosing.md").read_text()
    for stage, some in STAGES.items():
        section = text.split(f"## {stage.capitalize()}s\n")[1].split("\n## ")[0]
        named = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
        assert named == names(some), stage
        for one, line in zip(some, re.findall(r"^\| `.*$", section, re.MULTILINE), strict=True):
            cells = (f"`{one.name}`", one.finds, one.needs, one.cost, one.formula)
            assert line.startswith(f"| {' | '.join(cells)} |")


def test_every_name_that_the_library_lists_can_be_chosen():
    def listed(kinds):
        return {one.replace("[", "").replace("]", "") for one in kinds}

    dataset = {"field:NAME", "brain:KEY"}  # read from a dataset, nothing is made
    assert listed(captioners.KINDS) == set(names(CAPTIONERS)) - dataset
    assert listed(encoders.KINDS) == set(names(ENCODERS)) - dataset
    # a file of the bank is for scripts: a form could name any file of the server
    assert listed(proposers.KINDS) - {"bank:FILE"} | {"bank"} == set(names(PROPOSERS))
    assert listed(rankers.KINDS) == set(names(RANKERS))


@pytest.mark.parametrize(("stage", "choice"), ALL, ids=lambda one: getattr(one, "name", one))
def test_every_choice_can_be_made(stage, choice):
    spec = choice.spec(choice.example)
    assert find(stage, spec) == find(stage, choice.name) == choice
    asked = {"name": spec, "base_url": URL} if "image_question:gpt" in spec or choice.env else spec
    if spec.startswith("brain:"):
        return  # tests/fiftyone/test_brain.py: the run is the dataset's
    if spec.startswith("field:"):
        config = Config(captioner=spec, encoder=None, proposer="keyword", ranker="tfidf")
        assert make_stages(Dataset(), config, True).caption_fields == (choice.example,)
    elif stage == "captioner":
        assert captioners.make_captioner(asked).name
    elif stage == "encoder":
        assert encoders.make_encoder(asked).name
    elif stage == "proposer":
        assert proposers.make_proposers(asked, encoder=ColourEncoder())
    else:
        assert rankers.make_ranker(asked, ColourEncoder()).name


class Dataset:
    name = "known"

    def get_field(self, name):
        return name == "ground_truth" or None


def test_a_name_that_wants_another_is_not_left_without():
    by_name = {one.name: one for _, one in ALL}
    assert by_name["openai:MODEL"].spec() == "openai"
    assert by_name["open_clip:MODEL/WEIGHTS"].spec(" ViT-B-32/x ") == "open_clip:ViT-B-32/x"
    assert by_name["blip"].spec("ignored") == "blip"
    for one in by_name.values():
        if one.asks_for and not one.optional:
            with pytest.raises(ValueError, match=f"Expected {re.escape(one.asks_for)} for"):
                one.spec("  ")
            assert one.example
    assert find("encoder", "open_clip:paper").name == "open_clip:paper"
    assert find("ranker", "image_question:transformers:x").packages == ("torch", "transformers")
    assert find("ranker", "image_question:x").env == ("OPENAI_API_KEY",)
    assert find("ranker", "nothing") is None and find("proposer", "keywords") is None


def test_what_is_missing_is_said_in_words(monkeypatch):
    chat = find("proposer", "openai:m")
    assert missing(chat) == "OPENAI_API_KEY, or the address of a server"
    assert missing(chat, base_url=URL) == ""
    assert missing(chat, base_url=URL, has_captions=False).startswith("captions: choose")
    monkeypatch.setenv("OPENAI_BASE_URL", URL)
    assert missing(chat) == ""
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert missing(chat) == ""
    assert missing(find("proposer", "bank"), has_encoder=False) == "an encoder"
    assert missing(find("ranker", "embedding")) == ""
    absent = replace(find("captioner", "blip"), packages=("torch", "no_such_package"))
    assert missing(absent) == "the package no_such_package"
    absent = replace(chat, packages=("no_such_package",), reads=("captions",))
    monkeypatch.delenv("OPENAI_API_KEY")
    assert missing(absent, has_captions=False).count("; ") == 2


def test_what_is_optional_needs_nothing_heavy():
    source = Path(choices.__file__).read_text()
    assert not re.search(r"^\s*(?:import|from) (?:torch|transformers|openai|\.)", source, re.M)
