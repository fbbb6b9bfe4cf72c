"""A file of JSON lines that survives being killed: what was appended stays."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import EvaluationError


class Lines:
    """Values by key, one JSON object a line; the last line of a key counts.

    A line that was cut short by a killed process is the last one; it is dropped, and the value it
    was to hold is computed again.

    Args:
        path: the file; made with its folder when something is appended
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._values: dict[str, Any] = {}
        self._lock = threading.Lock()
        if self._path.is_file():
            self._read()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __len__(self) -> int:
        return len(self._values)

    def values(self) -> list[Any]:
        """Returns all values."""
        return list(self._values.values())

    def append(self, key: str, value: Mapping[str, Any]) -> None:
        """Keeps a value; a process that is killed after this has not lost it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": key, **value}, ensure_ascii=False, allow_nan=False)
        with self._lock, open(self._path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._values[key] = dict(value)

    def _read(self) -> None:
        raw = self._path.read_bytes()
        whole = raw.rfind(b"\n") + 1
        if whole < len(raw):  # the next line must not be glued to half a one
            with open(self._path, "r+b") as file:
                file.truncate(whole)
        for number, line in enumerate(raw[:whole].decode("utf-8").splitlines(), 1):
            try:
                entry = json.loads(line)
                self._values[entry.pop("key")] = entry
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise EvaluationError(
                    f"Expected {self._path.name} as this command writes it, got {line!r:.80} in "
                    f"line {number}.",
                    "Delete that line, or delete the file to start over.",
                ) from error
