"""Exact chances of how many of a few images fall into one set: the hypergeometric distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: counts up to which all are looked at; of more, those that can happen at all
_MOST = 2_000
#: standard deviations from the mean beyond which a hypergeometric chance is below any float
_FAR = 40.0


def count_chances(
    yes: int, drawn: int, total: int, reached: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns how many of ``yes`` images can be among ``drawn`` of ``total``, and how likely.

    Of very many counts, those so far out that their chance is below the smallest float are left
    out, so that millions of images cost milliseconds.

    Args:
        yes: images of a kind, at most ``total``
        drawn: images drawn without replacement, at most ``total``
        total: all images
        reached (None): a count that is looked at in any case

    Returns:
        ``(c,)`` counts, ascending, and ``(c,)`` their chances, which add up to 1

    Raises:
        ValueError: if more are drawn, or of the kind, than there are
    """
    if not (0 <= yes <= total and 0 <= drawn <= total):
        raise ValueError(f"Expected 0 to {total} images, got {yes} of a kind and {drawn} drawn.")
    low, high = max(0, drawn + yes - total), min(drawn, yes)
    share = yes / max(total, 1)
    mean = drawn * share
    spread = (mean * (1 - share) * (total - drawn) / max(total - 1, 1)) ** 0.5
    reach = _FAR * spread + _FAR
    if high - low > _MOST:
        ends = (int(mean - reach), int(mean + reach) + 1)
        known = ends if reached is None else (*ends, reached)
        low, high = max(low, min(known)), min(high, max(known))
    counts = np.arange(low, high + 1)
    chances = _log_chances(counts, yes, drawn, total)
    chances = np.exp(chances - chances.max())
    return counts, chances / chances.sum()


def count_tails(count: int, yes: int, drawn: int, total: int) -> tuple[float, float]:
    """Returns P(at least ``count``) and P(at most ``count``) of ``yes`` images among ``drawn``.

    Fisher's exact test, one-sided each way (The Design of Experiments, 1935).

    Args:
        count: images of the kind that were drawn
        yes: images of the kind, at most ``total``
        drawn: images drawn without replacement
        total: all images
    """
    low, high = max(0, drawn + yes - total), min(drawn, yes)
    if not low <= count <= high:
        raise ValueError(f"Expected {low} to {high} images of the kind, got {count}.")
    counts, chances = count_chances(yes, drawn, total, count)
    at_least, at_most = chances[counts >= count].sum(), chances[counts <= count].sum()
    return min(1.0, float(at_least)), min(1.0, float(at_most))


def _log_chances(
    counts: NDArray[np.integer[Any]], yes: int, drawn: int, total: int
) -> NDArray[np.float64]:
    """Logarithms of the chances up to a constant."""
    from scipy.special import gammaln

    chances = (
        gammaln(counts + 1.0)
        + gammaln(yes - counts + 1.0)
        + gammaln(drawn - counts + 1.0)
        + gammaln(total - yes - drawn + counts + 1.0)
    )
    return np.asarray(-chances)
