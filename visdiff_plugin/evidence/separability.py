"""Are two sets different at all: a cross-validated classifier and a permutation test; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

#: units of each set that are looked at, at most: enough to see an AUROC of .53
MOST = 1_000
#: units of each set below which folds hold too few to rank
LEAST = 8
_FOLDS = 5
_PERMUTATIONS = 199


@dataclass(frozen=True)
class Separability:
    """How well a linear classifier tells images of A from images of B that it was not fitted on.

    Args:
        auroc: cross-validated AUROC; .5 is chance, below it the folds contradict each other
        p_value: share of relabeled data sets that do at least as well, itself counted
        n_a: units of A that were looked at: images, or clusters of them
        n_b: units of B
        features: what the classifier saw, in words
        permutations: how often the sets were relabeled
    """

    auroc: float
    p_value: float
    n_a: int
    n_b: int
    features: str
    permutations: int


def separability(
    features: Floats,
    in_a: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    units: NDArray[np.integer[Any]] | None = None,
    paired: bool = False,
    strata: NDArray[np.integer[Any]] | None = None,
    described: str = "embeddings",
    permutations: int = _PERMUTATIONS,
) -> Separability | None:
    """Tests whether a linear classifier can tell the sets apart (a classifier two-sample test).

    Ridge regression of the set on the features, five folds, AUROC within each fold averaged
    (Lopez-Paz and Oquab, ICLR 2017; Kim et al., Ann. Stat. 49, 2021). The predictions of a ridge
    regression are linear in the labels, so that all relabelings cost one matrix product. p is
    exact up to the number of relabelings (Phipson and Smyth 2010).

    Args:
        features: ``(n, d)`` finite numbers
        in_a: ``(n,)`` whether each image is in A
        rng: draws folds and relabelings
        units (None): ``(n,)`` clusters; the images of a cluster in one set count as their mean,
            and never stand in two folds
        paired (False): compare and relabel within units, which are pairs, instead of among all
        strata (None): ``(n,)`` relabel within strata only, and compare within strata
        described ("embeddings"): what the features are, for people
        permutations (199): how often to relabel

    Returns:
        the answer, None with under eight units in a set
    """
    x, labels, groups, layers = _collapsed(features, in_a, units, strata)
    if paired:
        whole = np.bincount(groups, labels) * np.bincount(groups, ~labels) > 0
        keep = whole[groups]
        x, labels = x[keep], labels[keep]
        groups = np.unique(groups[keep], return_inverse=True)[1]
        layers = groups  # what the images of a pair share tells nobody which is of A
    counts = int(labels.sum()), int((~labels).sum())
    if min(counts) < LEAST:
        return None
    folds = _folds(labels, groups, rng)
    predict = _predictor(_scaled(x, layers), folds)
    relabeled = _relabeled(labels, groups if paired else None, layers, permutations, rng)
    both = np.concatenate([labels[:, None], relabeled], axis=1)
    found = _aurocs(predict @ _centered(both, layers).astype(np.float32), both, folds)
    chance = (1 + int((found[1:] >= found[0] - 1e-12).sum())) / (permutations + 1)
    return Separability(float(found[0]), chance, *counts, described, permutations)


def sureness(
    features: Floats,
    in_a: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    units: NDArray[np.integer[Any]] | None = None,
    strata: NDArray[np.integer[Any]] | None = None,
) -> NDArray[np.float64] | None:
    """Says how sure the classifier of `separability` is that an image is of A.

    Each image is judged by a fit to the other folds. Exchanging the sets changes the signs.

    Args:
        features: ``(n, d)`` finite numbers
        in_a: ``(n,)`` whether each image is in A
        rng: draws folds
        units (None): ``(n,)`` clusters or pairs, which never stand in two folds
        strata (None): ``(n,)`` compare within strata

    Returns:
        ``(n,)`` higher is surer of A; None with under eight units in a set
    """
    layers = np.zeros(len(in_a), np.intp) if strata is None else np.asarray(strata, np.intp)
    groups = np.arange(len(in_a)) if units is None else np.unique(units, return_inverse=True)[1]
    if min(np.unique(groups[in_a]).size, np.unique(groups[~in_a]).size) < LEAST:
        return None
    predict = _predictor(_scaled(features, layers), _folds(in_a, groups, rng))
    # +1 and -1 rather than 1 and 0: exchanging the sets then negates every number exactly
    labels = _centered(np.where(in_a, 1.0, -1.0)[:, None], layers)
    return np.asarray((predict @ labels)[:, 0], np.float64)


def _collapsed(
    features: Floats,
    in_a: NDArray[np.bool_],
    units: NDArray[np.integer[Any]] | None,
    strata: NDArray[np.integer[Any]] | None,
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp]]:
    """One row for the images of a unit in a set; returns rows, labels, units and strata."""
    layers = np.zeros(len(in_a), np.intp) if strata is None else np.asarray(strata, np.intp)
    if units is None:
        return features, in_a, np.arange(len(in_a)), layers
    keys = np.stack([units, in_a.astype(np.intp), layers], axis=1)
    unique, place, sizes = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(unique), features.shape[1]))
    np.add.at(sums, place.ravel(), features)
    groups = np.unique(unique[:, 0], return_inverse=True)[1]
    return sums / sizes[:, None], unique[:, 1].astype(bool), groups, unique[:, 2]


def _folds(
    labels: NDArray[np.bool_], groups: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Deals groups to folds: those of A, those of B and mixed ones, each evenly."""
    of_a, of_b = np.bincount(groups, labels) > 0, np.bincount(groups, ~labels) > 0
    order = rng.permutation(of_a.size)
    fold = np.empty(of_a.size, np.intp)
    for kind in (of_a & ~of_b, of_b & ~of_a, of_a & of_b):
        own = order[kind[order]]
        fold[own] = np.arange(own.size) % _FOLDS
    return fold[groups]


