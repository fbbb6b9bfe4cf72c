"""What counts as supported: one family, one rule, whoever asks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import difference, run
from scipy.stats import false_discovery_control

from visdiff_plugin.config import Config
from visdiff_plugin.results.wording import control, decisive
from visdiff_plugin.support import Effect, Few, Trial, decide, redecide

CONFIG = Config.preset("offline")
p_values = st.lists(st.floats(1e-12, 0.5), min_size=1, max_size=30)


def row(p, auroc=0.8, **changes):
    values = {"p_value": p, "auroc": auroc, "favors": "a" if auroc > 0.5 else "b"}
    return difference(**{**values, **changes})


@given(p_values)
def test_q_is_that_of_all_candidates_in_both_directions(chances):
    rows = redecide([row(p) for p in chances], CONFIG)
    family = np.concatenate([chances, 1 - np.array(chances)])
    expected = false_discovery_control(family)[: len(chances)]
    assert [decided.q_value for decided in rows] == pytest.approx(expected.tolist())
    assert [decided.significant for decided in rows] == [
        decided.q_value <= 0.05 for decided in rows
    ]


@given(p_values, st.integers(0, 20))
def test_what_a_cascade_dropped_counts(chances, untested):
    rows = redecide([row(p) for p in chances], CONFIG, untested)
    family = np.concatenate([chances, 1 - np.array(chances), np.ones(2 * untested)])
    expected = false_discovery_control(family)[: len(chances)]
    assert [decided.q_value for decided in rows] == pytest.approx(expected.tolist())


def test_one_more_test_can_cost_a_difference_its_support():
    before = [row(0.02)]
    assert redecide(before, CONFIG)[0].significant
    first, second = redecide([*before, row(0.4)], CONFIG)
    assert first.q_value == pytest.approx(0.08) and not first.significant
    assert first.gain is None and not second.significant


def test_the_smallest_effect_and_the_direction_still_count():
    weak, other = redecide([row(1e-9, 0.52), row(1e-9, 0.1)], CONFIG)
    assert not weak.significant and other.significant
    alone = Config.preset("offline", directions="a")
    assert not redecide([row(1e-9, 0.1)], alone)[0].significant


def test_without_correction_p_decides_and_no_q_appears():
    config = Config.preset("paper")
    [decided] = redecide([row(0.03, q_value=None)], config)
    assert decided.q_value is None and decided.significant


def test_under_control_what_holds_within_strata_counts():
    config = Config.preset("offline", control_for=("scene",))
    under = {"auroc_controlled": 0.7, "auroc_controlled_interval": (0.6, 0.8)}
    holds = row(1e-9, **under, p_controlled=1e-6, q_controlled=0.5)
    gone = row(1e-9, **under, p_controlled=0.4, q_controlled=0.5)
    nowhere = row(1e-9)
    rows = redecide([holds, gone, nowhere], config)
    assert [decided.significant for decided in rows] == [True, False, False]
    assert rows[0].q_controlled == pytest.approx(6e-6) and rows[2].q_controlled is None


aurocs = st.floats(0, 1)
chances = st.one_of(st.floats(1e-12, 1e-3), st.floats(0, 1))


@st.composite
def stored_rows(draw, controlled):
    """Any row that a run may hold, whatever an earlier family made of it."""
    changes = {
        "auroc_interval": tuple(sorted((draw(aurocs), draw(aurocs)))),
        "significant": draw(st.booleans()),
        "control": draw(st.sampled_from(["", "holds", "explained", "undecided", "incomparable"])),
        "gain": draw(st.none() | st.floats(0, 1)),
    }
    if controlled and draw(st.booleans()):
        changes |= {
            "auroc_controlled": draw(aurocs),
            "auroc_controlled_interval": tuple(sorted((draw(aurocs), draw(aurocs)))),
            "p_controlled": draw(chances),
        }
    return row(draw(chances), draw(aurocs), **changes)


configs = st.builds(
    Config.preset,
    st.sampled_from(["offline", "default"]),
    control_for=st.sampled_from([(), ("scene",)]),
    directions=st.sampled_from(["both", "a"]),
    correction=st.booleans(),
)


@given(configs, st.data())
def test_no_run_contradicts_itself_after_any_sequence_of_additions(config, data):
    added = data.draw(st.lists(stored_rows(bool(config.control_for)), min_size=1, max_size=12))
    rows = []
    for new in added:
        rows = redecide([*rows, new], config)
        for decided in rows:
            auroc, _, p, q = decisive(decided)
            chance = p if q is None else q
            assert decided.favors == ("a" if auroc > 0.5 else "b" if auroc < 0.5 else None)
            if decided.significant:
                assert max(auroc, 1 - auroc) >= config.min_effect and chance <= config.alpha
            else:
                assert decided.gain is None
            if config.control_for:
                # supported and "holds" are one thing; every other verdict speaks against it
                assert decided.significant == (decided.control == "holds")
                assert (decided.auroc_controlled is None) == (decided.control == "incomparable")
                assert decided.significant == control(decided).startswith("it holds")
            else:
                assert decided.control == ""
    # once more changes nothing, in whatever order
    assert redecide(rows, config) == rows
    assert redecide(rows[::-1], config) == rows[::-1]


@given(st.lists(st.tuples(st.floats(0.5, 1), st.floats(1e-9, 0.5)), min_size=1, max_size=12))
def test_a_stored_run_is_decided_as_a_new_one(drawn):
    """Rows decided when a run is made, and again from what is stored of them, agree."""
    interval = (0.4, 0.9)
    trials = [Trial(Effect(auroc, interval, p, 1 - p)) for auroc, p in drawn]
    stored = [row(p, auroc, auroc_interval=interval) for auroc, p in drawn]
    for decision, again in zip(decide(trials, CONFIG), redecide(stored, CONFIG), strict=True):
        assert {name: getattr(again, name) for name in vars(decision)} == vars(decision)


def test_no_summary_lists_a_row_as_supported_and_as_explained():
    config = Config.preset("offline", control_for=("scene",))
    within = {"auroc_controlled": 0.72, "auroc_controlled_interval": (0.6, 0.84)}
    rows = redecide([row(1e-9, description="dogs", **within, p_controlled=0.02)], config)
    assert rows[0].control == "holds"
    # a hypothesis joins that makes q too large: the row is no longer supported, and says why
    rows = redecide([*rows, row(0.9, 0.51, description="cats", p_controlled=0.9,
                                auroc_controlled=0.51,
                                auroc_controlled_interval=(0.4, 0.6))], config)  # fmt: skip
    assert not rows[0].significant and rows[0].control == "undecided"
    text = run(*rows, config=config.to_dict()).summary()
    assert text.count("dogs") == 1 and "No difference found" in text


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=30), st.lists(st.floats(1e-12, 1e-6)))
def test_own_hypotheses_are_a_family_that_no_row_of_the_run_carries(own, true):
    """Their q is that of Holm over both directions, whatever stands beside them."""
    mine = [row(min(p, 0.5), source="user") for p in own]
    alone = [decided.q_value for decided in redecide(mine, CONFIG)]
    beside = redecide([*[row(p) for p in true], *mine], CONFIG)[len(true) :]
    assert [decided.q_value for decided in beside] == alone
    smallest = min(range(len(mine)), key=lambda place: mine[place].p_value)
    expected = min(1.0, 2 * len(mine) * mine[smallest].p_value)
    assert alone[smallest] == pytest.approx(expected)
    run_rows = [row(p) for p in true]
    assert redecide([*run_rows, *mine], CONFIG)[: len(true)] == redecide(run_rows, CONFIG)


def test_thirty_own_null_hypotheses_beside_true_rows_report_anything_in_five_percent():
    rng, wrong = np.random.default_rng(0), 0
    true = [row(1e-9) for _ in range(10)]
    for _ in range(400):
        chances = rng.random(30)
        mine = [row(min(p, 1 - p), 0.7 if p < 0.5 else 0.3, source="user") for p in chances]
        wrong += any(decided.significant for decided in redecide([*true, *mine], CONFIG)[10:])
    assert wrong / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


# -- few images, and strata that go opposite ways ------------------------------------------------


def trial(p=0.4, few=None, crossing=None, named=True, auroc=0.52, own=False):
    return Trial(Effect(auroc, (0.4, 0.6), p, max(0.5, 1 - p)), None, few, crossing, named, own)


def test_each_test_counts_once_in_one_family():
    trials = [
        trial(0.01, Few(0.05, 0.004, 1e-4)),
        trial(0.02, Few(0.3, 0.02, None)),
        trial(0.3, Few(0.1, 0.1, 0.8), crossing=0.001),
    ]
    favored = [0.01, 1e-4, 0.02, 0.3, 0.8, 0.001]
    others = [0.99, 1 - 1e-4, 0.98, 0.7, 0.5]
    expected = false_discovery_control([*favored, *others])
    first, second, third = decide(trials, CONFIG)
    assert (first.q_value, first.q_tail) == pytest.approx(tuple(expected[:2]))
    # of two scores, the broad test is that of the shares
    assert second.q_value == second.q_tail == pytest.approx(expected[2])
    assert (third.q_value, third.q_crossing) == pytest.approx((expected[3], expected[5]))


def test_few_images_are_a_difference_that_the_whole_sets_are_not():
    [small] = decide([trial(0.3, Few(0.05, 0.004, 1e-6))], CONFIG)
    assert small.supported_as == ("concentrated",) and small.significant and small.favors == "a"
    [other] = decide([trial(0.3, Few(0.004, 0.05, 1e-6))], CONFIG)
    assert other.supported_as == ("concentrated",) and other.favors == "b"
    alone = Config.preset("offline", directions="a")
    [unasked] = decide([trial(0.3, Few(0.004, 0.05, 1e-6))], alone)
    assert not unasked.significant and unasked.why_not == "truer of B, which was not asked for"


@pytest.mark.parametrize(
    ("share_a", "share_b", "enough"),
    [(0.03, 0.009, True), (0.03, 0.011, False), (0.009, 0.0, False), (0.0, 0.0, False)],
)
def test_a_small_group_has_a_share_and_a_multiple_to_reach(share_a, share_b, enough):
    [decided] = decide([trial(0.3, Few(share_a, share_b, 1e-9))], CONFIG)
    assert decided.significant is enough
    both = Config.preset("offline", min_share=0.005, min_ratio=2.5)
    [looser] = decide([trial(0.3, Few(share_a, share_b, 1e-9))], both)
    assert looser.significant is bool(share_a)


def test_two_scores_are_judged_by_the_broad_test_in_its_direction():
    [rare] = decide([trial(1e-6, Few(0.05, 0.004, None), auroc=0.523)], CONFIG)
    assert rare.supported_as == ("concentrated",) and rare.q_tail == rare.q_value
    [both] = decide([trial(1e-6, Few(0.3, 0.02, None), auroc=0.64)], CONFIG)
    assert both.supported_as == ("broad", "concentrated") and both.favors == "a"


def test_strata_count_if_they_can_be_named():
    [named] = decide([trial(crossing=1e-5)], CONFIG)
    assert named.supported_as == ("crossing",) and named.favors is None
    [nameless] = decide([trial(crossing=1e-5, named=False)], CONFIG)
    assert not nameless.significant


def test_why_a_candidate_is_not_supported_names_what_failed():
    def why(made, **changes):
        return decide([made], Config.preset("offline", **changes))[0].why_not

    assert why(trial(0.4)) == "could be chance"
    assert why(trial(1e-9, auroc=0.53)) == "too small: AUROC 0.53, under 0.55"
    assert why(trial(1e-9, auroc=0.4503)) == "too small: AUROC 0.5497, under 0.55"
    assert why(trial(1e-9, auroc=0.2), directions="a") == "truer of B, which was not asked for"
    assert why(trial(0.4, Few(0.012, 0.006, 1e-9))) == (
        "too small: 1% of A and 0.6% of B stand out"
    )
    assert why(trial(0.4), control_for=("x",)) == "no controlled group has photos of both sets"
    assert why(trial(1e-9, auroc=0.9)) == ""


tests_of = st.builds(
    trial,
    chances,
    st.one_of(st.none(), st.builds(Few, aurocs, aurocs, st.one_of(st.none(), chances))),
    st.one_of(st.none(), chances),
    st.booleans(),
    aurocs,
    st.booleans(),
)


@given(st.lists(tests_of, min_size=1, max_size=20), st.integers(0, 5))
def test_every_decision_has_a_kind_or_a_reason(trials, untested):
    for decided in decide(trials, CONFIG, untested):
        assert decided.significant is bool(decided.supported_as) is not bool(decided.why_not)
        assert decided.favors is not None or "broad" not in decided.supported_as


def test_thirty_null_hypotheses_of_a_user_beside_true_rows_are_seldom_supported():
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(300):
        p = rng.random(60)
        own = [
            trial(min(a, 1 - a), Few(0.05, 0.01, min(b, 1 - b)), auroc=0.6, own=True)
            for a, b in zip(p[:30], p[30:], strict=True)
        ]
        true = [trial(1e-9, auroc=0.8) for _ in range(10)]
        wrong += any(decided.significant for decided in decide([*true, *own], CONFIG)[10:])
    assert wrong <= 26  # 5% of 300, and three standard errors
