"""Greedy order by conditional gain: different things first, restatements last."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.distinct import order_by_gain


def test_restatements_sink_below_another_thing():
    rng = np.random.default_rng(0)
    in_a = np.arange(400) < 200
    strong = rng.normal(size=400) + 1.5 * in_a
    again = strong + 0.05 * rng.normal(size=400)
    other = rng.normal(size=400) + 0.7 * in_a
    order, gains = order_by_gain(np.stack([again, other, strong], axis=1), in_a)
    assert order[1] == 1 and {order[0], order[2]} == {0, 2}
    assert gains[2] < 0.01 < gains[1] < gains[0]


def test_gains_are_those_of_least_squares():
    rng = np.random.default_rng(1)
    in_a = rng.random(200) < 0.4
    scores = rng.normal(size=(200, 4)) + np.outer(in_a, [1, 0.5, 0, -0.8])
    order, gains = order_by_gain(scores, in_a)
    ranks = scores.argsort(0).argsort(0).astype(float)

    def explained(columns):
        design = np.column_stack([np.ones(200), ranks[:, columns]])
        fitted = design @ np.linalg.lstsq(design, in_a.astype(float), rcond=None)[0]
        return 1 - ((in_a - fitted) ** 2).sum() / ((in_a - in_a.mean()) ** 2).sum()

    for place in range(1, 5):
        assert sum(gains[:place]) == pytest.approx(explained(order[:place]), abs=1e-9)


@given(st.integers(0, 10_000))
def test_swapping_the_sets_keeps_the_order(seed):
    rng = np.random.default_rng(seed)
    in_a = np.arange(60) < 25
    scores = rng.integers(0, 6, size=(60, 5)) + np.outer(in_a, rng.normal(size=5))
    scores[rng.random((60, 5)) < 0.1] = np.nan
    forward, backward = order_by_gain(scores, in_a), order_by_gain(scores, ~in_a)
    assert forward[0] == backward[0] and sorted(forward[0]) == list(range(5))
    assert forward[1] == pytest.approx(backward[1], abs=1e-9)
    assert all(0 <= gain <= 1 for gain in forward[1]) and sum(forward[1]) <= 1 + 1e-9


def test_constant_and_missing_scores_add_nothing():
    in_a = np.arange(20) < 10
    scores = np.stack([np.ones(20), np.full(20, np.nan), np.arange(20.0)], axis=1)
    order, gains = order_by_gain(scores, in_a)
    assert order[0] == 2 and gains[1:] == [0.0, 0.0]
    assert order_by_gain(np.zeros((20, 0)), in_a) == ([], [])
    with pytest.raises(ValueError, match="both sets"):
        order_by_gain(scores, np.ones(20, bool))
