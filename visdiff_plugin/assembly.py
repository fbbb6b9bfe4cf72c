"""Turns a config into the implementations that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .catalog.members import stored_name
from .config import Config
from .dataset import fields
from .engines import make_engine
from .errors import FieldError, SettingError, concerning
from .rankers import make_ranker
from .rankers.cascade import Cascade
from .specs import public_spec
from .stages import (
    Captioner,
    Encoder,
    Engine,
    Need,
    Proposer,
    Ranker,
    costs,
    needs_of,
    parameters_of,
)
from .vectors import text_vectors


@dataclass(frozen=True)
class Stages:
    """The implementations that a config names, ready to use.

    Args:
        captioner: makes captions, or None
        caption_fields: fields that are read as captions instead
        encoder: embeds images and texts, or None
        brain_vectors: where a similarity run gave the encoder: its embeddings by sample id
        embedding_field: the field that embeddings are read from or stored in; None for the default
        proposers: propose descriptions, each what it can; none where nothing is proposed
        ranker: scores descriptions
        engine: where captions, embeddings and properties are made
        also (()): what the run reads beside its stages: embeddings, to draw subsets by
    """

    captioner: Captioner | None
    caption_fields: tuple[str, ...]
    encoder: Encoder | None
    brain_vectors: dict[str, NDArray[Any]] | None
    embedding_field: str | None
    proposers: tuple[Proposer, ...]
    ranker: Ranker | Cascade
    engine: Engine
    also: tuple[Need, ...] = ()

    def reads(self, what: Need) -> bool:
        """Returns whether captions or embeddings are read at all."""
        return what in self.also or self.need(what)

    def need(self, what: str) -> bool:
        """Returns whether a proposer or the ranker reads captions or embeddings."""
        wanted = needs_of(self.ranker, "embeddings")
        for proposer in self.proposers:
            wanted |= needs_of(proposer, "captions")
        return what in wanted

    @property
    def has_captions(self) -> bool:
        """Whether captions are available at all."""
        return self.captioner is not None or bool(self.caption_fields)

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Returns ``(k, d)`` unit embeddings of texts, None without an encoder."""
        return None if self.encoder is None else text_vectors(self.encoder, texts)

    def describe(self) -> dict[str, Any]:
        """Returns what each stage is, for the record: its name and the parameters it declares."""
        stages = {"captioner": self.captioner, "encoder": self.encoder, "ranker": self.ranker}
        described: dict[str, Any] = {
            kind: _described(stage) for kind, stage in stages.items() if stage is not None
        }
        if self.proposers:
            members = [_described(proposer) for proposer in self.proposers]
            union = {"name": "union", "parameters": {"of": members}}
            described["proposer"] = members[0] if len(members) == 1 else union
        if self.caption_fields:
            described["captioner"] = {"name": f"field:{','.join(self.caption_fields)}"}
        described["engine"] = {"name": self.engine.name}
        return described


def make_stages(
    dataset: Any, config: Config, propose: bool, *, api_key: str | None = None
) -> Stages:
    """Builds what a config names; nothing is loaded or called yet.

    Args:
        dataset: a FiftyOne dataset, for fields and brain runs
        config: the choices
        propose: False for the user's own hypotheses
        api_key (None): for servers that would want one, where nothing will be asked

    Raises:
        SettingError: on an unknown name or option, or stages that do not fit each other
        FieldError: if a caption field or brain run does not exist
    """
    from .captioners import make_captioner
    from .proposers import make_proposers

    captioner, read_from = None, caption_fields(config.captioner)
    if config.captioner is not None and not read_from:
        captioner = make_captioner(config.captioner)
    encoder, vectors, field_name = _encoder(dataset, config)
    proposers: tuple[Proposer, ...] = ()
    if propose and config.proposer is not None:
        proposers = make_proposers(
            config.proposer,
            n=config.proposals_per_round,
            context=config.context,
            encoder=encoder,
            api_key=api_key,
        )
    ranker = make_ranker(config.ranker, encoder, api_key=api_key)
    engine = make_engine(config.engine)
    also: tuple[Need, ...] = ("embeddings",) if proposers and config.draw == "sure" else ()
    stages = Stages(
        captioner, read_from, encoder, vectors, field_name, proposers, ranker, engine, also
    )
    _check_fields(stages, dataset, config)
    _check_fit(stages, config, propose)
    return stages


