"""Stages for Ray workers, in a module that these can import; they note what they do in files."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fakes import ColorCaptioner, ColorEncoder

from visdiff_plugin.errors import ModelError


class NotedCaptioner:
    """Captions by color; notes each image with its process, and may kill that process.

    Args:
        folder: where notes go
        seconds (0): that each image takes
        fatal (""): part of the name of a file that kills the worker
        always (False): each time, or only the first
        together (1): workers that wait for each other before the first image
    """

    name = "noted-1"

    def __init__(
        self,
        folder: Path | str,
        seconds: float = 0.0,
        fatal: str = "",
        always: bool = False,
        together: int = 1,
    ) -> None:
        self.folder, self.fatal, self.always = str(folder), fatal, always
        self.seconds, self.together = seconds, together

    def caption(self, paths: Sequence[str]) -> list[str]:
        Path(self.folder, f"seen-{os.getpid()}").touch()
        if "fiftyone" in sys.modules:
            Path(self.folder, "slow-start").touch()
        while len(list(Path(self.folder).glob("seen-*"))) < self.together:
            time.sleep(0.05)
        for path in paths:
            time.sleep(self.seconds)
            with open(os.path.join(self.folder, f"seen-{os.getpid()}"), "a") as file:
                file.write(f"{path}\n")
            if self.fatal and self.fatal in os.path.basename(path) and self._first_time():
                os.kill(os.getpid(), signal.SIGKILL)
        return ColorCaptioner().caption(paths)

    def _first_time(self) -> bool:
        if self.always:
            return True
        with contextlib.suppress(FileExistsError):
            os.close(os.open(os.path.join(self.folder, "killed"), os.O_CREAT | os.O_EXCL))
            return True
        return False


def seen(folder: Path) -> list[str]:
    """Returns every image that was captioned, as often as it was."""
    return [line for file in folder.glob("seen-*") for line in file.read_text().splitlines()]


class UnloadableEncoder(ColorEncoder):
    """A model whose weights are not there."""

    def encode_images(self, paths: Sequence[str]) -> np.ndarray:
        raise ModelError("Expected weights, got none.", "Download them.")


class BuggyEncoder(ColorEncoder):
    """A model with a mistake in it."""

    def encode_images(self, paths: Sequence[str]) -> np.ndarray:
        raise RuntimeError("shapes (3,) and (4,) do not fit")


class UnpicklableEncoder(ColorEncoder):
    """A model that holds a lock."""

    def __init__(self) -> None:
        super().__init__("holds-a-lock")
        self.lock = threading.Lock()
