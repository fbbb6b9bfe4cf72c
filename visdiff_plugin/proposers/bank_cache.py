"""Text embeddings of a bank of phrases, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..cache.folder import cache_root, write_whole
from ..stages import Encoder, parameters_of
from ..vectors import text_vectors, unit

_LOG = logging.getLogger(__name__)

#: what a damaged archive raises, wherever it is damaged
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
#: phrases that are embedded anew to see whether stored vectors are still this encoder's
_PROBES = 3
#: least cosine of a probe with its stored vector: half precision and other batches stay over it
_SAME = 0.999
#: phrases embedded at a time
_BATCH = 2048


def cache_folder() -> Path:
    """Returns the user's cache folder for banks: ``$XDG_CACHE_HOME/visdiff/banks``."""
    return cache_root() / "banks"


def bank_vectors(
    encoder: Encoder, phrases: Sequence[str], folder: Path | None = None
) -> NDArray[np.float32]:
    """Returns the embeddings of a bank, from disk where they are there already.

    What is stored belongs to the encoder's name and parameters and to the phrases; a few of them
    are embedded anew to see that it still does (a text template is no declared parameter). A
    damaged or foreign file is made again. Where nothing can be written they are made every time.

    Args:
        encoder: embeds the phrases
        phrases: ``k`` phrases
        folder (None): where to look and store; None for `cache_folder`

    Returns:
        ``(k, d)`` unit vectors in half precision, the same on the first call as on later ones;
        NaN where the encoder gives zero

    Raises:
        ModelError: if the encoder gives other rows than asked for, or values not finite
    """
    path = (folder or cache_folder()) / f"{_name(encoder, phrases)}.npz"
    stored = _read(path, len(phrases))
    if stored is None or not _still_true(encoder, phrases, stored):
        _LOG.info("Embedding %d phrases with %s, once.", len(phrases), encoder.name)
        batches = (phrases[start : start + _BATCH] for start in range(0, len(phrases), _BATCH))
        stored = np.concatenate([text_vectors(encoder, batch) for batch in batches]).astype(
            np.float16
        )
        _write(path, stored)
    return unit(stored.astype(np.float32))


def _name(encoder: Encoder, phrases: Sequence[str]) -> str:
    maker = json.dumps([encoder.name, parameters_of(encoder)], sort_keys=True, default=str)
    text = "\n".join((maker, *phrases))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _read(path: Path, n: int) -> NDArray[np.float16] | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            vectors = archive["vectors"]
    except FileNotFoundError:
        return None
    except _DAMAGED as error:
        _LOG.warning("Expected embeddings in %s, got %s: they are made anew.", path, error)
        return None
    if vectors.ndim != 2 or len(vectors) != n or vectors.dtype != np.float16:
        _LOG.warning("Expected %d embeddings in %s, got others: they are made anew.", n, path)
        return None
    return vectors


def _still_true(encoder: Encoder, phrases: Sequence[str], stored: NDArray[np.float16]) -> bool:
    rows = np.unique(np.linspace(0, len(phrases) - 1, _PROBES).astype(int))
    fresh = text_vectors(encoder, [phrases[row] for row in rows])
    kept = unit(stored[rows].astype(np.float32))
    if fresh.shape != kept.shape or (np.isnan(fresh) != np.isnan(kept)).any():
        return False
    return bool((np.einsum("ij,ij->i", np.nan_to_num(fresh), np.nan_to_num(kept))
                 >= np.where(np.isnan(fresh[:, 0]), -1, _SAME)).all())  # fmt: skip


def _write(path: Path, vectors: NDArray[np.float16]) -> None:
    """Writes a whole file or none: another process may read or write the same."""
    try:
        write_whole(path, lambda file: np.savez(file, vectors=vectors))
    except OSError as error:
        _LOG.warning("The bank's embeddings can't be kept in %s: %s", path.parent, error)
