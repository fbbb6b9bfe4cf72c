"""Strata, clusters and pairs against brute force, statsmodels, scipy, and what must be equal."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visdiff_plugin.evidence.adjusted import adjusted, van_elteren
from visdiff_plugin.evidence.clustered import clustered
from visdiff_plugin.evidence.paired import paired
from visdiff_plugin.evidence.statistics import two_sample
from visdiff_plugin.evidence.strata import Strata


def case(seed, n=80, strata=4, ties=True):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n)
    scores = scores.round(1) if ties else scores
    return scores, rng.random(n) < 0.4, rng.integers(0, strata, n)


def pairs_within(scores, in_a, strata):
    """Pairs within strata that A wins; each stratum weighs 1 / (n + 1)."""
    won = total = 0.0
    for one in np.unique(strata):
        a, b = scores[in_a & (strata == one)], scores[~in_a & (strata == one)]
        weight = 1 / (a.size + b.size + 1)
        wins = ((a[:, None] > b).sum() + 0.5 * (a[:, None] == b).sum()) if a.size * b.size else 0
        won, total = won + weight * wins, total + weight * a.size * b.size
    return won / total


def z_of(scores, in_a, strata):
    """The normal statistic without its continuity correction."""
    parts = Strata.of(scores, in_a, np.unique(strata, return_inverse=True)[1])
    weights = van_elteren(parts)
    variance = float((weights**2 * parts.null).sum())
    return float((weights * (parts.u - parts.pairs / 2)).sum()) / np.sqrt(variance)


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
    alone = clustered(scores, in_a, None, np.arange(30))  # each its own cluster
    assert alone.standard_error == pytest.approx(plain.standard_error, abs=1e-12)
    assert alone.auroc == pytest.approx(plain.auroc, abs=1e-12)


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
    reference = StratifiedTable([np.array(one) for one in tables]).test_null_odds(correction=False)
    assert z_of(scores, in_a, strata) ** 2 == pytest.approx(reference.statistic)


def test_large_strata_are_tested_as_by_scipy():
    from scipy.stats import mannwhitneyu

    scores, in_a, _ = case(5, n=500)
    reference = mannwhitneyu(
        scores[in_a], scores[~in_a], alternative="greater", method="asymptotic"
    )
    assert adjusted(scores, in_a, None).p_greater == pytest.approx(reference.pvalue, rel=1e-9)


def dealt(scores, in_a, strata, statistic):
    """The statistic of all ways to deal the images of each stratum to A and B anew."""
    ways = []
    for one in np.unique(strata):
        rows = np.flatnonzero(strata == one)
        ways.append(
            [
                (rows, chosen)
                for chosen in itertools.combinations(range(rows.size), int(in_a[rows].sum()))
            ]
        )
    for combination in itertools.product(*ways):
        labels = np.zeros(scores.size, bool)
        for rows, chosen in combination:
            labels[rows[list(chosen)]] = True
        yield statistic(labels)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_small_strata_are_tested_over_all_ways_to_deal_their_images(seed):
    rng = np.random.default_rng(seed)
    scores, strata = rng.integers(0, 4, 11).astype(float), np.repeat([0, 1], [6, 5])
    in_a = np.zeros(11, bool)
    in_a[[0, 1, rng.integers(2, 4), 6, 7]] = True
    found = adjusted(scores, in_a, strata)
    own = pairs_within(scores, in_a, strata)
    all_ways = np.array(
        list(dealt(scores, in_a, strata, lambda labels: pairs_within(scores, labels, strata)))
    )
    # rank sums of unequal weights are rounded to a lattice, so that close ones may count as equal
    assert np.mean(all_ways >= own + 0.004) - 1e-9 <= found.p_greater
    assert found.p_greater <= np.mean(all_ways >= own - 0.004) + 1e-9
    assert np.mean(all_ways <= own - 0.004) - 1e-9 <= found.p_less
    assert found.p_less <= np.mean(all_ways <= own + 0.004) + 1e-9


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
    """Biometrics 53 (1997) with loops; each cluster counts once in each set."""
    clusters = sorted({*cluster_a, *cluster_b})
    of_a, of_b = sorted(set(cluster_a)), sorted(set(cluster_b))
    kernel = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    wins = {
        (c, d): kernel[np.ix_(cluster_a == c, cluster_b == d)].mean() for c in of_a for d in of_b
    }
    theta = np.mean(list(wins.values()))
    first = {c: np.mean([wins[c, d] for d in of_b]) - theta for c in of_a}
    second = {d: np.mean([wins[c, d] for c in of_a]) - theta for d in of_b}
    m, n = len(of_a), len(of_b)
    alone = sum(x**2 for x in first.values()) / (m * (m - 1))
    alone += sum(x**2 for x in second.values()) / (n * (n - 1))
    both = sum(first.get(c, 0.0) * second.get(c, 0.0) for c in clusters) / (m * n)
    unbiased = np.sqrt(m * n / ((m - 1) * (n - 1)))
    return theta, alone, alone + 2 * unbiased * both


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_clusters_have_obuchowskis_variance(seed):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 9, 50)
    in_a = rng.random(50) < 0.5
    scores = (rng.normal(size=9)[clusters] + 0.5 * rng.normal(size=50)).round(1)
    if min(len(set(clusters[in_a])), len(set(clusters[~in_a]))) < 2:
        return
    theta, alone, expected = obuchowski(
        scores[in_a], scores[~in_a], clusters[in_a], clusters[~in_a]
    )
    found = clustered(scores, in_a, None, clusters)
    assert found.auroc == pytest.approx(theta)
    assert found.standard_error**2 == pytest.approx(max(expected, alone), rel=1e-9)


def test_copies_of_an_image_add_nothing():
    rng = np.random.default_rng(1)
    scores, in_a = rng.normal(size=40), np.arange(40) < 18
    once = two_sample(scores[in_a], scores[~in_a])
    copies = clustered(np.repeat(scores, 5), np.repeat(in_a, 5), None, np.repeat(np.arange(40), 5))
    assert copies.standard_error == pytest.approx(once.standard_error)
    assert copies.auroc == pytest.approx(once.auroc)
    assert copies.n_clusters == 40
    assert copies.p_greater == pytest.approx(clustered(scores, in_a, None, np.arange(40)).p_greater)


def test_one_long_video_does_not_speak_for_its_set():
    rng = np.random.default_rng(6)
    sizes = np.array([200, *[2] * 19])
    clusters = np.repeat(np.arange(20), sizes)
    video = rng.normal(size=20)
    video[0] = 4.0
    scores = video[clusters] + 0.1 * rng.normal(size=clusters.size)
    in_a = clusters < 10
    assert two_sample(scores[in_a], scores[~in_a]).auroc > 0.9
    assert clustered(scores, in_a, None, clusters).auroc < 0.75


def test_clustered_null_sets_are_seldom_called_different():
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(60), 10)
    in_a = clusters < 30
    small = {"clustered": 0, "independent": 0}
    for _ in range(400):
        scores = rng.normal(size=60)[clusters] + 0.5 * rng.normal(size=600)
        small["clustered"] += clustered(scores, in_a, None, clusters).p_greater < 0.05
        small["independent"] += adjusted(scores, in_a, None).p_greater < 0.05
    assert small["clustered"] <= 34  # 20 expected, two standard deviations are 9
    assert small["independent"] > 80


def test_perfect_separation_of_few_clusters_is_not_certainty():
    scores, clusters = np.arange(40.0), np.repeat(np.arange(8), 5)
    found = clustered(scores, scores >= 20, None, clusters)
    assert found.auroc == 1.0
    # one of the 70 ways to choose four of eight clusters
    assert found.p_greater == pytest.approx(1 / 70, rel=0.25)
    # four of four clusters would be Clopper-Pearson's .025 ** (1 / 4); the test excludes .5
    assert 0.5 < found.interval[0] < 0.51 and found.interval[1] == 1.0


@pytest.mark.parametrize("sizes", [(4, 4), (3, 5)])
def test_few_clusters_are_tested_over_all_ways_to_label_them(sizes):
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(8), rng.integers(1, 6, 8))
    scores = np.round(rng.normal(size=8)[clusters] + rng.normal(size=clusters.size), 1)
    in_a = clusters < sizes[0]
    found, mirrored = (clustered(scores, side, None, clusters) for side in (in_a, ~in_a))
    assert (found.p_greater, found.p_less) == (mirrored.p_less, mirrored.p_greater)

    def aurocs():
        for chosen in itertools.combinations(range(8), sizes[0]):
            yield clustered(scores, np.isin(clusters, chosen), None, clusters).auroc

    gaps = np.array(list(aurocs()))
    # the gap alone, of which p is the larger of two
    assert found.p_greater >= np.mean(gaps >= found.auroc - 1e-9) - 0.02


def test_pairs_find_what_the_variety_of_scenes_hides():
    from scipy.stats import binomtest

    rng = np.random.default_rng(4)
    scenes = np.tile(np.arange(60), 2)
    in_a = np.arange(120) < 60
    scores = 10 * rng.normal(size=60)[scenes] + in_a * 1.0 + rng.normal(size=120)
    plain, found = two_sample(scores[in_a], scores[~in_a]), paired(scores, in_a, scenes)
    assert plain.p_greater > 0.05 and found.p_greater < 0.01
    assert found.auroc == pytest.approx(np.mean(scores[:60] > scores[60:]))
    wins = int((scores[:60] > scores[60:]).sum())
    assert found.p_greater == pytest.approx(binomtest(wins, 60, alternative="greater").pvalue)
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
