"""Which fields are looked at though nobody named them, and what is read of them."""

from types import SimpleNamespace

import fiftyone as fo
import numpy as np
import pytest

import visdiff_plugin as visdiff
from visdiff_plugin.config import Config
from visdiff_plugin.dataset import offers
from visdiff_plugin.dataset.own_fields import describe
from visdiff_plugin.dataset.samples import Source
from visdiff_plugin.evidence.crossing import crossings
from visdiff_plugin.evidence.design import strata_of
from visdiff_plugin.inputs import unasked
from visdiff_plugin.inputs.unasked import read_unasked
from visdiff_plugin.results.wording import answer
from visdiff_plugin.runs import export


def inputs_of(in_a, *datasets):
    """What `read_unasked` reads of `Inputs`: all images of some datasets."""
    sources = tuple(Source(dataset, dataset.values("id")) for dataset in datasets)
    assert sum(len(source.ids) for source in sources) == len(in_a)
    return SimpleNamespace(images=in_a, sources=sources, in_a=np.asarray(in_a))


def names(found):
    return [one.field for one in found]


@pytest.fixture
def varied(make_dataset):
    """Red images are A; of every value of what can be grouped by, half are red."""
    dataset = make_dataset(60)
    half = np.arange(120) % 2
    third = np.arange(120) % 3
    dataset.set_values("truth", [fo.Classification(label="land water".split()[h]) for h in half])
    dataset.set_values("camera", [("near", "far", None)[place] for place in third])
    dataset.set_values("indoors", [bool(place == 1) for place in np.arange(120) // 20])
    dataset.set_values("color", [tags[0] for tags in dataset.values("tags")])
    dataset.set_values("score", [float(place) for place in third])
    dataset.set_values("count", [int(place) for place in third])
    dataset.set_values("serial", [f"number {place}" for place in range(120)])
    dataset.set_values("note", ["" if place else "odd" for place in range(120)])
    dataset.set_values("visdiff_text", [f"{h}" for h in half])
    dataset.set_values("mine", [f"{h} of mine" for h in half])
    describe(dataset, "mine", "captions", {"kind": "captions"})
    dataset.set_values(
        "boxes",
        [
            fo.Detections(detections=[fo.Detection(label=f"thing {h}", bounding_box=[0, 0, 1, 1])])
            for h in half
        ],
    )
    return dataset, np.arange(120) < 60


def test_what_means_something_and_can_cross_is_read(varied):
    dataset, in_a = varied
    dataset.delete_sample_field("indoors")
    found = read_unasked(inputs_of(in_a, dataset), Config())
    assert names(found) == ["truth", "camera"]  # most images first: a third has no camera
    truth, camera = found
    assert truth.names == ("land", "water") and truth.codes.tolist() == [0, 1] * 60
    assert camera.names == ("far", "near") and camera.codes.tolist() == [1, 0, -1] * 40
    keys = unasked.read_keys(inputs_of(in_a, dataset).sources, "camera")
    assert camera.codes.tolist() == strata_of([keys]).tolist()
    assert set(names(found)) <= set(offers.group_fields(dataset))
    assert not {"mine", "visdiff_text"} & set(offers.group_fields(dataset))


def test_a_value_needs_images_of_both_sets(varied):
    dataset, in_a = varied
    dataset.set_values("indoors", [place < 4 or place >= 60 + 56 for place in range(120)])
    assert "indoors" not in names(read_unasked(inputs_of(in_a, dataset), Config()))
    dataset.set_values("indoors", [place < 5 or place >= 60 + 55 for place in range(120)])
    (found,) = (
        one for one in read_unasked(inputs_of(in_a, dataset), Config()) if one.field == "indoors"
    )
    assert found.names == ("False", "True")
    # the other way about: A by a field, so that this field says which set an image is of
    by_truth = np.array([label.label == "land" for label in dataset.values("truth")])
    found = names(read_unasked(inputs_of(by_truth, dataset), Config()))
    assert "truth" not in found and {"color", "camera"} <= set(found)


def test_one_of_fields_that_group_alike_and_five_at_most(varied):
    dataset, in_a = varied
    dataset.set_values("again", [("w", "l")[place % 2] for place in range(120)])
    # two images more that no stratum can use: nothing else can cross than by "again"
    rare = [f"v{place % 2}" if place > 1 else "rare" for place in range(120)]
    dataset.set_values("rarely", rare)
    found = names(read_unasked(inputs_of(in_a, dataset), Config()))
    assert "again" in found and "truth" not in found and "rarely" in found
    for period in range(4, 9):
        dataset.set_values(f"every{period}", [f"{place % period}" for place in range(120)])
    found = read_unasked(inputs_of(in_a, dataset), Config())
    assert len(found) == 5
    assert names(found) == ["again", "every4", "every5", "every6", "every7"]


def test_tags_group_images_too(varied):
    dataset, in_a = varied
    dataset.set_values("tags", [["left"] if place % 4 < 2 else ["up", "right"]
                                for place in range(120)])  # fmt: skip
    (tags,) = (
        one for one in read_unasked(inputs_of(in_a, dataset), Config()) if one.field == "tags"
    )
    assert tags.names == ("left", "right, up")


@pytest.mark.parametrize(
    "changes", [{"control_for": ("camera",)}, {"pair_by": "camera"}, {"test": "welch"}]
)
def test_nothing_is_looked_for_where_something_else_was_asked_for(varied, changes):
    dataset, in_a = varied
    assert read_unasked(inputs_of(in_a, dataset), Config(**changes)) == []
    assert read_unasked(inputs_of(in_a, dataset), Config(cluster_by="camera")) != []


def test_nothing_is_looked_for_where_that_takes_long(varied, monkeypatch):
    dataset, in_a = varied
    assert read_unasked(SimpleNamespace(images=in_a, sources=(), in_a=in_a), Config()) == []
    with monkeypatch.context() as patch:
        patch.setattr(unasked, "_MOST_IMAGES", 119)
        assert read_unasked(inputs_of(in_a, dataset), Config()) == []
    before = names(read_unasked(inputs_of(in_a, dataset), Config()))
    read = []
    whole = unasked.read_keys

    def counted(sources, name):
        read.append((name, sum(len(source.ids) for source in sources)))
        return whole(sources, name)

    monkeypatch.setattr(unasked, "_SAMPLED", 60)
    monkeypatch.setattr(unasked, "_MOST_READ", 3)
    monkeypatch.setattr(unasked, "read_keys", counted)
    assert names(read_unasked(inputs_of(in_a, dataset), Config())) == before
    assert ("serial", 60) in read
    in_full = {name for name, n in read if n == 120}
    assert {*before} <= in_full and len(in_full) == 3 and "serial" not in in_full


def test_both_datasets_must_have_the_field(varied, make_dataset):
    dataset, _ = varied
    other = make_dataset(30)
    other.set_values("truth", [("land", "water")[place % 2] for place in range(60)])
    other.set_values("weather", [("sun", "rain")[place % 2] for place in range(60)])
    other.set_values("camera", [float(place % 2) for place in range(60)])
    inputs = inputs_of(np.arange(180) < 120, dataset, other)
    tags, truth = read_unasked(inputs, Config())
    assert tags.field == "tags" and tags.names == ("blue", "red")
    assert truth.field == "truth" and truth.codes.tolist() == [0, 1] * 90


def test_a_field_that_can_not_be_read_is_no_error(varied):
    dataset, in_a = varied
    before = names(read_unasked(inputs_of(in_a, dataset), Config()))
    dataset._sample_collection.update_many({}, {"$set": {"camera": 3}})
    dataset._sample_collection.update_many({}, {"$set": {"truth": {"_cls": "Segmentation"}}})
    found = names(read_unasked(inputs_of(in_a, dataset), Config()))
    assert found == [name for name in before if name not in ("camera", "truth")]


def test_waterbirds_fail_on_either_background_by_their_kind(load_shared, minidual):
    dataset = load_shared(
        "waterbirds",
        kind=lambda row: fo.Classification(label=row["label"]),
        outcome=lambda row: "right" if row["label"] == row["prediction"] else "wrong",
        background=lambda row: row["background"],
    )
    in_a = np.array(dataset.values("outcome")) == "wrong"
    fields = read_unasked(inputs_of(in_a, dataset), Config())
    assert set(names(fields)) == {"background", "kind"}
    words = ["a bird in a forest", "water and beach"]
    images = minidual.encode_images(dataset.values("filepath"))
    scores = images @ minidual.encode_texts(words).T
    noise = np.random.default_rng(0).normal(size=(len(scores), 1))
    scores = np.concatenate([scores, noise], axis=1)
    found = crossings(scores, np.flatnonzero(in_a), np.flatnonzero(~in_a), fields)
    by_kind = {one.field: one.names for one in fields}["kind"]
    for one, favored in zip(found[:2], ("waterbird", "landbird"), strict=True):
        assert one.field == "kind" and one.p < 1e-6
        of_a, of_b = one.crossing.opposite()
        assert [by_kind[effect.stratum] for effect in of_a] == [favored]
        assert len(of_b) == 1
    assert found[2] is None


@pytest.fixture
def opposite(make_dataset):
    """Dogs stand in A where it is day, and in B where it is night."""
    dataset = make_dataset(100)
    rng = np.random.default_rng(3)
    red = np.array(["red" in tags for tags in dataset.values("tags")])
    night = np.arange(200) % 2 == 1
    dogs = rng.random(200) < np.where(red == night, 0.2, 0.7)
    dataset.set_values("thing", [fo.Classification(label="dog" if d else "cat") for d in dogs])
    dataset.set_values("time", ["night" if one else "day" for one in night])
    return dataset


def run_of(dataset, key="run", **changes):
    return visdiff.compare(dataset, "red", "blue", key, preset="offline", properties=False,
                           label_fields=["thing"], **changes)  # fmt: skip


def test_what_goes_opposite_ways_is_found_unasked_and_said_first(opposite):
    run = run_of(opposite)
    [row] = run.parts["crossing"]
    assert row.supported_as == ("crossing",) and row.strata_of == "time" and row.favors is None
    favors = {stratum["stratum"]: stratum["favors"] for stratum in row.strata}
    dogs_in_a = {"day": "a", "night": "b"}
    swapped = {"day": "b", "night": "a"}
    assert favors == (dogs_in_a if row.description == "dog (thing)" else swapped)
    # each AUROC is that of its stratum alone
    for stratum in row.strata:
        alone = opposite.match(fo.ViewField("time") == stratum["stratum"])
        part = run_of(opposite, f"only_{stratum['stratum']}", within=alone)
        [own] = part.differences
        same = own.description == row.description
        assert stratum["auroc"] == pytest.approx(own.auroc if same else 1 - own.auroc)
        assert (stratum["n_a"], stratum["n_b"]) == (own.n_a, own.n_b)
    assert answer(run).startswith("Opposite ways by time: ")
    assert "Opposite ways (1)." in run.summary()
    assert run.record["unasked"] == ["thing", "time"]
    assert visdiff.load(opposite, "run") == run
    for form in ("html", "md"):
        assert "Opposite ways" in export(opposite, "run", kind=form)


def test_a_field_that_was_asked_for_is_looked_at_in_the_same_way(opposite):
    [unasked], [asked] = (
        run_of(opposite, key, **changes).differences
        for key, changes in (("run", {}), ("controlled", {"control_for": "time"}))
    )
    assert (
        asked.supported_as == unasked.supported_as == ("crossing",) and asked.control == "crosses"
    )
    assert asked.strata == unasked.strata
    assert asked.p_crossing == unasked.p_crossing / 2  # two fields were looked at


def test_an_evaluated_prediction_is_not_looked_at(varied):
    dataset, in_a = varied
    dataset.set_values("guess", [fo.Classification(label="x y".split()[n % 2]) for n in range(120)])
    dataset.evaluate_classifications("guess", gt_field="truth", eval_key="eval")
    assert "guess" not in names(read_unasked(inputs_of(in_a, dataset), Config()))
