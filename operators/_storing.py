"""What captioning and embedding have in common as operators."""

from __future__ import annotations

import re
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.api import check_storing
from visdiff_plugin.errors import FieldError, VisDiffError
from visdiff_plugin.estimating.lacking import Problem, problem_of

from . import _forms, _models, _progress
from ._long import LongOperator

#: what a new field may be called
_NAME = re.compile(r"[^\W\d_][\w -]{0,199}")


class StoringOperator(LongOperator):
    """Computes something for the images of a view and stores it on the samples."""

    #: the stage that does it
    stage = ""

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        target = inputs.view_target(ctx, require_flat=True)
        _models.models(ctx, inputs, self.stage, preset="default", stored=True)
        field = inputs.str(
            "field",
            label="Field",
            description="where to store the results; leave empty to name it after the model",
            required=False,
        )
        _forms.engine(ctx, inputs)
        controls = {"a": target, self.stage: inputs.properties[self.stage]}
        problem = self._problem(ctx)
        if problem is not None and problem.stops:
            _forms.refuse(ctx, controls.get(problem.about, field), problem.text)
        return types.Property(inputs, view=types.View(label=self.label))

    def _problem(self, ctx: Any) -> Problem | None:
        """Returns why nothing could be stored, as far as that is known before it is made."""
        try:
            specs = _models.specs(ctx.params, self.stage)
            check_storing(self.function, self._view(ctx), **specs, **_field(ctx.params))
        except (VisDiffError, ValueError) as error:
            return problem_of(error)
        return None

    @staticmethod
    def _view(ctx: Any) -> Any:
        """Returns what the form is about; of groups, the slice that the grid shows."""
        return ctx.target_view(require_flat=True)

    def act(self, ctx: Any) -> Any:
        """Computes only what is missing."""
        return _progress.run(
            ctx, self.operator_name, lambda progress: self._work(ctx, progress), self.label
        )

    def _work(self, ctx: Any, progress: Any) -> dict[str, Any]:
        import visdiff_plugin as visdiff

        stored = getattr(visdiff, self.function)(
            self._view(ctx),
            progress=progress,
            **_models.specs(ctx.params, self.stage),
            **_field(ctx.params),
            **_forms.chosen_engine(ctx.params),
        )
        left_out = "".join(
            f"\nSkipped {skipped_item.count}: {skipped_item.reason}"
            for skipped_item in stored.skipped
        )
        summary = f"{stored.field}: {stored.computed} computed, {stored.reused} reused{left_out}"
        return _forms.answer(summary, field=stored.field)

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


def _field(params: dict[str, Any]) -> dict[str, str]:
    """Returns the name of the field that is written, if one was typed."""
    name = params.get("field")
    if name in (None, ""):
        return {}
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise FieldError(
            "Type a field name of up to 200 letters, digits and underscores that starts with a "
            "letter."
        )
    return {"field": name}
