"""A plan from its file to its tables, on images that differ in color; no dataset, no network."""

import json
import re

import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from PIL import Image

from visdiff_plugin.errors import EvaluationError, ServerError
from visdiff_plugin.evaluation import runner as runner_module
from visdiff_plugin.evaluation.__main__ import main
from visdiff_plugin.evaluation.judges import WordJudge
from visdiff_plugin.evaluation.judgments import Judgments
from visdiff_plugin.evaluation.pairs import Pair, save_pairs
from visdiff_plugin.evaluation.plan import load_plan
from visdiff_plugin.evaluation.report import write_report
from visdiff_plugin.evaluation.results import rows_of
from visdiff_plugin.evaluation.runner import Runner

COLORS = {"red": (200, 30, 30), "blue": (30, 30, 200)}

PLAN = """
pairs = ["pairs.jsonl"]
seeds = [0, 1]

[settings]
captioner = "colors"
encoder = "colors"
properties = false
rounds = 2
subset_size = 8

[[sweep]]
name = "matrix"
vary = {proposer = ["list", "other"], ranker = ["tfidf", "embedding"]}

[[sweep]]
name = "curves"
settings = {proposer = "list", ranker = "embedding"}
purity = [1, 0.5, 0]
concentration = [1.0, 0.25]
shuffles = 3
"""


