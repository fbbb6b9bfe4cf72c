"""Compare two sets of images."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from . import _advanced, _arguments, _before, _forms, _presets, _run_name, _runs, _sets, _words
from ._comparing import ComparingOperator


class CompareViews(ComparingOperator):
    """How do two sets of images differ?"""

    operator_name, function = "compare_views", "compare"
    label = "VisDiff: compare two sets"
    description = "How do two sets of images differ, in words and with evidence"
    icon, title = "compare", "How the sets differ"

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        sets = _sets.two_sets(ctx, inputs)
        _run_name.control(ctx, inputs, sets.a, sets.b)
        _presets.control(inputs)
        _words.control(ctx, inputs, sets.a, sets.b)
        _before.block(
            ctx, inputs, sets,
            lambda: _arguments.config_of(_arguments.of_compare(ctx, sets.a, sets.b), ranks=False),
            {**_advanced.places(ctx), **_words.place(ctx)},
        )  # fmt: skip
        _words.warn(ctx, inputs, sets.a, sets.b)
        preset = _arguments.preset_of(ctx.params)
        _advanced.controls(ctx, inputs, ("captioner", "encoder", "proposer", "ranker"), preset)
        return types.Property(inputs, view=types.View(label="Compare two sets of images"))

    def resolve_placement(self, ctx: Any) -> Any:
        """Puts a button over the grid."""
        return _runs.grid_button(
            ctx, "How do two sets of images differ?", "compare", with_runs=False
        )

    def arguments(self, ctx: Any, a: Any, b: Any) -> dict[str, Any]:
        """Returns what `visdiff_plugin.compare` takes beside the sets and the key."""
        return _arguments.of_compare(ctx, a, b)

    def __call__(
        self,
        sample_collection: Any,
        a: Any,
        b: Any,
        run_key: str,
        *,
        within: str | None = None,
        preset: str = "offline",
        captioner: str | None = None,
        encoder: str | None = None,
        proposer: str | None = None,
        ranker: str | None = None,
        base_url: str | None = None,
        engine: str | None = None,
        gpus: float = 0,
        label_fields: list[str] | None = None,
        control_for: list[str] | None = None,
        cluster_by: str | None = None,
        pair_by: str | None = None,
        context: str = "",
        rounds: int | None = None,
        subset_size: int | None = None,
        draw: str | None = None,
        refine: int | None = None,
        seed: int = 0,
        overwrite: bool = False,
        delegate: bool = False,
    ) -> Any:
        """Compares two sets of a dataset; see `visdiff_plugin.compare`.

        Args:
            sample_collection: a dataset, or a view of it that ``"__current_view__"`` names
            a: sample ids, or a text such as a saved view's name: docs/sets.md lists them
            b: the other set
            run_key: what to store the run under
            within (None): a saved view's name, or ``"__current_view__"``, that both are taken from
            preset ("offline"): as all that follow, see `visdiff_plugin.compare`
            captioner (None): a name with options
            encoder (None): a name with options
            proposer (None): a name with options
            ranker (None): a name with options
            base_url (None): of an OpenAI-compatible server
            engine (None): ``"ray"`` or ``"ray:auto"``; None is the executing process
            gpus (0): of each Ray worker
            label_fields (None): label fields to compare
            control_for (None): fields that must not explain a difference
            cluster_by (None): a field whose images count as one, or ``"near_duplicates"``
            pair_by (None): a field that A and B share
            context (""): a sentence for the proposer
            rounds (None): subsets that a proposer sees, for each direction
            subset_size (None): images of each set in a subset
            draw (None): ``"uniform"`` or ``"sure"``
            refine (None): further rounds that hear what the best proposals get wrong
            seed (0): of every random choice
            overwrite (False): replace a run of the same key
            delegate (False): schedule it for a delegated worker
        """
        params = {
            "a": a,
            "b": b,
            "within": within,
            "run_key": run_key,
            "preset": preset,
            "captioner": captioner,
            "encoder": encoder,
            "proposer": proposer,
            "ranker": ranker,
            "base_url": base_url,
            "engine": engine,
            "gpus": gpus,
            "label_fields": label_fields or [],
            "control_for": control_for or [],
            "cluster_by": cluster_by,
            "pair_by": pair_by,
            "context": context,
            "rounds": rounds,
            "subset_size": subset_size,
            "draw": draw,
            "refine": refine,
            "seed": seed,
            "overwrite": overwrite,
        }
        return _forms.execute(self, sample_collection, params, delegate)
