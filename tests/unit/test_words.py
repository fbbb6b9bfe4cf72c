"""Which words a text says, and which forms are one word: a list by hand, and any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.words import STOP_WORDS, lemma, predicate, readings, words

FORMS = """
man men man's men's | woman women woman's | child children children's | person people persons |
wolf wolves | knife knives | shelf shelves | loaf loaves | half halves | life lives |
scarf scarves | tooth teeth | foot feet | goose geese | mouse mice | ox oxen |
sheep | species | deer |
bus buses | grass grasses | dress dresses dressed dressing | glass | lens lenses | gas gases |
bench benches | box boxes | couch couches | brush brushes | lady ladies | puppy puppies |
fly flies flying flew | monkey monkeys | potato potatoes | photo photos | cactus cacti cactuses |
run runs running ran | sit sits sitting sat | stand stands standing stood | swim swimming swam |
ride rides riding rode ridden | hold holding held | wear wears wearing wore worn | lie lies lying |
jump jumps jumping jumped | smile smiling smiled | skate skates skating | ski skis skiing skied |
catch catches catching caught | throw throwing threw thrown | eat eating ate eaten |
fireman firemen | stuntman stuntmen | grandchild grandchildren | snowman snowmen |
t-shirt t-shirts T-Shirt | snowboarder snowboarders | corgi corgis | selfie selfies |
hoodie hoodies | accessory accessories | pitbull pitbulls | frisbee frisbees | drone drones |
two 2 | twelve 12 | café cafe cafes | naïve naive | ﬁsh fish fishes fishing
"""
DIFFERENT = """
man woman | boy girl | news new | lens len | species specie | canvas canva | bus bu | his hi |
hop hope | hopping hoping | starring staring | scarred scared | taping tapping | bear bare |
leaf leave loaf life | wolf wool | calf calm | ground grind | rose rise | left leave | bit bite |
building build | painting paint | parking park | clothing clothe clothes | bedding bed | icing ice |
evening even | wedding wed | glasses glass | woods wood wooden | shorts short | pants panting |
big bigger | runner run | snowboard snow | butterfly butter | sunglasses sun glass | goose good |
born bear | feed fee | does doe | two three | no not
"""


def groups(text):
    return [line.split() for line in text.replace("\n", " ").split("|")]


@pytest.mark.parametrize("forms", groups(FORMS), ids=lambda forms: forms[0])
def test_forms_of_one_word(forms):
    assert len({lemma(form) for form in forms}) == 1


@pytest.mark.parametrize("forms", groups(DIFFERENT), ids=lambda forms: "-".join(forms))
def test_words_that_look_alike(forms):
    assert len({lemma(form) for form in forms}) == len(forms)


def test_a_form_of_two_words_is_said_as_either_and_asked_for_as_the_first():
    assert readings("leaves") == ("leaf", "leave")
    assert readings("lay") == ("lay", "lie")
    assert readings("glasses") == ("glasses", "glass")
    assert readings("sitting") == ("sit",)


def test_words_of_a_text():
    assert words("The girls' T-Shirts, a café’s 2 dogs\u2014\u201cblack-and-white\u201d.") == [
        "the", "girls", "t", "shirts", "a", "cafe", "2", "dogs", "black", "and", "white",
    ]  # fmt: skip
    assert words("it isn't, can't, won't; O'Brien's") == [
        "it", "is", "not", "can", "not", "will", "not", "obrien",
    ]  # fmt: skip
    assert words(" ... ") == words("") == []
    assert words("Привет 狗 étang") == ["привет", "狗", "etang"]


def test_negations_and_numbers_are_no_stop_words():
    assert not STOP_WORDS & {"no", "not", "without", "never", "one", "two", "inside", "outside"}


def test_a_predicate_names_nothing():
    assert predicate("meditates") and predicate("sits")
    assert not any(map(predicate, ("dogs", "grass", "jumps", "meditating", "corgis", "x", "")))


@given(st.text(max_size=60))
def test_any_text(text):
    for word in words(text):
        assert word and word == "".join(words(word))
        first, *_ = readings(word)
        assert first and lemma(word) == first
        assert lemma(lemma(word)) in readings(first)


@given(st.sampled_from([form for forms in groups(FORMS) for form in forms]))
def test_case_and_possessive_do_not_matter(form):
    assert lemma(form) == lemma(form.upper())
    if "'" not in form and not form.isdigit():
        assert lemma(form) == lemma(f"{form}'s") == lemma(f"{form}’s")
