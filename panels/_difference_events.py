"""The events on the page of a difference: choosing, showing, saving, and judging."""

from __future__ import annotations

from typing import Any

from . import _actions, _difference_page, payload


class DifferenceEvents:
    """What the buttons of that page do; a part of `DifferencesPanel`."""

    def _difference(self, ctx: Any) -> tuple[Any, Any]:
        from visdiff_plugin.errors import RunError

        run, at = self._run(ctx), ctx.panel.state.at
        if not isinstance(at, int) or not 0 <= at < len(run.differences):
            raise RunError(f"This difference is no longer in {run.run_key!r}.")
        return run, run.differences[at]

    def _chosen(self, ctx: Any, difference: Any) -> dict[str, Any]:
        moved = ctx.panel.state.moved
        return {
            "moved": moved,
            "threshold": difference.threshold if moved is None else moved,
            "side": ctx.panel.state.side or "both",
            "turn": ctx.panel.state.turn or 0,
        }

    def _typed(self, ctx: Any, name: str) -> Any:
        state = ctx.panel.state
        return state.get(_difference_page.typed(name, state.at, state.turn or 0))

    def pick_threshold(self, ctx: Any) -> None:
        """A click on a bar moves the threshold to its left edge."""
        _, difference = self._difference(ctx)
        bar = ctx.params.get("idx")
        edges = (difference.histogram or {}).get("edges") or []
        if isinstance(bar, int) and 0 <= bar < len(edges) - 1:
            self._move(ctx, float(edges[bar]))

    def type_threshold(self, ctx: Any) -> None:
        """Moves the threshold to the number that was typed."""
        typed = self._typed(ctx, "threshold")
        if isinstance(typed, (int, float)):
            self._move(ctx, float(typed))

    def reset_threshold(self, ctx: Any) -> None:
        """Restores the comparison's own threshold."""
        self._move(ctx, None)

    def _move(self, ctx: Any, threshold: float | None) -> None:
        ctx.panel.set_state({"moved": threshold, "turn": self._next(ctx)})

    def choose_side(self, ctx: Any) -> None:
        """Chooses between A, B and both."""
        ctx.panel.set_state("side", ctx.params["side"])

    def filter(self, ctx: Any) -> None:
        """Shows the photos above the threshold in the grid."""
        self._show(ctx, self._matches(ctx))

    def sort(self, ctx: Any) -> None:
        """Sorts the grid by the difference."""
        run, difference = self._difference(ctx)
        side = self._chosen(ctx, difference)["side"]
        self._show(ctx, _actions.ordered(ctx.dataset, run, difference, side))

    def tag(self, ctx: Any) -> None:
        """Tags the photos above the threshold."""
        name = self._name(ctx, "tag")
        view = self._matches(ctx)
        view.tag_samples(name)
        ctx.ops.reload_dataset()
        count = payload.counted(len(view), "photo")
        ctx.ops.notify(f"Tagged {count} with {name!r}", variant="success")

    def save_view(self, ctx: Any) -> None:
        """Saves the photos above the threshold as a view."""
        name = self._name(ctx, "view")
        _actions.save_view(ctx.dataset, name, self._matches(ctx))
        ctx.ops.reload_dataset()
        ctx.ops.notify(f"Saved view {name!r}", variant="success")

    def use_as(self, ctx: Any) -> None:
        """Shows the photos, and opens the form of a new comparison with them as A or B."""
        self._show(ctx, self._matches(ctx))
        self._prompt(ctx, "compare_views", {ctx.params["side"]: "__current_view__"})

    def open_sample(self, ctx: Any) -> None:
        """Opens the photo."""
        ctx.ops.open_sample(id=ctx.params["id"])

    def show_strip(self, ctx: Any) -> None:
        """Shows a row of photos in the grid, in the order of the page."""
        _, difference = self._difference(ctx)
        ids = list(difference.examples.get(ctx.params["end"]) or ())
        ctx.ops.set_view(view=ctx.dataset.select(ids, ordered=True))

    def judge(self, ctx: Any) -> None:
        """Stores the reader's verdict."""
        self._annotate(ctx, verdict=ctx.params["verdict"])

    def save_note(self, ctx: Any) -> None:
        """Stores the reader's note."""
        note = str(self._typed(ctx, "note") or "").strip()
        if note:
            self._annotate(ctx, note=note)
            ctx.ops.notify("Note saved", variant="success")

    def remove_note(self, ctx: Any) -> None:
        """Removes the reader's note."""
        self._annotate(ctx, note="")

    def _annotate(self, ctx: Any, **said: Any) -> None:
        from visdiff_plugin.runs import annotate

        run, difference = self._difference(ctx)
        annotate(ctx.dataset, run.run_key, difference.description, **said)
        ctx.panel.set_state("turn", self._next(ctx))

    def _matches(self, ctx: Any) -> Any:
        run, difference = self._difference(ctx)
        return _actions.matches(ctx.dataset, run, difference, self._chosen(ctx, difference))

    def _name(self, ctx: Any, what: str) -> str:
        from visdiff_plugin.errors import SelectionError

        name = str(self._typed(ctx, "name") or "").strip()
        if not name:
            raise SelectionError(f"Type a {what} name first.")
        return name

    def _show(self, ctx: Any, view: Any) -> None:
        _, difference = self._difference(ctx)
        ctx.ops.set_view(view=view)
        if difference.field not in ctx.active_fields:
            ctx.ops.set_active_fields([*ctx.active_fields, difference.field])
