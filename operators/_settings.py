"""Controls of single settings, built from what `Config` says about each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.config import SETTINGS, Config, Preset
from visdiff_plugin.dataset.offers import group_fields, label_fields
from visdiff_plugin.form_params import ALSO, LEFT_OUT, hidden_in
from visdiff_plugin.settings import Setting


def controls(ctx: Any, inputs: Any, preset: Preset, *, ranks: bool) -> None:
    """Adds a control for each setting that forms show, except the stages.

    Args:
        ctx: of the operator
        inputs: the form
        preset: whose values apply where nothing is chosen
        ranks: whether hypotheses are checked, and nothing is proposed
    """
    standard = Config.preset(preset)
    for name, described in SETTINGS.items():
        if described.kind != "stage" and described.has_control(ranks=ranks):
            _CONTROLS[described.kind](ctx, inputs, name, described, getattr(standard, name))


def earlier(ctx: Any, inputs: Any, *, ranks: bool) -> None:
    """Lists settings of an earlier comparison that have no control, and those a form can't set."""
    hidden = hidden_in(ctx.params, ranks=ranks)
    if hidden:
        inputs.bool(
            ALSO,
            label="Keep the other settings of that comparison",
            description="; ".join(hidden),
            default=True,
            view=types.CheckboxView(),
        )
    sentences = ctx.params.get(LEFT_OUT)
    for number, text in enumerate(sentences if isinstance(sentences, list) else ()):
        inputs.view(f"left_out_{number}", types.Warning(label=str(text)))


def changed(params: dict[str, Any], preset: Preset, *, ranks: bool) -> list[str]:
    """Returns the labels of the settings that differ from the preset."""
    standard = Config.preset(preset)
    return [
        described.label
        for name, described in SETTINGS.items()
        if described.has_control(ranks=ranks)
        and described.kind != "stage"
        and params.get(name) not in (None, "", [], getattr(standard, name))
    ]


def _number(ctx: Any, inputs: Any, name: str, described: Setting, standard: Any) -> None:
    inputs.int(
        name,
        label=described.label,
        description=described.help,
        default=standard,
        min=described.least,
        max=described.most,
        required=False,
        view=types.FieldView(),
    )


def _text(ctx: Any, inputs: Any, name: str, described: Setting, standard: Any) -> None:
    inputs.str(name, label=described.label, description=described.help, required=False)


def _choice(ctx: Any, inputs: Any, name: str, described: Setting, standard: Any) -> None:
    view = types.DropdownView()
    for value, label in (described.choices or {}).items():
        view.add_choice(value, label=label)
    _pick(inputs, name, described, view, default=standard)


def _group_field(ctx: Any, inputs: Any, name: str, described: Setting, standard: Any) -> None:
    view = types.DropdownView()
    for value, label in (described.choices or {}).items():
        view.add_choice(value, label=label)
    for field in group_fields(ctx.dataset):
        view.add_choice(field, label=field)
    control = _pick(inputs, name, described, view)
    others = [ctx.params.get(other) for other in ("control_for", "cluster_by")]
    if name == "pair_by" and ctx.params.get(name) and any(others):
        control.invalid = True
        control.error_message = (
            "Pairs can't be combined with 'Control for' or 'Count as one'. Clear those first."
        )


def _group_fields(ctx: Any, inputs: Any, name: str, described: Setting, standard: Any) -> None:
    _pick_several(inputs, name, described, group_fields(ctx.dataset))


def _label_fields(ctx: Any, inputs: Any, name: str, described: Setting, standard: Any) -> None:
    _pick_several(inputs, name, described, label_fields(ctx.dataset))


def _pick(inputs: Any, name: str, described: Setting, view: Any, default: Any = None) -> Any:
    return inputs.enum(
        name,
        view.values(),
        label=described.label,
        description=described.help,
        default=default,
        required=False,
        view=view,
    )


def _pick_several(inputs: Any, name: str, described: Setting, fields: list[str]) -> None:
    view = types.DropdownView(multiple=True)
    for field in fields:
        view.add_choice(field, label=field)
    inputs.list(
        name,
        types.String(),
        label=described.label,
        description=described.help,
        required=False,
        view=view,
    )


_CONTROLS: dict[str, Callable[[Any, Any, str, Setting, Any], None]] = {
    "number": _number,
    "text": _text,
    "choice": _choice,
    "group_field": _group_field,
    "group_fields": _group_fields,
    "label_fields": _label_fields,
}
