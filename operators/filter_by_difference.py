"""Filter the grid to the photos that show a difference."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from . import _forms, _runs
from ._base import Operator


class FilterByDifference(Operator):
    """Filters the grid to the photos that show a difference."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return _runs.operator_config(
            name="filter_by_difference",
            label="VisDiff: filter by a difference",
            description="Show only the photos that show a difference",
            icon="filter_alt",
            risk_level=types.RiskLevel.LOW,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        if ctx.params.get("run_key"):
            chosen = _runs.difference_picker(ctx, inputs)
            _runs.match_controls(ctx, inputs, chosen)
            inputs.bool("below", label="Show the photos without it instead", default=False)
        return types.Property(inputs, view=types.View(label="Filter by a difference"))

    def resolve_placement(self, ctx: Any) -> Any:
        """Puts a button above the grid."""
        return _runs.grid_button(ctx, "Filter by a difference", "filter_alt")

    def act(self, ctx: Any) -> dict[str, Any]:
        """Filters the current view."""
        view = _runs.matching(ctx, bool(ctx.params.get("below")))
        return _runs.show(ctx, view, ctx.params["field"])

    def __call__(
        self,
        sample_collection: Any,
        run_key: str,
        field: str,
        *,
        threshold: float | None = None,
        sides: str = "both",
        below: bool = False,
    ) -> Any:
        """Filters the App's grid; see `visdiff_plugin.views.filter_view` for scripts.

        Args:
            sample_collection: a dataset or view
            run_key: the run
            field: ``Difference.field``
            threshold (None): scores from it on; None takes the run's own
            sides ("both"): ``"a"`` or ``"b"`` for images of that set only
            below (False): the images without it instead
        """
        params = {"run_key": run_key, "field": field, "threshold": threshold, "sides": sides,
                  "below": below}  # fmt: skip
        return _forms.execute(self, sample_collection, params)
