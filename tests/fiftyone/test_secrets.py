"""Canaries in every place where a secret can be given: none is in what is written or said."""

import json
import logging
import traceback

import pytest
from chat_server import ChatServer, failure
from fakes import ColorCaptioner, ColorEncoder
from fiftyone.operators.executor import ExecutionError
from forms import Form

import visdiff_plugin as visdiff
from visdiff_plugin import runs
from visdiff_plugin.config import Config
from visdiff_plugin.errors import VisDiffError
from visdiff_plugin.estimating.estimate import estimate
from visdiff_plugin.reports import FORMATS
from visdiff_plugin.sets.choosing import make_base

GOOD = "* red pictures\n* blue pictures"
CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f"sk-env-{CANARY}")
    monkeypatch.setenv("MY_KEY", f"sk-mine-{CANARY}")


def repeats(request):
    """Answers with all that it was sent."""
    return f"{GOOD}\n* {request.path} {request.headers}"


def refuses(request):
    return failure(401, f"wrong: {request.path} {request.headers}", code=str(request.headers))


def places(server):
    """Every way to give a secret, as a spec of the proposer."""
    signed = server.base_url.replace("127.0.0.1", f"joe:pw-{CANARY}@127.0.0.1")
    key = {"api_key": f"sk-key-{CANARY}"}
    plain = {"name": "openai:m", "base_url": server.base_url, "max_retries": 0}
    return {
        "key": {**plain, **key},
        "variable": {**plain, "api_key_env": "MY_KEY"},
        "password": {**plain, "base_url": signed},
        "parameter": {**plain, **key, "base_url": f"{signed}?api-key=q-{CANARY}"},
        "inside": {"name": "union", "of": ["keyword", {**plain, **key}]},
        "handed down": {"name": "union:keyword+openai:m", "base_url": signed},
        "list": ["keyword", {**plain, **key, "base_url": signed}],
    }


WRONG = {
    "union": {"name": "union:keyword+openai:m", "api_key": f"sk-{CANARY}"},
    "unknown option": {"name": "openai:m", "headers": {"X-Key": CANARY}},
    "not a server": {"name": "keyword", "password": CANARY, "api_key": CANARY},
    "no scheme": {"name": "openai:m", "base_url": f"joe:{CANARY}@host/v1"},
    "other scheme": {"name": "openai:m", "base_url": f"ftp://joe:{CANARY}@host/v1"},
    "metadata": {"name": "openai:m", "base_url": f"http://joe:{CANARY}@169.254.169.254/v1"},
    "key with a space": {"name": "openai:m", "api_key": f"sk {CANARY}"},
    "key for a variable": {"name": "openai:m", "api_key_env": f"sk-{CANARY}"},
    "no name": {"api_key": CANARY, "base_url": f"http://{CANARY}@h/v1"},
    "unknown name": {"name": "opnai:m", "api_key": CANARY},
    "wrong number": {"name": "openai:m", "timeout": -1, "api_key": CANARY},
    "nested unions": {"name": "union", "of": [{"name": "union:a+b", "api_key": CANARY}]},
    "nobody listens": {"name": "openai:m", "base_url": f"http://joe:{CANARY}@127.0.0.1:9/v1",
                       "max_retries": 0},
}  # fmt: skip


def told(error):
    """All that an error says, with those that it came from."""
    texts, linked = ["".join(traceback.format_exception(error))], [error]
    for each in linked:
        texts.append(f"{each!r} {each.args!r} {vars(each)!r}")
        linked += [other for other in (each.__cause__, each.__context__) if other is not None]
    return texts


def compare(dataset, key, proposer, **more):
    return visdiff.compare(
        dataset, "red", "blue", key, captioner=ColorCaptioner(), encoder=ColorEncoder(),
        properties=False, proposer=proposer, **more,
    )  # fmt: skip


def everything_stored(dataset):
    """The database's documents, as text."""
    import fiftyone.core.odm as foo

    database = foo.get_db_conn()
    return " ".join(
        str(document) for name in database.list_collection_names()
        for document in database[name].find()
    )  # fmt: skip


