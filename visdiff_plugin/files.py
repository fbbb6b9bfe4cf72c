"""Files of samples: only regular ones are opened, and why one can't be is said in words."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


class NotAFileError(OSError):
    """A path leads to a pipe, socket, device or folder: to read it would wait, or never end."""


def stat_file(path: str) -> os.stat_result:
    """Returns what the system knows of a regular file.

    Raises:
        NotAFileError: if the path leads to anything else
        OSError: if it can't be looked at
        ValueError: if it can't be a path
    """
    found = os.stat(path)
    _check(found.st_mode)
    return found


def open_file(path: str) -> BinaryIO:
    """Opens a regular file to read its bytes; anything else is refused without waiting for it.

    Raises:
        NotAFileError: if the path leads to a pipe, socket, device or folder
        OSError: if it can't be opened
        ValueError: if it can't be a path
    """
    stat_file(path)  # before it is opened: opening alone can already do something to a device
    file = open(path, "rb", opener=_without_waiting)
    try:
        _check(os.fstat(file.fileno()).st_mode)  # it may have become something else meanwhile
    except OSError:
        file.close()
        raise
    return file


def why_not(error: BaseException) -> str | None:
    """Returns in words why a file can't be opened; None where the error says something else."""
    if isinstance(error, NotAFileError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "file not found"
    if isinstance(error, NotADirectoryError):
        return "file not found: a part of its path is no folder"
    if isinstance(error, PermissionError):
        return "file can't be read: permission denied"
    if isinstance(error, IsADirectoryError):
        return "not an image: a folder"
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return "file not found: its name is too long"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "file not found: its links lead in a circle"
    return None


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "no file")
        raise NotAFileError(f"not an image: {kind}")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
