"""What the README and docs show runs as it stands, and the demo keeps its promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import fiftyone as fo
import pytest

import visdiff_plugin as visdiff

ROOT = Path(__file__).resolve().parents[2]


def snippets(name):
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def demo():
    """The demo's output; it writes its images to .cache and its dataset to this database."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "demo.py")],
        capture_output=True,
        text=True,
        env={**os.environ, "FIFTYONE_DO_NOT_TRACK": "true"},
    )
    yield done
    if "visdiff-demo" in fo.list_datasets():
        fo.delete_dataset("visdiff-demo")


def test_the_demo_finds_what_was_planted_and_nothing_in_noise(demo):
    assert demo.returncode == 0, demo.stdout + demo.stderr
    table = demo.stdout.partition("Planted fault")[2]
    places = [int(line.split()[-1]) for line in table.splitlines()[1:6]]
    assert sorted(places) == [1, 2, 3, 4, 5]
    assert "No difference found" in table
    shown = [
        line[:44].strip() for line in demo.stdout.splitlines() if re.search(r" [AB] +0\.", line)
    ]
    readme = (ROOT / "README.md").read_text()
    assert [text for text in shown[:5] if text not in readme] == []


def test_the_snippets_run_one_after_the_other(demo):
    names = {}
    assert len(snippets("README.md")) == 3
    for code in snippets("README.md"):
        exec(code, names)  # noqa: S102
    assert names["run"].significant and len(names["mine"].differences) == 2
    assert {difference.control for difference in names["fair"].significant} <= {"holds", "crosses"}
    for code in snippets("docs/sets.md"):
        exec(code, names)  # noqa: S102
    for code in snippets("docs/stages.md"):
        exec(code, names)  # noqa: S102
    for code in snippets("docs/storage.md"):
        exec(code, names)  # noqa: S102
    assert visdiff.list_runs(names["dataset"]) == []
    assert not [name for name in names["dataset"].get_field_schema() if "visdiff" in name]