def _scaled(x: Floats, layers: NDArray[np.intp]) -> NDArray[np.float64]:
    """Features of mean 0 in each stratum and variance 1; what does not vary stays 0."""
    x = _centered(np.asarray(x, np.float64), layers)
    spread = x.std(axis=0)
    return np.asarray(x / np.where(spread > 1e-12 * (1 + spread.max(initial=0)), spread, np.inf))


def _centered(columns: NDArray[Any], layers: NDArray[np.intp]) -> NDArray[np.float64]:
    codes = np.unique(layers, return_inverse=True)[1]
    sums = np.zeros((int(codes.max()) + 1, columns.shape[1]))
    np.add.at(sums, codes, columns)
    return np.asarray(columns - (sums / np.bincount(codes)[:, None])[codes])


def _predictor(x: NDArray[np.float64], folds: NDArray[np.intp]) -> NDArray[np.float32]:
    """The matrix from labels to predictions for images that the fit left out."""
    n, d = x.shape
    predict = np.zeros((n, n), np.float32)
    for fold in range(_FOLDS):
        test = np.flatnonzero(folds == fold)
        fit = np.flatnonzero(folds != fold)
        # a penalty of as many units of variance as there are features: the directions that noise
        # alone would give are shrunk by half
        if d <= fit.size:
            gram = x[fit].T @ x[fit] + d * np.eye(d)
            weights = np.linalg.solve(gram, x[test].T).T @ x[fit].T
        else:
            weights = np.linalg.solve(
                x[fit] @ x[fit].T + d * np.eye(fit.size), x[fit] @ x[test].T
            ).T
        predict[np.ix_(test, fit)] = weights
    return predict


def _relabeled(
    labels: NDArray[np.bool_],
    pairs: NDArray[np.intp] | None,
    layers: NDArray[np.intp],
    permutations: int,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Labels that chance alone could have given, ``(n, permutations)``."""
    if pairs is not None:
        swap = rng.random((int(pairs.max()) + 1, permutations)) < 0.5
        return np.asarray(labels[:, None] ^ swap[pairs])
    out = np.empty((labels.size, permutations), bool)
    for layer in np.unique(layers):
        rows = np.flatnonzero(layers == layer)
        out[rows] = rng.permuted(np.repeat(labels[rows, None], permutations, axis=1), axis=0)
    return out


def _aurocs(
    predictions: NDArray[np.float32], labels: NDArray[np.bool_], folds: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Mean AUROC of the folds for each column; a fold of one set says nothing."""
    total, weight = np.zeros(labels.shape[1]), np.zeros(labels.shape[1])
    for fold in range(_FOLDS):
        rows = folds == fold
        order = np.argsort(predictions[rows], axis=0, kind="stable")
        ordered = np.take_along_axis(labels[rows], order, axis=0)
        n_a = ordered.sum(axis=0)
        n_b = len(ordered) - n_a
        ranks = (ordered * np.arange(1, len(ordered) + 1)[:, None]).sum(axis=0)
        usable = (n_a > 0) & (n_b > 0)
        u = ranks - n_a * (n_a + 1) / 2
        total += np.where(usable, u / np.maximum(n_a * n_b, 1), 0)
        weight += usable
    return np.asarray(total / np.maximum(weight, 1))
