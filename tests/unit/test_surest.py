"""Subsets where a classifier is surest: they hold what few images show; evidence stays valid."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from hypothesis import given, settings
from hypothesis import strategies as st

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.comparing import compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.evidence.separability import sureness
from visdiff_plugin.evidence.table import Table
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.ranking import rank_differences
from visdiff_plugin.rounds.holdout import plan_folds
from visdiff_plugin.rounds.surest import Surest
from visdiff_plugin.sampling import Split
from visdiff_plugin.selection import Candidate
from visdiff_plugin.stages import Images
from visdiff_plugin.vectors import rows_of

CONFIG = Config.preset("offline", draw="sure")


class Proposer:
    name = "any"


def names_of(n_a, n):
    return [f"{row:04}.jpg" for row in range(n_a)], [f"{row:04}.jpg" for row in range(n_a, n)]


def planned(vectors, n_a, config=CONFIG, design=None, proposer=Proposer(), turned=False):  # noqa: B008
    names = names_of(n_a, len(vectors))
    rows = list(range(n_a)), list(range(n_a, len(vectors)))
    design = design or Design()
    surest = None
    if config.draw == "sure":
        surest = Surest(lambda some: vectors[list(some)], [*names[0], *names[1]], design, 0)
    if turned:
        names, rows = names[::-1], rows[::-1]
    return plan_folds(names, [None, None], rows, design, config, proposer, surest)


def sparse(share, n=1_000, d=64, shift=8.0, seed=0):
    """Returns ``2 n`` embeddings, and which of A's show what B's never do."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(2 * n, d))
    showing = np.zeros(2 * n, bool)
    showing[rng.choice(n, round(share * n), replace=False)] = True
    direction = rng.normal(size=d)
    vectors[showing] += shift * direction / np.linalg.norm(direction)
    return vectors, showing


def test_what_few_images_show_is_in_the_subset():
    vectors, showing = sparse(0.05)  # as far from B's as these are from each other
    counts = {}
    for draw in ("sure", "uniform"):
        folds, note = planned(vectors, 1_000, replace(CONFIG, draw=draw))
        assert note is None and len(folds) == 3
        assert [len(side.proposal) for fold in folds for side in fold] == [20] * 6
        counts[draw] = [int(showing[list(a.proposal)].sum()) for a, _ in folds]
    assert min(counts["sure"]) >= 5 and max(counts["uniform"]) <= 3
    assert sum(counts["sure"]) >= 5 * sum(counts["uniform"])


def test_nothing_that_the_classifier_saw_is_evidence_and_rounds_see_other_pools():
    vectors, _ = sparse(0.05, n=300)
    folds, _ = planned(vectors, 300)
    for a, b in folds:
        assert len(a.apart) == len(set(a.apart)) == len(b.apart) == 100
        assert not set(a.apart) & set(a.evidence.tolist()) and len(a.evidence) == 200
    assert not set(folds[0][0].apart) & set(folds[1][0].apart)
    # what is shown hangs on the pool alone: other evidence, same choice
    others = vectors.copy()
    others[folds[0][0].evidence] += 3
    assert planned(others, 300)[0][0] == folds[0]


def test_a_pool_of_large_sets_is_bounded():
    vectors = np.random.default_rng(0).normal(size=(8_000, 4))
    (fold, *_), _ = planned(vectors, 4_000)
    assert [len(side.apart) for side in fold] == [1_000, 1_000]


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(30, 90), st.sampled_from(["", "clusters", "strata"]))
def test_swapping_the_sets_mirrors_and_exchanges_signs(seed, n_a, tie):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(120, 6))
    codes = rng.integers(-1, 40, 120).astype(np.int32)
    design = Design(**({tie: codes} if tie else {}))
    config = replace(CONFIG, subset_size=6, rounds=2)
    plain, _ = planned(vectors, n_a, config, design)
    turned, _ = planned(vectors, n_a, config, design, turned=True)
    assert turned == [(b, a) for a, b in plain]
    in_a = np.arange(120) < n_a
    both = [sureness(vectors, one, np.random.default_rng(1)) for one in (in_a, ~in_a)]
    np.testing.assert_array_equal(both[0], -both[1])


