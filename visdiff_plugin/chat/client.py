"""A thin edge over the ``openai`` SDK: any OpenAI-compatible chat server, text in, text out."""

from __future__ import annotations

import base64
import math
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import DependencyError, ModelError, ServerError
from ..secret import Masks, is_secret_name, is_secret_parameter, reveal, without_secrets
from . import connection
from .address import OPENAI, read_address
from .keys import PLACEHOLDER, environment_address, is_own, key_for
from .refusals import refusal
from .reply import ChatReply, blamed, read_completion, shortened

#: bounds of what makes sense: a day, and more tokens than any model writes
_LONGEST, _MOST_RETRIES, _MOST_TOKENS = 86_400.0, 100, 10_000_000


class ChatClient:
    """Asks a chat model; may be shared by threads.

    The SDK waits and repeats after 408, 409, 429, 5xx, timeouts and lost connections, as
    ``Retry-After`` says (up to 2 minutes) or 0.5 s, 1 s, 2 s, ... How many requests a server is
    sent at a time follows from how it answers, see `Pace`. A server that rejects an
    optional part of a request (structured output, temperature, seed, the name of the token
    limit, a system message) is asked again without it, and that is remembered. Redirects are not
    followed.

    Args:
        model: the model's name at the server
        base_url (None): the server's address, e.g. ``"http://localhost:11434/v1"``, as a text or a
            `Secret`; parameters such as ``?api-version=`` are sent along. None is the
            environment's ``OPENAI_BASE_URL``, or else OpenAI
        api_key_env (None): the environment variable that holds the key. None is
            ``OPENAI_API_KEY`` for OpenAI and ``OPENAI_BASE_URL``; for another address it is what
            ``VISDIFF_SERVER_KEYS`` names beside it, or no key
        api_key (None): the key itself, as a text or a `Secret`; it is never stored, shown or
            logged
        timeout (60): seconds for each attempt, from the connection to the last byte; up to a day
        max_retries (4): attempts after the first; 0 to 100
        temperature (None): of sampling; None leaves it to the server
        seed (None): of sampling, where the server honors it
        max_tokens (None): longest reply, in tokens; None leaves it to the server
        client (None): an ``openai.OpenAI`` of the caller; address, key, timeout, pace and retries
            are then its business

    Raises:
        CredentialsError: if there is neither a key nor an address
        ValueError: on an empty model, an address that is none or that is never asked, or a number
            out of range
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: Any = None,
        api_key_env: str | None = None,
        api_key: Any = None,
        timeout: float = 60.0,
        max_retries: int = 4,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int | None = None,
        client: Any = None,
    ) -> None:
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name, got {model!r}.")
        _check_numbers(timeout, max_retries, max_tokens)
        self.model = model.strip()
        self._timeout, self._max_retries = timeout, max_retries
        self._options = {"temperature": temperature, "seed": seed, "max_tokens": max_tokens}
        self._address = read_address(base_url) if base_url else environment_address()
        self._client = client
        self._sdk_client: tuple[connection.Requests, Any] | None = None
        self._key = key_for(self._address, api_key, api_key_env) if client is None else None
        self._source = api_key_env or ("" if api_key else "of the environment")
        self._masks = Masks(*self._secrets())
        connection.keep_quiet()
        self._rejected: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ChatClient(model={self.model!r}, base_url={self.parameters['base_url']!r})"

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes replies, JSON-safe and without credentials."""
        address = self._address.shown if self._address is not None else None
        if self._client is not None:
            address = without_secrets(str(self._client.base_url))
        return {"model": self.model, "base_url": address, **self._options}

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
            CredentialsError: if it refuses the key (401, 403), or the account has no credit (402)
            RejectedError: if it rejects this request, or the model refuses or says nothing
            ModelError: if it does not know the model, or sends requests on
            DependencyError: if the ``openai`` package is not installed
        """
        import_openai()
        likely = {} if top_logprobs is None else {"logprobs": True, "top_logprobs": top_logprobs}
        rejected = self._rejected
        while True:
            request = self._request(messages, schema, rejected) | likely
            body, error = self._attempt(request)
            option = None if error is None else self._blamed(error, request, rejected)
            if option is None:
                break
            rejected |= {option}
        if error is not None:
            # out of the handler: what the SDK raised holds the request with its headers
            raise self._translated(error) from self._cause(error)
        with self._lock:
            self._rejected |= rejected  # only now is it known that leaving it out helps
        return read_completion(self._masks.apply(body), self.model)

    def _attempt(self, request: dict[str, Any]) -> tuple[str, Any]:
        """Returns the body of an answer, or what went wrong."""
        from openai import APIError

        try:
            return self._send(request), None
        except APIError as error:
            return "", error

    def _blamed(
        self, error: Any, request: dict[str, Any], rejected: frozenset[str]
    ) -> str | None:  # fmt: skip
        known = getattr(error, "status_code", None) is not None
        return blamed(error, request, rejected) if known else None

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
        if self._client is not None:
            raw = self._client.chat.completions.with_raw_response.create(**request)
        else:
            create = self._sdk().chat.completions.with_raw_response.create
            raw = connection.requests().run(create(**request))
        return str(raw.http_response.text)

    def _sdk(self) -> Any:
        """Returns the SDK's client of this process."""
        requests = connection.requests()
        with self._lock:
            if self._sdk_client is None or self._sdk_client[0] is not requests:
                made = requests.run(self._make(requests))
                closing = weakref.finalize(self, requests.close, made)
                closing.atexit = False
                self._sdk_client = requests, made
            return self._sdk_client[1]

    async def _make(self, requests: connection.Requests) -> Any:
        openai = import_openai()
        address, key = self._address or read_address(OPENAI), reveal(self._key)
        own = is_own(address)
        sender = connection.http_client(
            openai.DefaultAsyncHttpxClient, address, requests.pace_of(address), self._timeout,
            self._headers(), own=own,
        )  # fmt: skip
        return openai.AsyncOpenAI(
            api_key=key,
            base_url=address.url,
            default_query=dict(address.query),
            timeout=self._timeout + connection.GRACE,
            max_retries=self._max_retries,
            http_client=sender,
        )

    def _headers(self) -> dict[str, str]:
        """Returns how a request says who sends it."""
        key, address = reveal(self._key), self._address
        headers = {"Authorization": f"Bearer {key}"}
        if address is not None and any(name == "api-version" for name, _ in address.query):
            headers["api-key"] = key  # Azure reads it there
        if address is not None and address.user and key == PLACEHOLDER:
            headers["Authorization"] = f"Basic {_basic(reveal(address.user))}"
        return headers

    def _secrets(self) -> list[str]:
        if self._client is not None:
            return _secrets_of(self._client)
        key = reveal(self._key)
        secrets = [key if key != PLACEHOLDER else ""]
        if self._address is not None:
            secrets += self._address.secrets
            if self._address.user:
                secrets.append(_basic(reveal(self._address.user)))
        return [secret for secret in secrets if secret]

    def _translated(self, error: Any) -> ModelError:
        known = _own_error(error)
        if known is not None:
            return known
        from openai import APITimeoutError

        server = urlsplit(str(error.request.url)).netloc.rpartition("@")[2]
        status = getattr(error, "status_code", None)
        if isinstance(error, APITimeoutError) and self._client is None:
            return ServerError(
                f"Expected an answer from {server} within {self._timeout:g} s, got: timed out.",
                "Raise timeout, or choose a smaller model.",
            )
        said = self._said(error)
        if status is None:
            return ServerError(
                f"Expected an answer from {server}, got: {said}",
                "Check that the server is running, its address and the network, then try again.",
            )
        keyed = self._client is not None or reveal(self._key) != PLACEHOLDER
        moved = without_secrets(self._masks.apply(error.response.headers.get("location", "")))
        return refusal(
            status, said, self._masks.apply(str(error.code or "")), model=self.model, server=server,
            key=(self._source or "as given") if keyed else "", moved=shortened(moved, 200),
        )  # fmt: skip

    def _said(self, error: Any) -> str:
        body = error.body if isinstance(error.body, Mapping) else {}
        response = getattr(error, "response", None)
        raw = error.message if response is None else response.text
        text = body.get("message") or raw or ""
        if str(text).lstrip().lower().startswith(("<!doctype", "<html")):
            return "an HTML page, where JSON was expected"
        return shortened(self._masks.apply(str(text))) or "an empty answer"

    def _cause(self, error: Exception) -> Exception | None:
        """Returns the SDK's error, unless the server echoed a secret into it."""
        response = getattr(error, "response", None)
        texts = [repr(getattr(error, "body", "")), getattr(response, "text", "")]
        texts += [text for each in _chain(error) for text in (str(each), repr(each))]
        return None if self._masks.found_in(*texts) or _own_error(error) else error


