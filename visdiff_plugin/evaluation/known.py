"""What is known about image files: captions, embeddings, properties; computed once, on disk."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..images import UNREADABLE
from ..kept.making import caption_paths, embed_paths, measure_paths
from ..stages import Captioner, Encoder, Missing, parameters_of

#: files computed and kept at a time
_CHUNK = 256

Report = Callable[[str], object]


class Known:
    """Values of image files by stage, kept in a folder.

    A file that was replaced (other size or time) is computed anew. What could not be made is not
    kept: it is tried again the next time, and counted each time.

    Args:
        folder: where values are kept
        report: is told what is being computed
    """

    def __init__(self, folder: str | os.PathLike[str], report: Report) -> None:
        self._folder = Path(folder)
        self._report = report
        self._values: dict[str, dict[str, Any]] = {}
        self.missing: dict[str, dict[str, str]] = {}
        self.seconds: dict[str, float] = {}

    def captions(self, captioner: Captioner, paths: Sequence[str]) -> Mapping[str, str]:
        """Returns file -> caption, of those that could be captioned."""
        name = _stage_name("captions", captioner)
        return self._of(name, partial(caption_paths, captioner), paths)

    def embeddings(self, encoder: Encoder, paths: Sequence[str]) -> Mapping[str, Any]:
        """Returns file -> ``(d,)`` unit vector, of those that could be embedded."""
        return self._of(_stage_name("embeddings", encoder), partial(embed_paths, encoder), paths)

    def properties(self, paths: Sequence[str]) -> Mapping[str, Any]:
        """Returns file -> ``(p,)`` measured properties in the catalog's order."""
        from ..properties.catalog import VERSION

        return self._of(f"properties-{VERSION}", measure_paths, paths)

    def _of(
        self, name: str, compute: Callable[[Sequence[str]], Sequence[Any]], paths: Sequence[str]
    ) -> Mapping[str, Any]:
        if name not in self._values:
            self._values[name] = self._read(name)
        kept = self._values[name]
        missing = self.missing.setdefault(name, {})
        codes = {path: _code(path) for path in dict.fromkeys(paths)}
        todo = [path for path, code in codes.items() if code not in kept and path not in missing]
        start = time.perf_counter()
        for first in range(0, len(todo), _CHUNK):
            self._report(f"{name}: {first} of {len(todo)}")
            self._make(name, compute, todo[first : first + _CHUNK], codes)
        if todo:
            self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - start
        return {path: kept[code] for path, code in codes.items() if code in kept}

    def _make(
        self,
        name: str,
        compute: Callable[[Sequence[str]], Sequence[Any]],
        paths: Sequence[str],
        codes: Mapping[str, str],
    ) -> None:
        made = dict(zip(paths, compute(paths), strict=True))
        lost = {path: value.reason for path, value in made.items() if isinstance(value, Missing)}
        self.missing[name] |= lost
        good = {codes[path]: value for path, value in made.items() if path not in lost}
        if not good:
            return
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{min(good)}-{len(good)}.npz"
        partly = target.with_suffix(".part")
        with open(partly, "wb") as file:
            np.savez(file, codes=np.array(list(good)), values=np.array(list(good.values())))
        partly.replace(target)  # whole or not at all: a killed sweep goes on from here
        self._values[name] |= good

    def _read(self, name: str) -> dict[str, Any]:
        by_path: dict[str, Any] = {}
        for path in sorted((self._folder / name).glob("*.npz")):
            with np.load(path, allow_pickle=False) as chunk:
                values = chunk["values"]
                texts = values.dtype.kind == "U"
                for code, value in zip(chunk["codes"].tolist(), values, strict=True):
                    by_path[code] = str(value) if texts else value
        return by_path


def _stage_name(kind: str, stage: Any) -> str:
    """Names a stage's folder: readable, and another one where model or parameters change."""
    text = f"{stage.name} {sorted(parameters_of(stage).items())!r}"
    code = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
    plain = "".join(
        character if character.isalnum() else "_" for character in str(stage.name).lower()
    )[:40]
    return f"{kind}-{plain}-{code}"


def _code(path: str) -> str:
    """Returns a code of a file as it is now."""
    try:
        stat = os.stat(path)
        text = f"{path}|{stat.st_size}|{stat.st_mtime_ns}"
    except UNREADABLE:
        text = path  # the stage says what is wrong with it
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
