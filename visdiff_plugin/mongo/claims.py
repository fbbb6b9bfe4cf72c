"""Who is writing what: a claim of a name that one process holds, with a heartbeat.

Claims stand in a collection of FiftyOne's database. MongoDB makes taking one atomic, and its clock
decides which are old, since those of two machines can differ.
"""

from __future__ import annotations

import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any

import psutil

from ..errors import RunError
from .documents import collection

_COLLECTION = "visdiff_claims"
#: seconds between two heartbeats, and after which a claim that nobody renews is anybody's. A
#: process that computes without a pause, or swaps, can be late by many seconds
_EVERY, _STALE = 3.0, 30.0


def here() -> dict[str, Any]:
    """Returns what identifies this process: JSON-safe, for `is_dead`."""
    own = psutil.Process()
    return {"host": _host(), "pid": own.pid, "started": own.create_time()}


def is_dead(process: Mapping[str, Any]) -> bool:
    """Returns whether a process of this machine has ended; False for those of other machines.

    Args:
        process: as `here` returned it there
    """
    if process.get("host") != _host():
        return False
    try:
        started = psutil.Process(int(process["pid"])).create_time()
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return True
    except psutil.AccessDenied:
        return False
    # another process can have got its number since
    return abs(started - float(process.get("started") or started)) > 1


@contextmanager
def claimed(datasets: Sequence[Any], name: str, wait: float = 0.0) -> Iterator[None]:
    """Holds a name on datasets, so that no other process or thread writes under it.

    Args:
        datasets: FiftyOne datasets; one that stands there twice is claimed once
        name: such as a run key
        wait (0): seconds to wait for another holder

    Raises:
        RunError: if another holds it
    """
    by_id = {collection(dataset).name: dataset for dataset in datasets}
    with ExitStack() as held:
        for key in sorted(by_id):  # in one order, or two could wait for each other
            held.enter_context(_one(by_id[key], name, wait))
        yield


def holder(dataset: Any, name: str) -> Mapping[str, Any] | None:
    """Returns who holds a name: `here` of that process, and ``began``; None where nobody does."""
    claims = _claims(dataset)
    found = claims.find_one({"_id": _key(dataset, name), "beat": {"$gte": _oldest(claims)}})
    return None if found is None or is_dead(found) else found


@contextmanager
def _one(dataset: Any, name: str, wait: float) -> Iterator[None]:
    from pymongo.errors import PyMongoError  # here and below where it is used: it is slow

    claims, key, owner = _claims(dataset), _key(dataset, name), uuid.uuid4().hex
    until = time.monotonic() + wait
    while not _take(claims, key, owner):
        if time.monotonic() >= until:
            raise RunError(
                f"Expected {name!r} of {dataset.name!r} to be free, but "
                f"{_said(claims.find_one({'_id': key}))} is writing it.",
                "Wait until it is done, or choose another key.",
            )
        time.sleep(0.1)
    ended = threading.Event()
    beating = threading.Thread(
        target=_beat, args=(claims, key, owner, ended), name=f"visdiff-claim-{name}", daemon=True
    )
    beating.start()
    try:
        yield
    finally:
        ended.set()
        with suppress(PyMongoError):  # it grows old by itself
            claims.delete_one({"_id": key, "owner": owner})


def _take(claims: Any, key: str, owner: str) -> bool:
    """Takes a claim that is nobody's, or of a process that is gone."""
    from pymongo import ReturnDocument
    from pymongo.errors import DuplicateKeyError

    held = claims.find_one({"_id": key})
    if held is not None and is_dead(held):
        claims.delete_one({"_id": key, "owner": held["owner"]})
    try:
        taken = claims.find_one_and_update(
            {"_id": key, "beat": {"$lt": _oldest(claims)}},
            {"$set": {"owner": owner, **here()}, "$currentDate": {"beat": True, "began": True}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:  # there is one, and it is not old
        return False
    return bool(taken["owner"] == owner)


def _beat(claims: Any, key: str, owner: str, ended: threading.Event) -> None:
    from pymongo.errors import PyMongoError

    while not ended.wait(_EVERY):
        with suppress(PyMongoError):  # while the database is away nobody else can claim it either
            claims.update_one({"_id": key, "owner": owner}, {"$currentDate": {"beat": True}})


def _claims(dataset: Any) -> Any:
    return collection(dataset).database[_COLLECTION]


def _key(dataset: Any, name: str) -> str:
    # the collection keeps its name when the dataset is renamed
    return f"{collection(dataset).name}/{name}"


def _oldest(claims: Any) -> Any:
    """Returns the time of the last heartbeat that still counts, by MongoDB's clock."""
    return claims.database.command("hello")["localTime"] - timedelta(seconds=_STALE)


def _host() -> str:
    """Returns what tells machines apart, and containers that count processes on their own."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return f"{platform.node()}/{space}"


def _said(claim: Mapping[str, Any] | None) -> str:
    if claim is None:
        return "another process"
    machine = str(claim["host"]).partition("/")[0]
    if claim["pid"] == os.getpid() and claim["host"] == _host():
        return "another call in this process"
    return f"process {claim['pid']} on {machine}"
