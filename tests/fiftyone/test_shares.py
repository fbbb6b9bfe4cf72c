"""The shares that a row shows are those that one counts in the dataset."""

import csv

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff
from visdiff_plugin.errors import SettingError
from visdiff_plugin.hypotheses import add_hypothesis
from visdiff_plugin.results.wording import shown_in
from visdiff_plugin.views import filter_view


def counted(dataset, run, difference):
    """Counts, as a user does, the images of each set that the grid shows for a row."""
    return {side: len(filter_view(dataset, run, difference.field, sides=side)) for side in "ab"}


def check(dataset, run):
    """Every row's counts are those of the grid, its shares those of the sets."""
    assert run.differences
    for row in run.differences:
        assert counted(dataset, run, row) == {"a": row.counted_a, "b": row.counted_b}
        assert (row.compared_a, row.compared_b) == (run.n_a, run.n_b)
        assert row.prevalence_a == pytest.approx(row.counted_a / run.n_a)
        assert row.prevalence_b == pytest.approx(row.counted_b / run.n_b)


@pytest.fixture
def cosines(make_dataset):
    """Red and blue images with embeddings that overlap."""
    dataset = make_dataset(60)
    rng = np.random.default_rng(0)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    vectors = rng.normal(size=(120, 3)) + np.outer(red, [1.0, 0, 0]) + np.outer(~red, [0, 0, 1.0])
    dataset.set_values("vectors", (vectors / np.linalg.norm(vectors, axis=1)[:, None]).tolist())
    return dataset


def cosine_run(dataset, key="run", **changes):
    return visdiff.compare(
        dataset, "red", "blue", key, preset="offline", encoder=ColorEncoder(),
        ranker="embedding", captioner=ColorCaptioner(), embedding_field="vectors",
        proposer=ListProposer("red pictures", "blue pictures"),
        properties=False, **changes,
    )  # fmt: skip


def test_cosines_have_a_place_among_all_images_and_no_share_that_shows_it(cosines):
    run = cosine_run(cosines)
    check(cosines, run)
    for row in run.differences:
        assert (row.cut, row.counted_a + row.counted_b) == ("top", 30)
        assert shown_in(row).startswith("in the top quarter of all photos: ")
        scores = np.array(cosines.values(row.field))
        assert row.threshold == np.sort(scores)[-30]


def test_shares_of_an_embedding_run_are_equal_over_five_seeds(cosines):
    found = [
        {row.description: (row.prevalence_a, row.prevalence_b, row.threshold)
         for row in cosine_run(cosines, f"run{seed}", seed=seed).differences}
        for seed in range(5)
    ]  # fmt: skip
    assert len(found[0]) == 2 and all(one == found[0] for one in found)


def test_labels_facts_and_numbers(make_dataset):
    dataset = make_dataset(60)
    rng = np.random.default_rng(1)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    named = np.where(rng.random(120) < np.where(red, 0.5, 0.1), "dog", "cat")
    dataset.set_values("truth", [fo.Classification(label=str(name)) for name in named])
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline", label_fields=["truth"])
    check(dataset, run)
    rows = {row.description: row for row in run.differences}
    dogs = rows.get("dog (truth)") or rows["cat (truth)"]
    is_dog = named == ("dog" if "dog (truth)" in rows else "cat")
    assert dogs.prevalence_a == is_dog[red].mean() and dogs.cut == "shows"
    assert shown_in(dogs).startswith("in ")
    numbers = [row for row in run.differences if row.unit]
    for row in numbers:
        values = np.array(dataset.values(row.measure), float)
        medians = np.nanmedian(values[red]), np.nanmedian(values[~red])
        assert (row.median_a, row.median_b) == pytest.approx(medians, rel=1e-6)
        said = "median " if medians[0] != medians[1] else "in the top "
        assert shown_in(row).startswith(said)
    assert any(shown_in(row).endswith(f"({row.unit})") for row in numbers)


def test_a_threshold_is_taken_and_kept(cosines):
    first = cosine_run(cosines).differences[0]
    found = visdiff.rank(
        cosines, "red", "blue", [first.description, "green pictures"], "again",
        preset="offline", encoder=ColorEncoder(), ranker="embedding", embedding_field="vectors",
        properties=False,
        threshold={first.description: first.threshold},
    )  # fmt: skip
    check(cosines, found)
    rows = {row.description: row for row in found.differences}
    same, other = rows[first.description], rows["green pictures"]
    assert (same.cut, same.threshold, other.cut) == ("given", first.threshold, "top")
    assert (same.counted_a, same.counted_b) == (first.counted_a, first.counted_b)
    assert shown_in(same).startswith(f"score {first.threshold:.4g} or more: ")
    assert visdiff.load(cosines, "again") == found
    assert found.record["thresholds"] == {first.description: first.threshold}
    later = add_hypothesis(
        cosines, "again", "violet pictures", encoder=ColorEncoder(), threshold=0.25
    )
    [violet] = [row for row in later.differences if row.description == "violet pictures"]
    assert (violet.cut, violet.threshold) == ("given", 0.25)
    assert counted(cosines, later, violet) == {"a": violet.counted_a, "b": violet.counted_b}


