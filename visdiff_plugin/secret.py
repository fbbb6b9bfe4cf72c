"""Values that are used and never shown: keys, passwords, and addresses that hold some."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import quote, unquote, unquote_plus

#: what stands for a secret wherever it would be shown
MASK = "***"

#: in the names of what holds a secret; ``max_tokens`` is none
_WORDS = ("api_key", "apikey", "secret", "password", "passwd", "passphrase", "authorization",
          "bearer", "credential", "cookie", "headers", "access_key", "private_key")  # fmt: skip
_ENDS = ("token", "_auth", "_pwd", "signature")
#: names of parameters in addresses that hold one, beside those above
_IN_QUERIES = ("key", "code", "sig", "auth", "pwd", "pass", "sas")
#: shorter texts stand in others by chance
_LEAST_MASKED = 6

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


class Secret:
    """A text that prints as ``***``, is no JSON and can't be pickled; `reveal` gives it.

    Args:
        value: the text
        shown ("***"): what is shown of it: of an address, all but its secrets
    """

    __slots__ = ("_shown", "_value")

    def __init__(self, value: str, shown: str = MASK) -> None:
        self._value, self._shown = value, shown

    def reveal(self) -> str:
        """Returns the text itself."""
        return self._value

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return repr(self._shown)

    def __format__(self, spec: str) -> str:
        return format(self._shown, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("A secret can't be pickled: reveal it where it has to travel.")


def reveal(value: Any) -> Any:
    """Returns the text of a `Secret`; anything else as it is."""
    return value.reveal() if isinstance(value, Secret) else value


def is_secret_name(name: object) -> bool:
    """Returns whether what an option of this name holds must not be shown."""
    plain = str(name).lower().replace("-", "_").replace(" ", "_")
    return any(word in plain for word in _WORDS) or plain.endswith(_ENDS)


def conceal(spec: Any) -> Any:
    """Returns a stage's spec with the secrets in its options as `Secret`.

    Args:
        spec: a name, a mapping of name and options, a list of these, or an object; what holds no
            secret stays as it is
    """
    if isinstance(spec, Mapping):
        return {name: _concealed(name, item) for name, item in spec.items()}
    if type(spec) in (list, tuple):
        return type(spec)(conceal(item) for item in spec)
    return spec


def _concealed(name: object, value: Any) -> Any:
    # the name of a variable is looked up, and shown where nothing is found
    if is_secret_name(name) and not str(name).endswith("_env"):
        return _hidden(value)
    if isinstance(value, str) and name != "name":
        shown = without_secrets(value)
        return value if shown == value else Secret(value, shown)
    return conceal(value)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, Mapping):
        return {name: _hidden(item) for name, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_hidden(item) for item in value)
    return value


def without_secrets(text: str) -> str:
    """Returns a text whose addresses have no user, password, or key among their parameters."""
    if "://" not in text:
        return text
    whole = _URL.match(text.strip())
    if whole and whole.end() == len(text.strip()) or _only_address(text):
        return _plain(text)
    return _URL.sub(lambda found: _plain(found.group()), text)


def _only_address(text: str) -> bool:
    """Whether a text is an address with spaces in its password."""
    start = text.strip().lower()
    return start.startswith(("http://", "https://")) and "\n" not in text and "@" in text


def _plain(address: str) -> str:
    scheme, _, rest = address.partition("://")
    rest, hash_, fragment = rest.partition("#")
    place, mark, query = rest.partition("?")
    if "@" in place:  # up to the last: a password may hold "/" and "@" as they are
        place = place.rpartition("@")[2]
    elif "@" in query + fragment and ":" in place.partition("/")[0]:
        # it may hold "?" and "#" too; what follows the last "@" is the host
        tail = f"{query}{fragment}".rpartition("@")[2]
        port, slash, _ = place.partition(":")[2].partition("/")
        if not (port.isdigit() and slash):
            return f"{scheme}://{tail}"
    parts = query.split("&")
    kept = [part for part in parts if part and not is_secret_parameter(part.partition("=")[0])]
    return f"{scheme}://{place}{mark if kept else ''}{'&'.join(kept)}{hash_}{fragment}"


def is_secret_parameter(name: str) -> bool:
    """Returns whether a parameter of this name in an address must not be shown."""
    plain = unquote_plus(name).lower().replace("-", "_")
    return is_secret_name(plain) or plain in _IN_QUERIES or plain.endswith("_key")


class Masks:
    """Takes secrets out of texts that others wrote, such as the answers of a server.

    Args:
        *secrets: texts; each is also found as it stands in addresses and JSON
    """

    def __init__(self, *secrets: str) -> None:
        forms = {
            form
            for text in secrets
            for form in (text, unquote(text), quote(text, safe=""), json.dumps(text)[1:-1])
        }
        long = [form for form in forms if len(form) >= _LEAST_MASKED]
        self._forms = sorted(long, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Masks({len(self._forms)})"

    def apply(self, text: str) -> str:
        """Returns a text with ``***`` in the place of each secret."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def found_in(self, *texts: str) -> bool:
        """Returns whether a text holds a secret."""
        return any(form in text for form in self._forms for text in texts)
