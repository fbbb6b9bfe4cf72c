"""Embed images."""

from __future__ import annotations

from typing import Any

from ._storing import StoringOperator


class EmbedSamples(StoringOperator):
    """Embeds the images of a view."""

    operator_name, function, stage = "embed_samples", "embed", "encoder"
    label = "VisDiff: embed images"
    description = "Embed the images that don't have an up-to-date embedding yet"
    icon = "scatter_plot"

    def __call__(
        self,
        sample_collection: Any,
        encoder: str | None = None,
        *,
        field: str | None = None,
        engine: str | None = None,
        gpus: float = 0,
        delegate: bool = False,
    ) -> Any:
        """Embeds images; see `visdiff_plugin.embed`.

        Args:
            sample_collection: a dataset or view
            encoder (None): a name with options
            field (None): where to store the embeddings
            engine (None): ``"ray"`` or ``"ray:auto"``; None means the executing process
            gpus (0): of each Ray worker
            delegate (False): schedule it for a delegated worker
        """
        return self._call(sample_collection, encoder, None, field, engine, gpus, delegate)
