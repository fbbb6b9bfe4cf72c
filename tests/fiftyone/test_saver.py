"""What is made is stored while the next is in the making, in few commands, and never lost."""

import contextlib
import gc
import threading
import time

import fiftyone as fo
import numpy as np
import pytest
from fakes import ColorEncoder

import visdiff_plugin as visdiff
from visdiff_plugin.mongo import saver
from visdiff_plugin.mongo.saver import Saver
from visdiff_plugin.mongo.updates import statements

VECTORS = np.random.default_rng(3).normal(size=(120, 16)).astype(np.float32)


@pytest.fixture
def ids(dataset):
    dataset.add_sample_field("ours", fo.VectorField)
    return dataset.values("id")


def add(saving, ids, start, stop):
    saving.add(ids[start:stop], statements(ids[start:stop], {"ours": VECTORS[start:stop]}))


def until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Gate:
    """Stands before MongoDB: notes the size of each command, and lets none pass while closed."""

    def __init__(self, monkeypatch):
        self.sizes, self.open = [], threading.Event()
        command = saver._command

        def gated(samples, updates):
            self.sizes.append(len(updates))
            assert self.open.wait(60)
            return command(samples, updates)

        monkeypatch.setattr(saver, "_command", gated)


def test_a_batch_is_stored_without_waiting_for_another(dataset, ids):
    with Saver(dataset) as saving:
        add(saving, ids, 0, 10)
        until(lambda: dataset.count("ours") == 10)


def test_batches_that_wait_go_together(dataset, ids, monkeypatch):
    gate = Gate(monkeypatch)
    monkeypatch.setattr(saver, "usable_cores", lambda: 1)
    with Saver(dataset) as saving:
        add(saving, ids, 0, 8)
        until(lambda: gate.sizes == [8])
        for start in range(8, 120, 8):
            add(saving, ids, start, start + 8)
        gate.open.set()
    assert gate.sizes == [8, 112]
    assert np.array_equal(np.stack(dataset.values("ours")), VECTORS)


def test_who_adds_waits_when_much_is_waiting(dataset, ids, monkeypatch):
    gate = Gate(monkeypatch)
    monkeypatch.setattr(saver, "usable_cores", lambda: 1)
    monkeypatch.setattr(saver, "CHUNK", 20)
    added = []

    def make():
        with Saver(dataset) as saving:
            for start in range(0, 120, 8):
                add(saving, ids, start, start + 8)
                added.append(start)

    maker = threading.Thread(target=make)
    maker.start()
    until(lambda: len(added) == 3)
    time.sleep(0.2)
    assert len(added) == 3  # 8 are on their way, 16 wait, 8 more would be over 20
    gate.open.set()
    maker.join(60)
    assert len(added) == 15 and dataset.count("ours") == 120


def test_after_an_error_what_was_made_is_stored_and_the_first_error_is_told(dataset, ids):
    with pytest.raises(KeyboardInterrupt), Saver(dataset) as saving:
        add(saving, ids, 0, 50)
        with contextlib.suppress(ValueError):  # where the other thread was fast, it is told here
            saving.add(ids[:1], statements(ids[:1], {"_id": ["refused"]}))
        raise KeyboardInterrupt
    assert dataset.count("ours") == 50
    with pytest.raises(ValueError, match="Expected values that MongoDB can hold"):
        with Saver(dataset) as saving:
            add(saving, ids, 50, 60)
            saving.add(ids[:1], statements(ids[:1], {"_id": ["refused"]}))
    assert dataset.count("ours") == 60


def test_a_sample_in_hand_is_reloaded_in_the_callers_thread(dataset, ids):
    sample = dataset.first()
    with Saver(dataset) as saving:
        add(saving, ids, 0, 10)
    assert np.array_equal(sample["ours"], VECTORS[0])
    assert gc.isenabled()


def test_an_image_has_the_same_vector_whoever_is_in_its_batch(dataset):
    visdiff.embed(dataset, ColorEncoder(), field="together", batch_size=50)
    with open(dataset.skip(3).first().filepath, "w") as file:
        file.write("no image")
    done = visdiff.embed(dataset, ColorEncoder(), field="apart", batch_size=7)
    assert done.computed == 119
    together, apart = dataset.values(["together", "apart"])
    assert apart[3] is None
    del together[3], apart[3]
    assert np.array_equal(np.stack(together), np.stack(apart))
