"""The two sets, chosen in every way, on real evaluations and numbers with ties."""

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from hypothesis import given
from hypothesis import strategies as st

import visdiff_plugin as visdiff
from visdiff_plugin.dataset import offers
from visdiff_plugin.errors import SelectionError
from visdiff_plugin.sets import choosing
from visdiff_plugin.sets.ends import border


def chosen(dataset, a, b, within=None):
    """Returns the ids of both sets."""
    both = choosing.select_two(choosing.make_base(dataset, within), a, b)
    return [list(one.ids) for one in both]


def only(dataset, a, within=None):
    return chosen(dataset, a, dataset.limit(1), within)[0]


def refused(dataset, match, a, b="rest", within=None):
    with pytest.raises(SelectionError, match=match):
        chosen(dataset, a, b, within)


@pytest.fixture
def judged(make_dataset):
    """Labels of several kinds, two kinds of evaluations, and what these should say."""
    dataset = make_dataset(n=6)
    truth = ["cat", "dog", "cat", "dog", "cat", "dog"] * 2
    guess = ["cat", "dog", "dog", "cat", "cat", None] * 2
    box = [0.1, 0.1, 0.5, 0.5]

    def detections(*labels, **more):
        made = [fo.Detection(label=label, bounding_box=box, **more) for label in labels]
        return fo.Detections(detections=made)

    for row, sample in enumerate(dataset):
        sample["truth"] = fo.Classification(label=truth[row])
        if guess[row]:
            sample["guess"] = fo.Classification(label=guess[row], confidence=row / 12)
        sample["kinds"] = fo.Classifications(
            classifications=[fo.Classification(label=one) for one in (truth[row], "animal")]
        )
        sample["boxes"] = detections("cat", occluded=row % 3 == 0)
        sample["found"] = [detections("cat"), detections("dog"), detections()][row % 3]
        sample["night"], sample["site"] = row % 4 == 0, row % 5
        sample["words"] = ["wet", "cold"] if row % 2 else ["dry"]
        sample.save()
    dataset.add_dynamic_sample_fields()
    dataset.evaluate_classifications("guess", gt_field="truth", eval_key="cls")
    dataset.evaluate_classifications(
        "guess", gt_field="truth", eval_key="binary", method="binary", classes=["dog", "cat"]
    )
    dataset.evaluate_detections("found", gt_field="boxes", eval_key="det")
    return dataset


def rows(dataset, text, within=None):
    """Returns which samples a text chooses, by their place in the dataset."""
    places = {one: row for row, one in enumerate(dataset.values("id"))}
    return sorted(places[one] for one in only(dataset, text, within))


def test_labels_and_plain_values(judged):
    twice = [0, 2, 4, 6, 8, 10]
    assert rows(judged, "label:truth=cat") == rows(judged, "label:truth.label=cat") == twice
    assert rows(judged, "label:kinds=cat") == twice
    assert rows(judged, "label:boxes=cat") == list(range(12))
    assert rows(judged, "label:boxes.detections.occluded=true") == [0, 3, 6, 9]
    assert rows(judged, "label:boxes.detections.occluded=False") == [1, 2, 4, 5, 7, 8, 10, 11]
    assert rows(judged, "label:night=true") == [0, 4, 8]
    assert rows(judged, "label:site=3") == [3, 8]
    assert rows(judged, "label:words=cold") == [1, 3, 5, 7, 9, 11]
    refused(judged, "truth = cot, got none. Did you mean 'cat'", "label:truth=cot")
    refused(judged, "Did you mean 'truth'", "label:truht=cat")
    refused(judged, r"add_dynamic_sample_fields\(\)", "label:boxes.detections.nothing=1")
    refused(judged, "'guess.confidence', which holds something else", "label:guess.confidence=1")
    refused(judged, "true or false in 'night', got 'maybe'", "label:night=maybe")
    refused(judged, "whole number in 'site', got '1.5'", "label:site=1.5")


def test_right_and_wrong_by_an_evaluation(judged):
    assert rows(judged, "eval:cls=right") == [0, 1, 4, 6, 7, 10]
    assert rows(judged, "eval:cls=wrong") == [2, 3, 5, 8, 9, 11]
    right = rows(judged, "eval:binary=right")
    assert right == [
        row for row, judgment in enumerate(judged.values("binary")) if judgment[0] == "T"
    ]
    assert sorted(right + rows(judged, "eval:binary=wrong")) == list(range(12))
    assert rows(judged, "eval:det=right") == [0, 3, 6, 9]
    assert rows(judged, "eval:det=wrong") == [1, 2, 4, 5, 7, 8, 10, 11]
    assert offers.evaluations(judged) == ["det", "binary", "cls"]
    refused(judged, "an evaluation of .* got 'sls'. Did you mean 'cls'", "eval:sls=wrong")