class Other(ListProposer):
    name = "other"


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    sides = {}
    for color, rgb in COLORS.items():
        paths = [str(tmp_path / f"{color}-{number}.png") for number in range(40)]
        for path in paths:
            noise = rng.normal(0, 20, (4, 4, 3))
            pixels = np.clip(np.array(rgb) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(path)
        sides[color] = tuple(paths)
    save_pairs(
        [Pair("color", "red", sides["red"], sides["blue"], "blue", "easy"),
         Pair("wrong", "round", sides["red"][:30], sides["blue"][:30], "", "hard")],
        tmp_path / "pairs.jsonl",
    )  # fmt: skip
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def objects():
    return {
        "colors": type("Colors", (ColorEncoder, ColorCaptioner), {})(),
        "list": ListProposer("red", "blue", "green"),
        "other": Other("a green thing"),
    }


def runner(folder, **changes):
    return Runner(folder / "out", {**objects(), **changes})


def judged(folder):
    return Judgments(folder / "out" / "j.jsonl", WordJudge())


def test_from_a_plan_to_its_tables(folder):
    plan = load_plan(folder / "plan.toml")
    run = runner(folder)
    run.run(plan)
    # purity 1 exchanges nothing: it is the comparison of the whole pair
    assert len(run.cells) == 4 * 2 * 2 + (2 + 2 + 3) * 2 * 2 and not run.failures
    text = write_report(plan, run, judged(folder))
    data = json.loads((folder / "out" / "results.json").read_text())
    matrix, curves = data["sweeps"]
    best = {row["variant"]: row for row in matrix["rows"] if row["group"] == "easy"}
    good, poor = best["proposer=list, ranker=embedding"], best["proposer=other, ranker=tfidf"]
    assert good["acc1"] == [1, 1, 1] and good["acc5_b"] == [1, 1, 1] and good["runs"] == 2
    assert good["acc5_supported"] == [1, 1, 1] and good["reporting"][0] == 1
    assert poor["acc5"] == [0, 0, 0]
    whole = [row for row in matrix["rows"] if not row["group"]]
    assert [row["acc1"][0] for row in whole] == [0.5, 0.5, 0, 0]  # the other pair is never right
    levels = {(row["change"]["kind"], row["change"]["level"]): row for row in curves["rows"]
              if row["group"] == ""}  # fmt: skip
    assert levels["purity", 1]["acc5_supported"][0] == 0.5
    assert levels["purity", 0]["reporting"][0] == 0 and levels["purity", 0]["supported"] == 0
    shuffles = levels["shuffle", 1]
    assert shuffles["runs"] == 12 and shuffles["acc5"] is None
    assert shuffles["reporting"][0] < 0.2
    assert "| proposer=list, ranker=embedding | 2 | 0.50 [0.00, 1.00] |" in text
    assert "images dealt anew" in text and "It compares words and is weak" in text
    assert (folder / "out" / "purity-curves.png").stat().st_size > 5_000
    assert (folder / "out" / "concentration-curves.png").exists()


def test_a_plan_may_vary_how_images_are_drawn_and_proposals_refined(folder):
    sweep = """
[[sweep]]
name = "draws"
settings = {proposer = "list", ranker = "tfidf", refine = 1, subset_size = 5}
vary = {draw = ["uniform", "sure"]}
"""
    (folder / "plan.toml").write_text(PLAN[: PLAN.index("[[sweep]]")] + sweep)
    run = runner(folder)
    run.run(load_plan(folder / "plan.toml"))
    cells = run.cells.values()
    assert not run.failures and len(cells) == 2 * 2 * 2
    assert {(cell["config"]["draw"], cell["config"]["refine"]) for cell in cells} == {
        ("uniform", 1), ("sure", 1),
    }  # fmt: skip
    # the ranker reads no embeddings, the classifier does
    assert [second for second in run.known.seconds if second.startswith("embeddings")]


def test_a_killed_sweep_goes_on_where_it_was(folder, monkeypatch):
    plan = load_plan(folder / "plan.toml")
    compare, calls = runner_module.compare_inputs, []

    def killed(*arguments):
        if len(calls) == 5:
            raise KeyboardInterrupt
        calls.append(1)
        return compare(*arguments)

    monkeypatch.setattr(runner_module, "compare_inputs", killed)
    first = runner(folder)
    with pytest.raises(KeyboardInterrupt):
        first.run(plan)
    kept = (folder / "out" / "cells.jsonl").read_text()
    assert len(kept.splitlines()) == 5
    monkeypatch.setattr(runner_module, "compare_inputs", compare)
    second = runner(folder)
    second.run(plan)
    assert (folder / "out" / "cells.jsonl").read_text().startswith(kept)
    assert second.known.seconds.keys() == set()  # captions and embeddings were there
    third = runner(folder)
    third.run(plan)
    assert len((folder / "out" / "cells.jsonl").read_text().splitlines()) == len(third.cells)
    whole = Runner(folder / "new", objects())
    whole.run(plan)
    for cell in plan.cells():
        one, other = dict(third.cells[cell.key()]), dict(whole.cells[cell.key()])
        one.pop("seconds"), other.pop("seconds")
        assert one == other


def test_every_ranker_orders_the_same_proposals_asked_for_once(folder):
    proposer = ListProposer("red", "blue")
    run = runner(folder, list=proposer)
    plan = load_plan(folder / "plan.toml")
    cells = [cell for cell in plan.of(plan.sweeps[0]) if cell.settings["proposer"] == "list"]
    found = [run._compare(cell, plan) for cell in cells]
    half = len(found) // 2
    for first, second in zip(found[:half], found[half:], strict=True):
        assert first["proposed"] == second["proposed"]
        assert first["seconds"]["propose"] == second["seconds"]["propose"]
    # two pairs, two seeds, two rounds, two directions; not once more for the second ranker
    assert len(proposer.shown) == 2 * 2 * 2 * 2


def test_a_union_of_remembered_proposers_took_as_long_as_its_members(folder):
    few = '{name = "keyword", n = 3}'
    text = PLAN.replace('["list", "other"]', f'["keyword", {few}, ["keyword", {few}]]', 1)
    (folder / "plan.toml").write_text(text)
    run = runner(folder)
    plan = load_plan(folder / "plan.toml")
    cells = [cell for cell in plan.of(plan.sweeps[0]) if cell.pair.name == "color"]
    first = [cell for cell in cells if cell.settings["ranker"] == "tfidf" and cell.seed == 0]
    alone = [run._compare(one, plan)["seconds"]["propose"] for one in first[:2]]
    both = run._compare(first[2], plan)
    assert both["seconds"]["propose"] == pytest.approx(sum(alone), abs=1e-3)
    assert both["proposed"].count("+") == 1 and both["candidates"] > 0


def test_a_cell_that_fails_is_no_result_and_is_tried_again(folder):
    class Down(Other):
        def propose(self, a, b):
            raise ServerError("the server is down")

    plan = load_plan(folder / "plan.toml")
    run = runner(folder, other=Down("x"))
    run.run(plan)
    assert len(run.failures) == 8 and "the server is down" in next(iter(run.failures.values()))
    text = write_report(plan, run, judged(folder))
    assert "8 comparisons of this table are not finished." in text and "Failed:" in text
    row = next(row for row in rows_of(plan, plan.sweeps[0], run.cells, judged(folder))
               if row.variant.startswith("proposer=other"))  # fmt: skip
    assert row.runs == 0 and row.unfinished == 4 and row.acc1 is None and row.reporting is None
    again = runner(folder)
    again.run(plan)
    assert not again.failures


def test_an_image_that_is_none_is_left_out_and_counted(folder):
    (folder / "red-0.png").write_bytes(b"no image")
    plan = load_plan(folder / "plan.toml")
    run = runner(folder)
    cell = next(iter(plan.cells()))
    found = run._compare(cell, plan)
    assert found["n_a"] == 40 and found["n_b"] == 40  # tf-idf reads captions, and needs no pixels
    embedded = next(cell for cell in plan.cells() if cell.settings["ranker"] == "embedding")
    found = run._compare(embedded, plan)
    assert found["n_a"] == 39 and found["skipped"] == 1


def test_captions_and_measured_properties_need_no_model(folder):
    (pair, _) = load_plan(folder / "plan.toml").pairs
    captions = {path: "a red thing" for path in pair.images_a}
    captions |= {path: "a blue thing" for path in pair.images_b}
    save_pairs([Pair(pair.name, "red", pair.images_a, pair.images_b, "blue", "", captions)],
               folder / "pairs.jsonl")  # fmt: skip
    (folder / "plan.toml").write_text(
        'pairs = ["pairs.jsonl"]\n[settings]\npreset = "offline"\n'
        '[[sweep]]\nname = "words"\nsettings = {captioner = "table", properties = false}\n'
        '[[sweep]]\nname = "measured"\nsettings = {proposer = "none", properties = true}\n'
    )
    plan = load_plan(folder / "plan.toml")
    run = Runner(folder / "out")
    run.run(plan)
    said, measured = (run.cells[cell.key()] for cell in plan.cells())
    assert "red" in said["a"][0]["description"] and said["a"][0]["supported"]
    sources = {one["source"] for one in (*measured["a"], *measured["b"])}
    assert sources == {"property"} and measured["supported"] > 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rounds = 2", "rounds = 0", "rounds as a whole number"),
        ("rounds = 2", "turns = 2", "got turns"),
        ("rounds = 2", 'preset = "best"', "a preset out of"),
        ("rounds = 2", "cluster_by = 'x'", "got cluster_by"),
        ('captioner = "colors"', 'captioner = "field:x"', "without a dataset, got 'field:x'"),
        ("shuffles = 3", "shuffles = -1", "shuffles as a number"),
        ("purity = [1, 0.5, 0]", "purity = [50]", r"purity in \[0, 1\]"),
        ("purity = [1, 0.5, 0]", "puritty = [1]", "got puritty"),
        ("seeds = [0, 1]", "seeds = [-1]", "seeds as a list"),
        ('name = "curves"', 'name = "matrix"', "a different name for each"),
        ('name = "curves"', 'groups = ["none"]', "groups of pairs"),
        ('["list", "other"]', '"list"', "lists under vary"),
        ('["pairs.jsonl"]', "[]", "pairs = "),
        ("[settings]", "[settings", "in TOML"),
    ],
)
def test_a_wrong_plan_says_what_is_wrong(folder, old, new, message):
    (folder / "plan.toml").write_text(PLAN.replace(old, new, 1))
    with pytest.raises(EvaluationError, match=message):
        load_plan(folder / "plan.toml")


