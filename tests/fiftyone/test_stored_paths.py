"""Fields that MongoDB holds under another name are read as FiftyOne reads them."""

import fiftyone as fo
import pytest
from bson import ObjectId
from fakes import ColorEncoder

import visdiff_plugin as visdiff
from visdiff_plugin.dataset import fields
from visdiff_plugin.errors import FieldError
from visdiff_plugin.mongo.documents import read_columns, read_present, stored_path


@pytest.fixture
def renamed(make_dataset):
    """Ids that belong to others, and boxes."""
    dataset = make_dataset(20)
    videos = [ObjectId() for _ in range(8)]
    dataset.add_sample_field("sample_id", fo.ObjectIdField)
    dataset.set_values("sample_id", [str(videos[at % 8]) for at in range(len(dataset))])
    for at, sample in enumerate(dataset.iter_samples(autosave=True)):
        sample["boxes"] = fo.Detections(
            detections=[fo.Detection(label="x", bounding_box=[0, 0, 1, 1])] * (at % 3)
        )
    return dataset


@pytest.mark.parametrize("path", ["id", "sample_id", "boxes.detections.id", "filepath"])
def test_values_are_those_of_fiftyone(renamed, path):
    ids = renamed.values("id")
    read = read_columns(renamed, ids, [path])[path]
    expected = renamed.values(path)
    assert _text(read) == _text(expected) and any(expected)
    there = {sample_id for sample_id, value in zip(ids, expected, strict=True) if value is not None}
    assert read_present(renamed, ids, path) == there


def _text(values):
    if isinstance(values, list):
        return [_text(value) for value in values]
    return None if values is None else str(values)


def test_images_are_tied_by_ids_of_others(renamed):
    keys = fields.read_keys(renamed, "sample_id", renamed.values("id"))
    assert len(set(keys)) == 8 and None not in keys
    run = visdiff.rank(renamed, "red", "blue", ["red pictures"], "run", encoder=ColorEncoder(),
                       cluster_by="sample_id")  # fmt: skip
    assert any("8 clusters of sample_id" in note for note in run.notes)
    assert run.differences[0].n_units == 8


def test_the_id_of_a_group_is_read():
    dataset = fo.Dataset()
    try:
        group = fo.Group()
        dataset.add_samples(
            [fo.Sample(filepath=f"/{side}.jpg", group=group.element(side)) for side in "ab"]
        )
        ids = dataset.select_group_slices(["a", "b"]).values("id")
        assert stored_path(dataset, "group.id") == "group._id"
        assert _text(read_columns(dataset, ids, ["group.id"])["group.id"]) == [group.id] * 2
    finally:
        dataset.delete()


@pytest.mark.parametrize("setting", ["cluster_by", "pair_by", "control_for"])
def test_a_field_without_any_value_ties_nothing_and_is_refused(renamed, setting):
    renamed.add_sample_field("empty", fo.StringField)
    with pytest.raises(FieldError, match="'empty'"):
        visdiff.rank(renamed, "red", "blue", ["red pictures"], "run", encoder=ColorEncoder(),
                     **{setting: "empty"})  # fmt: skip
