"""Strata, clusters and pairs against brute force, statsmodels, scipy, and what must be equal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visdiff_plugin.evidence.adjusted import adjusted
from visdiff_plugin.evidence.paired import paired, signed_rank
from visdiff_plugin.evidence.statistics import two_sample


def case(seed, n=80, strata=4, ties=True):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n)
    scores = scores.round(1) if ties else scores
    return scores, rng.random(n) < 0.4, rng.integers(0, strata, n)


def pairs_within(scores, in_a, strata):
    won = total = 0.0
    for one in np.unique(strata):
        a, b = scores[in_a & (strata == one)], scores[~in_a & (strata == one)]
        won += ((a[:, None] > b).sum() + 0.5 * (a[:, None] == b).sum()) if a.size * b.size else 0
        total += a.size * b.size
    return won / total


def z_of(found):
    """The statistic without its continuity correction."""
    from scipy.special import ndtri

    return (ndtri(found.p_less) - ndtri(found.p_greater)) / 2


@given(st.integers(0, 10_000))
def test_one_stratum_of_single_images_is_the_plain_comparison(seed):
    scores, in_a, _ = case(seed, n=30)
    if not 2 <= in_a.sum() <= 28:
        return
    plain = two_sample(scores[in_a], scores[~in_a])
    found = adjusted(scores, in_a, None)
    for name in ("auroc", "standard_error", "interval", "p_greater", "p_less", "n_a", "n_b"):
        assert getattr(found, name) == pytest.approx(getattr(plain, name), abs=1e-12), name
    assert (found.n_strata, found.n_clusters) == (1, 30)
    alone = adjusted(scores, in_a, None, np.arange(30))  # each its own cluster
    assert alone.standard_error == pytest.approx(plain.standard_error, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_the_estimate_counts_pairs_within_strata_and_mirrors(seed, strata):
    scores, in_a, codes = case(seed, strata=strata)
    found, mirrored = adjusted(scores, in_a, codes), adjusted(scores, ~in_a, codes)
    assert found.auroc == pytest.approx(pairs_within(scores, in_a, codes), abs=1e-12)
    assert mirrored.auroc == pytest.approx(1 - found.auroc, abs=1e-12)
    assert mirrored.standard_error == pytest.approx(found.standard_error, abs=1e-12)
    assert mirrored.p_less == pytest.approx(found.p_greater, abs=1e-12)
    assert 0 <= found.interval[0] <= found.auroc <= found.interval[1] <= 1


def test_binary_scores_in_strata_of_one_size_are_cochran_mantel_haenszel():
    from statsmodels.stats.contingency_tables import StratifiedTable

    rng = np.random.default_rng(3)
    strata = np.repeat(np.arange(6), 40)
    in_a, scores = rng.random(240) < 0.5, (rng.random(240) < 0.3).astype(float)
    scores[in_a & (rng.random(240) < 0.2)] = 1
    tables = [
        [[np.sum((strata == h) & (in_a == a) & (scores == v)) for v in (1, 0)] for a in (1, 0)]
        for h in range(6)
    ]
    reference = StratifiedTable([np.array(table) for table in tables]).test_null_odds(
        correction=False
    )
    assert z_of(adjusted(scores, in_a, strata)) ** 2 == pytest.approx(reference.statistic)


def test_the_test_of_one_stratum_agrees_with_scipy():
    from scipy.stats import mannwhitneyu

    scores, in_a, _ = case(5)
    reference = mannwhitneyu(
        scores[in_a], scores[~in_a], alternative="greater", method="asymptotic"
    )
    assert adjusted(scores, in_a, None).p_greater == pytest.approx(reference.pvalue, rel=1e-9)


def test_a_confounder_explains_the_difference_away():
    rng = np.random.default_rng(0)
    n, strata = 4_000, np.repeat([0, 1], 2_000)
    in_a = rng.random(n) < np.where(strata == 0, 0.8, 0.2)
    scores = rng.normal(size=n) + 1.0 * (strata == 0)
    raw, under = two_sample(scores[in_a], scores[~in_a]), adjusted(scores, in_a, strata)
    assert raw.auroc > 0.6 and raw.p_greater < 1e-9
    assert abs(under.auroc - 0.5) < 0.03 and min(under.p_greater, under.p_less) > 0.01
    assert under.interval[0] < 0.5 < under.interval[1]


def test_strata_with_one_set_say_nothing():
    scores, in_a, codes = case(7, n=60, strata=3)
    in_a[codes == 1] = True
    within = adjusted(scores, in_a, codes)
    rest = codes != 1
    assert within.auroc == adjusted(scores[rest], in_a[rest], codes[rest]).auroc
    assert (within.n_strata, within.n_a + within.n_b) == (2, int(rest.sum()))
    assert adjusted(scores, in_a, np.where(in_a, 0, 1)) is None
    assert adjusted(scores[:0], in_a[:0], codes[:0]) is None


def obuchowski(a, b, cluster_a, cluster_b):
    """Biometrics 53 (1997), equations as printed, with loops."""
    kernel = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    theta, m, n = kernel.mean(), len(a), len(b)
    v10, v01 = kernel.mean(1), kernel.mean(0)
    clusters = sorted({*cluster_a, *cluster_b})
    first = {c: sum(v10[i] - theta for i in range(m) if cluster_a[i] == c) for c in clusters}
    second = {c: sum(v01[j] - theta for j in range(n) if cluster_b[j] == c) for c in clusters}
    i10, i01, i = len(set(cluster_a)), len(set(cluster_b)), len(clusters)
    s10 = i10 / ((i10 - 1) * m) * sum(x**2 for x in first.values())
    s01 = i01 / ((i01 - 1) * n) * sum(x**2 for x in second.values())
    s11 = i / (i - 1) * sum(first[c] * second[c] for c in clusters)
    return s10 / m + s01 / n + 2 * s11 / (m * n)


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_clusters_have_obuchowskis_variance(seed):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 9, 50)
    in_a = rng.random(50) < 0.5
    scores = (rng.normal(size=9)[clusters] + 0.5 * rng.normal(size=50)).round(1)
    if min(len(set(clusters[in_a])), len(set(clusters[~in_a]))) < 2:
        return
    expected = obuchowski(scores[in_a], scores[~in_a], clusters[in_a], clusters[~in_a])
    found = adjusted(scores, in_a, None, clusters)
    plain = two_sample(scores[in_a], scores[~in_a]).standard_error
    assert found.standard_error**2 == pytest.approx(max(expected, plain**2), rel=1e-9)
    assert found.auroc == pytest.approx(two_sample(scores[in_a], scores[~in_a]).auroc)


def test_copies_of_an_image_add_nothing():
    rng = np.random.default_rng(1)
    scores, in_a = rng.normal(size=40), np.arange(40) < 18
    once = two_sample(scores[in_a], scores[~in_a])
    copies = adjusted(np.repeat(scores, 5), np.repeat(in_a, 5), None, np.repeat(np.arange(40), 5))
    assert copies.standard_error == pytest.approx(once.standard_error)
    assert copies.auroc == pytest.approx(once.auroc)
    assert copies.n_clusters == 40
    independent = two_sample(np.repeat(scores[in_a], 5), np.repeat(scores[~in_a], 5))
    assert independent.p_greater != pytest.approx(copies.p_greater, rel=0.2)
    assert abs(z_of(copies)) < abs(z_of(independent)) / 2


def test_clustered_null_sets_are_seldom_called_different():
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(60), 10)
    in_a = clusters < 30
    small = {"clustered": 0, "independent": 0}
    for _ in range(400):
        scores = rng.normal(size=60)[clusters] + 0.5 * rng.normal(size=600)
        small["clustered"] += adjusted(scores, in_a, None, clusters).p_greater < 0.05
        small["independent"] += adjusted(scores, in_a, None).p_greater < 0.05
    assert small["clustered"] <= 34  # 20 expected, two standard deviations are 9
    assert small["independent"] > 80


def test_perfect_separation_of_few_clusters_is_not_certainty():
    scores, clusters = np.arange(40.0), np.repeat(np.arange(8), 5)
    found = adjusted(scores, scores >= 20, None, clusters)
    assert found.auroc == 1.0
    # four of four clusters: Clopper-Pearson's lower bound, .025 ** (1 / 4)
    assert found.interval == pytest.approx((0.3976, 1.0), abs=1e-4)
    assert 0.001 < found.p_greater < 0.05


@given(st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=30))
def test_signed_ranks_agree_with_scipy(differences):
    from scipy.stats import wilcoxon

    values = np.array(differences)
    if not values.any():
        assert signed_rank(values) == (1.0, 1.0)
        return
    for place, side in enumerate(("greater", "less")):
        reference = wilcoxon(
            values, alternative=side, correction=True, method="asymptotic", zero_method="wilcox"
        )
        assert signed_rank(values)[place] == pytest.approx(reference.pvalue, rel=1e-9)


def test_pairs_find_what_the_variety_of_scenes_hides():
    rng = np.random.default_rng(4)
    scenes = np.tile(np.arange(60), 2)
    in_a = np.arange(120) < 60
    scores = 10 * rng.normal(size=60)[scenes] + in_a * 1.0 + rng.normal(size=120)
    plain, found = two_sample(scores[in_a], scores[~in_a]), paired(scores, in_a, scenes)
    assert plain.p_greater > 0.05 and found.p_greater < 1e-3
    assert found.auroc == np.mean(scores[:60] > scores[60:])
    assert (found.n_a, found.n_b, found.n_strata) == (60, 60, 60)
    assert paired(scores, ~in_a, scenes).auroc == pytest.approx(1 - found.auroc)


def test_a_pair_may_hold_several_images_and_images_without_partner_are_left_out():
    scores = np.array([3.0, 1.0, 2.0, 9.0, 5.0, 4.0])
    in_a = np.array([True, True, False, True, True, False])
    # pair 0: A 3, 1 against B 2 -> half; pair 2: 5 > 4; code 1 has no partner
    found = paired(scores, in_a, np.array([0, 0, 0, 1, 2, 2]))
    assert (found.auroc, found.n_a, found.n_b, found.n_strata) == (0.75, 3, 2, 2)
    assert paired(scores, in_a, np.arange(6)) is None


def test_wrong_shapes_and_missing_scores_are_refused():
    scores, in_a, codes = case(1)
    with pytest.raises(ValueError, match="Expected"):
        adjusted(scores, in_a[:-1], codes)
    with pytest.raises(ValueError, match="finite"):
        adjusted(np.where(scores > 1, np.nan, scores), in_a, codes)
