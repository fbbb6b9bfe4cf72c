"""A cheap ranker chooses, a dear one is asked: who, on what, and what it does to the evidence."""

from dataclasses import replace

import numpy as np
import pytest

from visdiff_plugin.account import Skipped
from visdiff_plugin.config import Config
from visdiff_plugin.errors import ModelError, ServerError
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.evidence.table import Table
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.rankers.cascade import Cascade, Chosen
from visdiff_plugin.ranking import rank_differences
from visdiff_plugin.sampling import Split
from visdiff_plugin.selection import Candidate
from visdiff_plugin.stages import Images, Scored, Usage

OFFLINE = Config.preset("offline")


class Known:
    """Scores what it was told, and remembers each question."""

    def __init__(self, scores, name="known", needs="paths", fails_at=None):
        self.truth = np.asarray(scores, np.float32)
        self.name, self.needs, self.fails_at = name, needs, fails_at
        self.asked = []

    def score(self, images, descriptions):
        if self.fails_at == len(self.asked):
            raise ServerError("The server is gone.")
        rows, columns = (
            [int(sample_id) for sample_id in images.ids],
            [int(description) for description in descriptions],
        )
        self.asked.append((rows, columns))
        skipped = [Skipped("answer", "silent", 1, (images.ids[0],))]
        return Scored(self.truth[np.ix_(rows, columns)], Usage(len(rows) * len(columns)), skipped)

    @property
    def calls(self):
        return sum(len(rows) * len(columns) for rows, columns in self.asked)


def chosen(scores, n_a, config=OFFLINE, design=None, rows=None):
    n, k = scores.shape
    in_a = np.arange(n) < n_a if rows is None else rows
    return Chosen(
        [str(column) for column in range(k)], scores, [f"{row}.png" for row in range(n)],
        np.flatnonzero(in_a), np.flatnonzero(~in_a), design or Design(), config,
    )  # fmt: skip


def take(rows):
    return Images([str(row) for row in rows], [f"{row}.png" for row in rows])


def planted(rng, n=100, effects=(0.0, 2.0, 0.0, -2.0, 0.0, 1.0)):
    scores = rng.normal(0, 1, (2 * n, len(effects)))
    scores[:n] += effects
    return scores


def test_the_best_are_asked_about_on_a_sample_of_each_set():
    scores = planted(np.random.default_rng(0))
    then = Known(scores > 0)
    found = Cascade(Known(scores), then, top=3, sample=40).narrow(chosen(scores, 100), take)
    assert found.columns == [1, 3, 5] and found.untested == 3
    known = np.isfinite(found.scored.scores)
    assert known[:100].sum(axis=0).tolist() == known[100:].sum(axis=0).tolist() == [40] * 3
    np.testing.assert_array_equal(found.scored.scores[known], (scores > 0)[:, [1, 3, 5]][known])
    assert found.scored.usage.requests == then.calls == 80 * 3
    skipped = {skipped_item.what: skipped_item for skipped_item in found.scored.skipped}
    assert skipped["candidate"].count == 3 and skipped["candidate"].examples == ("0", "2", "4")
    # looked at after 30 and after 40 images: one entry, not one a look
    assert skipped["answer"].count == len(then.asked) == 2
    assert "3 of 6 descriptions, on 40 images of A and 40 of B" in found.scored.notes[0]


def test_one_direction_chooses_what_is_truer_of_a():
    scores = planted(np.random.default_rng(0))
    config = replace(OFFLINE, directions="a")
    cascade = Cascade(Known(scores), Known(scores), top=2)
    assert cascade.narrow(chosen(scores, 100, config), take).columns == [1, 5]


def test_who_can_no_longer_win_is_given_up_and_the_others_are_asked_to_the_end():
    rng = np.random.default_rng(1)
    first = planted(rng, 400, (1.0, 1.0, 1.0, -1.0))
    answers = np.zeros((800, 4))
    answers[:400, 0] = rng.random(400) < 0.9  # of most of A alone
    answers[:, 1] = 1  # of every image
    answers[400:, 3] = rng.random(400) < 0.5
    then = Known(answers)  # column 2: of none
    found = Cascade(Known(first), then, top=4, sample=400).narrow(chosen(first, 400), take)
    assert found.columns == [0, 3] and found.untested == 2
    assert [len(columns) for _, columns in then.asked] == [4, 2, 2]
    assert then.calls == 200 * 4 + 600 * 2
    assert np.isfinite(found.scored.scores).all()
    given_up = [
        skipped_item for skipped_item in found.scored.skipped if "given up" in skipped_item.reason
    ]
    assert [(one.count, one.examples) for one in given_up] == [(2, ("1", "2"))]


def test_without_a_smallest_effect_nobody_is_given_up():
    scores = planted(np.random.default_rng(2))
    config = replace(OFFLINE, min_effect=0.5)
    then = Known(np.ones(scores.shape))
    found = Cascade(Known(scores), then, top=6).narrow(chosen(scores, 100, config), take)
    assert found.columns == list(range(6)) and found.untested == 0


