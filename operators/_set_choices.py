"""What a form offers for choosing two sets; read again after half a minute."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from visdiff_plugin.dataset.offers import evaluations, number_fields, value_fields, values_of
from visdiff_plugin.dataset.samples import check_media
from visdiff_plugin.errors import SelectionError
from visdiff_plugin.sets.finding import load_view, parse

#: kind -> what the form calls it; in this order
KINDS = {
    "clicked": "Clicked photos",
    "alt": "Alt-clicked photos",
    "selected": "Selected photos",
    "eval": "Right or wrong in an evaluation",
    "view": "Saved view",
    "current": "Current view",
    "tag": "Tag",
    "label": "Label or field value",
    "end": "Highest or lowest values",
    "range": "Values between",
    "several": "Several conditions at once",
    "rest": "Everything else",
    "dataset": "Another dataset",
}

#: a form is resolved anew at every key that is pressed in it
_SECONDS = 30.0
_MOST_KEPT = 200
_kept: dict[str, tuple[float, Any]] = {}


class Choices:
    """What a dataset, the grid and its selection offer.

    Args:
        ctx: the operator's context
    """

    def __init__(self, ctx: Any) -> None:
        self.ctx = ctx
        self.dataset = ctx.dataset

    def kinds(self, side: str) -> list[str]:
        """Returns the kinds that hold something, for ``"a"`` or ``"b"``."""
        offered = {
            "clicked": bool(self.alt),
            "alt": bool(self.alt),
            "selected": bool(self.ctx.selected) and not self.alt,
            "eval": bool(self.evaluations()),
            "view": bool(self.views()),
            "current": bool(self.ctx.has_custom_view),
            "tag": bool(self.tags()),
            "label": bool(self.label_fields()),
            "end": bool(self.numbers()),
            "range": bool(self.numbers()),
            "several": True,
            "rest": True,
            "dataset": side == "b" and bool(self.datasets()),
        }
        return [kind for kind in KINDS if offered[kind]]

    @property
    def clicked(self) -> list[str]:
        """Ids of samples that were clicked without a modifier key."""
        return self._selected("default")

    @property
    def alt(self) -> list[str]:
        """Ids of samples that were clicked with Alt held."""
        return self._selected("alt")

    def _selected(self, kind: str) -> list[str]:
        chosen = [
            selected_sample
            for selected_sample in self.ctx.selected_samples
            if isinstance(selected_sample, dict)
        ]
        return [
            str(chosen_row["id"])
            for chosen_row in chosen
            if chosen_row.get("type", "default") == kind
        ]

    def views(self) -> dict[str, str]:
        """Returns the saved views' names, with why one can't be used; empty where it can."""
        return self.kept("views", lambda: _usable(self.dataset))

    def parse(self, text: str) -> Any:
        """Reads the text of a set, knowing the saved views and datasets."""
        return parse(self.dataset, text)

    def tags(self) -> list[str]:
        """Returns the most frequent tags, in alphabetical order."""
        return sorted(self.kept("tags", lambda: values_of(self.dataset, self.dataset, "tags")))

    def label_fields(self) -> list[str]:
        """Returns the fields whose values can be chosen."""
        return self.kept("fields", lambda: value_fields(self.dataset))

    def values(self, field: str) -> list[str]:
        """Returns the most frequent values of a field."""
        return self.kept(f"values {field}", lambda: values_of(self.dataset, self.dataset, field))

    def evaluations(self) -> list[str]:
        """Returns the evaluations that say which images are right, newest first."""
        return self.kept("evaluations", lambda: evaluations(self.dataset))

    def numbers(self) -> list[str]:
        """Returns the fields that hold one number or date per sample."""
        return self.kept("numbers", lambda: number_fields(self.dataset))

    def datasets(self) -> list[str]:
        """Returns the names of the other datasets."""
        import fiftyone as fo

        return [name for name in fo.list_datasets() if name != self.dataset.name]

    def views_of(self, dataset: str) -> dict[str, str]:
        """Returns the saved views of another dataset, with why one can't be used."""
        import fiftyone as fo

        return _usable(fo.load_dataset(dataset))

    def kept(self, what: str, read: Callable[[], Any], grid: bool = False) -> Any:
        """Returns what was read recently, or reads it.

        Args:
            what: the name of the value
            read: reads it
            grid (False): whether it depends on what the grid shows
        """
        request = self.ctx.request_params
        shown = [request.get(name) for name in ("view", "filters", "extended", "view_name")]
        version = str(self.dataset.last_modified_at)
        where = [self.dataset.name, version, what, *(shown if grid else ())]
        key = json.dumps(where, sort_keys=True, default=str)
        now = time.monotonic()
        if key not in _kept or now - _kept[key][0] > _SECONDS:
            while len(_kept) >= _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept.pop(key, None)
            _kept[key] = now, read()
        return _kept[key][1]


def _usable(dataset: Any) -> dict[str, str]:
    reasons = {}
    for name in dataset.list_saved_views():
        try:
            check_media(load_view(dataset, name), "this view", name)
            reasons[name] = ""
        except SelectionError as error:
            reasons[name] = str(error)
    return reasons
