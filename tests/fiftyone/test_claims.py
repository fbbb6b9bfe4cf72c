"""Claims of a name: taken once, renewed, and lost by processes that are gone."""

import os
import subprocess
import sys
import time

import pytest

from visdiff_plugin.errors import RunError
from visdiff_plugin.mongo import claims


def test_claims_by_the_clock_of_the_database(dataset, monkeypatch):
    with claims.claimed([dataset, dataset], "name"):
        held = claims.holder(dataset, "name")
        assert held["pid"] == os.getpid() and claims.holder(dataset, "other") is None
        with pytest.raises(RunError, match="another call in this process"):
            with claims.claimed([dataset], "name"):
                pass
        # a process of another machine that is silent for long
        dataset._sample_collection.database["visdiff_claims"].update_one(
            {"_id": held["_id"]}, {"$set": {"host": "elsewhere/1"}}
        )
        with pytest.raises(RunError, match="on elsewhere"):
            with claims.claimed([dataset], "name"):
                pass
        monkeypatch.setattr(claims, "_STALE", -60.0)
        with claims.claimed([dataset], "name"):
            pass
    assert claims.holder(dataset, "name") is None


def test_a_claim_is_renewed_while_it_is_held(dataset, monkeypatch):
    monkeypatch.setattr(claims, "_EVERY", 0.05)
    found = dataset._sample_collection.database["visdiff_claims"]
    with claims.claimed([dataset], "name"):
        first = claims.holder(dataset, "name")["beat"]
        until = time.monotonic() + 10
        while found.find_one({"_id": claims._key(dataset, "name")})["beat"] == first:
            assert time.monotonic() < until
            time.sleep(0.02)
    assert found.count_documents({"_id": claims._key(dataset, "name")}) == 0


def test_processes_that_are_gone():
    own = claims.here()
    assert not claims.is_dead(own)
    assert claims.is_dead({**own, "started": own["started"] - 1000})  # another one has its number
    assert not claims.is_dead({**own, "host": "elsewhere"})
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert claims.is_dead({**own, "pid": child.pid})
    assert claims.is_dead({"host": own["host"]})
