"""Runs a command beside a MongoDB of its own, and leaves nothing behind.

    python tools/with_mongo.py [--keep DIR] COMMAND ...

The server is private: a free port, a temporary folder (or DIR, which stays). Where
FIFTYONE_DATABASE_URI is set, that server is used, with a database of its own name, which is dropped
at the end (unless there is a DIR, which then names it). The exit status is the command's.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import psutil  # type: ignore[import-untyped,unused-ignore]
from mongo_server import dies_with_parent, private_server, shared_server
from mongod import MongodError

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_CHILD_SUBREAPER = 36
#: time that helpers of the command have to end by themselves, and then to heed SIGTERM
_GRACE_SECONDS = 5.0


class _Stopped(Exception):
    """A signal came while no command was running."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Runner:
    """Runs one command and passes signals on to it."""

    def __init__(self) -> None:
        self._command: subprocess.Popen[bytes] | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self._command is None:
            raise _Stopped(number)
        if number == signal.SIGINT and _in_foreground():
            return  # the terminal gave it to the command already; twice would cut its clean-up
        if self._command.returncode is None:
            self._command.send_signal(number)

    def run(self, command: Sequence[str], variables: dict[str, str]) -> int:
        """Returns the exit status as a shell would give it."""
        environment = {**os.environ, **variables}
        # left by a FiftyOne that started this process; it would point to another server
        environment.pop("FIFTYONE_PRIVATE_DATABASE_PORT", None)
        # no signal may fall between the start of the process and its being known here
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._command = subprocess.Popen(
                command, env=environment, preexec_fn=dies_with_parent(signal.SIGTERM)
            )
        except OSError as error:
            print(f"Can't run {command[0]!r}: {error.strerror}.", file=sys.stderr)
            return 127 if isinstance(error, FileNotFoundError) else 126
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        status = self._command.wait()
        return 128 - status if status < 0 else status


def _in_foreground() -> bool:
    """Tells whether Ctrl-C at the terminal reaches this process and so its command too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _adopt_orphans() -> None:
    """Makes this process the parent of what its command leaves running (Linux alone has this)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_orphans(before: set[int]) -> None:
    """Ends what the command left running; ``before`` holds our own processes."""
    left = [child for child in psutil.Process().children(True) if child.pid not in before]
    for end in (None, psutil.Process.terminate, psutil.Process.kill):
        for child in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                if end is not None:
                    end(child)
        _, left = psutil.wait_procs(left, timeout=_GRACE_SECONDS)


def _run(command: Sequence[str], keep: Path | None) -> int:
    runner = _Runner()
    for number in _SIGNALS:
        signal.signal(number, runner.handle)
    uri = os.environ.get("FIFTYONE_DATABASE_URI")
    try:
        with shared_server(uri, keep) if uri else private_server(keep) as variables:
            ours = {child.pid for child in psutil.Process().children(True)}
            try:
                return runner.run(command, variables)
            finally:
                for number in _SIGNALS:  # nothing may cut the clean-up short
                    signal.signal(number, signal.SIG_IGN)
                _end_orphans(ours)
    except _Stopped as stopped:
        return 128 + stopped.number
    except MongodError as error:
        print(error, file=sys.stderr)
        return 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the command's exit status."""
    parser = argparse.ArgumentParser(description="Runs a command beside a MongoDB of its own.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keeps the data in this folder")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments")
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("expected a command to run, got none")
    _adopt_orphans()
    return _run(command, options.keep)


if __name__ == "__main__":
    sys.exit(main())
