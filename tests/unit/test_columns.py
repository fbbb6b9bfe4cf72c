"""Columns at once give what columns one by one give; groups count what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visdiff_plugin.columns import two_sample_columns
from visdiff_plugin.groups import group
from visdiff_plugin.statistics import two_sample

numbers = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([-0.0, 1e-45, -1e-45, 3e38, -3e38]),
    st.floats(width=32, allow_nan=False, allow_infinity=False),
)
sides = st.tuples(*[hnp.arrays(np.float32, st.integers(2, 40), elements=numbers)] * 2)


@given(sides, st.sampled_from([np.float32, np.float64]), st.booleans())
def test_groups_are_the_distinct_values_with_their_counts(pair, dtype, shifted):
    # a third of a float64 does not fit in float32, and takes the other way
    a, b = (side.astype(dtype) / (3 if shifted and dtype is np.float64 else 1) for side in pair)
    found = group(a, b)
    values = np.unique(np.concatenate([a, b]))
    assert np.array_equal(found.values, values)
    assert found.in_a.tolist() == [int((a == one).sum()) for one in values]
    assert found.in_b.tolist() == [int((b == one).sum()) for one in values]


def test_moments_of_equal_values_are_exact():
    found = two_sample(np.full(3, 0.1), np.full(7, 0.1))
    assert (found.mean_a, found.mean_b, found.welch_t, found.auroc) == (0.1, 0.1, None, 0.5)
    assert found.standard_error == 0.0


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("threads", [None, 1, 3])
def test_columns_are_those_one_by_one(order, threads):
    rng = np.random.default_rng(2)
    scores = np.array(rng.normal(0.2, 0.05, (600, 11)), np.float32, order=order)
    scores[:, 3] = scores[:, 3].round(1)  # ties
    scores[rng.random(600) < 0.1, 4] = np.nan  # not scored
    scores[2:, 5] = np.nan
    rows_a, rows_b = rng.permutation(600)[:200], np.arange(0, 600, 4)
    found = two_sample_columns(scores, rows_a, rows_b, threads)
    assert found[5] is None and len(found) == 11
    for column in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10):
        a, b = scores[rows_a, column], scores[rows_b, column]
        assert found[column] == two_sample(a[np.isfinite(a)], b[np.isfinite(b)])


def test_columns_of_something_else_are_refused():
    with pytest.raises(ValueError, match=r"\(n, k\), got shape \(4,\)"):
        two_sample_columns(np.zeros(4), [0, 1], [2, 3])
    assert two_sample_columns(np.zeros((4, 0)), [0, 1], [2, 3]) == []
