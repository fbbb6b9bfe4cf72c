"""Whoever calls, and with whatever: numbers, lists and texts have bounds, at once and cheaply."""

import time
import tracemalloc

import fiftyone.operators as foo
import pytest
from fakes import ColorEncoder
from fiftyone.operators.executor import ExecutionError
from forms import URI, Form, context

import visdiff_plugin as visdiff
from operators import OPERATORS
from visdiff_plugin.config import SETTINGS
from visdiff_plugin.errors import VisDiffError

HUGE = [10**9, 10**400, 1e308, float("inf"), float("nan"), "1" * 5_000, "1000000000", -(10**9)]
NUMBERS = [name for name, each in SETTINGS.items() if each.kind in ("number", "share")]


@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_of_a_setting_is_beyond_its_bounds(plugins, dataset, name):
    assert SETTINGS[name].most is not None
    for value in HUGE:
        if name == "seed" and value in (10**9, "1000000000"):
            continue
        form = Form(dataset, a="red", b="blue", run_key="run", preset="offline", words="nothing",
                    **{name: value})  # fmt: skip
        with pytest.raises(ValueError, match=f"{name}"):
            form.execute()


@pytest.mark.parametrize(
    "params",
    [
        {"context": "x" * 10_000_000},
        {"label_fields": ["f"] * 100_000},
        {"control_for": ["f"] * 100_000},
        {"control_for": ["f" * 1_000_000]},
        {"pair_by": "f" * 1_000_000},
        {"caption_field": "f" * 1_000_000},
        {"gpus": 1e9, "engine": "ray"},
        {"gpus": "many", "engine": "ray"},
        {"gpus": float("nan"), "engine": "ray"},
        {"base_url": "http://h/" + "x" * 1_000_000, "captioner": "openai:m"},
        {"captioner": "transformers:" + "x" * 1_000_000},
        {"proposer": "union:" + "+".join(["keyword"] * 100_000)},
        {"left_out": ["x"] * 100_000},
        {"anything": [[[[[[[[[[]]]]]]]]]]},
        {"anything": {str(i): i for i in range(100_000)}},
        {f"p{i}": i for i in range(5_000)},
    ],
    ids=lambda params: next(iter(params)),
)
def test_no_text_or_list_is_beyond_its_bounds(plugins, dataset, params):
    given = {"a": "red", "b": "blue", "run_key": "run", "preset": "offline", "words": "nothing"}
    operator = foo.get_operator(f"{URI}/compare_views")
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(ValueError) as caught:
        operator.execute(context(dataset, **{**given, **params, "from_script": True}))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(str(caught.value)) < 2_000 and used < 300e6
    assert time.monotonic() - began < 30
    assert dataset.list_runs() == []


@pytest.mark.parametrize(
    "hypotheses", ["x" * 1_000_000, "a\n" * 2_000_000, ["dog"] * 100_000, ["x" * 5_000]],
    ids=["long", "lines", "many", "one long"],
)  # fmt: skip
def test_hypotheses_have_bounds(plugins, dataset, hypotheses):
    operator = foo.get_operator(f"{URI}/rank_hypotheses")
    params = {"a": "red", "b": "blue", "run_key": "run", "hypotheses": hypotheses}
    with pytest.raises(ValueError, match="hypotheses|longer than 1,000 characters"):
        operator.execute(
            context(dataset, "rank_hypotheses", preset="offline", from_script=True, **params)
        )
    listed = hypotheses if isinstance(hypotheses, list) else hypotheses.splitlines()
    with pytest.raises(ValueError, match="hypotheses|longer than 1,000 characters"):
        visdiff.rank(dataset, "red", "blue", listed, "run", encoder=ColorEncoder())


