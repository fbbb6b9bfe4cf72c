"""Every choice of a run in one frozen, validated place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from .specs import public_spec

Preset = Literal["default", "paper", "offline"]
Test = Literal["mann_whitney", "welch"]


@dataclass(frozen=True)
class Config:
    """What to use, how to look, and what counts as a difference.

    Stages are a name with options (``"openai:gpt-4o-mini"``, ``{"name": "openai", "model": ...}``)
    or an object with the members that `visdiff_plugin.stages` lists; None leaves a stage out.

    Args:
        captioner ("blip"): makes captions; ``"field:NAME"`` reads a field that is there already
        encoder ("open_clip:ViT-B-32/laion2b_s34b_b79k"): embeds images and texts;
            ``"brain:KEY"`` reuses a similarity run
        proposer ("openai:gpt-4o-mini"): proposes descriptions; a list, or ``"union:A+B"``, for
            several
        ranker ("embedding"): scores descriptions; ``"words"`` counts captions that say them,
            ``"caption_question:MODEL"`` and ``"image_question:MODEL"`` ask a model
        properties (True): also compare measured image properties such as brightness
        control_for (()): fields that must not explain a difference (class, camera, time): only
            what holds among images that agree in all of them is supported; numbers are binned
        cluster_by (None): a field whose images are no independent witnesses (video, scene,
            patient), or ``"near_duplicates"``: found by their embeddings
        duplicate_similarity (.95): least cosine of near-duplicates
        pair_by (None): a field that A and B share (prompt, scene): images are compared pair by pair
        label_fields (()): label fields whose classes, object counts and sizes are compared too
        caption_field (None): where captions are stored; None names it after the captioner
        embedding_field (None): where embeddings are stored; None names it after the encoder
        context (""): a sentence for the proposer: what the sets are, what to look for or ignore
        rounds (3): random subsets that are shown to the proposer, for each direction
        subset_size (20): images of each set in a subset
        draw ("uniform"): how subsets are drawn; ``"sure"`` shows where a classifier on the
            embeddings, fitted to a third of each set that is no evidence for that round, is
            surest: for differences that few images show
        proposals_per_round (10): descriptions asked for in one round
        refine (0): further rounds in which a proposer hears which images its best proposals get
            wrong, and is asked for sharper or complementary ones
        directions ("both"): ``"a"`` asks only for what is truer of A
        held_out (True): take the evidence from images that no proposer saw; sets of under
            ``2 * subset_size`` images are cross-fitted
        test ("mann_whitney"): one-sided Mann-Whitney, or the paper's two-sided ``"welch"``
        correction (True): Benjamini-Hochberg over all candidates and both directions
        alpha (.05): largest q (or p without correction) that counts
        min_effect (.55): smallest AUROC, for the favoured side, that counts
        order ("gain"): supported differences by what each adds to those above it, so that the
            first five are five different things; or by ``"auroc"``, as in the paper
        merge (True): paraphrases become one row
        overlap ("drop"): samples that stand in both sets are left out, or are an ``"error"``
        max_fields (30): score fields written, best differences first
        batch_size (64): images computed and stored at a time
        engine (None): where captions, embeddings and properties are made: None is this process,
            ``"ray"`` a Ray cluster, see `visdiff_plugin.engines`
        seed (0): of every random choice
    """

    captioner: Any = "blip"
    encoder: Any = "open_clip:ViT-B-32/laion2b_s34b_b79k"
    proposer: Any = "openai:gpt-4o-mini"
    ranker: Any = "embedding"
    properties: bool = True
    label_fields: tuple[str, ...] = ()
    control_for: tuple[str, ...] = ()
    cluster_by: str | None = None
    duplicate_similarity: float = 0.95
    pair_by: str | None = None
    caption_field: str | None = None
    embedding_field: str | None = None
    context: str = ""
    rounds: int = 3
    subset_size: int = 20
    draw: Literal["uniform", "sure"] = "uniform"
    proposals_per_round: int = 10
    refine: int = 0
    directions: Literal["both", "a"] = "both"
    held_out: bool = True
    test: Test = "mann_whitney"
    correction: bool = True
    alpha: float = 0.05
    min_effect: float = 0.55
    order: Literal["gain", "auroc"] = "gain"
    merge: bool = True
    overlap: Literal["drop", "error"] = "drop"
    max_fields: int = 30
    batch_size: int = 64
    engine: Any = None
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.label_fields, str):
            raise ValueError(f"Expected label_fields as a list, got {self.label_fields!r}.")
        object.__setattr__(self, "label_fields", tuple(self.label_fields))
        control = (self.control_for,) if isinstance(self.control_for, str) else self.control_for
        object.__setattr__(self, "control_for", tuple(control))
        self._check_design()
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"Expected {name} as a whole number >= {least}, got {value!r}.")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"Expected {name} to be one of {sorted(map(str, allowed))}, "
                    f"got {getattr(self, name)!r}."
                )
        if not 0 < self.alpha < 1:
            raise ValueError(f"Expected 0 < alpha < 1, got {self.alpha!r}.")
        if not 0.5 <= self.min_effect < 1:
            raise ValueError(f"Expected .5 <= min_effect < 1, got {self.min_effect!r}.")

    def _check_design(self) -> None:
        if not 0 < self.duplicate_similarity < 1:
            raise ValueError(
                f"Expected 0 < duplicate_similarity < 1, got {self.duplicate_similarity!r}."
            )
        if self.pair_by and (self.cluster_by or self.control_for):
            raise ValueError(
                "Expected pair_by alone, got cluster_by or control_for beside it: within a pair, "
                "all that its images share is the same already, and each pair counts once."
            )
        if self.test == "welch" and (self.pair_by or self.cluster_by or self.control_for):
            raise ValueError(
                "Expected test='mann_whitney' with pair_by, cluster_by or control_for, got 'welch'."
            )

    @classmethod
    def preset(cls, name: Preset, **changes: Any) -> Config:
        """Returns a named set of choices, with ``changes`` on top.

        ``"default"`` asks a captioner and a chat model; ``"paper"`` reproduces VisDiff (CVPR 2024)
        in its models and statistics; ``"offline"`` needs no model, key or network.

        Raises:
            ValueError: on an unknown name or a value out of range
        """
        if name not in get_args(Preset):
            raise ValueError(f"Expected a preset out of {get_args(Preset)}, got {name!r}.")
        return replace(cls(**_PRESETS[name]), **changes)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data without secrets; stage objects become their names."""
        out = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("captioner", "encoder", "proposer", "ranker", "engine"):
            out[name] = public_spec(out[name])
        out["label_fields"] = list(self.label_fields)
        out["control_for"] = list(self.control_for)
        return out


