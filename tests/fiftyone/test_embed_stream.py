"""Encoders that embed a stream: each batch is stored as it comes, the next is already under way."""

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorEncoder
from PIL import Image

import visdiff_plugin as visdiff
from visdiff_plugin.errors import ModelError


class StreamingEncoder(ColorEncoder):
    """Takes one group of files ahead of what it yields, as a real one does."""

    def __init__(self, stop_after=None):
        super().__init__()
        self.groups = []
        self._stop_after = stop_after

    def encode_images(self, paths):
        raise AssertionError("a stream was expected")

    def encode_stream(self, groups):
        previous = None
        for number, paths in enumerate(groups):
            self.groups.append(len(paths))
            if previous is not None:
                yield previous
            if number == self._stop_after:
                raise KeyboardInterrupt
            previous = self._made(paths)
        if previous is not None:
            yield previous

    def _made(self, paths):
        rows = []
        for path in paths:
            try:
                rows.append(super().encode_images([path])[0])
            except OSError:
                rows.append(np.full(3, np.nan, np.float32))
        return np.array(rows)


@pytest.fixture
def dataset(tmp_path):
    made = fo.Dataset()
    for number in range(50):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (4, 4), (5 * number, 255 - 5 * number, 40)).save(path)
        made.add_sample(fo.Sample(filepath=str(path)))
    yield made
    made.delete()


def test_a_stream_stores_what_one_batch_after_another_stores(dataset):
    streaming = StreamingEncoder()
    done = visdiff.embed(dataset, streaming, field="streamed", batch_size=16)
    assert (done.computed, done.reused, done.skipped) == (50, 0, ())
    assert streaming.groups == [16, 16, 16, 2]
    visdiff.embed(dataset, ColorEncoder(), field="batched", batch_size=16)
    streamed, batched = dataset.values(["streamed", "batched"])
    np.testing.assert_array_equal(np.stack(streamed), np.stack(batched))
    assert len(np.unique(np.stack(streamed), axis=0)) == 50  # each image has its own


def test_what_was_yielded_before_a_stop_is_kept_and_not_made_again(dataset):
    with pytest.raises(KeyboardInterrupt):
        visdiff.embed(dataset, StreamingEncoder(stop_after=2), field="one", batch_size=16)
    again = StreamingEncoder()
    done = visdiff.embed(dataset, again, field="one", batch_size=16)
    assert (done.computed, done.reused) == (18, 32)
    assert again.groups == [16, 2]


def test_a_broken_file_costs_only_itself(dataset):
    broken = dataset.skip(20).first()
    with open(broken.filepath, "w") as file:
        file.write("no image")
    done = visdiff.embed(dataset, StreamingEncoder(), batch_size=16)
    assert done.computed == 49
    assert [(skipped_item.count, skipped_item.examples) for skipped_item in done.skipped] == [
        (1, (broken.id,))
    ]


@pytest.mark.parametrize(
    "results", [[np.ones((16, 3))], [np.ones((15, 3))], []], ids=["a group", "a row", "all"]
)
def test_too_few_results_are_an_error_and_never_another_images(dataset, results):
    class Lacking(ColorEncoder):
        def encode_stream(self, groups):
            for _, result in zip(groups, results, strict=False):
                yield result

    with pytest.raises(ModelError, match="got"):
        visdiff.embed(dataset, Lacking(), batch_size=16)
