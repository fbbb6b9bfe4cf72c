"""Buttons over the grid, and operators on a stored run, as a person uses them."""

import pytest
from playwright.sync_api import expect

import visdiff_plugin as visdiff
from visdiff_plugin.views import filter_view, sort_view


@pytest.fixture
def darker(demo):
    run = visdiff.load(demo, "errors")
    return next(
        difference for difference in run.differences if difference.description == "darker images"
    )


def test_the_grid_is_sorted_by_a_difference(demo, darker, open_app):
    app = open_app(demo)
    app.count(420)
    form = (
        app.press("sort_by_difference")
        .pick("Comparison", "errors")
        .pick("Difference", "darker images")
    )
    with app.new_grid():
        form.execute()
    stages = app.page.locator("[data-cy=view-stage-container]")
    expect(stages.filter(has_text=darker.field)).to_have_count(2)  # exists, and sorted by
    app.count(420)
    # the first image is the darkest: its window tells its id
    app.page.locator("[data-cy=looker]").first.click()
    darkest = sort_view(demo, visdiff.load(demo, "errors"), darker.field).first()
    expect(app.page.get_by_text(darkest.id).first).to_be_visible()
    app.close_sample()  # the server would open it again in the next window


def test_the_grid_is_filtered_and_the_matches_are_tagged(demo, darker, open_app):
    run = visdiff.load(demo, "errors")
    n = len(filter_view(demo, run, darker.field, sides="a"))
    app = open_app(demo)
    form = app.press("filter_by_difference").pick("Comparison", "errors")
    form.pick("Difference", "darker images").says("the threshold of this comparison")
    form.root.get_by_text("A only").click()
    form.execute()
    app.count(n)

    form = (
        app.press("tag_difference").pick("Comparison", "errors").pick("Difference", "darker images")
    )
    form.fill("Tag", "too dark").says(f"Tags {n} photos in the current view").execute()
    expect(app.page.locator("[data-cy=operators-prompt-modal]")).to_contain_text("Photos tagged")
    demo.reload()
    assert len(demo.match_tags("too dark")) == n
    demo.untag_samples("too dark")


def test_a_report_is_downloaded(demo, open_app):
    app = open_app(demo)
    form = app.prompt("VisDiff: export a report").pick("Comparison", "errors")
    with app.page.expect_download() as download:
        form.execute()
    path = app.folder / "report.html"
    download.value.save_as(path)
    assert download.value.suggested_filename == "errors.html"
    report = app.context.new_page()
    report.goto(path.as_uri())
    expect(
        report.get_by_text("14 differences supported in 13 themes, of 21 candidates.")
    ).to_be_visible()
    pictures = report.locator("img")
    assert pictures.count() > 100
    assert pictures.first.evaluate("image => image.complete && image.naturalWidth > 0")


def test_scores_stand_in_the_sidebar_in_rank_order_with_their_words(demo, open_app):
    app = open_app(demo)
    run = visdiff.load(demo, "errors")
    app.page.locator("[data-cy=sidebar-group-entry-ERRORS]").locator("visible=true").first.click()
    shown = app.page.locator("[data-cy^='sidebar-field-container-errors.']")
    expect(shown.first).to_be_visible()
    names = [one.get_attribute("data-cy").rpartition("container-")[2] for one in shown.all()]
    wanted = ["errors.set", *run.fields]
    assert names == wanted[: len(names)] and len(names) > 5
