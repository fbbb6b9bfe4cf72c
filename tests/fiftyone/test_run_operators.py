"""Operators on a stored run: sort, filter, tag, rename, export, and where the App shows them."""

import base64
import json

import fiftyone as fo
import fiftyone.operators as foo
import pytest
from fakes import ColorEncoder
from fiftyone import ViewField as F
from fiftyone.operators.executor import ExecutionError
from forms import URI, context

import visdiff_plugin as visdiff
from visdiff_plugin.errors import FieldError, RunError
from visdiff_plugin.views import filter_view, sort_view


@pytest.fixture
def red(dataset):
    """The difference that tells red images from blue ones, with a few exceptions planted."""
    run = visdiff.rank(
        dataset, "red", "blue", ["red pictures"], "run", encoder=ColorEncoder(), overwrite=True,
        threshold=0.5,
    )  # fmt: skip
    [one] = run.differences
    # one red image does not show it, two blue ones do
    odd = [
        *dataset.match_tags("red").values("id")[:1],
        *dataset.match_tags("blue").values("id")[:2],
    ]
    low, high = one.threshold - 0.1, one.threshold + 0.1
    dataset.set_values(one.field, dict(zip(odd, (low, high, high), strict=True)), key_field="id")
    return one


def execute(dataset, name, view=None, **params):
    made = context(dataset, name, view=view, **params)
    result = foo.get_operator(f"{URI}/{name}").execute(made)
    return result, made.executor._requests


def form(dataset, name, **params):
    operator = foo.get_operator(f"{URI}/{name}")
    return operator.resolve_input(context(dataset, name, **params)).to_json()


def shown(dataset, requests):
    [request] = [request for request in requests if request.operator_uri.endswith("set_view")]
    return fo.DatasetView._build(dataset, json.loads(json.dumps(request.params["view"])))


def test_views_agree_with_the_shares_that_the_run_tells(dataset, red):
    run = visdiff.load(dataset, "run")
    assert len(filter_view(dataset, run, red.field)) == 61
    assert len(filter_view(dataset, run, red.field, sides="a")) == 59
    assert len(filter_view(dataset, run, red.field, sides="b")) == 2
    assert len(filter_view(dataset, run, red.field, sides="a", below=True)) == 1
    assert len(filter_view(dataset, run, red.field, 2.0)) == 0
    assert len(filter_view(dataset.match_tags("blue"), run, red.field)) == 2
    scores = sort_view(dataset, run, red.field).values(red.field)
    assert scores == sorted(scores, reverse=True) and len(scores) == 120
    assert sort_view(dataset, run, red.field, ascending=True).values(red.field) == scores[::-1]
    assert red.field in dataset.list_indexes()
    for bad in ({"threshold": float("nan")}, {"sides": "c"}):
        with pytest.raises(ValueError, match="Expected"):
            filter_view(dataset, run, red.field, **bad)
    with pytest.raises(FieldError, match="got 'filepath'"):
        filter_view(dataset, run, "filepath")
    dataset.delete_sample_field("run.set")
    with pytest.raises(RunError, match="Run the comparison again"):
        filter_view(dataset, run, red.field, sides="a")


def test_the_grid_is_filtered_within_the_current_view(plugins, dataset, red):
    result, requests = execute(dataset, "filter_by_difference", run_key="run", field=red.field)
    assert result["count"] == 61 and len(shown(dataset, requests)) == 61
    result, requests = execute(
        dataset, "filter_by_difference", dataset.match_tags("blue"),
        run_key="run", field=red.field, below=True, sides="b",
    )  # fmt: skip
    assert len(shown(dataset, requests)) == result["count"] == 58
    assert len(shown(dataset, requests).match(F(red.field) >= red.threshold)) == 0


def test_matches_are_counted_before_and_tagged(plugins, dataset, red):
    chosen = {"run_key": "run", "field": red.field, "sides": "b"}
    assert "Tags 2 photos in the current view." in json.dumps(
        form(dataset, "tag_difference", **chosen)
    )
    result, _ = execute(dataset, "tag_difference", tag=" odd ", **chosen)
    assert result == {"tag": "odd", "count": 2} and len(dataset.match_tags("odd")) == 2
    with pytest.raises(ValueError, match="Type a tag name first"):
        execute(dataset, "tag_difference", tag=" ", **chosen)
    sdk = foo.get_operator(f"{URI}/tag_difference")
    sdk(dataset.match_tags("red"), "run", red.field, "sure", threshold=red.threshold)
    assert len(dataset.match_tags("sure")) == 59


