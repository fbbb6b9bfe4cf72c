"""Addresses of chat servers: read as people paste them, and which of them are never asked."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..secret import Secret, reveal, without_secrets

#: where a request goes without an address
OPENAI = "https://api.openai.com/v1"

#: ends of addresses that people paste from an example request
_ENDINGS = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models", "/chat")
#: they hand the machine's own credentials to whoever asks
_METADATA_NAMES = frozenset(
    ("metadata", "metadata.goog", "metadata.google.internal", "metadata.tencentyun.com",
     "metadata.azure.internal", "instance-data", "instance-data.ec2.internal")
)  # fmt: skip
_METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",
        "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128",
    )
)  # fmt: skip
#: IPv6 networks whose last four bytes are an IPv4 address
_CARRIERS = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "::/96"))
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """The address of a chat server.

    Args:
        url: without user, parameters and the name of an endpoint
        query: the parameters, such as Azure's ``api-version``
        user: ``"name:password"``, if it has any
        shown: what may be stored and shown of it
    """

    url: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user: Secret | None = None
    shown: str = ""

    @property
    def host(self) -> str:
        """The host, in lower case."""
        return urlsplit(self.url).hostname or ""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        port = parts.port or _PORTS[parts.scheme]
        return parts.scheme, self.host.rstrip("."), port

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text in it that must not be shown."""
        user = reveal(self.user) or ""
        _, _, password = user.partition(":")
        keyed = [value for name, value in self.query if f"{name}=" not in self.shown]
        return (*filter(None, (user, password)), *keyed)

    def within(self, other: Address) -> bool:
        """Returns whether requests to it go to another address, or to a path below that."""
        path, above = (f"{urlsplit(each.url).path.rstrip('/')}/" for each in (self, other))
        return self.origin == other.origin and path.startswith(above)

    @property
    def is_openai(self) -> bool:
        """Whether OpenAI itself answers there, over a connection that nobody can read."""
        scheme, host, port = self.origin
        return (scheme, port) == ("https", 443) and (
            host == "api.openai.com" or host.endswith(".api.openai.com")
        )


def read_address(given: Any) -> Address:
    """Returns what an address says.

    A pasted ``.../chat/completions`` is the server above it; parameters and ``user:password`` are
    kept apart.

    Args:
        given: a text, or a `Secret` that holds one

    Raises:
        ValueError: if it is none, is not of http or https, or names a service that hands out
            credentials of the machine; nothing secret is in the message
    """
    text = str(reveal(given)).strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, None
    odd = any(ord(letter) <= 32 or letter in '\\<>"' for letter in text)
    if parts is None or parts.scheme.lower() not in _PORTS or not host or odd:
        raise ValueError(
            f"Expected an address such as 'http://localhost:11434/v1', got {_safe(text)!r}."
        )
    check_host(host)
    path = parts.path
    for ending in _ENDINGS:
        if path.rstrip("/").endswith(ending):
            path = path.rstrip("/").removesuffix(ending)
            break
    name = f"[{host}]" if ":" in host else host
    place = name if port is None else f"{name}:{port}"
    user = parts.netloc.rpartition("@")[0]
    url = f"{parts.scheme.lower()}://{place}{path}"
    shown_query = urlsplit(without_secrets(text)).query
    return Address(
        url,
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
        Secret(unquote(user)) if user else None,
        f"{url}?{shown_query}" if shown_query else url,
    )


def check_host(host: str) -> None:
    """Refuses a host that hands out the machine's own credentials, however it is spelled.

    Raises:
        ValueError: if it does
    """
    plain = unicodedata.normalize("NFKC", unquote(host)).lower().strip("[]").rstrip(".")
    plain = plain.replace("\u3002", ".")
    if plain in _METADATA_NAMES or forbidden(plain):
        raise ValueError(
            f"Expected the address of a chat server, got {plain!r}, which is reserved for the "
            "machine's own network and credentials. Use another address."
        )


def forbidden(host: str) -> bool:
    """Returns whether a host is a number of the link-local or metadata kind.

    Args:
        host: a name (never forbidden by itself), or a number as any system reads it:
            ``"0xa9fea9fe"``, ``"2852039166"``, ``"0251.0376.0251.0376"``, ``"::ffff:a9fe:a9fe"``
    """
    try:
        address: Any = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, UnicodeError, ValueError):
            return False
    return any(each in network for each in _carried(address) for network in _METADATA
               if each.version == network.version)  # fmt: skip


def _carried(address: Any) -> list[Any]:
    """Returns an address with the IPv4 addresses that it stands for."""
    if address.version == 4:
        return [address]
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _CARRIERS):
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(each for each in inside if each is not None)]


def _safe(text: str) -> str:
    """Returns what may be shown of a text that is no address."""
    shown = without_secrets(text) if "://" in text else text.rpartition("@")[2].partition("?")[0]
    return shown if len(shown) <= 200 else f"{shown[:197]}..."