def test_every_operator_checks_what_it_is_called_with(plugins, dataset):
    for kind in OPERATORS:
        name = kind().config.name
        operator = foo.get_operator(f"{URI}/{name}")
        with pytest.raises(ValueError, match="'x' can't be used"):
            operator.execute(context(dataset, name, x="y" * 10_000_000))
        with pytest.raises(ValueError, match="'threshold' can't be used"):
            operator.execute(context(dataset, name, threshold=float("inf")))


@pytest.mark.parametrize(
    "field", ["a.b", "..", "_x", "$x", "x" * 600, "x\0y", "1x", ["a"], 7, {"a": 1}, "filepath"],
    ids=lambda field: str(field)[:10],
)  # fmt: skip
def test_names_of_fields_that_are_written(plugins, dataset, field):
    operator = foo.get_operator(f"{URI}/caption_samples")
    before = list(dataset.get_field_schema())
    with pytest.raises(VisDiffError, match="Type a field name|not created by VisDiff"):
        operator.execute(context(dataset, "caption_samples", captioner="openai:m", field=field,
                                 base_url="http://127.0.0.1:9/v1", from_script=True))  # fmt: skip
    assert list(dataset.get_field_schema()) == before


def test_names_of_runs_and_tags(plugins, dataset, stored_run):
    with pytest.raises(VisDiffError):
        visdiff.rename(dataset, "run", "x" * 10_000)
    operator = foo.get_operator(f"{URI}/tag_difference")
    field = next(row.field for row in stored_run.differences if row.field)
    with pytest.raises(ValueError, match="up to 500 characters"):
        operator.execute(context(dataset, "tag_difference", run_key="run", field=field,
                                 tag="x" * 10_000))  # fmt: skip
    with pytest.raises(VisDiffError, match="note of at most"):
        visdiff.runs.annotate(dataset, "run", stored_run.differences[0].description,
                              note="x" * 1_000_000)  # fmt: skip
    with pytest.raises((ExecutionError, ValueError)):
        foo.get_operator(f"{URI}/rename_run")(dataset, "run", "x" * 10_000)


@pytest.mark.parametrize(
    "state",
    [{"shown": {"runs": 10**9, "supported": 10**9}}, {"shown": {"runs": "many"}},
     {"shown": {"runs": -5}}, {"shown": [1]}, {"turn": "x"}, {"turn": [1]}],
    ids=str,
)  # fmt: skip
def test_a_panel_draws_with_whatever_state_the_browser_sends(browser, stored_run, state):
    browser.event("on_load")
    browser.state.update(state)
    assert "run" in browser.event("poll").text
    browser.event("show_more", part="runs")
    browser.event("open_run", key="run")
    browser.state.update(state)
    assert browser.event("poll").text


def test_events_of_a_panel_have_bounds(browser, stored_run):
    browser.event("on_load")
    browser.event("open_run", key="x" * 10_000_000)
    assert "can't be used" in browser.said[0] and len(browser.said[0]) < 500
    browser.event("open_run", key="run")
    browser.event("open_difference", at=0)
    browser.state["moved"] = float("inf")
    browser.event("filter")
    assert browser.said


def test_a_view_that_the_app_passes_along_is_no_attack(browser, stored_run):
    deep = {"$match": {"$expr": "$x"}}
    for _ in range(20):
        deep = {"$and": [deep]}
    view = [
        {"_cls": "fiftyone.core.stages.Match", "kwargs": [["filter", deep]]},
        {"_cls": "fiftyone.core.stages.Select", "kwargs": [["ids", ["0" * 24] * 50_000]]},
    ]
    browser.event("on_load").event("open_run", key="run")
    browser.event("done", original_params={"run_key": "run", "view": view}, result={"deleted": "x"})
    assert "Truer of" in browser.text
    browser.event("done", original_params={"run_key": "gone", "view": view}, result=None)
    assert "Truer of" not in browser.text


def test_a_refused_event_leaves_the_reader_on_a_page(browser, stored_run):
    browser.event("on_load").event("open_run", key="run")
    browser.event("poll", x="y" * 1_000_000)
    assert browser.asked("notify") and "New comparison" in browser.text
