"""All settings of a run in one frozen, validated dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from .errors import SettingError
from .presets import PRESETS
from .secret import conceal
from .settings import Setting, described_args, setting, setting_of
from .specs import objects_of, public_spec, secrets_of

Preset = Literal["default", "paper", "offline"]
Test = Literal["mann_whitney", "welch"]


@dataclass(frozen=True, repr=False)
class Config:
    """Which models to use, how to search, and what counts as a difference.

    Stages are a name with options (``"openai:gpt-4o-mini"``, ``{"name": "openai", "model": ...}``)
    or an object with the members that `visdiff_plugin.stages` lists; None leaves a stage out.

    The members are described where they are declared; `help` and docs/settings.md list them all.
    """

    captioner: Any = setting(
        "blip",
        kind="stage",
        label="Captioner",
        help="puts images into words",
        more="`field:NAME` reads a field that is there already",
        shown=True,
    )
    encoder: Any = setting(
        "open_clip:ViT-B-32/laion2b_s34b_b79k",
        kind="stage",
        label="Encoder",
        help="embeds images and texts",
        more="`brain:KEY` reuses a similarity run",
        shown=True,
    )
    proposer: Any = setting(
        "openai:gpt-4o-mini",
        kind="stage",
        label="Proposer",
        help="proposes descriptions",
        more="a list, or `union:A+B`, for several",
        shown=True,
        proposing=True,
    )
    ranker: Any = setting(
        "embedding",
        kind="stage",
        label="Ranker",
        help="scores each description on each image",
        more=(
            "`words` counts captions that say them, `caption_question:MODEL` and "
            "`image_question:MODEL` ask a model"
        ),
        shown=True,
    )
    properties: bool = setting(
        True,
        kind="flag",
        label="Measured properties",
        help="also compare brightness, sharpness and other measured properties",
        more="not by itself where only hypotheses are checked",
    )
    label_fields: tuple[str, ...] = setting(
        (),
        kind="label_fields",
        most=100,
        label="Label fields",
        shown=True,
        of_dataset=True,
        help="labels whose classes, object counts and sizes are compared too",
    )
    control_for: tuple[str, ...] = setting(
        (),
        kind="group_fields",
        most=20,
        label="Control for",
        shown=True,
        of_dataset=True,
        help="fields that must not explain a difference: class, camera, time",
        more="only what holds among images that agree in all is supported; numbers are binned",
    )
    cluster_by: str | None = setting(
        None,
        kind="group_field",
        label="Count as one",
        shown=True,
        of_dataset=True,
        choices={"near_duplicates": "Near-duplicates, found by embeddings"},
        help="near-duplicates, or images of one video, scene or patient",
        more="they are no independent witnesses",
    )
    duplicate_similarity: float = setting(
        0.95,
        kind="share",
        label="Near-duplicate from",
        least=0,
        most=1,
        open=True,
        help="smallest cosine similarity of near-duplicates",
    )
    pair_by: str | None = setting(
        None,
        kind="group_field",
        label="Pair by",
        shown=True,
        of_dataset=True,
        help="a field that A and B share, such as a prompt: images are compared pair by pair",
    )
    caption_field: str | None = setting(
        None,
        kind="own_field",
        label="Caption field",
        of_dataset=True,
        help="where captions are stored; named after the captioner if left out",
    )
    embedding_field: str | None = setting(
        None,
        kind="own_field",
        label="Embedding field",
        of_dataset=True,
        help="where embeddings are stored; named after the encoder if left out",
    )
    context: str = setting(
        "",
        kind="text",
        most=5_000,
        label="Context",
        shown=True,
        proposing=True,
        help="one sentence: what the sets are, what to look for or ignore",
    )
    rounds: int = setting(
        3,
        kind="number",
        label="Rounds",
        shown=True,
        proposing=True,
        least=1,
        most=100,
        help="random subsets that a proposer sees, for each direction",
    )
    subset_size: int = setting(
        20,
        kind="number",
        label="Images per round",
        shown=True,
        proposing=True,
        least=2,
        most=1_000,
        help="images of each set in a subset",
    )
    draw: Literal["uniform", "sure"] = setting(
        "uniform",
        kind="choice",
        label="Draw",
        shown=True,
        proposing=True,
        help="which images a proposer sees; surest needs an encoder",
        more=(
            "`sure` shows where a classifier on the embeddings, fitted to a third of each set that "
            "is no evidence for that round, is surest: for differences that few images show"
        ),
        choices={
            "uniform": "At random",
            "sure": "What a classifier is surest of: for rare differences",
        },
    )
    proposals_per_round: int = setting(
        10,
        kind="number",
        label="Proposals per round",
        proposing=True,
        least=1,
        most=100,
        help="descriptions that a proposer is asked for in one round",
    )
    refine: int = setting(
        0,
        kind="number",
        label="Refine",
        shown=True,
        proposing=True,
        least=0,
        most=20,
        help="further rounds in which a proposer hears what its best proposals get wrong",
        more="it is asked for sharper or complementary ones",
    )
    directions: Literal["both", "a"] = setting(
        "both",
        kind="choice",
        label="Directions",
        help="whether to look for what is truer of either set, or of A alone",
        choices={"both": "A and B", "a": "A alone"},
    )
    held_out: bool = setting(
        True,
        kind="flag",
        label="Held-out evidence",
        proposing=True,
        help="test proposals on images that no proposer saw",
        more="sets of under `2 * subset_size` images are cross-fitted",
    )
    test: Test = setting(
        "mann_whitney",
        kind="choice",
        label="Test",
        help="how chance is ruled out",
        more="one-sided Mann-Whitney, or the paper's two-sided Welch's t",
        choices={"mann_whitney": "Mann-Whitney", "welch": "Welch's t, as in the paper"},
    )
    correction: bool = setting(
        True,
        kind="flag",
        label="Correction",
        help="correct for asking many questions",
        more="Benjamini-Hochberg over all candidates and both directions",
    )
    alpha: float = setting(
        0.05,
        kind="share",
        label="Alpha",
        least=0,
        most=1,
        open=True,
        help="largest q that counts as supported",
        more="largest p without correction",
    )
    min_effect: float = setting(
        0.55,
        kind="share",
        label="Smallest effect",
        least=0.5,
        most=0.999,
        help="smallest AUROC, for the favored side, that counts as supported",
    )
    min_share: float = setting(
        0.01,
        kind="share",
        label="Smallest share",
        least=0,
        most=1,
        help="smallest share of a set that counts as a small group that stands out",
        more="what few images of one set show and hardly any of the other is supported too",
    )
    min_ratio: float = setting(
        3.0,
        kind="share",
        label="Smallest ratio",
        least=1,
        most=1_000,
        help="how many times the other set's share a small group must be, to be supported",
    )
    order: Literal["gain", "auroc"] = setting(
        "gain",
        kind="choice",
        label="Order",
        help="which difference comes first",
        more=(
            "`gain` is by strength and by what the rows above do not say, so that the first five "
            "are five different things"
        ),
        choices={
            "gain": "Strongest first, then what says something else",
            "auroc": "By AUROC, as in the paper",
        },
    )
    merge: bool = setting(
        True,
        kind="flag",
        label="Merge paraphrases",
        proposing=True,
        help="make one row of paraphrases",
    )
    overlap: Literal["drop", "error"] = setting(
        "drop",
        kind="choice",
        label="Images in both sets",
        of_dataset=True,
        help="what to do with images that are in A and in B",
        choices={"drop": "Leave them out of both", "error": "Refuse to compare"},
    )
    copies: Literal["once", "each"] = setting(
        "once",
        kind="choice",
        label="Copies of a file",
        of_dataset=True,
        help="what to do with samples that show the same file, by path or content",
        choices={"once": "Count once; leave out what is in both sets", "each": "Count each"},
    )
    max_fields: int = setting(
        30,
        kind="number",
        label="Score fields",
        of_dataset=True,
        least=0,
        most=1_000,
        help="how many differences get a score field, best first",
    )
    batch_size: int = setting(
        64,
        kind="number",
        label="Batch size",
        of_dataset=True,
        least=1,
        most=4_096,
        help="images that are computed and stored at a time",
    )
    engine: Any = setting(
        None,
        kind="stage",
        label="Where models run",
        help="this process, or Ray",
        more="None is this process, `ray` a Ray cluster: docs/scale.md",
        shown=True,
        of_dataset=True,
    )
    seed: int = setting(
        0,
        kind="number",
        label="Seed",
        shown=True,
        least=0,
        most=2**32 - 1,
        help="of every random choice: the same seed, the same run",
    )

    def __post_init__(self) -> None:
        for member in fields(self):
            described = setting_of(member)
            value = described.check(member.name, getattr(self, member.name))
            if described.kind == "stage":
                value = conceal(value)
            object.__setattr__(self, member.name, value)
        self._check_design()

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"Config({members})"

    def _check_design(self) -> None:
        if self.pair_by and (self.cluster_by or self.control_for):
            raise SettingError(
                "Expected pair_by alone, got cluster_by or control_for as well. Pairs already "
                "hold constant what their images share, and each pair counts once.",
                about="pair_by",
            )
        if self.test == "welch" and (self.pair_by or self.cluster_by or self.control_for):
            raise SettingError(
                "Expected test='mann_whitney' with pair_by, cluster_by or control_for, got "
                "'welch'.",
                about="test",
            )

    @classmethod
    def preset(cls, name: Preset, **changes: Any) -> Config:
        """Returns a preset, with ``changes`` applied.

        ``"default"`` asks a captioner and a chat model; ``"paper"`` reproduces VisDiff (CVPR 2024)
        in its models and statistics; ``"offline"`` needs no model, key or network.

        Raises:
            ValueError: on an unknown name or a value out of range
        """
        if name not in get_args(Preset):
            raise ValueError(f"Expected a preset out of {get_args(Preset)}, got {name!r}.")
        return replace(cls(**PRESETS[name]), **changes)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data without secrets; stage objects become their names."""
        return {
            member.name: _public(setting_of(member), getattr(self, member.name))
            for member in fields(self)
        }

    def script_only(self) -> dict[str, dict[str, list[str]]]:
        """Returns what `to_dict` can't say: member -> its ``objects`` and secret ``options``."""
        unsaid = {
            member.name: {"objects": objects_of(spec), "options": secrets_of(spec)}
            for member in fields(self)
            if setting_of(member).kind == "stage"
            for spec in [getattr(self, member.name)]
        }
        return {name: lost for name, lost in unsaid.items() if any(lost.values())}


def _public(described: Setting, value: Any) -> Any:
    if described.kind == "stage":
        return public_spec(value)
    return list(value) if isinstance(value, tuple) else value


SETTINGS: Mapping[str, Setting] = {member.name: setting_of(member) for member in fields(Config)}
Config.__doc__ = f"{Config.__doc__}\n{described_args(fields(Config))}"


def preset_of(config: Mapping[str, Any]) -> Preset:
    """Returns the preset that matches a config apart from its stages.

    Args:
        config: `Config.to_dict`'s data, or that of an earlier version
    """
    if config.get("test") == "welch" and not config.get("correction", True):
        return "paper"
    named = all(config.get(name) for name in ("captioner", "encoder", "ranker"))
    return "default" if named else "offline"
