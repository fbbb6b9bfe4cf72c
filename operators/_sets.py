"""Form controls for the two sets, and how their values become arguments of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.dataset.offers import MOST_VALUES
from visdiff_plugin.errors import SelectionError, VisDiffError
from visdiff_plugin.estimating.lacking import Problem, problem_of
from visdiff_plugin.sets.choosing import make_base
from visdiff_plugin.sets.finding import Base
from visdiff_plugin.sets.preview import Preview, preview

from . import _forms, _sizes
from ._set_choices import KINDS, Choices
from ._set_values import CONTROLS, OF_THE_APP, WHOLE, to_text, to_values

_LABELS = {"a": "A", "b": "B: compared with"}
_OUTCOMES = {"wrong": "Wrong", "right": "Right"}
_ENDS = {"top": "Highest", "bottom": "Lowest"}
_ENDS_OF_RANGE = {"low": "from", "high": "to"}


@dataclass(frozen=True)
class Sized:
    """What is chosen so far.

    Args:
        a: set A as text, or ids that a script passed; None where nothing is chosen
        b: set B
        base: what both are taken from; None if it can't be read
        given: both sets, as the library takes them
        sizes: how large they are; None if not known yet, or if something is wrong
        good: whether they can be compared
    """

    a: Any
    b: Any
    base: Base | None = None
    given: tuple[Any, Any] = (None, None)
    sizes: Preview | None = None
    good: bool = False


def two_sets(ctx: Any, inputs: Any) -> Sized:
    """Adds the controls of A and B, and says below how many photos each has and what they share."""
    choices = Choices(ctx)
    first = _Controls(choices, "a")
    second = _Controls(choices, "b", first)
    for controls in (first, second):
        controls.add(inputs)
    if ctx.has_custom_view:
        first.within = second.within = inputs.bool(
            "within_view",
            label="Within the current view",
            description="use only the photos that the grid shows now",
            default=False,
        )
    chosen = first.text(), second.text()
    if all(chosen):
        return _size_up(choices, inputs, first, second)
    for controls, text in zip((first, second), chosen, strict=True):
        if not text:
            controls.refuse()
    return Sized(*chosen)


def chosen_texts(ctx: Any) -> tuple[Any, Any]:
    """Returns A and B as text, or as ids that a script passed; None where nothing is chosen."""
    choices = Choices(ctx)
    first = _Controls(choices, "a")
    return first.text(), _Controls(choices, "b", first).text()


def chosen_sets(ctx: Any) -> dict[str, Any]:
    """Returns A, B and what they are taken from, as the library takes them.

    Raises:
        SelectionError: if A or B is not chosen yet
    """
    choices = Choices(ctx)
    sets: dict[str, Any] = dict(zip("ab", chosen_texts(ctx), strict=True))
    for side, value in sets.items():
        if not value:
            raise SelectionError(f"Choose set {side.upper()} first.")
        sets[side] = _of_the_app(choices, value)
    within = OF_THE_APP["current"] if ctx.params.get("within_view") else ctx.params.get("within")
    return {**sets, "within": _of_the_app(choices, within) or None}


def pin_sets(ctx: Any) -> None:
    """Puts A and B into the parameters as text or ids, so that another process reads the same.

    The current view stays what it is: it travels with the request.
    """
    choices = Choices(ctx)
    for side, value in zip("ab", chosen_texts(ctx), strict=True):
        ids = None if value == OF_THE_APP["current"] else _of_the_app(choices, value)
        for name in [param for param in ctx.params if param.startswith(f"{side}_")]:
            del ctx.params[name]  # they would be read before what is put here
        ctx.params[side] = value if ids is None else ids


def _of_the_app(choices: Choices, value: Any) -> Any:
    """Returns what the library takes for a choice that only the App knows."""
    if not isinstance(value, str):
        return value
    shown = {
        "current": lambda: choices.ctx.view,
        "selected": lambda: list(choices.ctx.selected),
        "clicked": lambda: choices.clicked,
        "alt": lambda: choices.alt,
    }
    kind = next((kind for kind, known in OF_THE_APP.items() if known == value), None)
    return value if kind is None else shown[kind]()


class _Controls:
    """The controls of one set.

    Args:
        choices: what there is
        side: ``"a"`` or ``"b"``
        other (None): the controls of A, for those of B
    """

    def __init__(self, choices: Choices, side: str, other: _Controls | None = None) -> None:
        self.choices, self.side, self.other = choices, side, other
        self.params = choices.ctx.params
        self.within: Any = None
        self.added: dict[str, Any] = {}
        self.begins = {"percent": 25, "end": "top", **self._begins()}

    def _begins(self) -> dict[str, Any]:
        """Returns what the controls begin with: what was passed, or else a good guess."""
        passed = self.params.get(self.side)
        if isinstance(passed, str) and passed:
            try:
                return to_values(passed, self.choices.parse)
            except SelectionError:
                return {}
        keys = self.choices.evaluations()
        newest = {"eval": keys[0] if keys else None, "outcome": "wrong"}
        if self.choices.alt:
            return {**newest, "kind": "alt" if self.other else "clicked"}
        if self.other is None:
            selected = "selected" if self.choices.ctx.selected else None
            return {**newest, "kind": selected or ("eval" if keys else None)}
        if self.other.get("kind") != "eval":
            return {**newest, "outcome": "right", "kind": "rest"}
        wrong = self.other.get("outcome") == "right"
        key = self.other.get("eval")
        return {"kind": "eval", "eval": key, "outcome": "wrong" if wrong else "right"}

    def get(self, name: str) -> Any:
        """Returns the value of a control: what was chosen, or what it begins with."""
        typed = self.params.get(self._key("typed_" + name))
        if name in ("value", "tag") and typed:
            return typed
        key = self._key(name)
        return self.params[key] if key in self.params else self.begins.get(name)

    def _key(self, name: str) -> str:
        if not name.endswith("value"):
            return f"{self.side}_{name}"
        # each field has values of its own, so its control must not keep another's
        return f"{self.side}_{name}_{str(self.get('field')).replace('.', '__')}"

    def text(self) -> Any:
        """Returns what is chosen as text, or ids that a script passed; None where nothing is."""
        passed = self.params.get(self.side)
        if self._key("kind") not in self.params and passed not in (None, "", []):
            return passed
        return to_text(self.get("kind"), self.get)

    def refuse(self, why: str = "", about: str = "") -> None:
        """Says beside the control that causes it why a run would refuse the set.

        The App then disables Execute.

        Args:
            why (""): what is wrong; by default what is not chosen yet
            about (""): ``"within"`` where it is what both sets are taken from
        """
        kind = self.get("kind")
        needed = [name for name in ("kind", *CONTROLS.get(kind or "", ())) if name in self.added]
        lacking = [name for name in needed if self.get(name) in (None, "")]
        last = [name for name in self.added if name in needed or name in _ENDS_OF_RANGE]
        control = self.added[(lacking or last[-1:] or ["kind"])[0]]
        if about == "within" and self.within is not None:
            control = self.within
        text = why or f"Choose set {self.side.upper()} first."
        _forms.refuse(self.choices.ctx, control, text)

    def add(self, inputs: Any) -> None:
        """Adds the picker of a kind, and the controls that this kind needs."""
        offered = self.choices.kinds(self.side)
        labels = {kind: KINDS[kind] + self._count(kind) for kind in offered}
        self._pick(inputs, "kind", labels, _LABELS[self.side])
        kind = self.get("kind")
        if kind in offered:
            getattr(self, f"_add_{kind}", lambda inputs: None)(inputs)

    def _count(self, kind: str) -> str:
        counted = {
            "selected": self.choices.ctx.selected,
            "clicked": self.choices.clicked,
            "alt": self.choices.alt,
        }
        return f" ({len(counted[kind])})" if kind in counted else ""

    def _add_view(self, inputs: Any) -> None:
        self._pick_view(inputs, "view", self.choices.views(), {})

    def _add_tag(self, inputs: Any) -> None:
        self._pick_or_type(inputs, "tag", self.choices.tags(), "tag")

    def _add_label(self, inputs: Any) -> None:
        self._pick(inputs, "field", _same(self.choices.label_fields()), "field")
        if self.get("field"):
            values = self.choices.values(self.get("field"))
            self._pick_or_type(inputs, "value", values, "value")

    def _add_eval(self, inputs: Any) -> None:
        self._pick(inputs, "eval", _same(self.choices.evaluations()), "evaluation")
        self._pick(inputs, "outcome", _OUTCOMES, "outcome")

    def _add_end(self, inputs: Any) -> None:
        self._pick(inputs, "number", _same(self.choices.numbers()), "number")
        self._pick(inputs, "end", _ENDS, "end")
        self.added["percent"] = inputs.float(
            self._key("percent"),
            label=self._named("percent", "percent of the photos"),
            default=self.begins["percent"],
            min=0,
            max=100,
            required=True,
            view=types.FieldView(),
        )

    def _add_range(self, inputs: Any) -> None:
        self._pick(inputs, "number", _same(self.choices.numbers()), "number or date")
        for end, label in _ENDS_OF_RANGE.items():
            self.added[end] = inputs.str(
                self._key(end),
                label=self._named(end, label),
                description="a number, or a date such as 2024-05-31; one of the two may stay empty",
                default=self.begins.get(end) or None,
                required=False,
            )

    def _add_several(self, inputs: Any) -> None:
        self.added["several"] = inputs.str(
            self._key("several"),
            label=self._named("several", "conditions"),
            description="joined by &, such as: eval:m1=right & eval:m2=wrong, or: "
            "label:FIELD=VALUE & tag:NAME & view:NAME & range:FIELD=1..5",
            default=self.begins.get("several"),
            required=True,
        )

    def _add_dataset(self, inputs: Any) -> None:
        self._pick(inputs, "dataset", _same(self.choices.datasets()), "dataset")
        chosen = self.get("dataset")
        views = self.choices.views_of(chosen) if chosen in self.choices.datasets() else []
        if views:
            whole = {WHOLE: "The whole dataset"}
            self._pick_view(inputs, "dataset_view", views, whole, required=False)

    def _named(self, name: str, label: str) -> str:
        return label if name == "kind" else f"{self.side.upper()}: {label}"

    def _pick_view(
        self,
        inputs: Any,
        name: str,
        reasons: dict[str, str],
        before: dict[str, str],
        required: bool = True,
    ) -> None:
        """Adds a picker of saved views; those that can't be used are listed with the reason."""
        labels = {view: f"{view} (can't be used)" if why else view for view, why in reasons.items()}
        self._pick(inputs, name, {**before, **labels}, "saved view", required, reasons)

    def _pick(
        self,
        inputs: Any,
        name: str,
        labels: dict[str, str],
        label: str,
        required: bool = True,
        descriptions: Mapping[str, str] | None = None,
    ) -> None:
        choices = types.DropdownView()
        for value, text in labels.items():
            choices.add_choice(value, label=text, description=(descriptions or {}).get(value))
        begins = self.begins.get(name) or (None if required else WHOLE)
        self.added[name] = inputs.enum(
            self._key(name),
            choices.values(),
            label=self._named(name, label),
            default=begins if begins in labels else None,
            required=required,
            view=choices,
        )

    def _pick_or_type(self, inputs: Any, name: str, values: list[str], label: str) -> None:
        """Adds a picker, and a text field where there are more values than it lists."""
        if values:
            self._pick(inputs, name, _same(values), label)
        if len(values) in (0, MOST_VALUES) or self.begins.get(name) not in (None, *values):
            self.added[name] = inputs.str(
                self._key("typed_" + name),
                label=self._named(name, f"another {label}" if values else label),
                description=f"the list above has the {len(values)} most common" if values else None,
                default=self.begins.get(name) if self.begins.get(name) not in values else None,
                required=False,
            )


