"""How the offline judges agree with scores by hand, and the thresholds that agree best.

Thresholds are chosen on the truths marked "fix" in tests/judged_pairs.csv and measured on the
"held out" ones. Beside the agreement it counts unrelated answers with a score: Acc@5 takes the
best of five, so that few of them are many. The rows marked "run" are answers of a real run that
cosines of .35 and .6 score higher than words do (50 of 117, drawn at random).

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/judges.py``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder
from visdiff_plugin.evaluation.judges import Judge, Question, WordJudge, minilm_judge

TABLE = Path(__file__).resolve().parents[1] / "tests" / "judged_pairs.csv"
#: thresholds that are tried: of "part of it" and of "the same"
RELATED, SAME = np.arange(20, 65, 5) / 100, np.arange(40, 95, 5) / 100
_DRAWS = 2_000


class Remembered:
    """An encoder that embeds each text once."""

    name = "minilm"

    def __init__(self, texts: Sequence[str]) -> None:
        self._vectors = dict(zip(texts, SentenceEncoder().encode_texts(texts), strict=True))

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns ``(m, d)``."""
        return np.stack([self._vectors[text] for text in texts])


def rows_of(half: str) -> list[dict[str, str]]:
    """Returns the rows of one half, or of both for ``""``."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if half in ("", row["half"])]


def judged(judge: Judge, rows: Sequence[dict[str, str]]) -> NDArray[np.float64]:
    """Returns the judge's scores: 0, .5 or 1."""
    questions = (Question(row["truth"], row["other"], row["row"]) for row in rows)
    return np.array([judge.judge(question).score / 2 for question in questions])


def agreement(judge: Judge, rows: Sequence[dict[str, str]]) -> float:
    """Returns Pearson's r of the judge's scores with those by hand."""
    return _r(judged(judge, rows), np.array([float(row["score"]) for row in rows]))


def unrelated(judge: Judge, rows: Sequence[dict[str, str]]) -> float:
    """Returns the share of answers about other areas that the judge gives a score above 0."""
    truths = {row["truth"]: row for row in rows}
    strange = [
        {**about, "row": row["row"]}
        for about in truths.values()
        for row in rows
        if row["area"] != about["area"]
    ]
    return float(np.mean(judged(judge, strange) > 0)) if strange else float("nan")


def _r(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() and b.std() else 0.0


def _compared(judge: Judge, rows: Sequence[dict[str, str]]) -> str:
    """Returns how many scores are too high, equal and too low."""
    less = judged(judge, rows) - np.array([float(row["score"]) for row in rows])
    return f"too high {(less > 0).sum()}, equal {(less == 0).sum()}, too low {(less < 0).sum()}"


def interval(judges: Sequence[Judge], rows: Sequence[dict[str, str]]) -> list[tuple[float, float]]:
    """Returns 95% intervals of each judge's r, and of the last's less the first's.

    Truths are drawn, with all their rows: rows of one truth are no independent evidence.
    """
    hand = np.array([float(row["score"]) for row in rows])
    scores = [judged(judge, rows) for judge in judges]
    truths = np.array([row["truth"] for row in rows])
    places = [np.flatnonzero(truths == truth) for truth in dict.fromkeys(truths)]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(_DRAWS):
        picked = np.concatenate([places[k] for k in rng.integers(0, len(places), len(places))])
        each = [_r(score[picked], hand[picked]) for score in scores]
        draws.append([*each, each[-1] - each[0]])
    low, high = np.quantile(np.array(draws), [0.025, 0.975], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def main() -> None:
    fix, answers, held_out = (rows_of(half) for half in ("fix", "run", "held out"))
    every = rows_of("")
    texts = [row[name] for row in every for name in ("truth", "other", "row") if row[name]]
    encoder = Remembered(list(dict.fromkeys(texts)))

    def with_meanings(related: float, same: float) -> WordJudge:
        return WordJudge(encoder, same=float(same), related=float(related))

    tried = [with_meanings(*each) for each in product(RELATED, SAME) if each[0] <= each[1]]
    by_r = {agreement(judge, fix): judge for judge in tried}  # of equals the strictest
    default = minilm_judge().parameters
    chosen = {
        "words": WordJudge(),
        "best on fix": by_r[max(by_r)],
        "lenient": with_meanings(0.35, 0.6),
        "words+minilm": with_meanings(default["related"], default["same"]),
    }
    for half, rows in (("fix", fix), ("run", answers), ("held out", held_out)):
        for (name, judge), (low, high) in zip(
            chosen.items(), interval([*chosen.values()], rows), strict=False
        ):
            related, same = (judge.parameters.get(key, 0.0) for key in ("related", "same"))
            print(
                f"{half:<9} {name:<13} related {related:.2f} same {same:.2f}  "
                f"r {agreement(judge, rows):.3f} [{low:.2f}, {high:.2f}]  "
                f"unrelated {unrelated(judge, rows):.3f}  {_compared(judge, rows)}"
            )
        low, high = interval([*chosen.values()], rows)[-1]
        print(f"{half:<9} words+minilm less words: [{low:.2f}, {high:.2f}]")


if __name__ == "__main__":
    main()