def _secrets_of(client: Any) -> list[str]:
    """Returns what a client of the caller sends and must not be shown."""
    secrets = [getattr(client, "api_key", "")]
    for name, value in dict(getattr(client, "default_headers", {})).items():
        if is_secret_name(name) and isinstance(value, str):
            secrets += [value, value.rpartition(" ")[2]]
    try:
        address = read_address(str(client.base_url))
    except ValueError:
        return [secret for secret in secrets if isinstance(secret, str) and secret]
    secrets += address.secrets
    query = dict(getattr(client, "default_query", {}))
    secrets += [value for name, value in query.items() if is_secret_parameter(name)]
    return [secret for secret in secrets if isinstance(secret, str) and secret]


def _chain(error: BaseException | None) -> list[BaseException]:
    """Returns an error with those that it came from."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _own_error(error: BaseException) -> ModelError | None:
    """Returns the error of ours that the SDK wrapped into one of its own."""
    return error.__cause__ if isinstance(error.__cause__, ModelError) else None


def _basic(user: str) -> str:
    return base64.b64encode(user.encode()).decode("ascii")


def _check_numbers(timeout: Any, max_retries: Any, max_tokens: Any) -> None:
    numbers = [timeout, max_retries, *([] if max_tokens is None else [max_tokens])]
    real = all(isinstance(each, (int, float)) and math.isfinite(each) for each in numbers)
    if not real or not (
        0 < timeout <= _LONGEST
        and 0 <= max_retries <= _MOST_RETRIES
        and (max_tokens is None or 1 <= max_tokens <= _MOST_TOKENS)
    ):
        raise ValueError(
            f"Expected timeout > 0 and up to {_LONGEST:g} s, max_retries of 0 to {_MOST_RETRIES} "
            f"and max_tokens of 1 to {_MOST_TOKENS:,}, got {timeout!r}, {max_retries!r} and "
            f"{max_tokens!r}."
        )


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
