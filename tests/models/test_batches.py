import pytest

from visdiff_plugin.errors import ModelError
from visdiff_plugin.torch_models import Batches, pick_dtype

pytestmark = pytest.mark.models


def test_running_out_of_memory_halves_the_batch_and_goes_on():
    import torch

    sizes = []

    def call(batch):
        sizes.append(len(batch))
        if len(batch) > 3:
            raise torch.cuda.OutOfMemoryError("too much")
        return [10 * one for one in batch]

    batches = Batches(8)
    assert batches.run(call, list(range(11))) == [10 * number for number in range(11)]
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 1]
    assert batches.size == 2  # what did not fit is not tried again


def test_one_item_that_does_not_fit_is_an_error_with_advice():
    import torch

    def call(batch):
        raise torch.cuda.OutOfMemoryError("too much")

    with pytest.raises(ModelError, match="smaller model"):
        Batches(4).run(call, [1, 2, 3])
    with pytest.raises(ZeroDivisionError):  # other errors are not retried
        Batches(4).run(lambda batch: 1 / 0, [1])


def test_half_precision_on_a_gpu_only():
    import torch

    assert pick_dtype(None, "cpu") is torch.float32
    assert pick_dtype("bfloat16", "cpu") is torch.bfloat16
