"""The client against a real server on loopback."""

import json
import logging
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from chat_server import (
    BROKEN,
    EMPTY,
    HANGS_UP,
    HTML,
    RATE_LIMITED,
    UNAUTHORIZED,
    Answer,
    ChatServer,
    completion,
    failure,
)

from visdiff_plugin.chat.client import ChatClient
from visdiff_plugin.chat.reply import RejectedError
from visdiff_plugin.errors import CredentialsError, ModelError, ServerError
from visdiff_plugin.stages import Usage

SECRET = "sk-very-secret-0123456789"
ASK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def client(server, **options):
    options = {"max_retries": 0, "timeout": 10.0, "api_key": SECRET, **options}
    return ChatClient("asked-model", base_url=server.base_url, **options)


def test_an_answer_with_usage_and_the_model_that_served_it():
    with ChatServer("hi there") as server:
        reply = client(server, temperature=0.5, seed=3, max_tokens=20).complete(ASK, schema=SCHEMA)
    assert (reply.text, reply.model, reply.usage) == (
        "hi there",
        "served-model-1",
        Usage(1, 100, 10),
    )
    body = server.requests[0].body
    assert body["model"] == "asked-model" and body["messages"] == ASK
    assert (body["temperature"], body["seed"], body["max_tokens"]) == (0.5, 3, 20)
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_options_that_are_none_are_not_sent():
    with ChatServer() as server:
        client(server).complete(ASK)
    assert set(server.requests[0].body) == {"model", "messages"}


@pytest.mark.parametrize("hiccup", [RATE_LIMITED, HANGS_UP, BROKEN])
def test_hiccups_are_retried(hiccup):
    with ChatServer("fine", first=[hiccup]) as server:
        assert client(server, max_retries=1).complete(ASK).text == "fine"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"code": 429, "message": "Rate limit reached"}}',
        '{"error": "Service temporarily unavailable"}',
        '{"object": "error", "message": "The model is overloaded", "code": 503}',
        '{"choices": [{"error": {"code": 502, "message": "Provider returned error"}}]}',
        "Internal Server Error",
        "<html><head><title>502 Bad Gateway</title></head></html>",
    ],
)
def test_failures_with_status_200_are_retried_as_their_own_status(body):
    with ChatServer("fine", first=[Answer(body=body)] * 2) as server:
        assert client(server, max_retries=2).complete(ASK).text == "fine"
    assert len(server.requests) == 3


def test_a_refused_key_with_status_200_is_not_retried():
    body = '{"error": {"code": 401, "message": "No auth credentials found"}}'
    with ChatServer("fine", first=[Answer(body=body)]) as server:
        with pytest.raises(CredentialsError, match="No auth credentials found"):
            client(server, max_retries=3).complete(ASK)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RATE_LIMITED, "429: Rate limit reached"),
        (failure(429, "You exceeded your current quota", code="insufficient_quota"), "billing"),
        (BROKEN, "500: The server had an error"),
        (Answer(503, "<html>Bad gateway</html>", content_type="text/html"), "HTML page"),
        (HTML, "<!DOCTYPE html>"),
        (EMPTY, "it is empty"),
        (HANGS_UP, "Connection error"),
        (Answer(body="null"), "null"),
        (Answer(body='{"error": {"message": "upstream is down"}}'), "upstream is down"),
        (Answer(body='{"choices": []}'), "choices"),
        (Answer(body='{"choices": [{"message": "text"}]}'), "choices"),
        (Answer(body='{"choices": [{"mess'), "choices"),
        (Answer(body="[" * 100_000), "begins"),
        (Answer(delay=1.0), "timed out"),
    ],
)
def test_a_server_that_fails(answer, words):
    with ChatServer(answer) as server, pytest.raises(ServerError, match=words) as caught:
        client(server, timeout=0.3 if answer.delay else 10.0).complete(ASK)
    assert caught.value.retryable
    assert len(server.requests) == 1
    assert len(str(caught.value)) < 700


def test_nobody_listens():
    with ChatServer() as server:
        gone = client(server)
    with pytest.raises(ServerError, match="Check that the server is running"):
        gone.complete(ASK)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_not_retried(status):
    with ChatServer(failure(status, "go away")) as server:
        with pytest.raises(CredentialsError, match=f"{status}: go away"):
            client(server, max_retries=3).complete(ASK)
    assert len(server.requests) == 1


def test_an_unknown_model():
    with ChatServer(failure(404, "model 'asked-model' not found")) as server:
        with pytest.raises(ModelError, match="Expected model 'asked-model' to exist") as caught:
            client(server).complete(ASK)
    assert type(caught.value) is ModelError and not caught.value.retryable


@pytest.mark.parametrize(
    ("answer", "words", "status"),
    [
        (failure(400, "context length exceeded"), "400: context length exceeded", 400),
        (completion(None, refusal="I won't."), "refuses to answer: I won't.", None),
        (completion("half", finish_reason="content_filter"), "content filter", None),
        (completion(""), "got none", None),
        (completion(None), "got none", None),
        (completion("<think>long", finish_reason="length"), "Raise max_tokens", None),
    ],
)
def test_a_request_that_is_not_answered(answer, words, status):
    with ChatServer(answer) as server, pytest.raises(RejectedError, match=words) as caught:
        client(server).complete(ASK)
    assert caught.value.status == status and isinstance(caught.value, ModelError)
    assert len(server.requests) == 1


def picky(*unwanted):
    """A server that rejects parameters one at a time, as servers do."""

    def reply(request):
        for name in unwanted:
            if name in request.body:
                return failure(
                    400, f"Unsupported parameter: '{name}' is not supported.", param=name
                )
        return "ok"

    return reply


