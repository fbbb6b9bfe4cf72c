"""Are two sets different at all: against scikit-learn, under no difference, with clusters."""

import numpy as np
import pytest

from visdiff_plugin.evidence.separability import separability


def sets(rng, n=60, d=10, effect=0.0):
    features = rng.normal(size=(2 * n, d))
    features[:n, 0] += effect
    return features, np.arange(2 * n) < n


def test_a_difference_is_seen_and_the_answer_mirrors():
    features, in_a = sets(np.random.default_rng(0), effect=1.5)
    found = separability(features, in_a, np.random.default_rng(1))
    mirrored = separability(features, ~in_a, np.random.default_rng(1))
    assert found.auroc > 0.75 and found.p_value == 1 / 200
    assert (found.n_a, found.n_b, found.permutations) == (60, 60, 199)
    assert mirrored.auroc == pytest.approx(found.auroc, abs=1e-6)
    assert mirrored.p_value == found.p_value


def test_the_auroc_is_that_of_scikit_learns_ridge():
    from sklearn.linear_model import Ridge
    from sklearn.metrics import roc_auc_score

    from visdiff_plugin.evidence import separability as module

    features, in_a = sets(np.random.default_rng(2), d=7, effect=0.8)
    found = separability(features, in_a, np.random.default_rng(3), permutations=1)
    folds = module._folds(in_a, np.arange(len(in_a)), np.random.default_rng(3))
    scaled = (features - features.mean(0)) / features.std(0)
    aurocs = []
    for fold in range(5):
        fit, test = folds != fold, folds == fold
        model = Ridge(alpha=7, fit_intercept=False).fit(scaled[fit], in_a[fit] - in_a.mean())
        aurocs.append(roc_auc_score(in_a[test], model.predict(scaled[test])))
    assert found.auroc == pytest.approx(np.mean(aurocs), abs=1e-6)
    wide = np.hstack([features, np.random.default_rng(4).normal(size=(120, 200))])
    assert 0.3 < separability(wide, in_a, np.random.default_rng(3)).auroc < 1  # more than images


def test_p_is_uniform_where_there_is_nothing():
    small = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        features, in_a = sets(rng, n=20, d=6)
        small += separability(features, in_a, rng, permutations=39).p_value <= 0.1
    assert 4 <= small <= 22  # 12 expected


def test_copies_in_two_folds_are_no_difference():
    rng = np.random.default_rng(5)
    units = np.arange(40).repeat(6)
    features = rng.normal(size=(40, 8))[units] + 0.01 * rng.normal(size=(240, 8))
    in_a = units < 20
    torn = separability(features, in_a, np.random.default_rng(6))
    whole = separability(features, in_a, np.random.default_rng(6), units=units)
    assert torn.p_value < 0.05 < whole.p_value
    assert (whole.n_a, whole.n_b) == (20, 20)


def test_pairs_are_swapped_and_strata_are_compared_within():
    rng = np.random.default_rng(7)
    scenes = np.tile(np.arange(50), 2)
    in_a = np.arange(100) < 50
    shift = np.zeros((100, 6))
    shift[in_a, 0] = 0.8
    features = 3 * rng.normal(size=(50, 6))[scenes] + shift + 0.2 * rng.normal(size=(100, 6))
    plain = separability(features, in_a, np.random.default_rng(8))
    paired = separability(features, in_a, np.random.default_rng(8), units=scenes, paired=True)
    assert paired.p_value < plain.p_value
    strata = (rng.random(100) < np.where(in_a, 0.9, 0.1)).astype(int)
    confounded = rng.normal(size=(100, 4)) + 2 * strata[:, None]
    assert separability(confounded, in_a, np.random.default_rng(9)).p_value < 0.02
    within = separability(confounded, in_a, np.random.default_rng(9), strata=strata)
    assert within.p_value > 0.05


def test_too_few_images_are_not_judged():
    features, in_a = sets(np.random.default_rng(0), n=7)
    assert separability(features, in_a, np.random.default_rng(0)) is None
    constant = separability(np.ones((40, 3)), np.arange(40) < 20, np.random.default_rng(0))
    assert (constant.auroc, constant.p_value) == (0.5, 1.0) or constant.p_value > 0.05


def test_within_pairs_a_small_difference_shows_through_a_large_scatter():
    """Every pair has a level of its own, far larger than what sets A and B apart."""
    rng = np.random.default_rng(3)
    level = 20 * rng.standard_normal((60, 5))
    a = level + rng.standard_normal((60, 5)) + 1.0
    b = level + rng.standard_normal((60, 5))
    features, in_a = np.concatenate([a, b]), np.repeat([True, False], 60)
    pairs = np.tile(np.arange(60), 2)
    among_all = separability(features, in_a, np.random.default_rng(0))
    within = separability(features, in_a, np.random.default_rng(0), units=pairs, paired=True)
    assert within.auroc > 0.9 and within.p_value <= 0.01
    assert among_all.auroc < 0.7
    none = separability(
        np.concatenate([b, b + 0.01 * rng.standard_normal(b.shape)]), in_a,
        np.random.default_rng(0), units=pairs, paired=True,
    )  # fmt: skip
    assert none.p_value > 0.01
