"""A run by cosines of captions and descriptions, and a hypothesis that joins it."""

import numpy as np
import pytest
from fakes import COLORS, ColorCaptioner

import visdiff_plugin as visdiff
from visdiff_plugin.hypotheses import add_hypothesis
from visdiff_plugin.rankers.similarity import CaptionSimilarityRanker

MEANINGS = {**COLORS, "scarlet": (0.9, 0.1, 0), "azure": (0, 0.1, 0.9), "navy": (0.1, 0, 0.8)}


class Shades:
    """Embeds a text as the colors that it means."""

    name = "shades-1"

    def encode_texts(self, texts):
        rows = [
            np.sum([MEANINGS[word] for word in text.split() if word in MEANINGS] or [(1, 1, 1)], 0)
            for text in texts
        ]
        return np.array(rows, np.float32)


def test_other_words_are_found_and_no_image_is_said_to_show_them(dataset):
    ranker = CaptionSimilarityRanker(Shades())
    dataset.set_values("said", ColorCaptioner().caption(dataset.values("filepath")))
    run = visdiff.rank(
        dataset, "red", "blue", ["scarlet things", "azure things", "something"], "run",
        captioner="field:said", encoder=None, ranker=ranker, properties=False,
    )  # fmt: skip
    run = add_hypothesis(dataset, "run", "navy things", ranker=ranker)
    found = {difference.description: difference for difference in run.differences}
    assert found["scarlet things"].auroc == 1.0 and found["scarlet things"].significant
    for text in ("azure things", "navy things"):
        assert found[text].auroc == 0.0 and found[text].favors == "b" and found[text].significant
    assert not found["something"].significant
    # a cosine is no yes: the cut is the top of all images
    assert {difference.cut for difference in run.differences} == {"top"}
    assert run.record["stages"]["ranker"]["name"] == "caption_similarity (shades-1)"
    expected = np.dot(MEANINGS["scarlet"], MEANINGS["red"]) / np.linalg.norm(MEANINGS["scarlet"])
    scores = dataset.match_tags("red").values(found["scarlet things"].field)
    assert scores == pytest.approx([expected] * len(scores), abs=1e-6)
