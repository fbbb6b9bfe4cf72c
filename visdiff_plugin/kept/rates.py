"""How fast this machine captions, embeds and measures: recorded by runs, read by estimates."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..cache.folder import cache_root, write_whole
from ..progress import Progress

_LOG = logging.getLogger(__name__)

#: images that must be computed before a rate is believed
LEAST = 16
#: makers whose rates are kept, newest first
_MOST = 200


@dataclass(frozen=True)
class Rate:
    """How long values take.

    Args:
        per_second: images a second, once it runs
        start: seconds before that: loading a model, starting workers
    """

    per_second: float
    start: float = 0.0

    def seconds(self, images: int) -> float:
        """Returns how long so many images take."""
        return self.start + images / self.per_second if images else 0.0


def rates_file() -> Path:
    """Returns the file that rates are kept in: ``$XDG_CACHE_HOME/visdiff/rates.json``."""
    return cache_root() / "rates.json"


def known_rate(noun: str, producer: str, engine: str) -> Rate | None:
    """Returns the rate that was measured last on this machine; None where none was.

    Args:
        noun: ``"captions"``, ``"embeddings"`` or ``"properties"``
        producer: what makes them
        engine: where
    """
    return _rate(_read().get(_key(noun, producer, engine)))


class Watch:
    """Times how values are computed, by the progress that is told.

    Args:
        images: to be computed
        progress: is told as before
    """

    def __init__(self, images: int, progress: Progress) -> None:
        self._images, self._progress = images, progress
        self._began = time.monotonic()
        self._first: tuple[float, float] | None = None  # share done, seconds since the beginning
        self._last = (0.0, 0.0)

    def __call__(self, fraction: float, label: str) -> None:
        """Notes the time, and tells the progress."""
        if fraction > 0:
            self._last = fraction, time.monotonic() - self._began
            self._first = self._first or self._last
        self._progress(fraction, label)

    def rate(self) -> Rate | None:
        """Returns the rate; None where too few images were done.

        What loads a model is the first part. Where enough images follow it, their rate is taken
        and the rest of the time counts as the start.
        """
        (share, end), first = self._last, self._first or (0.0, 0.0)
        for before, since in (first, (0.0, 0.0)):
            images, seconds = (share - before) * self._images, end - since
            if round(images) >= LEAST and seconds > 0:
                return Rate(
                    images / seconds, max(0.0, end - share * self._images * seconds / images)
                )
        return None


def note_rate(noun: str, producer: str, engine: str, rate: Rate | None) -> None:
    """Keeps a rate for the next estimate; a failure to write it is ignored."""
    if rate is None:
        return
    key = _key(noun, producer, engine)
    kept = {
        key: asdict(rate),
        **{other_key: value for other_key, value in _read().items() if other_key != key},
    }
    text = json.dumps(dict(list(kept.items())[:_MOST]), indent=1)
    try:
        write_whole(rates_file(), lambda file: file.write(text.encode()))
    except OSError as error:
        _LOG.info("Measured rates can't be kept in %s: %s", rates_file(), error)


def _key(noun: str, producer: str, engine: str) -> str:
    return "|".join((noun, producer, engine))


def _read() -> dict[str, Any]:
    """Returns what is kept; nothing where the file is missing or damaged."""
    try:
        rates = json.loads(rates_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return rates if isinstance(rates, dict) else {}


def _rate(kept: Any) -> Rate | None:
    if not isinstance(kept, Mapping):
        return None
    speed, start = kept.get("per_second"), kept.get("start")
    if not isinstance(speed, (int, float)) or not isinstance(start, (int, float)):
        return None
    good = math.isfinite(speed) and math.isfinite(start) and speed > 0 and start >= 0
    return Rate(float(speed), float(start)) if good else None
