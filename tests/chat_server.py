"""A real HTTP server on loopback that speaks /v1/chat/completions, and misbehaves on demand."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Request:
    """What came in: path, headers with lower-case names, and the decoded body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """All text of all messages."""
        parts: list[str] = []
        for message in self.body.get("messages", []):
            content = message["content"]
            if isinstance(content, str):
                parts.append(content)
            else:
                parts += [part["text"] for part in content if part["type"] == "text"]
        return "\n".join(parts)

    @property
    def images(self) -> list[str]:
        """All image URLs of all messages."""
        return [
            part["image_url"]["url"]
            for message in self.body.get("messages", [])
            if not isinstance(message["content"], str)
            for part in message["content"]
            if part["type"] == "image_url"
        ]


@dataclass(frozen=True)
class Answer:
    """What goes out; ``close`` hangs up without a word, ``delay`` waits first (seconds)."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    delay: float = 0.0
    close: bool = False


def completion(
    content: Any,
    *,
    model: str = "served-model-1",
    finish_reason: str = "stop",
    refusal: str | None = None,
    usage: Any = None,
    logprobs: Any = None,
) -> Answer:
    """Returns a well-formed completion with 100 input and 10 output tokens.

    ``logprobs`` is for each token a mapping of what could stand there to its probability; the
    first is the token itself.
    """
    tokens = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    if logprobs is not None:
        choice["logprobs"] = {"content": [_token(logprob) for logprob in logprobs]}
    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [choice], "usage": tokens if usage is None else usage}  # fmt: skip
    return Answer(body=json.dumps(body))


def _token(chances: dict[str, float]) -> dict[str, Any]:
    found = [{"token": text, "logprob": math.log(p), "bytes": None} for text, p in chances.items()]
    return {**found[0], "top_logprobs": found}


def failure(status: int, message: str, retry_after: str = "", **details: Any) -> Answer:
    """Returns an error as OpenAI words it: ``{"error": {"message", "type", "param", "code"}}``."""
    error = {"message": message, "type": "error", "param": None, "code": None, **details}
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Answer(status, json.dumps({"error": error}), headers)


#: ways to misbehave, each as one answer
RATE_LIMITED = failure(429, "Rate limit reached", retry_after="0.05")
BROKEN = failure(500, "The server had an error")
UNAUTHORIZED = failure(401, "Incorrect API key provided", code="invalid_api_key")
HTML = Answer(body="<!DOCTYPE html><html><body>Welcome</body></html>", content_type="text/html")
EMPTY = Answer()
HANGS_UP = Answer(close=True)

Reply = str | Answer


class ChatServer:
    """Serves scripted replies while its ``with`` block lasts.

    Args:
        replies ("ok"): a text, an `Answer`, a sequence of both that starts over at its end, or a
            function of the `Request`
        first (()): answers that come once, before ``replies``
    """

    def __init__(
        self,
        replies: Reply | Sequence[Reply] | Callable[[Request], Reply] = "ok",
        *,
        first: Sequence[Reply] = (),
    ) -> None:
        self.requests: list[Request] = []
        self.most_at_once = 0
        self._replies, self._first = replies, list(first)
        self._active = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def base_url(self) -> str:
        """The address to give to a client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ChatServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Answer:
        """Records a request and returns what to answer."""
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
        if number < len(self._first):
            reply = self._first[number]
        elif callable(self._replies):
            reply = self._replies(request)
        elif isinstance(self._replies, (str, Answer)):
            reply = self._replies
        else:
            reply = self._replies[(number - len(self._first)) % len(self._replies)]
        return completion(reply) if isinstance(reply, str) else reply

    def _enter(self, change: int) -> None:
        with self._lock:
            self._active += change
            self.most_at_once = max(self.most_at_once, self._active)


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            server._enter(1)
            try:
                self._answer()
            finally:
                server._enter(-1)

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(Request(self.path, headers, json.loads(raw or b"{}")))
            if self.path.partition("?")[0] != "/v1/chat/completions":
                answer = failure(404, f"no such path: {self.path}")
            time.sleep(answer.delay)
            if answer.close:
                self.close_connection = True
                return
            body = answer.body.encode()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # a client that ran out of patience

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