@pytest.mark.parametrize("threshold", [float("nan"), "high", True, {"another": 0.2}])
def test_a_wrong_threshold_is_named(cosines, threshold):
    with pytest.raises(SettingError, match="threshold") as caught:
        visdiff.rank(cosines, "red", "blue", ["red pictures"], "run", preset="offline",
                     encoder=ColorEncoder(), ranker="embedding", embedding_field="vectors",
                     threshold=threshold)  # fmt: skip
    assert caught.value.about == "threshold"


def test_a_small_group_is_found_and_said(make_dataset):
    dataset = make_dataset(150)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    shows = np.zeros(300, bool)
    shows[np.flatnonzero(red)[:12]] = True
    dataset.set_values("truth", [fo.Classification(label="sand" if s else "grass") for s in shows])
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline", properties=False,
                          label_fields=["truth"])  # fmt: skip
    [row] = run.parts["few"]
    assert row.description == "sand (truth)" and row.supported_as == ("concentrated",)
    assert (row.counted_a, row.counted_b, row.favors) == (12, 0, "a")
    text = run.summary()
    assert "Small groups (1)." in text and "- sand (truth): in 8% of A, 0% of B" in text
    check(dataset, run)


def test_under_control_shares_are_of_the_images_that_the_test_compares(make_dataset):
    dataset = make_dataset(60)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    rng = np.random.default_rng(2)
    # the images of "night" are all of A: nothing of B to compare them with
    night = red & (rng.random(120) < 0.4)
    dataset.set_values("time", ["night" if one else "day" for one in night])
    shows = rng.random(120) < np.where(red, 0.6, 0.2)
    dataset.set_values("truth", [fo.Classification(label="dog" if s else "cat") for s in shows])
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline", properties=False,
                          label_fields=["truth"], control_for="time")  # fmt: skip
    [row] = run.differences
    assert (row.compared_a, row.compared_b) == ((red & ~night).sum(), 60)
    of_row = shows if row.description.startswith("dog") else ~shows
    assert row.counted_a == (of_row & red & ~night).sum()
    assert row.counted_b == (of_row & ~red).sum()


def test_captions_count_as_patterns_do(shared, load_shared):
    """Thirty phrases on real captions, through the whole path."""
    patterns = pytest.importorskip("presence_patterns")
    with (shared / "data" / "flickr8k" / "samples.csv").open(newline="") as stream:
        captions = [row["caption_1"] for row in csv.DictReader(stream)]
    dataset = load_shared("flickr8k")
    texts = dict(zip(dataset.values("filepath"), captions, strict=True))
    dataset.set_values("said", [texts[path] for path in dataset.values("filepath")])
    ids = dataset.values("id")
    run = visdiff.rank(dataset, ids[:400], ids[400:], list(patterns.PATTERNS), "run",
                       captioner="field:said", ranker="words", max_fields=0)  # fmt: skip
    rows = {row.description: row for row in run.differences}
    assert len(rows) >= 30
    own = dataset.values("said")
    for name, row in rows.items():
        in_a, in_b = (
            len(patterns.counted(part, patterns.PATTERNS[name])) for part in (own[:400], own[400:])
        )
        assert (row.counted_a, row.counted_b) == (in_a, in_b), name
        assert (row.prevalence_a, row.prevalence_b) == (in_a / 400, in_b / 600), name


def test_the_form_takes_a_threshold_and_running_again_gives_it_back(plugins, make_dataset):
    import fiftyone.operators as foo
    from forms import URI

    from panels import _actions

    dataset = make_dataset(30)
    said = [f"a {tags[0]} thing" for tags in dataset.values("tags")]
    dataset.set_values("said", said)
    asked, models = ["red thing", "blue thing"], {"captioner": "field:said", "ranker": "words"}
    operator = foo.get_operator(f"{URI}/rank_hypotheses")
    operator(dataset, "red", "blue", asked, "mine", threshold=0.5, preset="offline", **models)
    dataset.reload()
    run = visdiff.load(dataset, "mine")
    assert {(row.cut, row.threshold) for row in run.differences} == {("given", 0.5)}
    assert run.record["thresholds"] == {"red thing": 0.5, "blue thing": 0.5}
    name, again = _actions.settings_of(dataset, run)
    assert (name, again["threshold"]) == ("rank_hypotheses", 0.5)
    own = visdiff.rank(dataset, "red", "blue", asked, "own", preset="offline",
                       threshold={"red thing": 0.5}, **models)  # fmt: skip
    _, other = _actions.settings_of(dataset, own)
    assert "threshold" not in other
    assert any("threshold of its own" in line for line in other["left_out"])
