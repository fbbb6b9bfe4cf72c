"""The captions or images to ask a model about, in random order, within a budget; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..errors import ModelError
from ..sampling import generator
from ..stages import Images

About = Literal["caption", "image"]


def said(about: About, done: int, total: int) -> str:
    """Returns progress in words: ``Asking about 120 of 400 images``."""
    noun = "images" if about == "image" else "captions"
    return f"Asking about {done:,} of {total:,} {noun}"


@dataclass
class Subject:
    """A caption or image file, and the images that it stands for.

    Args:
        text: the caption, or the file
        rows: of the images
        id: sample id of the first
    """

    text: str
    rows: list[int] = field(default_factory=list)
    id: str = ""

    def take(self, row: int, sample_id: str) -> None:
        """Adds an image."""
        self.rows.append(row)
        self.id = self.id or sample_id


def draw_subjects(
    images: Images, about: About, k: int, budget: int | None, seed: int, name: str
) -> tuple[list[Subject], list[str]]:
    """Returns what is asked about, and a note where a budget leaves images out.

    The order is random and depends on which images there are, not on how they are sorted: any
    beginning of it is a random sample of the images. Those with the same caption are one.

    Args:
        images: with captions, where these are asked about; without one an image is left out
        about: what is asked about
        k: descriptions, each a call for each subject
        budget: most calls, or None
        seed: of the order
        name: of the ranker, for messages

    Raises:
        ModelError: if the budget is too small for one image
        ValueError: without captions, where these are asked about
    """
    texts = images.captions if about == "caption" else images.paths
    if texts is None:
        raise ValueError("Expected images with captions, got none.")
    names = images.names()
    by_name = sorted(range(len(names)), key=lambda row: (names[row], images.ids[row]))
    order = generator(seed, names).permutation(len(names)).tolist()
    rows = [row for row in (by_name[place] for place in order) if texts[row]]
    most = len(rows) if budget is None else budget // max(k, 1)
    if k and rows and not most:
        raise ModelError(
            f"Expected a budget of at least {k} calls, one for each description of one image, "
            f"got {budget}.",
            "Raise the budget, or ask for fewer descriptions.",
        )
    by_text: dict[str, Subject] = {}
    for count, row in enumerate(rows):
        if texts[row] not in by_text and len(by_text) == most:
            return list(by_text.values()), [
                f"The budget of {budget} calls of {name} was enough for {count} of {len(rows)} "
                "images, drawn at random; the others have no score."
            ]
        by_text.setdefault(texts[row], Subject(texts[row])).take(row, images.ids[row])
    return list(by_text.values()), []
