"""Every choice of a run in one frozen, validated place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from .errors import SettingError
from .settings import Setting, setting, setting_of
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
        min_effect (.55): smallest AUROC, for the favored side, that counts
        order ("gain"): supported differences by what each adds to those above it, so that the
            first five are five different things; or by ``"auroc"``, as in the paper
        merge (True): paraphrases become one row
        overlap ("drop"): samples that stand in both sets are left out, or are an ``"error"``
        copies ("once"): samples of a set that show the same file, by path or content, count once,
            and a file that is in both sets is left out of both; ``"each"`` counts each sample
        max_fields (30): score fields written, best differences first
        batch_size (64): images computed and stored at a time
        engine (None): where captions, embeddings and properties are made: None is this process,
            ``"ray"`` a Ray cluster, see `visdiff_plugin.engines`
        seed (0): of every random choice
    """

    captioner: Any = setting(
        "blip", kind="stage", label="Captioner", help="puts images into words", shown=True
    )
    encoder: Any = setting(
        "open_clip:ViT-B-32/laion2b_s34b_b79k",
        kind="stage",
        label="Encoder",
        help="embeds images and texts",
        shown=True,
    )
    proposer: Any = setting(
        "openai:gpt-4o-mini",
        kind="stage",
        label="Proposer",
        help="proposes descriptions",
        shown=True,
        proposing=True,
    )
    ranker: Any = setting(
        "embedding",
        kind="stage",
        label="Ranker",
        help="scores each description on each image",
        shown=True,
    )
    properties: bool = setting(
        True,
        kind="flag",
        label="Measured properties",
        help="also compare brightness, sharpness and other measured properties",
    )
    label_fields: tuple[str, ...] = setting(
        (),
        kind="label_fields",
        label="Label fields",
        shown=True,
        proposing=True,
        help="labels whose classes, object counts and sizes are compared too",
    )
    control_for: tuple[str, ...] = setting(
        (),
        kind="group_fields",
        label="Control for",
        shown=True,
        help="fields that must not explain a difference: class, camera, time",
    )
    cluster_by: str | None = setting(
        None,
        kind="group_field",
        label="Count as one",
        shown=True,
        help="near-duplicates, or images of one video, scene or patient",
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
        help="a field that A and B share, such as a prompt: images are compared pair by pair",
    )
    caption_field: str | None = setting(
        None,
        kind="own_field",
        label="Caption field",
        help="where captions are stored; named after the captioner if left out",
    )
    embedding_field: str | None = setting(
        None,
        kind="own_field",
        label="Embedding field",
        help="where embeddings are stored; named after the encoder if left out",
    )
    context: str = setting(
        "",
        kind="text",
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
    )
    test: Test = setting(
        "mann_whitney",
        kind="choice",
        label="Test",
        help="how chance is ruled out",
        choices={"mann_whitney": "Mann-Whitney", "welch": "Welch's t, as in the paper"},
    )
    correction: bool = setting(
        True,
        kind="flag",
        label="Correction",
        help="correct for asking many questions",
    )
    alpha: float = setting(
        0.05,
        kind="share",
        label="Alpha",
        least=0,
        most=1,
        open=True,
        help="largest q that counts as supported",
    )
    min_effect: float = setting(
        0.55,
        kind="share",
        label="Smallest effect",
        least=0.5,
        most=0.999,
        help="smallest AUROC, for the favored side, that counts as supported",
    )
    order: Literal["gain", "auroc"] = setting(
        "gain",
        kind="choice",
        label="Order",
        help="which difference comes first",
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
        help="what to do with images that are in A and in B",
        choices={"drop": "Leave them out of both", "error": "Refuse to compare"},
    )
    copies: Literal["once", "each"] = setting(
        "once",
        kind="choice",
        label="Copies of a file",
        help="what to do with samples that show the same file, by path or content",
        choices={"once": "Count once; leave out what is in both sets", "each": "Count each"},
    )
    max_fields: int = setting(
        30,
        kind="number",
        label="Score fields",
        least=0,
        most=1_000,
        help="how many differences get a score field, best first",
    )
    batch_size: int = setting(
        64,
        kind="number",
        label="Batch size",
        least=1,
        most=4_096,
        help="images that are computed and stored at a time",
    )
    engine: Any = setting(
        None, kind="stage", label="Where models run", help="this process, or Ray", shown=True
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
            value = setting_of(member).check(member.name, getattr(self, member.name))
            object.__setattr__(self, member.name, value)
        self._check_design()

    def _check_design(self) -> None:
        if self.pair_by and (self.cluster_by or self.control_for):
            raise SettingError(
                "Expected pair_by alone, got cluster_by or control_for beside it: within a pair, "
                "all that its images share is the same already, and each pair counts once.",
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
        out: dict[str, Any] = {}
        for member in fields(self):
            value = getattr(self, member.name)
            stage = setting_of(member).kind == "stage"
            out[member.name] = (
                public_spec(value) if stage else list(value) if isinstance(value, tuple) else value
            )
        return out


SETTINGS: Mapping[str, Setting] = {member.name: setting_of(member) for member in fields(Config)}


def preset_of(config: Mapping[str, Any]) -> Preset:
    """Returns the preset that gives a config when its stages are named on top.

    Args:
        config: `Config.to_dict`'s data, or that of an earlier version
    """
    if config.get("test") == "welch" and not config.get("correction", True):
        return "paper"
    named = all(config.get(name) for name in ("captioner", "encoder", "ranker"))
    return "default" if named else "offline"


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
        "copies": "each",
    },
}
