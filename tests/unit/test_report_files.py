"""Reports are written whole, by name into one folder, or to a path that a script gives."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.reports.files import check_name, replace, reports_folder, write_new


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VISDIFF_REPORTS", str(tmp_path / "reports"))
    return tmp_path / "reports"


def test_where_the_folder_is(tmp_path, monkeypatch):
    monkeypatch.delenv("VISDIFF_REPORTS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert reports_folder() == tmp_path / "visdiff" / "reports"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert reports_folder().is_relative_to(os.path.expanduser("~"))
    monkeypatch.setenv("VISDIFF_REPORTS", str(tmp_path / "mine"))
    assert reports_folder() == tmp_path / "mine"


@pytest.mark.parametrize(
    ("name", "file"),
    [("run", "run.html"), ("run.html", "run.html"), ("Run 2 (new).HTML", "Run 2 (new).HTML"),
     ("größer", "größer.html"), ("2024-01, a+b", "2024-01, a+b.html")],
)  # fmt: skip
def test_names(folder, name, file):
    assert write_new(name, "html", "text") == folder / file
    assert (folder / file).read_text() == "text"
    with pytest.raises(ValueError, match="already exists"):
        write_new(name, "html", "other")
    assert (folder / file).read_text() == "text"


@given(st.text(st.sampled_from("ab./\\~:\0\n ‮ \u2215é%-_"), max_size=12))
def test_no_name_leaves_the_folder(name):
    try:
        checked = check_name(name, "html")
    except ValueError as error:
        assert "Type a file name" in str(error)
        return
    assert checked.lower().endswith(".html") and ".." not in checked
    assert checked[0].isalnum() and not set(checked) & set("/\\:\0\n~‮\u2215%")


def test_a_dangling_link_is_not_written_through(folder, tmp_path):
    folder.mkdir()
    (folder / "x.html").symlink_to(tmp_path / "target.html")
    with pytest.raises(ValueError, match="already exists"):
        write_new("x", "html", "text")
    assert not (tmp_path / "target.html").exists()


def test_a_full_folder(folder, monkeypatch):
    monkeypatch.setattr("visdiff_plugin.reports.files._MOST_FILES", 2)
    for name in "ab":
        write_new(name, "txt", "")
    with pytest.raises(ValueError, match="holds 2 files"):
        write_new("c", "txt", "")


def test_a_script_replaces_the_link_and_not_what_it_names(tmp_path):
    (tmp_path / "target").write_text("precious")
    for target in ("target", "missing"):
        link = tmp_path / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / target)
        replace(link, "report")
        assert link.read_text() == "report" and not link.is_symlink()
    assert (tmp_path / "target").read_text() == "precious"
    assert not (tmp_path / "missing").exists()


def test_permissions_stay(tmp_path):
    file = tmp_path / "x.md"
    replace(file, "one")
    assert not stat.S_IMODE(file.stat().st_mode) & 0o111
    file.chmod(0o640)
    replace(file, "two")
    assert file.read_text() == "two" and stat.S_IMODE(file.stat().st_mode) == 0o640


def test_what_fails_leaves_what_was_there(tmp_path):
    file = tmp_path / "x.md"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        replace(file, "\ud800")
    with pytest.raises(OSError, match="which is none"):
        replace(tmp_path, "text")
    with pytest.raises(FileNotFoundError):
        replace(tmp_path / "no" / "x.md", "text")
    assert file.read_text() == "old" and [each.name for each in tmp_path.iterdir()] == ["x.md"]