def test_no_secret_is_in_what_a_run_leaves(dataset, caplog):
    caplog.set_level(logging.DEBUG)
    texts = []
    with ChatServer(repeats) as server:
        for number, (place, spec) in enumerate(places(server).items()):
            config = Config(proposer=spec)
            run = compare(dataset, f"run_{number}", spec)
            assert len(run.proposals) >= 2, place
            texts += [repr(run), str(run), repr(config), run.summary(), json.dumps(run.to_dict())]
            texts += [runs.export(dataset, run.run_key, kind=kind) for kind in FORMATS]
            texts += [str(config.to_dict()), str(config.proposer)]
            texts.append(repr(estimate(make_base(dataset, None), "red", "blue", config)))
        sent = [request.headers.get("authorization", "") for request in server.requests]
        assert any(CANARY in each for each in sent)
        assert not any("sk-env" in str(request.headers) for request in server.requests)
    texts += [record.getMessage() for record in caplog.records]
    texts.append(everything_stored(dataset))
    assert "red pictures" in texts[-1]
    assert not [text[:200] for text in texts if CANARY in text]


def test_no_secret_is_in_what_goes_wrong(dataset, caplog):
    caplog.set_level(logging.DEBUG)
    texts = []
    with ChatServer(refuses) as server:
        for place, spec in {**places(server), **WRONG}.items():
            try:
                run = compare(dataset, "run", spec, overwrite=True)
            except (VisDiffError, ValueError) as error:
                texts += told(error)
            else:  # of several proposers, the others go on
                assert place in ("inside", "handed down", "list"), place
                texts += [repr(run), json.dumps(run.to_dict())]
            try:
                texts.append(
                    repr(estimate(make_base(dataset, None), "red", "blue", Config(proposer=spec)))
                )
            except (VisDiffError, ValueError) as error:
                texts += told(error)
    texts += [record.getMessage() for record in caplog.records]
    texts.append(everything_stored(dataset))
    assert not [text[:300] for text in texts if CANARY in text]


@pytest.mark.parametrize(
    "address", [f"http://joe:{CANARY}@127.0.0.1:9/v1", f"http://127.0.0.1:9/v1?api-key={CANARY}",
                f"joe:{CANARY}@h"],
)  # fmt: skip
def test_a_form_takes_no_password(plugins, dataset, address):
    form = Form(dataset, a="red", b="blue", run_key="run", proposer="openai:m", advanced=True,
                base_url=address, preset="offline", words="nothing")  # fmt: skip
    assert form.inputs["base_url"].invalid
    with pytest.raises(ValueError, match="server address without|Expected an address") as caught:
        form.execute()
    texts = [str(form.inputs["base_url"].error_message), *told(caught.value)]
    assert not [text for text in texts if CANARY in text]


@pytest.mark.parametrize("name", ["compare_views", "rank_hypotheses", "caption_samples"])
def test_no_password_is_queued(plugins, dataset, name):
    import asyncio

    from fiftyone.operators.executor import execute_or_delegate_operator

    params = {"a": "red", "b": "blue", "run_key": "run", "hypotheses": "dogs", "preset": "offline",
              "captioner": "openai:m", "base_url": f"http://joe:{CANARY}@h/v1"}  # fmt: skip
    request = {"dataset_name": dataset.name, "params": params, "request_delegation": True}
    with pytest.raises((ValueError, ExecutionError), match="without a password"):
        asyncio.run(execute_or_delegate_operator(f"@visdiff/visdiff/{name}", request))
    assert CANARY not in everything_stored(dataset)


def test_a_form_sends_the_environments_key_to_nobody(plugins, dataset):
    with ChatServer(GOOD) as server:
        for proposer in ("openai:m", "union:keyword+openai:m", "images:m"):
            form = Form(dataset, a="red", b="blue", run_key="run", proposer=proposer,
                        base_url=server.base_url, preset="offline", overwrite=True,
                        ranker="image_question:m", captioner="openai:m")  # fmt: skip
            try:
                form.execute()
            except VisDiffError:
                pass
        assert server.requests
        assert CANARY not in str([request.headers for request in server.requests])


def test_the_panel_shows_none(browser, dataset):
    with ChatServer(repeats) as server:
        for number, spec in enumerate(places(server).values()):
            compare(dataset, f"run_{number}", spec)
    shown = [str(browser.event("on_load").requests)]
    for number in range(len(places(server))):
        for event in (
            {"method": "open_run", "key": f"run_{number}"},
            {"method": "run_again"},
            {"method": "open_difference", "at": 0},
        ):
            shown.append(str(browser.event(**event).requests))
    assert len("".join(shown)) > 1_000
    assert CANARY not in "".join(shown)