def test_of_a_cluster_one_image_comes_before_a_second():
    rng = np.random.default_rng(3)
    clusters = np.arange(120).repeat(5)  # 120 videos of 5 frames, half of them in each set
    vectors = rng.normal(size=(120, 16))[clusters] + 0.05 * rng.normal(size=(600, 16))
    folds, _ = planned(vectors, 300, design=Design(clusters=clusters.astype(np.int32)))
    for side, offset in ((0, 0), (1, 300)):
        shown = [int(clusters[offset + row]) for row in folds[0][side].proposal]
        assert len(shown) == len(set(shown)) == 20
        rest = {int(clusters[offset + row]) for row in folds[0][side].evidence}
        assert not rest & set(shown)


def test_pairs_are_chosen_by_what_differs_within_them():
    rng = np.random.default_rng(4)
    prompts = 8 * rng.normal(size=(300, 16))
    odd = rng.permutation(300)[:30]  # in A, one pair in ten shows something else
    vectors = np.concatenate([prompts, prompts]) + rng.normal(size=(600, 16))
    vectors[odd, 0] += 8
    order = rng.permutation(300)
    vectors[300:] = vectors[300:][order]
    pairs = np.concatenate([np.arange(300), order]).astype(np.int32)
    folds, _ = planned(vectors, 300, design=Design(pairs=pairs))
    for a, b in folds:
        assert [pairs[row] for row in a.proposal] == [pairs[300 + row] for row in b.proposal]
        assert len(a.proposal) == 20 and len(a.apart) == 100
        of_pool = np.isin(a.apart, odd).sum()
        assert np.isin(a.proposal, odd).sum() >= 0.7 * min(of_pool, 20)


def test_pairs_that_can_not_be_drawn_are_images_again():
    vectors = np.random.default_rng(4).normal(size=(100, 4))
    pairs = np.concatenate([np.arange(40), np.arange(40), np.full(20, -1)]).astype(np.int32)
    names, rows = names_of(40, 100), (list(range(40)), list(range(40, 100)))
    # only what has no partner has a caption
    usable = [[False] * 40, [row >= 40 for row in range(60)]]
    surest = Surest(lambda some: vectors[list(some)], sum(names, []), Design(pairs=pairs), 0)
    folds, note = plan_folds(
        names, usable, rows, Design(pairs=pairs), replace(CONFIG, subset_size=5), Proposer(), surest
    )
    assert [len(side.proposal) for side in folds[0]] == [5, 5] and "Not held out: pairs" in note


def test_an_image_without_embedding_is_shown_last():
    vectors, _ = sparse(0.05, n=90)
    vectors[::2] = np.nan
    folds, _ = planned(vectors, 90, replace(CONFIG, subset_size=10))
    for a, b in folds:
        assert all(np.isfinite(vectors[list(a.proposal)]).all(axis=1))
        assert all(np.isfinite(vectors[[90 + row for row in b.proposal]]).all(axis=1))


@pytest.mark.parametrize(("n", "size"), [(60, 20), (21, 3), (6, 2)])
def test_sets_too_small_to_choose_from_are_drawn_uniformly_and_it_is_said(n, size):
    vectors = np.random.default_rng(5).normal(size=(2 * n, 4))
    folds, note = planned(vectors, n, replace(CONFIG, subset_size=size))
    assert "draw='sure' changed nothing" in note or "Not held out" in note
    assert [len(side.proposal) for side in folds[0]] == [size, size]
    assert folds[0][0].held_out == (n >= 8)


def finds_anything(vectors, n_a, folds, config):
    """Whether a proposer that names the very direction it was shown is believed in any round."""
    directions = [
        vectors[list(a.proposal)].mean(0) - vectors[[n_a + row for row in b.proposal]].mean(0)
        for a, b in folds
    ]
    scores = vectors @ np.stack(directions, axis=1)
    candidates = [Candidate(f"d{fold}", "greedy", fold=fold) for fold in range(len(folds))]
    rows = np.arange(n_a), np.arange(n_a, len(vectors))
    ranked, _ = rank_differences(candidates, Table(scores, *rows, folds), config)
    return any(one.difference.significant for one in ranked)


