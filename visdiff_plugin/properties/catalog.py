"""What is measured in an image, and the words for high and low values."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..selection import Kind

#: of the measurement; raise it when a number changes, so that stored values are measured again
VERSION = 3


@dataclass(frozen=True)
class Fact:
    """What an image is for sure from a fixed number on: yes or no, to be counted.

    Args:
        words: what such images are, without a comparison
        least (None): of the number; the value itself included
        most (None): of the number, likewise
    """

    words: str
    least: float = -math.inf
    most: float = math.inf

    @property
    def described(self) -> str:
        """The words with their number."""
        if math.isinf(self.least):
            return f"{self.words}: {self.most:.4g} or less"
        return f"{self.words}: {self.least:.4g} or more"


@dataclass(frozen=True)
class Property:
    """One number of an image.

    Args:
        name: field name
        unit: of the number
        doc: how it is measured, with the source
        high: what images with a high number are, beside others
        low: what images with a low number are
        fact (None): what can be said of one image by itself
        kind ("look"): what it is about: how pictures look, ``"file"`` or ``"label"``
    """

    name: str
    unit: str
    doc: str
    high: str
    low: str
    fact: Fact | None = None
    kind: Kind = "look"


PROPERTIES = (
    Property(
        "brightness", "0 to 1", "Mean luma (ITU-R BT.601).", "brighter images", "darker images"
    ),
    Property(
        "contrast",
        "0 to 0.5",
        "Standard deviation of luma: RMS contrast (Peli 1990).",
        "higher-contrast images",
        "lower-contrast images",
    ),
    Property(
        "saturation",
        "0 to 1",
        "Mean HSV saturation of pixels that are not nearly black.",
        "more saturated images",
        "less saturated images",
    ),
    Property(
        "colorfulness",
        "0 to about 1.5",
        "Hasler and Süsstrunk 2003, M3, on RGB in [0, 1].",
        "more colorful images",
        "less colorful images",
    ),
    Property(
        "grayscale",
        "0 to 1",
        "One minus the 95th percentile of HSV saturation; 1 where no pixel has a color.",
        "images closer to gray",
        "images with stronger colors",
        Fact("black-and-white images", least=0.95),
    ),
    Property(
        "reds",
        "0 to 1",
        "Share of pixels that are clearly red (hue within 15 degrees of 0).",
        "images with more red",
        "images with less red",
    ),
    Property(
        "yellows",
        "0 to 1",
        "Share of pixels that are clearly orange or yellow (hue 15 to 70).",
        "images with more orange and yellow",
        "images with less orange and yellow",
    ),
    Property(
        "greens",
        "0 to 1",
        "Share of pixels that are clearly green (hue 70 to 165).",
        "images with more green",
        "images with less green",
    ),
    Property(
        "blues",
        "0 to 1",
        "Share of pixels that are clearly blue or cyan (hue 165 to 260).",
        "images with more blue",
        "images with less blue",
    ),
    Property(
        "purples",
        "0 to 1",
        "Share of pixels that are clearly purple or pink (hue 260 to 345).",
        "images with more purple and pink",
        "images with less purple and pink",
    ),
    Property(
        "warmth",
        "-1 to 1",
        "Mean difference of red and blue: positive is warm, negative is cool.",
        "warmer colors",
        "cooler colors",
    ),
    Property(
        "sharpness",
        "log10 ratio",
        "Variance of the Laplacian (Pech-Pacheco 2000) over that of luma, at a common size, with "
        "the part that noise adds taken off.",
        "sharper images",
        "blurrier images",
    ),
    Property(
        "noise",
        "0 to 1",
        "Standard deviation of noise (Immerkaer 1996) at full size, without the part that remains "
        "after averaging two by two pixels, which is texture; median of unclipped blocks, at least "
        "2 / 255, below which it is not seen.",
        "noisier images",
        "less noisy images",
    ),
    Property(
        "blockiness",
        "0 to 0.03",
        "Mean step at the borders of JPEG's 8 x 8 blocks (after Wang, Bovik and Evans 2000) at "
        "full size, at least 1 / 255, below which it is not seen.",
        "more visible compression blocks",
        "less visible compression blocks",
        # what is measured is 0 where no block is seen
        Fact("images with visible compression blocks", least=1 / 255),
        kind="file",
    ),
    Property(
        "border",
        "0 to 1",
        "Share of the area in a frame of one color, or in bars at two opposite edges, that end in "
        "a straight step.",
        "wider frames",
        "narrower frames",
        Fact("framed images", least=0.02),
    ),
    Property(
        "aspect_ratio",
        "log2 of width over height",
        "Width over height.",
        "wider images",
        "taller images",
        Fact("upright images", most=-0.1),
        kind="file",
    ),
    Property(
        "resolution",
        "megapixels",
        "Width times height.",
        "higher-resolution images",
        "lower-resolution images",
        kind="file",
    ),
    Property("file_size", "kB", "Size of the file.", "larger files", "smaller files", kind="file"),
    Property(
        "bytes_per_pixel",
        "bytes",
        "Size of the file over width times height.",
        "less compressed files",
        "more compressed files",
        kind="file",
    ),
)

#: of a field of labeled objects; computed from the labels
OBJECT_PROPERTIES = (
    Property(
        "object_count",
        "objects",
        "Number of labeled objects.",
        "more labeled objects",
        "fewer labeled objects",
        kind="label",
    ),
    Property(
        "object_area",
        "0 to 1",
        "Mean share of the image that a labeled object's box covers.",
        "larger labeled objects",
        "smaller labeled objects",
        kind="label",
    ),
)
