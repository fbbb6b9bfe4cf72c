"""The table of stages: what it says of each is what the objects say, and all that is read of it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

from visdiff_plugin import stages
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.catalog.lacks import missing
from visdiff_plugin.catalog.make import make
from visdiff_plugin.catalog.members import asks_server, find, members_of, stored_name
from visdiff_plugin.catalog.page import with_tables
from visdiff_plugin.catalog.table import MODELS, STAGES
from visdiff_plugin.config import Config
from visdiff_plugin.engines import make_engine
from visdiff_plugin.errors import CredentialsError, SettingError
from visdiff_plugin.proposers import make_proposers
from visdiff_plugin.proposers.keyword import KeywordProposer
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.rankers.cascade import Cascade

ROOT = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:9/v1"
ALL = [choice for some in STAGES.values() for choice in some]
BY_NAME = {(choice.stage, choice.name): choice for choice in ALL}


def name_of(thing):
    return f"{thing.stage} {thing.name}" if hasattr(thing, "stage") else None


def spec_of(choice):
    """Returns a spec of a choice that can be made here, without a key."""
    spec = choice.spec(choice.example)
    asks = asks_server(choice.stage, spec)
    return {"name": spec, "base_url": URL} if asks else spec


def test_the_page_says_what_the_table_says():
    page = (ROOT / "docs" / "choosing.md").read_text()
    assert with_tables(page) == page, "run `make docs`"
    for choice in ALL:
        assert f"| `{choice.name}` | {choice.finds} | {choice.needs} | {choice.cost} |" in page
    with pytest.raises(ValueError, match="below '## Rankers'"):
        with_tables(page.replace("## Rankers", "## Else"))


@pytest.mark.parametrize("choice", ALL, ids=name_of)
def test_every_choice_can_be_made_and_is_what_its_row_says(choice):
    spec = choice.spec(choice.example)
    assert find(choice.stage, spec) == find(choice.stage, choice.name) == choice
    if choice.stored:
        assert stored_name(choice.stage, spec) == choice.example
        with pytest.raises(SettingError, match="what a dataset holds"):
            make(choice.stage, spec)
        return
    for member in members_of(choice.stage, spec_of(choice)):
        thing = make(choice.stage, member, encoder=ColorEncoder(), n=4)
        row = find(choice.stage, member)
        assert stages.asks_server(thing) == asks_server(choice.stage, member)
        assert stages.asks_server(thing) == (row.runs == "server")
        if choice.stage in ("proposer", "ranker"):
            default = "captions" if choice.stage == "proposer" else "embeddings"
            assert stages.needs_of(thing, default) == set(row.reads)
        if choice.stage == "ranker":
            assert stages.costs(thing) == bool(row.runs)


def test_a_field_is_read_and_not_made():
    class Dataset:
        name = "known"

        def get_field(self, name):
            return name == "ground_truth" or None

    for spec in ("field:ground_truth", {"name": "field:ground_truth"}):
        config = Config(captioner=spec, encoder=None, proposer="keyword", ranker="tfidf")
        assert make_stages(Dataset(), config, True).caption_fields == ("ground_truth",)


def test_a_name_that_wants_another_is_not_left_without():
    assert BY_NAME["proposer", "openai:MODEL"].spec() == "openai"
    weights = BY_NAME["encoder", "open_clip:MODEL/WEIGHTS"]
    assert weights.spec(" ViT-B-32/x ") == "open_clip:ViT-B-32/x"
    assert BY_NAME["captioner", "blip"].spec("ignored") == "blip"
    for choice in ALL:
        if choice.asks_for and not choice.optional:
            with pytest.raises(
                SettingError, match=f"^Expected {re.escape(choice.asks_for)} for"
            ) as caught:
                choice.spec("  ")
            assert choice.example and caught.value.about == choice.stage
    assert find("encoder", "open_clip:paper").name == "open_clip:paper"
    assert find("encoder", " open_clip : paper ").name == "open_clip:paper"
    assert find("ranker", "image_question:transformers:x").packages == ("torch", "transformers")
    assert find("ranker", "image_question:x").key_env == "OPENAI_API_KEY"
    assert find("proposer", "caption_llm") == find("proposer", "openai:m")
    for nothing in ("nothing", "", "embedding:x", 5, None, {}, ["embedding"]):
        assert find("ranker", nothing) is None


@pytest.mark.parametrize("stage", STAGES)
def test_messages_name_what_there_is(stage):
    with pytest.raises(SettingError) as caught:
        make(stage, "nobody")
    assert caught.value.about == stage
    article = "an" if stage in ("encoder", "engine") else "a"
    assert str(caught.value).startswith(f"Expected {article} {stage} out of ")
    assert all(choice.kind in str(caught.value) for choice in STAGES[stage])
    for wrong in (5, object(), ["nobody", "else"]):
        with pytest.raises(SettingError, match="an object with name") as caught:
            make(stage, wrong)
        assert caught.value.about == stage
    with pytest.raises(SettingError, match="Expected a stage's name") as caught:
        make(stage, {"model": "m"})
    assert caught.value.about == stage
    assert "bank[:FILE]" in str(pytest.raises(ValueError, make, "proposer", "x").value)


def test_no_message_tells_a_password():
    with pytest.raises(SettingError) as caught:
        make("encoder", "http://joe:secret@host/v1")
    assert "secret" not in str(caught.value)


WRONG = [
    ("captioner", "transformers", "captioner", "Expected MODEL for 'transformers:MODEL'"),
    ("proposer", {"name": "keyword", "size": 3}, "proposer", "Expected options of Keyword"),
    ("proposer", ["keyword", {"name": "openai:m", "base_ulr": URL}], "proposer", "base_ulr"),
    ("proposer", "union:keyword+nobody", "proposer", "got 'nobody'"),
    ("proposer", "union:keyword+bank", "encoder", "Expected an encoder for the proposer 'bank'"),
    ("proposer", {"name": "union:openai:m", "base_url": "x"}, "proposer", "Expected an address"),
    ("ranker", {"name": "cascade:tfidf", "first": "embedding"}, "encoder", "Expected an encoder"),
    ("ranker", {"name": "cascade:tfidf", "top": 0}, "ranker", "Expected top"),
    ("ranker", "cascade:cascade:tfidf", "ranker", "Expected a cascade of other rankers"),
    ("engine", {"name": "local", "gpus": 1}, "engine", "Expected options of LocalEngine"),
]


@pytest.mark.parametrize(("stage", "spec", "about", "text"), WRONG, ids=str)
def test_an_error_says_which_setting_it_is_about(stage, spec, about, text):
    def making():
        if stage == "proposer":
            return make_proposers(spec, api_key="none")
        return make(stage, spec)

    with pytest.raises(SettingError, match=re.escape(text)) as caught:
        making()
    assert caught.value.about == about


def test_a_missing_key_is_about_the_stage_that_wants_it(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for stage, spec in (("proposer", "openai:m"), ("ranker", "cascade:image_question:m")):
        with pytest.raises(CredentialsError) as caught:
            make(stage, spec)
        assert caught.value.about == stage
        assert make(stage, spec, api_key="none").name


def test_an_address_reaches_those_that_ask_and_no_others():
    spec = {"name": "union", "of": ["keyword", "openai:m", {"name": "images:v", "base_url": "x"}]}
    plain, chat, vision = members_of("proposer", {**spec, "base_url": URL})
    assert plain == "keyword" and chat == {"name": "openai:m", "base_url": URL}
    assert vision["base_url"] == "x"
    nested = {"name": "cascade", "then": {"name": "image_question:m"}, "base_url": URL}
    assert make_ranker(nested, ColorEncoder()).then.parameters["base_url"] == URL
    [first, then] = members_of("ranker", {**nested, "first": "tfidf"})
    assert first == "tfidf" and then["base_url"] == URL
    local = {"name": "keyword", "base_url": URL}  # forms and old runs: nothing is asked
    assert make("proposer", local).name == "keyword"


class Asking(ListProposer):
    """A user's own proposer, which asks a server."""

    parameters = {"base_url": None, "model": "mine"}


