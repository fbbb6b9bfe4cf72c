"""Rename a run with its fields."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from . import _forms, _runs


class RenameRun(foo.Operator):
    """Renames a comparison and its score fields."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return _runs.operator_config(
            name="rename_run",
            label="VisDiff: rename a run",
            description="Rename a comparison and its score fields",
            icon="edit",
            risk_level=types.RiskLevel.MEDIUM,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form, and says at once why a key can't be used."""
        from visdiff_plugin.errors import RunError
        from visdiff_plugin.storing.run_store import check_run_key

        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        prop = inputs.str("new_key", label="New key", required=True)
        new = ctx.params.get("new_key")
        if new and new != ctx.params.get("run_key"):
            try:
                check_run_key(ctx.dataset, new, overwrite=False)
            except RunError as error:
                prop.invalid, prop.error_message = True, str(error)
        return types.Property(inputs, view=types.View(label="Rename a run"))

    def execute(self, ctx: Any) -> dict[str, Any]:
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
