"""What is counted, against hand values, and changed pairs that stay pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.evaluation.measures import (
    accuracy_at,
    bootstrap,
    changed,
    concentrated,
    shuffled,
    swapped,
)
from visdiff_plugin.evaluation.pairs import Pair


def pair(n_a, n_b):
    return Pair("p", "a", tuple(f"a/{n}" for n in range(n_a)), tuple(f"b/{n}" for n in range(n_b)))


def from_a(images):
    return sum(path.startswith("a/") for path in images)


sizes = st.integers(2, 40)
shares = st.floats(0, 1)
seeds = st.integers(0, 99)


@pytest.mark.parametrize(
    ("scores", "k", "expected"),
    [([0, 1, 2], 1, 0), ([0, 1, 2], 2, 0.5), ([0, 1, 2], 5, 1), ([], 5, 0), ([2, 0], 1, 1)],
)
def test_the_best_of_the_first_k_counts(scores, k, expected):
    assert accuracy_at(scores, k) == expected


def test_another_score_is_refused():
    with pytest.raises(ValueError, match="0, 1 or 2"):
        accuracy_at([0, 0.5], 5)
    with pytest.raises(ValueError, match="k >= 1"):
        accuracy_at([0], 0)


def test_bootstrap_by_hand_and_beside_the_normal_interval():
    assert bootstrap([0.5] * 7) == (0.5, 0.5, 0.5)
    values = np.repeat([0.0, 1.0], [60, 40])
    mean, low, high = bootstrap(values.tolist())
    error = np.sqrt(0.4 * 0.6 / 100)
    assert mean == pytest.approx(0.4)
    assert [low, high] == pytest.approx([0.4 - 1.96 * error, 0.4 + 1.96 * error], abs=0.015)
    assert bootstrap(values.tolist()) == (mean, low, high)
    with pytest.raises(ValueError, match="at least one pair"):
        bootstrap([])


def test_two_pairs_can_be_drawn_in_four_ways():
    # both first, one of each (twice), both second: the ends are a quarter each
    assert bootstrap([0.0, 1.0]) == (0.5, 0.0, 1.0)


@given(sizes, sizes, shares, seeds)
def test_swapping_loses_and_doubles_no_image(n_a, n_b, purity, seed):
    before = pair(n_a, n_b)
    after = swapped(before, purity, seed)  # Pair itself refuses an image in both sets
    assert (len(after.images_a), len(after.images_b)) == (n_a, n_b)
    together = {*before.images_a, *before.images_b}
    assert {*after.images_a, *after.images_b} == together


@pytest.mark.parametrize(
    ("n_a", "n_b", "purity", "moved"),
    [(100, 100, 1, 0), (100, 100, 0, 50), (100, 100, 0.5, 25), (60, 30, 0, 20)],
)
def test_how_many_are_swapped(n_a, n_b, purity, moved):
    after = swapped(pair(n_a, n_b), purity, 3)
    assert from_a(after.images_b) == moved == n_a - from_a(after.images_a)
    if purity == 0:  # both sets are then the same mixture
        assert from_a(after.images_a) / n_a == from_a(after.images_b) / n_b


@given(st.integers(4, 40), st.integers(4, 40), shares, seeds)
def test_concentration_changes_the_share_alone(n_a, n_b, share, seed):
    after = concentrated(pair(n_a, n_b), share, seed)
    size = min(n_a, n_b // 2)
    assert len(after.images_a) == len(after.images_b) == size
    assert from_a(after.images_a) == round(share * size)
    assert from_a(after.images_b) == 0


@given(sizes, sizes, seeds)
def test_shuffling_deals_all_images_anew(n_a, n_b, seed):
    before = pair(n_a, n_b)
    after = shuffled(before, seed)
    assert (len(after.images_a), len(after.images_b)) == (n_a, n_b)
    assert {*after.images_a, *after.images_b} == {*before.images_a, *before.images_b}


def test_shuffled_sets_are_mixed_and_seeds_differ():
    dealt = [shuffled(pair(200, 200), seed) for seed in range(20)]
    shares = [from_a(one.images_a) / 200 for one in dealt]
    assert 0.45 < np.mean(shares) < 0.55 and len(set(shares)) > 3


@pytest.mark.parametrize("kind", ["purity", "concentration", "shuffle"])
def test_order_and_place_of_the_files_do_not_matter(kind):
    first = pair(20, 20)
    turned = Pair("p", "a", first.images_a[::-1], first.images_b[::-1])
    moved = Pair("p", "a", *(tuple(f"/data/{x}" for x in side)
                             for side in (first.images_a, first.images_b)))  # fmt: skip
    own = changed(first, kind, 0.5, 7)
    assert set(changed(turned, kind, 0.5, 7).images_a) == set(own.images_a)
    assert set(changed(moved, kind, 0.5, 7).images_a) == {f"/data/{x}" for x in own.images_a}
    assert set(changed(first, kind, 0.5, 8).images_a) != set(own.images_a)


def test_what_is_no_share_or_no_change_is_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        swapped(pair(4, 4), 1.5, 0)
    with pytest.raises(ValueError, match="4 of B"):
        concentrated(pair(4, 3), 0.5, 0)
    with pytest.raises(ValueError, match="got 'purify'"):
        changed(pair(4, 4), "purify", 0.5, 0)
    assert changed(pair(4, 4), "none", 1, 0) == pair(4, 4)
