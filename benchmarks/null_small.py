"""Comparisons of sets that users have: small, rare, tied, paired, clustered, stratified.

Each case makes one comparison: scores, design and what the candidates are; without a difference,
or with one planted in the first candidate. `null_rate` counts how often anything is reported.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from visdiff_plugin.evidence.crossing import FieldStrata
from visdiff_plugin.evidence.design import Design

_CANDIDATES = 30


@dataclass(frozen=True)
class Made:
    """One comparison.

    Args:
        scores: ``(n, k)``
        in_a: ``(n,)``
        design: what ties the images together
        sources: what each candidate is; ``"label"`` for all by default
        null: the candidates that are true of neither set; all by default
        unasked: strata that nobody named
    """

    scores: np.ndarray
    in_a: np.ndarray
    design: Design
    sources: tuple[str, ...] = ()
    null: tuple[int, ...] = ()
    unasked: tuple[FieldStrata, ...] = ()


Make = Callable[[np.random.Generator, bool], Made]


def _sides(n_a: int, n_b: int) -> np.ndarray:
    return np.arange(n_a + n_b) < n_a


def labels(n_a: int, n_b: int, chances: np.ndarray) -> Make:
    """Labels dealt at random; planted: 30% of A have the first, 2% of B."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        in_a = _sides(n_a, n_b)
        label = rng.choice(len(chances), in_a.size, p=chances / chances.sum())
        if planted:
            shows = rng.random(in_a.size) < np.where(in_a, 0.3, 0.02)
            label = np.where(shows, 0, np.maximum(label, 1))
        return Made(np.eye(len(chances))[label], in_a, Design())

    return make


def rare(n_a: int, n_b: int, low: float, high: float) -> Make:
    """Yes/no scores that few images show; planted: 30% of A, 2% of B."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        in_a = _sides(n_a, n_b)
        scores = rng.random((in_a.size, 50)) < rng.uniform(low, high, 50)
        if planted:
            scores[:, 0] = rng.random(in_a.size) < np.where(in_a, 0.3, 0.02)
        return Made(scores.astype(float), in_a, Design())

    return make


def heavy(n_a: int, n_b: int) -> Make:
    """Scores with heavy tails, rounded; planted: a shift."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        in_a = _sides(n_a, n_b)
        scores = rng.standard_cauchy((in_a.size, _CANDIDATES)).round(1)
        scores[:, 0] += 2.0 * planted * in_a
        return Made(scores, in_a, Design())

    return make


def paired(pairs: int, a: tuple[int, ...], b: tuple[int, ...], kind: str = "lognormal") -> Make:
    """Pairs of several images each, of skewed scores; planted: half a standard deviation."""
    shapes = {
        "lognormal": np.exp,
        "squared": lambda values: np.exp(values) ** 2,
        "rare": lambda values: (values > 2.0).astype(float),
    }

    def make(rng: np.random.Generator, planted: bool) -> Made:
        of_a, of_b = rng.choice(a, pairs), rng.choice(b, pairs)
        codes = np.concatenate([np.arange(pairs).repeat(of_a), np.arange(pairs).repeat(of_b)])
        in_a = _sides(int(of_a.sum()), int(of_b.sum()))
        values = rng.normal(size=(pairs, _CANDIDATES))[codes]
        values += rng.normal(size=values.shape)
        values[:, 0] += 0.8 * planted * in_a
        return Made(shapes[kind](values), in_a, Design(pairs=codes.astype(np.int32)))

    return make


