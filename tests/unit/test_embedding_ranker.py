"""Cosines of images and descriptions, alone and averaged over templates."""

import numpy as np
import pytest

from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.rankers.embedding import EmbeddingRanker
from visdiff_plugin.stages import Images, parameters_of


class Texts:
    """Embeds each text as what it is told, scaled: lengths must play no part."""

    name = "texts-1"

    def __init__(self, **vectors):
        self.vectors = {text.replace("_", " "): vector for text, vector in vectors.items()}
        self.asked = []

    def encode_images(self, paths):
        raise AssertionError(f"Expected texts alone to be embedded, got {paths}.")

    def encode_texts(self, texts):
        self.asked.append(list(texts))
        return np.array([self.vectors[text] for text in texts], np.float32)


IMAGES = Images(["i", "j"], ["i.png", "j.png"], embeddings=np.eye(2, dtype=np.float32))


def test_templates_are_averaged_as_unit_vectors():
    encoder = Texts(photo_of_dog=[5, 0], dog_drawn=[0, 0.1], photo_of_cat=[0, 1], cat_drawn=[0, 3])
    ranker = make_ranker({"name": "embedding", "templates": ["photo of {}", "{} drawn"]}, encoder)
    half = np.sqrt(0.5)
    found = ranker.score(IMAGES, ["dog", "cat"])
    np.testing.assert_allclose(found, [[half, 0], [half, 1]], atol=1e-6)
    ranker.score(IMAGES, ["dog", "cat"])
    assert encoder.asked == [["photo of dog", "dog drawn", "photo of cat", "cat drawn"]]
    assert parameters_of(ranker) == {"templates": ["photo of {}", "{} drawn"]}


def test_one_template_is_that_text_and_none_is_the_description():
    encoder = Texts(dog=[3, 4], a_dog=[4, 3])
    one = EmbeddingRanker(encoder, ["a {}"]).score(IMAGES, ["dog"])
    none = EmbeddingRanker(encoder).score(IMAGES, ["dog"])
    np.testing.assert_allclose(one[:, 0], [0.8, 0.6], atol=1e-6)
    np.testing.assert_allclose(none[:, 0], [0.6, 0.8], atol=1e-6)


def test_a_description_may_hold_braces():
    encoder = Texts(**{"a {x} {}": [1, 0]})
    assert EmbeddingRanker(encoder, ["a {}"]).score(IMAGES, ["{x} {}"]).tolist() == [[1], [0]]


@pytest.mark.parametrize("templates", ["a {}", ["a photo"], ["{} and {}"], [3]])
def test_wrong_templates(templates):
    with pytest.raises(ValueError, match="Expected templates as a list"):
        EmbeddingRanker(Texts(), templates)