def test_an_evaluation_that_says_nothing_of_images(judged):
    for name in ("depth", "depth_2"):
        judged.set_values(name, [fo.Regression(value=float(row)) for row in range(12)])
    judged.evaluate_regressions("depth", gt_field="depth_2", eval_key="far")
    assert "far" not in offers.evaluations(judged)
    refused(judged, "says which images are right, but 'far'", "eval:far=wrong")


def test_images_that_were_not_evaluated_are_in_neither(judged):
    judged.limit(4).evaluate_classifications("guess", gt_field="truth", eval_key="some")
    assert rows(judged, "eval:some=right") == [0, 1]
    assert rows(judged, "eval:some=wrong") == [2, 3]
    judged.limit(6).evaluate_detections("found", gt_field="boxes", eval_key="few")
    assert rows(judged, "eval:few=right") == [0, 3]


def test_quantiles_of_numbers_with_gaps(judged):
    values = [5.0, None, 1.0, float("nan"), 4.0, 3.0, None, 2.0, 6.0, 7.0, 8.0, float("inf")]
    judged.set_values("q", values)
    assert rows(judged, "top:q=25%") == [9, 10]
    assert rows(judged, "bottom:q=25%") == [2, 7]
    assert rows(judged, "bottom:q=50%") == [2, 4, 5, 7]
    assert rows(judged, "top:guess.confidence=20%") == [9, 10]
    assert rows(judged, "top:q=50%", within="red") == [0, 4]
    refused(
        judged, "one number or date a sample in .* 'truth', which holds something", "top:truth=5%"
    )
    refused(
        judged, "got 'boxes.detections.confidence', which", "top:boxes.detections.confidence=5%"
    )
    refused(judged, "got none: 12.5% of .* Ask for 'top:q=12.5%' or more", "top:q=5%")
    judged.set_values("same", [3] * 12)
    refused(judged, "all images have the same", "bottom:same=10%")
    judged.add_sample_field("empty", fo.FloatField)
    refused(judged, "no image has that number", "top:empty=10%")
    assert "guess.confidence" in offers.number_fields(judged)
    assert "boxes.detections.confidence" not in offers.number_fields(judged)


NUMBERS = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.just(np.nan), st.just(np.inf)), max_size=30
)


@given(NUMBERS, st.integers(1, 99), st.integers(1, 99))
def test_ends_never_overlap_nor_tear_ties_apart(values, high, low):
    numbers = np.array(values, float)
    top, least = border(numbers, "top", high)
    bottom, _ = border(numbers, "bottom", low)
    finite = np.isfinite(numbers)
    assert not (top & ~finite).any()
    if high + low <= 100:
        assert not (top & bottom).any()
    assert top.sum() <= high * finite.sum() / 100 + 1e-9
    if top.any():
        assert numbers[top].min() > max(numbers[finite & ~top], default=-np.inf)
    elif finite.any() and least < 100:
        assert border(numbers, "top", least)[0].any()
    mirrored, _ = border(-numbers, "bottom", high)
    assert (mirrored == top).all()


def test_the_rest(judged):
    ids = judged.values("id")
    assert chosen(judged, "red", "rest") == [ids[:6], ids[6:]]
    assert chosen(judged, "rest", ids[2:]) == [ids[:2], ids[2:]]
    inside = chosen(judged, "label:truth=cat", "rest", within="red")
    assert inside == [ids[0:6:2], ids[1:6:2]]
    assert chosen(judged, ids[4:8], "rest", within="tag:red") == [ids[4:6], ids[:4]]
    refused(judged, "at most one 'rest'", "rest", "rest")
    refused(
        judged,
        "set B, got none: view of 12 samples: limit.20. holds all 12",
        judged.limit(20),
        "rest",
    )
    refused(judged, "Set A has no photos: blue is empty in red", "blue", "rest", within="red")
    refused(judged, "within as a view of .* got 'rest'|within as a view", "red", within="rest")
    judged.save_view("rest", judged.limit(3))
    refused(judged, "Write 'view:rest' for the view", "red", "rest")
    assert only(judged, "view:rest") == ids[:3]


