"""A config as the parameters of a form, and back; pure.

Forms only carry names: the options of a stage could name any variable of the server as the
key, and any address to send it to. What a form can't carry is reported in words, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .catalog.members import find, read
from .config import SETTINGS, Config, Preset, preset_of

#: value of a stage that is left out
NONE = "__none__"
#: parameter: whether settings that have no control are taken as they were passed
ALSO = "also"
#: parameter: what of an earlier run could not be passed, in sentences
LEFT_OUT = "left_out"
#: engines that a form offers; no address comes through one: the database's password travels there
ENGINES = ("local", "ray", "ray:auto")


@dataclass(frozen=True)
class Again:
    """A stored run's config as parameters of a form.

    Args:
        params: what gives it back
        left_out: what can't be given back and why, in sentences
    """

    params: dict[str, Any]
    left_out: list[str]


def params_of(
    config: Mapping[str, Any],
    script_only: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    *,
    ranks: bool,
) -> Again:
    """Returns the parameters with which a form makes a config again.

    Args:
        config: `Config.to_dict`'s data, or that of an earlier version
        script_only (None): what that data can't say, as `Config.script_only` returns it
        ranks: whether the form checks hypotheses
    """
    unsaid = script_only or {}
    preset = preset_of(config)
    standard = base_of(preset, ranks=ranks).to_dict()
    again = Again({"preset": preset}, [])
    for name, described in SETTINGS.items():
        lost = unsaid.get(name) or {}
        if name not in config or (config[name] == standard[name] and not lost):
            continue
        if ranks and name == "proposer":
            continue  # nothing is proposed
        if name == "engine":
            _add_engine(again, config[name], lost)
        elif described.kind == "stage":
            _add_stage(again, name, config[name], lost)
        else:
            again.params[name] = config[name]
    return again


def base_of(preset: Preset, *, ranks: bool) -> Config:
    """Returns what a form's config is where nothing is chosen."""
    changes = {"properties": False} if ranks else {}
    return Config.preset(preset, **changes)


def changes_of(params: Mapping[str, Any], *, ranks: bool = False) -> dict[str, Any]:
    """Returns the members of `Config` that parameters of a form set, but for the stages.

    An empty text or list means the preset's value.

    Args:
        params: of the form
        ranks (False): whether it checks hypotheses
    """
    return {
        name: described.read(params[name])
        for name, described in SETTINGS.items()
        if described.kind != "stage"
        and params.get(name) not in (None, "", [])
        and (described.has_control(ranks=ranks) or params.get(ALSO) is not False)
    }


def hidden_in(params: Mapping[str, Any], *, ranks: bool = False) -> list[str]:
    """Returns in words what parameters set that has no control in a form: ``Alpha: 0.01``.

    Args:
        params: of the form
        ranks (False): whether it checks hypotheses
    """
    hidden = [
        f"{described.label}: {described.said(params[name])}"
        for name, described in SETTINGS.items()
        if described.kind != "stage"
        and not described.has_control(ranks=ranks)
        and params.get(name) not in (None, "", [])
    ]
    preset = params.get("preset")
    # the form that checks hypotheses has no choice of one
    return [f"Preset: {preset}", *hidden] if ranks and preset else hidden


def _add_engine(again: Again, spec: Any, lost: Mapping[str, Sequence[str]]) -> None:
    """Engines are named by the form; of their options it takes the GPUs."""
    options = dict(spec) if isinstance(spec, Mapping) else {"name": spec or "local"}
    name = options.pop("name", None)
    gpus = options.pop("gpus", 0)
    more = any(value is not None for value in options.values())
    if name not in ENGINES or more or any(lost.values()):
        again.left_out.append(
            f"Where models run ({name}) was set in a script and can't be chosen here: they run in "
            "this process."
        )
        return
    again.params["engine"] = name
    if gpus:
        again.params["gpus"] = gpus


def _add_stage(again: Again, name: str, spec: Any, lost: Mapping[str, Sequence[str]]) -> None:
    label, objects = SETTINGS[name].label, lost.get("objects") or ()
    if spec is None:
        again.params[name] = NONE
        return
    choice = find(name, spec)
    if choice is None or spec in objects:
        again.left_out.append(_object_of_a_script(label, spec))
        return
    named = read(name, spec)
    options = {*named.options, *(lost.get("options") or ())} - {"base_url"}
    if "base_url" in (lost.get("options") or ()):
        again.left_out.append(
            f"{label}: the user name and password of its server's address are not stored."
        )
    members = [spec]
    if choice.members:
        members = named.members[choice.takes]
        options |= {
            option
            for option, some in named.members.items()
            if option != choice.takes and any(member is not None for member in some)
        }
    names = [_member(again, name, member, options, objects) for member in members]
    if options:
        again.left_out.append(
            f"{label}: its options ({', '.join(sorted(options))}) can only be set in a script."
        )
    said = "+".join(text for text in names if text)
    if said:
        again.params[name] = f"{choice.kind}:{said}" if choice.members else said


def _member(
    again: Again, name: str, spec: Any, options: set[str], objects: Sequence[str]
) -> str:  # fmt: skip
    """Returns what names a stage, or one that it is made of; empty where nothing does."""
    label, choice = SETTINGS[name].label, find(name, spec)
    if choice is None or spec in objects:
        again.left_out.append(_object_of_a_script(label, spec))
        return ""
    named = read(name, spec)
    address = named.options.get("base_url")
    if address and again.params.setdefault("base_url", address) != address:
        again.left_out.append(
            f"{label}: it asked {address}, but a form names one server for all stages."
        )
    options |= set(named.options) - {"base_url"}
    if choice.takes == "file" and named.argument:
        again.left_out.append(f"{label}: a file can't be chosen here, so the built-in one is used.")
        return choice.kind
    return str(spec.get("name") if isinstance(spec, Mapping) else spec)


def _object_of_a_script(label: str, spec: Any) -> str:
    name = spec.get("name") if isinstance(spec, Mapping) else spec
    return (
        f"{label}: {name} was an object of a script, which a form can't name. Choose another here; "
        "else it is as the preset has it."
    )
