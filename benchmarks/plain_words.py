"""Does the first row say the plain word? Themes of real captions, beside other methods.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/plain_words.py FOLDER``, with extra `evaluation`;
FOLDER holds ``data/flickr8k`` (not part of the project). A theme is a word that at least two of
five people wrote of a photo; of a pair, A shows one theme and not the other, B the other way
round. Methods read one caption a photo. A row scores 1 if its content words are the theme, .5 if
they hold it. Pairs are split once into those that changes were made on (tune) and those that are
only reported (test). Each score stands beside that of the judge "words+minilm". In pairs of kinds,
what the photos of a set share is a kind of things that their captions name by many words (cars,
trucks, trains): a row scores 1 if it names the kind, .5 if it is one of the words.

The peers: "words by share" is single words by the difference of their shares. "B2T" is the recipe
of Kim et al. (CVPR 2024): YAKE keywords of one set's captions, ranked by the difference of their
mean similarity to the captions of both sets, by a text encoder in place of CLIP. "released" has
the order and the statistics of the released VisDiff (t-test, no correction, no held-out images)
with the same keywords. "Again": rows among the first five of a side that say the same as one
above, or a special case of it, or the general case, by their words or by MiniLM (the threshold of
the judge). False discoveries: the share of shuffled pairs in which a method reports anything;
methods without a test always do. Where `wn` holds an English WordNet, a row more has its kinds.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.comparing import compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.evaluation.judges import Question, minilm_judge
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.proposers.keyword import KeywordProposer
from visdiff_plugin.proposers.kinds import Kinds
from visdiff_plugin.stages import Images
from visdiff_plugin.vectors import rows_of
from visdiff_plugin.words import STOP_WORDS, lemma, readings, words

_THEMES = (
    "dog man woman boy girl people child beach snow water grass street ball bike horse car rock "
    "tree mountain pool soccer football skateboard baby sand field bench crowd hat building wall "
    "road river fence stick player basketball dirt motorcycle team surfer ocean toy sidewalk park "
    "boat swing lake shirt"
).split()
#: photos of a theme at least, and of a set at most
_LEAST, _MOST = 20, 80
#: pairs of each half, and of one theme
_PAIRS, _OF_ONE = 20, 4
_ROWS = 5
#: kinds of things that captions of these photos name by many words, and seldom by their own
_KINDS = {
    "vehicle transport": "car truck bus motorcycle bicycle boat train sled canoe",
    "sport game": "soccer basketball football tennis baseball volleyball hockey",
    "clothing": "shirt hat jacket dress shorts coat helmet sweater costume uniform",
    "person": "man woman boy girl baby lady",
    "plant": "tree flower bush grass",
    "water": "lake river ocean sea pool pond",
    "animal": "horse cat bird cow goat sheep duck",
}
#: photos of one word of a kind, so that the kind is what they share
_OF_WORD = 12


@dataclass(frozen=True)
class Pair:
    """Two sets of photos.

    Args:
        truths: names of the theme of A and of B, any of which will do
        captions: of A and of B, one a photo
        words (("", "")): kinds: what captions name them by
    """

    truths: tuple[str, str]
    captions: tuple[list[str], list[str]]
    words: tuple[str, str] = ("", "")


#: of A and of B: the first rows, and whether anything is reported
Answer = tuple[list[str], list[str], bool]


def content(text: str) -> list[str]:
    """Returns the content words of a text as lemmas."""
    return [lemma(word) for word in words(text) if word not in STOP_WORDS]


def pairs(folder: Path) -> dict[str, list[Pair]]:
    """Returns the pairs of both halves; no theme is in both."""
    captions, said = _read(folder)
    shows = {
        lemma(theme): {row for row, count in enumerate(said) if count[lemma(theme)] >= 2}
        for theme in _THEMES
    }
    rng = np.random.default_rng(7)
    known = sorted(theme for theme, rows in shows.items() if len(rows) >= _LEAST + 5)
    known = [known[place] for place in rng.permutation(len(known))]
    halves = {}
    for half, themes in (("tune", known[::2]), ("test", known[1::2])):
        combined = list(itertools.combinations(themes, 2))
        used: Counter[str] = Counter()
        chosen: list[Pair] = []
        for place in rng.permutation(len(combined)):
            both = combined[place]
            sides = [
                [row for row in sorted(shows[own]) if not said[row][other]]
                for own, other in (both, both[::-1])
            ]
            if min(map(len, sides)) < _LEAST or max(used[one] for one in both) >= _OF_ONE:
                continue
            used.update(both)
            drawn = [sorted(rng.permutation(side)[:_MOST].tolist()) for side in sides]
            texts = [[captions[row][0] for row in side] for side in drawn]
            chosen.append(Pair(both, (texts[0], texts[1])))
            if len(chosen) == _PAIRS:
                break
        halves[half] = chosen
    return halves


def kinds(folder: Path) -> list[Pair]:
    """Returns pairs of kinds: of each word as many photos, none with a word of the other kind."""
    captions, said = _read(folder)
    shows = {
        kind: {word: [row for row, count in enumerate(said) if count[lemma(word)] >= 2]
               for word in names.split()}
        for kind, names in _KINDS.items()
    }  # fmt: skip
    found = []
    rng = np.random.default_rng(11)
    for both in itertools.combinations(_KINDS, 2):
        sides = []
        for own, other in (both, both[::-1]):
            others = {lemma(word) for word in _KINDS[other].split()}
            rows = {
                row
                for of_word in shows[own].values()
                for row in rng.permutation([row for row in of_word if not others & set(said[row])])[
                    :_OF_WORD
                ].tolist()
            }
            sides.append([captions[row][0] for row in sorted(rows)])
        if min(map(len, sides)) >= _LEAST:
            found.append(Pair(both, (sides[0], sides[1]), (_KINDS[both[0]], _KINDS[both[1]])))
    return found


def _read(folder: Path) -> tuple[list[list[str]], list[Counter[str]]]:
    """Returns of each photo its five captions, and how many of them hold each word."""
    with open(folder / "data" / "flickr8k" / "samples.csv", encoding="utf-8", newline="") as file:
        captions = [[row[f"caption_{n}"] for n in range(1, 6)] for row in csv.DictReader(file)]
    said = [Counter(one for text in five for one in {readings(w)[0] for w in words(text)})
            for five in captions]  # fmt: skip
    return captions, said


class Table:
    """Stands for captions that are there already."""

    name = "captions of the table"

    def caption(self, paths: Sequence[str]) -> list[str]:
        """Never called."""
        raise AssertionError("captions are there already")


class CaptionVectors:
    """Embeds photos by their captions, so that a bank can be asked without an image encoder."""

    name = "captions, minilm"

    def __init__(self) -> None:
        from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder

        self._encoder = SentenceEncoder()
        self.encode_texts = self._encoder.encode_texts

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.float32]:
        """Never called."""
        raise AssertionError("captions are embedded")

    def __call__(self, a: Sequence[str], b: Sequence[str]) -> Answer:
        """The bank alone, its phrases counted in captions."""
        vectors = np.asarray(self.encode_texts([*a, *b]), np.float32)
        return offline(a, b, vectors, proposer="bank", encoder=self)


def compared(
    a: Sequence[str],
    b: Sequence[str],
    config: Config,
    vectors: NDArray[np.float32] | None = None,
) -> Answer:
    """Returns what a comparison says of captions: supported rows first."""
    texts = [*a, *b]
    paths = [f"{row:04}" for row in range(len(texts))]
    of_a, of_b = np.arange(len(a)), np.arange(len(a), len(texts))
    reader = None if vectors is None else rows_of(vectors)
    inputs = Inputs(Images(paths, paths, texts), reader, of_a, of_b, [], Account())
    found = compare_inputs(inputs, Design(), make_stages(None, config, True), config)
    rows = [ranked.difference for ranked in found.ranked]
    if config.order == "auroc":  # of A alone, best first; B's are best last
        rows.sort(key=lambda row: -abs(row.auroc - 0.5))
    own = [[row for row in rows if row.favors == side] for side in "ab"]
    # what a reader sees first: the leads of themes, or without any what is not supported
    shown = [[row for row in side if row.leads] or side for side in own]
    sides = [[row.description for row in side] for side in shown]
    return sides[0], sides[1], any(row.significant for row in rows)


def offline(
    a: Sequence[str],
    b: Sequence[str],
    vectors: NDArray[np.float32] | None = None,
    **changes: object,
) -> Answer:
    """The offline preset; changes are of its config."""
    config = Config.preset(
        "offline", captioner=Table(), ranker="words", properties=False, **changes
    )
    return compared(a, b, config, vectors)


def released(a: Sequence[str], b: Sequence[str]) -> Answer:
    """The order and the statistics of the released VisDiff, for both directions."""
    return offline(a, b, proposer=KeywordProposer(kinds=False), held_out=False, test="welch",
                   correction=False, min_effect=0.5, order="auroc", merge=False)  # fmt: skip


def by_share(a: Sequence[str], b: Sequence[str]) -> Answer:
    """Single words by the difference of the shares of captions that say them."""
    of_a, of_b = (Counter(one for text in side for one in set(content(text))) for side in (a, b))
    gaps = {word: of_a[word] / len(a) - of_b[word] / len(b) for word in of_a | of_b}
    first = sorted(gaps, key=lambda word: (-gaps[word], word))
    last = sorted(gaps, key=lambda word: (gaps[word], word))
    return first[:_ROWS], last[:_ROWS], True


class B2T:
    """Keywords of one set, by the difference of their mean similarity to both sets."""

    def __init__(self) -> None:
        import yake

        from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder

        self._extract = yake.KeywordExtractor(lan="en", n=3, top=20).extract_keywords
        self._encoder = SentenceEncoder()

    def __call__(self, a: Sequence[str], b: Sequence[str]) -> Answer:
        """Returns the rows of both sets; there is no test."""
        vectors = [self._encoder.encode_texts(list(side)) for side in (a, b)]
        rows = []
        for own, other, side in ((0, 1, a), (1, 0, b)):
            keywords = [keyword for keyword, _ in self._extract(". ".join(side))]
            texts = self._encoder.encode_texts(keywords)
            gap = (texts @ vectors[own].T).mean(axis=1) - (texts @ vectors[other].T).mean(axis=1)
            rows.append([keywords[place] for place in np.argsort(-gap, kind="stable")])
        return rows[0], rows[1], True


def scores(rows: Sequence[str], truth: str, narrower: str = "") -> tuple[float, float]:
    """Returns the score of the first row, and the best of the first five."""
    names, inside = set(content(truth)), set(content(f"{truth} {narrower}"))
    found = [
        1.0 if (named := content(text.split(" such as ")[0])) and len(named) == 1
        and named[0] in names else 0.5 if inside & set(content(text)) else 0.0
        for text in rows[:_ROWS]
    ]  # fmt: skip
    return (found[0], max(found)) if found else (0.0, 0.0)


class Judged:
    """Scores rows by the offline judge, words and meanings, as `visdiff_plugin.evaluation` does."""

    def __init__(self) -> None:
        self._judge = minilm_judge()

    def __call__(self, rows: Sequence[str], truths: tuple[str, str]) -> tuple[float, float]:
        """Returns the score of the first row, and the best of the first five.

        Args:
            rows: of a set
            truths: names of its theme, and of the other set's
        """
        found = [
            max(
                self._judge.judge(Question(truth, truths[1].split()[0], text)).score / 2
                for truth in truths[0].split()
            )
            for text in rows[:_ROWS]
        ]
        return (found[0], max(found)) if found else (0.0, 0.0)


class Repeats:
    """Counts rows among the first five that say again, or a special case of, what one says."""

    def __init__(self) -> None:
        from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder
        from visdiff_plugin.evaluation.judges import MINILM_SAME

        self._encoder, self._same = SentenceEncoder(), MINILM_SAME

    def __call__(self, rows: Sequence[str]) -> int:
        """Returns how many of the first rows do."""
        first = list(rows[:_ROWS])
        said = [set(content(text)) for text in first]
        vectors = self._encoder.encode_texts(first) if first else np.zeros((0, 1))
        alike = vectors @ vectors.T >= self._same
        return sum(
            any(
                said[place] <= said[other] or said[other] <= said[place] or alike[place, other]
                for other in range(place)
            )
            for place in range(len(first))
        )


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", help="of these methods: beginnings of their names")
    parser.add_argument("--shuffles", type=int, default=100)
    options = parser.parse_args()
    halves = {**pairs(options.folder), "kinds": kinds(options.folder)}
    methods: dict[str, Callable[[Sequence[str], Sequence[str]], Answer]] = {
        "offline: keyword, words": partial(offline, proposer=KeywordProposer(kinds=False)),
        "offline: bank alone, words": CaptionVectors(),
        "released VisDiff's order and statistics, keyword, words": released,
        "B2T's recipe": B2T(),
        "words by share": by_share,
    }
    if Kinds.there() is not None:
        methods["offline: keyword with a WordNet, words"] = offline
    print("| method | pairs | A first | A first five | B first | B first five | again | false |")
    print("|---|---|---|---|---|---|---|---|")
    if options.only:
        methods = {name: method for name, method in methods.items()
                   if name.startswith(tuple(options.only))}  # fmt: skip
    repeats, judged = Repeats(), Judged()
    for name, method in methods.items():
        for half, chosen in halves.items():
            found, again = [], 0
            for pair in chosen:
                of_a, of_b, _ = method(*pair.captions)
                again += repeats(of_a) + repeats(of_b)
                by_words = (
                    *scores(of_a, pair.truths[0], pair.words[0]),
                    *scores(of_b, pair.truths[1], pair.words[1]),
                )
                by_judge = (*judged(of_a, pair.truths), *judged(of_b, pair.truths[::-1]))
                found.append((by_words, by_judge))
            means = " | ".join(
                f"{word:.2f} / {judge:.2f}" for word, judge in np.mean(found, axis=0).T
            )
            wrong = 0
            for shuffle in range(options.shuffles if half == "test" else 0):
                pair = chosen[shuffle % len(chosen)]
                rng = np.random.default_rng(shuffle)
                texts = [*pair.captions[0], *pair.captions[1]]
                dealt = [texts[place] for place in rng.permutation(len(texts))]
                cut = len(pair.captions[0])
                wrong += method(dealt[:cut], dealt[cut:])[2]
            false = f"{wrong / options.shuffles:.2f}" if half == "test" else ""
            print(
                f"| {name} | {len(chosen)} {half} | {means} "
                f"| {again / len(chosen) / 2:.2f} | {false} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
