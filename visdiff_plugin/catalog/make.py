"""Builds a stage from a spec: the only way from a name to an object."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Collection, Mapping
from typing import Any

from ..errors import SettingError, concerning
from ..secret import reveal
from ..stages import Captioner, Encoder, Engine, Proposer, Ranker
from .choice import Choice
from .members import Named, a, names_of, read
from .table import STAGES

#: what an object of the user's is, and the members that it has to have
_PROTOCOLS: dict[str, tuple[type[Any], str]] = {
    "captioner": (Captioner, "name and caption(paths)"),
    "encoder": (Encoder, "name, encode_images(paths) and encode_texts(texts)"),
    "proposer": (Proposer, "name and propose(a, b)"),
    "ranker": (Ranker, "name and score(images, descriptions)"),
    "engine": (Engine, "name, run and close"),
}


def make(stage: str, spec: Any, **context: Any) -> Any:
    """Returns the stage that a spec names; nothing is started, loaded or asked yet.

    Args:
        stage: a key of `visdiff_plugin.catalog.table.STAGES`
        spec: a name, a mapping of name and options, or an object that is such a stage already;
            None where a choice stands for that
        **context: what a run has for its stages (``encoder``, ``n``, ``context``, ``api_key``):
            each class is given what it takes, and options go before it

    Raises:
        SettingError: on an unknown name or option, or a value out of range
        VisDiffError: if a package or key is missing; ``about`` says of which setting
    """
    with concerning(stage):
        known = {name: value for name, value in context.items() if value is not None}
        default = _default(stage, known) if spec is None else None
        if default is not None:
            return _construct(Named(default, "", {}), known)
        if not isinstance(spec, (str, Mapping)):
            return _checked(stage, spec)
        named = read(stage, spec)
        if not named.choice.path:
            what = "several" if named.choice.members else "what a dataset holds"
            raise SettingError(f"Expected one {stage} that can be made, got {str(spec)!r}: {what}.")
        return _construct(named, known)


def _default(stage: str, context: Mapping[str, Any]) -> Choice | None:
    """Returns the first choice that is taken where nothing is chosen, and can read what it does."""
    for choice in STAGES[stage]:
        if choice.default and ("embeddings" not in choice.reads or "encoder" in context):
            return choice
    return None


def _checked(stage: str, thing: Any) -> Any:
    """Returns an object of the user's, or one that is made of others."""
    protocol, members = _PROTOCOLS[stage]
    composites = [each for each in STAGES[stage] if each.members and each.path]
    if isinstance(thing, protocol) or any(isinstance(thing, each.load()) for each in composites):
        return thing
    raise SettingError(
        f"Expected {a(stage)} out of {names_of(stage)}, or an object with {members}, got "
        f"{type(thing).__name__}."
    )


def _construct(named: Named, context: Mapping[str, Any]) -> Any:
    choice, options = named.choice, dict(named.options)
    if choice.runs != "server":  # whatever may ask is given the address of a server
        options.pop("base_url", None)
        options = {name: reveal(value) for name, value in options.items()}
    kind = choice.load()
    takes, required = _parameters(kind)
    given = {name: value for name, value in context.items() if takes is None or name in takes}
    if "n" in given:
        given["n"] = int(choice.times * given["n"])
    given |= {**choice.preset, **options}
    if named.argument and choice.takes not in choice.members:
        given[choice.takes] = named.argument
    for option, some in named.members.items():
        (spec,) = some
        given[option] = make(choice.stage, spec, **context)
    _check_options(choice, kind, given, takes, required)
    return kind(**given)


def _check_options(
    choice: Choice,
    kind: type[Any],
    given: Collection[str],
    takes: Collection[str] | None,
    required: Collection[str],
) -> None:
    unknown = [] if takes is None else sorted(set(given) - set(takes))
    if unknown:
        raise SettingError(
            f"Expected options of {kind.__name__} out of {', '.join(takes or ())}; got "
            f"{', '.join(unknown)}."
        )
    missing = set(required) - set(given)
    if "encoder" in missing:
        raise SettingError(
            f"Expected an encoder for the {choice.stage} {choice.kind!r}, got None.",
            about="encoder",
        )
    if choice.takes in missing:
        raise choice.incomplete()


def _parameters(kind: type[Any]) -> tuple[list[str] | None, list[str]]:
    """Returns what a class can be made with, and what it must be.

    The first is None where anything goes; options of a ``**name: Unpack[...]`` are listed one by
    one.
    """
    names: list[str] = []
    required: list[str] = []
    takes_any = False
    for name, parameter in inspect.signature(kind).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            listed = typing.get_args(typing.get_type_hints(kind.__init__)[name])
            names.extend(listed[0].__annotations__ if listed else ())
            takes_any = not listed
        else:
            names.append(name)
            if parameter.default is parameter.empty:
                required.append(name)
    return None if takes_any else names, required
