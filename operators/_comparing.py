"""What the operators that compare two sets and check hypotheses have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from . import _arguments, _forms, _progress, _run_name, _sets
from ._long import LongOperator


class ComparingOperator(LongOperator, ABC):
    """Compares two sets and stores the run."""

    checked_by_form = False  # sets may also be given as sample ids

    def act(self, ctx: Any) -> Any:
        """Runs the comparison."""
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
            TypeError: on an unknown setting
            SettingError: on a value out of range
        """
        _arguments.check_settings(self.operator_name, settings)
        return _forms.execute(self, samples, {**settings, **params}, delegate)

    @abstractmethod
    def arguments(self, ctx: Any, a: Any, b: Any) -> dict[str, Any]:
        """Returns what the library's function takes beside the sets and the key.

        Args:
            ctx: the operator's context
            a: the text of A, if the form gives one
            b: the text of B
        """

    def resolve_delegation(self, ctx: Any) -> None:
        """Fixes the form's guesses before another process reads them."""
        super().resolve_delegation(ctx)
        _arguments.pin(ctx)
