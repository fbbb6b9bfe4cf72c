"""Normalizing, dropping repeats, merging paraphrases."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.selection import Candidate, key, merge_paraphrases, normalize, unique


def test_normalize():
    assert normalize('  "a dog\n in snow." ') == "a dog in snow"
    assert normalize("the dog's bowl") == "the dog's bowl"
    assert normalize("'quoted'") == "quoted"


@given(st.text(max_size=40))
def test_normalize_is_idempotent(text):
    assert normalize(normalize(text)) == normalize(text)


def test_key_ignores_case_articles_and_inflection():
    assert key("The Dogs in a snow") == key("dog in snow") != key("dog on snow")
    assert key("glass") == "glass"
    assert key("buses") == key("bus") == "bus"
    assert key("Women's T-Shirts") == key("the woman’s t-shirt") == "woman t shirt"
    assert key("Straße über") == "strasse uber"


def test_repeats_are_joined_and_keep_both_claims():
    found = unique(
        [
            Candidate("Dogs in snow", "x", ("a",)),
            Candidate("a dog in snow", "x", ("b",)),
            Candidate("cats", "x", ("a",)),
            Candidate(" ... ", "x", ("a",)),
        ]
    )
    assert [item.description for item in found] == ["Dogs in snow", "cats"]
    assert found[0].claimed == ("a", "b")
    assert found[0].merged == ("a dog in snow",)


def test_a_paraphrase_must_read_and_score_alike():
    rng = np.random.default_rng(0)
    base = rng.normal(size=100)
    scores = np.stack([base, base + 0.01 * rng.normal(size=100), rng.normal(size=100)], axis=1)
    words = [
        Candidate(text, "x")
        for text in ("yoga on mountain tops", "yoga on mountain", "yoga mountain")
    ]
    kept, columns = merge_paraphrases(words, scores)
    assert columns == [1, 2]
    assert kept[0].description == "yoga on mountain"
    assert kept[0].merged == ("yoga on mountain tops",)


def test_paraphrases_without_common_words_need_close_embeddings():
    rng = np.random.default_rng(0)
    base = rng.normal(size=100)
    scores = np.stack([base, base], axis=1)
    words = [Candidate("puppies", "x"), Candidate("young dogs", "x")]
    near, far = np.array([[1.0, 0.0], [0.98, 0.2]]), np.eye(2)
    assert len(merge_paraphrases(words, scores, near)[0]) == 1
    assert len(merge_paraphrases(words, scores, far)[0]) == 2
    assert len(merge_paraphrases(words, scores)[0]) == 2


def test_measured_candidates_are_never_joined():
    scores = np.repeat(np.arange(10.0)[:, None], 2, axis=1)
    words = [Candidate("darker images", "property", measure="m"), Candidate("darker image", "x")]
    assert len(merge_paraphrases(words, scores)[0]) == 2
