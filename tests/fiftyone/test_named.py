"""How much of what tells the sets apart is named, and where a difference holds."""

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff
from visdiff_plugin.results.wording import much_unnamed, named_together, where


@pytest.fixture
def half_named(make_dataset):
    """Half of A differs in red, which is proposed, and half in green, which is not."""
    dataset = make_dataset(100)
    rng = np.random.default_rng(0)
    in_a = np.array(["red" in tags for tags in dataset.values("tags")])
    green = np.arange(200) % 2 == 0
    vectors = 0.35 * rng.normal(size=(200, 3)) + np.array([0, 0, 1.0])
    vectors += np.outer(in_a & ~green, [1.3, 0, 0]) + np.outer(in_a & green, [0, 1.3, 0])
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    dataset.set_values("vectors", vectors.tolist())
    dataset.set_values("green", green.tolist())
    return dataset


def compare(dataset, *proposals, key="run"):
    return visdiff.compare(
        dataset, "red", "blue", key, preset="offline", encoder=ColorEncoder(), ranker="embedding",
        captioner=ColorCaptioner(), embedding_field="vectors", properties=False,
        proposer=ListProposer(*proposals),
    )  # fmt: skip


def test_what_no_row_explains_is_said_and_shown(half_named):
    run = compare(half_named, "red pictures")
    assert run.separability["auroc"] > 0.9 > run.named["auroc"] + 0.1 and run.named["rows"] == 1
    assert much_unnamed(run) and "something is not named yet" in run.summary()
    ids = run.named["unnamed_a"]
    assert len(ids) > 10 and set(ids) <= set(half_named.match_tags("red").values("id"))
    # nearly all of them differ in what nobody proposed
    assert np.mean(half_named.select(ids).values("green")) > 0.9
    assert set(run.named["unnamed_b"]) <= set(half_named.match_tags("blue").values("id"))
    assert visdiff.load(half_named, "run") == run


def test_what_is_named_whole_says_so(half_named):
    run = compare(half_named, "red pictures", "green pictures")
    assert run.named["auroc"] == pytest.approx(run.separability["auroc"], abs=0.1)
    assert not much_unnamed(run)
    assert named_together(run).endswith(f"with AUROC {run.named['auroc']:.2f}.")


def test_the_grid_shows_the_photos_that_no_row_explains(half_named, plugins):
    from panel_browser import Browser

    run = compare(half_named, "red pictures")
    opened = Browser(half_named).event("on_load").event("open_run", key="run")
    assert "Show photos that no row explains" in opened.text
    opened.event("look_further")
    [form] = opened.asked("prompt_user_for_operation")
    assert form["operator_uri"].endswith("/compare_views") and not form["skip_prompt"]
    assert form["params"]["rounds"] == 2 * run.config["rounds"]
    opened.event("show_unnamed")
    assert opened.view().values("id") == [*run.named["unnamed_a"], *run.named["unnamed_b"]]


def test_nothing_supported_and_nothing_comparable_have_nothing_to_say(dataset):
    labels = [fo.Classification(label=f"x{n % 7}") for n in range(120)]
    dataset.set_values("truth", labels)
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline", properties=False,
                          label_fields=["truth"])  # fmt: skip
    assert run.named is None and named_together(run) == "" and not much_unnamed(run)


def test_where_a_difference_holds(make_dataset):
    dataset = make_dataset(150)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    night = np.arange(300) % 2 == 1
    rng = np.random.default_rng(4)
    dogs = rng.random(300) < np.where(red & ~night, 0.8, 0.1)
    dataset.set_values("thing", [fo.Classification(label="dog" if d else "cat") for d in dogs])
    dataset.set_values("time", ["night" if one else "day" for one in night])
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline", properties=False,
                          label_fields=["thing"])  # fmt: skip
    [row] = run.parts["a"] or run.parts["b"]
    assert row.where_of == "time" and [one["value"] for one in row.where] == ["day", "night"]
    for group in row.where:
        own = visdiff.compare(
            dataset, "red", "blue", f"only_{group['value']}", preset="offline", properties=False,
            label_fields=["thing"], within=dataset.match(fo.ViewField("time") == group["value"]),
        )  # fmt: skip
        [alone] = own.differences
        same = alone.description == row.description
        assert group["auroc"] == pytest.approx(alone.auroc if same else 1 - alone.auroc)
    day, night_ = row.where
    assert where(row).startswith(
        f"by time: day {day['auroc']:.2f}, night {night_['auroc']:.2f} (none)"
    )
    assert "AUROC by time: day" in run.summary()
