"""Which samples show the same file: by path, and by content, without any model."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..cores import usable_cores
from ..files import open_file

#: files of one size that are read: looking for copies must stay a small part of a run
MOST_READ = 50_000
#: bytes that tell nearly all files of one size apart: headers differ, or the first pixels do
_HEAD = 4_096
_CHUNK = 1 << 20


def same_files(
    paths: Sequence[str], sizes: Sequence[int], most_read: int = MOST_READ
) -> tuple[NDArray[np.intp], bool]:
    """Returns which images are one file.

    Two images are one where their paths are, or where their files have the same size and the same
    content. Only files that share their size with another are read: the beginning of each, and
    whole those that begin alike. A file that can't be read is a copy of none.

    Args:
        paths: ``n`` image files
        sizes: ``n`` sizes in bytes
        most_read (50,000): files that are read at most; beyond it, paths alone are compared

    Returns:
        ``(n,)`` codes, equal for images that are one file: the row of the first of them; and
        whether contents were compared
    """
    codes = np.arange(len(paths))
    first_row: dict[str, int] = {}
    for row, path in enumerate(paths):
        codes[row] = first_row.setdefault(path, row)
    rows_of_size: dict[int, list[int]] = defaultdict(list)
    for row in first_row.values():
        rows_of_size[sizes[row]].append(row)
    alike = [rows for rows in rows_of_size.values() if len(rows) > 1]
    if sum(map(len, alike)) > most_read:
        return codes, False
    for limit in (_HEAD, None):
        alike = _split(alike, paths, limit)
    for rows in alike:
        codes[np.isin(codes, rows)] = rows[0]
    return codes, True


def _split(
    groups: Iterable[Sequence[int]], paths: Sequence[str], limit: int | None
) -> list[list[int]]:
    """Splits groups of rows by what their files hold, and drops rows that are alone."""
    rows = [row for group in groups for row in group]
    with ThreadPoolExecutor(usable_cores()) as pool:
        digests = dict(
            zip(rows, pool.map(lambda row: _digest(paths[row], limit), rows), strict=True)
        )
    split: list[list[int]] = []
    for group in groups:
        parts: dict[Hashable, list[int]] = defaultdict(list)
        for row in group:
            if digests[row] is not None:
                parts[digests[row]].append(row)
        split += [part for part in parts.values() if len(part) > 1]
    return split


def _digest(path: str, limit: int | None) -> bytes | None:
    """Returns a hash of a file, or of its first bytes; None where it can't be read."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open_file(path) as file:
            if limit is not None:
                digest.update(file.read(limit))
            else:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    except (OSError, ValueError):
        return None
    return digest.digest()
