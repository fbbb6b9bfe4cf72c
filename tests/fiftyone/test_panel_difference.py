"""The panel's page of one difference, event by event, and what its buttons do to the dataset."""

import json

import pytest
from fakes import ColorEncoder
from fiftyone import ViewField as F

import visdiff_plugin as visdiff


@pytest.fixture
def red(stored_run):
    return next(
        difference for difference in stored_run.differences if difference.description == "red thing"
    )


@pytest.fixture
def opened(browser, stored_run, red):
    """The page of the difference that tells red images from blue ones."""
    browser.event("on_load").event("open_run", key="run")
    return browser.event("open_difference", at=stored_run.differences.index(red))


def test_a_difference_shows_its_images_and_where_it_comes_from(opened, red, dataset):
    assert "red thing" in opened.text and "Where it comes from" in opened.text
    page = json.dumps(opened.page)
    first = dataset[red.examples["high_a"][0]].filepath
    assert "/media?filepath=" in page and first.rpartition("/")[2] in page
    opened.event("open_sample", id=red.examples["high_a"][0])
    assert opened.asked("open_sample") == [{"id": red.examples["high_a"][0], "group_id": None}]
    opened.event("show_strip", end="high_a")
    assert opened.view().values("id") == list(red.examples["high_a"])


def test_images_that_are_gone_are_counted_not_shown(opened, red, dataset):
    dataset.delete_samples([red.examples["high_a"][0]])
    opened.event("choose_side", side="both")
    assert "1 photo no longer in the dataset" in opened.text


def test_the_grid_shows_where_a_difference_shows(opened, red, dataset):
    opened.event("filter")
    view = opened.view()
    assert set(view.values("id")) == set(dataset.match(F(red.field) >= red.threshold).values("id"))
    assert opened.asked("set_active_fields") == [{"fields": [red.field]}]
    assert red.field in dataset.list_indexes()
    opened.event("sort")
    assert opened.view().values(red.field) == sorted(dataset.values(red.field), reverse=True)
    opened.event("choose_side", side="b").event("sort")
    assert set(opened.view().distinct("tags")) == {"blue"}


def test_a_click_on_the_histogram_moves_the_threshold(opened, red, dataset):
    edges = red.histogram["edges"]
    opened.event("pick_threshold", idx=len(edges) - 2)
    assert opened.state["moved"] == edges[-2]
    opened.event("choose_side", side="a").event("filter")
    wanted = dataset.match_tags("red").match(F(red.field) >= edges[-2])
    assert len(wanted) and set(opened.view().values("id")) == set(wanted.values("id"))
    # what the page counts is what the grid shows
    opened.event("choose_side", side="both")
    assert f"({len(wanted)})" in opened.text
    opened.event("reset_threshold")
    assert f"{red.threshold:.4g} or higher: 100% of A, 60 of 60 photos" in opened.text
    assert opened.state["moved"] is None


def test_a_threshold_can_be_typed(opened, red):
    path = f"page.body.scores.choose.typed-{opened.state['at']}-{opened.state['turn']}.threshold"
    opened.type(path, 1e9)
    opened.event("type_threshold")
    assert opened.state["moved"] == 1e9
    opened.event("filter")
    assert opened.asked("set_view") == []
    assert opened.said == ["No photo scores this much. Lower the threshold."]


def test_images_are_tagged_and_saved_as_a_view(opened, red, dataset):
    opened.event("tag")
    assert "Type a tag name first" in opened.said[0]
    name = f"page.body.scores.keep.typed-{opened.state['at']}-{opened.state['turn']}.name"
    opened.type(name, "odd ones")
    opened.event("tag")
    expected = dataset.match(F(red.field) >= red.threshold)
    assert opened.said == [f"Tagged {len(expected)} photos with 'odd ones'"]
    assert set(dataset.match_tags("odd ones").values("id")) == set(expected.values("id"))
    opened.event("save_view")
    assert set(dataset.load_saved_view("odd ones").values("id")) == set(expected.values("id"))
    opened.event("save_view")
    assert "already exists" in opened.said[0]


def test_images_become_a_set_of_the_next_comparison(opened):
    opened.event("use_as", side="b")
    names = [name for name, _ in opened.requests]
    assert len(opened.view())
    assert names.index("set_view") < names.index("prompt_user_for_operation")
    [form] = opened.asked("prompt_user_for_operation")
    assert form["params"] == {"b": "__current_view__"}


def test_what_the_reader_makes_of_it_is_stored(opened, dataset):
    opened.event("judge", verdict="confirmed")
    note = f"page.body.said.typed-{opened.state['at']}-{opened.state['turn']}.note"
    opened.type(note, "plain <b>to see</b>")
    opened.event("save_note")
    one = visdiff.load(dataset, "run").differences[opened.state["at"]]
    assert (one.verdict, one.note) == ("confirmed", "plain <b>to see</b>")
    assert "you: confirmed" in opened.text and "plain <b>to see</b>" in opened.text
    opened.event("remove_note").event("judge", verdict="")
    one = visdiff.load(dataset, "run").differences[opened.state["at"]]
    assert (one.verdict, one.note) == ("", "")


def test_a_run_that_another_process_deleted_sends_the_reader_back(opened, dataset):
    visdiff.delete(dataset, "run")
    opened.event("judge", verdict="confirmed")
    assert "Expected a VisDiff run" in opened.said[0] and opened.state["where"] == "runs"
    assert "page-runs" in opened.parts()


def test_a_set_of_another_dataset_opens_there(browser, dataset, make_dataset):
    other = make_dataset(colors=("blue", "green"))
    visdiff.rank(dataset, "red", other.match_tags("blue"), ["red pictures"], "away",
                 encoder=ColorEncoder())  # fmt: skip
    browser.event("on_load").event("open_run", key="away").event("open_difference", at=0)
    page = json.dumps(browser.page)
    ids = set(other.match_tags("blue").values("id"))
    assert sum(f"/datasets/{other.name}?id={sample_id}" in page for sample_id in ids) == 16
    assert f"B is in dataset {other.name}" in browser.text and "side-b" not in browser.parts()
    assert "no longer in the dataset" not in browser.text
    browser.event("sort")
    assert set(browser.view().distinct("tags")) == {"red"}