def elsewhere(stages: Stages, home: Any, dataset: Any, config: Config) -> Stages:
    """Returns the same stages as they read what is stored on another dataset.

    Args:
        stages: as `make_stages` built them
        home: the dataset that they were built for
        dataset: the other one
        config: the choices

    Raises:
        FieldError: if a field or brain run is not there too, or is of another model
    """
    if dataset.name == home.name:
        return stages
    _check_fields(stages, dataset, config)
    key = stored_name("encoder", config.encoder)
    if key is None:
        return stages
    with concerning("encoder"):
        models = [fields.read_brain_run(each, key)[0] for each in (home, dataset)]
        if models[0] != models[1]:
            raise FieldError(
                f"Expected one model in the similarity runs {key!r} of both datasets, got "
                f"{models[0]!r} in {home.name!r} and {models[1]!r} in {dataset.name!r}."
            )
        field_name, vectors = fields.read_brain_vectors(dataset, key)
    return replace(
        stages, brain_vectors=None if field_name else vectors, embedding_field=field_name
    )


def _check_fields(stages: Stages, dataset: Any, config: Config) -> None:
    named = {"captioner": stages.caption_fields, "label_fields": config.label_fields}
    for about, names in named.items():
        for name in names:
            with concerning(about):
                fields.check_field(dataset, name)


def _described(stage: Any) -> dict[str, Any]:
    described = {"name": stage.name, "parameters": public_spec(parameters_of(stage))}
    return {**described, "costs": True} if costs(stage) else described


def _check_fit(stages: Stages, config: Config, propose: bool) -> None:
    measured = config.properties or config.label_fields
    if not propose:
        if "captions" in needs_of(stages.ranker, "embeddings") and not stages.has_captions:
            raise SettingError(
                f"Expected captions for the ranker {stages.ranker.name!r}, got no captioner. Pass "
                "captioner='field:NAME', or an encoder to rank by embeddings.",
                about="captioner",
            )
        return
    if stages.also and stages.encoder is None:
        raise SettingError(
            "Expected an encoder for draw='sure', got None. It chooses images by their "
            "embeddings: pass an encoder, or draw='uniform'.",
            about="draw",
        )
    if not stages.proposers and not measured:
        raise SettingError(
            "Expected a proposer, properties or label_fields, got none of them.", about="proposer"
        )
    if not stages.need("captions") or stages.has_captions:
        return
    without = [
        proposer.name
        for proposer in stages.proposers
        if "captions" not in needs_of(proposer, "captions")
    ]
    unranked = without and "captions" in needs_of(stages.ranker, "embeddings")
    if unranked or not (without or measured):
        raise SettingError(
            "Expected a captioner for the proposer or ranker, got None.", about="captioner"
        )


def _encoder(
    dataset: Any, config: Config
) -> tuple[Encoder | None, dict[str, NDArray[Any]] | None, str | None]:
    from .encoders import make_encoder

    if config.encoder is None:
        return None, None, config.embedding_field
    key = stored_name("encoder", config.encoder)
    if key is None:
        return make_encoder(config.encoder), None, config.embedding_field
    from .encoders.zoo_encoder import encoder_from_model

    with concerning("encoder"):
        _, load = fields.read_brain_run(dataset, key)
        field_name, vectors = fields.read_brain_vectors(dataset, key)
        encoder = encoder_from_model(load(), f"brain:{key}")
    return encoder, None if field_name else vectors, field_name


def caption_fields(captioner: Any) -> tuple[str, ...]:
    """Returns the fields that a config reads captions from; none where a model makes them.

    Raises:
        SettingError: if it names no field
    """
    stored = stored_name("captioner", captioner)
    if stored is None:
        return ()
    names = tuple(name.strip() for name in stored.split(",") if name.strip())
    if not names:
        raise SettingError("Expected captioner='field:NAME', got no field name.", about="captioner")
    return names
