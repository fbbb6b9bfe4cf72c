"""Evidence against scipy, scikit-learn's definitions, hand values and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visdiff_plugin.evidence.families import benjamini_hochberg
from visdiff_plugin.evidence.intervals import auroc_interval
from visdiff_plugin.evidence.rank_test import normal_tails, tie_term
from visdiff_plugin.evidence.statistics import (
    separating_threshold,
    skewness_sign,
    two_sample,
    wilson_interval,
)

scores = hnp.arrays(
    np.float64,
    st.integers(2, 40),
    elements=st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, allow_subnormal=False)),
)


def brute_force_auroc(a, b):
    return np.mean([(x > y) + (x == y) / 2 for x in a for y in b])


def test_hand_values():
    found = two_sample(np.array([3.0, 2.0]), np.array([1.0, 2.0]))
    # pairs: 3>1, 3>2, 2>1, 2=2 -> 3.5 of 4
    assert found.auroc == 3.5 / 4
    # placements of A: 2, 1.5; of B: 2, 1.5 -> variance 1/8 each, over 2 * 2^2 each
    assert found.standard_error == pytest.approx(np.sqrt(2 * 0.125 / 8))
    assert (found.mean_a, found.mean_b) == (2.5, 1.5)


@given(scores, scores)
def test_auroc_counts_pairs_and_mirrors(a, b):
    found, mirrored = two_sample(a, b), two_sample(b, a)
    assert found.auroc == pytest.approx(brute_force_auroc(a, b), abs=1e-12)
    assert mirrored.auroc == pytest.approx(1 - found.auroc, abs=1e-12)
    assert mirrored.standard_error == pytest.approx(found.standard_error, abs=1e-12)
    assert mirrored.p_greater == pytest.approx(found.p_less, abs=1e-12)
    assert mirrored.interval == pytest.approx(
        (1 - found.interval[1], 1 - found.interval[0]), abs=1e-9
    )
    low, high = found.interval
    assert 0 <= low <= found.auroc <= high <= 1


@given(scores, scores)
def test_tests_agree_with_scipy(a, b):
    from scipy import stats

    found = two_sample(a, b)
    if np.ptp(np.concatenate([a, b])) == 0:
        assert (found.p_greater, found.p_less, found.welch_t) == (1.0, 1.0, None)
        return
    sizes = np.unique(np.concatenate([a, b]), return_counts=True)[1]
    p_normal = normal_tails(found.auroc * a.size * b.size, a.size, b.size, tie_term(sizes))
    for side, p in zip(("greater", "less"), p_normal, strict=True):
        reference = stats.mannwhitneyu(a, b, alternative=side, method="asymptotic")
        assert p == pytest.approx(reference.pvalue, rel=1e-9, abs=1e-15)
    if found.welch_t is not None and np.var(a) + np.var(b) > 1e-9 * np.ptp([*a, *b]) ** 2:
        reference = stats.ttest_ind(a, b, equal_var=False)
        assert found.welch_t == pytest.approx(reference.statistic, rel=1e-6, abs=1e-9)
        assert found.welch_p == pytest.approx(reference.pvalue, rel=1e-6, abs=1e-12)


def test_delong_agrees_with_the_structural_components_written_out():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.7, 1, 60).round(1), rng.normal(0, 1, 45).round(1)
    kernel = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    variance = kernel.mean(1).var(ddof=1) / len(a) + kernel.mean(0).var(ddof=1) / len(b)
    assert two_sample(a, b).standard_error == pytest.approx(np.sqrt(variance))


def test_the_interval_covers_the_true_auroc():
    rng = np.random.default_rng(1)
    truth = 0.7602499389065233  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    covered = 0
    for _ in range(400):
        low, high = two_sample(rng.normal(1, 1, 60), rng.normal(0, 1, 60)).interval
        covered += low <= truth <= high
    assert 0.91 <= covered / 400 <= 0.985


def test_perfect_separation_is_not_certainty():
    found = two_sample(np.arange(10.0) + 100, np.arange(20.0))
    assert found.auroc == 1.0
    # ten of ten successes: Clopper-Pearson's lower bound, .025 ** (1 / 10)
    assert found.interval == pytest.approx((0.6915, 1.0), abs=1e-4)
    assert auroc_interval(0.0, 0.0, (10, 20), (1.0, 1e-6)) == pytest.approx((0.0, 0.3085), abs=1e-4)


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 2)), np.array([1.0]), np.array([1.0, np.nan]), np.array([1.0, np.inf])]
)
def test_wrong_scores_are_refused(bad):
    with pytest.raises(ValueError, match="Expected"):
        two_sample(bad, np.array([1.0, 2.0]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_agrees_with_scipy(p):
    from scipy import stats

    assert benjamini_hochberg(np.array(p)) == pytest.approx(stats.false_discovery_control(p))


def test_benjamini_hochberg_hand_values_and_errors():
    # 4 tests: .01 * 4, .02 * 4 / 2, .03 * 4 / 3, .5
    assert benjamini_hochberg(np.array([0.5, 0.01, 0.03, 0.02])) == pytest.approx(
        [0.5, 0.04, 0.04, 0.04]
    )
    for bad in ([1.5], [float("nan")], [[0.1]]):
        with pytest.raises(ValueError, match="Expected"):
            benjamini_hochberg(np.array(bad))


def test_the_threshold_separates():
    a, b = np.array([3.0, 4.0, 5.0, 1.0]), np.array([0.0, 1.0, 2.0, 2.0])
    assert separating_threshold(a, b, favors_a=True) == 2.5
    assert separating_threshold(b, a, favors_a=False) == 2.5
    assert separating_threshold(np.array([0.0, 1.0]), np.array([0.0, 0.0]), True) == 0.5
    assert separating_threshold(np.array([2.0, 2.0]), np.array([2.0, 2.0]), True) == 2.0


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy(case):
    from scipy import stats

    reference = stats.binomtest(case[0], case[1]).proportion_ci(method="wilson")
    assert wilson_interval(*case) == pytest.approx((reference.low, reference.high), abs=1e-9)


def test_wilson_refuses_nonsense():
    with pytest.raises(ValueError, match="3 of 2"):
        wilson_interval(3, 2)


def test_skewness_sign():
    assert skewness_sign(np.array([1.0, 1.0, 1.0, 9.0])) == 1
    assert skewness_sign(np.array([9.0, 9.0, 9.0, 1.0])) == -1
    assert skewness_sign(np.array([1.0, 2.0, 3.0, np.nan])) == 0
    assert skewness_sign(np.array([np.nan])) == 0
