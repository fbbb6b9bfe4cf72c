"""Which images are evidence: clusters and pairs stay together, small sets are cross-fitted."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.config import Config
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.rounds.holdout import plan_folds
from visdiff_plugin.sampling import generator, split_units

OFFLINE = Config.preset("offline", subset_size=5, rounds=2)


class Proposer:
    name = "any"


def plan(n_a, n_b, units=None, config=OFFLINE, proposer=Proposer(), **ties):  # noqa: B008
    names = [f"a{i:03}" for i in range(n_a)], [f"b{i:03}" for i in range(n_b)]
    rows = list(range(n_a)), list(range(n_a, n_a + n_b))
    codes = None if units is None else np.asarray(units, np.int32)
    design = Design(clusters=codes) if units is not None else Design(**ties)
    return plan_folds(names, [None, None], rows, design, config, proposer)


def units_of(split, units, offset=0):
    return {units[row + offset] for row in split}


def test_no_unit_is_on_both_sides():
    units = [i // 4 for i in range(60)] * 2  # scenes that both sets show
    folds, note = plan(60, 60, units)
    assert len(folds) == 2 and note is None
    for a, b in folds:
        seen = units_of(a.proposal, units) | units_of(b.proposal, units, 60)
        rest = units_of(a.evidence, units) | units_of(b.evidence, units, 60)
        assert a.held_out and seen and rest and not seen & rest
        assert 5 <= len(a.proposal) <= 30
    assert set(folds[0][0].proposal) != set(folds[1][0].proposal)


def test_units_that_cannot_be_divided_are_said_not_to_be_held_out():
    folds, note = plan(40, 40, [0] * 40 + [1] * 40)
    assert not folds[0][0].held_out and "too few or too large" in note


def test_images_of_no_known_unit_stand_for_themselves():
    folds, note = plan(40, 40, [-1] * 80)
    assert folds[0][0].held_out and note is None and len(folds[0][0].proposal) == 5


def test_a_round_is_tested_on_all_that_it_did_not_see():
    folds, note = plan(40, 30)
    assert note is None and len(folds) == 2
    for a, b in folds:
        assert [len(a.proposal), len(b.proposal)] == [5, 5]
        assert sorted([*a.proposal, *a.evidence]) == list(range(40))
        assert len(b.evidence) == 25
    assert not set(folds[0][0].proposal) & set(folds[1][0].proposal)


def test_small_sets_leave_two_thirds_as_evidence_and_tiny_ones_say_that_they_can_not():
    folds, note = plan(9, 40)
    assert [len(side.proposal) for side in folds[0]] == [3, 5] and "saw 3 images of A" in note
    folds, note = plan(7, 40)
    assert not folds[0][0].held_out and len(folds[0][0].evidence) == 7 and "Not held out" in note
    assert plan(7, 40, proposer=None)[1] is None
    folds, note = plan(40, 40, config=replace(OFFLINE, held_out=False))
    assert not folds[0][0].held_out and note is None and len(folds[0][0].proposal) == 5


def test_a_proposer_of_whole_sets_sees_a_third_a_round():
    class Whole(Proposer):
        whole = True

    folds, _ = plan(40, 30, proposer=Whole())
    assert [[len(side.proposal) for side in fold] for fold in folds] == [[13, 10]] * 2
    assert not set(folds[0][0].proposal) & set(folds[1][0].proposal)
    folds, _ = plan(40, 30, proposer=None)  # for thresholds
    assert [len(side.proposal) for side in folds[0]] == [13, 10] and len(folds) == 1
    folds, _ = plan(40, 30, proposer=Whole(), config=replace(OFFLINE, held_out=False))
    assert [len(side.proposal) for side in folds[0]] == [40, 30]


@given(st.lists(st.integers(0, 12), min_size=8, max_size=60), st.integers(0, 99), st.data())
def test_units_are_never_torn_and_swapping_the_sets_mirrors(units, seed, data):
    n_a = data.draw(st.integers(3, len(units) - 3))
    names = [f"{i}.jpg" for i in range(len(units))]
    both = (names[:n_a], names[n_a:]), (units[:n_a], units[n_a:])
    found = split_units(*both, (3, 3), generator(seed, names))
    turned = split_units(
        (names[n_a:], names[:n_a]), (units[n_a:], units[:n_a]), (3, 3), generator(seed, names)
    )
    assert (found is None) == (turned is None)
    if found is None:
        return
    assert turned == found[::-1]
    seen = {units[row] for row in found[0].proposal} | {units[n_a + r] for r in found[1].proposal}
    rest = {units[row] for row in found[0].evidence} | {units[n_a + r] for r in found[1].evidence}
    assert not seen & rest


def drawn_pairs(codes, n_a, seed=0, **changes):
    """Returns the folds of paired sets, and those of the sets the other way round."""
    names = [f"{i}.jpg" for i in range(n_a)], [f"{i}.jpg" for i in range(n_a, len(codes))]
    rows = list(range(n_a)), list(range(n_a, len(codes)))
    design, config = Design(pairs=np.asarray(codes, np.int32)), replace(OFFLINE, seed=seed)
    config = replace(config, **changes)
    plain = plan_folds(names, [None, None], rows, design, config, Proposer())
    turned = plan_folds(names[::-1], [None, None], rows[::-1], design, config, Proposer())
    return plain, turned


@given(st.lists(st.integers(-1, 9), min_size=16, max_size=60), st.integers(0, 99), st.data())
def test_row_k_of_a_and_row_k_of_b_are_one_pair_and_swapping_mirrors(codes, seed, data):
    n_a = data.draw(st.integers(8, len(codes) - 8))
    (folds, _), (turned, _) = drawn_pairs(codes, n_a, seed)
    shared = set(codes[:n_a]) & set(codes[n_a:]) - {-1}
    assert [(b, a) for a, b in folds] == turned
    if not folds[0][0].held_out:
        return  # few or no pairs: the note says so, and the next test looks at it
    for a, b in folds:
        of_a = [codes[row] for row in a.proposal]
        of_b = [codes[n_a + row] for row in b.proposal]
        assert of_a == of_b and set(of_a) <= shared and 2 <= len(of_a) <= 5
        # no image of a pair that was shown is evidence, and some whole pair is
        left = [{codes[row] for row in a.evidence}, {codes[n_a + row] for row in b.evidence}]
        assert not set(of_a) & (left[0] | left[1]) and (left[0] & left[1]) - {-1}
        assert len(set(a.apart)) == len(a.apart)


def test_pairs_without_captions_are_not_drawn_and_few_pairs_are_not_held_out():
    names = [f"a{i:02}" for i in range(30)], [f"b{i:02}" for i in range(30)]
    rows, codes = (list(range(30)), list(range(30, 60))), [*range(30)] * 2
    usable = [[i % 2 == 0 for i in range(30)], [i % 3 == 0 for i in range(30)]]
    design = Design(pairs=np.array(codes, np.int32))
    folds, note = plan_folds(names, usable, rows, design, OFFLINE, Proposer())
    for a, b in folds:
        assert a.proposal == b.proposal and set(a.proposal) <= {0, 6, 12, 18, 24} and a.held_out
    # three pairs among many images: whole pairs are shown, all images are evidence
    few = [0, 1, 2, *[-1] * 27]
    (folds, note), _ = drawn_pairs(few * 2, 30)
    assert sorted(folds[0][0].proposal) == sorted(folds[0][1].proposal) == [0, 1, 2]
    assert not folds[0][0].held_out and "pairs too few" in note
    (folds, note), _ = drawn_pairs([*range(12)] * 2, 12)
    assert len(folds[0][0].proposal) == 4 and "saw 4 images of A and 4 of B" in note
