"""Check your own hypotheses."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from visdiff_plugin.thresholds import thresholds_of

from . import _advanced, _arguments, _before, _forms, _run_name, _sets
from ._comparing import ComparingOperator


class RankHypotheses(ComparingOperator):
    """Are my own hypotheses about two sets true?"""

    operator_name, function = "rank_hypotheses", "rank"
    label = "VisDiff: check my hypotheses"
    description = "Test your own descriptions and see the evidence for each"
    icon, title = "rule", "What the evidence says"

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        sets = _sets.two_sets(ctx, inputs)
        hypotheses = _forms.lines(ctx.params.get("hypotheses"))
        asked = inputs.str(
            "hypotheses",
            label="Hypotheses",
            description="one per line, such as: dogs in snow",
            required=True,
            # not a CodeView: its editor is fetched from the web, and offline never appears
            view=types.TextFieldView(componentsProps={"field": {"multiline": True, "minRows": 4}}),
        )
        if not hypotheses:
            _forms.refuse(ctx, asked, "Type at least one hypothesis first.")
        counts = inputs.float(
            "threshold",
            label="Score that counts",
            description="optional: from which score on a photo shows a hypothesis, such as the "
            "threshold of a difference that was found elsewhere",
        )
        try:
            thresholds_of(self._threshold(ctx), hypotheses)
        except ValueError as error:
            _forms.refuse(ctx, counts, str(error))
        _run_name.control(ctx, inputs, sets.a, sets.b)
        problems = _before.block(
            ctx, inputs, sets,
            lambda: _arguments.of_rank(ctx),
            _advanced.places(ctx), tuple(hypotheses),
        )  # fmt: skip
        _advanced.controls(
            ctx, inputs, ("encoder", "captioner", "ranker"), _arguments.rank_preset(ctx.params),
            proposes=False,
        )  # fmt: skip
        _before.refuse(ctx, inputs, problems, {})
        return types.Property(inputs, view=types.View(label="Check my hypotheses"))

    @staticmethod
    def _threshold(ctx: Any) -> Any:
        threshold = ctx.params.get("threshold")
        return None if threshold in (None, "") else threshold

    def arguments(self, ctx: Any, a: Any, b: Any) -> dict[str, Any]:
        """Returns what `visdiff_plugin.rank` takes beside the sets and the key."""
        hypotheses = _forms.lines(ctx.params.get("hypotheses"))
        return {
            "hypotheses": hypotheses,
            "threshold": self._threshold(ctx),
            "config": _arguments.of_rank(ctx),
        }

    def __call__(
        self,
        sample_collection: Any,
        a: Any,
        b: Any,
        hypotheses: list[str],
        run_key: str,
        *,
        threshold: float | dict[str, float] | None = None,
        within: str | None = None,
        preset: str | None = None,
        base_url: str | None = None,
        gpus: float = 0,
        overwrite: bool = False,
        delegate: bool = False,
        **settings: Any,
    ) -> Any:
        """Checks hypotheses about two sets; see `visdiff_plugin.rank`.

        Args:
            sample_collection: a dataset or view
            a: sample ids, or a text such as a saved view's name: docs/sets.md lists them
            b: the other set
            hypotheses: descriptions
            run_key: what to store the run under
            threshold (None): as for `visdiff_plugin.rank`
            within (None): a saved view's name, or ``"__current_view__"``, that both are taken from
            preset (None): as for `compare_views`; None is the one that fits the stages
            base_url (None): of an OpenAI-compatible server, for the stages that use one
            gpus (0): of each Ray worker
            overwrite (False): replace a run with the same key
            delegate (False): schedule it for a delegated worker
            **settings: members of `visdiff_plugin.Config` to change, stages by name; engines are
                ``"ray"`` or ``"ray:auto"``

        Raises:
            TypeError: on an unknown setting
            SettingError: on a value out of range
        """
        return self.call(
            sample_collection,
            delegate,
            settings,
            a=a,
            b=b,
            hypotheses=list(hypotheses),
            run_key=run_key,
            threshold=threshold,
            within=within,
            preset=preset,
            base_url=base_url,
            gpus=gpus,
            overwrite=overwrite,
        )
