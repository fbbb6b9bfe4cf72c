"""Controls for models: which captioner, encoder, proposer and ranker, and what each needs."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.catalog.choice import Choice
from visdiff_plugin.catalog.lacks import missing
from visdiff_plugin.catalog.members import asks_server, find, members_of, read
from visdiff_plugin.catalog.table import BRAIN, FIELD, STAGES
from visdiff_plugin.chat.address import read_address
from visdiff_plugin.config import SETTINGS, Config
from visdiff_plugin.dataset.fields import brain_runs
from visdiff_plugin.dataset.offers import word_fields
from visdiff_plugin.errors import SettingError
from visdiff_plugin.form_params import NONE

#: chosen to take a choice back: a dropdown can't be emptied
PRESET = "__preset__"
_LONGEST_ADDRESS, _LONGEST_MODEL = 2_000, 200
#: names on the hub, of open_clip with its weights, and of the zoo
_PUBLIC = re.compile(r"(hf-hub:)?[A-Za-z0-9][\w.@-]*(/[A-Za-z0-9][\w.-]*)*")
#: what a preset without a ranker means
_NONE = {"ranker": "embeddings if there is an encoder, captions otherwise"}


def models(
    ctx: Any, inputs: Any, *names: str, preset: str, stored: bool = False, warn: bool = True
) -> None:
    """Adds a picker for each stage, with what each choice needs and costs.

    A choice that takes a model's name gets a field for it, one that may ask a server a field for
    its address, and one that can't run on this machine a warning.

    Args:
        ctx: of the operator
        inputs: the form
        names: stages, in order
        preset: what applies where nothing is chosen
        stored (False): leave out what is already on the dataset: there is nothing to compute
        warn (True): say what is missing on this machine
    """
    used = _used(ctx.params, names, preset)
    for name in names:
        _stage(ctx, inputs, name, used[name], stored)
    if any(choice.may_ask_server for choice in used.values() if choice is not None):
        prop = inputs.str(
            "base_url",
            required=False,
            label="Server address",
            description="any OpenAI-compatible server, such as vLLM; leave empty for OpenAI itself",
        )
        try:
            address_of(ctx.params)
        except SettingError as error:
            prop.invalid, prop.error_message = True, str(error)
    for name in names if warn else ():
        used_choice = used[name]
        lacks = used_choice and missing(
            used_choice,
            {"base_url": ctx.params.get("base_url")},
            has_captions=used.get("captioner") is not None,
            has_encoder=used.get("encoder") is not None,
        )
        if used_choice and lacks:
            text = f"{SETTINGS[name].label} ({used_choice.label}) needs {lacks}."
            inputs.view(f"{name}_lacks", types.Warning(label=text))


def given(params: Mapping[str, Any], name: str) -> bool:
    """Returns whether a stage was chosen rather than left to the preset."""
    return params.get(name) not in (None, "", [], PRESET)


def specs(params: dict[str, Any], *names: str) -> dict[str, Any]:
    """Returns stages as the library takes them; a base URL goes to those on an endpoint.

    Only names come through a form: options could name any environment variable as the key and
    any server to send it to.

    Raises:
        SettingError: on options, on a choice without the name it needs, or on a file as the bank
    """
    chosen: dict[str, Any] = {}
    url = address_of(params)
    for name in names:
        value = params.get(name)
        if not given(params, name):
            continue
        if value == NONE:
            chosen[name] = None
            continue
        if not isinstance(value, str):
            raise SettingError(f"Expected {name} by name, got {type(value).__name__}.", about=name)
        choice, spec = find(name, value), value
        if choice is not None and value == choice.name:
            spec = choice.spec(str(params.get(_key(name, choice)) or ""))
        _check_files(name, spec)
        _check_local(name, spec)
        chosen[name] = {"name": spec, "base_url": url} if url and asks_server(name, spec) else spec
    return chosen


def address_of(params: Mapping[str, Any]) -> str | None:
    """Returns the address of a server that a form gives; None where it gives none.

    What a form holds is stored as it is where the work is queued, so no password comes through it.

    Raises:
        SettingError: if it can't be asked, or holds a password or key
    """
    given = params.get("base_url")
    if given in (None, ""):
        return None
    if not isinstance(given, str) or len(given) > _LONGEST_ADDRESS:
        raise SettingError("Type a shorter server address.", about="base_url")
    try:
        address = read_address(given)
    except ValueError as error:
        raise SettingError(str(error), about="base_url") from None
    if address.secrets:
        raise SettingError(
            "Type the server address without a password or key. Whoever runs this server can name "
            "the key in VISDIFF_SERVER_KEYS.",
            about="base_url",
        )
    return given.strip()


def _check_files(name: str, spec: str) -> None:
    for member in members_of(name, spec):
        known = find(name, member)
        if known is not None and known.takes == "file" and read(name, member).argument:
            raise SettingError(
                f"The form takes only the built-in {known.name!r}, not a file: a file could be any "
                "on the server. Use a script for your own.",
                about=name,
            )


def _check_local(name: str, spec: str) -> None:
    """Refuses a model by a path on the server, or by anything else than a public name."""
    for member in members_of(name, spec):
        known = find(name, member)
        if known is None or known.takes != "model" or known.runs == "server":
            continue
        model = read(name, member).argument
        parts = model.split("/")
        tails = ("/".join(parts[first:]) for first in range(len(parts)))
        public = _PUBLIC.fullmatch(model) and ".." not in model and len(model) <= _LONGEST_MODEL
        if model and not (
            public and len(parts) - 1 <= known.slashes and not any(map(os.path.exists, tails))
        ):
            raise SettingError(
                f"The form takes models by their public names, such as {known.example!r}, not by "
                "a folder, file or address: those could be any. Use a script for your own.",
                about=name,
            )


def _used(params: dict[str, Any], names: tuple[str, ...], preset: Any) -> dict[str, Choice | None]:
    """Returns what each stage will be: as chosen, or the preset's."""
    config = Config.preset(preset)
    used = {}
    for name in names:
        given = params.get(name)
        spec = getattr(config, name) if given in (None, "", PRESET) else given
        spec = None if spec == NONE else spec
        used[name] = find(name, spec) if isinstance(spec, str) else None
    return used


