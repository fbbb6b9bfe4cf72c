"""What a reader is shown of a difference: counts, and images at the ends."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from visdiff_plugin.exhibits import BINS, examples, histogram

SCORES = arrays(
    np.float32,
    st.integers(0, 40),
    elements=st.floats(-100, 100, width=32) | st.just(float("nan")) | st.sampled_from([0, 1]),
)


def names(side, scores):
    return [f"{side}{number}" for number in range(len(scores))]


def test_hand_values():
    found = histogram(np.array([0.0, 1.0, 4.0]), np.array([2.0, np.nan]), bins=4)
    assert found == {"edges": [0, 1, 2, 3, 4], "a": [1, 1, 0, 1], "b": [0, 0, 1, 0]}


def test_answers_stand_around_zero_and_one():
    found = histogram(np.array([0.0, 1.0, 1.0]), np.array([0.0]))
    assert found == {"edges": [-0.5, 0.5, 1.5], "a": [1, 2], "b": [1, 0]}


def test_scores_that_are_all_the_same_are_one_bar():
    assert histogram(np.full(3, 0.2), np.full(2, 0.2)) == {
        "edges": [0.2 - 0.5, 0.2 + 0.5],
        "a": [3],
        "b": [2],
    }
    assert histogram(np.array([np.nan]), np.array([])) is None


@given(SCORES, SCORES)
def test_every_score_is_counted_once(a, b):
    found, mirrored = histogram(a, b), histogram(b, a)
    if found is None:
        assert not np.isfinite(a).any() and not np.isfinite(b).any()
        return
    assert sum(found["a"]) == np.isfinite(a).sum() and sum(found["b"]) == np.isfinite(b).sum()
    assert len(found["edges"]) - 1 == len(found["a"]) == len(found["b"]) <= BINS
    assert np.all(np.diff(found["edges"]) > 0)
    assert (mirrored["a"], mirrored["b"]) == (found["b"], found["a"])


@given(SCORES, SCORES)
def test_examples_are_the_ends(a, b):
    found = examples(a, b, names("a", a), names("b", b), n=5)
    for side, scores in (("a", a), ("b", b)):
        high, low = (
            [float(scores[int(item[1:])]) for item in found[f"{end}_{side}"]]
            for end in ("high", "low")
        )
        finite = np.sort(scores[np.isfinite(scores)].astype(float))
        tied = found.get("tied", {}).get(side, 0)
        if tied > 5:  # as many share the lowest score: no examples of anything
            finite = finite[finite > found["tied"]["score"]]
            assert low == [] and len(high) == min(5, finite.size)
        else:
            assert len(high) == len(low) == min(5, finite.size // 2)
        assert low == finite[: len(low)].tolist()
        assert high == finite[::-1][: len(high)].tolist()
        assert not {*found[f"high_{side}"]} & {*found[f"low_{side}"]}


def test_ties_keep_the_order_of_the_images():
    few = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    found = examples(few, np.array([1.0, 3.0, 2.0, 2.0]), list("abcdef"), list("wxyz"), 2)
    assert found == {"high_a": ["b", "c"], "low_a": ["a", "f"], "high_b": ["x", "y"],
                     "low_b": ["w", "z"]}  # fmt: skip


def test_images_tied_at_the_bottom_are_no_examples():
    a, b = np.zeros(40), np.zeros(30)
    a[[5, 9]] = 1, 0.5
    found = examples(a, b, [f"a{n}" for n in range(40)], [f"b{n}" for n in range(30)])
    assert found["high_a"] == ["a5", "a9"] and found["low_a"] == []
    assert found["high_b"] == found["low_b"] == []
    assert found["tied"] == {"score": 0.0, "a": 38, "b": 30}
