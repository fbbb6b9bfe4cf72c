"""Exact and permutation p against scipy, enumeration and what must be equal."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visdiff_plugin.evidence.counts import count_chances, count_tails
from visdiff_plugin.evidence.draws import p_from_draws
from visdiff_plugin.evidence.nulls import TiedRanks
from visdiff_plugin.evidence.rank_test import Ties, count_p, permutation_p, tie_term
from visdiff_plugin.evidence.statistics import two_sample

values = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=30).map(np.array)


def wins(a, b):
    return float(((a[:, None] > b) + 0.5 * (a[:, None] == b)).sum())


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(*[st.integers(0, n)] * 2, st.just(n))))
def test_counts_agree_with_scipy(case):
    from scipy.stats import hypergeom

    yes, drawn, total = case
    counts, chances = count_chances(yes, drawn, total)
    reference = hypergeom(total, yes, drawn)
    assert chances == pytest.approx(reference.pmf(counts), rel=1e-9)
    for count in counts.tolist():
        assert count_tails(count, yes, drawn, total) == pytest.approx(
            (reference.sf(count - 1), reference.cdf(count)), rel=1e-9
        )


def test_counts_of_millions_and_far_out():
    from scipy.stats import hypergeom

    for case in ((50, 60, 500, 10**6), (250_500, 500_000, 500_000, 10**6)):
        reference = hypergeom(case[3], case[1], case[2])
        assert count_tails(*case)[0] == pytest.approx(reference.sf(case[0] - 1), rel=1e-6)
    assert 0 < count_tails(60, 60, 500, 10**6)[0] < 1e-150
    with pytest.raises(ValueError, match="0 to 4"):
        count_tails(5, 4, 5, 9)
    with pytest.raises(ValueError, match="0 to 3 images"):
        count_chances(4, 1, 3)


@given(st.integers(0, 10_000))
@settings(deadline=None)
def test_yes_and_no_is_fishers_exact_test(seed):
    from scipy.stats import fisher_exact

    rng = np.random.default_rng(seed)
    a, b = (rng.random(n) < 0.3 for n in rng.integers(2, 40, 2))
    table = [[a.sum(), (~a).sum()], [b.sum(), (~b).sum()]]
    expected = [fisher_exact(table, side).pvalue for side in ("greater", "less")]
    assert count_p(int(a.sum()), a.size, int(b.sum()), b.size) == pytest.approx(expected)
    found = two_sample(a.astype(float), b.astype(float))
    if 0 < a.sum() + b.sum() < a.size + b.size:
        assert (found.p_greater, found.p_less) == pytest.approx(expected)


@given(values, values)
def test_p_counts_all_ways_to_deal_the_images(a, b):
    a, b = a[:5], b[:6]
    both = np.concatenate([a, b])
    sizes = np.unique(both, return_counts=True)[1]
    own = wins(a, b)
    ways = []
    for chosen in itertools.combinations(range(both.size), a.size):
        dealt = np.isin(np.arange(both.size), chosen)
        ways.append(wins(both[dealt], both[~dealt]))
    expected = np.mean(np.array(ways) >= own), np.mean(np.array(ways) <= own)
    assert permutation_p(own, a.size, b.size, sizes) == pytest.approx(expected)


@pytest.mark.parametrize("sizes", [(3, 5), (8, 8), (20, 31), (60, 12), (7, 400)])
def test_without_ties_p_is_scipys_exact_one(sizes):
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(1)
    a, b = rng.normal(0.4, 1, sizes[0]), rng.normal(size=sizes[1])
    found = permutation_p(wins(a, b), *sizes, np.ones(sum(sizes), int))
    for p, side in zip(found, ("greater", "less"), strict=True):
        expected = mannwhitneyu(a, b, alternative=side, method="exact").pvalue
        assert p == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("sizes", [(15, 300), (60, 60), (200, 10)])
def test_draws_agree_with_scipys_and_with_counting(sizes):
    from scipy.stats import permutation_test

    rng = np.random.default_rng(2)
    a, b = (np.maximum(rng.normal(gap, 1, n), 0).round(1)
            for gap, n in zip((0.35, 0.0), sizes, strict=True))  # fmt: skip
    groups = np.unique(np.concatenate([a, b]), return_counts=True)[1]
    found = permutation_p(wins(a, b), *sizes, groups)
    reference = permutation_test(
        (a, b), wins, alternative="greater", n_resamples=4_000, rng=np.random.default_rng(3)
    )
    assert found[0] == pytest.approx(reference.pvalue, abs=0.03)
    null = TiedRanks.of(groups, min(sizes)).exact()
    drawn = TiedRanks.of(groups, min(sizes)).draw(20_000, np.random.default_rng(4))
    n, few, many = sum(sizes), *sorted(sizes)
    variance = few * many / 3 * (n + 1 - tie_term(groups) / (n * (n - 1)))
    assert drawn.var() == pytest.approx(variance, rel=0.05)
    if null is not None:
        assert (null.values**2 * null.chances).sum() == pytest.approx(variance, rel=1e-9)


def test_many_images_are_drawn_without_a_pool():
    sizes = np.array([9_000, *[1] * 5_000])
    drawn = TiedRanks.of(sizes, 40).draw(4_000, np.random.default_rng(0))
    n = sizes.sum()
    variance = 40 * (n - 40) / 3 * (n + 1 - tie_term(sizes) / (n * (n - 1)))
    assert drawn.var() == pytest.approx(variance, rel=0.1)
    assert abs(drawn.mean()) < 5 * np.sqrt(variance / 4_000)


@given(values, values)
def test_p_mirrors_exactly(a, b):
    found, mirrored = two_sample(a, b), two_sample(b, a)
    assert (found.p_greater, found.p_less) == pytest.approx(
        (mirrored.p_less, mirrored.p_greater), rel=1e-12
    )


@pytest.mark.parametrize("sizes", [(30, 30), (20, 45)])
def test_p_from_draws_mirrors_exactly(sizes):
    rng = np.random.default_rng(5)
    a, b = (np.maximum(rng.normal(size=n), 0).round(2) for n in sizes)
    groups = np.unique(np.concatenate([a, b]), return_counts=True)[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("visdiff_plugin.evidence.nulls._MOST_ADDITIONS", 0)
        found = permutation_p(wins(a, b), *sizes, groups)
        assert permutation_p(wins(b, a), *sizes[::-1], groups) == found[::-1]
    assert found == pytest.approx(permutation_p(wins(a, b), *sizes, groups), abs=0.02)


def test_the_test_is_chosen_by_sizes_and_ties_alone():
    assert not Ties(12, 484, 0.0, 496, 1).normal  # exact
    assert Ties(500, 500, 0.0, 1_000, 1).normal
    assert Ties(50, 200_000, 0.0, 200_050, 1).normal  # evenly spread ranks
    few = np.array([970, *[1] * 30])
    assert not Ties(30, 970, tie_term(few), 31, 970).normal
    assert not Ties(500, 500, tie_term(few), 31, 970).normal
    assert not Ties(5_000, 5_000, 0.0, 2, 9_000).normal  # two scores are counted
    half = np.array([5_000, *[1] * 5_000])
    assert Ties(5_000, 5_000, tie_term(half), 5_001, 5_000).normal


def test_draws_never_give_a_p_of_zero_and_stop_where_nothing_is_rare():
    counts = []

    def draw(count, rng):
        counts.append(count)
        found = rng.normal(size=count)
        return found, found

    assert p_from_draws(draw, (10.0, 10.0)) == (1 / 100_001, 1.0)
    assert counts == [2_000, 98_000]
    counts.clear()
    p = p_from_draws(draw, (0.5, 0.5))
    assert counts == [2_000] and p[0] == pytest.approx(0.31, abs=0.03)


def test_labels_dealt_at_random_are_seldom_called_different():
    """12 images against 484, 50 classes: the normal approximation has .45 here."""
    reported = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        labels = np.eye(50)[rng.integers(0, 50, 496)]
        p = [two_sample(one[:12], one[12:]) for one in labels.T]
        reported += min(min(one.p_greater, one.p_less) for one in p) * 100 <= 0.05
    assert reported <= 10
