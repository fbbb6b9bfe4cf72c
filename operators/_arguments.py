"""A form's values as arguments of the library; the same for the run and for its estimate."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from visdiff_plugin.config import SETTINGS, Config, Preset
from visdiff_plugin.form_params import ALSO, NONE, base_of, changes_of

from . import _forms, _models, _run_name, _sets, _words
from ._progress import FROM_SCRIPT


def of_compare(ctx: Any, a: Any, b: Any) -> Config:
    """Returns the config of a comparison, from the form.

    Args:
        ctx: of the operator
        a: set A as text, or ids
        b: set B

    Raises:
        SettingError: on an incomplete choice, or a value out of range
    """
    params = ctx.params
    stages = _models.specs(params, "captioner", "encoder", "proposer", "ranker")
    words = _words.chosen(ctx, a, b)
    if words:
        stages = {"captioner": words, **stages}
    base = base_of(params.get("preset") or "offline", ranks=False)
    return _config(base, stages, params, ranks=False)


def of_rank(ctx: Any) -> Config:
    """Returns the config for checking hypotheses, from the form.

    Captions without an encoder mean that the user wants to rank by captions.

    Raises:
        SettingError: as `of_compare`
    """
    stages = _models.specs(ctx.params, "captioner", "encoder", "ranker")
    base = base_of(rank_preset(ctx.params), ranks=True)
    return _config(base, stages, ctx.params, ranks=True)


def rank_preset(params: dict[str, Any]) -> Preset:
    """Returns the preset for checking hypotheses: as passed, or the one that fits the stages."""
    if params.get("preset") in get_args(Preset) and params.get(ALSO) is not False:
        preset: Preset = params["preset"]
        return preset
    captions, vectors = (
        _models.given(params, name) and params[name] != NONE for name in ("captioner", "encoder")
    )
    return "offline" if captions and not vectors else "default"


def preset_of(params: dict[str, Any]) -> Preset:
    """Returns the chosen preset if it exists, ``"offline"`` otherwise."""
    chosen = params.get("preset")
    return next((preset for preset in get_args(Preset) if preset == chosen), "offline")


def pin(ctx: Any) -> None:
    """Writes the form's untouched defaults into the parameters.

    A good guess now (the newest evaluation, a free name) may be a different one by the time a
    delegated run is executed.
    """
    if ctx.params.get(FROM_SCRIPT):
        return
    a, b = _sets.chosen_texts(ctx)
    ctx.params["run_key"] = _run_name.chosen(ctx, a, b)
    words = _words.chosen(ctx, a, b)
    ctx.params["words"] = words.removeprefix("field:") if words else _words.NOTHING
    _sets.pin_sets(ctx)


def check_settings(operator: str, settings: Mapping[str, Any]) -> None:
    """Checks what a script passes by name, before it is queued; stages are left to the run.

    Raises:
        TypeError: on an unknown name, with the closest setting
        SettingError: if a value is out of range, or of another type
    """
    for name, value in settings.items():
        if name not in SETTINGS:
            near = difflib.get_close_matches(name, SETTINGS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(
                f"Expected settings of {operator} out of {', '.join(SETTINGS)}, got {name!r}.{hint}"
            )
        if value is not None:
            SETTINGS[name].check(name, SETTINGS[name].read(value))


def _config(
    base: Config, stages: dict[str, Any], params: dict[str, Any], *, ranks: bool
) -> Config:  # fmt: skip
    changes = changes_of(params, ranks=ranks)
    return replace(base, **stages, **changes, **_forms.chosen_engine(params))
