"""Delete a comparison and its score fields."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from . import _forms, _runs
from ._base import Operator


class DeleteRun(Operator):
    """Deletes a comparison and its score fields."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return foo.OperatorConfig(
            name="delete_run",
            label="VisDiff: delete a comparison",
            description="Delete a comparison and its score fields; captions and embeddings stay",
            icon="delete",
            dynamic=True,
            allow_immediate_execution=True,
            allow_delegated_execution=True,
            risk_level=types.RiskLevel.HIGH,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        key = ctx.params.get("run_key")
        if key:
            config = ctx.dataset.get_run_info(key).config if ctx.dataset.has_run(key) else None
            other = getattr(config, "dataset_b", "")
            where = f" here and in {other!r}" if other else ""
            text = (
                f"Deletes field {key!r} with the scores of this comparison{where}. Captions and "
                "embeddings stay."
            )
            inputs.view("what", types.Warning(label=text))
        return types.Property(inputs, view=types.View(label="Delete a comparison"))

    def act(self, ctx: Any) -> dict[str, Any]:
        """Deletes the comparison."""
        import visdiff_plugin as visdiff

        left = visdiff.delete(ctx.dataset, ctx.params["run_key"])
        if not ctx.delegated:
            ctx.ops.reload_dataset()
        for text in left:
            ctx.ops.notify(text, variant="warning")
        return {"deleted": ctx.params["run_key"], "left": list(left)}

    def __call__(self, sample_collection: Any, run_key: str, *, delegate: bool = False) -> Any:
        """Deletes a run; see `visdiff_plugin.delete`.

        Args:
            sample_collection: the dataset
            run_key: the run
            delegate (False): schedule it for a delegated worker
        """
        return _forms.execute(self, sample_collection, {"run_key": run_key}, delegate)
