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
    refused(judged, "one number a sample in .* 'truth', which holds something", "top:truth=5%")
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
    refused(judged, "set B, got none: view of 12 samples holds all 12", judged.limit(20), "rest")
    refused(judged, "set A, got none: blue is empty in red", "blue", "rest", within="red")
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
        "a": "eval:cls=wrong", "b": "rest", "within": "view of 12 samples"
    }  # fmt: skip
    assert "Both sets were taken from view of 12 samples." in run.notes
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