class Scoring:
    name = "mine"

    def score(self, images, descriptions):
        raise AssertionError("nothing is scored here")


class Paid(Scoring):
    costs = True


class AskingToo(Scoring):
    parameters = {"base_url": URL}


ASKS = [
    ("captioner", "openai:m", True), ("captioner", "blip", False), ("captioner", "nobody", False),
    ("captioner", "field:x", False), ("captioner", ColorCaptioner(), False),
    ("captioner", None, False), ("encoder", "zoo:m", False), ("encoder", ColorEncoder(), False),
    ("proposer", "caption_llm", True), ("proposer", {"name": "images:m"}, True),
    ("proposer", "union:keyword+bank", False), ("proposer", ["keyword", "openai"], True),
    ("proposer", ["keyword", Asking()], True), ("proposer", Asking(), True),
    ("proposer", ListProposer(), False), ("ranker", "image_question:transformers:m", False),
    ("ranker", "cascade:caption_question:m", True), ("ranker", "cascade:tfidf", False),
    ("ranker", Cascade(Scoring(), AskingToo()), True), ("ranker", Paid(), False),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "spec", "asks"), ASKS, ids=str)
def test_whether_a_server_is_asked_has_one_answer(stage, spec, asks):
    assert asks_server(stage, spec) is asks


def test_what_an_object_says_of_itself():
    assert stages.costs(Paid()) and not stages.asks_server(Paid())
    assert stages.costs(AskingToo()) and stages.asks_server(AskingToo())
    assert not stages.costs(Scoring()) and stages.costs(Cascade(Scoring(), Paid()))
    assert not stages.costs(Cascade(Scoring(), Scoring()))


def test_what_stands_where_nothing_is_chosen():
    assert make_engine(None).name == "local"
    assert make_ranker(None, None).name == "words"
    assert make_ranker(None, ColorEncoder()).name == "embedding (color-1)"
    with pytest.raises(SettingError, match="got NoneType"):
        make_captioner(None)


def test_what_is_missing_is_said_in_words(monkeypatch):
    chat = find("proposer", "openai:m")
    assert missing(chat) == "OPENAI_API_KEY, or the address of a server"
    assert missing(chat, {"base_url": URL}) == missing(chat, {"api_key": "k"}) == ""
    assert missing(chat, {"api_key_env": "NO_SUCH"}).startswith("NO_SUCH, or")
    assert missing(chat, {"base_url": URL}, has_captions=False).startswith("captions: choose")
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


def test_the_table_loads_nothing():
    for path in (ROOT / "visdiff_plugin" / "catalog").glob("*.py"):
        heavy = r"^\s*(?:import|from) (?:torch|transformers|openai|ray|fiftyone)"
        assert not re.search(heavy, path.read_text(), re.M), path
    assert set(MODELS) == set(STAGES) - {"engine"}


def test_proposers_that_cost_nothing_give_more():
    [keyword] = make_proposers("keyword", n=10)
    assert isinstance(keyword, KeywordProposer) and keyword.n == 15
    assert make_proposers({"name": "keyword", "n": 4}, n=10)[0].n == 4