def pareto(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.minimum(120, (rng.pareto(1.2, n) + 1).astype(int))


def clustered(
    sizes_a: Callable[[np.random.Generator], np.ndarray],
    sizes_b: Callable[[np.random.Generator], np.ndarray],
    rounded: bool = False,
) -> Make:
    """Videos of unequal lengths; planted: one standard deviation between videos."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        of_a, of_b = sizes_a(rng), sizes_b(rng)
        codes = np.arange(of_a.size + of_b.size).repeat(np.concatenate([of_a, of_b]))
        in_a = codes < of_a.size
        scores = rng.normal(size=(of_a.size + of_b.size, _CANDIDATES))[codes]
        scores += 0.5 * rng.normal(size=scores.shape)
        scores[:, 0] += planted * in_a
        if rounded:
            scores = np.maximum(scores, 1.0).round(1)
        return Made(scores, in_a, Design(clusters=codes.astype(np.int32)))

    return make


def mixed(clusters: int) -> Make:
    """Videos with images of both sets; planted: half a standard deviation between videos."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        codes = np.arange(clusters).repeat(pareto(rng, clusters) + 1)
        in_a = rng.random(codes.size) < rng.choice([0.0, 0.3, 0.6, 1.0], clusters)[codes]
        scores = rng.normal(size=(clusters, _CANDIDATES))[codes]
        scores += 0.5 * rng.normal(size=scores.shape)
        scores[:, 0] += planted * in_a
        return Made(scores, in_a, Design(clusters=codes.astype(np.int32)))

    return make


def stratified(sizes_a: tuple[int, ...], sizes_b: tuple[int, ...], binary: bool = False) -> Make:
    """Strata that differ from each other; planted: a shift within all of them."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        strata = np.arange(len(sizes_a))
        codes = np.concatenate([strata.repeat(sizes_a), strata.repeat(sizes_b)])
        in_a = _sides(sum(sizes_a), sum(sizes_b))
        scores = rng.normal(size=(codes.size, _CANDIDATES))
        scores += rng.normal(size=(len(sizes_a), _CANDIDATES))[codes]
        scores[:, 0] += 0.8 * planted * in_a
        if binary:
            scores = (scores > 1.5).astype(float)
        return Made(scores, in_a, Design(strata=codes.astype(np.int32)))

    return make


def own(hypotheses: int, true_rows: int, n: int) -> Make:
    """A user's own hypotheses beside rows of the run that are true."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        in_a = _sides(n, n)
        scores = rng.normal(size=(2 * n, hypotheses + true_rows))
        scores[:, hypotheses:] += 1.0 * in_a[:, None]
        scores[:, 0] += 0.8 * planted * in_a
        sources = ("user",) * hypotheses + ("label",) * true_rows
        return Made(scores, in_a, Design(), sources, tuple(range(hypotheses)))

    return make


def concentrated(n: int, of_a: float, of_b: float, kind: str) -> Make:
    """Few images of A score far above all others; planted: exactly these shares."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        in_a = _sides(n, n)
        scores = rng.normal(size=(2 * n, _CANDIDATES))
        shows = np.zeros(2 * n, bool)
        shows[: round(of_a * n)] = planted
        shows[n : n + round(of_b * n)] = planted
        scores[:, 0] += 10.0 * shows
        if kind == "yes/no":
            rates = rng.uniform(0.005, 0.1, _CANDIDATES)
            scores = (rng.random(scores.shape) < rates).astype(float)
            scores[:, 0] = np.where(planted, shows, scores[:, 0])
        return Made(scores, in_a, Design())

    return make


def opposite(sizes: tuple[int, ...]) -> Make:
    """Strata that hold as many of either set; planted: opposite differences in the first two."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        codes = np.tile(np.arange(len(sizes)).repeat(sizes), 2)
        in_a = _sides(sum(sizes), sum(sizes))
        scores = rng.normal(size=(codes.size, _CANDIDATES))
        turn = np.where(codes == 0, 1.0, np.where(codes == 1, -1.0, 0.0))
        scores[:, 0] += planted * turn * in_a
        return Made(scores, in_a, Design(strata=codes.astype(np.int32)))

    return make


def unasked(n: int) -> Make:
    """Five label fields that nobody named; planted: opposite differences in the first."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        in_a = _sides(n, n)
        scores = rng.normal(size=(2 * n, _CANDIDATES))
        fields = []
        for values in (2, 2, 3, 5, 8):
            codes = rng.integers(0, values, 2 * n).astype(np.int32)
            names = tuple(f"value {value}" for value in range(values))
            fields.append(FieldStrata(f"field {len(fields)}", codes, names))
            scores += 0.5 * rng.normal(size=(values, _CANDIDATES))[codes]
        turn = np.where(fields[0].codes == 0, 1.0, -1.0)
        scores[:, 0] += 1.2 * planted * turn * in_a
        return Made(scores, in_a, Design(), unasked=tuple(fields))

    return make


@cache
def _captions() -> np.ndarray | None:
    """Scores of the most frequent words: a word's share of the caption, 0 where it is not there."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(os.environ.get("VISDIFF_SHARED", beside)) / "data" / "flickr8k"
    if not (folder / "samples.csv").exists():
        return None
    with open(folder / "samples.csv", encoding="utf-8") as file:
        read = [re.findall(r"[a-z]{3,}", row["caption_1"].lower()) for row in csv.DictReader(file)]
    frequent = Counter(word for words in read for word in set(words)).most_common(80)
    return np.array(
        [[words.count(word) / max(len(words), 1) for word, _ in frequent] for words in read]
    )


def words(n_a: int, n_b: int) -> Make:
    """Words of real captions, dealt at random; planted: half of A say the first."""

    def make(rng: np.random.Generator, planted: bool) -> Made:
        scores = _captions()
        assert scores is not None
        rows = rng.permutation(len(scores))[: n_a + n_b]
        in_a, own_scores = _sides(n_a, rows.size - n_a), scores[rows].copy()
        if planted:
            says = rng.random(rows.size) < np.where(in_a, 0.5, 0.05)
            own_scores[:, 0] = says / rng.integers(5, 15, rows.size)
        return Made(own_scores, in_a, Design())

    return make


def cases() -> dict[str, Make]:
    """Returns the cases by name; those of real captions only where these are there."""
    even, zipf = np.ones(50), 1 / np.arange(1.0, 51)

    def sizes(*choices: int, n: int) -> Callable[[np.random.Generator], np.ndarray]:
        return lambda rng: rng.choice(choices, n)

    def long_tailed(n: int) -> Callable[[np.random.Generator], np.ndarray]:
        return lambda rng: pareto(rng, n)

    found = {
        "12 v 484, 50 classes": labels(12, 484, even),
        "15 v 2,000, 50 classes": labels(15, 2000, even),
        "20 v 2,000, 50 classes": labels(20, 2000, even),
        "30 v 2,000, 50 classes": labels(30, 2000, even),
        "20 v 2,000, Zipf classes": labels(20, 2000, zipf),
        "9 v 2,000, rare yes/no": rare(9, 2000, 0.002, 0.02),
        "500 v 500, rare yes/no": rare(500, 500, 0.002, 0.02),
        "30 v 30, heavy tails": heavy(30, 30),
        "12 v 484, heavy tails": heavy(12, 484),
        "pairs 1 + 4, lognormal, 100": paired(100, (1,), (4,)),
        "pairs 2 + 3, squared, 100": paired(100, (2,), (3,), "squared"),
        "pairs 1 + 10, lognormal, 30": paired(30, (1,), (10,)),
        "pairs 1-5 + 1-5, squared, 60": paired(60, (1, 2, 5), (1, 3, 5), "squared"),
        "pairs 1 + 1, 40": paired(40, (1,), (1,)),
        "pairs 1 + 4, rare yes/no, 200": paired(200, (1,), (4,), "rare"),
        "clusters, Pareto, 10 + 10": clustered(long_tailed(10), long_tailed(10)),
        "clusters, Pareto, 20 + 20": clustered(long_tailed(20), long_tailed(20)),
        "clusters, Pareto, 30 + 30": clustered(long_tailed(30), long_tailed(30)),
        "clusters, Pareto, 10 + 40, most scores tied": clustered(
            long_tailed(10), long_tailed(40), True
        ),
        "clusters of 2 or 80, 15 + 15": clustered(sizes(2, 80, n=15), sizes(2, 80, n=15)),
        "clusters, A long, B short, 12 + 60": clustered(sizes(50, n=12), sizes(1, 5, n=60)),
        "clusters in one or both sets, 40": mixed(40),
        "26 strata, 1 to 3 of A in each": stratified((1, 2, 3) * 8 + (1, 2), (15,) * 26),
        "26 strata, yes/no": stratified((1, 2, 3) * 8 + (1, 2), (15,) * 26, True),
        "one large stratum and 25 small": stratified((400, *(4,) * 25), (400, *(4,) * 25)),
        "5 strata, 12 v 484": stratified((2, 2, 2, 3, 3), (300, 100, 50, 20, 14)),
        "strata that go opposite ways, 100 + 100": opposite((100, 100)),
        "strata that go opposite ways, 60 and 9 small": opposite((60, 60, *(12,) * 8)),
        "5 label fields that nobody named, 100 v 100": unasked(100),
        "30 own hypotheses beside 10 true rows": own(30, 10, 100),
        "200 own hypotheses": own(200, 0, 100),
        "5% of 500 against .4%, yes/no": concentrated(500, 0.05, 0.004, "yes/no"),
        "5% of 500 against .4%, continuous": concentrated(500, 0.05, 0.004, ""),
        "2% of 1,000 against none, yes/no": concentrated(1000, 0.02, 0.0, "yes/no"),
        "2% of 1,000 against none, continuous": concentrated(1000, 0.02, 0.0, ""),
    }
    if _captions() is not None:
        found |= {
            f"{n_a} v {n_b}, words of captions": words(n_a, n_b)
            for n_a, n_b in ((15, 600), (20, 980), (30, 970))
        }
    return found
