"""Candidates with scores -> differences: order, direction, correction, mirror."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tables import candidates, table

from visdiff_plugin.config import Config
from visdiff_plugin.inputs.measured import worded
from visdiff_plugin.ranking import rank_differences
from visdiff_plugin.sampling import Split
from visdiff_plugin.selection import Candidate

OFFLINE = Config.preset("offline")
CONTROLLED = Config.preset("offline", control_for=("class",))


def planted(rng, n=200, effects=(1.5, 0.0, -1.0)):
    a = rng.normal(0, 1, (n, len(effects))) + effects
    return a, rng.normal(0, 1, (n, len(effects)))


def test_a_planted_difference_comes_first_and_noise_is_not_supported():
    a, b = planted(np.random.default_rng(0))
    ranked, untested = rank_differences(candidates("strong", "noise", "of B"), table(a, b), OFFLINE)
    found = [one.difference for one in ranked]
    assert [item.description for item in found] == ["strong", "of B", "noise"]
    assert [item.favors for item in found[:2]] == ["a", "b"]
    assert [item.significant for item in found] == [True, True, False]
    assert [one.column for one in ranked] == [0, 2, 1]
    assert untested == []
    assert found[0].held_out and (found[0].n_a, found[0].n_b) == (100, 100)
    assert found[0].prevalence_a > found[0].prevalence_b
    assert found[1].prevalence_a < found[1].prevalence_b


def test_swapping_the_sets_mirrors_the_result():
    a, b = planted(np.random.default_rng(1), effects=(1.0, -0.4, 0.1, 0.0, -2.0))
    names = candidates("v", "w", "x", "y", "z")
    forward = [
        rank_difference.difference
        for rank_difference in rank_differences(names, table(a, b), OFFLINE)[0]
    ]
    backward = [
        rank_difference.difference
        for rank_difference in rank_differences(names, table(b, a), OFFLINE)[0]
    ]
    assert [one.description for one in forward] == [one.description for one in backward]
    turned = {"a": "b", "b": "a", None: None}
    for one, other in zip(forward, backward, strict=True):
        assert other.favors == turned[one.favors]
        assert other.auroc == pytest.approx(1 - one.auroc, abs=1e-12)
        assert other.p_value == pytest.approx(one.p_value, abs=1e-12)
        assert other.q_value == pytest.approx(one.q_value, abs=1e-12)
        assert (other.prevalence_a, other.prevalence_b) == (one.prevalence_b, one.prevalence_a)
        assert other.threshold == one.threshold
        assert other.significant == one.significant


def test_both_directions_of_all_candidates_are_corrected_for():
    a, b = planted(np.random.default_rng(2), n=60, effects=(0.5, 0.0))
    ranked, _ = rank_differences(candidates("x", "y"), table(a, b, held_out=False), OFFLINE)
    best = ranked[0].difference
    # the best of two candidates, each as a whole and at its top, in two directions: eight tests
    assert best.q_value == pytest.approx(min(1, 8 * best.p_value))


def test_the_paper_has_no_correction_no_smallest_effect_and_one_direction():
    rng = np.random.default_rng(3)
    a, b = rng.normal(0.04, 1, (20_000, 1)), rng.normal(0, 1, (20_000, 1))
    paper, ours = Config.preset("paper"), OFFLINE
    weak = rank_differences(candidates("x"), table(a, b, False), paper)[0][0].difference
    assert weak.significant and weak.q_value is None and weak.auroc < 0.55
    assert weak.p_value == weak.welch_p
    assert not rank_differences(candidates("x"), table(a, b, False), ours)[0][
        0
    ].difference.significant
    reverse = rank_differences(candidates("x"), table(b, a, False), paper)[0][0].difference
    assert reverse.favors == "b" and not reverse.significant


def test_images_that_were_not_scored_are_left_out_never_read_as_zero():
    a, b = np.full((10, 2), 5.0), np.full((10, 2), 1.0)
    a[:, 0] += np.arange(10)
    a[4:, 0] = np.nan
    a[1:, 1] = np.nan
    ranked, untested = rank_differences(candidates("x", "y"), table(a, b, False), OFFLINE)
    assert [one.difference.n_a for one in ranked] == [4]
    assert ranked[0].difference.auroc == 1.0
    assert untested[0].examples == ("y",) and "A 1, B 10" in untested[0].reason


def test_constant_scores_are_no_difference():
    ranked, _ = rank_differences(
        candidates("x"), table(np.ones((20, 1)), np.ones((20, 1))), OFFLINE
    )
    one = ranked[0].difference
    assert (one.auroc, one.favors, one.significant, one.welch_t) == (0.5, None, False, None)
    assert one.p_value == 1.0


def test_what_was_fixed_beforehand_counts_as_held_out():
    a, b = planted(np.random.default_rng(4), effects=(0.0,))
    ranked, _ = rank_differences(candidates("x", source="property"), table(a, b), OFFLINE)
    # fixed beforehand: tested on all 200, prevalence from the half without the threshold
    one = ranked[0].difference
    assert (one.n_a, one.auroc) == (200, one.auroc_all)
    assert one.prevalence_a * 100 == pytest.approx(round(one.prevalence_a * 100))
    for source, expected in (("property", True), ("user", True), ("keyword", False)):
        ranked, _ = rank_differences(
            candidates("x", source=source), table(a, b, held_out=False), OFFLINE
        )
        assert ranked[0].difference.held_out is expected


def test_scores_must_fit_the_candidates():
    with pytest.raises(ValueError, match=r"scores of shape \(n, 1\)"):
        rank_differences(candidates("x"), table(np.ones((4, 2)), np.ones((4, 2))), OFFLINE)


def test_a_measured_candidate_is_worded_for_what_is_unusual():
    brightness = Candidate("brighter images", "property", opposite="darker images", measure="m")
    few_dark = np.array([0.5] * 8 + [0.1, 0.05])
    chosen, turned = worded(brightness, few_dark)
    assert (chosen.description, chosen.opposite, turned) == (
        "darker images",
        "brighter images",
        True,
    )
    assert worded(brightness, -few_dark) == (brightness, False)
    plain = Candidate("dogs", "keyword")
    assert worded(plain, few_dark) == (plain, False)


def test_what_one_fold_proposed_is_tested_on_the_other():
    first, second = Split((0, 1, 2), 6), Split((3, 4, 5), 6)
    a = np.array([9.0, 9.0, 9.0, 0.0, 1.0, 2.0])[:, None]
    b = np.array([0.0, 1.0, 2.0, 0.0, 1.0, 2.0])[:, None]
    for fold, auroc in ((0, 0.5), (1, 1.0)):
        one = [Candidate("x", "keyword", fold=fold)]
        scores = table(a, b, folds=[(first, first), (second, second)])
        assert rank_differences(one, scores, OFFLINE)[0][0].difference.auroc == auroc


def confounded(rng, n=600):
    """One column follows the class, one the set, one both; classes are unevenly spread."""
    in_a = np.repeat([True, False], n)
    strata = (rng.random(2 * n) < np.where(in_a, 0.8, 0.2)).astype(np.int32)
    noise = rng.normal(size=(2 * n, 3))
    scores = noise + np.stack([1.2 * strata, 0.8 * in_a, 0.7 * strata + 0.7 * in_a], axis=1)
    return scores[:n], scores[n:], strata


def test_what_vanishes_within_strata_is_explained_by_them():
    a, b, strata = confounded(np.random.default_rng(5))
    names = candidates("class", "set", "both")
    plain = rank_differences(names, table(a, b), OFFLINE)[0]
    assert all(one.difference.significant and one.difference.control == "" for one in plain)
    found = {
        rank_difference.difference.description: rank_difference.difference
        for rank_difference in rank_differences(names, table(a, b, strata=strata), CONTROLLED)[0]
    }
    assert [found[name].control for name in ("class", "set", "both")] == [
        "explained",
        "holds",
        "holds",
    ]
    assert [found[name].significant for name in found] == [True, True, False]
    explained = found["class"]
    assert explained.auroc > 0.6 and explained.auroc_controlled < 0.55  # both numbers
    assert explained.q_value < 0.05 < explained.q_controlled
    assert found["both"].auroc > found["both"].auroc_controlled + 0.05
    assert list(found)[-1] == "class"


def test_control_that_leaves_nothing_to_compare_says_so():
    a, b = planted(np.random.default_rng(6))
    apart = np.repeat(np.array([0, 1], np.int32), len(a))
    one = rank_differences(candidates("x", "y", "z"), table(a, b, strata=apart), CONTROLLED)[0][0]
    assert (one.difference.control, one.difference.significant) == ("incomparable", False)
    assert one.difference.auroc_controlled is None and one.difference.auroc > 0.7


def test_clusters_widen_everything_and_pairs_are_tested_as_pairs():
    rng = np.random.default_rng(7)
    scenes = np.arange(40).repeat(10)
    base = rng.normal(size=(40, 1))[scenes]
    a, b = (
        base[:200] + 0.3 * rng.normal(size=(200, 1)),
        base[200:] + rng.normal(size=(200, 1)) * 0.3,
    )
    name = candidates("x", source="user")
    alone = rank_differences(name, table(a, b), OFFLINE)[0][0].difference
    clustered = rank_differences(name, table(a, b, clusters=scenes.astype(np.int32)), OFFLINE)[0][
        0
    ].difference
    assert clustered.auroc == pytest.approx(alone.auroc)
    assert clustered.p_value > alone.p_value and (clustered.n_units, alone.n_units) == (40, 400)
    for member in ("auroc_interval", "prevalence_a_interval", "prevalence_b_interval"):
        wide, narrow = getattr(clustered, member), getattr(alone, member)
        assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])
    shared = rng.normal(size=(200, 1)) * 5
    pairs = np.tile(np.arange(200, dtype=np.int32), 2)
    a, b = shared + 0.5 + rng.normal(size=(200, 1)), shared + rng.normal(size=(200, 1))
    hidden = rank_differences(name, table(a, b), OFFLINE)[0][0].difference
    paired = rank_differences(name, table(a, b, pairs=pairs), OFFLINE)[0][0].difference
    assert not hidden.significant and paired.significant
    assert paired.n_units == 200 and paired.auroc > 0.55 > hidden.auroc


def test_of_equal_evidence_the_more_general_wording_goes_first():
    rng = np.random.default_rng(8)
    shows = rng.normal(size=(400, 1)) + np.repeat([1.5, 0.0], 200)[:, None]
    over_specific = shows + 0.02 * rng.normal(size=(400, 1))
    scores = np.concatenate([over_specific, shows + 0.05 * rng.normal(size=(400, 1))], axis=1)
    names = candidates("brown dogs in deep snow at night", "dogs in snow")
    ranked = rank_differences(names, table(scores[:200], scores[200:], False), OFFLINE)[0]
    assert ranked[0].difference.description == "dogs in snow"


def test_shares_are_of_all_images_and_the_same_whatever_proposers_saw():
    a, b = planted(np.random.default_rng(9), n=90, effects=(1.0,))
    found = set()
    for seen in (range(15), range(30, 75)):
        folds = [(Split(tuple(seen), 90),) * 2]
        [row], _ = rank_differences([Candidate("x", "llm")], table(a, b, folds=folds), OFFLINE)
        difference = row.difference
        found.add((difference.prevalence_a, difference.prevalence_b, difference.threshold))
        assert difference.n_a < 90 == difference.compared_a
    assert len(found) == 1
    least = np.sort(np.concatenate([a, b])[:, 0])[-45]
    assert (difference.cut, difference.threshold, difference.top) == ("top", least, 0.25)
    assert difference.counted_a == (a >= least).sum() == round(difference.prevalence_a * 90)
    assert difference.counted_b == (b >= least).sum() == round(difference.prevalence_b * 90)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_test_and_intervals_agree_and_simultaneous_ones_are_wider(seed):
    rng = np.random.default_rng(seed)
    n_a, n_b = rng.integers(4, 40, 2)
    effects = rng.normal(0, 1, 6)
    a = np.round(rng.normal(0, 1, (n_a, 6)) + effects, int(rng.integers(0, 3)))
    b = np.round(rng.normal(0, 1, (n_b, 6)), int(rng.integers(0, 3)))
    words = candidates(*"uvwxyz", source="property")
    forward, _ = rank_differences(words, table(a, b), OFFLINE)
    mirrored, _ = rank_differences(words, table(b, a), OFFLINE)
    for row in forward:
        difference = row.difference
        low, high = difference.auroc_interval
        wide_low, wide_high = difference.auroc_interval_simultaneous
        assert low <= difference.auroc <= high
        if "broad" in difference.supported_as:
            assert not low <= 0.5 <= high and not wide_low <= 0.5 <= wide_high
        else:
            assert wide_low <= low + 1e-9 and high <= wide_high + 1e-9
        [other] = [again.difference for again in mirrored if again.column == row.column]
        assert other.auroc == pytest.approx(1 - difference.auroc)
        assert other.auroc_interval_simultaneous == pytest.approx((1 - wide_high, 1 - wide_low))
        assert other.significant == difference.significant
