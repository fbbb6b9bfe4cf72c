"""Where reports are written: by name into one folder for the App, to any path for scripts."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

#: the variable of the server's configuration that names the folder for the App's reports
FOLDER = "VISDIFF_REPORTS"
#: more are a mistake, or someone who fills the disk
_MOST_FILES = 1_000
_LONGEST_NAME = 120

_NAME = re.compile(r"\w[\w .,()+-]*", re.UNICODE)
# what Windows takes for a device, whatever the ending
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)


def reports_folder() -> Path:
    """Returns ``$VISDIFF_REPORTS``, or ``visdiff/reports`` in the user's data; it may not exist."""
    chosen = os.environ.get(FOLDER, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_DATA_HOME", "")
    # as the XDG specification says, a relative path counts as none
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share"
    return root / "visdiff" / "reports"


def check_name(name: str, kind: str) -> str:
    """Returns the name of a new report in `reports_folder`, with the ending of its kind.

    Args:
        name: letters, digits, spaces and ``_-.,()+``; up to 120 characters; it begins with a
            letter or digit
        kind: a key of `visdiff_plugin.reports.FORMATS`

    Raises:
        ValueError: if it is no such name, or names another kind of file
    """
    if not isinstance(name, str) or not _is_name(name):
        raise ValueError(
            "Type a file name without folders, such as 'report'. It begins with a letter or digit "
            f"and has at most {_LONGEST_NAME} characters. The file goes into the server's folder "
            "for reports."
        )
    ending = f".{kind}"
    if name.lower().endswith(ending):
        return name
    if os.path.splitext(name)[1]:
        raise ValueError(f"Type a file name that ends in '{ending}', or one without an ending.")
    return f"{name}{ending}"


def _is_name(name: str) -> bool:
    return bool(
        len(name) <= _LONGEST_NAME
        and len(os.fsencode(name)) <= 2 * _LONGEST_NAME
        and _NAME.fullmatch(name)
        and ".." not in name
        and not name.endswith((" ", "."))
        and not name.startswith("_")
        and not _DEVICES.fullmatch(name)
    )


def write_new(name: str, kind: str, text: str) -> Path:
    """Writes a report into `reports_folder` under a new name, and returns the file.

    Args:
        name: as for `check_name`
        kind: of report
        text: the report

    Raises:
        ValueError: on a name that can't be used or exists, or a folder that is full
        OSError: if it can't be written
    """
    folder, name = reports_folder(), check_name(name, kind)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        if sum(1 for _ in entries) >= _MOST_FILES:
            raise ValueError(
                f"The server's folder for reports holds {_MOST_FILES:,} files. Download the report "
                "instead, or have some removed."
            )
    try:
        # a new file or none: whatever stands there, a dangling link too, is not followed
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        raise ValueError(f"A report named {name!r} already exists. Choose another name.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        (folder / name).unlink(missing_ok=True)
        raise
    return folder / name


def replace(path: str | os.PathLike[str], text: str) -> None:
    """Writes a file whole or not at all; a link is replaced, and what it names stays as it is.

    Args:
        path: the file; it is replaced, with its permissions kept
        text: what it will hold

    Raises:
        OSError: if it can't be written, or the path is a folder or device
    """
    file = Path(path).expanduser()
    mode = None
    try:
        there = file.lstat()
    except FileNotFoundError:
        pass
    else:
        if stat.S_ISREG(there.st_mode):
            mode = stat.S_IMODE(there.st_mode)
        elif not stat.S_ISLNK(there.st_mode):
            raise OSError(f"Expected a file to write, got {str(file)!r}, which is none.")
    temporary = file.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
