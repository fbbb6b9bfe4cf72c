"""Processes that die while they write, and two that write at once: nothing is lost."""

import os
import signal
import subprocess
import sys
import threading
import time

import fiftyone as fo
import gridfs
import pytest
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff
from operators._run_name import why_not
from visdiff_plugin.errors import RunError
from visdiff_plugin.runs import annotate
from visdiff_plugin.storing import run_moves, run_store

OLD, NEW = "red pictures", "blue pictures"


def compare(dataset, words, key="run", b="blue", **more):
    return visdiff.compare(
        dataset, "red", b, key, captioner=ColorCaptioner(), encoder=ColorEncoder(),
        properties=False, proposer=ListProposer(words), **more,
    )  # fmt: skip


class Killed(BaseException):
    """As a kill: whoever catches it can't write either."""


class Dying:
    """Lets a number of writes through; then all fail, as in a process that is gone."""

    #: every way in which a run is written
    WRITES = (
        (run_store, "write_scores"), (run_moves, "save_record"),
        (fo.Dataset, "register_run"), (fo.Dataset, "update_run_config"),
        (fo.Dataset, "delete_sample_field"), (fo.Dataset, "delete_run"),
        (fo.Dataset, "rename_sample_field"), (fo.Dataset, "rename_run"),
    )  # fmt: skip

    def __init__(self, monkeypatch, writes):
        self.left, self.dead = writes, False
        for owner, name in self.WRITES:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, write):
        def called(*args, **kwargs):
            if self.left == 0:
                self.dead = True
                raise Killed
            self.left -= 1
            return write(*args, **kwargs)

        return called


def whole(dataset, run):
    """Whether what is stored under a run's key is this run, and all of it."""
    stored = visdiff.load(dataset, "run")
    counts = [dataset.count(field) for field in stored.fields]
    return stored.proposals == run and counts == [120] * len(stored.fields) and counts


def leftovers(dataset):
    """Fields and runs that no finished run explains."""
    fields = {name for name in dataset.get_field_schema() if not name.startswith("visdiff_")}
    staged = [name for name in dataset.get_field_schema() if name.startswith("visdiff_new_")]
    known = {"id", "filepath", "tags", "metadata", "created_at", "last_modified_at", "run"}
    return sorted(fields - known) + staged + [key for key in dataset.list_runs() if key != "run"]


@pytest.mark.parametrize("writes", range(13))
def test_killed_at_each_write_of_a_replacement_one_of_the_two_is_whole(
    dataset, monkeypatch, writes
):
    compare(dataset, OLD)
    with monkeypatch.context() as patch:
        dying = Dying(patch, writes)
        try:
            compare(dataset, NEW, overwrite=True)
        except Killed:
            pass
    dataset.reload()
    assert dying.dead or writes >= 11  # the loop goes past the last write
    assert whole(dataset, (OLD,)) or whole(dataset, (NEW,))
    assert visdiff.list_runs(dataset) == ["run"]
    assert [header["run_key"] for header in run_store.list_headers(dataset)] == ["run"]
    assert leftovers(dataset) == []
    compare(dataset, NEW, overwrite=True)
    assert whole(dataset, (NEW,))


def test_what_another_process_ended_is_not_ended_again(dataset, monkeypatch):
    compare(dataset, OLD)
    with monkeypatch.context() as patch:
        Dying(patch, 4)  # it is whole, and has not moved yet
        with pytest.raises(Killed):
            compare(dataset, NEW, overwrite=True)
    dataset.reload()
    dataset.persistent = True
    assert any(key.startswith("visdiff_new_") for key in dataset.list_runs())
    ended = (
        "import sys, fiftyone as fo, visdiff_plugin as v; v.list_runs(fo.load_dataset(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", ended, dataset.name], check=True, timeout=300)
    # this process still knows the dataset as it was
    assert visdiff.list_runs(dataset) == ["run"]
    assert whole(dataset, (NEW,)) and leftovers(dataset) == []


@pytest.mark.parametrize("writes", range(4))
def test_killed_while_a_new_run_is_written_it_can_be_made_again(dataset, monkeypatch, writes):
    with monkeypatch.context() as patch:
        dying = Dying(patch, writes)
        with pytest.raises(Killed):
            compare(dataset, OLD)
    assert dying.dead
    dataset.reload()
    with pytest.raises(RunError):
        visdiff.load(dataset, "run")
    compare(dataset, NEW)
    assert whole(dataset, (NEW,)) and leftovers(dataset) == []


