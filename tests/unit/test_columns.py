"""Columns at once give what columns one by one give; groups count what is there."""

from dataclasses import fields
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visdiff_plugin.evidence.columns import two_sample_columns
from visdiff_plugin.evidence.groups import group
from visdiff_plugin.evidence.statistics import two_sample

numbers = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([-0.0, 1e-45, -1e-45, 3e38, -3e38]),
    st.floats(width=32, allow_nan=False, allow_infinity=False),
)
sides = st.tuples(*[hnp.arrays(np.float32, st.integers(2, 40), elements=numbers)] * 2)


@given(sides, st.sampled_from([np.float32, np.float64]))
def test_groups_are_the_distinct_values_with_their_counts(pair, dtype):
    a, b = (side.astype(dtype) for side in pair)
    found = group(a, b)
    values = np.unique(np.concatenate([a, b]))
    assert np.array_equal(found.values, values)
    assert found.in_a.tolist() == [int((a == value).sum()) for value in values]
    assert found.in_b.tolist() == [int((b == value).sum()) for value in values]


def alike(found, expected, scale=1.0):
    """All numbers agree to what two orders of adding up float64 leave; scores reach ``scale``."""
    assert (found is None) == (expected is None)
    if found is None:
        return
    for member in fields(found):
        mine, other = getattr(found, member.name), getattr(expected, member.name)
        if member.name == "top":
            assert mine == other
            continue
        assert (mine is None) == (other is None), member.name
        if mine is not None:
            least = 1e-12 * (scale if member.name.startswith("mean") else 1.0)
            if member.name.startswith("welch") and abs(expected.mean_a - expected.mean_b) < (
                1e-3 * scale
            ):
                continue  # the difference of two means keeps few of their digits
            assert mine == pytest.approx(other, rel=1e-9, abs=least), member.name


@given(sides, st.sampled_from([1e-3, 0.3, 1.0, 1e6]))
def test_compiled_loops_find_what_numpy_finds(pair, scale):
    a, b = (np.clip(side, -1, 1) * np.float32(scale) for side in pair)
    both = np.concatenate([[np.nan], a, b, [np.inf]]).astype(np.float32)[:, None]
    rows = np.arange(a.size + 1), np.arange(a.size + 1, both.size)
    with patch("visdiff_plugin.evidence.columns._LONG", 0):
        alike(two_sample_columns(both, *rows)[0], two_sample(a, b), float(scale))


def test_compiled_loops_are_exact_at_the_edges():
    values = np.array([0.0, -0.0, 1e-45, -1e-45, 3e38, -3e38, 1.0, 1.0, -1.0, 2.0], np.float32)
    with patch("visdiff_plugin.evidence.columns._LONG", 0):
        for chosen in (values, values[:4], values[6:]):  # the first takes 64 bits
            column = np.concatenate([chosen, chosen[::-1]])[:, None]
            rows = np.arange(0, len(column), 3), np.arange(1, len(column), 3)
            expected = two_sample(*(column[r, 0] for r in rows))
            alike(two_sample_columns(column, *rows)[0], expected, float(np.abs(chosen).max()))


def test_moments_of_equal_values_are_exact():
    found = two_sample(np.full(3, 0.1), np.full(7, 0.1))
    assert (found.mean_a, found.mean_b, found.welch_t, found.auroc) == (0.1, 0.1, None, 0.5)
    assert found.standard_error == 0.0


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("threads", [None, 3])
@pytest.mark.parametrize("long", [0, 10_000])
def test_columns_are_those_one_by_one(order, threads, long, monkeypatch):
    monkeypatch.setattr("visdiff_plugin.evidence.columns._LONG", long)
    rng = np.random.default_rng(2)
    scores = np.array(rng.normal(0.2, 0.05, (600, 11)), np.float32, order=order)
    scores[:, 3] = scores[:, 3].round(1)  # ties
    scores[rng.random(600) < 0.1, 4] = np.nan  # not scored
    scores[2:, 5] = np.nan
    rows_a, rows_b = rng.permutation(600)[:200], np.arange(0, 600, 4)
    rows_b = np.setdiff1d(rows_b, rows_a)
    found = two_sample_columns(scores, rows_a, rows_b, threads=threads)
    assert found[5] is None and len(found) == 11
    for column in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10):
        a, b = scores[rows_a, column], scores[rows_b, column]
        alike(found[column], two_sample(a[np.isfinite(a)], b[np.isfinite(b)]))
    some = two_sample_columns(scores, rows_a, rows_b, columns=[7, 3])
    assert [one.auroc for one in some] == [found[7].auroc, found[3].auroc]


def test_columns_of_something_else_are_refused():
    with pytest.raises(ValueError, match=r"\(n, k\), got shape \(4,\)"):
        two_sample_columns(np.zeros(4), [0, 1], [2, 3])
    assert two_sample_columns(np.zeros((4, 0)), [0, 1], [2, 3]) == []
