"""Secrets print as nothing, wherever they are."""

import copy
import dataclasses
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.config import Config
from visdiff_plugin.secret import Masks, Secret, conceal, is_secret_name, reveal, without_secrets
from visdiff_plugin.specs import parse_spec, public_spec, secrets_of

CANARY = "sk-canary-123"


def test_a_secret_is_shown_nowhere_and_found_by_who_needs_it():
    secret = Secret(CANARY)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>9}", str([secret]),
             repr({"a": secret}), str(vars), json.dumps({"a": secret}, default=str)]  # fmt: skip
    assert not any("canary" in text for text in shown)
    assert secret.reveal() == reveal(secret) == CANARY and reveal("plain") == "plain"
    assert copy.deepcopy(secret) == copy.copy(secret) == secret == Secret(CANARY)
    assert len({secret, Secret(CANARY)}) == 1 and secret and not Secret("")
    with pytest.raises(TypeError, match="JSON"):
        json.dumps(secret)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(secret, protocol)


@pytest.mark.parametrize(
    "name",
    ["api_key", "API-Key", "apikey", "x-api-key", "secret", "client_secret", "password", "token",
     "hf_token", "access_token", "authorization", "Authorization", "headers", "default_headers",
     "cookie", "bearer", "credentials"],
)  # fmt: skip
def test_options_that_hold_a_secret(name):
    spec = {"name": "openai:m", name: CANARY}
    config = Config(proposer=spec)
    for text in (repr(config), str(config), str(config.proposer), str(parse_spec(spec)),
                 json.dumps(config.to_dict()), json.dumps(config.script_only()),
                 str(dataclasses.asdict(config)), str(public_spec(spec))):  # fmt: skip
        assert "canary" not in text
    assert secrets_of(spec) == secrets_of(conceal(spec)) == [name]
    assert reveal(config.proposer[name]) == CANARY
    assert spec[name] == CANARY  # the caller's own stays as it is


@pytest.mark.parametrize("name", ["max_tokens", "top_k", "model", "timeout", "prompt", "n"])
def test_options_that_hold_none(name):
    assert not is_secret_name(name)
    assert public_spec(conceal({name: "x"})) == {name: "x"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://joe:hunter2@h/v1", "https://h/v1"),
        ("https://hunter2@h/v1", "https://h/v1"),
        ("https://joe:hun/ter2@h/v1", "https://h/v1"),
        ("https://joe:hun@ter2@h/v1", "https://h/v1"),
        ("https://joe:hun?ter2@h/v1", "https://h/v1"),
        ("https://joe:hun#ter2@h/v1", "https://h/v1"),
        ("https://joe:hun ter2@h/v1", "https://h/v1"),
        ("mongodb://joe:hunter2@h:27017,i:1/?a=b", "mongodb://h:27017,i:1/?a=b"),
        ("https://h/v1?api-key=hunter2", "https://h/v1"),
        ("https://h/v1?API-KEY=hunter2&api-version=1", "https://h/v1?api-version=1"),
        ("https://h/v1?code=hunter2&x=1", "https://h/v1?x=1"),
        ("https://h/v1?sig=hunter2", "https://h/v1"),
        ("https://h/v1?subscription-key=hunter2", "https://h/v1"),
        ("https://h/v1?access_token=hunter2", "https://h/v1"),
        ("https://h/v1?k%65y=hunter2", "https://h/v1"),
        (
            "see https://joe:hunter2@h/v1 and https://i?key=hunter2 too",
            "see https://h/v1 and https://i too",
        ),
        ("https://h/v1", "https://h/v1"),
        ("a@b.example", "a@b.example"),
    ],
)
def test_addresses_are_shown_without(address, shown):
    assert without_secrets(address) == shown
    assert without_secrets(shown) == shown
    assert public_spec({"base_url": conceal({"base_url": address})["base_url"]}) == {
        "base_url": shown
    }


@given(
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z")), min_size=6),
    st.sampled_from(["http://joe:{}@h/v1", "https://{}@h:1/v1?a=b", "http://h/v1?api-key={}"]),
)
def test_no_password_gets_through(password, form):
    canary = f"QZX{password}XZQ"
    if "?" in form and set("&#@?") & set(password):
        return  # then it would be no parameter
    shown = without_secrets(form.format(canary))
    assert "QZX" not in shown and "XZQ" not in shown


def test_echoes_are_masked_in_every_form():
    masks = Masks("p@ss/wörd", "joe", "sk-canary-123")
    text = 'no: p@ss/wörd p%40ss%2Fw%C3%B6rd "sk-canary-123" joe'
    assert masks.apply(text) == 'no: *** *** "***" joe'
    assert masks.found_in("x sk-canary-123") and not masks.found_in("x")
    assert "canary" not in repr(masks)