def test_choosing_by_the_labels_makes_no_false_findings():
    """Both sets the same, and a proposer that repeats what it sees as well as can be."""
    rng, n, repeats = np.random.default_rng(6), 240, 200
    config = replace(CONFIG, min_effect=0.5, subset_size=8)
    honest = naive = 0
    for seed in range(repeats):
        vectors = rng.normal(size=(2 * n, 24))
        config = replace(config, seed=seed)
        folds, _ = planned(vectors, n, config)
        honest += finds_anything(vectors, n, folds, config)
        # a classifier of all images chooses, and all that is not shown is evidence
        names = [f"{row:04}.jpg" for row in range(2 * n)]
        whole = Surest(lambda some, v=vectors: v[list(some)], names, Design(), seed)
        everything = Split(tuple(range(n)), n), Split(tuple(range(n)), n)
        shown = whole.choose(everything, (range(n), range(n, 2 * n)), (8, 8))
        leaky = [tuple(replace(side, spare=()) for side in shown)]
        naive += finds_anything(vectors, n, leaky, config)
    assert honest / repeats <= 0.1 and naive / repeats >= 0.25, (honest, naive)


def colors(n=150):
    """Returns pictures of which a third of A is red, and none of B."""
    rng = np.random.default_rng(7)
    vectors = np.array([0.1, 1.0, 0.1]) + rng.normal(0, 0.2, (2 * n, 3))
    vectors[:n:3] = [1.0, 0.1, 0.1]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def compared(proposer, vectors, ranker=None):
    """Compares pictures whose embeddings are there, or not."""
    n = 180 if vectors is None else len(vectors)
    ids = [f"{row:03}" for row in range(n)]
    images = Images(ids, [f"{sample_id}.jpg" for sample_id in ids], ["a picture"] * n)
    read = None if vectors is None else rows_of(vectors)
    inputs = Inputs(images, read, np.arange(n // 2), np.arange(n // 2, n),
                    [], Account())  # fmt: skip
    config = replace(
        CONFIG, proposer=proposer, ranker=ranker, encoder=ColorEncoder(),
        captioner=ColorCaptioner(), properties=False, subset_size=5,
    )  # fmt: skip
    stages = make_stages(None, config, True)
    return compare_inputs(inputs, Design(), stages, config), inputs, stages


def test_a_comparison_shows_the_surest_and_tests_on_the_rest():
    vectors, proposer = colors(), ListProposer("red pictures")
    found, inputs, _ = compared(proposer, vectors)
    for a, _ in found.folds:
        red = [row for row in a.apart if row % 3 == 0]
        assert len(red) >= 2 and sum(row in red for row in a.proposal) == min(len(red), 5)
    seen = {tuple(one) for both in proposer.shown for one in both}
    assert {tuple(f"{row:03}" for row in a.proposal) for a, _ in found.folds} <= seen
    (one,) = [ranked.difference for ranked in found.ranked]
    assert one.significant and one.n_a == one.n_b == 100 and not inputs.account.notes


def test_what_can_not_be_drawn_so_is_said():
    class Whole(ListProposer):
        whole, name = True, "reader"

    found, inputs, stages = compared(ListProposer("red pictures"), None, "tfidf")
    assert stages.reads("embeddings") and not stages.need("embeddings")
    assert any("there are none: drawn uniformly" in note for note in inputs.account.notes)
    assert [len(side.proposal) for side in found.folds[0]] == [5, 5]
    _, inputs, _ = compared(Whole("red pictures"), colors())
    assert any("no effect on reader" in note for note in inputs.account.notes)
    with pytest.raises(ValueError, match="Expected an encoder for draw='sure', got None"):
        make_stages(None, replace(CONFIG, captioner=ColorCaptioner()), True)
    make_stages(None, replace(CONFIG, captioner=ColorCaptioner(), ranker="tfidf"), False)
