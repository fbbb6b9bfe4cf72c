"""Small models with random weights on disk, loaded by the same code as those of a hub."""

import os

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("HF_HUB_OFFLINE", "1")

_WORDS = (
    "a the dog cat man woman child ball beach road tree sky red blue green small big runs sits "
    "jumps on in under near with and house car boat snow water grass night day old new two three "
    "photo of describe this image user assistant write one or plain sentences that say what shows"
).split()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Seven images of different sizes and contents."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(3)
    paths = []
    sizes = [(64, 64), (90, 40), (40, 120), (33, 70), (200, 150), (56, 84), (28, 28)]
    for row, size in enumerate(sizes):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
        path = folder / f"{row}.png"
        coarse.resize(size, Image.Resampling.NEAREST).save(path)
        paths.append(str(path))
    return paths


def _tokenizer(extra=()):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *extra]
    vocabulary = {word: row for row, word in enumerate([*special, *_WORDS])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.decoder = decoders.WordPiece()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", vocabulary["[CLS]"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]", bos_token="[CLS]",
        eos_token="[SEP]", cls_token="[CLS]", sep_token="[SEP]", additional_special_tokens=[*extra],
    )  # fmt: skip


def _spread(model, scale=8.0):
    """Makes random weights large enough for images to lead to different words."""
    import torch

    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.mul_(scale)
    return model.eval()


@pytest.fixture(scope="session")
def tiny_blip(tmp_path_factory):
    import torch
    from tokenizers.processors import TemplateProcessing
    from transformers import (
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessor,
        BlipProcessor,
    )  # fmt: skip

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
             "num_attention_heads": 4, "initializer_range": 0.02}  # fmt: skip
    config = BlipConfig(
        text_config={**small, "vocab_size": len(tokenizer), "encoder_hidden_size": 32,
                     "bos_token_id": 2, "eos_token_id": 1, "sep_token_id": 3, "pad_token_id": 0,
                     "max_position_embeddings": 64, "projection_dim": 16},
        vision_config={**small, "image_size": 32, "patch_size": 8, "projection_dim": 16},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny-blip"
    _spread(BlipForConditionalGeneration(config)).save_pretrained(folder)
    images = BlipImageProcessor(size={"height": 32, "width": 32})
    BlipProcessor(images, tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_blip2(tmp_path_factory):
    import torch
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        BlipImageProcessor,
    )  # fmt: skip

    torch.manual_seed(1)
    tokenizer = _tokenizer(extra=("<image>",))
    small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
             "num_attention_heads": 4, "initializer_range": 0.02}  # fmt: skip
    config = Blip2Config(
        vision_config={**small, "image_size": 32, "patch_size": 8},
        qformer_config={**small, "encoder_hidden_size": 32, "vocab_size": len(tokenizer),
                        "cross_attention_frequency": 1},
        text_config={"model_type": "opt", "vocab_size": len(tokenizer), "hidden_size": 32,
                     "num_hidden_layers": 2, "ffn_dim": 48, "num_attention_heads": 4,
                     "word_embed_proj_dim": 32, "max_position_embeddings": 128,
                     "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0},
        num_query_tokens=4,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny-blip2"
    model = Blip2ForConditionalGeneration(config)
    torch.nn.init.normal_(model.query_tokens)
    _spread(model).save_pretrained(folder)
    images = BlipImageProcessor(size={"height": 32, "width": 32})
    Blip2Processor(images, tokenizer, num_query_tokens=4).save_pretrained(folder)
    return folder


_QWEN_TOKENS = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
                "<|image_pad|>", "<|video_pad|>")  # fmt: skip
_QWEN_TEMPLATE = (
    "{% for message in messages %}<|im_start|> {{ message['role'] }} "
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|> assistant {% endif %}"
)


@pytest.fixture(scope="session")
def tiny_qwen(tmp_path_factory):
    """A chat model whose images take different numbers of tokens: rows need padding."""
    import torch
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2_5_VLProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )  # fmt: skip

    torch.manual_seed(2)
    tokenizer = _tokenizer(extra=_QWEN_TOKENS)
    ids = dict(zip(_QWEN_TOKENS, tokenizer.convert_tokens_to_ids(_QWEN_TOKENS), strict=True))
    config = Qwen2_5_VLConfig(
        text_config={"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48,
                     "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                     "max_position_embeddings": 512, "bos_token_id": 2, "eos_token_id": 3,
                     "pad_token_id": 0,
                     "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0,
                                         "mrope_section": [1, 1, 2]}},
        vision_config={"depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 4,
                       "out_hidden_size": 32, "fullatt_block_indexes": [1], "window_size": 56},
        image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"],
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny-qwen"
    _spread(Qwen2_5_VLForConditionalGeneration(config)).save_pretrained(folder)
    limits = {"min_pixels": 28 * 28, "max_pixels": 28 * 28 * 16}
    Qwen2_5_VLProcessor(
        Qwen2VLImageProcessor(**limits), tokenizer, Qwen2VLVideoProcessor(),
        chat_template=_QWEN_TEMPLATE,
    ).save_pretrained(folder)  # fmt: skip
    return folder


_CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{ raise_exception('no system role') }}{% endif %}<|im_start|> {{ message['role'] }} "
    "{{ message['content'] }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|> assistant {% endif %}"
)


@pytest.fixture(scope="session")
def tiny_chat(tmp_path_factory):
    """A language model that chats, knows yes and no, and has no system role."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(5)
    tokenizer = _tokenizer(extra=("<|im_start|>", "<|im_end|>", "yes", "Yes", "no", "NO"))
    tokenizer.chat_template = _CHAT_TEMPLATE
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
        bos_token_id=2, eos_token_id=3, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny-chat"
    _spread(LlamaForCausalLM(config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_oracle(tiny_qwen, tmp_path_factory):
    """`tiny_qwen` with a yes and a no in its vocabulary, and little else to say."""
    import shutil

    import torch
    from transformers import AutoModelForImageTextToText, AutoTokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny-oracle"
    shutil.copytree(tiny_qwen, folder)
    path = folder / "tokenizer.json"
    text = path.read_text()
    answers = {"man": "yes", "woman": "Yes", "child": "no", "ball": "NO"}
    for word, answer in answers.items():
        assert text.count(f'"{word}"') == 1
        text = text.replace(f'"{word}"', f'"{answer}"')
    path.write_text(text)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    ids = AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids([*answers.values()])
    with torch.no_grad():
        head = model.get_output_embeddings().weight
        kept = head[ids].clone()
        head[:] = kept[0] * 64  # which speaks against all other words, whatever the image
        head[ids] = kept * 4
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_sentences(tmp_path_factory):
    """An encoder of sentences as sentence-transformers saves one."""
    import json

    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(6)
    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=16, pad_token_id=0,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny-sentences"
    _spread(BertModel(config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [{"type": f"sentence_transformers.models.{kind}"} for kind in kinds]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder
