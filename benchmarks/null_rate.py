"""How often a comparison of a set with itself reports a difference, and what holding out costs.

Run: ``.venv/bin/python benchmarks/null_rate.py [--shuffles 200]``. Images are random vectors,
descriptions random directions, scores cosines. The proposer is greedy: of all directions it takes
those that separate best on the images it is shown, so that it fits its sample as well as can be.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace

import numpy as np

from visdiff_plugin.config import Config
from visdiff_plugin.ranking import Scores, rank_differences
from visdiff_plugin.sampling import Split, cross_fit, draw, generator, split
from visdiff_plugin.selection import Candidate, unique
from visdiff_plugin.statistics import wilson_interval

_DIMENSIONS, _DIRECTIONS = 64, 1_000
SIZES = (30, 100, 500, 5_000)


@dataclass(frozen=True)
class Policy:
    """A way to take evidence: the config, and whether its proposals are held out."""

    name: str
    config: Config


OURS = Config.preset("offline")
POLICIES = (
    Policy("as here", OURS),
    Policy("not held out", replace(OURS, held_out=False)),
    Policy("not corrected", replace(OURS, correction=False)),
    Policy("as released", Config.preset("paper", directions="both")),
)


def folds(names: list[str], config: Config) -> list[Split]:
    """Returns the splits of one set, as the pipeline draws them for a proposer of subsets."""
    rng = generator(config.seed, names)
    if not config.held_out:
        return [split(names, 0, rng)]
    if len(names) < 2 * config.subset_size:
        return list(cross_fit(names, rng))
    n_proposal = min(len(names) // 2, config.rounds * config.subset_size)
    return [split(names, n_proposal, rng)]


def proposals(
    a: np.ndarray, b: np.ndarray, splits: tuple[list[Split], list[Split]], config: Config
) -> list[Candidate]:
    """Returns what a greedy proposer says in all rounds of both directions.

    Args:
        a: ``(n_a, k)`` scores of A for all directions
        b: ``(n_b, k)`` scores of B
        splits: the folds of both
        config: rounds, subset size, proposals a round
    """
    found = []
    for fold, (of_a, of_b) in enumerate(zip(*splits, strict=True)):
        for number in range(config.rounds):
            rng = np.random.default_rng([config.seed, fold, number])
            rows = [draw(part.proposal, config.subset_size, rng) for part in (of_a, of_b)]
            gap = a[rows[0]].mean(axis=0) - b[rows[1]].mean(axis=0)
            for side, sign in (("a", -1), ("b", 1)):
                best = np.argsort(sign * gap)[: config.proposals_per_round]
                found += [Candidate(f"d{one}", "greedy", (side,), fold=fold) for one in best]
    return unique(found)


def supported(a: np.ndarray, b: np.ndarray, config: Config) -> set[str]:
    """Returns the descriptions that one comparison reports."""
    names = [f"{side}{row}" for side in "ab" for row in range(len(a if side == "a" else b))]
    splits = folds(names[: len(a)], config), folds(names[len(a) :], config)
    candidates = proposals(a, b, splits, config)
    columns = [int(one.description[1:]) for one in candidates]
    ranked, _ = rank_differences(
        candidates, Scores(a[:, columns], splits[0]), Scores(b[:, columns], splits[1]), config
    )
    return {one.difference.description for one in ranked if one.difference.significant}


def scores_of(n: int, rng: np.random.Generator, effect: float = 0.0) -> np.ndarray:
    """Returns ``(n, k)`` scores of images that are all alike but for an effect on direction 0."""
    directions = np.random.default_rng(1).normal(size=(_DIMENSIONS, _DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    images = rng.normal(size=(n, _DIMENSIONS))
    return (images + effect * directions[:, 0]) @ directions


def null_table(shuffles: int) -> None:
    """Prints the share of shuffles that report anything."""
    print("| images a set | " + " | ".join(one.name for one in POLICIES) + " |")
    print("|---|" + "---|" * len(POLICIES))
    for n in SIZES:
        counts = dict.fromkeys(POLICIES, 0)
        for shuffle in range(shuffles):
            rng = np.random.default_rng([n, shuffle])
            a, b = scores_of(n, rng), scores_of(n, rng)
            for policy in POLICIES:
                counts[policy] += bool(supported(a, b, replace(policy.config, seed=shuffle)))
        cells = []
        for count in counts.values():
            low, high = wilson_interval(count, shuffles)
            cells.append(f"{count / shuffles:.3f} [{low:.3f}, {high:.3f}]")
        print(f"| {n:,} | " + " | ".join(cells) + " |", flush=True)


def power_table(shuffles: int) -> None:
    """Prints the share of runs that find a planted difference, beside testing on everything."""
    from scipy.special import ndtri

    print("| images a set | AUROC | as here | on everything | ratio |\n|---|---|---|---|---|")
    for n in (30, 100, 200, 500):
        for auroc in (0.6, 0.65, 0.7, 0.8):
            effect = float(np.sqrt(2) * ndtri(auroc))
            hits = {"ours": 0, "everything": 0}
            for shuffle in range(shuffles):
                rng = np.random.default_rng([n, shuffle, 7])
                a, b = scores_of(n, rng, effect), scores_of(n, rng)
                config = replace(OURS, seed=shuffle)
                hits["ours"] += "d0" in supported(a, b, config)
                hits["everything"] += "d0" in supported(a, b, replace(config, held_out=False))
            ours, everything = (count / shuffles for count in hits.values())
            ratio = f"{ours / everything:.2f}" if everything else "-"
            print(f"| {n} | {auroc} | {ours:.2f} | {everything:.2f} | {ratio} |", flush=True)


def main() -> int:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shuffles", type=int, default=200)
    shuffles = parser.parse_args().shuffles
    print(f"Both sets from one distribution, {shuffles} shuffles: share that reports anything\n")
    null_table(shuffles)
    print(f"\nA planted difference, {shuffles} runs: share that reports it\n")
    power_table(shuffles)
    return 0


if __name__ == "__main__":
    sys.exit(main())
