"""A new stage is one class and one row: then it is made, offered, estimated, documented and run."""

import sys
from pathlib import Path

import pytest
from chat_server import ChatServer
from forms import Form

import visdiff_plugin as visdiff
from visdiff_plugin.catalog.choice import Choice
from visdiff_plugin.catalog.page import with_tables
from visdiff_plugin.catalog.table import STAGES
from visdiff_plugin.config import Config
from visdiff_plugin.estimating.estimate import estimate
from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.sets.choosing import make_base

PAGE = Path(__file__).resolve().parents[2] / "docs" / "choosing.md"
CODE = """
from typing import Unpack

from visdiff_plugin.chat.options import ServerOptions, client_of


class EchoProposer:
    name, needs = "echo", "captions"

    def __init__(self, word, *, n=10, **server: Unpack[ServerOptions]):
        self.word, self.n = word, n
        self._client = client_of(None, "m", 0.0, 0, 100, **server)

    @property
    def parameters(self):
        return {**self._client.parameters, "word": self.word, "n": self.n}

    def propose(self, a, b):
        return [f"{self.word} {self._client.complete([{'role': 'user', 'content': 'x'}]).text}"]
"""
ROW = Choice(
    stage="proposer", name="echo:NAME", label="An echo", path="my_echo:EchoProposer",
    takes="word", example="red", reads=("captions",),
    runs="server", packages=("openai",), key_env="ECHO_KEY",
    finds="what was said", needs="a wall", cost="a call", formula="2 r calls",
)  # fmt: skip


@pytest.fixture
def echo(monkeypatch, tmp_path):
    (tmp_path / "my_echo.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(STAGES, "proposer", (*STAGES["proposer"], ROW))
    yield
    sys.modules.pop("my_echo", None)


@pytest.fixture
def captioned(dataset):
    dataset.set_values("words", [f"a {tags[0]} thing" for tags in dataset.values("tags")])
    return dataset


def test_it_is_made_like_any_other(echo):
    echoing = make_proposer({"name": "echo:red", "base_url": "http://127.0.0.1:9/v1"}, n=4)
    assert (echoing.word, echoing.n, echoing.name) == ("red", 4, "echo")
    with pytest.raises(ValueError, match="Expected NAME for 'echo:NAME'"):
        make_proposer("echo")
    with pytest.raises(ValueError, match="out of keyword, .*, echo:NAME, got 'nobody'"):
        make_proposer("nobody")


def test_the_form_offers_it_and_says_what_it_lacks(plugins, captioned, echo):
    sets = {"a": "red", "b": "blue", "advanced": True, "words": "words"}
    form = Form(captioned, **sets, proposer="echo:NAME")
    shown = {choice.value: choice for choice in form.inputs["proposer"].view.choices}
    assert "Needs: a wall. Costs: a call." in shown["echo:NAME"].description
    assert form.inputs["proposer_echo"].invalid and "base_url" in form.inputs
    named = Form(captioned, **sets, proposer="echo:NAME", proposer_echo="red")
    said = " ".join(each.view.label for name, each in named.inputs.items() if "problem" in name)
    assert "An echo (echo:red) needs ECHO_KEY, or the address" in said
    assert "(see below: Proposer)" in said


def test_it_is_estimated_as_one_that_asks_and_runs(captioned, echo):
    with ChatServer("thing") as server:
        config = Config.preset(
            "offline", captioner="field:words", properties=False,
            proposer={"name": "union", "of": ["echo:red"], "base_url": server.base_url},
        )  # fmt: skip
        expected = estimate(make_base(captioned), "red", "blue", config)
        [calls] = expected.calls
        assert expected.problems == () and calls.own_server
        run = visdiff.compare(captioned, "red", "blue", "run", config=config)
        assert len(server.requests) == calls.calls == 6
    assert [each.description for each in run.significant] == ["red thing"]
    assert run.record["stages"]["proposer"]["costs"] is True


def test_the_page_lists_it(echo):
    line = "| `echo:NAME` | what was said | a wall | a call | 2 r calls | not measured |"
    assert line in with_tables(PAGE.read_text())
