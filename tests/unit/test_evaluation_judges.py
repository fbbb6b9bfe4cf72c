"""The offline judge, strict reading of a model's scores, and scores that are kept."""

import numpy as np
import pytest

from visdiff_plugin.cache.lines import Lines
from visdiff_plugin.errors import EvaluationError
from visdiff_plugin.evaluation.chat_judge import parse_score
from visdiff_plugin.evaluation.judges import Judgment, Question, WordJudge, stem
from visdiff_plugin.evaluation.judgments import Judgments
from visdiff_plugin.stages import Usage


@pytest.mark.parametrize(
    ("truth", "other", "proposal", "score"),
    [
        ("dogs in snow", "dogs on grass", "snow", 2),
        ("dogs in snow", "dogs on grass", "dogs in the snow", 2),
        ("dogs in snow", "dogs on grass", "brown dogs in deep snow", 1),
        ("dogs in snow", "dogs on grass", "a dog", 0),
        ("dogs in snow", "dogs on grass", "dogs on grass", 0),
        ("pencil sketches", "photographs", "a sketch", 1),
        ("pencil sketches", "", "Pencil sketch", 2),
        ("people practicing yoga", "people meditating", "yoga practice", 2),
        ("people practicing yoga", "people meditating", "yoga", 1),
        ("art", "", "a cat", 0),
        ("horses", "houses", "horse", 2),
        ("horses", "houses", "images of horses", 2),
        ("photographs", "sketches", "photo", 2),
        ("horses", "houses", "house", 0),
    ],
)
def test_words(truth, other, proposal, score):
    assert WordJudge().judge(Question(truth, other, proposal)).score == score


def test_endings_are_cut_alike():
    for group in (
        ("running", "runs"), ("sketches", "sketch", "sketching", "sketched"), ("boxes", "box"),
        ("cities", "city"), ("horses", "horse"), ("riding", "rides", "ride"),
    ):  # fmt: skip
        assert len({stem(word) for word in group}) == 1, group
    assert stem("horse") != stem("house") and stem("sing") == "sing" and stem("grass") == "grass"


class Meanings:
    """Knows that a hound is much like a dog, and a puppy somewhat."""

    name = "meanings-1"
    vectors = {"dogs": (1, 0), "hound": (0.95, 0.31), "puppy": (0.8, 0.6), "cats": (0, 1)}

    def encode_images(self, paths):
        raise AssertionError(f"Expected texts alone to be embedded, got {paths}.")

    def encode_texts(self, texts):
        return np.array([self.vectors[text] for text in texts], float)


@pytest.mark.parametrize(("proposal", "score"), [("hound", 2), ("puppy", 1), ("cats", 0)])
def test_meanings_count_where_words_do_not(proposal, score):
    question = Question("dogs", "cats", proposal)
    assert WordJudge(Meanings()).judge(question).score == score
    assert WordJudge().judge(question).score == 0


def test_what_is_nearer_to_the_other_truth_is_no_match():
    class Alike(Meanings):
        vectors = {"dogs": (1, 0.1), "cats": (1, 0), "pets": (1, 0)}

    assert WordJudge(Alike()).judge(Question("dogs", "cats", "pets")).score == 0


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("2", 2), ("2.", 2), ("Score: 2.", 2), ("**Score: 1**", 1), ("Score is 0", 0),
        ('{"score": 1}', 1), ('```json\n{"score": "2"}\n```', 2), ("[1]", 1), ("1/2", 1),
        ("The answer is broader. Final score: 1", 1), ("Grade: 2/2", 2), ("score = 2.0", 2),
        ("<think>maybe 0, maybe 1</think>Score: 2", 2), ("Score: 2\n\nSo the score is 2.", 2),
        ('{"reason": "the same", "score": 2}', 2),
    ],
)  # fmt: skip
def test_a_score_is_read(reply, score):
    assert parse_score(reply) == score


@pytest.mark.parametrize(
    "reply",
    ["", "yes", "3", "Score: 10", "1.5", "Score: 1.5", "-1", "Score: -1", "0 or 1", "Score: 1 or 2",
     "Score (0-2): 1", "Score: 1. Or rather score: 2", '{"score": 3}', '{"score": true}',
     '{"score": null}', '{"score": 1.5}', "2 of them match", "Score: 20%", "Score: 0/1/2",
     '{"score": 1} {"score": 2}', "I cannot score this.", "Score: 1,5"],
)  # fmt: skip
def test_what_is_no_score_is_not_guessed(reply):
    with pytest.raises(EvaluationError, match="score 0, 1 or 2"):
        parse_score(reply)


class Counting:
    """Gives 1, and fails on one proposal."""

    name = "counting"
    parameters = {"model": "m"}

    def __init__(self):
        self.asked = []

    def judge(self, question):
        self.asked.append(question.proposal)
        if question.proposal == "bad":
            raise EvaluationError("no score")
        return Judgment(1, Usage(1, 10, 2), "Score: 1")


def test_what_is_judged_is_kept_whatever_fails(tmp_path):
    asked = [Question("t", "", text) for text in ("a", "bad", "b", "a")]
    first = Judgments(tmp_path / "j.jsonl", Counting())
    with pytest.raises(EvaluationError, match="no score"):
        first.ask(asked)
    judge = Counting()
    again = Judgments(tmp_path / "j.jsonl", judge)
    again.ask([asked[0], asked[2]])
    assert judge.asked == [] and again.score(asked[2]) == 1
    assert first.usage == Usage(2, 20, 4)


def test_scores_are_read_without_the_judge_but_not_made_up(tmp_path):
    question = Question("t", "o", "a")
    judged = Judgments(tmp_path / "j.jsonl", Counting())
    judged.ask([question])
    reading = Judgments(tmp_path / "j.jsonl", None, judged.label)
    reading.ask([question])
    assert reading.score(question) == 1
    with pytest.raises(EvaluationError, match="for 1 more answers"):
        reading.ask([Question("t", "other truth", "a")])


def test_two_judges_do_not_share_scores(tmp_path):
    Judgments(tmp_path / "j.jsonl", Counting()).ask([Question("t", "", "a")])
    other = Counting()
    other.parameters = {"model": "larger"}
    Judgments(tmp_path / "j.jsonl", other).ask([Question("t", "", "a")])
    assert other.asked == ["a"]


def test_a_line_cut_short_is_dropped_and_the_next_is_whole(tmp_path):
    path = tmp_path / "x.jsonl"
    Lines(path).append("k", {"v": "é"})
    with open(path, "ab") as file:
        file.write('{"key": "half", "v": "é'.encode()[:-1])
    lines = Lines(path)
    assert "k" in lines and "half" not in lines
    lines.append("next", {"v": 2})
    assert [Lines(path)[key]["v"] for key in ("k", "next")] == ["é", 2]


def test_a_foreign_line_is_refused(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"no": 1}\n{"key": "k"}\n')
    with pytest.raises(EvaluationError, match="in line 1"):
        Lines(tmp_path / "x.jsonl")
