"""Rename a comparison and its score fields."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from . import _forms, _run_name, _runs
from ._base import Operator


class RenameRun(Operator):
    """Renames a comparison and its score fields."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return _runs.operator_config(
            name="rename_run",
            label="VisDiff: rename a comparison",
            description="Rename a comparison and its score fields",
            icon="edit",
            risk_level=types.RiskLevel.MEDIUM,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form, and says right away why a name can't be used."""
        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        prop = inputs.str("new_key", label="New name", required=True)
        new = ctx.params.get("new_key")
        if new and new != ctx.params.get("run_key"):
            reason = _run_name.why_not(ctx.dataset, new)
            if reason:
                prop.invalid, prop.error_message = True, reason
        return types.Property(inputs, view=types.View(label="Rename a comparison"))

    def act(self, ctx: Any) -> dict[str, Any]:
        """Renames the run."""
        import visdiff_plugin as visdiff

        run = visdiff.rename(ctx.dataset, ctx.params["run_key"], ctx.params["new_key"])
        ctx.ops.reload_dataset()
        return {"run_key": run.run_key}

    def __call__(self, sample_collection: Any, run_key: str, new_key: str) -> Any:
        """Renames a run; see `visdiff_plugin.rename`.

        Args:
            sample_collection: the dataset
            run_key: the run
            new_key: its new key
        """
        return _forms.execute(self, sample_collection, {"run_key": run_key, "new_key": new_key})
