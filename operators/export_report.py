"""Download a comparison's report, or write it to a file."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from visdiff_plugin.reports import FORMATS

from . import _forms, _runs


class ExportReport(foo.Operator):
    """Downloads a comparison's report, or writes it to a file."""

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return _runs.operator_config(
            name="export_report",
            label="VisDiff: export a report",
            description="Save a comparison as an HTML page with photos, Markdown, CSV or JSON",
            icon="download",
            risk_level=types.RiskLevel.MEDIUM,
        )

    def resolve_input(self, ctx: Any) -> Any:
        """Builds the form."""
        inputs = types.Object()
        _runs.run_picker(ctx, inputs)
        kinds = types.RadioGroup()
        for name, report in FORMATS.items():
            kinds.add_choice(name, label=report.label)
        inputs.enum("format", kinds.values(), label="Format", default="html", view=kinds)
        prop = inputs.str(
            "path",
            label="File on the server",
            description="a new file to write; leave empty to download the report instead",
            required=False,
        )
        path = ctx.params.get("path")
        if path and Path(path).exists():
            prop.invalid = True
            prop.error_message = "This file already exists. Choose another name."
        return types.Property(inputs, view=types.View(label="Export a report"))

    def execute(self, ctx: Any) -> dict[str, Any]:
        """Writes the report, or lets the browser download it.

        Raises:
            ValueError: on an unknown format, or if the file exists
        """
        from visdiff_plugin.runs import export

        key, path = ctx.params["run_key"], ctx.params.get("path")
        kind = ctx.params.get("format") or "html"
        if kind not in FORMATS:
            raise ValueError(f"Expected a format out of {', '.join(FORMATS)}, got {kind!r}.")
        if path and Path(path).exists():
            raise ValueError(f"The file {path!r} already exists. Choose another name.")
        text = export(ctx.dataset, key, path or None, kind)
        if path:
            return {"written": str(path)}
        data = base64.b64encode(text.encode("utf-8")).decode("ascii")
        name = f"{key}.{kind}"
        ctx.ops.browser_download(
            f"data:{FORMATS[kind].media_type};charset=utf-8;base64,{data}", filename=name
        )
        return {"downloaded": name}

    def __call__(
        self,
        sample_collection: Any,
        run_key: str,
        *,
        format: str = "html",  # noqa: A002
        path: str | None = None,
    ) -> Any:
        """Writes a run's report; see `visdiff_plugin.runs.export` for scripts.

        Args:
            sample_collection: the dataset
            run_key: the run
            format ("html"): or ``"md"``, ``"csv"``, ``"json"``, ``"txt"``
            path (None): a new file; None downloads the report in the App
        """
        params = {"run_key": run_key, "format": format, "path": path}
        return _forms.execute(self, sample_collection, params)
