"""Download a comparison's report, or write it into the server's folder for reports."""

from __future__ import annotations

import base64
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.reports import FORMATS
from visdiff_plugin.reports.files import check_name, reports_folder, write_new

from . import _forms, _runs
from ._base import Operator


class ExportReport(Operator):
    """Downloads a comparison's report, or writes it into the server's folder for reports.

    Whoever reaches the App's port can call it, so no path comes through it.
    """

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
            label="File name on the server",
            description="a new file in the server's folder for reports; leave empty to download",
            required=False,
        )
        name = ctx.params.get("path")
        if name:
            try:
                file = reports_folder() / check_name(name, _kind(ctx))
            except ValueError as error:
                prop.invalid, prop.error_message = True, str(error)
            else:
                if file.is_symlink() or file.exists():
                    prop.invalid = True
                    prop.error_message = "This file already exists. Choose another name."
        return types.Property(inputs, view=types.View(label="Export a report"))

    def act(self, ctx: Any) -> dict[str, Any]:
        """Writes the report, or lets the browser download it.

        Raises:
            ValueError: on an unknown format, or a name that can't be used or exists
        """
        from visdiff_plugin.runs import export

        key, name, kind = ctx.params["run_key"], ctx.params.get("path"), _kind(ctx)
        if name:
            check_name(name, kind)
        text = export(ctx.dataset, key, None, kind)
        if name:
            return {"written": str(write_new(name, kind, text))}
        data = base64.b64encode(text.encode("utf-8")).decode("ascii")
        download = f"{key}.{kind}"
        ctx.ops.browser_download(
            f"data:{FORMATS[kind].media_type};charset=utf-8;base64,{data}", filename=download
        )
        return {"downloaded": download}

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
            path (None): file that this script writes, as `visdiff_plugin.runs.export` does; None
                downloads the report in the App
        """
        if path is not None:
            from visdiff_plugin.runs import export

            dataset = getattr(sample_collection, "_root_dataset", sample_collection)
            export(dataset, run_key, path, format)
            return {"written": str(path)}
        return _forms.execute(self, sample_collection, {"run_key": run_key, "format": format})


def _kind(ctx: Any) -> str:
    kind = ctx.params.get("format") or "html"
    if not isinstance(kind, str) or kind not in FORMATS:
        raise ValueError(f"Expected a format out of {', '.join(FORMATS)}, got {kind!r}.")
    return kind
