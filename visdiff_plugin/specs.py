"""Stages by name, with options: ``"field:label"`` or ``{"name": "openai", "model": ...}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .secret import Secret, conceal, is_secret_name, without_secrets


@dataclass(frozen=True)
class Spec:
    """A stage by name.

    Args:
        kind: which implementation, e.g. ``"openai"``
        argument (""): what follows the first colon, e.g. a model's name
        options: further keyword arguments of the implementation; keys and passwords are `Secret`
    """

    kind: str
    argument: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind


def parse_spec(value: str | Mapping[str, Any]) -> Spec:
    """Reads a stage's name with options.

    Args:
        value: ``"kind"``, ``"kind:argument"``, or a mapping with ``name`` and options

    Raises:
        ValueError: if there is no name
    """
    if isinstance(value, str):
        name, options = value, {}
    else:
        options = dict(value)
        name = str(options.pop("name", ""))
    kind, _, argument = name.partition(":")
    if not kind.strip():
        raise ValueError(
            "Expected a stage's name such as 'keyword' or 'openai:MODEL', "
            f"got {public_spec(value)!r}."
        )
    return Spec(kind.strip(), argument.strip(), conceal(options))


def public_spec(value: object) -> Any:
    """Returns ``value`` (a spec, or a stage object) as JSON-safe data without any secret.

    Objects become their ``name``; options that look like credentials are left out, and user
    names, passwords and keys are cut from addresses.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {
            str(key): public_spec(item) for key, item in value.items() if not is_secret_name(key)
        }
    if isinstance(value, (list, tuple)):
        return [public_spec(item) for item in value]
    return str(getattr(value, "name", type(value).__name__))


def objects_of(value: object) -> list[str]:
    """Returns the names of the objects in a spec, which `public_spec` keeps as names alone."""
    if value is None or isinstance(value, (bool, int, float, str, Secret)):
        return []
    if isinstance(value, Mapping):
        return [name for item in value.values() for name in objects_of(item)]
    if isinstance(value, (list, tuple)):
        return [name for item in value for name in objects_of(item)]
    return [str(public_spec(value))]


def secrets_of(value: object) -> list[str]:
    """Returns the options in a spec that `public_spec` leaves out, or cuts credentials from."""
    if isinstance(value, (list, tuple)):
        return sorted({name for item in value for name in secrets_of(item)})
    if not isinstance(value, Mapping):
        return []
    names: set[str] = set()
    for key, item in value.items():
        cut = isinstance(item, Secret) or (isinstance(item, str) and item != without_secrets(item))
        names |= {str(key)} if cut or is_secret_name(key) else set(secrets_of(item))
    return sorted(names)
