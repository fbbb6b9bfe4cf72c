"""The repository's own files agree with each other."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
#: split, so that this file does not name them either
HOSTS = ("py" + "pi.org", "python" + "hosted", "deb." + "debian", "npm" + "js")


def lines(name):
    return [
        line.strip()
        for line in (ROOT / name).read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]


def tracked():
    try:
        done = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines()]


def test_requirements_are_those_of_the_project():
    wanted = [one for one in PROJECT["dependencies"] if not one.startswith("fiftyone")]
    assert lines("requirements.txt") == wanted


def test_constraints_are_names_and_versions_and_cover_the_dependencies():
    pinned = [
        re.fullmatch(r"([A-Za-z0-9_.-]+)==[\w.+!]+", line) for line in lines("constraints.txt")
    ]
    assert all(pinned)
    names = {one.group(1).lower().replace("_", "-") for one in pinned}
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirement in (one for group in groups for one in group):
        assert re.match(r"[A-Za-z0-9_.-]+", requirement).group().lower().replace("_", "-") in names
        assert re.search(r"[<>]", requirement), f"{requirement} has no bound"


def test_versions_agree():
    assert f"version: {PROJECT['version']}" in (ROOT / "fiftyone.yml").read_text()


def test_no_file_names_a_registrys_host():
    for path in tracked():
        if path.suffix in (".png", ".jpg", ".gif"):
            continue
        text = path.read_text(errors="ignore").lower()
        assert not [host for host in HOSTS if host in text], path


def test_the_readme_names_targets_and_pages_that_exist():
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for page in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (ROOT / page).exists(), page
