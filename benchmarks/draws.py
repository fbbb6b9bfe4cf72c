"""What rounds show of a rare difference, drawn uniformly or where a classifier is surest.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/draws.py FOLDER [--seeds 5]``, where FOLDER holds
``data/flickr8k`` and ``models/minidual``; they are not part of the project. Photographs of a theme,
by what at least two of five people wrote, stand in A alone, as a share of it; all others are dealt
at random. Proposals are the keywords of the captions shown.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.comparing import Compared, compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.proposers.keyword import KeywordProposer
from visdiff_plugin.stages import Images
from visdiff_plugin.vectors import rows_of

_THEMES = {
    "snow": r"snow\w*|ski\w*",
    "dogs": r"dogs?|pupp\w+",
    "bicycles": r"bik\w+|bicycl\w+|cyclists?",
    "water": r"water|ocean|pool|lake|river|sea|swim\w*",
    "climbing": r"climb\w*|rock|cliff",
}
_SHARES = (0.02, 0.05, 0.1, 0.2)
_SIZE = 400


class Subsets(KeywordProposer):
    """Reads the captions of a small subset, as a chat model does."""

    name = "keyword on subsets"
    whole = False


class Photographs:
    """Flickr8k's photographs with their captions and embeddings."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(folder / "models" / "minidual"))
        from minidual import MiniDual

        with open(folder / "data" / "flickr8k" / "samples.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.encoder = MiniDual()
        self.paths = [str(folder / "data" / "flickr8k" / row["path"]) for row in rows]
        self.captions = [row["caption_1"] for row in rows]
        self.all_captions = [[row[f"caption_{n}"].lower() for n in range(1, 6)] for row in rows]
        vectors = self.encoder.encode_images(self.paths)
        self.vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def sets(
        self, theme: str, share: float, rng: np.random.Generator
    ) -> tuple[list[int], list[int], set[int]] | None:
        """Returns rows of A and of B, and those of A that show the theme."""
        written = np.array(
            [sum(bool(re.search(rf"\b(?:{theme})\b", one)) for one in some)
             for some in self.all_captions]
        )  # fmt: skip
        showing, others = np.flatnonzero(written >= 2), np.flatnonzero(written == 0)
        n = min(_SIZE, len(others) // 2)
        wanted = round(share * n)
        if len(showing) < wanted:
            return None
        showing, others = rng.permutation(showing)[:wanted], rng.permutation(others)
        a = [*showing.tolist(), *others[: n - wanted].tolist()]
        return a, others[n - wanted : 2 * n - wanted].tolist(), set(showing.tolist())

    def compare(self, a: list[int], b: list[int], config: Config) -> Compared:
        """Compares two sets of rows."""
        rows = sorted([*a, *b])
        paths = [self.paths[row] for row in rows]
        in_a = np.isin(rows, a)
        inputs = Inputs(
            Images(paths, paths, [self.captions[row] for row in rows]), rows_of(self.vectors[rows]),
            np.flatnonzero(in_a), np.flatnonzero(~in_a), [], Account(),
        )  # fmt: skip
        return compare_inputs(inputs, Design(), make_stages(None, config, True), config)


def measure(
    photographs: Photographs, theme: str, share: float, config: Config
) -> np.ndarray | None:
    """Returns images of the theme among the 20 shown, if it is proposed, and supported."""
    sets = photographs.sets(theme, share, np.random.default_rng([config.seed, round(1000 * share)]))
    if sets is None:
        return None
    a, b, showing = sets
    found, by_words = (
        photographs.compare(a, b, replace(config, ranker=ranker))
        for ranker in ("embedding", "words")
    )
    of_a = sorted(a)
    shown = [sum(of_a[row] in showing for row in fold.proposal) for fold, _ in found.folds]
    named, also = (
        [ranked.difference for ranked in one.ranked
         if re.search(rf"\b(?:{theme})\b", ranked.difference.description.lower())]
        for one in (found, by_words)
    )  # fmt: skip
    supported = [
        any(one.significant and one.favors == "a" for one in rows) for rows in (named, also)
    ]
    return np.array([np.mean(shown), bool(named), *supported])


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    photographs = Photographs(options.folder.resolve())
    config = Config(
        captioner=photographs.encoder, encoder=photographs.encoder, proposer=Subsets(n=10),
        properties=False,
    )  # fmt: skip
    print("| share of A | draw | shown, of 20 | proposed | supported | by words | comparisons |")
    print("|---|---|---|---|---|---|---|")
    for share in _SHARES:
        for draw in ("uniform", "sure"):
            found = [
                one
                for theme in _THEMES.values()
                for seed in range(options.seeds)
                if (
                    one := measure(photographs, theme, share, replace(config, draw=draw, seed=seed))
                ) is not None
            ]  # fmt: skip
            shown, named, supported, by_words = np.mean(found, axis=0)
            print(
                f"| {share:g} | {draw} | {shown:.1f} | {named:.2f} | {supported:.2f} "
                f"| {by_words:.2f} | {len(found)} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