@pytest.mark.parametrize(
    ("n_a", "n_b", "budget", "expected"),
    [(100, 100, 240, (40, 40)), (100, 100, 245, (41, 40)), (10, 190, 240, (10, 70)),
     (190, 10, 240, (70, 10)), (100, 100, None, (100, 100)), (100, 100, 12, (2, 2))],
)  # fmt: skip
def test_the_sample_shrinks_to_the_budget(n_a, n_b, budget, expected):
    scores = planted(np.random.default_rng(3), (n_a + n_b) // 2, (3.0, 3.0, 3.0))
    scores[:, :] = np.where(np.arange(n_a + n_b) < n_a, 5, 0)[:, None] + scores
    then = Known(scores)
    found = Cascade(Known(scores), then, budget=budget).narrow(chosen(scores, n_a), take)
    known = np.isfinite(found.scored.scores).all(axis=1)
    assert sorted((known[:n_a].sum(), known[n_a:].sum())) == sorted(expected)
    assert budget is None or then.calls <= budget


def test_a_budget_that_is_too_small():
    scores = planted(np.random.default_rng(3))
    then = Known(scores)
    with pytest.raises(ModelError, match=r"at least 24 calls.*got 23"):
        Cascade(Known(scores), then, budget=23).narrow(chosen(scores, 100), take)
    assert not then.asked


def test_which_images_are_asked_about_does_not_hang_on_which_set_is_called_a():
    scores = planted(np.random.default_rng(4), 60)
    in_a = np.random.default_rng(5).random(120) < 0.4
    sampled = []
    for rows in (in_a, ~in_a):
        cascade = Cascade(Known(scores), Known(scores), top=2, sample=20)
        found = cascade.narrow(chosen(scores, 0, rows=rows), take)
        sampled.append((found.columns, np.isfinite(found.scored.scores)))
    assert sampled[0][0] == sampled[1][0]
    np.testing.assert_array_equal(sampled[0][1], sampled[1][1])


def test_pairs_are_drawn_whole():
    scores = planted(np.random.default_rng(6), 50)
    pairs = np.concatenate([np.arange(50), np.random.default_rng(7).permutation(50)])
    pairs[:5] = -1
    there = chosen(scores, 50, design=Design(pairs=pairs))
    found = Cascade(Known(scores), Known(scores), top=1, sample=20).narrow(there, take)
    known = np.isfinite(found.scored.scores[:, 0])
    drawn_a, drawn_b = set(pairs[:50][known[:50]]), set(pairs[50:][known[50:]])
    assert len(drawn_a) == 20 and drawn_a == drawn_b and -1 not in drawn_a


def test_a_server_that_goes_down_later_leaves_what_it_said():
    scores = planted(np.random.default_rng(8), 200)
    then = Known(scores, fails_at=1)
    found = Cascade(Known(scores), then, top=2).narrow(chosen(scores, 200), take)
    assert np.isfinite(found.scored.scores).sum(axis=0).tolist() == [100, 100]
    assert any("stopped answering: The server is gone" in note for note in found.scored.notes)
    with pytest.raises(ServerError):
        Cascade(Known(scores), Known(scores, fails_at=0)).narrow(chosen(scores, 200), take)


def test_what_was_not_asked_about_counts_in_the_correction():
    scores = planted(np.random.default_rng(9), 30, (0.8,))
    split = Split(tuple(range(5)), 30, held_out=False)
    table = Table(scores, np.arange(30), np.arange(30, 60), [(split, split)])
    some = [Candidate("x", "user")]
    alone = rank_differences(some, table, OFFLINE)[0][0].difference
    among = rank_differences(some, table, OFFLINE, untested=9)[0][0].difference
    assert among.p_value == alone.p_value
    # the best of 20 tests (10 candidates, two directions) instead of 2
    assert among.q_value == pytest.approx(10 * alone.q_value)


@pytest.mark.parametrize("source", ["keyword", "user"])
def test_few_scored_images_are_counted_where_there_are_any(source):
    scores = np.full((40, 1), np.nan)
    # scored: two images of each set, of the round after the candidate's own
    scores[[7, 8], 0], scores[[27, 28], 0] = 1, 0
    folds = [(Split(tuple(seen), 20), Split(tuple(seen), 20)) for seen in (range(5), range(5, 10))]
    table = Table(scores, np.arange(20), np.arange(20, 40), folds)
    ranked, skipped = rank_differences([Candidate("x", source)], table, OFFLINE)
    assert not skipped
    one = ranked[0].difference
    assert (one.n_a, one.n_b, one.prevalence_a, one.prevalence_b) == (2, 2, 1.0, 0.0)


def test_choosing_by_the_evidence_makes_no_false_findings():
    """Both sets the same, and a second ranker that says what the first does: the worst case."""
    rng, config = np.random.default_rng(10), replace(OFFLINE, min_effect=0.5)
    honest = naive = 0
    for _ in range(200):
        scores = rng.normal(0, 1, (120, 30))
        cascade = Cascade(Known(scores), Known(scores), top=3, sample=60)
        found = cascade.narrow(chosen(scores, 60, config), take)
        split = Split((), 60, held_out=False)
        table = Table(found.scored.scores, np.arange(60), np.arange(60, 120), [(split, split)])
        some = [Candidate(str(column), "user") for column in found.columns]
        for untested in (found.untested, 0):
            ranked, _ = rank_differences(some, table, config, untested)
            any_found = any(one.difference.significant for one in ranked)
            honest, naive = honest + any_found * bool(untested), naive + any_found * (not untested)
    assert honest / 200 <= 0.1 and naive / 200 >= 0.25


def test_a_cascade_by_name():
    spec = {"name": "cascade:image_question:m", "base_url": "http://localhost/v1", "top": 4}
    found = make_ranker({**spec, "first": "tfidf"}, None)
    assert found.name == "cascade: words, image_question (m)" and found.top == 4
    assert set(found.needs) == {"captions", "paths"}
    assert found.parameters["then"]["base_url"] == "http://localhost/v1"
    assert make_ranker(found, None) is found


@pytest.mark.parametrize(
    "spec",
    ["cascade", {"name": "cascade:tfidf", "top": 0}, {"name": "cascade:tfidf", "budget": True},
     {"name": "cascade", "then": {"name": "cascade:tfidf"}}, {"name": "cascade:tfidf", "x": 1}],
)  # fmt: skip
def test_wrong_cascades(spec):
    with pytest.raises(ValueError, match="Expected"):
        make_ranker(spec, None)
