"""Tag the photos that show a difference."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from visdiff_plugin.settings import LONGEST_NAME

from . import _forms, _runs
from ._base import Operator


class TagDifference(Operator):
    """Tags the photos that show a difference."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return _runs.operator_config(
            name="tag_difference",
            label="VisDiff: tag the photos of a difference",
            description="Tag the photos in the current view that show a difference",
            icon="sell",
            risk_level=types.RiskLevel.MEDIUM,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form, and says how many photos would get the tag."""
        from visdiff_plugin import VisDiffError
        from visdiff_plugin.numerals import counted

        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        if ctx.params.get("run_key"):
            chosen = _runs.difference_picker(ctx, inputs)
            _runs.match_controls(ctx, inputs, chosen)
            inputs.str("tag", label="Tag", required=True)
            if chosen is not None:
                try:
                    text = f"{counted(len(_runs.matching(ctx)), 'photo')} in the current view"
                    inputs.view("count", types.Notice(label=f"Tags {text}."))
                except VisDiffError as error:
                    inputs.view("count", types.Error(label=str(error)))
        return types.Property(inputs, view=types.View(label="Tag the photos of a difference"))

    def resolve_placement(self, ctx: Any) -> Any:
        """Puts a button above the grid."""
        return _runs.grid_button(ctx, "Tag the photos of a difference", "sell")

    def act(self, ctx: Any) -> dict[str, Any]:
        """Tags the photos.

        Raises:
            ValueError: if no tag was typed
        """
        tag = str(ctx.params.get("tag") or "").strip()
        if not tag:
            raise ValueError("Type a tag name first.")
        if len(tag) > LONGEST_NAME:
            raise ValueError(f"Type a tag of up to {LONGEST_NAME} characters.")
        view = _runs.matching(ctx)
        count = len(view)
        view.tag_samples(tag)
        ctx.ops.reload_dataset()
        return {"tag": tag, "count": count}

    def resolve_output(self, ctx: Any) -> Any:
        """Shows how many were tagged."""
        outputs = types.Object()
        outputs.str("tag", label="Tag")
        outputs.int("count", label="Photos tagged")
        return types.Property(outputs, view=types.View(label="Tagged"))

    def __call__(
        self,
        sample_collection: Any,
        run_key: str,
        field: str,
        tag: str,
        *,
        threshold: float | None = None,
        sides: str = "both",
    ) -> Any:
        """Tags the images of a dataset or view that show a difference.

        Args:
            sample_collection: a dataset or view
            run_key: the run
            field: ``Difference.field``
            tag: the tag
            threshold (None): scores from it on; None takes the run's own
            sides ("both"): ``"a"`` or ``"b"`` for images of that set only
        """
        params = {"run_key": run_key, "field": field, "tag": tag, "threshold": threshold,
                  "sides": sides}  # fmt: skip
        return _forms.execute(self, sample_collection, params)
