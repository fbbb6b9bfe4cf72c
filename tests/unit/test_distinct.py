"""Order of rows: the strongest, then what is strong and says something else; gains beside it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.distinct import Gains, Row, order_rows


def row(effect, words, side="a"):
    return Row(effect, side, frozenset(frozenset((word,)) for word in words.split()))


def ordered(scores, in_a, rows=None, strata=None):
    rows = rows or [row(0.1, f"w{place}") for place in range(scores.shape[1])]
    gains = Gains(scores, in_a, strata)
    order = order_rows(rows, gains.first(len(rows)))
    return order, [gains.take(place) for place in order]


def planted(n, rng, *effects):
    in_a = np.arange(n) < n // 2
    return in_a, rng.normal(size=(n, len(effects))) + np.outer(in_a, effects)


def test_the_strongest_is_first_and_restatements_sink():
    in_a, scores = planted(400, np.random.default_rng(0), 1.0, 0.7, 1.5, 0.4)
    rows = [row(0.26, "brown horse"), row(0.18, "green field"), row(0.35, "horse"),
            row(0.1, "fence")]  # fmt: skip
    order, gains = ordered(scores, in_a, rows)
    # .26 x (1 - 1/2) is under .18: half of what it says is said
    assert order == [2, 1, 0, 3]
    assert gains[0] == max(gains) and all(0 <= gain <= 1 for gain in gains)


def test_words_of_the_other_side_are_not_said_yet():
    in_a, scores = planted(400, np.random.default_rng(1), 1.5, -0.9, 0.5)
    rows = [row(0.35, "white horse"), row(0.24, "brown horse", "b"), row(0.14, "field")]
    assert ordered(scores, in_a, rows)[0] == [0, 1, 2]


def test_of_equal_strength_the_general_goes_first():
    in_a, scores = planted(400, np.random.default_rng(2), 2.0, 0.7, 0.7)
    rows = [row(0.4, "snow"), row(0.2, "small brown dog"), row(0.195, "dog")]
    assert ordered(scores, in_a, rows)[0] == [0, 2, 1]


def test_gains_are_those_of_least_squares():
    rng = np.random.default_rng(1)
    in_a = rng.random(200) < 0.4
    scores = rng.normal(size=(200, 4)) + np.outer(in_a, [1, 0.5, 0, -0.8])
    order, gains = ordered(scores, in_a)
    ranks = scores.argsort(0).argsort(0).astype(float)

    def explained(columns):
        design = np.column_stack([np.ones(200), ranks[:, columns]])
        fitted = design @ np.linalg.lstsq(design, in_a.astype(float), rcond=None)[0]
        return 1 - ((in_a - fitted) ** 2).sum() / ((in_a - in_a.mean()) ** 2).sum()

    for place in range(1, 5):
        assert sum(gains[:place]) == pytest.approx(explained(order[:place]), abs=1e-9)


def test_within_pairs_only_what_differs_inside_them_counts():
    rng = np.random.default_rng(4)
    pairs = np.repeat(np.arange(100), 2)
    in_a = np.tile([True, False], 100)
    prompt = np.repeat(rng.normal(size=100) * 10, 2)
    scores = np.stack([prompt + 0.3 * in_a, rng.normal(size=200) + 0.8 * in_a], axis=1)
    assert ordered(scores, in_a)[0][0] == 1
    assert ordered(scores, in_a, strata=pairs)[0][0] == 0


@given(st.integers(0, 10_000))
def test_swapping_the_sets_keeps_the_order(seed):
    rng = np.random.default_rng(seed)
    in_a = np.arange(60) < 25
    scores = rng.integers(0, 6, size=(60, 5)) + np.outer(in_a, rng.normal(size=5))
    scores[rng.random((60, 5)) < 0.1] = np.nan
    words = [" ".join(rng.choice(["dog", "cat", "red", "old"], 2)) for _ in range(5)]
    effects, sides = rng.random(5) / 2, rng.choice(["a", "b"], 5)
    rows = [row(*of) for of in zip(effects, words, sides, strict=True)]
    other = [row(effect, word, "b" if side == "a" else "a")
             for effect, word, side in zip(effects, words, sides, strict=True)]  # fmt: skip
    forward, backward = ordered(scores, in_a, rows), ordered(scores, ~in_a, other)
    assert forward[0] == backward[0] and sorted(forward[0]) == list(range(5))
    assert forward[1] == pytest.approx(backward[1], abs=1e-9)
    assert all(0 <= gain <= 1 for gain in forward[1]) and sum(forward[1]) <= 1 + 1e-9


def test_constant_and_missing_scores_add_nothing():
    in_a = np.arange(20) < 10
    scores = np.stack([np.ones(20), np.full(20, np.nan), np.arange(20.0)], axis=1)
    order, gains = ordered(scores, in_a)
    assert order[0] == 2 and gains[1:] == [0.0, 0.0]
    assert ordered(np.zeros((20, 0)), in_a) == ([], [])
    with pytest.raises(ValueError, match="both sets"):
        Gains(scores, np.ones(20, bool))