def test_a_run_is_renamed(plugins, dataset, red):
    assert "Use letters, digits" in json.dumps(
        form(dataset, "rename_run", run_key="run", new_key="a b")
    )
    execute(dataset, "rename_run", run_key="run", new_key="colors")
    assert visdiff.list_runs(dataset) == ["colors"]
    with pytest.raises(ExecutionError, match="got 'run'"):
        foo.get_operator(f"{URI}/rename_run")(dataset, "run", "other")


def test_a_report_is_downloaded_or_written(plugins, dataset, red, tmp_path, monkeypatch):
    monkeypatch.setenv("VISDIFF_REPORTS", str(tmp_path / "reports"))
    result, [request] = execute(dataset, "export_report", run_key="run")
    assert result == {"downloaded": "run.html"}
    assert (
        request.operator_uri.endswith("browser_download")
        and request.params["filename"] == "run.html"
    )
    head, _, data = request.params["url"].partition(",")
    assert head == "data:text/html;charset=utf-8;base64"
    assert "red pictures" in base64.b64decode(data).decode()

    result, requests = execute(dataset, "export_report", run_key="run", format="md", path="mine")
    written = tmp_path / "reports" / "mine.md"
    assert result == {"written": str(written)} and not requests
    assert "red pictures" in written.read_text()
    with pytest.raises(ValueError, match="already exists"):
        execute(dataset, "export_report", run_key="run", format="md", path="mine.md")
    again = form(dataset, "export_report", format="md", path="mine")
    assert "Choose another name" in json.dumps(again)
    with pytest.raises(ValueError, match="got 'pdf'"):
        execute(dataset, "export_report", run_key="run", format="pdf")


def test_the_app_writes_reports_nowhere_else(plugins, dataset, red, tmp_path, monkeypatch):
    monkeypatch.setenv("VISDIFF_REPORTS", str(tmp_path / "reports"))
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "link.html").symlink_to(tmp_path / "outside.html")
    for path in (
        str(tmp_path / "outside.html"), "../outside.html", "a/../../outside.html", ".bash_login",
        "evil.pth", "evil.py", "evil.html.py", "..", ".", "a\\b.html", "link", "link.html",
        "a\0.html", "~/x.html", "C:x.html", "x" * 500, "con.html", "x.html\n", ["x"], {"a": 1}, 7,
    ):  # fmt: skip
        for more in ({}, {"from_script": True}):
            with pytest.raises(ValueError, match="Type a file name|already exists"):
                execute(dataset, "export_report", run_key="run", path=path, **more)
        assert form(dataset, "export_report", path=path)  # the form says so, too
    left = sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.*"))
    assert [each for each in left if "outside" in each or "evil" in each] == []
    assert (tmp_path / "reports" / "link.html").is_symlink()


def test_a_script_writes_where_it_likes(plugins, dataset, red, tmp_path):
    path = tmp_path / "run.md"
    answer = foo.get_operator(f"{URI}/export_report")(dataset, "run", format="md", path=str(path))
    assert answer == {"written": str(path)} and "red pictures" in path.read_text()


def test_buttons_stand_over_the_grid_where_they_lead_somewhere(plugins, dataset):
    def placed(name):
        found = foo.get_operator(f"{URI}/{name}").resolve_placement(context(dataset, name))
        return found is not None and found.to_json()["place"]

    needing = ("sort_by_difference", "filter_by_difference", "tag_difference")
    assert placed("compare_views") == "samples-grid-secondary-actions"
    assert not any(placed(name) for name in needing)
    visdiff.rank(dataset, "red", "blue", ["red"], "run", encoder=ColorEncoder())
    assert {placed(name) for name in needing} == {"samples-grid-secondary-actions"}


def test_forms_of_an_empty_dataset_say_so(plugins, dataset):
    for name in ("filter_by_difference", "tag_difference", "rename_run", "export_report"):
        assert "No comparisons on this dataset yet" in json.dumps(form(dataset, name))
