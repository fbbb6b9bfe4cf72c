"""How the offline judges agree with scores by hand, and the thresholds that agree best.

Thresholds are chosen on the truths marked "fix" in tests/judged_pairs.csv and measured on the
"held out" ones. Run it as ``PYTHONPATH=. python benchmarks/judges.py``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder
from visdiff_plugin.evaluation.judges import Judge, Question, WordJudge, minilm_judge

TABLE = Path(__file__).resolve().parents[1] / "tests" / "judged_pairs.csv"
#: thresholds that are tried: of "part of it" and of "the same"
RELATED, SAME = np.arange(0.2, 0.65, 0.05), np.arange(0.4, 0.95, 0.05)
_DRAWS = 2_000


class Remembered:
    """An encoder that embeds each text once."""

    name = "minilm"

    def __init__(self, texts: Sequence[str]) -> None:
        self._vectors = dict(zip(texts, SentenceEncoder().encode_texts(texts), strict=True))

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
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


def _r(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() and b.std() else 0.0


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
    fix, held_out, every = rows_of("fix"), rows_of("held out"), rows_of("")
    texts = [row[name] for row in every for name in ("truth", "other", "row") if row[name]]
    encoder = Remembered(list(dict.fromkeys(texts)))
    tried = {
        (round(float(related), 2), round(float(same), 2)): agreement(
            WordJudge(encoder, same=float(same), related=float(related)), fix
        )
        for related in RELATED
        for same in SAME
        if related <= same
    }
    for (related, same), r in sorted(tried.items(), key=lambda item: -item[1])[:12]:
        print(f"fix       related {related:.2f}  same {same:.2f}  r {r:.3f}")
    print(f"fix       words alone             r {agreement(WordJudge(), fix):.3f}")
    default = minilm_judge().parameters
    judge = WordJudge(encoder, same=default["same"], related=default["related"])
    print(f"fix       words+minilm            r {agreement(judge, fix):.3f}")
    judges = [WordJudge(), judge]
    low_high = interval(judges, held_out)
    for name, each, (low, high) in zip(("words", "words+minilm"), judges, low_high, strict=False):
        r, scores = agreement(each, held_out), judged(each, held_out)
        same = np.mean(scores == np.array([float(row["score"]) for row in held_out]))
        print(f"held out  {name:<14} r {r:.3f} [{low:.2f}, {high:.2f}]  same score {same:.2f}")
    print(f"held out  difference [{low_high[-1][0]:.2f}, {low_high[-1][1]:.2f}]")


if __name__ == "__main__":
    main()
