"""Sort the grid by one difference."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from . import _forms, _runs
from ._base import Operator


class SortByDifference(Operator):
    """Sorts the grid by how well a difference fits each photo."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return foo.OperatorConfig(
            name="sort_by_difference",
            label="VisDiff: sort by a difference",
            description="Sort the grid by how well a difference fits each photo",
            icon="sort",
            dynamic=True,
            allow_delegated_execution=False,
            risk_level=types.RiskLevel.LOW,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        if ctx.params.get("run_key"):
            _runs.difference_picker(ctx, inputs)
            inputs.bool("ascending", label="Worst match first", default=False)
        return types.Property(inputs, view=types.View(label="Sort by a difference"))

    def resolve_placement(self, ctx: Any) -> Any:
        """Puts a button above the grid."""
        return _runs.grid_button(ctx, "Sort by a difference", "sort")

    def act(self, ctx: Any) -> dict[str, Any]:
        """Sorts the current view; photos without a score are left out."""
        from visdiff_plugin import load
        from visdiff_plugin.views import sort_view

        run, field = load(ctx.dataset, ctx.params["run_key"]), ctx.params["field"]
        ascending = bool(ctx.params.get("ascending"))
        return _runs.show(
            ctx, sort_view(_runs.current(ctx), run, field, ascending=ascending), field
        )

    def __call__(
        self, sample_collection: Any, run_key: str, field: str, *, ascending: bool = False
    ) -> Any:
        """Sorts the App's grid; in a script, use ``view.sort_by(field, reverse=True)`` itself.

        Args:
            sample_collection: a dataset or view
            run_key: the run
            field: ``Difference.field``
            ascending (False): worst match first
        """
        params = {"run_key": run_key, "field": field, "ascending": ascending}
        return _forms.execute(self, sample_collection, params)
