"""Sort the grid by one difference."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from . import _forms


class SortByDifference(foo.Operator):
    """Shows the images that a difference is truest of first."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return foo.OperatorConfig(
            name="sort_by_difference",
            label="VisDiff: sort by a difference",
            description="Show the images that a difference is truest of first",
            icon="sort",
            dynamic=True,
            allow_delegated_execution=False,
            risk_level=types.RiskLevel.LOW,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        from visdiff_plugin import VisDiffError, load

        inputs = types.Object()
        _forms.run_picker(ctx, inputs)
        key = ctx.params.get("run_key")
        if key:
            choices = types.DropdownView()
            try:
                differences = load(ctx.dataset, key).differences
            except VisDiffError as error:
                inputs.view("unreadable", types.Error(label=str(error)))
                differences = ()
            for one in differences:
                if one.field:
                    favors = f"truer of {one.favors.upper()}" if one.favors else "truer of neither"
                    text = f"{favors}, AUROC {one.auroc:.2f}"
                    choices.add_choice(one.field, label=one.description, description=text)
            inputs.enum("field", choices.values(), label="Difference", required=True, view=choices)
            inputs.bool("ascending", label="Least true first", default=False)
        return types.Property(inputs, view=types.View(label="Sort by a difference"))

    def execute(self, ctx: Any) -> dict[str, Any]:
        """Sorts the current view; images that the run did not score are left out."""
        from visdiff_plugin import load
        from visdiff_plugin.errors import FieldError

        run = load(ctx.dataset, ctx.params["run_key"])
        field = ctx.params["field"]
        if field not in run.fields:
            raise FieldError(f"Expected a field of run {run.run_key!r}, got {field!r}.")
        # an index makes sorting 50,000 samples about sixty times faster
        ctx.dataset.create_index(field)
        base = ctx.view if ctx.view is not None else ctx.dataset
        view = base.exists(field).sort_by(field, reverse=not ctx.params.get("ascending"))
        ctx.ops.set_view(view=view)
        return {"field": field, "count": len(view)}

    def __call__(
        self, sample_collection: Any, run_key: str, field: str, *, ascending: bool = False
    ) -> Any:
        """Sorts the App's grid; in a script, use ``view.sort_by(field, reverse=True)`` itself.

        Args:
            sample_collection: a dataset or view
            run_key: the run
            field: ``Difference.field``
            ascending (False): least true first
        """
        params = {"run_key": run_key, "field": field, "ascending": ascending}
        return _forms.execute(self, sample_collection, params)
