"""Which key goes to which server: one of the environment only where the environment says so."""

from __future__ import annotations

import json
import os
from typing import Any

from ..errors import CredentialsError
from ..secret import Secret, reveal
from .address import Address, read_address

#: what a server without keys (Ollama, vLLM) is sent, since the SDK insists on one
PLACEHOLDER = "none"
#: the variable of the server's configuration that names a key for each address, as JSON
SERVER_KEYS = "VISDIFF_SERVER_KEYS"
_OPENAI_KEY = "OPENAI_API_KEY"


def environment_address() -> Address | None:
    """Returns the address in ``OPENAI_BASE_URL``; None where there is none.

    Raises:
        ValueError: as `read_address`
    """
    text = (os.environ.get("OPENAI_BASE_URL") or "").strip()
    try:
        return read_address(text) if text else None
    except ValueError as error:
        raise ValueError(f"OPENAI_BASE_URL of the environment: {error}") from None


def is_own(address: Address) -> bool:
    """Returns whether what the environment holds for OpenAI may go to an address."""
    if address.is_openai:
        return True
    try:
        own = environment_address()
    except ValueError:
        return False
    return own is not None and address.within(own)


def key_for(address: Address | None, api_key: Any, variable: str | None) -> Secret:
    """Returns the key that a server is sent.

    A key that the caller gives, or whose variable the caller names, goes to the caller's address.
    Else ``OPENAI_API_KEY`` goes to OpenAI and to ``OPENAI_BASE_URL`` alone; another address is
    sent the key whose variable ``VISDIFF_SERVER_KEYS`` names beside it, or none.

    Args:
        address: of the server; None for OpenAI
        api_key: the key, if the caller gives one
        variable: the environment variable that holds it, if the caller names one

    Raises:
        CredentialsError: if there is neither a key nor an address, or the key can't be sent
    """
    key = str(reveal(api_key) or "").strip()
    named = variable or _named(address)
    if variable is not None and not str(variable).isidentifier():
        raise CredentialsError(
            "Expected api_key_env as the name of an environment variable, got something else "
            "(not shown: it may be the key itself).",
            "Put the key into a variable and name that, or pass it as api_key.",
        )
    if not key and named:
        key = (os.environ.get(named) or "").strip()
    if not key and address is not None:
        return Secret(PLACEHOLDER)
    if not key:
        raise CredentialsError(
            f"Expected an API key in the environment variable {named}, got none.",
            f"Set {named}, or give base_url for a server that needs no key (Ollama, vLLM).",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CredentialsError(
            "Expected an API key of plain characters, got one with spaces or special characters.",
            f"Set {named or 'it'} again.",
        )
    return Secret(key)


def _named(address: Address | None) -> str | None:
    """Returns the variable that the environment means for an address."""
    if address is None:
        return _OPENAI_KEY
    named = [(len(each.url), variable) for each, variable in _configured() if address.within(each)]
    if named:
        return max(named)[1]
    return _OPENAI_KEY if is_own(address) else None


def _configured() -> list[tuple[Address, str]]:
    """Returns the addresses of the server's configuration, with the variables of their keys."""
    text = os.environ.get(SERVER_KEYS) or "{}"
    try:
        table = json.loads(text)
        return [(read_address(address), str(name)) for address, name in dict(table).items()]
    except (ValueError, TypeError):
        problem = CredentialsError(
            f"Expected {SERVER_KEYS} as JSON, got something else.",
            f'Set it as in {SERVER_KEYS}=\'{{"https://host/v1": "NAME_OF_A_VARIABLE"}}\'.',
        )
    raise problem
