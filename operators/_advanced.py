"""The controls that most runs do without: folded away until they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.config import Config

from . import _design, _forms, _models

#: members of the config that have a control here, and what people call it
LABELS = {
    "captioner": "Captioner",
    "encoder": "Encoder",
    "proposer": "Proposer",
    "ranker": "Ranker",
    "base_url": "Server address",
    "label_fields": "Label fields",
    "context": "Context",
    "control_for": "Control for",
    "cluster_by": "Count as one",
    "pair_by": "Pair by",
    "rounds": "Rounds",
    "subset_size": "Images a round",
    "draw": "Draw",
    "refine": "Refine",
    "seed": "Seed",
    "engine": "Where models run",
}

_ROUNDS = {
    "rounds": (1, "Rounds", "random subsets that a proposer sees, for each direction"),
    "subset_size": (2, "Images a round", "of each set in a subset"),
    "refine": (0, "Refine", "further rounds that hear what the best proposals get wrong"),
    "seed": (0, "Seed", "of every random choice: the same seed, the same run"),
}


def places(ctx: Any) -> dict[str, str]:
    """Returns for each member of the config that has a control here where that is."""
    unfolded = bool(ctx.params.get("advanced"))
    where = "below" if unfolded else "under Advanced settings, below"
    return {name: f"{where}: {label}" for name, label in LABELS.items()}


def controls(
    ctx: Any, inputs: Any, stages: Sequence[str], preset: str, *, proposes: bool = True
) -> None:
    """Adds the checkbox, and what it unfolds.

    Args:
        ctx: of the operator
        inputs: the form
        stages: of models, in order
        preset: what stands where nothing is chosen
        proposes (True): whether descriptions are proposed
    """
    same = (None, "", [], "local", _models.PRESET)
    changed = [
        label
        for name, label in LABELS.items()
        if ctx.params.get(name) not in (*same, _default(preset, name))
    ]
    said = f"; chosen: {', '.join(changed)}" if changed else ""
    inputs.bool(
        "advanced",
        label="Advanced settings",
        description=f"models, what must not explain a difference, rounds, seed{said}",
        default=False,
        view=types.CheckboxView(),
    )
    if not ctx.params.get("advanced"):
        return
    _models.models(ctx, inputs, *stages, preset=preset, warn=False)
    if proposes:
        _labels(ctx, inputs)
        inputs.str(
            "context",
            label=LABELS["context"],
            description="one sentence: what the sets are, what to look for or ignore",
            required=False,
        )
    _design.controls(ctx, inputs)
    if proposes:
        _rounds(inputs, preset)
    else:
        _number(inputs, "seed", preset)
    _forms.engine(ctx, inputs)


def _default(preset: str, name: str) -> Any:
    value = getattr(Config.preset(preset), name, None)  # type: ignore[arg-type]
    return value if name in _ROUNDS or name == "draw" else None


def _labels(ctx: Any, inputs: Any) -> None:
    import fiftyone as fo

    view = types.DropdownView(multiple=True)
    for name, field in ctx.dataset.get_field_schema(ftype=fo.EmbeddedDocumentField).items():
        if issubclass(field.document_type, fo.Label) and not name.startswith("visdiff_"):
            view.add_choice(name, label=name)
    inputs.list(
        "label_fields",
        types.String(),
        label=LABELS["label_fields"],
        description="whose classes, object counts and sizes are compared too",
        required=False,
        view=view,
    )


def _rounds(inputs: Any, preset: str) -> None:
    for name in ("rounds", "subset_size"):
        _number(inputs, name, preset)
    view = types.DropdownView()
    view.add_choice("uniform", label="At random")
    view.add_choice("sure", label="What a classifier is surest of: for rare differences")
    inputs.enum(
        "draw", view.values(), label=LABELS["draw"], default="uniform", required=False, view=view,
        description="which images a proposer sees; surest needs an encoder",
    )  # fmt: skip
    for name in ("refine", "seed"):
        _number(inputs, name, preset)


def _number(inputs: Any, name: str, preset: str) -> None:
    least, label, text = _ROUNDS[name]
    inputs.int(
        name,
        label=label,
        description=text,
        default=_default(preset, name),
        min=least,
        required=False,
        view=types.FieldView(),
    )
