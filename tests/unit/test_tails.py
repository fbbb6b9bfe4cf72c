"""Concentrated differences, strata that go opposite ways, and families of hypotheses."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visdiff_plugin.evidence.columns import two_sample_columns
from visdiff_plugin.evidence.crossing import Crossing, crossing
from visdiff_plugin.evidence.families import benjamini_hochberg, holm
from visdiff_plugin.evidence.groups import group
from visdiff_plugin.evidence.rank_test import count_p
from visdiff_plugin.evidence.tails import nested_p, tail_of, tail_under
from visdiff_plugin.evidence.tops import CUTS, top_of


def tail(a, b):
    return tail_of(top_of(group(a, b)), a.size, b.size)


def planted(n, of_a, of_b, rng, binary=False):
    """The first images of each set score far above all others."""
    a, b = rng.normal(size=n), rng.normal(size=n)
    a[:of_a] += 10
    b[:of_b] += 10
    return (1.0 * (a > 5), 1.0 * (b > 5)) if binary else (a, b)


def test_the_top_is_counted_and_never_tears_ties_apart():
    a, b = np.array([5.0, 5.0, 1.0, 0.0] + [0.0] * 46), np.array([5.0] + [0.0] * 49)
    found = top_of(group(a, b))
    # of 100 images, 1 may not split the three that are equal; 3, 5, 7, 10 take them and the next
    assert found.in_a == (0, 0, 2, 3, 3, 3) and found.in_b == (0, 0, 1, 1, 1, 1)
    assert found.least == (np.inf, np.inf, 5.0, 1.0, 1.0, 1.0)
    assert len(CUTS) == 6
    yes = top_of(group(1.0 * (a > 0), 1.0 * (b > 0)))
    assert (yes.in_a, yes.in_b, yes.least) == ((3,), (1,), (1.0,))


@pytest.mark.parametrize("rounded", [None, 1, 0])
def test_compiled_loops_find_the_same_top(rounded, monkeypatch):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(700, 3)).astype(np.float32)
    scores = scores if rounded is None else np.maximum(scores.round(rounded), 1)
    scores[:, 2] = scores[:, 2] > 1.5
    rows = np.arange(0, 700, 3), np.setdiff1d(np.arange(700), np.arange(0, 700, 3))
    plain = [one.top for one in two_sample_columns(scores, *rows)]
    monkeypatch.setattr("visdiff_plugin.evidence.columns._LONG", 0)
    assert [one.top for one in two_sample_columns(scores, *rows)] == plain
    assert len(plain[2].in_a) == 1


@pytest.mark.parametrize(("n", "of_a", "of_b"), [(500, 25, 2), (1_000, 20, 0)])
def test_what_few_images_of_one_set_show_is_found(n, of_a, of_b):
    for binary, seed in itertools.product((True, False), range(5)):
        a, b = planted(n, of_a, of_b, np.random.default_rng(seed), binary)
        found = tail(a, b)
        assert found.favors == "a" and found.p_favored < 5e-4
        mirrored = tail(b, a)
        assert (mirrored.p_less, mirrored.above_b) == (found.p_greater, found.above_a)
        assert mirrored.favors == "b" and mirrored.least == found.least
        assert found.same is binary
        if binary:
            assert (found.share_a, found.share_b) == (of_a / n, of_b / n)


def test_p_of_nested_cuts_counts_all_ways_to_deal_the_images():
    sizes, own, total = [1, 3, 4], 4, 9
    chances = []
    for chosen in itertools.combinations(range(total), own):
        of_a = np.isin(np.arange(total), chosen)
        above = [int(of_a[:size].sum()) for size in sizes]
        p = [
            count_p(a, own, size - a, total - own)[0] for a, size in zip(above, sizes, strict=True)
        ]
        chances.append(min(p))
    for smallest in sorted(set(chances)):
        expected = np.mean(np.array(chances) <= smallest + 1e-12)
        assert nested_p(smallest, sizes, own, total) == pytest.approx(expected)


def test_equal_sets_seldom_have_a_different_top():
    rng = np.random.default_rng(1)
    p = [tail(rng.normal(size=200), rng.normal(size=60)).p_greater for _ in range(300)]
    assert np.mean(np.array(p) <= 0.05) <= 0.085


def test_images_that_hang_together_are_tested_by_what_is_given():
    a, b = planted(500, 25, 2, np.random.default_rng(2))
    top = top_of(group(a, b))
    asked = []

    def tested(least):
        asked.append(least)
        return 0.01, 1.0

    found = tail_under(top, (500, 500), tested)
    assert found.p_greater == pytest.approx(0.01 * 6) and found.p_less == 1.0
    assert asked and set(asked) <= set(top.least)
    assert tail_under(top, (500, 500), lambda least: None).p_greater == 1.0


def strata_case(rng, turns, n=60):
    codes = np.tile(np.arange(len(turns)).repeat(n), 2)
    in_a = np.arange(codes.size) < codes.size // 2
    return rng.normal(size=codes.size) + np.array(turns)[codes] * in_a, in_a, codes


def test_opposite_differences_are_found_by_stratum():
    scores, in_a, codes = strata_case(np.random.default_rng(3), (1.2, -1.2, 0.0))
    found = crossing(scores, in_a, codes)
    assert found.p < 1e-4
    of_a, of_b = found.opposite()
    assert [one.stratum for one in of_a] == [0] and [one.stratum for one in of_b] == [1]
    assert of_a[0].interval[0] > 0.5 > of_b[0].interval[1]
    mirrored = crossing(scores, ~in_a, codes)
    assert mirrored.p == pytest.approx(found.p)
    assert [one.stratum for one in mirrored.opposite()[0]] == [1]


def test_one_direction_is_no_crossing():
    scores, in_a, codes = strata_case(np.random.default_rng(4), (1.2, 1.2, 0.0))
    found = crossing(scores, in_a, codes)
    assert found.p > 0.05 and found.opposite() == ([], [])
    assert [one.stratum for one in found.effects] == [0, 1, 2]
    assert crossing(scores, in_a, np.zeros_like(codes)).p == 1.0
    assert crossing(scores, in_a, codes, np.arange(codes.size)).effects[0].auroc == pytest.approx(
        found.effects[0].auroc
    )


def test_no_images_are_no_crossing():
    none = np.empty(0)
    assert crossing(none, none.astype(bool), none.astype(int)) == Crossing((), 1.0)


def test_equal_strata_seldom_seem_to_cross():
    rng = np.random.default_rng(5)
    p = [crossing(*strata_case(rng, (0.0,) * 4, 12)).p for _ in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.03


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(deadline=None)
def test_holm_agrees_with_statsmodels(p):
    from statsmodels.stats.multitest import multipletests

    found = holm(np.array(p))
    assert found == pytest.approx(multipletests(p, method="holm")[1])
    assert (found >= benjamini_hochberg(np.array(p)) - 1e-12).all()


def test_a_family_is_one_of_probabilities():
    assert holm(np.array([])).size == 0
    with pytest.raises(ValueError, match="Expected"):
        holm(np.array([1.2]))
