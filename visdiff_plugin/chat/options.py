"""The options for reaching a chat server, shared by all stages that ask one."""

from __future__ import annotations

from typing import TypedDict, Unpack

from .client import ChatClient


class ServerOptions(TypedDict, total=False):
    """Where the server is and how long to wait for it; see `ChatClient` for each."""

    base_url: str | None
    api_key_env: str
    api_key: str | None
    timeout: float
    max_retries: int


def check_options(**server: Unpack[ServerOptions]) -> ServerOptions:
    """Returns the options.

    Raises:
        TypeError: on one that is none, as a function without ``**`` would
    """
    unknown = sorted(set(server) - set(ServerOptions.__annotations__))
    if unknown:
        raise TypeError(
            f"Expected options of a server out of {', '.join(ServerOptions.__annotations__)}; "
            f"got {', '.join(unknown)}."
        )
    return server


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
