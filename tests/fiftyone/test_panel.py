"""The panel's lists, event by event: comparisons, what is under way, one comparison."""

import json
from datetime import UTC, datetime

import fiftyone as fo
import fiftyone.operators as foo
import numpy as np
from fakes import ColorEncoder
from forms import context
from made_runs import difference
from made_runs import run as made
from panel_browser import PANEL, URI

import visdiff_plugin as visdiff
from visdiff_plugin.dataset.samples import Source
from visdiff_plugin.storing.run_store import save_run


def test_a_dataset_without_runs_says_what_to_do(browser):
    browser.event("on_load")
    assert "describes how they differ" in browser.text
    assert "Compare two sets" in browser.text and "timer" not in json.dumps(browser.page)
    [style] = browser.asked("set_sample_selection_style")
    assert style == {"default": "green-checkmark", "alt": "red-checkmark"}
    browser.event("compare")
    [form] = browser.asked("prompt_user_for_operation")
    assert form["operator_uri"] == f"{URI}/compare_views" and not form["skip_prompt"]
    browser.event("on_unload")
    assert browser.asked("clear_sample_selection_style")


def test_the_selection_is_told_apart(browser):
    clicked = [{"id": "1", "type": "default"}, {"id": "2", "type": "default"},
               {"id": "3", "type": "alt"}]  # fmt: skip
    browser.event("on_load").event("on_change_selected", selected=clicked)
    assert "2 selected" in browser.text and "1 selected (Alt + click" in browser.text


def test_runs_are_listed_without_reading_their_records(browser, stored_run, monkeypatch):
    visdiff.rank(
        browser.dataset, "red", "blue", ["zebra"], "none", encoder=ColorEncoder(),
    )  # fmt: skip
    monkeypatch.setattr(type(browser.dataset), "load_run_results", None)
    browser.event("on_load")
    assert {"run-run", "run-none", "open", "again", "rename", "delete"} <= browser.parts()
    assert f"{len(stored_run.significant)} differences" in browser.text
    assert "no difference found" in browser.text and "offline · just now" in browser.text


def test_a_run_shows_both_directions_and_how_it_was_found(browser, stored_run):
    browser.event("on_load").event("open_run", key="run")
    for text in (
        "Truer of",
        "red thing",
        "supported, of",
        "How this was computed",
        "Not supported",
    ):
        assert text in browser.text
    assert {"difference-0", "interval", "hypothesis", "page-run"} <= browser.parts()
    browser.event("open_runs")
    assert "page-runs" in browser.parts()


def test_more_rows_are_sent_when_asked_for(browser, stored_run):
    browser.event("on_load").event("open_run", key="run")
    few = len(json.dumps(browser.page))
    browser.event("show_more", part="rest")
    assert len(json.dumps(browser.page)) >= few and browser.state["shown"]["rest"] > 10


def test_a_hypothesis_joins_the_run(browser, stored_run, dataset):
    browser.event("on_load").event("open_run", key="run")
    browser.type("page.own.ask-run.hypothesis", "thing red")
    browser.event("test_hypothesis")
    assert "thing red" in browser.text and "your own hypothesis" in browser.text
    stored = visdiff.load(dataset, "run")
    own = stored.differences[browser.state["at"]]
    assert own.source == "user" and len(stored.differences) == len(stored_run.differences) + 1
    assert dataset.count(own.field) == len(dataset)
    browser.event("open_runs")
    assert f"of {len(stored.differences)} candidates" in browser.text

    browser.event("open_run", key="run")
    browser.type("page.own.ask-run.hypothesis", " ")
    browser.event("test_hypothesis")
    assert "Expected a hypothesis, got none" in browser.said[0]
    browser.type("page.own.ask-run.hypothesis", "Red Thing")
    browser.event("test_hypothesis")
    assert (
        browser.said == ["This comparison already tested 'Red Thing'."]
        and "red thing" in browser.text
    )


def test_forms_are_filled_with_the_settings_of_a_run(browser, stored_run, dataset):
    browser.event("on_load").event("run_again", key="run")
    [form] = browser.asked("prompt_user_for_operation")
    asked = form["params"]
    assert (asked["a"], asked["b"], asked["run_key"]) == ("red", "blue", "run_2")
    assert (asked["preset"], asked["captioner"]) == ("offline", "field:truth")
    again = foo.get_operator(f"{URI}/compare_views")(
        dataset, asked.pop("a"), asked.pop("b"), asked.pop("run_key"),
        **asked,
    ).result  # fmt: skip
    assert [one.description for one in visdiff.load(dataset, again["run_key"]).differences] == [
        one.description for one in stored_run.differences
    ]
    visdiff.rank(dataset, "red", "blue", ["zebra", "lion"], "mine", encoder=ColorEncoder())
    browser.event("run_again", key="mine")
    [form] = browser.asked("prompt_user_for_operation")
    assert form["operator_uri"].endswith("rank_hypotheses")
    [left_out] = form["params"]["left_out"]
    assert left_out.startswith("Encoder: color-1 was an object of a script")
    assert set(form["params"]["hypotheses"].splitlines()) == {"zebra", "lion"}


