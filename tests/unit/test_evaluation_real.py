"""The tables that are built from real photographs, and one comparison of them."""

import os
import runpy
from pathlib import Path

from visdiff_plugin.evaluation.judges import WordJudge
from visdiff_plugin.evaluation.judgments import Judgments
from visdiff_plugin.evaluation.pairs import load_pairs, save_pairs
from visdiff_plugin.evaluation.plan import load_plan
from visdiff_plugin.evaluation.results import questions, rows_of
from visdiff_plugin.evaluation.runner import Runner

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "shared_pairs.py"

PLAN = """
pairs = ["snow.jsonl"]
[settings]
preset = "offline"
captioner = "table"
properties = false
[[sweep]]
name = "words"
settings = {proposer = "keyword", ranker = "tfidf"}
shuffles = 3
"""


def test_pairs_of_real_photographs_and_what_people_wrote(shared, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", [str(SCRIPT), str(shared), str(tmp_path)])
    assert runpy.run_path(str(SCRIPT))["main"]() == 0
    pairs = {pair.name: pair for pair in load_pairs(tmp_path / "pairs.jsonl")}
    groups = [pair.group for pair in pairs.values()]
    assert [groups.count(name) for name in ("style pairs", "label pairs")] == [6, 21]
    assert {"waterbirds misclassified or not", "yoga or meditation"} <= set(pairs)
    assert all(os.path.exists(path) for pair in pairs.values() for path in pair.images_a)
    save_pairs([pairs["snow or swimming"]], tmp_path / "snow.jsonl")
    (tmp_path / "plan.toml").write_text(PLAN)
    plan, runner = load_plan(tmp_path / "plan.toml"), Runner(tmp_path / "out")
    runner.run(plan)
    scores = Judgments(tmp_path / "j.jsonl", WordJudge())
    scores.ask(questions(plan, runner.cells))
    found, dealt = rows_of(plan, plan.sweeps[0], runner.cells, scores)
    assert found.acc1 == (1, 1, 1) and found.acc5_b is not None and found.acc5_b[0] > 0
    assert dealt.reporting is not None and dealt.reporting[0] == 0
