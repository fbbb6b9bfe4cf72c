"""Which key goes to which server."""

import json

import pytest

from visdiff_plugin.chat.address import read_address
from visdiff_plugin.chat.keys import PLACEHOLDER, environment_address, key_for
from visdiff_plugin.errors import CredentialsError
from visdiff_plugin.secret import Secret

KEY, ROUTER = "sk-of-openai", "sk-of-the-router"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ROUTER_KEY", ROUTER)
    return monkeypatch


def sent(address, api_key=None, variable=None):
    return key_for(read_address(address) if address else None, api_key, variable).reveal()


def test_the_environments_key_goes_to_openai_alone():
    assert sent(None) == sent("https://api.openai.com/v1") == KEY
    for foreign in (
        "https://evil.example/v1",
        "http://api.openai.com/v1",
        "http://localhost:8000/v1",
        "https://api.openai.com@evil.example/v1",
    ):
        assert sent(foreign) == PLACEHOLDER


def test_and_to_the_address_that_the_environment_names(environment):
    environment.setenv("OPENAI_BASE_URL", "https://gateway.example/team/v1")
    assert sent("https://gateway.example/team/v1/chat/completions") == KEY
    assert sent("https://gateway.example/other/v1") == sent("http://gateway.example/team/v1")
    assert sent("https://gateway.example/other/v1") == PLACEHOLDER


def test_another_address_has_a_variable_of_its_own(environment):
    router = "https://router.example/api/v1"
    table = json.dumps({router: "ROUTER_KEY", f"{router}/x": "NO"})
    environment.setenv("VISDIFF_SERVER_KEYS", table)
    assert sent("https://router.example/api/v1") == ROUTER
    assert sent("https://router.example/api/v1/x") == PLACEHOLDER  # the closest one counts
    assert sent("https://router.example/api/v2") == PLACEHOLDER
    assert sent(None) == KEY


@pytest.mark.parametrize("text", ["x", "[]", '["a"]', "3", '{"nowhere": "KEY"}'])
def test_a_table_that_is_none(environment, text):
    environment.setenv("VISDIFF_SERVER_KEYS", text)
    if text == "[]":
        assert sent("https://h/v1") == PLACEHOLDER
    else:
        with pytest.raises(CredentialsError, match="VISDIFF_SERVER_KEYS as JSON"):
            sent("https://h/v1")


def test_what_a_script_gives_goes_where_the_script_says():
    assert sent("http://localhost:1/v1", Secret("sk-mine")) == "sk-mine"
    assert sent("http://localhost:1/v1", "sk-mine") == "sk-mine"
    assert sent("http://localhost:1/v1", None, "ROUTER_KEY") == ROUTER


def test_a_key_in_place_of_a_variables_name_is_not_shown():
    with pytest.raises(CredentialsError, match="name of an environment variable") as caught:
        sent("http://localhost:1/v1", None, "sk-canary-0123")
    assert "canary" not in str(caught.value)


def test_a_wrong_address_of_the_environment_is_called_so(environment):
    environment.setenv("OPENAI_BASE_URL", "joe:hunter2@host")
    with pytest.raises(ValueError, match="^OPENAI_BASE_URL of the environment: Expected") as caught:
        environment_address()
    assert "hunter2" not in str(caught.value)
    assert sent("https://api.openai.com/v1") == KEY
