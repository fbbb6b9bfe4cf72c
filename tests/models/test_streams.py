"""Images through a model as a stream: in order, without a pause, on as many threads as asked."""

import threading
from itertools import chain

import pytest
from PIL import Image

from visdiff_plugin.stages import Missing
from visdiff_plugin.torch_models import Batches, map_images, stream_images

pytestmark = pytest.mark.models
_PATIENCE = 20  # seconds until a thread that never comes is a failure


@pytest.fixture
def files(tmp_path):
    """Thirty images that hold their own number."""
    paths = []
    for number in range(30):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.new("RGB", (2, 2), (number, 0, 0)).save(paths[-1])
    return paths


def _number(image):
    return image.getpixel((0, 0))[0]


def _tens(numbers):
    return [10 * number for number in numbers]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_groups_come_back_whole_and_in_order(files, workers, size):
    groups = [files[:3], [], files[3:20], files[20:21], files[21:], []]
    made = list(stream_images(groups, _number, _tens, Batches(size), 3, workers=workers))
    assert [len(group) for group in made] == [3, 0, 17, 1, 9, 0]
    assert list(chain(*made)) == [10 * number for number in range(30)]


def test_a_file_that_is_no_image_costs_only_itself(files, tmp_path):
    (tmp_path / "4.png").write_text("no image")
    (tmp_path / "9.png").unlink()
    made = list(chain(*stream_images([files[:5], files[5:10]], _number, _tens, Batches(3), 2)))
    assert [row for row, one in enumerate(made) if isinstance(one, Missing)] == [4, 9]
    assert made[9].reason == "file not found"
    assert made[:4] + made[5:9] == [0, 10, 20, 30, 50, 60, 70, 80]
    assert map_images([files[4]], _number, _tens, Batches(3), 2) == [made[4]]


def test_the_next_group_goes_through_the_model_while_this_one_is_stored(files):
    decoded, later = threading.Event(), threading.Event()

    def prepare(image):
        if _number(image) == 22:
            decoded.set()
        return _number(image)

    def call(numbers):
        assert decoded.wait(_PATIENCE)  # a model that is slower than decoding
        if max(numbers) >= 10:
            later.set()
        return numbers

    stream = stream_images([files[:10], files[10:20], files[20:]], prepare, call, Batches(10), 2)
    assert next(stream) == list(range(10))
    assert later.wait(_PATIENCE)  # though nobody has asked for more


def test_later_files_are_decoded_while_the_model_works(files):
    decoded = threading.Event()

    def prepare(image):
        if _number(image) == 12:
            decoded.set()
        return _number(image)

    def call(numbers):
        return [decoded.wait(_PATIENCE)] * len(numbers)  # the first batch waits for a later file

    assert all(map_images(files[:20], prepare, call, Batches(10), 2))


def test_workers_run_at_the_same_time_and_share_the_threads_of_torch(files):
    import torch

    meeting, seen = threading.Barrier(2), set()

    def call(numbers):
        meeting.wait(_PATIENCE)
        seen.add(torch.get_num_threads())
        return numbers

    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        groups = [files[:16], files[16:24]]
        made = list(stream_images(groups, _number, call, Batches(8), 2, workers=2))
        after = torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
    assert list(chain(*made)) == list(range(24))
    assert (seen, after) == ({2}, 4)


def test_files_are_asked_for_only_a_little_ahead(files):
    begun = []

    def groups():
        for start in range(0, 30, 2):
            begun.append(start)
            yield files[start : start + 2]

    stream = stream_images(groups(), _number, _tens, Batches(2), 1)
    next(stream)
    stream.close()
    # in the model, waiting for it, in the making, and decoded ahead
    assert len(begun) < 8


def test_an_error_of_the_model_reaches_the_caller(files):
    def call(numbers):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        map_images(files, _number, call, Batches(4), 2)
