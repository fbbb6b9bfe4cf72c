"""A thin edge over the ``openai`` SDK: any OpenAI-compatible chat server, text in, text out."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import CredentialsError, DependencyError, ModelError, ServerError
from ..specs import public_spec
from .reply import ChatReply, RejectedError, blamed, read_completion, shortened

#: what a server without keys (Ollama, vLLM) is sent, since the SDK insists on one
_PLACEHOLDER = "none"


class ChatClient:
    """Asks a chat model; may be shared by threads.

    The SDK waits and repeats after 408, 409, 429, 5xx, timeouts and lost connections, as
    ``Retry-After`` says (up to 2 minutes) or 0.5 s, 1 s, 2 s, ... A server that rejects an
    optional part of a request (structured output, temperature, seed, the name of the token
    limit, a system message) is asked again without it, and that is remembered.

    Args:
        model: the model's name at the server
        base_url (None): the server's address, e.g. ``"http://localhost:11434/v1"``; None is
            the environment's ``OPENAI_BASE_URL``, or else OpenAI
        api_key_env ("OPENAI_API_KEY"): the environment variable that holds the key
        api_key (None): the key itself; it is never stored, shown or logged
        timeout (60): seconds to wait for each attempt
        max_retries (4): attempts after the first
        temperature (None): of sampling; None leaves it to the server
        seed (None): of sampling, where the server honors it
        max_tokens (None): longest reply, in tokens; None leaves it to the server
        client (None): an ``openai.OpenAI`` of the caller; address, key, timeout and retries are
            then its business

    Raises:
        CredentialsError: if there is neither a key nor an address
        ValueError: on an empty model, an address that is none, or a number out of range
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key_env: str = "OPENAI_API_KEY",
        api_key: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 4,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int | None = None,
        client: Any = None,
    ) -> None:
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name, got {model!r}.")
        if timeout <= 0 or max_retries < 0 or (max_tokens is not None and max_tokens < 1):
            raise ValueError(
                "Expected timeout > 0, max_retries >= 0 and max_tokens >= 1, got "
                f"{timeout!r}, {max_retries!r} and {max_tokens!r}."
            )
        self.model = model.strip()
        self._timeout, self._max_retries = timeout, max_retries
        self._options = {"temperature": temperature, "seed": seed, "max_tokens": max_tokens}
        self._base_url = _address(base_url or os.environ.get("OPENAI_BASE_URL") or None)
        self._client = client
        self._key = "" if client is not None else _key(api_key, api_key_env, self._base_url)
        self._rejected: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ChatClient(model={self.model!r}, base_url={self.parameters['base_url']!r})"

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes replies, JSON-safe and without credentials."""
        address = self._base_url if self._client is None else str(self._client.base_url)
        return {"model": self.model, "base_url": public_spec(address), **self._options}

    def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        schema: dict[str, Any] | None = None,
        top_logprobs: int | None = None,
    ) -> ChatReply:
        """Returns the model's answer.

        Args:
            messages: chat messages, ``{"role": ..., "content": ...}``
            schema (None): a JSON schema the answer should follow; no promise that it does
            top_logprobs (None): how many likeliest tokens to ask for at each place of the
                answer, with their probabilities; a server that has none may leave them out

        Raises:
            ServerError: if the server can't be reached, is overloaded or answers nonsense
            CredentialsError: if it refuses the key (401, 403)
            RejectedError: if it rejects this request, or the model refuses or says nothing
            ModelError: if it does not know the model
            DependencyError: if the ``openai`` package is not installed
        """
        import_openai()
        from openai import APIError, APIStatusError

        likely = {} if top_logprobs is None else {"logprobs": True, "top_logprobs": top_logprobs}
        rejected = self._rejected
        while True:
            request = self._request(messages, schema, rejected) | likely
            try:
                body = self._send(request)
            except APIStatusError as error:
                option = blamed(error, request, rejected)
                if option is None:
                    raise self._translated(error) from self._cause(error)
                rejected |= {option}
            except APIError as error:
                raise self._translated(error) from self._cause(error)
            else:
                break
        with self._lock:
            self._rejected |= rejected  # only now is it known that leaving it out helps
        return read_completion(body, self.model)

    def _request(
        self,
        messages: Sequence[Mapping[str, Any]],
        schema: dict[str, Any] | None,
        rejected: frozenset[str],
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self.model, "messages": list(messages)}
        if "system" in rejected:
            request["messages"] = without_system(messages)
        options = dict(self._options)
        if "max_tokens" in rejected:
            options["max_completion_tokens"] = options["max_tokens"]
        request |= {
            name: value
            for name, value in options.items()
            if value is not None and name not in rejected
        }
        if schema is not None and "response_format" not in rejected:
            form = {"name": "answer", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": form}
        return request

    def _send(self, request: dict[str, Any]) -> str:
        # The raw body: the SDK raises plain ValueErrors, or passes text on, where it is no JSON.
        raw = self._sdk().chat.completions.with_raw_response.create(**request)
        return str(raw.http_response.text)

    def _sdk(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = import_openai().OpenAI(
                    api_key=self._key,
                    base_url=self._base_url,
                    timeout=self._timeout,
                    max_retries=self._max_retries,
                )
            return self._client

    def _translated(self, error: Any) -> ModelError:
        said = self._said(error)
        status = getattr(error, "status_code", None)
        server = urlsplit(str(error.request.url)).netloc.rpartition("@")[2]
        if status is None:
            return ServerError(
                f"Expected an answer from {server}, got: {said}",
                "Check that the server is running, its address and the network, then try again.",
            )
        got = f"{server} answered {status}: {said}"
        if status in (401, 403):
            return CredentialsError(got, "Check the API key and its permissions.")
        if status == 404:
            return ModelError(
                f"Expected model {self.model!r} to exist. {got}",
                "Check the model's name; an address usually ends in /v1.",
            )
        if status == 429 and "quota" in f"{said} {error.code}".lower():
            return ServerError(got, "The account's quota is used up: see its billing page.")
        if status in (408, 409, 429) or status >= 500:
            return ServerError(got, "Try again later, or with fewer requests at once.")
        return RejectedError(got, "Check what the model accepts (images, length).", status)

    def _said(self, error: Any) -> str:
        body = error.body if isinstance(error.body, Mapping) else {}
        response = getattr(error, "response", None)
        raw = error.message if response is None else response.text
        text = body.get("message") or raw or ""
        if str(text).lstrip().lower().startswith(("<!doctype", "<html")):
            return "an HTML page, where JSON was expected"
        return shortened(self._without_key(str(text))) or "an empty answer"

    def _without_key(self, text: str) -> str:
        key = self._key or getattr(self._client, "api_key", None) or _PLACEHOLDER
        return text if key == _PLACEHOLDER else text.replace(str(key), "***")

    def _cause(self, error: Exception) -> Exception | None:
        """Returns the SDK's error, unless the server echoed the key into it."""
        return error if self._without_key(str(error)) == str(error) else None


