"""Questions about captions to a small language model on this machine."""

import shutil

import numpy as np
import pytest

from visdiff_plugin.chat.question_prompts import caption_question
from visdiff_plugin.errors import ModelError
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.stages import Images, Ranker

pytestmark = pytest.mark.models
TEXTS = ["red sky", "small dog"]
CAPTIONS = ["a small dog runs on the beach", "the red sky", "", "old man with a red ball in water",
            "the red sky", "cat near the house", "snow"]  # fmt: skip
YES, NO = ["yes", "Yes"], ["no", "NO"]


def prompt(tokenizer, caption, text):
    rules, question = (one["content"] for one in caption_question(caption, text))
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": f"{rules}\n\n{question}"}],
        add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt",
    )  # fmt: skip


@pytest.fixture(scope="module")
def oracle(tiny_chat, tmp_path_factory):
    """The small chat model with little else to say than yes and no."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("models") / "oracle"
    shutil.copytree(tiny_chat, folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer.convert_tokens_to_ids([*YES, *NO])
    with torch.no_grad():
        inputs = prompt(tokenizer, CAPTIONS[0], TEXTS[0])
        last = model(**inputs, output_hidden_states=True).hidden_states[-1][0, -1]
        head = model.get_output_embeddings().weight
        kept = head[ids].clone()
        head[:] = -8 * last / last.norm()  # speaks against all other words
        head[ids] = kept
    model.save_pretrained(folder)
    return folder


def ranker(folder, **options):
    spec = {"name": f"caption_question:transformers:{folder}", "device": "cpu", "batch_size": 4}
    return make_ranker({**spec, **options}, None)


def images():
    ids = [str(row) for row in range(len(CAPTIONS))]
    return Images(ids, [f"{sample_id}.png" for sample_id in ids], CAPTIONS)


def test_scores_are_the_first_words_probabilities(oracle):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(oracle).eval()
    tokenizer = AutoTokenizer.from_pretrained(oracle)
    yes, no = (tokenizer.convert_tokens_to_ids(one) for one in (YES, NO))
    expected = np.full((len(CAPTIONS), len(TEXTS)), np.nan)
    for row, caption in enumerate(CAPTIONS):
        for column, text in enumerate(TEXTS if caption else []):
            with torch.no_grad():
                chances = model(**prompt(tokenizer, caption, text)).logits[0, -1].softmax(-1)
            a, b = float(chances[yes].sum()), float(chances[no].sum())
            if a + b >= 0.5:
                expected[row, column] = a / (a + b)
    known = np.isfinite(expected)
    assert known.sum() >= 6 and np.ptp(expected[known]) > 0.01
    asking = ranker(oracle, answers="probability")
    scored = asking.score(images(), TEXTS)
    np.testing.assert_allclose(scored.scores, expected, atol=1e-4)
    binary = ranker(oracle).score(images(), TEXTS).scores
    np.testing.assert_array_equal(binary[known], (expected > 0.5)[known])
    assert (
        sum(skipped_item.count for skipped_item in scored.skipped) == (~known).sum() - 2
    )  # one has no caption
    assert isinstance(asking, Ranker) and asking.needs == "captions"


def test_a_model_without_a_chat_template(oracle, tmp_path):
    folder = tmp_path / "plain"
    shutil.copytree(oracle, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="no chat template"):
        ranker(folder).score(images(), TEXTS)


def test_a_model_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match="can't be loaded"):
        ranker(tmp_path / "nowhere").score(images(), TEXTS)


def test_a_model_that_says_something_else_is_told(tiny_chat):
    with pytest.raises(ModelError, match="another first word was likelier"):
        ranker(tiny_chat).score(images(), TEXTS)
