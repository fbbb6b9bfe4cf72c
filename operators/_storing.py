"""What captioning and embedding have in common as operators."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from . import _forms, _models, _progress


class StoringOperator(foo.Operator):
    """Computes something for the images of a view and stores it on the samples."""

    #: the operator's and the library function's names, and the stage that does it
    operator_name = function = stage = ""
    label = description = icon = ""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return foo.OperatorConfig(
            name=self.operator_name,
            label=self.label,
            description=self.description,
            icon=self.icon,
            dynamic=True,
            execute_as_generator=True,
            allow_immediate_execution=True,
            allow_delegated_execution=True,
            risk_level=types.RiskLevel.MEDIUM,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        inputs.view_target(ctx)
        _models.models(ctx, inputs, self.stage, preset="default", stored=True)
        inputs.str(
            "field",
            label="Field",
            description="where to store it; empty: named after the model",
            required=False,
        )
        _forms.engine(ctx, inputs)
        return types.Property(inputs, view=types.View(label=self.label))

    def execute(self, ctx: Any) -> Any:
        """Computes what is missing."""
        return _progress.run(
            ctx, self.operator_name, lambda progress: self._work(ctx, progress), self.label
        )

    def _work(self, ctx: Any, progress: Any) -> dict[str, Any]:
        import visdiff_plugin as visdiff

        stored = getattr(visdiff, self.function)(
            ctx.target_view(),
            progress=progress,
            **_models.specs(ctx.params, self.stage),
            **_forms.given(ctx.params, "field"),
            **_forms.chosen_engine(ctx.params),
        )
        left_out = "".join(f"\nLeft out: {one.count}: {one.reason}" for one in stored.skipped)
        summary = f"{stored.field}: {stored.computed} computed, {stored.reused} reused{left_out}"
        return _forms.answer(summary, field=stored.field)

    def resolve_output(self, ctx: Any) -> Any:
        """Shows what was done."""
        return _forms.text_output(ctx, self.label)

    def _call(
        self,
        samples: Any,
        spec: Any,
        base_url: Any,
        field: Any,
        engine: Any,
        gpus: float,
        delegate: bool,
    ) -> Any:
        params = {self.stage: spec, "base_url": base_url, "field": field}
        params |= {"engine": engine, "gpus": gpus}
        return _forms.execute(self, samples, params, delegate)
