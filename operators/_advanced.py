"""The controls that most comparisons don't need: folded until someone opens them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.config import SETTINGS, Preset

from . import _forms, _models, _settings

_SERVER = "Server address"


def places(ctx: Any) -> dict[str, str]:
    """Returns where the control of each setting is, for the settings shown here."""
    where = "see below" if ctx.params.get("advanced") else "see Advanced settings"
    labels = {name: described.label for name, described in SETTINGS.items() if described.shown}
    return {name: f"{where}: {label}" for name, label in {**labels, "base_url": _SERVER}.items()}


def controls(
    ctx: Any, inputs: Any, stages: Sequence[str], preset: Preset, *, proposes: bool = True
) -> None:
    """Adds the checkbox, and the controls that it opens.

    Args:
        ctx: of the operator
        inputs: the form
        stages: of models, in order
        preset: what applies where nothing is chosen
        proposes (True): whether descriptions are proposed
    """
    ranks = not proposes
    _settings.earlier(ctx, inputs, ranks=ranks)
    changed = [SETTINGS[name].label for name in stages if _models.given(ctx.params, name)]
    changed += [_SERVER] * bool(ctx.params.get("base_url"))
    changed += _settings.changed(ctx.params, preset, ranks=ranks)
    changed += [SETTINGS["engine"].label] * bool(_forms.chosen_away(ctx.params))
    chosen = f"; changed: {', '.join(changed)}" if changed else ""
    inputs.bool(
        "advanced",
        label="Advanced settings",
        description=f"models, what to control for, rounds, seed{chosen}",
        default=False,
        view=types.CheckboxView(),
    )
    if not ctx.params.get("advanced"):
        return
    _models.models(ctx, inputs, *stages, preset=preset, warn=False)
    _settings.controls(ctx, inputs, preset, ranks=ranks)
    _forms.engine(ctx, inputs)