def import_openai() -> Any:
    """Returns the ``openai`` package.

    Raises:
        DependencyError: if it is not installed
    """
    try:
        import openai
    except ImportError as error:
        raise DependencyError(
            "Chat models need the package 'openai', which is not installed.",
            "Run: pip install openai",
        ) from error
    return openai


def _address(base_url: str | None) -> str | None:
    if base_url is None:
        return None
    parts = urlsplit(base_url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            "Expected an address such as 'http://localhost:11434/v1', got "
            f"{public_spec(base_url)!r}."
        )
    return base_url.strip()


def _key(api_key: str | None, variable: str, base_url: str | None) -> str:
    key = (api_key or os.environ.get(variable) or "").strip()
    if not key and base_url is not None:
        return _PLACEHOLDER
    if not key:
        raise CredentialsError(
            f"Expected an API key in the environment variable {variable}, got none.",
            f"Set {variable}, or give base_url for a server that needs no key (Ollama, vLLM).",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CredentialsError(
            "Expected an API key of plain characters, got one with spaces or special characters.",
            f"Set {variable} again.",
        )
    return key


def without_system(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Puts what system messages say in front of the first other message."""
    rules = "\n\n".join(
        str(message["content"]) for message in messages if message.get("role") == "system"
    )
    first, *rest = [message for message in messages if message.get("role") != "system"]
    content = first["content"]
    if isinstance(content, str):
        joined: Any = f"{rules}\n\n{content}"
    else:
        joined = [{"type": "text", "text": rules}, *content]
    return [{**first, "content": joined}, *rest]
