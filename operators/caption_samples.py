"""Caption images."""

from __future__ import annotations

from typing import Any

from ._storing import StoringOperator


class CaptionSamples(StoringOperator):
    """Captions the images of a view."""

    operator_name, function, stage = "caption_samples", "caption", "captioner"
    label = "VisDiff: caption images"
    description = "Caption the images that don't have an up-to-date caption yet"
    icon = "subtitles"

    def __call__(
        self,
        sample_collection: Any,
        captioner: str | None = None,
        *,
        base_url: str | None = None,
        field: str | None = None,
        engine: str | None = None,
        gpus: float = 0,
        delegate: bool = False,
    ) -> Any:
        """Captions images; see `visdiff_plugin.caption`.

        Args:
            sample_collection: a dataset or view
            captioner (None): a name with options
            base_url (None): of an OpenAI-compatible server
            field (None): where to store the captions
            engine (None): ``"ray"`` or ``"ray:auto"``; None means the executing process
            gpus (0): of each Ray worker
            delegate (False): schedule it for a delegated worker
        """
        return self._call(sample_collection, captioner, base_url, field, engine, gpus, delegate)
