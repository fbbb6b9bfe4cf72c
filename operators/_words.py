"""Where the words come from when no model writes captions: an existing field."""

from __future__ import annotations

import contextlib
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.dataset.offers import word_fields
from visdiff_plugin.errors import SelectionError
from visdiff_plugin.sets.grammar import Intersection, Label, parse_set

from . import _models
from ._progress import FROM_SCRIPT

#: the choice of no field
NOTHING = "nothing"
#: names of fields that hold a text about the image, or what is on it; in this order
_TEXTS = ("caption", "captions", "description", "descriptions", "text", "alt_text", "prompt")
_LABELS = ("ground_truth", "groundtruth", "gt", "truth", "label", "labels", "class", "classes",
           "category", "categories", "objects", "detections")  # fmt: skip


def control(ctx: Any, inputs: Any, a: Any, b: Any) -> None:
    """Adds a picker of the fields that hold words, if the preset has no captioner."""
    if not _asked(ctx):
        return
    view = types.DropdownView()
    named = names(ctx.dataset)
    for name in named:
        view.add_choice(name, label=name)
    view.add_choice(NOTHING, label="None: compare only measured properties")
    inputs.enum(
        "words",
        [*named, NOTHING],
        label="Words from",
        description="a field with captions or labels; descriptions are built from its words",
        default=default(ctx.dataset, a, b),
        required=True,
        view=view,
    )


def chosen(ctx: Any, a: Any, b: Any) -> str | None:
    """Returns the captioner that the form shows; None for none.

    Args:
        ctx: of the operator
        a: set A as text
        b: set B
    """
    if not _asked(ctx):
        return None
    begins = NOTHING if ctx.params.get(FROM_SCRIPT) else default(ctx.dataset, a, b)
    name = ctx.params.get("words", begins)
    return f"field:{name}" if name and name != NOTHING else None


def place(ctx: Any) -> dict[str, str]:
    """Returns which control can fix a missing captioner, if it is shown."""
    return {"captioner": "see above: Words from"} if _asked(ctx) else {}


def warn(ctx: Any, inputs: Any, a: Any, b: Any) -> None:
    """Adds a warning if the words come from the field that a set is chosen by."""
    name = (chosen(ctx, a, b) or "").removeprefix("field:")
    if name and name in _fields_of(a, b):
        text = (
            f"A or B is chosen by {name}, so its words will only repeat that. Pick another field."
        )
        inputs.view("circular", types.Warning(label=text))


def default(dataset: Any, a: Any, b: Any) -> str:
    """Returns the field that most likely says what an image shows, or `NOTHING`.

    Args:
        dataset: a FiftyOne dataset
        a: set A as text
        b: set B
    """
    taken = _fields_of(a, b)
    obvious = [name for name in names(dataset) if name not in taken and _rank(name) < len(_ORDER)]
    return min(obvious, key=_rank, default=NOTHING)


def names(dataset: Any) -> list[str]:
    """Returns the fields that hold text or labels, the likeliest first."""
    return sorted(word_fields(dataset), key=_rank)


_ORDER = ("visdiff_caption_", *_TEXTS, *_LABELS)


def _rank(name: str) -> int:
    if name.startswith(_ORDER[0]):
        return 0
    return _ORDER.index(name.lower()) if name.lower() in _ORDER else len(_ORDER)


def _asked(ctx: Any) -> bool:
    preset = ctx.params.get("preset") or "offline"
    return preset == "offline" and not _models.given(ctx.params, "captioner")


def _fields_of(*sets: Any) -> set[str]:
    chosen_by = set()
    for set_text in sets:
        chosen = None
        with contextlib.suppress(SelectionError):  # what is wrong with it is said beside it
            chosen = parse_set(set_text) if isinstance(set_text, str) else None
        for part in chosen.parts if isinstance(chosen, Intersection) else (chosen,):
            if isinstance(part, Label):
                chosen_by |= {part.field, part.field.partition(".")[0]}
    return chosen_by
