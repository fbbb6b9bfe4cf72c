"""Looks up a spec in the table: which choice it is, and what it contains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import stages
from ..errors import SettingError, concerning
from ..specs import parse_spec, public_spec
from .choice import Choice
from .table import STAGES


@dataclass(frozen=True)
class Named:
    """A spec, read by the table.

    Args:
        choice: which it is
        argument: what follows the choice's name
        options: further keyword arguments, without those that hold members
        members: of a choice that has any: the specs in each option that holds some; an address of
            a server that all were given stands in those that ask one
    """

    choice: Choice
    argument: str
    options: dict[str, Any]
    members: dict[str, list[Any]] = field(default_factory=dict)


def find(stage: str, spec: Any) -> Choice | None:
    """Returns the choice that a spec is one of; None for an object, or where it is none of them.

    Args:
        stage: a key of `STAGES`
        spec: a name as the library takes it, such as ``"openai:gpt-4o"``, or of a `Choice`; a
            mapping of name and options
    """
    if isinstance(spec, (list, tuple)):
        return _several(stage)
    if not isinstance(spec, (str, Mapping)):
        return None
    try:
        name = str(parse_spec(spec))
    except ValueError:  # without any name
        return None
    # the longest first: "open_clip:paper" is a choice of its own, not a model of open_clip
    for choice in sorted(STAGES[stage], key=lambda choice: -len(choice.kind)):
        if choice.argument(name) is not None:
            return choice
    return None


def read(stage: str, spec: Any) -> Named:
    """Returns what a spec says.

    Args:
        stage: a key of `STAGES`
        spec: a name, a mapping of name and options, or a list where a stage takes several

    Raises:
        SettingError: if it is no choice, or one of others that are none
    """
    with concerning(stage):
        choice = find(stage, spec)
        if isinstance(spec, (list, tuple)):
            if choice is None:
                raise SettingError(f"Expected one {stage}, got a list of {len(spec)}.")
            spec = {"name": choice.kind, "of": list(spec)}
        parsed = parse_spec(spec)
        if choice is None:
            raise SettingError(
                f"Expected {a(stage)} out of {names_of(stage)}, got {public_spec(str(parsed))!r}."
            )
        argument, options = choice.argument(str(parsed)) or "", dict(parsed.options)
        members = _members(choice, argument, options) if choice.members else {}
        return Named(choice, argument, options, members)


def members_of(stage: str, spec: Any) -> list[Any]:
    """Returns the specs and objects that one stands for: itself, or those that it is made of.

    Raises:
        SettingError: as `read`
    """
    if not isinstance(spec, (str, Mapping, list, tuple)):
        return [spec]
    members = read(stage, spec).members
    return [each for some in members.values() for each in some if each is not None] or [spec]


def asks_server(stage: str, spec: Any) -> bool:
    """Returns whether a stage asks a server, by its row or by the object's own attributes.

    Raises:
        SettingError: as `read`, where it is made of others
    """
    choice = find(stage, spec)
    if choice is not None and choice.members:
        return any(asks_server(stage, member) for member in members_of(stage, spec))
    if isinstance(spec, (str, Mapping)):
        return choice is not None and choice.runs == "server"
    return stages.asks_server(spec)


def stored_name(stage: str, spec: Any) -> str | None:
    """Returns under which name a choice reads what a dataset holds; None for all that make it."""
    choice = find(stage, spec)
    return read(stage, spec).argument if choice is not None and choice.stored else None


def names_of(stage: str) -> str:
    """Returns the names of all choices of a stage, for messages."""
    return ", ".join(choice.shown for choice in STAGES[stage])


def a(noun: str) -> str:
    """Returns a noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _several(stage: str) -> Choice | None:
    """Returns the choice that is made of any number of others and has no class of its own."""
    return next((each for each in STAGES[stage] if each.members and not each.path), None)


def _members(choice: Choice, argument: str, options: dict[str, Any]) -> dict[str, list[Any]]:
    """Takes what a choice is made of out of its options."""
    if argument:
        options[choice.takes] = argument
    shared = {"base_url": options.pop("base_url")} if "base_url" in options else {}
    members: dict[str, list[Any]] = {}
    for option in choice.members:
        inside = options.pop(option, None)
        if choice.path:  # one in each option
            members[option] = [inside]
        else:
            members[option] = inside.split("+") if isinstance(inside, str) else list(inside or ())
    if not choice.path and options:
        raise SettingError(
            f"Expected options of {a(choice.kind)} out of {', '.join(choice.members)}, base_url; "
            f"got {', '.join(sorted(options))}."
        )
    needed = members[choice.takes]
    every = [each for some in members.values() for each in some]
    wrong = [each for each in needed if _blank(each)]
    wrong += [each for each in every if _nested(choice, each)]
    if wrong or not needed:
        raise SettingError(
            f"Expected {a(choice.kind)} of other {choice.stage}s, as in "
            f"'{choice.kind}:{choice.example}', got {public_spec(every)!r}."
        )
    return {
        option: [_with(choice.stage, each, shared) for each in some]
        for option, some in members.items()
    }


def _blank(spec: Any) -> bool:
    return spec is None or (isinstance(spec, str) and not spec.strip())


def _nested(choice: Choice, spec: Any) -> bool:
    inside = find(choice.stage, spec)
    return bool(getattr(spec, "members", ()) if inside is None else inside.members)


def _with(stage: str, spec: Any, shared: Mapping[str, Any]) -> Any:
    """Hands options down to a member that asks a server; its own stand."""
    if not shared or not isinstance(spec, (str, Mapping)) or not asks_server(stage, spec):
        return spec
    return {**shared, **({"name": spec} if isinstance(spec, str) else spec)}
