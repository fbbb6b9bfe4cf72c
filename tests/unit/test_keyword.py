"""Keyword proposals: hand values, planted differences, symmetry, and real captions."""

import csv
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.proposers.keyword import KeywordProposer, log_odds_z
from visdiff_plugin.proposers.phrases import phrases
from visdiff_plugin.stages import Images, Proposer


def images(captions):
    return Images([str(i) for i in range(len(captions))], [""] * len(captions), captions)


def proposals(a, b, **options):
    return list(KeywordProposer(**options).propose(images(a), images(b)).proposals)


@pytest.fixture
def rows(shared):
    """Returns a function that reads the rows of one of the shared folders."""

    def read(name):
        with (shared / "data" / name / "samples.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))

    return read


def test_z_by_hand():
    # prior 10 x 10/40 = 2.5: pseudo-counts 10.5 with and 19.5 without in A, 4.5 and 25.5 in B
    delta = math.log(10.5 / 19.5) - math.log(4.5 / 25.5)
    error = math.sqrt(1 / 10.5 + 1 / 19.5 + 1 / 4.5 + 1 / 25.5)
    assert log_odds_z(8, 20, 2, 20, 10.0) == pytest.approx(delta / error)
    assert log_odds_z(2, 20, 8, 20, 10.0) == -log_odds_z(8, 20, 2, 20, 10.0)
    assert log_odds_z(5, 20, 10, 40, 10.0) == pytest.approx(0)
    assert log_odds_z(20, 20, 20, 20, 10.0) == 0


def test_a_planted_phrase_comes_first():
    a = ["a dog runs through the snow"] * 6 + ["a dog on a sofa"] * 6
    b = ["a dog on a sofa"] * 12
    assert proposals(a, b) == ["snow", "dog runs through snow"]


def test_an_image_counts_once():
    a = ["red kite. red kite. red kite. red kite", "a bench", "a bench", "a tree"]
    b = ["a bench", "a tree", "a tree", "a tree"]
    assert "red kite" not in proposals(a, b, min_z=0.1)


def test_nothing_is_over_represented():
    same = ["a dog on grass", "a cat on a mat"] * 5
    assert proposals(same, same) == []
    assert proposals([], same) == proposals(same, ["", " "]) == []
    reply = KeywordProposer().propose(Images(["1"], ["x"]), Images(["2"], ["y"]))
    assert list(reply.proposals) == []


def test_forms_of_a_word_count_together():
    a = ["a dog running", "dogs run", "the dog ran", "dogs running"]
    assert proposals(a, ["a cat"] * 4) == ["dog", "running", "dog running"]


def test_phrases_are_no_fragments():
    found = {
        phrase.text for phrase in phrases("A man in a red hat is standing on the top, while he", 3)
    }
    assert "man in red hat" in found and "red hat standing" in found
    for text in found:
        first, last = text.split()[0], text.split()[-1]
        assert not {first, last} & {"a", "in", "the", "on", "while", "he", "top", "is"}
    assert not any(
        "cat" in phrase.text and "dog" in phrase.text for phrase in phrases("dog. cat", 3)
    )


def test_the_longer_phrase_stands_for_the_shorter_but_not_for_a_word():
    a = ["a woman doing yoga"] * 9 + ["yoga mat"]
    found = proposals(a, ["a man on a rock"] * 10)
    assert found == ["yoga", "woman", "woman doing yoga"]


def test_a_word_stands_beside_its_special_cases():
    b = ["a red car"] * 10
    found = proposals(["a yellow bird"] * 5 + ["a bird on a branch"] * 5, b)
    assert found[0] == "bird" and "yellow bird" in found
    found = proposals(["a yellow bird"] * 10, b)
    assert found == ["bird", "yellow bird"]  # the same evidence: the general one first


def test_a_word_both_sides_say_leaves_its_special_case():
    red, blue = ["a red car"] * 8, ["a blue car"] * 8
    assert proposals(red + blue[:2], red[:2] + blue) == ["red car"]


def test_a_rare_special_case_is_not_worth_a_test():
    a = ["a dog on grass"] * 20 + ["a dog with a ball"] * 18 + ["a brown dog"] * 2
    found = proposals(a, ["a cat"] * 40)
    assert "dog" in found and "brown dog" not in found


@pytest.mark.parametrize("word", ["man", "woman", "people", "boy", "girls"])
def test_who_is_there_is_an_answer(word):
    assert proposals([f"{word} on a road"] * 9, ["a car on a road"] * 9)[0] == word


def test_words_that_say_nothing_do_not_stand_alone():
    a = ["a red group on the side", "the front of a red group"] * 5
    assert not {"red", "group", "side", "front"} & set(proposals(a, ["a cat"] * 10))


def test_a_noun_before_another_is_a_word_and_an_adjective_is_not():
    found = proposals(["a soccer player on a snowy hill"] * 9, ["a cat"] * 9)
    assert {"soccer", "player", "hill"} <= set(found) and "snowy" not in found


CAPTIONS = st.lists(
    st.lists(st.sampled_from("a dog dogs running in the red snow hat on woman . and".split()),
             max_size=7).map(" ".join),
    min_size=1, max_size=12,
)  # fmt: skip


@given(CAPTIONS, CAPTIONS, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_sides_exclude_each_other(a, b, rng):
    forward, backward = proposals(a, b), proposals(b, a)
    shuffled_a, shuffled_b = rng.sample(a, len(a)), rng.sample(b, len(b))
    assert proposals(shuffled_a, shuffled_b) == forward
    assert proposals(shuffled_b, shuffled_a) == backward
    assert not set(forward) & set(backward)
    assert len(forward) == len(set(forward)) <= 15


def test_yoga_captions(rows):
    table = [row for row in rows("yoga") if row["blip2_caption"]]
    a, b = ([row["blip2_caption"] for row in table if row["set"] == side] for side in "ab")
    assert proposals(a, b)[:3] == ["yoga", "woman doing yoga", "woman"]
    assert proposals(b, a)[:2] == ["meditating", "man"]


def test_dogs_in_snow_and_on_grass(rows):
    joined = ["\n".join(row[f"caption_{i}"] for i in range(1, 6)) for row in rows("flickr8k")]
    dogs = [text for text in joined if text.lower().count("dog") >= 3]
    snow = [text for text in dogs if "snow" in text]
    grass = [text for text in dogs if "grass" in text and "snow" not in text]
    assert len(snow) > 20 and len(grass) > 50
    found = proposals(snow, grass)
    assert found[0] == "snow" and "snowy field" in found
    assert proposals(grass, snow)[0] == "grass"


def test_two_halves_of_one_set_differ_less_than_two_sets(rows):
    table = [row["caption_1"] for row in rows("flickr8k")]
    random.Random(0).shuffle(table)
    assert len(proposals(table[:500], table[500:], min_z=3.0)) <= 2
    beach = [text for text in table if "beach" in text]
    street = [text for text in table if "street" in text]
    assert proposals(beach, street, min_z=3.0)[0] == "beach"


@pytest.mark.parametrize("options", [{"n": 0}, {"max_words": 0}, {"min_images": 0}, {"min_z": 0},
                                     {"prior": 0}])  # fmt: skip
def test_wrong_numbers(options):
    with pytest.raises(ValueError, match="Expected n, max_words"):
        KeywordProposer(**options)


def test_proposers_by_name(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    keyword = make_proposer("keyword", n=10)
    assert isinstance(keyword, Proposer) and keyword.parameters["n"] == 15 and keyword.whole
    assert make_proposer({"name": "keyword", "n": 4}).parameters["n"] == 4
    assert make_proposer(keyword) is keyword
    spec = {"name": "openai:llama3.2", "base_url": "http://localhost:11434/v1"}
    asked = make_proposer(spec, n=7, context="cats")
    assert asked.name == "caption_llm" and asked.needs == "captions"
    chosen = {name: asked.parameters[name] for name in ("model", "n", "context")}
    assert chosen == {"model": "llama3.2", "n": 7, "context": "cats"}
    alias = make_proposer({"name": "caption_llm", "base_url": "http://localhost/v1"})
    assert alias.parameters["model"] == "gpt-4o-mini"


@pytest.mark.parametrize("spec", ["gpt", "keyword:3", 5, {"name": "keyword", "size": 3}])
def test_unknown_proposers(spec):
    with pytest.raises(ValueError, match="keyword|n, max_words"):
        make_proposer(spec)
