"""A MongoDB for one command: a private server, or a database of its own on the user's server."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import pymongo
from mongod import Mongod, MongodError, find_mongod
from pymongo.errors import PyMongoError

START_SECONDS = 90.0
STOP_SECONDS = 60.0
_ATTEMPTS = 5
_PR_SET_PDEATHSIG = 1


def dies_with_parent(signal_number: int) -> Callable[[], None]:
    """Returns what a child calls between fork and exec so that it never outlives this process.

    It also lets signals in again that this process holds back while it forks.
    """
    parent = os.getpid()
    # loaded here, as a child between fork and exec should do next to nothing
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the request was made
                os._exit(128 + signal_number)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    return prepare


@contextlib.contextmanager
def shared_server(uri: str, kept: Path | None) -> Iterator[dict[str, str]]:
    """Uses a running server; yields variables that give the command a database of its own.

    Args:
        uri: the server's address
        kept: None drops the database at the end; a folder names one that stays

    Raises:
        MongodError: if the server does not answer
    """
    name = f"visdiff_{secrets.token_hex(6)}"
    if kept is not None:
        name = f"visdiff_kept_{crc32(str(kept.resolve()).encode()):08x}"
    with pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5_000) as client:
        try:
            major = int(client.server_info()["version"].split(".")[0])
        except PyMongoError as error:
            host = urlsplit(uri).netloc.rpartition("@")[2]  # never the password
            raise MongodError(
                f"Expected a MongoDB at {host} (FIFTYONE_DATABASE_URI), got no answer: "
                f"{type(error).__name__}. Start it, or unset the variable for a private server."
            ) from error
        try:
            yield _variables(uri, name, major)
        finally:
            if kept is None:
                try:
                    client.drop_database(name)
                except PyMongoError as error:
                    print(f"Could not drop database {name}: {error}", file=sys.stderr)


@contextlib.contextmanager
def private_server(kept: Path | None) -> Iterator[dict[str, str]]:
    """Runs a server on a free port of 127.0.0.1; yields the variables that point to it.

    Args:
        kept: the folder of its data, which stays; None for a temporary one

    Raises:
        MongodError: if there is no mongod, or it does not start; with its last log lines
    """
    mongod = find_mongod()
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
    folder = kept or Path(tempfile.mkdtemp(prefix="visdiff-mongo-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        for _ in range(_ATTEMPTS):
            port = free_port()
            process = _launch(mongod, folder, port)
            uri = f"mongodb://127.0.0.1:{port}"
            if _answers(process, uri):
                break
            if "address already in use" not in _log_tail(folder).lower():
                raise MongodError(_no_start(mongod, folder, kept))
        else:
            raise MongodError(_no_start(mongod, folder, kept))
        yield _variables(uri, "visdiff", mongod.major)
        if process.poll() is not None:
            print(
                f"mongod ended before the command did, with status {process.returncode}; its last "
                f"log lines:\n{_log_tail(folder)}",
                file=sys.stderr,
            )
    finally:
        if process is not None:
            _stop(process, at_once=kept is None)
        _log(folder).unlink(missing_ok=True)
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _variables(uri: str, name: str, major: int) -> dict[str, str]:
    variables = {
        "FIFTYONE_DATABASE_URI": uri,
        "FIFTYONE_DATABASE_NAME": name,
        "FIFTYONE_DO_NOT_TRACK": "true",
    }
    if major <= 6:  # works, but FiftyOne warns that its support ends
        variables["FIFTYONE_DATABASE_VALIDATION"] = "false"
    return variables


def port_is_free(port: int) -> bool:
    """Tells whether nothing listens on that port of 127.0.0.1."""
    with socket.socket() as listener:
        # as servers do: a port whose last connections are still closing is free
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Returns a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _launch(mongod: Mongod, folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [str(mongod.path), "--dbpath", str(folder), "--port", str(port)]
    command += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.5"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    with _log(folder).open("wb") as log:
        return subprocess.Popen(
            command,
            env=mongod.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a terminal's Ctrl-C is for the command, which needs it still
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )


def _answers(process: subprocess.Popen[bytes], uri: str) -> bool:
    """Waits until this very process serves the port; False if it ended or took too long."""
    deadline = time.monotonic() + START_SECONDS
    with pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=200) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                # another mongod may have taken the port first; then ours is about to end
                if client.admin.command("serverStatus")["pid"] == process.pid:
                    return True
            except PyMongoError:
                pass
            time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes], *, at_once: bool) -> None:
    """Ends the server; ``at_once`` where its data are thrown away anyway."""
    if not at_once:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    if process.poll() is None:
        process.kill()
    process.wait()


def _no_start(mongod: Mongod, folder: Path, kept: Path | None) -> str:
    hint = f"\nIs another command running with --keep {kept}? End it first." if kept else ""
    return f"{mongod.path} did not start. Its last log lines:\n{_log_tail(folder)}{hint}"


def _log(folder: Path) -> Path:
    # of this process: two that were given the same folder must not share a log
    return folder / f"mongod-{os.getpid()}.log"


def _log_tail(folder: Path) -> str:
    """Returns the errors and the last lines: after an error come many lines about the shutdown."""
    try:
        lines = _log(folder).read_text(errors="replace").splitlines()
    except OSError as error:
        return f"(no log: {error})"
    first_of_tail = max(len(lines) - 6, 0)
    shown = [
        line[:600]
        for row, line in enumerate(lines)
        if row >= first_of_tail or '"s":"E"' in line or '"s":"F"' in line
    ]
    return "\n".join(shown[-14:])
