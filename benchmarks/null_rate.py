"""How often a comparison of a set with itself reports a difference, and what holding out costs.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/null_rate.py [--shuffles 200] [--only PART ...]``.
Synthetic images are random vectors, descriptions random directions, scores cosines. Real images
(``VISDIFF_SHARED``, or ``shared`` beside the repository; left out where that is missing) are
photographs dealt to two sets at random, descriptions the words of their captions. The proposer is
greedy: of all descriptions it takes those that separate best on the images it is shown, so that it
fits its sample as well as can be.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from null_data import clustered, confounded, photographs, scores_of
from null_small import Made, cases

from visdiff_plugin.config import Config
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.evidence.statistics import two_sample, wilson_interval
from visdiff_plugin.evidence.table import Table
from visdiff_plugin.ranking import rank_differences
from visdiff_plugin.rounds.holdout import plan_folds
from visdiff_plugin.sampling import Split
from visdiff_plugin.selection import Candidate, unique

SIZES = (30, 100, 500, 5_000)


@dataclass(frozen=True)
class Policy:
    """A way to take evidence."""

    name: str
    config: Config


class Greedy:
    """Stands for a proposer of subsets; `proposals` does its work on scores."""

    name = "greedy"


OURS = Config.preset("offline")
POLICIES = (
    Policy("as here", OURS),
    Policy("not held out", replace(OURS, held_out=False)),
    Policy("not corrected", replace(OURS, correction=False)),
    Policy("as released", Config.preset("paper", directions="both")),
)


def proposals(
    a: np.ndarray, b: np.ndarray, folds: list[tuple[Split, Split]], config: Config
) -> list[Candidate]:
    """Returns what a greedy proposer says in all rounds of both directions.

    Args:
        a: ``(n_a, k)`` scores of A for all directions
        b: ``(n_b, k)`` scores of B
        folds: which images it may see
        config: proposals a round
    """
    found = []
    for fold, (of_a, of_b) in enumerate(folds):
        gap = a[list(of_a.proposal)].mean(axis=0) - b[list(of_b.proposal)].mean(axis=0)
        for side, sign in (("a", -1), ("b", 1)):
            best = np.argsort(sign * gap)[: config.proposals_per_round]
            found += [Candidate(f"d{one}", "greedy", (side,), fold=fold) for one in best]
    return unique(found)


def supported(
    a: np.ndarray,
    b: np.ndarray,
    config: Config,
    design: Design | None = None,
    shown: tuple[np.ndarray, np.ndarray] | None = None,
) -> set[str]:
    """Returns the descriptions that one comparison reports.

    Args:
        a: ``(n_a, k)`` scores of A for all directions
        b: ``(n_b, k)`` scores of B
        config: how to take evidence
        design (None): what ties the images together
        shown (None): scores of other images, which the proposer sees instead
    """
    design = design or Design()
    names = [f"a{row}" for row in range(len(a))], [f"b{row}" for row in range(len(b))]
    rows = np.arange(len(a)), np.arange(len(a), len(a) + len(b))
    both = rows[0].tolist(), rows[1].tolist()
    folds, _ = plan_folds(names, [None, None], both, design, config, Greedy())
    candidates = proposals(*(shown or (a, b)), folds, config)
    columns = [int(one.description[1:]) for one in candidates]
    scores = np.concatenate([a[:, columns], b[:, columns]])
    ranked, _ = rank_differences(candidates, Table(scores, *rows, folds, design), config)
    return {one.difference.description for one in ranked if one.difference.significant}


def cell(count: int, shuffles: int) -> str:
    low, high = wilson_interval(count, shuffles)
    return f"{count / shuffles:.3f} [{low:.3f}, {high:.3f}]"


def null_table(
    shuffles: int,
    sizes: tuple[int, ...],
    make: Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]],
) -> None:
    """Prints the share of shuffles that report anything."""
    print("| images a set | " + " | ".join(one.name for one in POLICIES) + " |")
    print("|---|" + "---|" * len(POLICIES))
    for n in sizes:
        counts = dict.fromkeys(POLICIES, 0)
        for shuffle in range(shuffles):
            a, b = make(n, np.random.default_rng([n, shuffle]))
            for policy in POLICIES:
                counts[policy] += bool(supported(a, b, replace(policy.config, seed=shuffle)))
        cells = [cell(count, shuffles) for count in counts.values()]
        print(f"| {n:,} | " + " | ".join(cells) + " |", flush=True)


def synthetic(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return scores_of(n, rng), scores_of(n, rng)


def dependence_table(shuffles: int) -> None:
    """Prints the share that reports anything where images hang together, with and without that."""
    print("| sets that differ in nothing else | taken into account | ignored |\n|---|---|---|")
    cases = {
        "30 videos of 10 frames a set, cluster_by": clustered,
        "a class spread .7 / .3, control_for": confounded,
    }
    for name, make in cases.items():
        counts = [0, 0]
        for shuffle in range(shuffles):
            a, b, design = make(np.random.default_rng([shuffle, 5]))
            config = replace(OURS, seed=shuffle)
            counts[0] += bool(supported(a, b, config, design))
            counts[1] += bool(supported(a, b, config))
        print(f"| {name} | " + " | ".join(cell(one, shuffles) for one in counts) + " |", flush=True)


def reported(made: Made, seed: int) -> set[int]:
    """Returns the candidates that one comparison of given scores reports."""
    count = made.scores.shape[1]
    sources = made.sources or ("label",) * count
    candidates = [
        Candidate(f"d{one}", source, shows_at=1.0 if _is_yes_no(column) else None)
        for one, (source, column) in enumerate(zip(sources, made.scores.T, strict=True))
    ]
    rows = np.flatnonzero(made.in_a), np.flatnonzero(~made.in_a)
    folds = [(Split((), rows[0].size), Split((), rows[1].size))]
    table = Table(made.scores, *rows, folds, made.design, made.unasked)
    # strata that a comparison has were asked for
    control = ("strata",) if made.design.strata is not None else ()
    config = replace(OURS, seed=seed, control_for=control)
    ranked, _ = rank_differences(candidates, table, config)
    return {one.column for one in ranked if one.difference.significant}


def _is_yes_no(column: np.ndarray) -> bool:
    return bool(np.isin(column, (0.0, 1.0)).all())


def small_case(name: str, shuffles: int) -> tuple[int, int, float]:
    """Returns how often one kind of data reports anything, and what is planted; and ms each."""
    make, counts, start = cases()[name], [0, 0], time.perf_counter()
    for shuffle in range(shuffles):
        made = make(np.random.default_rng([shuffle, 11]), False)
        null = set(made.null or range(made.scores.shape[1]))
        counts[0] += bool(reported(made, shuffle) & null)
        if shuffle < shuffles // 4:
            made = make(np.random.default_rng([shuffle, 13]), True)
            counts[1] += 0 in reported(made, shuffle)
    spent = 1e3 * (time.perf_counter() - start) / (1.25 * shuffles)
    return counts[0], counts[1], spent


def small_table(shuffles: int, only: str) -> None:
    """Prints the share that reports anything, and that finds what is planted, by kinds of data."""
    print("| sets | nothing differs: reported | something does: found | ms |\n|---|---|---|---|")
    names = [name for name in cases() if only in name]
    with ProcessPoolExecutor() as pool:
        found = pool.map(small_case, names, repeat(shuffles))
        for name, (wrong, right, spent) in zip(names, found, strict=True):
            power = right / (shuffles // 4)
            print(f"| {name} | {cell(wrong, shuffles)} | {power:.2f} | {spent:.0f} |", flush=True)


def coverage_table(shuffles: int) -> None:
    """Prints how often intervals hold the true AUROC: each by itself, and that of the first row."""
    from scipy.special import ndtri

    print("| sets | true AUROC | interval covers | mean width |\n|---|---|---|---|")
    for n_a, n_b, truth in (
        (12, 30, 0.9), (50, 50, 0.97), (20, 2_000, 0.97), (12, 484, 0.8), (100, 100, 0.6),
    ):  # fmt: skip
        rng, covered, width = np.random.default_rng([n_a, n_b]), 0, 0.0
        for _ in range(shuffles):
            a = rng.normal(np.sqrt(2) * ndtri(truth), 1, n_a)
            low, high = two_sample(a, rng.normal(size=n_b)).interval
            covered, width = covered + (low <= truth <= high), width + (high - low) / shuffles
        print(
            f"| {n_a} v {n_b:,} | {truth} | {cell(covered, shuffles)} | {width:.2f} |", flush=True
        )
    print("\n| images a set | true AUROCs | first row: 95% interval | for all candidates | bias |")
    print("|---|---|---|---|---|")
    for n in (30, 100):
        for name, truth in (
            ("10 of .60, 20 of .50", np.repeat([0.6, 0.5], [10, 20])),
            ("30 of .60", np.full(30, 0.6)),
            ("30 of .50", np.full(30, 0.5)),
        ):
            counts, bias = [0, 0], 0.0
            for shuffle in range(shuffles):
                rng = np.random.default_rng([n, shuffle, 17])
                scores = rng.normal(size=(2 * n, truth.size))
                scores[:n] += np.sqrt(2) * ndtri(truth)
                rows = np.arange(n), np.arange(n, 2 * n)
                candidates = [Candidate(f"d{one}", "label") for one in range(truth.size)]
                table = Table(scores, *rows, [(Split((), n), Split((), n))])
                first = rank_differences(candidates, table, OURS)[0][0]
                held, one = truth[first.column], first.difference
                bias += (abs(one.auroc - 0.5) - abs(held - 0.5)) / shuffles
                for place, ends in enumerate(
                    (one.auroc_interval, one.auroc_interval_simultaneous or (0.0, 1.0))
                ):
                    counts[place] += ends[0] <= held <= ends[1]
            cells = " | ".join(cell(one, shuffles) for one in counts)
            print(f"| {n} | {name} | {cells} | {bias:+.3f} |", flush=True)


def power_table(shuffles: int) -> None:
    """Prints the share of runs that find a planted difference, beside testing on everything.

    On everything: the proposer's own images are tested too, which is no valid test. On everything,
    proposed elsewhere: the same number of images is tested, and proposals come from as many others:
    what holding out costs.
    """
    from scipy.special import ndtri

    print("| images a set | AUROC | as here | on everything | ratio | proposed elsewhere | ratio |")
    print("|---|---|---|---|---|---|---|")
    for n in (30, 100, 200, 500):
        for auroc in (0.6, 0.65, 0.7, 0.8):
            effect = float(np.sqrt(2) * ndtri(auroc))
            hits = [0, 0, 0]
            for shuffle in range(shuffles):
                rng = np.random.default_rng([n, shuffle, 7])
                a, b = scores_of(n, rng, effect), scores_of(n, rng)
                config = replace(OURS, seed=shuffle)
                hits[0] += "d0" in supported(a, b, config)
                whole = replace(config, held_out=False)
                hits[1] += "d0" in supported(a, b, whole)
                others = scores_of(n, rng, effect), scores_of(n, rng)
                hits[2] += "d0" in supported(a, b, whole, shown=others)
            ours, *beside = (count / shuffles for count in hits)
            cells = [f"{x:.2f} | {ours / x:.2f}" if x else "0.00 | -" for x in beside]
            print(f"| {n} | {auroc} | {ours:.2f} | {' | '.join(cells)} |", flush=True)


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shuffles", type=int, default=200)
    parts = ("synthetic", "photographs", "dependence", "power", "small", "coverage")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--case", default="", help="of the small sets, those with this in a name")
    options = parser.parse_args()
    shuffles = options.shuffles
    if "synthetic" in options.only:
        print(f"\nSynthetic, both sets alike, {shuffles} shuffles: share that reports anything\n")
        null_table(shuffles, SIZES, synthetic)
    make = photographs() if "photographs" in options.only else None
    if make is not None:
        print(f"\nPhotographs dealt at random, {shuffles} shuffles: share that reports anything\n")
        null_table(shuffles, SIZES[:3], make)
    if "dependence" in options.only:
        print(f"\nImages that hang together, {shuffles} shuffles: share that reports anything\n")
        dependence_table(shuffles)
    if "small" in options.only:
        print(f"\nSmall, rare, tied, paired, clustered, stratified: {shuffles} comparisons each\n")
        small_table(shuffles, options.case)
    if "coverage" in options.only:
        print(f"\nIntervals, {shuffles} comparisons each\n")
        coverage_table(shuffles)
    if "power" in options.only:
        print(f"\nA planted difference, {shuffles} runs: share that reports it\n")
        power_table(shuffles)
    return 0


if __name__ == "__main__":
    sys.exit(main())
