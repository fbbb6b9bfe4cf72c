"""Presence: a caption counts when it says all content words, in any order and inflection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.rankers.presence import PresenceRanker, parts
from visdiff_plugin.stages import Images, Ranker

CAPTIONS = [
    "A girl climbs a tree.",
    "two brown dogs run, one with a T-shirt",
    "The brown DOG's ball is red",
    "men and women sitting in a black-and-white car",
    "",
]


def images(captions):
    return Images([str(row) for row in range(len(captions))], [""] * len(captions), captions)


def score(captions, *descriptions, **options):
    return PresenceRanker(**options).score(images(captions), descriptions)


def counted(captions, *descriptions):
    """Returns the rows that count, for each description."""
    found = score(captions, *descriptions).scores >= PresenceRanker.shows_at
    return [column.nonzero()[0].tolist() for column in found.T]


@pytest.mark.parametrize(
    ("description", "rows"),
    [
        ("girl in tree", [0]), ("trees with girls", [0]), ("a girl climbing", [0]),
        ("brown dog", [1, 2]), ("dogs that are brown", [1, 2]), ("a running dog", [1]),
        ("2 dogs", [1]), ("two dogs", [1]), ("man", [3]), ("a woman sits", [3]),
        ("black and white cars", [3]), ("black-and-white", [3]), ("black white", [3]),
        ("t-shirt", [1]), ("tshirts", [1]), ("T shirt", [1]), ("red dog", [2]), ("red car", []),
        ("girl or dog", [0, 1, 2]), ("red or black car", [3]), ("car/tree", [0, 3]),
        ("no dog", []), ("dog without ball", []), ("treetop", []), ("ant", []),
    ],
)  # fmt: skip
def test_by_hand(description, rows):
    assert counted(CAPTIONS, description) == [rows]


def test_partial_matches_order_the_rest_and_never_count():
    texts = ["a dog", "a red ball", "a red dog", "a cat", "a dog", "a dog"]
    scores = score(texts, "red dog", partial=True).scores[:, 0]
    dog, red = (1 + np.log(7 / (1 + count)) for count in (4, 2))
    np.testing.assert_allclose(
        scores, [dog / (dog + red), red / (dog + red), 1, 0, *[dog / (dog + red)] * 2], rtol=1e-6
    )
    assert scores[1] > scores[0]  # the rarer word says more
    assert score(texts, "red dog").scores[:, 0].tolist() == [0, 0, 1, 0, 0, 0]
    long = " ".join(f"w{number}x" for number in range(5_000))
    assert 0 < score([long], f"{long} zebra", partial=True).scores[0, 0] < 1


def test_spelling_of_compounds_does_not_matter():
    texts = ["a skateboard", "a skate board", "skate-boards", "a skate on a board", "ice cream"]
    for text in ("skateboards", "skate board", "skate-board"):
        assert counted(texts, text)[0][:3] == [0, 1, 2]
    assert counted(texts, "skateboard") == [[0, 1, 2]]
    assert counted(texts, "icecream", "ice-cream") == [[4], [4]]
    assert counted(["a close up of a dog", "a dog close to a wall"], "close-up") == [[0]]


def test_words_that_nobody_wrote_are_said():
    found = score(CAPTIONS, "a blue tree", "a blurry tree", "trees")
    assert found.notes == ['No caption mentions "blue" or "blurry".']
    assert (found.scores[:4, :2] < 1).all() and found.scores[0, 2] == 1
    many = score(CAPTIONS, *(f"{letter * 60} tree" for letter in "bcdefghijklmnop"))
    assert many.notes[0].endswith("or 7 other words.") and len(many.notes[0]) < 400
    assert not score(CAPTIONS, "a tree").notes


def test_what_can_not_be_scored():
    found = score(CAPTIONS, "in the", "", "?!", "dog")
    assert np.isnan(found.scores[:, :3]).all()
    assert np.isnan(found.scores[4, 3]) and np.isfinite(found.scores[:4, 3]).all()
    assert found.notes == ['No word to look for in "in the", "" or "?!".']
    assert np.isnan(score(["", " ", "...", None], "dog").scores).all()
    assert score(["", ""], "dog").notes == []
    assert score([], "dog").scores.shape == (0, 1) and score(CAPTIONS).scores.shape == (5, 0)
    with pytest.raises(ValueError, match="captions"):
        PresenceRanker().score(Images(["1"], ["x"]), ["dog"])


def test_progress_is_reported_and_can_stop():
    told = []
    PresenceRanker().score(images(["a dog"] * 40_001), ["dog"], lambda *one: told.append(one))
    assert [round(share, 2) for share, _ in told] == [0.5, 1.0]
    assert "20,000 of 40,001 captions" in told[0][1]


def test_parts_of_a_description():
    assert [part.word for part in parts("The red or blue cars, and a car")] == [
        "red or blue",
        "cars",
    ]
    assert [part.word for part in parts("or a dog or")] == ["dog"]
    assert [part.word for part in parts("<i>cat</i> and/or dogs")] == ["cat or dogs"]
    assert parts("a/") == parts("") == parts("of the") == []


def test_by_name():
    for name in ("words", "tfidf", None):
        ranker = make_ranker(name, None)
        assert isinstance(ranker, PresenceRanker) and isinstance(ranker, Ranker)
        assert ranker.name == "words" and ranker.needs == "captions" and ranker.shows_at == 1
    assert make_ranker({"name": "words", "partial": True}, None).parameters == {"partial": True}
    with pytest.raises(ValueError, match="max_words|partial"):
        make_ranker({"name": "words", "max_words": 2}, None)


FORMS = {
    "dog": ["dog", "dogs", "Dogs'"], "woman": ["woman", "women", "women's"],
    "run": ["run", "runs", "running", "ran"], "red": ["red", "RED"], "leaf": ["leaf", "leaves"],
    "sit": ["sit", "sits", "sat", "sitting"], "city": ["city", "cities"], "no": ["no"],
    "on": ["on"], "the": ["the", "a"],
}  # fmt: skip
CONTENT = sorted(set(FORMS) - {"on", "the"})
LEMMAS = st.lists(st.sampled_from(sorted(FORMS)), max_size=6)


@st.composite
def spelled(draw, lemmas):
    """Draws a text that says lemmas in any order and inflection."""
    return " ".join(draw(st.sampled_from(FORMS[name])) for name in draw(st.permutations(lemmas)))


@st.composite
def texts(draw):
    return [draw(spelled(lemmas)) for lemmas in draw(st.lists(LEMMAS, min_size=1, max_size=8))]


@given(texts(), st.lists(st.sampled_from(CONTENT), min_size=1, max_size=3), st.data())
def test_order_and_inflection_do_not_matter(captions, lemmas, data):
    one, other = data.draw(spelled(lemmas)), data.draw(spelled([*lemmas, "the", "on"]))
    for partial in (False, True):
        scores = score(captions, one, other, partial=partial).scores
        np.testing.assert_array_equal(scores[:, 0], scores[:, 1])


@given(texts(), st.lists(st.sampled_from(CONTENT), min_size=1, max_size=3), LEMMAS)
def test_more_words_never_make_more_images_count(captions, lemmas, more):
    fewer, all_of_them = counted(captions, " ".join(lemmas), " ".join([*lemmas, *more]))
    assert set(all_of_them) <= set(fewer)


@given(texts(), st.lists(st.sampled_from(CONTENT), min_size=1, max_size=3), st.data())
def test_a_count_is_what_sets_of_words_say(captions, lemmas, data):
    whole = {form.casefold(): name for name, forms in FORMS.items() for form in forms}
    holding = [
        row
        for row, caption in enumerate(captions)
        if {whole[word.casefold()] for word in caption.split()} >= set(lemmas)
    ]
    assert counted(captions, data.draw(spelled(lemmas))) == [holding]


@given(texts(), LEMMAS)
def test_partial_matches_count_the_same(captions, lemmas):
    plain, partial = (
        score(captions, " ".join(lemmas), "red dog", partial=partial).scores
        for partial in (False, True)
    )
    np.testing.assert_array_equal(plain == 1, partial == 1)
    assert not (partial < plain).any()


@given(texts(), LEMMAS, st.data())
def test_a_permutation_of_images_permutes_the_scores(captions, lemmas, data):
    order = data.draw(st.permutations(range(len(captions))))
    forward = score(captions, " ".join(lemmas), "red dog").scores
    shuffled = score([captions[row] for row in order], " ".join(lemmas), "red dog").scores
    np.testing.assert_array_equal(shuffled, forward[order])


@given(st.lists(st.text(max_size=40), max_size=5), st.lists(st.text(max_size=40), max_size=4))
def test_hostile_text(captions, descriptions):
    found = score(captions, *descriptions, partial=True)
    assert found.scores.shape == (len(captions), len(descriptions))
    known = found.scores[np.isfinite(found.scores)]
    assert ((known >= 0) & (known <= 1)).all()
    for row, caption in enumerate(captions):
        if caption.strip():
            own = score([*captions, caption], caption).scores[row, 0]
            assert own == 1 or np.isnan(own)
