"""The walk of somebody who never wrote Python: compare, look, sort, act, export."""

import pytest
from playwright.sync_api import expect

import visdiff_plugin as visdiff
from visdiff_plugin.views import filter_view


@pytest.fixture
def errors(demo):
    return visdiff.load(demo, "errors")


@pytest.fixture
def clean(demo):
    """Takes away what a test leaves on the dataset."""
    before = set(visdiff.list_runs(demo)), set(demo.list_saved_views())
    yield
    demo.reload()
    for key in set(visdiff.list_runs(demo)) - before[0]:
        visdiff.delete(demo, key)
    for name in set(demo.list_saved_views()) - before[1]:
        demo.delete_saved_view(name)


def test_from_the_form_to_the_photographs_and_the_grid(demo, clean, open_app):
    app = open_app(demo, size=(1700, 1050))
    panel = app.panel().says("Comparisons", "errors", "14 differences", "no difference found")
    panel.press("New comparison")
    form = app.form().pick("A", "Tag").pick("A: tag", "misclassified")
    form.says("A: 170 photos (tag:misclassified)").says("B: 250 photos (everything else)")
    form.says("Before it runs").says("all 420 already stored").execute()
    assert "How the pictures look" in app.answer(
        "14 differences supported in 13 themes, of 21 candidates."
    )

    demo.reload()
    assert visdiff.list_runs(demo)[-1] == "misclassified_vs_rest"
    panel.says(
        "misclassified_vs_rest", "How the pictures look", "noisier images", "in 49% of A, 8% of B"
    )
    panel.click("darker images").says(
        "In the top quarter of all photos:",
        "48% of A, 82 of 170 photos",
        "Photos that show it best",
        "B photos that show it anyway",
    )
    run = visdiff.load(demo, "misclassified_vs_rest")
    one = next(
        difference for difference in run.differences if difference.description == "darker images"
    )
    pictures = panel.root.locator("img")
    expect(pictures).to_have_count(
        sum(len(one.examples[f"{end}_{side}"]) for end in ("high", "low") for side in "ab")
    )
    expect(pictures.first).to_have_js_property("complete", True)
    assert pictures.first.evaluate("image => image.naturalWidth") > 0

    panel.choose("A only").press("Show these photos")
    app.count(len(filter_view(demo, run, one.field, sides="a")))
    panel.press("Sort the grid by it")
    app.count(run.n_a)


def test_pictures_open_their_sample(demo, errors, open_app):
    app = open_app(demo, size=(1700, 1050))
    app.panel().click("errors").says("How the pictures look").click("darker images").says(
        "Photos that show it best"
    )
    one = next(
        difference for difference in errors.differences if difference.description == "darker images"
    )
    app.panel().root.locator("img").first.click()
    expect(app.page.get_by_text(one.examples["high_a"][0]).first).to_be_visible()
    app.close_sample()  # the server would open it again in the next window


def test_matches_are_tagged_saved_judged_and_noted(demo, errors, clean, open_app):
    one = next(
        difference for difference in errors.differences if difference.description == "framed images"
    )
    n = len(filter_view(demo, errors, one.field))
    app = open_app(demo, size=(1700, 1050))
    panel = app.panel().click("errors").says("How the pictures look").click("framed images")
    panel.says("Photos from a score on").fill("name of a tag or view", "framed")
    panel.press("Tag photos")
    app.told("framed")
    panel.press("Save as view")
    app.told("view")
    demo.reload()
    assert len(demo.match_tags("framed")) == n == len(demo.load_saved_view("framed"))
    demo.untag_samples("framed")

    panel.press("Confirm").says("you: confirmed")
    panel.fill("Add a note", "seen in <b>all</b>").press("Save note")
    panel.says("Remove note", "seen in <b>all</b>")
    differences = visdiff.load(demo, "errors").differences
    found = next(
        difference for difference in differences if difference.description == "framed images"
    )
    assert (found.verdict, found.note) == ("confirmed", "seen in <b>all</b>")
    panel.press("Click again to undo").silent("you: confirmed")


def test_a_hypothesis_of_my_own_joins_the_table(demo, clean, open_app):
    visdiff.compare(demo, "misclassified", "correct", "mine", preset="offline",
                    captioner="field:ground_truth")  # fmt: skip
    app = open_app(demo, size=(1700, 1050))
    panel = app.panel().click("mine").says("Test your own hypothesis")
    panel.fill("such as: dogs in snow", "a green motorcycle").press("Test")
    panel.says("a green motorcycle", "your own hypothesis")
    own = [
        difference
        for difference in visdiff.load(demo, "mine").differences
        if difference.source == "user"
    ]
    assert [one.description for one in own] == ["a green motorcycle"]


def test_run_again_keeps_what_the_form_does_not_show(demo, clean, open_app):
    visdiff.compare(demo, "misclassified", "correct", "first", preset="offline", alpha=0.2, seed=3,
                    captioner="field:ground_truth", max_fields=3, overlap="error")  # fmt: skip
    app = open_app(demo, size=(1700, 1050))
    panel = app.panel().click("first").says("How the pictures look")
    panel.press("Run again with the same settings")
    form = app.form().says("Keep the other settings of that comparison")
    form.says("Alpha: 0.2; Images in both sets: Refuse to compare; Score fields: 3")
    form.says("changed: Captioner, Seed").execute()
    app.answer("differences supported")
    demo.reload()
    assert visdiff.load(demo, "first_2").config == visdiff.load(demo, "first").config


def test_runs_are_renamed_deleted_and_exported(demo, clean, open_app):
    for key in ("first", "second"):
        visdiff.rank(demo, "misclassified", "correct", ["a cat"], key, preset="offline",
                     captioner="field:ground_truth")  # fmt: skip
    app = open_app(demo, size=(1700, 1050))
    panel = app.panel().says("second", "first").click("second").says("Not supported (1)")
    panel.click("Export a report")
    with app.page.expect_download() as download:
        panel.press("Markdown")
    assert download.value.suggested_filename == "second.md"

    panel.press("Delete")
    form = app.form().says("Deletes field 'second'")
    form.execute()
    panel.says("Comparisons", "first").silent("second")
    demo.reload()
    assert "second" not in visdiff.list_runs(demo) and demo.get_field("second") is None

    panel.click("first").says("a cat").press("Rename")
    app.form().fill("New name", "cats").execute()
    panel.says("cats").silent("first")
    demo.reload()
    assert "cats" in visdiff.list_runs(demo) and demo.get_field("cats") is not None


@pytest.mark.parametrize(("size", "scheme"), [((1700, 1050), "light"), ((1000, 800), "dark")])
def test_nothing_is_cut_off_in_a_narrow_window_or_in_the_light(demo, open_app, size, scheme):
    app = open_app(demo, size=size, scheme=scheme)
    panel = app.panel().says("errors")
    for step in ("errors", "darker images"):
        panel.click(step).says("truer of" if step == "darker images" else "How the pictures look")
        over = panel.root.evaluate(
            """root => [...root.querySelectorAll('p, span, button, input')].filter(one => {
                const box = one.getBoundingClientRect(), all = root.getBoundingClientRect();
                return box.width && box.right > all.right + 1;
            }).map(one => one.outerHTML.slice(0, 200))"""
        )
        assert over == []
        assert ".000000" not in panel.root.inner_text()