def test_a_run_says_what_its_sets_were(judged):
    run = visdiff.compare(
        judged, "eval:cls=wrong", "rest", "run", within=judged.match_tags(["red", "blue"]),
        captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False,
        proposer=ListProposer("red pictures", "a dog"),
    )  # fmt: skip
    assert (run.label_a, run.label_b, run.n_a, run.n_b) == ("wrong in cls", "everything else", 6, 6)
    assert run.record["sets"] == {
        "a": "eval:cls=wrong", "b": "rest", "within": "view of 12 samples: match_tags(red, blue)"
    }  # fmt: skip
    assert "Both sets were taken from view of 12 samples: match_tags(red, blue)." in run.notes
    assert visdiff.load(judged, "run") == run
    swapped = visdiff.compare(
        judged, "rest", "eval:cls=wrong", "swapped",
        captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False,
        proposer=ListProposer("red pictures", "a dog"),
    )  # fmt: skip
    mine = {difference.description: difference.auroc for difference in run.differences}
    for difference in swapped.differences:
        assert difference.auroc == pytest.approx(1 - mine[difference.description])


def test_real_predictions(load_shared):
    """A classifier of birds: what FiftyOne evaluates is what its table says."""

    def predicted(row):
        p = float(row["p_waterbird"])
        return fo.Classification(label=row["prediction"], confidence=max(p, 1 - p))

    dataset = load_shared(
        "waterbirds",
        truth=lambda row: fo.Classification(label=row["label"]),
        guess=predicted,
        said=lambda row: row["label"] == row["prediction"],
        place=lambda row: fo.Classification(label=row["background"]),
    )
    dataset.evaluate_classifications("guess", gt_field="truth", eval_key="birds")
    wrong, right = chosen(dataset, "eval:birds=wrong", "eval:birds=right")
    assert sorted(wrong) == sorted(only(dataset, "label:said=false"))
    assert sorted(wrong + right) == sorted(dataset.values("id"))
    high, low = chosen(dataset, "top:guess.confidence=10%", "bottom:guess.confidence=10%")
    assert not set(high) & set(low) and 0 < len(high) <= 96 and 0 < len(low) <= 96
    sure = dict(zip(*dataset.values(["id", "guess.confidence"]), strict=True))
    assert min(sure[one] for one in high) > max(sure[one] for one in low)
    run = visdiff.rank(
        dataset, "label:place=land", "rest", ["landbird", "waterbird"], "run",
        within="eval:birds=right", preset="offline", captioner="field:truth",
    )  # fmt: skip
    assert run.n_a + run.n_b == len(right) and "Both sets were taken from" in " ".join(run.notes)


def test_images_that_meet_all_of_several_conditions(judged):
    def met(*texts):
        return sorted(set.intersection(*(set(rows(judged, text)) for text in texts)))

    both = ("eval:cls=right", "eval:det=wrong")
    assert rows(judged, " & ".join(both)) == met(*both)
    judged.set_values("score", [float(row) for row in range(12)])
    judged.save_view("odd/ones", judged.match(fo.ViewField("site") > 0))
    judged.save_view("a & b", judged.limit(5))
    judged.tag_samples("R & B")
    for several in (
        ("eval:cls=right", "eval:det=wrong", "label:truth=dog"),
        ("tag:red", "label:night=true"),
        ("red", "label:truth=cat"),
        ("view:odd/ones", "view:red"),
        ("top:score=50%", "label:truth=cat"),
        ("top:score=50%", "bottom:site=80%", "odd/ones", "tag:R %26 B"),
        ("range:score=2..9", "label:truth=cat", "view:a %26 b"),
    ):
        found = rows(judged, " & ".join(several))
        assert found == met(*several) and found, several
        inside = set(found) & set(range(6))
        if inside and several[0][:3] != "top":  # percentages are of what is within
            assert rows(judged, " & ".join(several), within="red") == sorted(inside)
    assert rows(judged, "a & b") == [0, 1, 2, 3, 4]
    run = visdiff.compare(
        judged, "label:truth=cat & red", "label:truth=dog & red", "run", preset="offline",
        captioner="field:kinds",
    )  # fmt: skip
    assert (run.label_a, run.n_a) == ("truth = cat and red", 3)
    assert run.record["sets"]["a"] == "label:truth=cat & view:red"
    refused(judged, "Did you mean 'cat'", "label:truth=cot & red")
    refused(judged, "is empty", "label:truth=cat & label:truth=dog")
    refused(judged, "Pass the other conditions as within", "label:truth=cat & rest")
    narrowed = chosen(judged, "label:night=true", "rest", "label:truth=cat & top:score=50%")
    ids = judged.values("id")
    assert narrowed == [[ids[8]], [ids[6], ids[10]]]
    judged.save_view("patches", judged.to_patches("boxes"))
    refused(judged, "patches", "patches & tag:red")


