"""What calls of hosted models cost, by their list prices; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

#: characters of English text in a token, about
_CHARACTERS = 4
#: tokens that a message takes beside its text
_AROUND = 4


@dataclass(frozen=True)
class Price:
    """What a model costs, in US$ a million tokens.

    Args:
        read: for what it is sent
        written: for what it answers
        when: year and month of the list that said so
        image: width and height in pixels -> tokens that such an image counts as; None for a
            model that takes no images
    """

    read: float
    written: float
    when: str
    image: Callable[[int, int], int] | None = None

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """Returns the price of so many tokens, in US$."""
        return (self.read * input_tokens + self.written * output_tokens) / 1e6


def price_of(model: str) -> Price | None:
    """Returns the list price of a hosted model, or of a dated version of it; None if unknown.

    Args:
        model: its name, such as ``"gpt-4o-mini"`` or ``"gpt-4o-mini-2024-07-18"``
    """
    name = re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model.strip().lower())
    return PRICES.get(name)


def text_tokens(*texts: str) -> int:
    """Returns about how many tokens texts are, each as a message of its own."""
    return sum(math.ceil(len(text) / _CHARACTERS) + _AROUND for text in texts)


def image_tokens(model: str, width: int, height: int) -> int:
    """Returns about how many tokens an image counts as.

    Of models without a rule of their own it is taken that 28 x 28 pixels are one, as in many open
    ones.

    Args:
        model: its name at the server
        width: in pixels, as the image is sent
        height: likewise
    """
    price = price_of(model)
    rule = price.image if price is not None and price.image is not None else _patches(28, 1.0)
    return rule(width, height)


def _tiles(base: int, tile: int) -> Callable[[int, int], int]:
    """Counts squares of 512 pixels, after the image is fitted into 2048 and its short side to 768.

    Source: OpenAI's guide to images and vision, on calculating costs.
    """

    def count(width: int, height: int) -> int:
        scale = min(1.0, 2048 / max(width, height))
        scale *= min(1.0, 768 / (min(width, height) * scale))
        across, down = (math.ceil(round(side * scale) / 512) for side in (width, height))
        return base + tile * across * down

    return count


def _patches(side: int, factor: float, most: int = 1536) -> Callable[[int, int], int]:
    """Counts squares of ``side`` pixels, at most 1,536; same source as `_tiles`."""

    def count(width: int, height: int) -> int:
        return math.ceil(factor * min(most, math.ceil(width / side) * math.ceil(height / side)))

    return count


_LARGE, _SMALL = _tiles(85, 170), _tiles(2833, 5667)

#: list prices of some models of OpenAI; what stands here grows old, and says since when
PRICES = {
    "gpt-4o": Price(2.50, 10.00, "2026-04", _LARGE),
    "gpt-4o-mini": Price(0.15, 0.60, "2026-04", _SMALL),
    "gpt-4.1": Price(2.00, 8.00, "2026-04", _LARGE),
    "gpt-4.1-mini": Price(0.40, 1.60, "2026-04", _patches(32, 1.62)),
    "gpt-4.1-nano": Price(0.10, 0.40, "2026-04", _patches(32, 2.46)),
    "gpt-4-turbo": Price(10.00, 30.00, "2025-07", _LARGE),
    "gpt-4": Price(30.00, 60.00, "2025-07"),
}
