"""A family of tests that one more joins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import difference, run
from scipy.stats import false_discovery_control

from visdiff_plugin.config import Config
from visdiff_plugin.hypotheses import place_of, recorrected

CONFIG = Config.preset("offline")
p_values = st.lists(st.floats(1e-12, 0.5), min_size=1, max_size=30)


def made(p, auroc=0.8, **changes):
    values = {"p_value": p, "auroc": auroc, "favors": "a" if auroc > 0.5 else "b"}
    return difference(**{**values, **changes})


@given(p_values)
def test_q_is_that_of_all_candidates_in_both_directions(chances):
    found = recorrected([made(p) for p in chances], CONFIG)
    family = np.concatenate([chances, 1 - np.array(chances)])
    expected = false_discovery_control(family)[: len(chances)]
    assert [one.q_value for one in found] == pytest.approx(expected.tolist())
    assert [one.significant for one in found] == [one.q_value <= 0.05 for one in found]


@given(p_values, st.integers(0, 20))
def test_what_a_cascade_dropped_counts(chances, untested):
    found = recorrected([made(p) for p in chances], CONFIG, untested)
    family = np.concatenate([chances, 1 - np.array(chances), np.ones(2 * untested)])
    expected = false_discovery_control(family)[: len(chances)]
    assert [one.q_value for one in found] == pytest.approx(expected.tolist())


def test_one_more_test_can_cost_a_difference_its_support():
    before = [made(0.02)]
    assert recorrected(before, CONFIG)[0].significant
    first, second = recorrected([*before, made(0.4)], CONFIG)
    assert first.q_value == pytest.approx(0.08) and not first.significant
    assert first.gain is None and not second.significant


def test_the_smallest_effect_and_the_direction_still_count():
    weak, other = recorrected([made(1e-9, 0.52), made(1e-9, 0.1)], CONFIG)
    assert not weak.significant and other.significant
    alone = Config.preset("offline", directions="a")
    assert not recorrected([made(1e-9, 0.1)], alone)[0].significant


def test_without_correction_p_decides_and_no_q_appears():
    config = Config.preset("paper")
    [one] = recorrected([made(0.03, q_value=None)], config)
    assert one.q_value is None and one.significant


def test_under_control_what_holds_within_strata_counts():
    config = Config.preset("offline", control_for=("scene",))
    under = {"auroc_controlled": 0.7, "auroc_controlled_interval": (0.6, 0.8)}
    holds = made(1e-9, **under, p_controlled=1e-6, q_controlled=0.5)
    gone = made(1e-9, **under, p_controlled=0.4, q_controlled=0.5)
    nowhere = made(1e-9)
    found = recorrected([holds, gone, nowhere], config)
    assert [one.significant for one in found] == [True, False, False]
    assert found[0].q_controlled == pytest.approx(6e-6) and found[2].q_controlled is None


def test_a_hypothesis_is_known_by_its_words_or_by_what_was_merged():
    cats, dogs = difference(description="cats", merged=()), difference(merged=("a snowy dog",))
    stored = run(cats, dogs)
    assert place_of(stored, " Cats ") == 0 and place_of(stored, "snowy dogs") == 1
    assert place_of(stored, "rain") is None
