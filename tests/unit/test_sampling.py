"""Seeded splits and subsets that depend on which images a set holds, not on their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.sampling import cross_fit, draw, generator, split

ids = st.lists(st.uuids().map(str), min_size=2, max_size=60, unique=True)


@given(ids, st.integers(0, 5), st.randoms(), st.data())
def test_the_parts_do_not_depend_on_the_order(chosen, seed, random, data):
    n = data.draw(st.integers(1, len(chosen) - 1))
    shuffled = random.sample(chosen, len(chosen))
    one = split(chosen, n, generator(seed, chosen))
    other = split(shuffled, n, generator(seed, shuffled))
    assert {chosen[row] for row in one.proposal} == {shuffled[row] for row in other.proposal}
    assert sorted((*one.proposal, *one.evidence)) == list(range(len(chosen)))
    assert len(one.proposal) == n and one.held_out


def test_images_that_a_proposer_can_use_are_set_apart_first():
    chosen = [str(n) for n in range(10)]
    usable = [n in (1, 4, 7) for n in range(10)]
    found = split(chosen, 4, generator(0, chosen), usable)
    assert {1, 4, 7} < set(found.proposal)


def test_without_holding_out_both_are_everything():
    whole = split(["c", "a", "b"], 0, generator(0, ["a"]))
    assert whole.proposal == whole.evidence and set(whole.proposal) == {0, 1, 2}
    assert not whole.held_out
    with pytest.raises(ValueError, match="under 2 proposal images, got 2"):
        split(["a", "b"], 2, generator(0, ["a"]))


def test_seed_and_stream_change_the_draw():
    chosen = [str(n) for n in range(100)]
    draws = {tuple(draw(range(100), 20, generator(s, chosen, t))) for s in (0, 1) for t in (0, 1)}
    assert len(draws) == 4


@given(st.integers(0, 40), st.integers(1, 40))
def test_a_draw_has_no_repeats_and_takes_what_there_is(n, size):
    drawn = draw(range(n), size, generator(0, ["x"]))
    assert len(drawn) == len(set(drawn)) == min(n, size)


@given(ids)
def test_cross_fitting_makes_every_image_evidence_once(chosen):
    one, other = cross_fit(chosen, generator(0, chosen))
    assert one.proposal == other.evidence and one.evidence == other.proposal
    assert sorted((*one.evidence, *other.evidence)) == list(range(len(chosen)))
    assert one.held_out and other.held_out
