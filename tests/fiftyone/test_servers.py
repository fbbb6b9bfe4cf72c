"""Whole comparisons against a server that misbehaves: a clear error, nothing half written."""

import json

import pytest
from chat_server import (
    BROKEN,
    EMPTY,
    HANGS_UP,
    HTML,
    RATE_LIMITED,
    UNAUTHORIZED,
    ChatServer,
    completion,
)
from fakes import ColorCaptioner, ColorEncoder

import visdiff_plugin as visdiff
from visdiff_plugin.errors import CredentialsError, ModelError, ProposerError, ServerError

GOOD = "* red pictures\n* blue pictures"


def compare(dataset, server, key="run", **options):
    return visdiff.compare(
        dataset,
        "red",
        "blue",
        key,
        captioner=ColorCaptioner(),
        encoder=ColorEncoder(),
        properties=False,
        proposer={"name": "openai:m", "base_url": server.base_url, "max_retries": 0, **options},
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (RATE_LIMITED, ServerError),
        (BROKEN, ServerError),
        (HTML, ServerError),
        (EMPTY, ServerError),
        (HANGS_UP, ServerError),
        (UNAUTHORIZED, CredentialsError),
        (completion("I'm sorry, I can't help with that."), ProposerError),
        (completion(""), ModelError),
    ],
    ids=["429", "500", "html", "empty", "hang-up", "401", "refusal", "no text"],
)
def test_a_server_that_never_answers_stops_the_run(dataset, answer, error):
    with ChatServer(answer) as server, pytest.raises(error) as raised:
        compare(dataset, server)
    assert str(raised.value) and "Traceback" not in str(raised.value)
    assert dataset.list_runs() == [] and dataset.get_field("run") is None
    # what was paid for stays: captions and embeddings are stored
    with ChatServer(GOOD) as server:
        run = compare(dataset, server)
    assert run.reused["captions"] == run.reused["embeddings"] == {"reused": 120, "computed": 0}
    assert set(run.proposals) == {"red pictures", "blue pictures"}


def test_a_hiccup_costs_a_retry_and_a_failed_round_only_itself(dataset):
    with ChatServer(GOOD, first=[BROKEN]) as server:
        run = compare(dataset, server, max_retries=2)
        assert len(server.requests) == 7 and not run.skipped
    with ChatServer(GOOD, first=[BROKEN]) as server:
        run = compare(dataset, server, key="again")
    assert [(skipped_item.what, skipped_item.count) for skipped_item in run.skipped] == [
        ("round", 1)
    ]
    assert run.record["usage"]["requests"] == 5


def test_no_key_is_said_before_anything_is_computed(dataset):
    captioner = ColorCaptioner()
    with pytest.raises(CredentialsError, match="OPENAI_API_KEY"):
        visdiff.compare(dataset, "red", "blue", "run", captioner=captioner, encoder=ColorEncoder())
    assert captioner.seen == [] and dataset.list_runs() == []


def test_a_key_reaches_the_server_and_nothing_else(dataset, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    with ChatServer(GOOD) as server:
        run = compare(dataset, server, api_key_env="MY_KEY")
        assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
    stored = json.dumps(dataset.load_run_results("run", cache=False).record)
    assert "sk-very-secret" not in stored and "sk-very-secret" not in json.dumps(run.to_dict())
    assert run.record["stages"]["proposer"]["parameters"]["model"] == "m"
    assert run.record["rounds"][0]["reply"] == GOOD


def test_the_users_context_reaches_the_prompt(dataset):
    with ChatServer(GOOD) as server:
        visdiff.compare(
            dataset, "red", "blue", "run", captioner=ColorCaptioner(), encoder=ColorEncoder(),
            proposer={"name": "openai:m", "base_url": server.base_url}, properties=False,
            context="Toy pictures; ignore the frame.",
        )  # fmt: skip
        assert all("Toy pictures; ignore the frame." in request.text for request in server.requests)
        assert len(server.requests) == 6
