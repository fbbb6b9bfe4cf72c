"""What a form says, as arguments of the library; the same for the run and for its estimate."""

from __future__ import annotations

from typing import Any, get_args

from visdiff_plugin.config import Config, Preset

from . import _design, _forms, _models, _run_name, _sets, _words
from ._progress import FROM_SCRIPT

#: members of `Config` that come from the form as they are, and those that are whole numbers
_TEXTS = ("context", "label_fields", "draw")
NUMBERS = ("rounds", "subset_size", "refine", "seed", "max_fields")

Arguments = dict[str, Any]


def of_compare(ctx: Any, a: Any, b: Any) -> Arguments:
    """Returns what `visdiff_plugin.compare` takes beside the sets and the key.

    Args:
        ctx: of the operator
        a: set A as text, or ids
        b: set B

    Raises:
        ValueError: on a choice that lacks something
    """
    params = ctx.params
    stages = _models.specs(params, "captioner", "encoder", "proposer", "ranker")
    words = _words.chosen(ctx, a, b)
    return {
        "preset": params.get("preset") or "offline",
        **({"captioner": words} if words else {}),
        **stages,
        **_settings(params),
    }


def of_rank(ctx: Any) -> Arguments:
    """Returns what `visdiff_plugin.rank` takes beside the sets, the hypotheses and the key.

    Captions without an encoder: the user means to rank by them.

    Raises:
        ValueError: as `of_compare`
    """
    stages = _models.specs(ctx.params, "captioner", "encoder", "ranker")
    return {"preset": rank_preset(ctx.params), **stages, **_settings(ctx.params)}


def rank_preset(params: dict[str, Any]) -> Preset:
    """Returns the preset for checking hypotheses with some stages chosen."""
    captions, vectors = (_models.given(params, one) for one in ("captioner", "encoder"))
    return "offline" if captions and not vectors else "default"


def preset_of(params: dict[str, Any]) -> Preset:
    """Returns the preset that the form stands on: what is chosen, if there is such a one."""
    chosen = params.get("preset")
    return next((one for one in get_args(Preset) if one == chosen), "offline")


def pin(ctx: Any) -> None:
    """Puts what the form shows without having been touched into the parameters.

    What is a good guess here (the newest evaluation, a free key) may be another one where and
    when a delegated run is executed.
    """
    if ctx.params.get(FROM_SCRIPT):
        return
    a, b = _sets.chosen_texts(ctx)
    ctx.params["run_key"] = _run_name.chosen(ctx, a, b)
    words = _words.chosen(ctx, a, b)
    ctx.params["words"] = words.removeprefix("field:") if words else _words.NOTHING
    _sets.pin_sets(ctx)


def config_of(arguments: Arguments, *, ranks: bool) -> Config:
    """Returns the config that the library makes of such arguments.

    Args:
        arguments: of `of_compare` or `of_rank`
        ranks: whether hypotheses are checked: then properties are left out

    Raises:
        ValueError: on a value out of range
    """
    changes = dict(arguments)
    preset = changes.pop("preset")
    if ranks:
        changes.setdefault("properties", False)
    return Config.preset(preset, **changes)


def _settings(params: dict[str, Any]) -> Arguments:
    found = _forms.given(params, *_TEXTS, *NUMBERS, *_design.NAMES)
    for name in NUMBERS:
        if name in found:
            found[name] = _whole(found[name])
    return {**found, **_forms.chosen_engine(params)}


def _whole(value: Any) -> Any:
    """Returns a whole number that a form sent as a float or as text; others stay as they are."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return int(value)
    return value
