"""Scores of sets that do not differ, or differ in one planted thing, for `null_rate`."""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from visdiff_plugin.evidence.design import Design

_DIMENSIONS, _DIRECTIONS = 64, 1_000
_LEAST_WORDS = 8  # images whose captions hold a word, for it to be a description


def _directions() -> np.ndarray:
    directions = np.random.default_rng(1).normal(size=(_DIMENSIONS, _DIRECTIONS))
    return np.asarray(directions / np.linalg.norm(directions, axis=0))


def scores_of(n: int, rng: np.random.Generator, effect: float = 0.0) -> np.ndarray:
    """Returns ``(n, k)`` scores of images that are all alike but for an effect on direction 0."""
    directions = _directions()
    images = rng.normal(size=(n, _DIMENSIONS))
    return np.asarray((images + effect * directions[:, 0]) @ directions)


def clustered(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Design]:
    """Returns frames of 30 videos a set; frames of a video are nearly the same image."""
    videos = np.arange(60).repeat(10)
    images = rng.normal(size=(60, _DIMENSIONS))[videos]
    images += 0.3 * rng.normal(size=images.shape)
    scores = images @ _directions()
    return scores[:300], scores[300:], Design(clusters=videos.astype(np.int32))


def confounded(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Design]:
    """Returns sets in which one of two classes is more frequent, and nothing else differs."""
    n = 400
    of_first = rng.random(2 * n) < np.repeat([0.7, 0.3], n)
    images = rng.normal(size=(2 * n, _DIMENSIONS)) + of_first[:, None] * rng.normal(size=64)
    scores = images @ _directions()
    return scores[:n], scores[n:], Design(strata=of_first.astype(np.int32))


def photographs() -> Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]] | None:
    """Returns a dealer of 1,000 real photographs to two sets; None where they are not there."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    shared = Path(os.environ.get("VISDIFF_SHARED", beside))
    folder = shared / "data" / "flickr8k"
    if not (folder / "samples.csv").exists():
        print("Photographs are left out: they are not there.")
        return None
    sys.path.insert(0, str(shared / "models" / "minidual"))
    from minidual import MiniDual

    with open(folder / "samples.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    words: Counter[str] = Counter()
    for row in rows:
        text = " ".join(value for name, value in row.items() if name.startswith("caption"))
        words.update(set(re.findall(r"[a-z]{3,}", text.lower())))
    described = [word for word, count in words.most_common() if count >= _LEAST_WORDS]
    model = MiniDual()
    images = model.encode_images([str(folder / row["path"]) for row in rows])
    scores = images @ model.encode_texts(described).T

    def deal(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        order = rng.permutation(len(scores))
        return scores[order[:n]], scores[order[n : 2 * n]]

    return deal
