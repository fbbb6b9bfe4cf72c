"""Thresholds that a user gives: from which score on an image counts as showing a hypothesis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import SettingError
from .selection import key

#: more are no hypotheses but a vocabulary
_MOST_HYPOTHESES = 10_000


def check_hypotheses(hypotheses: Sequence[str]) -> None:
    """Checks that hypotheses are of a number that can be tested.

    Raises:
        ValueError: if there are over 10,000
    """
    if len(hypotheses) > _MOST_HYPOTHESES:
        raise ValueError(
            f"Expected up to {_MOST_HYPOTHESES:,} hypotheses, got {len(hypotheses):,}. Test fewer."
        )


def thresholds_of(given: Any, hypotheses: Sequence[str]) -> dict[str, float]:
    """Returns hypothesis -> threshold of those that have one.

    Args:
        given: a number for all, hypothesis -> a number, or None
        hypotheses: which there are

    Raises:
        SettingError: on what is no finite number, or a threshold of something else
    """
    known = {key(text): text for text in hypotheses}
    each = given if isinstance(given, Mapping) else dict.fromkeys(hypotheses, given)
    thresholds = {}
    for text, threshold in each.items():
        if threshold is None:
            continue
        real = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
        if not real or not math.isfinite(threshold):
            raise SettingError(
                f"Expected threshold as a finite number, got {threshold!r}.", about="threshold"
            )
        if not isinstance(text, str) or key(text) not in known:
            raise SettingError(
                f"Expected thresholds of the hypotheses, got one of {text!r}.", about="threshold"
            )
        thresholds[known[key(text)]] = float(threshold)
    return thresholds