def _stage(ctx: Any, inputs: Any, name: str, used: Choice | None, stored: bool) -> None:
    value = ctx.params.get(name)
    own = value not in (None, "", PRESET)
    view = types.DropdownView()
    view.add_choice(PRESET, label="Same as the preset")
    if not stored and (value == NONE or name != "ranker"):
        view.add_choice(NONE, label="None" if name != "ranker" else "Choose automatically")
    for offer in STAGES[name]:
        if not (stored and offer.stored):
            view.add_choice(offer.name, label=offer.label, description=_described(offer))
    exact = own and used is not None and value == used.name
    if own and not exact and value != NONE:
        view.add_choice(value, label=str(value))  # a name as scripts give it
    says = "" if used is None else _described(used) if own else used.label
    inputs.enum(
        name,
        view.values(),
        label=SETTINGS[name].label,
        description=says if own else f"preset: {says or _NONE.get(name, 'none')}",
        required=False,
        view=view,
    )
    if used is not None and exact and used.asks_for:
        _argument(ctx, inputs, name, used)


def _described(choice: Choice) -> str:
    return f"{choice.finds}. Needs: {choice.needs}. Costs: {choice.cost}."


def _argument(ctx: Any, inputs: Any, name: str, choice: Choice) -> None:
    """Adds the field for what takes the place of the word in capitals."""
    known = _known(ctx, choice)
    options: dict[str, Any] = {}
    if known:
        view = types.AutocompleteView(allow_user_input=True)
        for known_value in known:
            view.add_choice(known_value, label=known_value)
        options["view"] = view
    prop = inputs.str(
        _key(name, choice),
        label=f"{SETTINGS[name].label}: {choice.asks_for}",
        description=f"such as {choice.example}" + (" (optional)" if choice.optional else ""),
        required=not choice.optional,
        **options,
    )
    if not (choice.optional or ctx.params.get(_key(name, choice))):
        prop.invalid, prop.error_message = True, f"Type {choice.asks_for} first."


def _known(ctx: Any, choice: Choice) -> list[str]:
    """Returns what the dataset offers for a choice's name: its fields, its similarity runs."""
    if choice == FIELD:
        return word_fields(ctx.dataset)
    return brain_runs(ctx.dataset) if choice == BRAIN else []


def _key(name: str, choice: Choice) -> str:
    """Names the parameter of a choice's model: another choice, another parameter."""
    return f"{name}_{choice.kind.replace(':', '_')}"
