"""What a description says, and which says another: lists of alternatives, special cases."""

from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.said import implies, overlap, parts, said

_TEXT = st.text(alphabet=st.sampled_from("abc ,./;-'ORor suchas"), max_size=60) | st.lists(
    st.sampled_from("car, cars truck bus, and or such as the on a red street; .".split()),
    max_size=12,
).map(" ".join)


def alternatives(text):
    return [sorted(part.own) for part in parts(text)]


def test_a_list_of_examples_is_one_part():
    wanted = [["bus", "car", "truck", "vehicle"]]
    for text in (
        "vehicles such as cars, trucks or buses",
        "vehicles such as cars, trucks, or buses",
        "vehicles such as a car, a truck and a bus",
        "Vehicles such as car, truck, bus.",
    ):
        assert alternatives(text) == wanted


def test_a_list_ends_where_another_thought_begins():
    assert alternatives("red vehicles such as cars or trucks on a street") == [
        ["red"], ["car", "truck", "vehicle"], ["street"],
    ]  # fmt: skip
    # of an item of several words, its last
    assert alternatives("animals such as polar bears, brown dogs") == [["animal", "bear", "dog"]]
    assert alternatives("such as cars") == [["car"]]
    assert alternatives("vehicles such as") == [["vehicle"]]


def test_joined_words_are_looked_for_and_mean_nothing_of_their_own():
    (snow, board) = parts("snow board")
    assert "snowboard" in snow.lemmas & board.lemmas
    assert said("black dog") == {frozenset(("black",)), frozenset(("dog",))}


def test_special_says_general():
    kinds, car, tree = said("vehicles such as cars or buses"), said("car"), said("tree")
    assert implies(car, kinds) and not implies(kinds, car)
    assert implies(said("tree branch"), tree) and not implies(tree, said("tree branch"))
    assert implies(said("red car"), kinds) and not implies(tree, kinds)
    assert implies(tree, said("the"))


def test_overlap_by_hand():
    above = frozenset(("car", "red"))
    assert overlap(said("red tree"), above) == 0.5
    assert overlap(said("vehicles such as car, bus or truck"), above) == 0.25
    assert overlap(said("the"), above) == 0.0


@given(_TEXT, _TEXT, _TEXT)
def test_implying_is_an_order(one, two, three):
    first, second, third = said(one), said(two), said(three)
    assert implies(first, first)
    if implies(first, second) and implies(second, third):
        assert implies(first, third)
    assert 0 <= overlap(first, frozenset().union(*second)) <= 1
    assert overlap(first, frozenset().union(*first)) in (0.0, 1.0)


@given(_TEXT)
def test_any_text_has_parts_of_words(text):
    for part in parts(text):
        assert part.own and all(lemma.strip() for lemma in part.own)
