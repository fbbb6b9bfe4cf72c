"""The user's cache folder, and files in it that are written atomically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


def cache_root() -> Path:
    """Returns ``$XDG_CACHE_HOME/visdiff``, by default ``~/.cache/visdiff``; it may not exist."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # as the XDG specification says, a relative path counts as none
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return root / "visdiff"


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Writes a file atomically: another process may read or write the same file.

    Args:
        path: the file; its folder is made where it is missing
        write: is given the open file

    Raises:
        OSError: if it can't be written
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = file.name
            write(file)
        os.replace(temporary, path)
    except OSError:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise
