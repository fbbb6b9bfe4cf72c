"""How requests travel: one deadline for each attempt, a pace for each server, no detours."""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
import logging
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..errors import ModelError, ServerError
from ..secret import without_secrets
from .address import Address, check_host, forbidden
from .failures import failure_of
from .pace import Pace

T = TypeVar("T")

#: seconds over the deadline after which the HTTP library gives up by itself
GRACE = 5.0
#: seconds without a new request after a timeout
_LONGEST_REST = 30.0
#: bytes of an answer: no model writes as much
_LONGEST = 32 << 20
#: statuses that say: too many at once
_CROWDED = (429, 503)
#: headers of a request that no setting of OpenAI's in the environment can have added
_PLAIN_HEADERS = ("host", "accept", "accept-encoding", "connection", "user-agent", "content-type",
                  "content-length", "transfer-encoding", "authorization", "api-key")  # fmt: skip


class Requests:
    """A thread with an event loop, shared by all clients of a process.

    Only there can an attempt be ended at its deadline, whatever it waits for.
    """

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._paces: dict[tuple[str, str, int], Pace] = {}
        threading.Thread(target=self.loop.run_forever, name="visdiff-chat", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Returns what ``work`` returns; where the caller is interrupted, it is cancelled."""
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def pace_of(self, address: Address) -> Pace:
        """Returns the pace of the server at an address, the same for all who ask it."""
        # OpenAI answers many at once; others show what they do
        return self._paces.setdefault(address.origin, Pace(16 if address.is_openai else 4))

    def close(self, client: Any) -> None:
        """Closes a client's connections, later."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(lambda: self.loop.create_task(client.close()))


_lock = threading.Lock()
_requests: Requests | None = None


def requests() -> Requests:
    """Returns the process's own; it is made on first use, and anew after a fork."""
    global _requests
    with _lock:
        if _requests is None or _requests.process != os.getpid():
            _requests = Requests()
        return _requests


def http_client(
    base: Any, address: Address, pace: Pace, timeout: float, headers: dict[str, str], *, own: bool
) -> Any:
    """Returns what the SDK sends with: its own HTTP client, on our conditions.

    Args:
        base: ``openai.DefaultAsyncHttpxClient``
        address: of the server
        pace: of the server
        timeout: seconds for a whole attempt, from the connection to the last byte
        headers: sent with each request, such as ``Authorization``
        own: whether the environment's settings for OpenAI (organization, headers) go there
    """
    library = _library(base)

    class Client(base):
        async def send(self, request: Any, **options: Any) -> Any:
            if not own:
                for name in list(request.headers):
                    plain = name.lower() in _PLAIN_HEADERS or name.lower().startswith("x-stainless")
                    if not plain:
                        del request.headers[name]
            request.headers.update(headers)
            options["follow_redirects"] = False  # the key would go where the server says
            turn, share, crowded, rest = await pace.begin(), None, False, 0.0
            began = time.monotonic()
            try:
                async with asyncio.timeout(timeout):
                    await _check_place(address)
                    response = await super().send(request, **options | {"stream": True})
                    try:
                        _check_peer(response)
                        response = await _whole(response, library)
                    finally:
                        await response.aclose()
                crowded = response.status_code in _CROWDED
                share = None if crowded else (time.monotonic() - began) / timeout
                return response
            except (TimeoutError, library.TimeoutException):
                crowded, rest = True, min(timeout / 2, _LONGEST_REST)
                raise library.ReadTimeout("deadline", request=request) from None
            finally:
                pace.end(turn, share, crowded=crowded, rest=rest)

    return Client(timeout=timeout + GRACE, follow_redirects=False)


async def _whole(response: Any, library: Any) -> Any:
    """Returns a response that was read to its end, if that comes in sight."""
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > _LONGEST:
            raise ServerError(
                f"Expected an answer of up to {_LONGEST >> 20} MiB, got a longer one.",
                "Check that the address is that of a chat server.",
            )
    status = response.status_code
    if status == 200 and (failure := failure_of(content.decode("utf-8", "replace"))):
        status = failure.status or status  # so that it is repeated and worded as what it is
    coded = ("content-encoding", "content-length", "transfer-encoding")
    return library.Response(
        status,
        headers=[pair for pair in response.headers.multi_items() if pair[0].lower() not in coded],
        content=bytes(content),
        request=response.request,
        extensions=response.extensions,
    )


async def _check_place(address: Address) -> None:
    """Refuses a name that stands for a forbidden number."""
    _, host, port = address.origin
    try:
        ipaddress.ip_address(host.partition("%")[0])
        return  # it was read with the address
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except OSError:
        return  # a proxy may know it; else the connection fails, and says so
    for *_, place in found:
        _refuse(host, str(place[0]))


def _check_peer(response: Any) -> None:
    """Refuses an answer from a forbidden number: the name may have changed meanwhile."""
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    if peer:
        _refuse(str(peer[0]), str(peer[0]))


def _refuse(host: str, number: str) -> None:
    if forbidden(number):
        try:
            check_host(number)
        except ValueError as error:
            raise ModelError(f"The server's name {host!r} can't be used. {error}") from None


def _library(base: Any) -> Any:
    """Returns the HTTP library of the SDK: httpx, or its successor."""
    roots = dict.fromkeys(each.__module__.partition(".")[0] for each in base.__mro__)
    for root in roots:
        module = importlib.import_module(root)
        if hasattr(module, "ReadTimeout"):
            return module
    raise ModelError(
        "Expected an 'openai' package whose HTTP client is httpx, got another.",
        "Install one that fits: pip install 'openai>=2,<4'.",
    )


class _Quiet(logging.Filter):
    """Takes keys out of the addresses that the SDK and its HTTP library log."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if "://" in said:
            vars(record).update(msg=without_secrets(said), args=())
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            vars(record).update(exc_info=None, exc_text=without_secrets(trace))
        return True


def keep_quiet() -> None:
    """Keeps the SDK, and the HTTP libraries that it may use, from logging keys."""
    for name in ("httpx", "httpx2", "openai._base_client"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, _Quiet) for each in logger.filters):
            logger.addFilter(_Quiet())
