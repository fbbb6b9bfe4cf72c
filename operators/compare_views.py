"""Compare two sets of images."""

from __future__ import annotations

from typing import Any

from fiftyone.operators import types

from . import _advanced, _arguments, _before, _presets, _run_name, _runs, _sets, _words
from ._comparing import ComparingOperator


class CompareViews(ComparingOperator):
    """How do two sets of images differ?"""

    operator_name, function = "compare_views", "compare"
    label = "VisDiff: compare two sets"
    description = "See how two sets of images differ, in words and with evidence"
    icon, title = "compare", "How the sets differ"

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        sets = _sets.two_sets(ctx, inputs)
        _run_name.control(ctx, inputs, sets.a, sets.b)
        _presets.control(inputs)
        _words.control(ctx, inputs, sets.a, sets.b)
        problems = _before.block(
            ctx, inputs, sets,
            lambda: _arguments.of_compare(ctx, sets.a, sets.b),
            {**_advanced.places(ctx), **_words.place(ctx)},
        )  # fmt: skip
        _words.warn(ctx, inputs, sets.a, sets.b)
        preset = _arguments.preset_of(ctx.params)
        _advanced.controls(ctx, inputs, ("captioner", "encoder", "proposer", "ranker"), preset)
        _before.refuse(ctx, inputs, problems, {"captioner": "words"})
        return types.Property(inputs, view=types.View(label="Compare two sets of photos"))

    def resolve_placement(self, ctx: Any) -> Any:
        """Puts a button above the grid."""
        return _runs.grid_button(
            ctx, "How do two sets of images differ?", "compare", with_runs=False
        )

    def arguments(self, ctx: Any, a: Any, b: Any) -> dict[str, Any]:
        """Returns what `visdiff_plugin.compare` takes beside the sets and the key."""
        return {"config": _arguments.of_compare(ctx, a, b)}

    def __call__(
        self,
        sample_collection: Any,
        a: Any,
        b: Any,
        run_key: str,
        *,
        within: str | None = None,
        preset: str = "offline",
        base_url: str | None = None,
        gpus: float = 0,
        overwrite: bool = False,
        delegate: bool = False,
        **settings: Any,
    ) -> Any:
        """Compares two sets of a dataset; see `visdiff_plugin.compare`.

        Args:
            sample_collection: a dataset, or a view of it that ``"__current_view__"`` names
            a: sample ids, or a text such as a saved view's name: docs/sets.md lists them
            b: the other set
            run_key: what to store the run under
            within (None): a saved view's name, or ``"__current_view__"``, that both are taken from
            preset ("offline"): ``"default"``, ``"paper"`` or ``"offline"``
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
            run_key=run_key,
            within=within,
            preset=preset,
            base_url=base_url,
            gpus=gpus,
            overwrite=overwrite,
        )