def test_rejected_options_are_left_out_and_remembered():
    unwanted = ("response_format", "temperature", "seed", "max_tokens")
    with ChatServer(picky(*unwanted)) as server:
        asking = client(server, temperature=0.0, seed=0, max_tokens=50)
        assert asking.complete(ASK, schema=SCHEMA).text == "ok"
        assert len(server.requests) == 5
        assert asking.complete(ASK, schema=SCHEMA).text == "ok"
    assert len(server.requests) == 6
    last = server.requests[-1].body
    assert not set(unwanted) & set(last) and last["max_completion_tokens"] == 50


def test_the_message_may_name_what_to_use_instead():
    def reply(request):
        words = (
            "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return failure(400, words) if "max_tokens" in request.body else "ok"

    with ChatServer(reply) as server:
        client(server, max_tokens=9, temperature=0.0).complete(ASK)
    assert server.requests[1].body["max_completion_tokens"] == 9
    assert server.requests[1].body["temperature"] == 0.0


def test_a_vague_rejection_costs_structured_output_first_and_is_not_remembered_in_vain():
    with ChatServer(failure(400, "bad request")) as server:
        asking = client(server, temperature=0.0)
        for _ in range(2):
            with pytest.raises(RejectedError, match="bad request"):
                asking.complete(ASK, schema=SCHEMA)
    assert ["response_format" in request.body for request in server.requests] == [True, False] * 2
    assert all("temperature" in request.body for request in server.requests)


def test_a_template_without_a_system_role():
    def reply(request):
        roles = [message["role"] for message in request.body["messages"]]
        return failure(400, "System role not supported") if "system" in roles else "ok"

    with ChatServer(reply) as server:
        client(server).complete(ASK)
    assert server.requests[1].body["messages"] == [
        {"role": "user", "content": "Be brief.\n\nHello"}
    ]


@pytest.mark.parametrize(
    "said",
    [
        "<think>hm, <b>\nwell</think>\n\nyes",
        "hm\n</think>yes",
        "<THINKING>x</THINKING> yes ",
        "yes",
    ],
)
def test_thoughts_are_removed(said):
    with ChatServer(said) as server:
        assert client(server).complete(ASK).text == "yes"


def test_content_in_parts_and_usage_that_is_none():
    parts = [{"type": "text", "text": "a "}, {"type": "text", "text": "dog"}]
    with ChatServer(completion(parts, usage={"prompt_tokens": None})) as server:
        reply = client(server).complete(ASK)
    assert (reply.text, reply.usage) == ("a dog", Usage(1, 0, 0))


def test_no_key_and_no_address():
    with pytest.raises(CredentialsError, match="environment variable MY_KEY.*Set MY_KEY"):
        ChatClient("m", api_key_env="MY_KEY")


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MY_KEY", f" {SECRET}\n")
    with ChatServer() as server:
        client(server, api_key=None, api_key_env="MY_KEY").complete(ASK)
        client(server, api_key=None).complete(ASK)
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == [f"Bearer {SECRET}", "Bearer none"]


def test_the_address_comes_from_the_environment(monkeypatch):
    with ChatServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert ChatClient("m").complete(ASK).text == "ok"


@pytest.mark.parametrize("key", ["sk-\nab cd", "sk-é", "sk-‘quoted’"])
def test_a_key_that_no_header_can_carry(key):
    with pytest.raises(CredentialsError, match="plain characters") as caught:
        ChatClient("m", api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"base_url": "localhost:11434/v1"}, {"base_url": "ftp://host/v1"}, {"timeout": 0},
     {"max_retries": -1}, {"max_tokens": 0}],
)  # fmt: skip
def test_wrong_arguments(options):
    with pytest.raises(ValueError, match="Expected"):
        ChatClient("m", **{"api_key": SECRET, **options})
    with pytest.raises(ValueError, match="Expected a model"):
        ChatClient(" ", api_key=SECRET)


def test_the_key_is_shown_nowhere(caplog):
    echo = failure(401, f"Incorrect API key provided: {SECRET}")
    with ChatServer(echo) as server, caplog.at_level(logging.DEBUG):
        asking = client(server)
        with pytest.raises(CredentialsError) as caught:
            asking.complete(ASK)
    assert "Incorrect API key provided: ***" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    shown += repr(asking) + json.dumps(asking.parameters)
    shown += "\n".join(record.getMessage() for record in caplog.records)
    assert SECRET not in shown


def test_an_address_with_a_password_is_shown_without_it():
    with ChatServer(BROKEN) as server:
        address = server.base_url.replace("127.0.0.1", "joe:hunter2@127.0.0.1")
        asking = ChatClient("m", base_url=address, max_retries=0)
        with pytest.raises(ServerError) as caught:
            asking.complete(ASK)
    for text in (str(caught.value), repr(asking), json.dumps(asking.parameters)):
        assert "hunter2" not in text and "127.0.0.1" in text


def test_the_callers_client_is_used():
    openai = pytest.importorskip("openai")
    with ChatServer(UNAUTHORIZED, first=["ok"]) as server:
        own = openai.OpenAI(api_key=SECRET, base_url=server.base_url, max_retries=0)
        asking = ChatClient("m", client=own)
        assert asking.complete(ASK).text == "ok"
        with pytest.raises(CredentialsError):
            asking.complete(ASK)
    assert asking.parameters["base_url"].startswith(server.base_url)


def test_many_threads_share_a_client():
    with ChatServer(lambda request: request.text.splitlines()[-1]) as server:
        asking = client(server, max_tokens=5)
        with ThreadPoolExecutor(8) as pool:
            questions = [[{"role": "user", "content": f"number {i}"}] for i in range(24)]
            texts = [reply.text for reply in pool.map(asking.complete, questions)]
    assert texts == [f"number {i}" for i in range(24)]
