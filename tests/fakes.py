"""Small honest stand-ins for models: they look at the pixels and at the words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

COLORS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}


class ColorEncoder:
    """Embeds an image as its mean color, a text as the colors that it names."""

    def __init__(self, name: str = "color-1", dimension: int = 3) -> None:
        self.name = name
        self.dimension = dimension
        self.seen: list[str] = []

    def encode_images(self, paths: Sequence[str]) -> np.ndarray:
        self.seen += paths
        rows = []
        for path in paths:
            with Image.open(path) as file:
                rows.append(np.asarray(file.convert("RGB"), np.float32).mean((0, 1)) / 255 + 0.01)
        return self._padded(np.array(rows).reshape(-1, 3))

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.full((len(texts), 3), 0.01)
        for row, text in enumerate(texts):
            for word, color in COLORS.items():
                rows[row] += np.array(color) * (word in text.lower())
        return self._padded(rows)

    def _padded(self, rows: np.ndarray) -> np.ndarray:
        out = np.zeros((len(rows), self.dimension), np.float32)
        out[:, :3] = rows
        return out


class ColorCaptioner:
    """Captions an image with the name of its strongest color."""

    name = "color-captions-1"

    def __init__(self, prompt: str = "") -> None:
        self.parameters = {"prompt": prompt}
        self.seen: list[str] = []

    def caption(self, paths: Sequence[str]) -> list[str]:
        self.seen += paths
        vectors = ColorEncoder().encode_images(paths)
        words = list(COLORS)
        return [f"a {words[row.argmax()]} picture of something" for row in vectors]


class ListProposer:
    """Proposes the same descriptions every time, and remembers what it was shown."""

    name = "list"

    def __init__(self, *descriptions: str) -> None:
        self.descriptions = list(descriptions)
        self.shown: list[tuple[list[str], list[str]]] = []

    def propose(self, a, b):  # noqa: ANN001, ANN201
        self.shown.append((list(a.ids), list(b.ids)))
        return self.descriptions