def preset_of(config: Mapping[str, Any]) -> Preset:
    """Returns the preset that gives a config when its stages are named on top.

    Args:
        config: `Config.to_dict`'s data, or that of an earlier version
    """
    if config.get("test") == "welch" and not config.get("correction", True):
        return "paper"
    named = all(config.get(name) for name in ("captioner", "encoder", "ranker"))
    return "default" if named else "offline"


_LEAST = {
    "rounds": 1,
    "subset_size": 2,
    "proposals_per_round": 1,
    "refine": 0,
    "max_fields": 0,
    "batch_size": 1,
    "seed": 0,
}

_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "directions": ("both", "a"),
    "draw": ("uniform", "sure"),
    "test": get_args(Test),
    "order": ("gain", "auroc"),
    "overlap": ("drop", "error"),
    "held_out": (True, False),
    "correction": (True, False),
    "merge": (True, False),
    "properties": (True, False),
}

_PRESETS: Mapping[str, dict[str, Any]] = {
    "default": {},
    "offline": {"captioner": None, "encoder": None, "proposer": "keyword", "ranker": None},
    "paper": {
        "captioner": "blip2",
        "encoder": "open_clip:ViT-bigG-14/laion2b_s39b_b160k",
        "proposer": "openai:gpt-4",
        "ranker": "embedding",
        "rounds": 3,
        "subset_size": 20,
        "proposals_per_round": 10,
        "properties": False,
        "directions": "a",
        "held_out": False,
        "test": "welch",
        "correction": False,
        "min_effect": 0.5,
        "order": "auroc",
        "merge": False,
    },
}
