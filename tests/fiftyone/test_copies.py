"""The same file under several samples counts once, and in both sets for neither."""

import shutil

import fiftyone as fo
import pytest
from fakes import ColorEncoder
from PIL import Image

import visdiff_plugin as visdiff
from visdiff_plugin.errors import SelectionError


def rank(dataset, a="red", b="blue", key="run", **changes):
    return visdiff.rank(dataset, a, b, ["red pictures"], key, encoder=ColorEncoder(), **changes)


def left_out(run):
    return {skipped.reason: skipped.count for skipped in run.skipped}


def test_a_file_that_two_samples_name_counts_once(dataset, tmp_path):
    first, second, *_ = dataset.match_tags("red")
    copy = tmp_path / "copy.png"
    shutil.copy(second.filepath, copy)
    dataset.add_samples(
        [fo.Sample(filepath=first.filepath, tags=["red"])] * 1
        + [fo.Sample(filepath=str(copy), tags=["red"])],
        progress=False,
    )
    dataset.save_view("red", dataset.match_tags("red"), overwrite=True)
    run = rank(dataset)
    assert (run.n_a, run.n_b) == (60, 60)
    assert left_out(run) == {"the same file as another sample of its set": 2}
    assert "the same file as another sample of its set" in run.summary()


def test_a_file_in_both_sets_speaks_for_neither(dataset, tmp_path):
    copy = tmp_path / "copy.png"
    shutil.copy(dataset.match_tags("red").first().filepath, copy)
    dataset.add_sample(fo.Sample(filepath=str(copy), tags=["blue"]))
    dataset.save_view("blue", dataset.match_tags("blue"), overwrite=True)
    run = rank(dataset)
    assert (run.n_a, run.n_b) == (59, 60)
    assert left_out(run) == {"the same file is in both sets": 2}
    mirrored = rank(dataset, "blue", "red", "mirrored")
    assert (mirrored.n_a, mirrored.n_b) == (60, 59)
    with pytest.raises(SelectionError, match="2 samples whose file is in both"):
        rank(dataset, key="refused", overlap="error")


def test_a_copy_in_another_dataset_is_noticed(dataset, make_dataset):
    other = make_dataset(10, colors=("green",))
    copied = dataset.match_tags("red").limit(3)
    other.add_samples(
        [fo.Sample(filepath=path) for path in copied.values("filepath")], progress=False
    )
    run = rank(dataset, "red", other)
    assert (run.n_a, run.n_b) == (57, 10)


def test_near_duplicates_across_the_sets_are_named(dataset, tmp_path):
    twins = {}
    for number, sample in enumerate(dataset.match_tags("red").limit(2)):
        path = tmp_path / f"twin-{number}.png"
        with Image.open(sample.filepath) as file:
            file.putpixel((0, 0), (0, 0, 0))
            file.save(path)
        twins[sample.id] = dataset.add_sample(fo.Sample(filepath=str(path), tags=["blue"]))
    dataset.save_view("blue", dataset.match_tags("blue"), overwrite=True)
    run = rank(dataset, duplicate_similarity=0.9999)
    [note] = [note for note in run.notes if "near-duplicate in B" in note]
    named = [pair.split(" and ") for pair in note.partition("such as ")[2].rstrip(".").split("; ")]
    assert "sampled images of A have" in note and len(named) >= 2
    a, b = set(dataset.match_tags("red").values("id")), set(dataset.match_tags("blue").values("id"))
    assert all(first in a and second in b for first, second in named)
