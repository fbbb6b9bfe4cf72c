"""What can be chosen for each stage, what it finds, needs and costs; pure, nothing is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

#: the words in a name that stand for something of the user's
_OPEN = ("MODEL/WEIGHTS", "MODEL", "NAME", "KEY", "A+B", "RANKER")

_KEY = ("OPENAI_API_KEY",)
_TORCH = ("torch", "transformers")
_SERVER = "a key, or the address of a server"


@dataclass(frozen=True)
class Choice:
    """One member of a stage, as docs, forms and messages describe it.

    In ``formula`` n are images of both sets, k descriptions, r rounds (3) in each of two
    directions, s images of each set in a round (20); a pass is one image or text through a model
    here, a call one request to a server.

    Args:
        name: as the library takes it, with a word in capitals for what the user adds
        label: for a form
        finds: what it is good at
        needs: besides Python, in words
        cost: in words, in the default setting
        formula: passes and calls of models
        packages (()): modules that must be there
        env (()): environment variables of which a server's address takes the place
        reads (()): ``"captions"``, ``"embeddings"``
        example (""): of what takes the place of the word in capitals
        optional (False): whether the name may stand without it
    """

    name: str
    label: str
    finds: str
    needs: str
    cost: str
    formula: str
    packages: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    example: str = ""
    optional: bool = False

    @property
    def asks_for(self) -> str:
        """The word in the name that the user replaces; empty where there is none."""
        _, _, last = self.name.rpartition(":")
        return last if last in _OPEN else ""

    @property
    def kind(self) -> str:
        """The name without that word."""
        return self.name.removesuffix(self.asks_for).rstrip(":")

    def spec(self, argument: str = "") -> str:
        """Returns the name as the library takes it.

        Args:
            argument (""): what takes the place of the word in capitals

        Raises:
            ValueError: where it is missing
        """
        word, argument = self.asks_for, argument.strip()
        if not word:
            return self.name
        if not argument and not self.optional:
            raise ValueError(
                f"Expected {word} for {self.name!r}, got none. Such as: {self.example}"
            )
        return f"{self.kind}:{argument}" if argument else self.kind


CAPTIONERS = (
    Choice(
        "field:NAME", "A field of the dataset",
        "what is in it already: text, tags, classifications, objects counted into words",
        "nothing", "nothing", "0", example="ground_truth",
    ),
    Choice(
        "blip", "BLIP", "short captions of everyday photographs", "torch and weights of 1 GB",
        "a pass for each image, once: captions are stored; bearable on a CPU", "n passes", _TORCH,
    ),
    Choice(
        "blip2", "BLIP-2", "the paper's captions", "torch, weights of 15 GB, in practice a GPU",
        "a pass for each image, once", "n passes", _TORCH,
    ),
    Choice(
        "transformers:MODEL", "A model on this machine",
        "captions of any image-to-text model or chat VLM", "torch and the model's weights",
        "a pass for each image, once", "n passes", _TORCH,
        example="Qwen/Qwen2.5-VL-3B-Instruct",
    ),
    Choice(
        "openai:MODEL", "A vision model on a server",
        "captions as detailed as the prompt asks for", _SERVER,
        "a call for each image, once", "n calls", ("openai",), _KEY, example="gpt-4o-mini",
        optional=True,
    ),
)  # fmt: skip

ENCODERS = (
    Choice(
        "open_clip:MODEL/WEIGHTS", "open_clip", "whatever its weights know",
        "torch and weights (0.6 GB for the default)",
        "a pass for each image, once: embeddings are stored", "n + k passes",
        ("torch", "open_clip"), example="ViT-B-32/laion2b_s34b_b79k", optional=True,
    ),
    Choice(
        "open_clip:paper", "open_clip as in the paper",
        "what ViT-bigG-14 knows: the paper's choice",
        "torch, weights of 10 GB, in practice a GPU", "a pass for each image, once",
        "n + k passes", ("torch", "open_clip"),
    ),
    Choice(
        "zoo:MODEL", "A model of FiftyOne's zoo", "whatever it knows; it must embed prompts",
        "torch and the model's weights", "a pass for each image, once",
        "n + k passes", ("torch", "fiftyone"), example="clip-vit-base32-torch",
    ),
    Choice(
        "brain:KEY", "A similarity run of the dataset", "what its model knows",
        "that run, and its model", "nothing for images", "k passes", ("fiftyone",),
        example="img_sim",
    ),
)  # fmt: skip

PROPOSERS = (
    Choice(
        "keyword", "Keywords", "words that one side's captions use more often; English",
        "captions", "nothing", "0", reads=("captions",),
    ),
    Choice(
        "bank", "Phrase bank", "which of some 11,000 phrases fit; nothing that is not among them",
        "an encoder; no captions",
        "its phrases through the text encoder, once: many minutes on a CPU",
        "11,000 passes of texts, once",         reads=("embeddings",),
    ),
    Choice(
        "openai:MODEL", "A chat model reads captions",
        "ideas that no caption says in these words; only what captions hold",
        f"captions; {_SERVER}", "6 calls of 40 captions, about 900 tokens each",
        "2 r calls of 2 s captions", ("openai",), _KEY,
        ("captions",), "gpt-4o-mini", True,
    ),
    Choice(
        "images:MODEL", "A vision model sees images",
        "what captions leave out: style, layout, small things", _SERVER,
        "6 calls of 40 images", "2 r calls of 2 s images; of one image with layout=\"grid\"",
        ("openai",), _KEY,
        example="gpt-4o", optional=True,
    ),
    Choice(
        "feature:MODEL", "BLIP-2 on the difference of features",
        "the paper's feature-based proposals; weak on photographs",
        "torch, weights of 15 GB, in practice a GPU", "6 rounds of 40 images",
        "2 r times 2 s passes and ten samples", _TORCH,
        example="Salesforce/blip2-opt-2.7b", optional=True,
    ),
    Choice(
        "union:A+B", "Several proposers", "what any of them finds, each with its source",
        "what each needs", "the sum of theirs", "sum", example="keyword+bank",
    ),
)  # fmt: skip

RANKERS = (
    Choice(
        "embedding", "Cosine of image and text", "what the encoder knows; the paper's choice",
        "an encoder", "a pass for each image, once", "n + k passes", reads=("embeddings",),
    ),
    Choice(
        "words", "Words that the caption says", "what captions say in the same words, counted",
        "captions", "nothing", "0", reads=("captions",),
    ),
    Choice(
        "caption_question:MODEL", "A chat model reads each caption",
        "what captions say in other words", f"captions; {_SERVER}",
        "a call for each different caption and description", "up to n k calls", ("openai",), _KEY,
        ("captions",), "gpt-4o-mini", True,
    ),
    Choice(
        "image_question:MODEL", "A vision model looks at each image",
        "counts, text, relations: what cosines confuse", _SERVER,
        "a call for each image and description", "n k calls",
        ("openai",), _KEY, example="gpt-4o-mini", optional=True,
    ),
    Choice(
        "caption_question:transformers:MODEL", "A chat model on this machine reads captions",
        "as caption_question", "captions, torch and the model's weights",
        "a pass for each different caption and description", "up to n k passes",
        _TORCH, reads=("captions",), example="Qwen/Qwen2.5-1.5B-Instruct",
    ),
    Choice(
        "image_question:transformers:MODEL", "A vision model on this machine looks at images",
        "as image_question", "torch, the model's weights, in practice a GPU",
        "a pass for each image and description", "n k passes",
        _TORCH, example="Qwen/Qwen2.5-VL-3B-Instruct",
    ),
    Choice(
        "cascade:RANKER", "Cosines first, a model checks the best",
        "the surest answer about ten descriptions", "an encoder, and what RANKER needs",
        "embedding's, and at most 4,000 calls: 10 descriptions on 200 images of each set",
        "n + k passes, up to 2 x 200 x 10 calls",
        reads=("embeddings",), example="image_question:gpt-4o-mini",
    ),
)  # fmt: skip

STAGES: Mapping[str, tuple[Choice, ...]] = {
    "captioner": CAPTIONERS,
    "encoder": ENCODERS,
    "proposer": PROPOSERS,
    "ranker": RANKERS,
}


def find(stage: str, spec: str) -> Choice | None:
    """Returns the choice that a name is one of, None where it is none of them.

    Args:
        stage: ``"captioner"``, ``"encoder"``, ``"proposer"`` or ``"ranker"``
        spec: a name as the library takes it, such as ``"openai:gpt-4o"``, or of a `Choice`
    """
    # the longest first: "open_clip:paper" is a choice of its own, not a model of open_clip
    for one in sorted(STAGES[stage], key=lambda one: -len(one.kind)):
        if spec in (one.name, one.kind) or (one.asks_for and spec.startswith(f"{one.kind}:")):
            return one
    return None


def missing(
    choice: Choice,
    *,
    base_url: str | None = None,
    has_captions: bool = True,
    has_encoder: bool = True,
) -> str:
    """Returns in words what a choice still lacks here; empty where nothing is known to be missing.

    Nothing is imported or asked: weights, and whether a server answers, show when it is used.

    Args:
        choice: the choice
        base_url (None): the address of a server, which may want no key
        has_captions (True): whether a captioner or a field of captions is chosen
        has_encoder (True): whether an encoder is chosen
    """
    lacks = [f"the package {name}" for name in choice.packages if find_spec(name) is None]
    if choice.env and not (base_url or os.environ.get("OPENAI_BASE_URL")):
        unset = [name for name in choice.env if not os.environ.get(name)]
        lacks += [f"{name}, or the address of a server" for name in unset]
    if "captions" in choice.reads and not has_captions:
        lacks.append("captions: choose a captioner, or a field that holds text")
    if "embeddings" in choice.reads and not has_encoder:
        lacks.append("an encoder")
    return "; ".join(lacks)
