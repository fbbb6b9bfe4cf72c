"""The panel "Differences": its pages and its events; library calls do the work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import fiftyone.operators as foo
from fiftyone.operators.categories import Categories

from . import _actions, _difference_page, _run_page, _runs_page, _work_queue, payload
from .difference_data import over
from .work_cards import reason

_URI = "@visdiff/visdiff"
#: rows that "more" adds, and the most of a list
_MORE_ROWS, _MOST_ROWS = 50, 2_000
_HELP = (
    "How do two sets of photos differ? Run a comparison, read the differences, and click through "
    "to the photos."
)


class DifferencesPanel(foo.Panel):
    """Lists comparisons, and opens each down to its photos."""

    @property
    def config(self) -> Any:
        """What the App shows of this panel."""
        return foo.PanelConfig(
            name="differences",
            label="Differences",
            icon="compare",
            category=Categories.ANALYZE,
            help_markdown=_HELP,
            surfaces="grid",
        )

    # -- what the App calls ------------------------------------------------------------------

    def on_load(self, ctx: Any) -> None:
        """Opens the list; from then on a click in the grid means A, an Alt-click means B."""
        self._go(ctx, where="runs")
        ctx.ops.set_sample_selection_style(default="green-checkmark", alt="red-checkmark")

    def on_unload(self, ctx: Any) -> None:
        """Gives the grid its usual selection style back."""
        ctx.ops.clear_sample_selection_style()

    def on_change_dataset(self, ctx: Any) -> None:
        """Another dataset has other runs."""
        self._go(ctx, where="runs")

    def on_change_selected(self, ctx: Any) -> None:
        """Redraws the list, which says what is selected."""

    def execute(self, ctx: Any) -> Any:
        """Runs an event and draws the page; errors that a user can fix become a notice."""
        from visdiff_plugin.errors import SettingError, VisDiffError

        from ..operators._base import check

        try:
            check(ctx.params)
        except SettingError as error:
            ctx.ops.notify(str(error), variant="error")
            # the page that the browser was on may not be drawable, but the App waits for one
            self._go(ctx, where="runs")
            return ctx.ops.show_panel_output(self.render(ctx))
        try:
            return super().execute(ctx)
        except VisDiffError as error:
            ctx.ops.notify(str(error), variant="error")
        try:
            ctx.ops.show_panel_output(self.render(ctx))
        except VisDiffError:  # the run is gone: another process deleted or renamed it
            self._go(ctx, where="runs")
            ctx.ops.show_panel_output(self.render(ctx))

    def render(self, ctx: Any) -> Any:
        """Draws the page that the state names; nothing but that page is read."""
        where = ctx.panel.state.where or "runs"
        if where == "run":
            run, shown = self._run(ctx), self._rows(ctx)
            return _run_page.draw(self, payload.run_page(run, datetime.now(UTC), shown))
        if where == "difference":
            return self._draw_difference(ctx)
        return self._draw_runs(ctx)

    def _draw_runs(self, ctx: Any) -> Any:
        from visdiff_plugin.storing.run_store import list_headers

        shown = self._rows(ctx).get("runs", payload.FIRST_ROWS)
        listed = payload.runs_page(list_headers(ctx.dataset), datetime.now(UTC), shown)
        kinds = [selected_sample.get("type") for selected_sample in ctx.selected_samples]
        selected = kinds.count("default"), kinds.count("alt")
        return _runs_page.draw(self, listed, _work_queue.list_underway(ctx), selected)

    def _draw_difference(self, ctx: Any) -> Any:
        run, difference = self._difference(ctx)
        page = payload.difference_page(run, run.differences.index(difference))
        images = _actions.addresses(ctx.dataset, page["strips"])
        chosen = self._chosen(ctx, difference)
        chosen["over"] = over(page["histogram"], chosen["threshold"]) if page["histogram"] else ""
        if chosen["moved"] is None:
            # the run's own threshold: its own count, which is exact
            chosen["over"] = page["counts"]
        return _difference_page.draw(self, page, images, chosen)

    # -- where the reader is -----------------------------------------------------------------

    def _go(self, ctx: Any, **place: Any) -> None:
        # never set what a text field holds: the App would write its older state over this one
        empty = {"key": None, "at": None, "shown": {}, "moved": None, "side": "both"}
        empty["turn"] = self._next(ctx)
        ctx.panel.set_state({**empty, **place})

    def _run(self, ctx: Any) -> Any:
        from visdiff_plugin.storing.run_store import load_run

        return load_run(ctx.dataset, ctx.params.get("key") or ctx.panel.state.key)

    def _next(self, ctx: Any) -> int:
        turn = ctx.panel.state.turn
        return turn + 1 if isinstance(turn, int) else 1

    def _rows(self, ctx: Any) -> dict[str, int]:
        """Returns how many rows of each list are shown; the browser keeps it, so it may be odd."""
        shown = ctx.panel.state.shown
        kept = shown.items() if isinstance(shown, dict) else ()
        return {
            str(part): min(max(rows, 1), _MOST_ROWS) for part, rows in kept if isinstance(rows, int)
        }

    def open_runs(self, ctx: Any) -> None:
        """Back to the list."""
        self._go(ctx, where="runs")

    def open_run(self, ctx: Any) -> None:
        """Opens a run."""
        self._go(ctx, where="run", key=ctx.params["key"])

    def open_difference(self, ctx: Any) -> None:
        """Opens a difference of the run."""
        self._go(ctx, where="difference", key=ctx.panel.state.key, at=int(ctx.params["at"]))

    def show_more(self, ctx: Any) -> None:
        """Shows more rows of a list."""
        part = ctx.params["part"]
        shown = self._rows(ctx)
        shown[part] = min(shown.get(part, payload.FIRST_ROWS) + _MORE_ROWS, _MOST_ROWS)
        ctx.panel.set_state("shown", shown)

    def poll(self, ctx: Any) -> None:
        """Checks again what is in progress."""

    # -- runs --------------------------------------------------------------------------------

    def compare(self, ctx: Any) -> None:
        """Opens the form of a new comparison."""
        self._prompt(ctx, "compare_views", {})

    def run_again(self, ctx: Any) -> None:
        """Opens the form of the same comparison, under a new name."""
        name, params = _actions.settings_of(ctx.dataset, self._run(ctx))
        self._prompt(ctx, name, params)

    def look_further(self, ctx: Any) -> None:
        """Opens the form of the same comparison with more rounds, as much is not named yet."""
        run = self._run(ctx)
        name, params = _actions.settings_of(ctx.dataset, run)
        self._prompt(ctx, name, _actions.further(params, run))

    def rename(self, ctx: Any) -> None:
        """Asks for another name."""
        self._prompt(ctx, "rename_run", {"run_key": ctx.params["key"]})

    def delete(self, ctx: Any) -> None:
        """Asks whether to delete; the form says which fields go."""
        self._prompt(ctx, "delete_run", {"run_key": ctx.params["key"]})

    def export(self, ctx: Any) -> None:
        """Downloads a report of the run."""
        params = {"run_key": ctx.panel.state.key, "format": ctx.params["kind"]}
        ctx.prompt(f"{_URI}/export_report", params=params, skip_prompt=True,
                   on_error=self.failed)  # fmt: skip

    def dismiss(self, ctx: Any) -> None:
        """Takes a failure off the page."""
        _work_queue.dismiss(ctx, ctx.params["name"])

    def retry(self, ctx: Any) -> None:
        """Opens the form of work that failed, as it was filled in."""
        form = _work_queue.form_of(ctx, ctx.params["name"])
        if form:
            self._prompt(ctx, *form)

    def stop(self, ctx: Any) -> None:
        """Asks work in progress to stop."""
        _work_queue.stop(ctx, ctx.params["name"])

    def _prompt(self, ctx: Any, name: str, params: dict[str, Any]) -> None:
        ctx.prompt(f"{_URI}/{name}", params=params, on_success=self.done, on_error=self.failed)

    def done(self, ctx: Any) -> None:
        """Opens the run of a form that succeeded, or the list if there is none to show."""
        sources = (ctx.params.get("result"), ctx.params.get("original_params"))
        keys = [source.get("new_key") or source.get("run_key") for source in sources if source]
        key = next((key for key in keys if key and ctx.dataset.has_run(key)), None)
        if key:
            self._go(ctx, where="run", key=key)
        else:
            self._go(ctx, where="runs")

    def failed(self, ctx: Any) -> None:
        """Says why a form failed."""
        ctx.ops.notify(reason(ctx.params.get("error")), variant="error")

    def test_hypothesis(self, ctx: Any) -> None:
        """Tests what was typed on the run's images, and opens it."""
        from visdiff_plugin.hypotheses import add_hypothesis, place_of

        run = self._run(ctx)
        text = str(ctx.panel.state.get(_run_page.hypothesis(run.run_key)) or "")
        at = place_of(run, text)
        if at is None:
            run = add_hypothesis(ctx.dataset, run.run_key, text)
            at = place_of(run, text)
            ctx.ops.reload_dataset()
        else:
            ctx.ops.notify(f"This comparison already tested {text.strip()!r}.", variant="info")
        self._go(ctx, where="difference", key=run.run_key, at=at)

    # -- one difference ----------------------------------------------------------------------

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
        """Shows the photos from the threshold on in the grid."""
        self._show(ctx, self._matches(ctx))

    def sort(self, ctx: Any) -> None:
        """Sorts the grid by the difference."""
        run, difference = self._difference(ctx)
        side = self._chosen(ctx, difference)["side"]
        self._show(ctx, _actions.ordered(ctx.dataset, run, difference, side))

    def tag(self, ctx: Any) -> None:
        """Tags the photos from the threshold on."""
        name = self._name(ctx, "tag")
        view = self._matches(ctx)
        view.tag_samples(name)
        ctx.ops.reload_dataset()
        count = payload.counted(len(view), "photo")
        ctx.ops.notify(f"Tagged {count} with {name!r}", variant="success")

    def save_view(self, ctx: Any) -> None:
        """Saves the photos from the threshold on as a view."""
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

    def show_unnamed(self, ctx: Any) -> None:
        """Shows the photos in the grid that the classifier is sure of and no row explains."""
        ids = payload.unnamed(self._run(ctx))
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
        from visdiff_plugin.settings import LONGEST_NAME

        name = str(self._typed(ctx, "name") or "").strip()
        if not name:
            raise SelectionError(f"Type a {what} name first.")
        if len(name) > LONGEST_NAME:
            raise SelectionError(f"Type a {what} name of up to {LONGEST_NAME} characters.")
        return name

    def _show(self, ctx: Any, view: Any) -> None:
        _, difference = self._difference(ctx)
        ctx.ops.set_view(view=view)
        if difference.field not in ctx.active_fields:
            ctx.ops.set_active_fields([*ctx.active_fields, difference.field])