def test_renaming_deleting_and_exporting_are_asked_of_their_operators(browser, stored_run, dataset):
    browser.event("on_load").event("open_run", key="run")
    for event, operator in (("rename", "rename_run"), ("delete", "delete_run")):
        browser.event(event, key="run")
        [form] = browser.asked("prompt_user_for_operation")
        assert form["operator_uri"] == f"{URI}/{operator}" and not form["skip_prompt"]
        assert form["params"] == {"run_key": "run"} and form["on_success"] == f"{PANEL}#done"
    browser.event("export", kind="md")
    [form] = browser.asked("prompt_user_for_operation")
    assert form["params"] == {"run_key": "run", "format": "md"} and form["skip_prompt"]
    visdiff.rename(dataset, "run", "other")
    asked = {"run_key": "run", "new_key": "other"}
    browser.event("done", original_params=asked, result={"run_key": "other"})
    assert browser.state["where"] == "run" and browser.state["key"] == "other"
    visdiff.delete(dataset, "other")
    browser.event("done", original_params={"run_key": "other"}, result={"deleted": "other"})
    assert browser.state["where"] == "runs"


def test_delegated_work_is_shown_until_it_is_done(browser, dataset):
    from fiftyone.operators.delegated import DelegatedOperationService

    dataset.persistent = True
    labels = [fo.Classification(label=f"{tags[0]} thing") for tags in dataset.values("tags")]
    dataset.set_values("truth", labels)
    operator = foo.get_operator(f"{URI}/compare_views")
    operator(dataset, "red", "blue", "later", captioner="field:truth", delegate=True)
    browser.event("on_load")
    assert "later: red vs. blue" in browser.text and "waiting for a worker" in browser.text
    assert "TimerView" in json.dumps(browser.page)
    service = DelegatedOperationService()
    service.execute_queued_operations(dataset_name=dataset.name, log=False)
    browser.event("poll")
    assert "waiting" not in browser.text and "run-later" in browser.parts()
    assert "TimerView" not in json.dumps(browser.page)

    dataset.save_view("gone", dataset.match_tags("blue"))
    operator(dataset, "red", "gone", "wrong", captioner="field:truth", delegate=True)
    dataset.delete_saved_view("gone")  # after it was queued
    operator(dataset, "red", "blue", "unwanted", captioner="field:truth", delegate=True)
    browser.event("stop", name="unwanted")
    assert "unwanted" not in browser.text
    service.execute_queued_operations(dataset_name=dataset.name, log=False)
    browser.event("poll")
    assert "failed" in browser.text and "Expected set B" in browser.text
    browser.event("retry", name="wrong")
    [form] = browser.asked("prompt_user_for_operation")
    assert form["operator_uri"] == f"{URI}/compare_views" and form["params"]["b"] == "gone"
    assert "from_script" not in form["params"]
    browser.event("dismiss", name="wrong")
    assert "failed" not in browser.text
    for list_operation in service.list_operations(dataset_name=dataset.name, include_archived=True):
        service.delete_operation(list_operation.id)


def test_running_work_is_shown_with_how_far_it_is(browser, dataset):
    store = context(dataset).store("visdiff")
    state = {"name": "errors", "state": "running", "fraction": 0.25, "label": "Captioning 1 of 4",
             "error": "", "began": "1", "updated": datetime.now(UTC).isoformat()}  # fmt: skip
    store.set("state:errors", state)
    browser.event("on_load")
    assert "Captioning 1 of 4" in browser.text and "25.0%" in json.dumps(browser.page)
    browser.event("stop", name="errors")
    assert "stopping" in browser.text and store.get("stop:errors")


def test_pages_of_many_runs_and_differences_stay_small(browser, dataset):
    ids = dataset.values("id")
    in_a = np.arange(len(ids)) < 60
    sources, none = [Source(dataset, ids)], np.zeros((len(ids), 0))
    for number in range(40):
        save_run(dataset, made(run_key=f"r{number}"), sources, none, in_a)
    many = [difference(description=f"thing {n} " * 9, favors="ab"[n % 2], field=None)
            for n in range(300)]  # fmt: skip
    save_run(dataset, made(*many, run_key="many"), sources, none, in_a)
    browser.event("on_load")
    assert len(json.dumps(browser.requests)) < 200_000
    browser.event("open_run", key="many")
    assert len(json.dumps(browser.requests)) < 200_000
