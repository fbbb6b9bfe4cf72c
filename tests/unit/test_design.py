"""Values of fields -> codes of strata."""

import numpy as np

from visdiff_plugin.evidence.design import Design, encode, strata_of


def test_values_become_codes_and_what_is_missing_stays_unknown():
    assert encode(["b", None, "a", "b", float("nan")]).tolist() == [1, -1, 0, 1, -1]
    assert encode([]).tolist() == []


def test_fields_together_form_strata():
    found = strata_of([["x", "x", "y", "y", None], [True, False, True, True, True]])
    assert found[4] == -1 and found[2] == found[3]
    assert len(set(found[:4].tolist())) == 3


def test_numbers_are_binned_by_their_quantiles():
    found = strata_of([np.arange(100).tolist()])
    assert np.bincount(found).tolist() == [20] * 5
    assert strata_of([[3.0, 1.0, 3.0, 2.0]]).tolist() == [2, 0, 2, 1]  # few values stay as they are
    skewed = strata_of([[0.0] * 90 + list(range(1, 11))])
    assert set(skewed.tolist()) <= {0, 1, 2, 3, 4} and (skewed[:90] == skewed[0]).all()


def test_pairs_come_before_clusters_as_what_stays_together():
    codes = np.zeros(3, np.int32)
    assert Design().units is None
    assert Design(clusters=codes).units is codes
    assert Design(clusters=codes, pairs=codes + 1).units.tolist() == [1, 1, 1]
