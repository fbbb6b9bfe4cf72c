"""Files of samples that are no plain images: counted with reasons, named, never waited for."""

import os

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from PIL import Image

import visdiff_plugin as visdiff
from visdiff_plugin.dataset.samples import read_media
from visdiff_plugin.errors import MediaError


@pytest.mark.timeout(120)
def test_what_is_no_regular_file_is_left_out(make_dataset, tmp_path):
    dataset = make_dataset(n=8)
    os.mkfifo(tmp_path / "pipe.png")
    os.symlink("/dev/zero", tmp_path / "zero.png")
    os.mkdir(tmp_path / "folder.png")
    names = {"red": ["pipe.png", "gone\n.png"], "blue": ["zero.png", "folder.png"]}
    odd = {tag: [tmp_path / name for name in some] for tag, some in names.items()}
    for tag, paths in odd.items():
        dataset.add_samples([fo.Sample(filepath=str(path), tags=[tag]) for path in paths])
    media = read_media(dataset, dataset.values("id"))
    assert len(media) == 16 and sorted(media.missing.values()) == [
        "file not found", "not an image: a device", "not an image: a folder", "not an image: a pipe"
    ]  # fmt: skip
    for number, changes in enumerate((
        {"preset": "offline"},
        {"captioner": ColorCaptioner(), "encoder": ColorEncoder(), "proposer": ListProposer("red"),
         "properties": False},
    )):  # fmt: skip
        run = visdiff.compare(dataset, "red", "blue", f"run{number}", **changes)
        assert (run.n_a, run.n_b) == (8, 8) and sum(one.count for one in run.skipped) == 4
        named = [note for note in run.notes if note.startswith("Left out: ")]
        assert len(named) == 4 and any(repr(str(tmp_path / "gone\n.png")) in note for note in named)
    stored = visdiff.embed(dataset, ColorEncoder("another"))
    assert stored.computed == 16 and sum(one.count for one in stored.skipped) == 4


def test_the_path_of_a_missing_file_is_named(make_dataset):
    dataset = make_dataset(n=3)
    gone = dataset.match_tags("red").values("filepath")
    for path in gone:
        os.remove(path)
    with pytest.raises(MediaError) as error:
        visdiff.compare(dataset, "red", "blue", "run", preset="offline")
    assert f"Such as {gone[0]!r}: file not found." in str(error.value) and error.value.about == "a"
    with pytest.raises(MediaError, match=r"none of the 3 samples has one\. '.*red-0.*not found"):
        visdiff.embed(dataset.match_tags("red"), ColorEncoder())


def test_files_of_sixteen_bits_that_hold_twelve_are_said(make_dataset):
    dataset = make_dataset(n=6)
    run = visdiff.compare(dataset, "red", "blue", "plain", preset="offline")
    assert not any("4,095" in note for note in run.notes)
    rng = np.random.default_rng(0)
    for path in dataset.values("filepath"):
        Image.fromarray(rng.integers(0, 4096, (8, 8)).astype(np.uint16)).save(path)
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline")
    assert any("12 of 12 files of 16 bits that were looked at" in note for note in run.notes)


def test_a_png_that_pillow_refuses_counts(make_dataset, shared):
    dataset = make_dataset(n=4)
    path = str(shared / "cases" / "large_profile.png")
    dataset.add_sample(fo.Sample(filepath=path, tags=["red"]))
    run = visdiff.compare(dataset, "red", "blue", "run", preset="offline")
    assert (run.n_a, run.skipped) == (5, ())