@pytest.mark.parametrize("act", ["delete", "rename"])
@pytest.mark.parametrize("writes", range(6))
def test_killed_while_a_run_is_deleted_or_renamed_it_is_so_in_the_end(
    dataset, monkeypatch, act, writes
):
    compare(dataset, OLD)
    with monkeypatch.context() as patch:
        dying = Dying(patch, writes)
        try:
            if act == "delete":
                visdiff.delete(dataset, "run")
            else:
                visdiff.rename(dataset, "run", "named")
        except Killed:
            pass
    dataset.reload()
    assert dying.dead or writes >= 3
    keys = visdiff.list_runs(dataset)
    assert keys in ([["run"], []] if act == "delete" else [["run"], ["named"]])
    for key in keys:
        run = visdiff.load(dataset, key)
        assert [dataset.count(field) for field in run.fields] == [120] * len(run.fields)
        assert all(field.startswith(f"{key}.") for field in run.fields)
    assert {"run", "named"} & set(dataset.get_field_schema()) == set(keys)


def test_a_full_disk_while_replacing_keeps_the_old_run(dataset, monkeypatch):
    compare(dataset, OLD)
    annotate(dataset, "run", OLD, verdict="confirmed", note="seen")
    [header] = run_store.list_headers(dataset)
    assert header["state"] == "done"

    def full(*args, **kwargs):
        raise OSError("No space left on device")

    for room, place in ((run_store, "write_scores"), (run_moves, "save_record")):
        with monkeypatch.context() as patch:
            patch.setattr(room, place, full)
            with pytest.raises(OSError, match="No space"):
                compare(dataset, NEW, overwrite=True)
        assert whole(dataset, (OLD,)) and leftovers(dataset) == []
        [row] = visdiff.load(dataset, "run").differences
        assert (row.verdict, row.note) == ("confirmed", "seen")


def test_a_record_is_replaced_whole_or_not_at_all(dataset, monkeypatch):
    compare(dataset, OLD)

    def full(*args, **kwargs):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(gridfs.GridFS, "put", full)
        with pytest.raises(OSError, match="No space"):
            annotate(dataset, "run", OLD, note="never")
    dataset.reload()
    assert visdiff.load(dataset, "run").differences[0].note == ""
    annotate(dataset, "run", OLD, note="now")
    assert visdiff.load(fo.load_dataset(dataset.name), "run").differences[0].note == "now"
    files = dataset._sample_collection.database["fs.files"]
    before = files.count_documents({})
    annotate(dataset, "run", OLD, note="again")
    assert files.count_documents({}) == before  # the old file is gone


_CHILD = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[3])
import fiftyone as fo
import gridfs
from test_kills import ListProposer, compare
from visdiff_plugin.stages import ProposerReply

class Slow(ListProposer):
    def propose(self, a, b):
        open(sys.argv[2], "w").close()
        time.sleep(60)

