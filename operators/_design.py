"""Form controls for what must not explain a difference: strata, clusters, pairs."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

#: parameters of the library that these controls fill
NAMES = ("control_for", "cluster_by", "pair_by")


def controls(ctx: Any, inputs: Any) -> None:
    """Adds pickers of the fields that images can be grouped by; says at once what can't be."""
    fields = _groupable(ctx.dataset)
    inputs.list(
        "control_for",
        types.String(),
        label="Control for",
        description="fields that must not explain a difference: class, camera, time",
        required=False,
        view=_choices(fields, multiple=True),
    )
    inputs.enum(
        "cluster_by",
        _choices(["near_duplicates", *fields]).values(),
        label="Count as one",
        description="near-duplicates, or images of one video, scene or patient",
        required=False,
        view=_choices(["near_duplicates", *fields]),
    )
    prop = inputs.enum(
        "pair_by",
        _choices(fields).values(),
        label="Pair by",
        description="what A and B share, such as a prompt: images are compared pair by pair",
        required=False,
        view=_choices(fields),
    )
    beside = ctx.params.get("control_for") or ctx.params.get("cluster_by")
    if ctx.params.get("pair_by") and beside:
        prop.invalid = True
        prop.error_message = "Pairs stand alone: leave out what is controlled for or counted as one"


def _choices(names: list[str], multiple: bool = False) -> Any:
    choices = types.DropdownView(multiple=multiple)
    for name in names:
        label = "Near-duplicates, by their embeddings" if name == "near_duplicates" else name
        choices.add_choice(name, label=label)
    return choices


def _groupable(dataset: Any) -> list[str]:
    """Fields of the user that hold one word, number, date or class a sample."""
    import fiftyone as fo

    plain = (fo.StringField, fo.IntField, fo.FloatField, fo.BooleanField, fo.DateField,
             fo.DateTimeField, fo.ObjectIdField)  # fmt: skip
    taken = ("id", "filepath", "created_at", "last_modified_at")
    return [
        name
        for name, field in dataset.get_field_schema().items()
        if name not in taken
        and not name.startswith("visdiff_")
        and (
            isinstance(field, plain)
            or getattr(field, "document_type", None) in (fo.Classification, fo.Regression)
        )
    ]
