"""Questions about images to a small vision model on this machine."""

import pickle

import numpy as np
import pytest
from PIL import Image

from visdiff_plugin.chat.question_prompts import image_question_text
from visdiff_plugin.errors import ModelError
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.stages import Images, Ranker, parameters_of

pytestmark = pytest.mark.models
TEXTS = ["red sky", "a small dog on the beach"]
YES, NO = ("yes", "Yes"), ("no", "NO")


def images(paths):
    return Images([str(row) for row in range(len(paths))], paths)


def by_hand(folder, path, text):
    """P(yes) and P(no) of one image through transformers' own classes."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    question = {"type": "text", "text": image_question_text(text)}
    content = [{"type": "image", "image": Image.open(path).convert("RGB")}, question]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=True,
        return_dict=True, return_tensors="pt",
    )  # fmt: skip
    with torch.no_grad():
        chances = model(**inputs).logits[0, -1].softmax(-1)
    ids = processor.tokenizer.convert_tokens_to_ids
    return float(chances[ids(list(YES))].sum()), float(chances[ids(list(NO))].sum())


def ranker(folder, **options):
    spec = {"name": f"image_question:transformers:{folder}", "device": "cpu", "batch_size": 3}
    return make_ranker({**spec, **options}, None)


def test_scores_are_the_first_words_probabilities(tiny_oracle, pictures):
    asking = ranker(tiny_oracle, answers="probability")
    scored = asking.score(images(pictures), TEXTS)
    expected = np.full(scored.scores.shape, np.nan)
    for row, path in enumerate(pictures):
        for column, text in enumerate(TEXTS):
            yes, no = by_hand(tiny_oracle, path, text)
            if yes + no >= 0.5:
                expected[row, column] = yes / (yes + no)
    known = np.isfinite(expected)
    assert known.sum() >= 4 and np.ptp(expected[known]) > 0.01
    np.testing.assert_allclose(scored.scores, expected, atol=1e-4)
    assert sum(skipped_item.count for skipped_item in scored.skipped) == (~known).sum()
    binary = ranker(tiny_oracle).score(images(pictures), TEXTS).scores
    np.testing.assert_array_equal(binary[known], (expected > 0.5)[known])
    np.testing.assert_array_equal(np.isfinite(binary), known)
    assert isinstance(asking, Ranker) and asking.needs == "paths"
    assert parameters_of(asking)["answers"] == "probability"


def test_files_that_can_not_be_asked_about_cost_only_themselves(tiny_oracle, pictures, tmp_path):
    (tmp_path / "text.jpg").write_text("no image")
    Image.new("RGB", (4000, 4)).save(tmp_path / "thin.png")  # refused by this processor
    paths = [str(tmp_path / "text.jpg"), pictures[0], str(tmp_path / "thin.png"), pictures[1]]
    asking = ranker(tiny_oracle, answers="probability")
    scored = asking.score(images(paths), TEXTS)
    assert np.isnan(scored.scores[[0, 2]]).all()
    alone = asking.score(images(pictures[:2]), TEXTS).scores
    np.testing.assert_allclose(scored.scores[[1, 3]], alone, atol=1e-4)
    lost = {
        skipped_item.examples[0]: skipped_item.reason
        for skipped_item in scored.skipped
        if skipped_item.what == "sample"
    }
    assert "not an image" in lost["0"] and "refuses" in lost["2"]


def test_a_budget_asks_about_a_part(tiny_oracle, pictures):
    scored = ranker(tiny_oracle, budget=7).score(images(pictures), TEXTS)
    assert np.isfinite(scored.scores).any(axis=1).sum() <= 3
    assert "3 of 7 images" in scored.notes[0]


def test_a_model_that_says_something_else_is_told(tiny_qwen, pictures):
    with pytest.raises(ModelError, match="another first word was likelier"):
        ranker(tiny_qwen).score(images(pictures[:2]), TEXTS)


def test_a_model_that_only_captions(tiny_blip, pictures):
    with pytest.raises(ModelError, match="no chat template"):
        ranker(tiny_blip).score(images(pictures), TEXTS)


def test_the_weights_stay_here(tiny_oracle, pictures):
    asking = ranker(tiny_oracle)
    asking.score(images(pictures[:1]), TEXTS)
    assert len(pickle.dumps(asking)) < 5000


def test_wrong_options(tiny_oracle):
    for wrong in ({"answers": "maybe"}, {"budget": 0}, {"threads": 0}, {"batch_size": 0},
                  {"dtype": "int8"}, {"color": 1}):  # fmt: skip
        with pytest.raises(ValueError, match="Expected"):
            ranker(tiny_oracle, **wrong)
    with pytest.raises(ValueError, match="Expected MODEL for"):
        make_ranker("image_question:transformers:", None)
