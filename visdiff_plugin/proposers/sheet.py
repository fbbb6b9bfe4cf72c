"""Lays images out in one grid, set A above set B, as the paper shows them to a vision model."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageOps

#: around images that are not square
PAPER = (128, 128, 128)


def sheet(
    a: Sequence[Image.Image], b: Sequence[Image.Image], tile: int = 256, columns: int = 10
) -> tuple[Image.Image, int, int]:
    """Returns one image of all images, row by row: those of A first, those of B from a new row.

    With 20 images a side and the defaults this is the paper's grid of 4 rows by 10 columns. An
    image keeps its proportions: it is made to fit its tile and laid on gray, so that nothing is
    cut off or stretched.

    Args:
        a: RGB images of A
        b: RGB images of B
        tile (256): side of a tile, in pixels
        columns (10): most tiles in a row; fewer where neither side has as many images

    Returns:
        the grid, how many of its rows are of A, and how many of B

    Raises:
        ValueError: if a side has no image, or a number is under 1
    """
    if not len(a) or not len(b) or min(tile, columns) < 1:
        raise ValueError(
            f"Expected images on both sides, tile and columns >= 1, got {len(a)}, {len(b)}, "
            f"{tile!r} and {columns!r}."
        )
    columns = min(columns, max(len(a), len(b)))
    rows_a, rows_b = (-(-len(side) // columns) for side in (a, b))
    grid = Image.new("RGB", (columns * tile, (rows_a + rows_b) * tile), PAPER)
    for images, first in ((a, 0), (b, rows_a)):
        for place, image in enumerate(images):
            row, column = divmod(place, columns)
            fitted = ImageOps.pad(image, (tile, tile), Image.Resampling.LANCZOS, PAPER)
            grid.paste(fitted, (column * tile, (first + row) * tile))
    return grid, rows_a, rows_b