def test_dates_at_the_ends_and_between(judged):
    from datetime import date, datetime, timedelta, timezone

    day, first = date(2024, 5, 1), datetime(2024, 5, 1, 23, 30)
    judged.set_values("day", [None, *(day + timedelta(days=row) for row in range(11))])
    judged.set_values("when", [first + timedelta(hours=row) for row in range(11)] + [None])
    judged.set_values("score", [None, float("nan"), *map(float, range(10))])
    assert {"day", "when", "created_at"} <= set(offers.number_fields(judged))
    assert rows(judged, "top:day=20%") == [10, 11]
    assert rows(judged, "bottom:when=20%") == [0, 1]
    assert len(rows(judged, "top:created_at=100.0%".replace("100.0", "99.9"))) in range(12)
    assert rows(judged, "range:day=2024-05-02..2024-05-04") == [2, 3, 4]
    assert rows(judged, "range:day=..2024-05-01") == [1]
    assert rows(judged, "range:when=2024-05-02..2024-05-02") == list(range(1, 11))
    assert rows(judged, "range:when=..2024-05-01") == [0]
    assert rows(judged, "range:when=2024-05-02T03:00..2024-05-02T05:30") == [4, 5, 6]
    zone = datetime(2024, 5, 2, 5, 0, tzinfo=timezone(timedelta(hours=2))).isoformat()
    assert rows(judged, f"range:when={zone}..2024-05-02T05:30") == [4, 5, 6]
    assert rows(judged, "range:score=2..4") == [4, 5, 6]
    assert rows(judged, "range:score=..1.5") == [2, 3]
    assert rows(judged, "range:guess.confidence=.5..") == [6, 7, 8, 9, 10]
    refused(judged, "dates such as 2024-05-31 for 'day', got '5'", "range:day=5..")
    refused(judged, "numbers for 'score', got '2024-05-01'", "range:score=2024-05-01..")
    refused(judged, "one number or date a sample", "range:words=1..2")
    refused(judged, "is empty", "range:score=100..200")


def test_names_with_slashes(judged, make_dataset):
    judged.save_view("a/b", judged.limit(3))
    judged.tag_samples("x/y")
    judged.set_values("path", ["in/out"] * 12)
    assert rows(judged, "a/b") == rows(judged, "view:a/b") == [0, 1, 2]
    assert len(rows(judged, "tag:x/y")) == len(rows(judged, "label:path=in/out")) == 12
    assert rows(judged, "label:truth=cat", within="a/b") == [0, 2]
    other = make_dataset(n=2)
    other.name = f"{other.name}/pets"
    try:
        for text in (f"dataset:{other.name}", f"dataset:{other.name.replace('/', '%2F')}"):
            assert chosen(judged, "red", text)[1] == other.values("id")
        assert chosen(judged, "red", f"dataset:{other.name}/red")[1] == other.limit(2).values("id")
        run = visdiff.compare(judged, "red", f"dataset:{other.name}", "run", preset="offline")
        assert (run.label_b, run.dataset_b) == (other.name, other.name)
        assert choosing.select_two(choosing.make_base(judged), "red", run.record["sets"]["b"])
    finally:
        other.name = other.name.replace("/pets", "")


def test_views_without_names_say_what_they_are(judged):
    def label(view):
        return choosing.select(judged, view, "it").label

    assert label(judged.match_tags("red")) == "view of 6 samples: match_tags(red)"
    assert label(judged.limit(5).skip(2)) == "view of 3 samples: limit(5), skip(2)"
    ids = judged.limit(5).values("id")
    assert label(judged.select(ids)) == "view of 5 samples: select(5 values)"
    long = judged.match(fo.ViewField("site") > 0).match_tags(["red", "blue"]).sort_by("site")
    assert label(long).startswith("view of 9 samples: match(…)") and len(label(long)) < 90
    assert label(judged.view()) == "view of 12 samples"
    assert label(judged.load_saved_view("red")) == "red"


@pytest.mark.parametrize("stage", ["select_fields", "filter_labels", "exclude_fields"])
def test_a_saved_view_of_what_is_gone_is_refused_with_the_reason(judged, stage):
    more = [fo.ViewField("label") == "cat"] if stage == "filter_labels" else []
    judged.save_view("old", getattr(judged, stage)("boxes", *more))
    judged.delete_sample_field("boxes")
    refused(judged, "Saved view 'old' can't be used: .*boxes", "old")
    refused(judged, "Saved view 'old' can't be used", "tag:red & old")
    refused(judged, "Saved view 'old' can't be used", "tag:red", within="old")
