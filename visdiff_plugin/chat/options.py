"""The options for reaching a chat server, shared by all stages that ask one."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack, cast

from ..secret import Secret, conceal, reveal
from .address import read_address
from .client import ChatClient

#: most requests at a time, and longest side of an image in pixels, of all stages that ask
MOST_AT_ONCE, MOST_PIXELS = 256, 16_384


class ServerOptions(TypedDict, total=False):
    """Where the server is and how long to wait for it; see `ChatClient` for each."""

    base_url: str | Secret | None
    api_key_env: str | None
    api_key: str | Secret | None
    timeout: float
    max_retries: int


def check_options(**server: Unpack[ServerOptions]) -> ServerOptions:
    """Returns the options, with what is secret as `Secret`.

    Raises:
        TypeError: on one that is none, as a function without ``**`` would
        ValueError: on an address that can't be asked
    """
    unknown = sorted(set(server) - set(ServerOptions.__annotations__))
    if unknown:
        raise TypeError(
            f"Expected options of a server out of {', '.join(ServerOptions.__annotations__)}; "
            f"got {', '.join(unknown)}."
        )
    if server.get("base_url"):
        read_address(server["base_url"])
    return cast("ServerOptions", conceal(server))


def revealed(server: ServerOptions) -> dict[str, Any]:
    """Returns the options in the open, for a process of ours that asks the server instead."""
    return {name: reveal(value) for name, value in server.items()}


def client_of(
    client: ChatClient | None,
    model: str,
    temperature: float | None,
    seed: int | None,
    max_tokens: int | None,
    **server: Unpack[ServerOptions],
) -> ChatClient:
    """Returns the caller's client, or one built from the options.

    Raises:
        CredentialsError: if the server wants a key and there is none
        ValueError: as `ChatClient`
        TypeError: as `check_options`
    """
    server = check_options(**server)
    return client or ChatClient(
        model, temperature=temperature, seed=seed, max_tokens=max_tokens, **server
    )