STAGES = """
from fakes import ColorCaptioner, ColorEncoder, ListProposer

class Colors(ColorEncoder, ColorCaptioner):
    pass

class Listed(ListProposer):
    def __init__(self):
        super().__init__("red", "blue")
"""


def test_no_secret_of_a_plan_is_shown(folder):
    stage = (
        '{name = "openai:m", api_key = "sk-canary", base_url = "http://joe:canary@127.0.0.1:9/v1", '
        "max_retries = 0}"
    )
    text = PLAN.replace('vary = {proposer = ["list", "other"]', f"vary = {{proposer = [{stage}]")
    (folder / "plan.toml").write_text(text)
    plan = load_plan(folder / "plan.toml")
    cells = list(plan.cells())
    shown = [repr(plan), *map(repr, cells), *(cell.key() for cell in cells)]
    run = runner(folder)
    run.run(plan)
    shown += [str(run.failures), write_report(plan, run, judged(folder))]
    files = [each for each in (folder / "out").rglob("*") if each.is_file()]
    shown += [each.read_text(errors="replace") for each in files]
    assert run.failures and not [each for each in shown if "canary" in each]


def test_the_command(folder, capsys):
    (folder / "own_stages.py").write_text(STAGES)
    (folder / "plan.toml").write_text(re.sub(r', "other"', "", PLAN))
    command = ["run", str(folder / "plan.toml"), "--out", str(folder / "out"), "--path",
               str(folder), "--object", "colors=own_stages:Colors"]  # fmt: skip
    assert main([*command, "--object", "list=own_stages:Listed"]) == 0
    table = capsys.readouterr().out
    assert "## matrix" in table and table == (folder / "out" / "table.md").read_text()
    assert main(["report", str(folder / "plan.toml"), "--out", str(folder / "out")]) == 0
    assert capsys.readouterr().out.startswith(table.split("Judge:")[0])


def test_the_command_says_what_is_wrong(folder, capsys):
    plan, out = str(folder / "plan.toml"), str(folder / "out")
    for more, message in (
        (["--object", "x=nowhere:Y"], "Expected 'Y' in the module 'nowhere'"),
        (["--object", "x"], "NAME=MODULE:CLASS"),
        (["--judge", "oracle"], "Expected a judge"),
        ([], "Expected a captioner out of"),  # a plan can't name code: the command line does
    ):
        assert main(["run", plan, "--out", out, *more]) == 2
        assert message in capsys.readouterr().err
    assert main(["report", plan, "--out", out]) == 2
    assert "Use 'run' first" in capsys.readouterr().err
