"""Check the user's own hypotheses."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from . import _advanced, _arguments, _before, _forms, _run_name, _sets
from ._comparing import ComparingOperator


class RankHypotheses(ComparingOperator):
    """Are my own hypotheses about two sets true?"""

    operator_name, function = "rank_hypotheses", "rank"
    label = "VisDiff: check my hypotheses"
    description = "Your own descriptions, with the evidence for each"
    icon, title = "rule", "What the evidence says"

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        sets = _sets.two_sets(ctx, inputs)
        inputs.str(
            "hypotheses",
            label="Hypotheses",
            description="one description a line, such as: dogs in snow",
            required=True,
            # not a CodeView: its editor is fetched from the web, and offline never appears
            view=types.TextFieldView(componentsProps={"field": {"multiline": True, "minRows": 4}}),
        )
        _run_name.control(ctx, inputs, sets.a, sets.b)
        _before.block(
            ctx, inputs, sets,
            lambda: _arguments.config_of(_arguments.of_rank(ctx), ranks=True),
            _advanced.places(ctx), tuple(_forms.lines(ctx.params.get("hypotheses"))),
        )  # fmt: skip
        _advanced.controls(
            ctx, inputs, ("encoder", "captioner", "ranker"), _arguments.rank_preset(ctx.params),
            proposes=False,
        )  # fmt: skip
        return types.Property(inputs, view=types.View(label="Check your own hypotheses"))

    def arguments(self, ctx: Any, a: Any, b: Any) -> dict[str, Any]:
        """Returns what `visdiff_plugin.rank` takes beside the sets and the key."""
        return {"hypotheses": _forms.lines(ctx.params.get("hypotheses")), **_arguments.of_rank(ctx)}

    def __call__(
        self,
        sample_collection: Any,
        a: Any,
        b: Any,
        hypotheses: list[str],
        run_key: str,
        *,
        within: str | None = None,
        captioner: str | None = None,
        encoder: str | None = None,
        ranker: str | None = None,
        base_url: str | None = None,
        control_for: list[str] | None = None,
        cluster_by: str | None = None,
        pair_by: str | None = None,
        engine: str | None = None,
        gpus: float = 0,
        overwrite: bool = False,
        delegate: bool = False,
    ) -> Any:
        """Checks hypotheses about two sets; see `visdiff_plugin.rank`.

        Args:
            sample_collection: a dataset or view
            a: sample ids, or a text such as a saved view's name: docs/sets.md lists them
            b: the other set
            hypotheses: descriptions
            run_key: what to store the run under
            within (None): a saved view's name, or ``"__current_view__"``, that both are taken from
            captioner (None): a name with options
            encoder (None): a name with options
            ranker (None): a name with options
            base_url (None): of an OpenAI-compatible server
            control_for (None): fields that must not explain a difference
            cluster_by (None): a field whose images count as one, or ``"near_duplicates"``
            pair_by (None): a field that A and B share
            engine (None): ``"ray"`` or ``"ray:auto"``; None is the executing process
            gpus (0): of each Ray worker
            overwrite (False): replace a run of the same key
            delegate (False): schedule it for a delegated worker
        """
        params = {
            "a": a,
            "b": b,
            "within": within,
            "hypotheses": list(hypotheses),
            "run_key": run_key,
            "captioner": captioner,
            "encoder": encoder,
            "ranker": ranker,
            "base_url": base_url,
            "control_for": control_for or [],
            "cluster_by": cluster_by,
            "pair_by": pair_by,
            "engine": engine,
            "gpus": gpus,
            "overwrite": overwrite,
        }
        return _forms.execute(self, sample_collection, params, delegate)
