"""One attempt at a server that is slow, sends away, or answers one at a time: real sockets."""

import contextlib
import gzip
import logging
import resource
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from chat_server import Answer, ChatServer, completion, failure
from PIL import Image

from visdiff_plugin.captioners.openai_captioner import OpenAICaptioner
from visdiff_plugin.chat.client import ChatClient
from visdiff_plugin.chat.reply import RejectedError
from visdiff_plugin.errors import CredentialsError, ModelError, ServerError

ASK = [{"role": "user", "content": "Hello"}]
BODY = completion("ok").body.encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
    BODY
)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextlib.contextmanager
def raw_server(talk):
    """Listens, and lets ``talk`` have each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        def one(connection):
            with connection, contextlib.suppress(OSError):
                talk(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


def drip(connection, data, seconds=0.1):
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)


def body_drips(connection):
    connection.recv(65_536)
    connection.sendall(HEAD)
    drip(connection, BODY)


def headers_drip(connection):
    connection.recv(65_536)
    drip(connection, HEAD + BODY)


def endless_headers(connection):
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: 1\r\n")
        time.sleep(0.1)


def chunks_drip(connection):
    connection.recv(65_536)
    connection.sendall(CHUNKED)
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.1)


def informs(connection):
    connection.recv(65_536)
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.1)


def silent(connection):
    connection.recv(65_536)
    time.sleep(20)


def reads_nothing(connection):
    time.sleep(20)


@pytest.mark.parametrize(
    "talk",
    [body_drips, headers_drip, endless_headers, chunks_drip, informs, silent, reads_nothing],
)
def test_the_timeout_is_for_the_whole_attempt(talk):
    with raw_server(talk) as address:
        asking = ChatClient("m", base_url=address, timeout=0.7, max_retries=0)
        began = time.monotonic()
        with pytest.raises(ServerError, match="within 0.7 s.*timed out") as caught:
            asking.complete([{"role": "user", "content": "x" * 5_000_000}])
        assert time.monotonic() - began < 5 and caught.value.retryable


def floods(connection):
    connection.recv(65_536)
    connection.sendall(CHUNKED)
    while True:
        connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")


def bomb(connection):
    connection.recv(65_536)
    packed = gzip.compress(b" " * 500_000_000, 1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    connection.sendall(head % len(packed) + packed)


@pytest.mark.parametrize("talk", [floods, bomb])
def test_an_answer_without_end_is_not_kept(talk):
    with raw_server(talk) as address:
        asking = ChatClient("m", base_url=address, timeout=60, max_retries=2)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(ServerError, match="up to 32 MiB"):
            asking.complete(ASK)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000


def test_a_packed_answer_is_read():
    def talk(connection):
        connection.recv(65_536)
        packed = gzip.compress(BODY)
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(packed) + packed)

    with raw_server(talk) as address:
        assert ChatClient("m", base_url=address).complete(ASK).text == "ok"


def test_what_drips_in_time_is_an_answer():
    def talk(connection):
        connection.recv(65_536)
        connection.sendall(HEAD)
        drip(connection, BODY, 0.001)

    with raw_server(talk) as address:
        assert ChatClient("m", base_url=address, timeout=20).complete(ASK).text == "ok"


def test_each_attempt_has_the_whole_timeout():
    seen = []

    def talk(connection):
        connection.recv(65_536)
        seen.append(time.monotonic())
        if len(seen) < 3:
            time.sleep(5)
        connection.sendall(HEAD + BODY)

    with raw_server(talk) as address:
        asking = ChatClient("m", base_url=address, timeout=0.6, max_retries=2)
        assert asking.complete(ASK).text == "ok"
    assert len(seen) == 3


def test_a_server_that_answers_one_at_a_time_is_not_asked_again_and_again(tmp_path):
    busy = threading.Lock()

    def reply(request):
        with busy:  # those that nobody waits for any more are answered too
            time.sleep(0.12)
        return "a red square"

    paths = []
    for number in range(40):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.new("RGB", (8, 8), (number, 0, 0)).save(paths[-1])
    with ChatServer(reply) as server:
        captioner = OpenAICaptioner("m", base_url=server.base_url, timeout=0.6)
        assert captioner.caption(paths) == ["a red square"] * 40
        assert len(server.requests) <= 48


def test_a_fast_server_is_asked_many_at_once():
    with ChatServer(Answer(body=completion("ok").body, delay=0.1)) as server:
        asking = ChatClient("m", base_url=server.base_url)
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: asking.complete(ASK), range(60)))
        assert server.most_at_once >= 10 and len(server.requests) == 60


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status):
    with ChatServer() as thief:
        for target in (f"{thief.base_url}/chat/completions?api-key=sk-echo-1234", "/v1/elsewhere"):
            moved = Answer(status, "", {"Location": target})
            with ChatServer(moved) as server:
                asking = ChatClient("m", base_url=server.base_url, api_key="sk-canary-1")
                with pytest.raises(ModelError, match="sends requests on to.*final addr") as caught:
                    asking.complete(ASK)
                assert len(server.requests) == 1
            assert "sk-echo" not in str(caught.value)
        assert thief.requests == []


def test_parameters_of_the_address_are_sent_along():
    seen = []

    def talk(connection):
        seen.append(connection.recv(65_536).decode())
        connection.sendall(HEAD + BODY)

    with raw_server(talk) as address:
        given = f"{address}/chat/completions?api-version=2024-10-21&x=a%20b"
        asking = ChatClient("m", base_url=given, api_key="sk-canary-1")
        assert asking.complete(ASK).text == "ok"
        assert asking.parameters["base_url"] == f"{address}?api-version=2024-10-21&x=a%20b"
    line, _, head = seen[0].partition("\r\n")
    assert line.startswith("POST /v1/chat/completions?api-version=2024-10-21&x=a")
    assert "api-key: sk-canary-1" in head.lower() and "bearer sk-canary-1" in head.lower()


def test_what_the_environment_holds_for_openai_goes_nowhere_else(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-canary-2")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: canary\nAuthorization: Bearer canary")
    with ChatServer() as server:
        ChatClient("m", base_url=server.base_url).complete(ASK)
        assert "canary" not in str(server.requests[0].headers)
        assert server.requests[0].headers["authorization"] == "Bearer none"
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        ChatClient("m").complete(ASK)
        assert server.requests[1].headers["authorization"] == "Bearer sk-canary-1"
        assert server.requests[1].headers["openai-organization"] == "org-canary"


def test_user_and_password_are_sent_as_such():
    with ChatServer() as server:
        address = server.base_url.replace("127.0.0.1", "joe:hunter%402@127.0.0.1")
        ChatClient("m", base_url=address).complete(ASK)
        assert server.requests[0].headers["authorization"] == "Basic am9lOmh1bnRlckAy"


def test_a_name_of_the_metadata_service_is_not_asked(monkeypatch):
    known = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
    asking = ChatClient("m", base_url="http://looks-harmless.example/v1", max_retries=3)
    with pytest.raises(ModelError, match="looks-harmless.*can't be used"):
        asking.complete(ASK)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (failure(404, "No endpoints found that support image input"), RejectedError,
         "to accept images.*Choose a vision model"),
        (failure(404, "This model does not support images"), RejectedError, "vision model"),
        (failure(400, "image_url is only supported by certain models"), RejectedError,
         "vision model"),
        (failure(404, "model 'm' not found, try pulling it first"), ModelError, "'m' to exist"),
        (failure(404, "The model `m` does not exist"), ModelError, "to exist"),
        (failure(404, "gone", code="DeploymentNotFound"), ModelError, "to exist"),
        (failure(404, "No endpoints found matching your data policy"), ModelError,
         "account's settings"),
        (failure(404, "Not Found"), ModelError, "address, which usually ends in /v1"),
        (Answer(404, "404 page not found"), ModelError, "address, which usually ends in /v1"),
        (failure(405, "Method Not Allowed"), ModelError, "address, which usually ends in /v1"),
        (failure(401, "No auth"), CredentialsError, "No key was sent.*VISDIFF_SERVER_KEYS"),
        (failure(402, "Insufficient credits"), CredentialsError, "no credit left.*billing"),
        (failure(403, "Region not supported"), CredentialsError, "No key was sent"),
        (failure(403, "Your input was flagged by moderation"), RejectedError, "moderation rejects"),
        (failure(413, "Payload too large"), RejectedError, "image_side"),
        (failure(429, "You exceeded your current quota"), ServerError, "billing"),
    ],
)  # fmt: skip
def test_what_a_status_means(answer, kind, words):
    with ChatServer(answer) as server:
        with pytest.raises(ModelError, match=words) as caught:
            ChatClient("m", base_url=server.base_url, max_retries=0).complete(ASK)
    assert type(caught.value) is kind


def test_a_refused_key_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-canary-1")
    with ChatServer(failure(401, "bad key sk-canary-1")) as server:
        with pytest.raises(CredentialsError, match=r"Check the API key \(MY_KEY\)") as caught:
            ChatClient("m", base_url=server.base_url, api_key_env="MY_KEY").complete(ASK)
    assert "canary" not in str(caught.value)


def test_no_secret_of_an_address_reaches_logs_and_errors(caplog):
    caplog.set_level(logging.DEBUG)
    secrets = ("hunter-two", "sk-canary-1", "sk-query-1")

    def reply(request):  # a server that repeats all that it was sent
        return failure(400, f"{request.path} {request.headers} hunter-two sk-query-1")

    texts = []
    with ChatServer(reply) as server:
        address = server.base_url.replace("127.0.0.1", "joe:hunter-two@127.0.0.1")
        for given in (
            f"{address}?api-key=sk-query-1",
            address,
            f"{server.base_url}?key=sk-query-1",
        ):
            asking = ChatClient("m", base_url=given, api_key="sk-canary-1", max_retries=1)
            texts += [repr(asking), str(asking.parameters), repr(vars(asking))]
            for ask in (asking.complete,):
                with pytest.raises(ModelError) as caught:
                    ask(ASK)
                texts.append("".join(traceback.format_exception(caught.value)))
                linked = [caught.value, caught.value.__cause__, caught.value.__context__]
                texts += [f"{each!r} {getattr(each, '__dict__', '')}" for each in linked if each]
    gone = ChatClient("m", base_url=f"{address}?api-key=sk-query-1", api_key="sk-canary-1",
                      max_retries=1, timeout=2)  # fmt: skip
    with pytest.raises(ServerError) as caught:
        gone.complete(ASK)
    texts.append("".join(traceback.format_exception(caught.value)))
    texts += [record.getMessage() for record in caplog.records]
    texts += [f"{record.args!r} {record.exc_text}" for record in caplog.records]
    found = [text for text in texts for secret in secrets if secret in text]
    assert not found
    assert any("HTTP Request" in text for text in texts)


def test_secrets_of_the_callers_client_are_masked_too(caplog):
    openai = pytest.importorskip("openai")
    caplog.set_level(logging.DEBUG)
    with ChatServer(lambda request: failure(400, f"{request.path} {request.headers}")) as server:
        own = openai.OpenAI(
            api_key="sk-canary-1", base_url=server.base_url, max_retries=0,
            default_headers={"X-Api-Key": "canary-header"}, default_query={"api-key": "canary-q"},
        )  # fmt: skip
        asking = ChatClient("m", client=own)
        with pytest.raises(RejectedError) as caught:
            asking.complete(ASK)
    texts = ["".join(traceback.format_exception(caught.value)), repr(asking)]
    texts += [record.getMessage() for record in caplog.records]
    assert not [text for text in texts if "canary" in text]


def test_a_key_that_the_model_repeats_is_not_kept():
    with ChatServer(lambda request: f"you sent {request.headers['authorization']}") as server:
        asking = ChatClient("m", base_url=server.base_url, api_key="sk-canary-1")
        assert asking.complete(ASK).text == "you sent Bearer ***"
