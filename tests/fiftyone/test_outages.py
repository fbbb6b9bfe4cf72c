"""MongoDB that goes away for good: an error in words, from every function, and in time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError

import visdiff_plugin as visdiff
from visdiff_plugin import runs
from visdiff_plugin.errors import RunError, StoreError
from visdiff_plugin.hypotheses import add_hypothesis
from visdiff_plugin.mongo.outages import store_in_words
from visdiff_plugin.storing import run_store

ROOT = Path(__file__).resolve().parents[2]

#: kills its own database while the images are captioned
CHILD = """
import os, sys, signal, tempfile, time
uri = os.environ["FIFTYONE_DATABASE_URI"].rstrip("/")
os.environ["FIFTYONE_DATABASE_URI"] = f"{uri}/?serverSelectionTimeoutMS=3000"
import fiftyone as fo, fiftyone.core.odm as odm, numpy as np
from PIL import Image
import visdiff_plugin as visdiff
from visdiff_plugin.errors import StoreError

folder, dataset = tempfile.mkdtemp(), fo.Dataset()
for number in range(40):
    path = f"{folder}/{number}.png"
    Image.fromarray(np.full((8, 8, 3), number * 5, np.uint8)).save(path)
    dataset.add_sample(fo.Sample(filepath=path, tags=["ab"[number % 2]]))
server = odm.get_db_conn().client.admin.command("serverStatus")["pid"]

class Captioner:
    name = "deadly"
    parameters = {}
    def caption(self, paths):
        os.kill(server, signal.SIGKILL)
        time.sleep(1)
        return ["a dog"] * len(paths)

began = time.monotonic()
for name, call in {
    "compare": lambda: visdiff.compare(dataset, "tag:a", "tag:b", "run", preset="offline",
                                       captioner=Captioner()),
    "load": lambda: visdiff.load(dataset, "run"),
    "list": lambda: visdiff.list_runs(dataset),
}.items():
    try:
        call()
    except StoreError as error:
        print("SAID", name, str(error).replace("\\n", " "), flush=True)
    except BaseException as error:
        print("RAW", name, type(error), str(error)[:200], flush=True)
print("TOOK", int(time.monotonic() - began), flush=True)
os._exit(0)
"""


def test_a_database_that_is_killed_is_said_in_words():
    mine = {key: value for key, value in os.environ.items() if not key.startswith("FIFTYONE_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "with_mongo.py"), sys.executable, "-c", CHILD],
        env={**mine, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.split()[0] in ("SAID", "RAW")]
    assert said and said[0].startswith("SAID compare Expected an answer of FiftyOne's database")
    assert "kept" in said[0] and len(said[0]) < 500
    assert not [line for line in said if line.startswith("RAW") and "pymongo" in line]


@pytest.mark.parametrize("error", [ServerSelectionTimeoutError("x " * 4000), AutoReconnect("gone")])
def test_every_function_says_it(dataset, monkeypatch, error):
    def gone(*args, **kwargs):
        raise error

    for name in ("load_run", "list_runs", "rename_run", "annotate_run", "delete_run",
                 "check_run_key"):  # fmt: skip
        monkeypatch.setattr(run_store, name, gone)
    for call in (
        lambda: visdiff.load(dataset, "run"),
        lambda: visdiff.list_runs(dataset),
        lambda: visdiff.rename(dataset, "run", "new"),
        lambda: visdiff.delete(dataset, "run"),
        lambda: runs.annotate(dataset, "run", "a dog", verdict="confirmed"),
        lambda: runs.export(dataset, "run"),
        lambda: visdiff.compare(dataset, "red", "blue", "run", preset="offline"),
        lambda: visdiff.rank(dataset, "red", "blue", ["a dog"], "run", preset="offline"),
        lambda: add_hypothesis(dataset, "run", "a dog"),
    ):
        with pytest.raises(StoreError, match="got none") as caught:
            call()
        assert len(str(caught.value)) < 450 and caught.value.retryable


def test_a_refusal_of_the_database_is_another_matter():
    with pytest.raises(StoreError, match="to take what it was sent, got: No space left"):
        with store_in_words():
            raise OperationFailure("No space left on device", 14031)
    with pytest.raises(RunError):
        with store_in_words():
            raise RunError("Expected another.")


def test_a_database_that_is_back_in_time_costs_nothing(dataset):
    from fakes import ColorCaptioner, ColorEncoder, ListProposer
    from fiftyone.core.odm import get_db_conn

    server = get_db_conn().client.admin.command("serverStatus")["pid"]

    class Pausing(ColorCaptioner):
        def caption(self, paths):
            os.kill(server, signal.SIGSTOP)
            resume = f"import os, signal, time; time.sleep(3); os.kill({server}, signal.SIGCONT)"
            subprocess.Popen([sys.executable, "-c", resume])
            time.sleep(0.5)
            return super().caption(paths)

    run = visdiff.compare(
        dataset, "red", "blue", "run", captioner=Pausing(), encoder=ColorEncoder(),
        properties=False, proposer=ListProposer("red pictures"),
    )  # fmt: skip
    assert visdiff.load(dataset, "run") == run
    assert dataset.count(run.fields[0]) == 120
