"""What comparing two sets and checking hypotheses about them have in common as operators."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from . import _arguments, _forms, _progress, _run_name, _sets
from ._long import LongOperator


class ComparingOperator(LongOperator, ABC):
    """Makes a run of two sets."""

    checked_by_form = False  # sets may also be given as sample ids

    def execute(self, ctx: Any) -> Any:
        """Makes the run."""
        import visdiff_plugin as visdiff

        texts = _sets.chosen_texts(ctx)
        run_key = _run_name.chosen(ctx, *texts)
        arguments = self.arguments(ctx, *texts)

        def work(progress: Any) -> dict[str, Any]:
            run = getattr(visdiff, self.function)(
                ctx.dataset,
                run_key=run_key,
                overwrite=bool(ctx.params.get("overwrite")),
                progress=progress,
                **_sets.chosen_sets(ctx),
                **arguments,
            )
            return _forms.run_answer(run)

        return _progress.run(ctx, run_key, work, self.title)

    def call(self, samples: Any, delegate: bool, settings: dict[str, Any], **params: Any) -> Any:
        """Runs the operator from a script, with settings by name.

        Raises:
            TypeError: on a setting that is none
        """
        _arguments.check_names(self.operator_name, settings)
        return _forms.execute(self, samples, {**settings, **params}, delegate)

    @abstractmethod
    def arguments(self, ctx: Any, a: Any, b: Any) -> dict[str, Any]:
        """Returns what the library's function takes beside the sets and the key.

        Args:
            ctx: the operator's context
            a: the text of A, where the form gives one
            b: that of B
        """

    def resolve_delegation(self, ctx: Any) -> None:
        """Fixes what the form left to be guessed, before another process reads it."""
        _arguments.pin(ctx)
