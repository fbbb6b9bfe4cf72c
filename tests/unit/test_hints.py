"""Few images that stand out, and strata that disagree, are said in words and never by chance."""

import numpy as np
from made_tables import candidates, table

from visdiff_plugin.config import Config
from visdiff_plugin.hints import hints
from visdiff_plugin.ranking import rank_differences

OFFLINE = Config.preset("offline")
CONTROLLED = Config.preset("offline", control_for=("bird",))


def said(a, b, config=OFFLINE, names=(), **design):
    words = [f"thing {number}" for number in range(a.shape[1])]
    ranked, _ = rank_differences(
        candidates(*words, source="property"), table(a, b, **design), config
    )
    return hints([row.difference for row in ranked], names, config, 0)


def test_a_trait_of_few_images_of_one_set_is_said():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(500, 10)), rng.normal(size=(500, 10))
    a[:25, 3] += 8  # 5% of A
    b[:2, 3] += 8  # .4% of B
    [sentence] = said(a, b)
    assert "'thing 3' is highest for 5% of A and 1% of B" in sentence
    [mirrored] = said(b, a)
    assert "is highest for 1% of A and 5% of B" in mirrored


def test_strata_that_go_opposite_ways_are_named():
    rng = np.random.default_rng(1)
    strata = np.tile(np.array([0, 1], np.int32), 200)
    a, b = rng.normal(size=(200, 4)), rng.normal(size=(200, 4))
    a[:, 2] += np.where(strata[:200] == 0, 1.2, -1.2)
    found = said(a, b, CONTROLLED, ("waterbird", "landbird"), strata=strata)
    assert len(found) == 1 and found[0].startswith("Opposite ways: 'thing 2' is truer of A within")
    assert "A within waterbird (AUROC" in found[0] and "B within landbird (AUROC" in found[0]


def test_chance_alone_says_nothing_in_nearly_all_comparisons():
    rng, wrong = np.random.default_rng(2), 0
    strata = np.tile(np.array([0, 1], np.int32), 100)
    for _ in range(100):
        a, b = rng.normal(size=(100, 15)), rng.normal(size=(100, 15))
        wrong += bool(said(a, b, CONTROLLED, ("x", "y"), strata=strata))
    assert wrong <= 11  # 5% of 100, and three standard errors


def test_the_paper_has_no_hints():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(200, 3)), rng.normal(size=(200, 3))
    a[:20, 1] += 8
    assert said(a, b, Config.preset("paper")) == []
