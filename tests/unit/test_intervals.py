"""Intervals of an AUROC: coverage where sets are small, and agreement with the test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visdiff_plugin.evidence.adjusted import adjusted
from visdiff_plugin.evidence.clustered import clustered
from visdiff_plugin.evidence.intervals import auroc_interval, on_side
from visdiff_plugin.evidence.paired import paired
from visdiff_plugin.evidence.statistics import two_sample

scores = hnp.arrays(
    np.float64,
    st.integers(2, 25),
    elements=st.one_of(st.integers(-2, 2).map(float), st.floats(-5, 5, allow_subnormal=False)),
)
levels = st.sampled_from([0.05, 0.005, 0.3])


def agrees(sample, level):
    low, high = sample.interval_at(level)
    assert 0 <= low <= sample.auroc <= high <= 1
    if sample.auroc > 0.5:
        assert (low > 0.5) == (sample.p_greater <= level / 2), sample
    elif sample.auroc < 0.5:
        assert (high < 0.5) == (sample.p_less <= level / 2), sample


@given(scores, scores, st.floats(0, 8), levels)
@settings(max_examples=300, deadline=None)
def test_interval_and_test_agree(a, b, gap, level):
    agrees(two_sample(a + gap, b), level)
    agrees(two_sample(a, b + gap), level)


@given(st.integers(0, 10_000), st.floats(0, 3), levels)
@settings(max_examples=60, deadline=None)
def test_interval_and_test_agree_under_every_design(seed, gap, level):
    rng = np.random.default_rng(seed)
    n = 60
    in_a, codes = rng.random(n) < 0.4, rng.integers(0, 8, n)
    values = (rng.normal(size=n) + gap * in_a).round(int(rng.integers(0, 3)))
    samples = (
        adjusted(values, in_a, codes),
        paired(values, in_a, codes),
        clustered(values, in_a, None, rng.integers(0, 20, n)),
        clustered(values, in_a, codes % 2, rng.integers(0, 20, n)),
    )
    for sample in samples:
        if sample is not None:
            agrees(sample, level)


@pytest.mark.parametrize(
    ("n_a", "n_b", "truth"), [(12, 30, 0.9), (50, 50, 0.97), (20, 2_000, 0.97), (15, 15, 0.6)]
)
def test_the_interval_covers_in_small_sets_and_near_1(n_a, n_b, truth):
    from scipy.special import ndtri

    rng = np.random.default_rng(1)
    shift, covered = np.sqrt(2) * ndtri(truth), 0
    for _ in range(300):
        low, high = two_sample(rng.normal(shift, 1, n_a), rng.normal(size=n_b)).interval
        covered += low <= truth <= high
    assert covered / 300 >= 0.93


def test_hand_values():
    # logit(.75) = 1.0986; 1.96 * .05 / (.75 * .25) = .5226
    low, high = auroc_interval(0.75, 0.05, (500, 500), (1e-6, 1.0))
    assert (low, high) == pytest.approx((0.6402, 0.8349), abs=1e-4)
    wide = auroc_interval(0.75, 0.05, (500, 500), (1e-6, 1.0), level=0.05 / 30)
    assert wide[0] < low and wide[1] > high
    # a test that is less sure than the standard error: z of p is 1.2816, so the test-based end
    # is expit(1.0986 * (1 - 1.96 / 1.2816)) = .3585
    assert auroc_interval(0.75, 0.05, (500, 500), (0.1, 0.9))[0] == pytest.approx(0.3585, abs=1e-4)
    # Wilson's interval of 10 of 10 pairs is (.7225, 1), Clopper and Pearson's begins at .6915
    pairs = auroc_interval(1.0, 0.0, (10, 10), (0.001, 1.0), share=True)
    assert pairs == pytest.approx((0.6915, 1.0), abs=1e-4)
    with pytest.raises(ValueError, match="Expected an AUROC"):
        auroc_interval(1.1, 0.1, (5, 5), (0.5, 0.5))


def test_what_a_test_has_found_is_kept_of_a_wider_interval():
    assert on_side((0.4, 0.8), True) == (pytest.approx(0.5, abs=1e-5), 0.8)
    assert on_side((0.3, 0.6), False) == (0.3, pytest.approx(0.5, abs=1e-5))
    assert on_side((0.6, 0.8), True) == (0.6, 0.8)
    low, high = on_side((0.4, 0.8), True)
    assert low > 0.5


@pytest.mark.parametrize(("n", "differing", "of"), [(100, 10, 30), (30, 10, 30)])
def test_the_interval_for_all_candidates_covers_the_one_that_is_largest(n, differing, of):
    from scipy.special import ndtri

    truth = np.where(np.arange(of) < differing, 0.6, 0.5)
    shift = np.sqrt(2) * ndtri(truth)
    covered, alone = 0, 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        found = [two_sample(rng.normal(gap, 1, n), rng.normal(size=n)) for gap in shift]
        best = max(range(of), key=lambda one: abs(found[one].auroc - 0.5))
        low, high = found[best].interval_at(0.05 / of)
        covered += low <= truth[best] <= high
        alone += found[best].interval[0] <= truth[best] <= found[best].interval[1]
    assert covered / 150 >= 0.95 > alone / 150