import test_kills
test_kills.ListProposer = Slow
compare(fo.load_dataset(sys.argv[1]), "never", overwrite=len(sys.argv) > 4)
"""


@pytest.fixture
def start(tmp_path):
    """Returns a function that starts a process which compares and never gets done."""
    children = []

    def go(dataset, *more):
        dataset.persistent = True
        began = tmp_path / f"began{len(children)}"
        here = os.path.dirname(__file__)
        paths = os.pathsep.join(
            [here, os.path.dirname(here), os.path.dirname(os.path.dirname(here))]
        )
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, dataset.name, str(began), here, *more],
            env={**os.environ, "PYTHONPATH": paths},
        )
        children.append(child)
        until = time.monotonic() + 240
        while not began.exists():
            assert child.poll() is None and time.monotonic() < until
            time.sleep(0.1)
        return child

    yield go
    for child in children:
        child.kill()
        child.wait()


def test_a_key_that_another_process_writes_under_is_taken_until_it_dies(dataset, start):
    child = start(dataset)
    with pytest.raises(RunError, match=f"process {child.pid} .* is writing it"):
        compare(dataset, NEW)
    other = compare(dataset, NEW, key="another")
    assert visdiff.load(dataset, "another") == other
    child.send_signal(signal.SIGKILL)
    child.wait()
    compare(dataset, NEW)  # at once, though nobody released the key
    assert whole(dataset, (NEW,))


def test_a_killed_replacement_leaves_the_old_run_as_it_was(dataset, start):
    run = compare(dataset, OLD)
    child = start(dataset, "overwrite")
    assert visdiff.load(dataset, "run") == run  # readable all the time
    assert why_not(dataset, "other") == ""
    assert "is being made" in why_not(dataset, "run", overwrite=True)
    for act in (lambda: visdiff.delete(dataset, "run"),
                lambda: visdiff.rename(dataset, "run", "renamed"),
                lambda: compare(dataset, NEW, overwrite=True)):  # fmt: skip
        with pytest.raises(RunError, match="is writing it"):
            act()
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert visdiff.load(dataset, "run") == run
    visdiff.delete(dataset, "run")
    assert dataset.list_runs() == []


def test_a_run_that_was_stored_meanwhile_is_not_replaced(dataset, monkeypatch):
    # as by an earlier version, which claims nothing
    once = threading.Lock()

    class Meanwhile(ListProposer):
        def propose(self, a, b):
            if once.acquire(blocking=False):
                with monkeypatch.context() as patch:
                    patch.setattr(run_store, "claimed", _nothing)
                    compare(dataset, OLD)
            return super().propose(a, b)

    with pytest.raises(RunError, match="stored under it meanwhile"):
        visdiff.compare(
            dataset, "red", "blue", "run", captioner=ColorCaptioner(), encoder=ColorEncoder(),
            properties=False, proposer=Meanwhile(NEW),
        )  # fmt: skip
    assert whole(dataset, (OLD,)) and leftovers(dataset) == []


class _nothing:
    def __init__(self, *args):
        pass

    def __enter__(self):
        pass

    def __exit__(self, *error):
        pass


def test_verdicts_of_two_people_at_once_are_both_kept(dataset):
    words = [f"{color} pictures" for color in ("red", "blue", "green", "black")]
    visdiff.rank(dataset, "red", "blue", words, "run", encoder=ColorEncoder(), ranker="embedding",
                 preset="offline")  # fmt: skip
    failed = []

    def say(text):
        try:
            annotate(fo.load_dataset(dataset.name), "run", text, note=f"of {text}")
        except RunError as error:
            failed.append(error)

    threads = [threading.Thread(target=say, args=(text,)) for text in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = visdiff.load(dataset, "run").differences
    assert not failed and {row.note for row in rows} == {f"of {text}" for text in words}


def test_a_run_that_another_process_deleted_is_gone_here_too(dataset):
    compare(dataset, OLD)
    visdiff.load(dataset, "run")
    dataset.persistent = True
    deleted = (
        "import sys, fiftyone as fo, visdiff_plugin as v; "
        "v.delete(fo.load_dataset(sys.argv[1]), 'run')"
    )
    subprocess.run([sys.executable, "-c", deleted, dataset.name], check=True, timeout=300)
    for act in (
        lambda: annotate(dataset, "run", OLD, note="late"),
        lambda: visdiff.rename(dataset, "run", "other"),
        lambda: visdiff.delete(dataset, "run"),
        lambda: visdiff.load(dataset, "run"),
    ):
        with pytest.raises(RunError):
            act()
    assert visdiff.list_runs(dataset) == [] and leftovers(dataset) == []
    compare(dataset, NEW)
    assert whole(dataset, (NEW,))


_AT_ONCE = """
import sys
sys.path.insert(0, sys.argv[3])
import fiftyone as fo
from test_kills import compare
dataset = fo.load_dataset(sys.argv[1])
for number in range(3):
    compare(dataset, "red pictures", key=f"{sys.argv[2]}{number}")
"""


def test_processes_that_add_fields_at_once_undo_nothing(dataset):
    dataset.persistent = True
    here = os.path.dirname(__file__)
    paths = os.pathsep.join([here, os.path.dirname(here), os.path.dirname(os.path.dirname(here))])
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _AT_ONCE, dataset.name, name, here],
            env={**os.environ, "PYTHONPATH": paths},
        )
        for name in "pq"
    ]
    assert [child.wait(300) for child in children] == [0, 0]
    dataset.reload()
    keys = visdiff.list_runs(dataset)
    assert sorted(keys) == ["p0", "p1", "p2", "q0", "q1", "q2"]
    for key in keys:
        assert [dataset.count(field) for field in visdiff.load(dataset, key).fields] == [120]