def _same(names: list[str]) -> dict[str, str]:
    return {name: name for name in names}


def _size_up(choices: Choices, inputs: Any, first: _Controls, second: _Controls) -> Sized:
    """Says how large both sets are, and what is wrong with them."""
    ctx, a, b = choices.ctx, first.text(), second.text()
    of_side = {"a": first, "b": second}
    within = OF_THE_APP["current"] if ctx.params.get("within_view") else ctx.params.get("within")
    given = [_of_the_app(choices, chosen) for chosen in (a, b, within)]

    def read() -> tuple[Base, Preview] | Problem:
        try:
            base = make_base(ctx.dataset, given[2] or None)
            return base, preview(base, *given[:2])
        except VisDiffError as error:
            return problem_of(error)

    previewed = choices.kept(f"preview {chosen_key(ctx, a, b)}", read, grid=True)
    if isinstance(previewed, Problem):
        inputs.view("wrong", types.Error(label=previewed.text))
        of_side.get(previewed.about, first).refuse(previewed.text, previewed.about)
        return Sized(a, b)
    base, sizes = previewed
    inputs.view("sizes", types.Notice(label=_sizes.text(sizes)))
    try:
        sizes.check()
    except SelectionError as error:
        inputs.view("problem", types.Error(label=str(error)))
        of_side.get(error.about, second).refuse(str(error))
        return Sized(a, b, base, (given[0], given[1]), sizes)
    return Sized(a, b, base, (given[0], given[1]), sizes, good=True)


def chosen_key(ctx: Any, a: Any, b: Any) -> str:
    """Returns text that changes when what is chosen does; the grid's view is no part of it."""
    within = [ctx.params.get(name) for name in ("within_view", "within")]
    return f"{a} {b} {within} {[ctx.selected_samples, ctx.selected]}"
