"""From finished comparisons and judged answers to rows of numbers; pure."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from ..evidence.statistics import wilson_interval
from ..specs import public_spec
from .judges import Question
from .measures import accuracy_at, bootstrap
from .plan import Cell, Change, Plan, Sweep

#: a number with its 95% interval
Interval = tuple[float, float, float]


class FinishedComparisons(Protocol):
    """Finished comparisons by key."""

    def __contains__(self, key: str) -> bool:
        """Returns whether a comparison is finished."""
        ...

    def __getitem__(self, key: str) -> Any:
        """Returns what it found."""
        ...


class Scores(Protocol):
    """Judged answers."""

    def score(self, question: Question) -> int:
        """Returns 0, 1 or 2."""
        ...


@dataclass(frozen=True)
class Row:
    """One variant under one change of the pairs.

    Args:
        variant: what was varied
        settings: all settings
        change: what was done to the pairs
        group: the pairs' group; empty for all
        pairs: how many
        runs: comparisons, of all seeds
        unfinished: comparisons that are missing
        acc1: Acc@1 for A, mean over pairs; None where nothing is true of A (shuffled pairs)
        acc5: Acc@5 likewise
        acc5_supported: Acc@5 if only answers count that the comparison itself supports
        acc5_b: Acc@5 for B, over the pairs that say what is true of it
        reporting: share of comparisons that support any difference at all, with its interval;
            on shuffled pairs these are false discoveries
        supported: supported differences a comparison
        requests: model calls a comparison
        tokens: input and output tokens a comparison
        seconds: proposing and ranking a comparison, what is known of the images not counted
    """

    variant: str
    settings: Mapping[str, Any]
    change: Change
    group: str
    pairs: int
    runs: int
    unfinished: int
    acc1: Interval | None
    acc5: Interval | None
    acc5_supported: Interval | None
    acc5_b: Interval | None
    reporting: Interval | None
    supported: float | None
    requests: float | None
    tokens: float | None
    seconds: float | None

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data."""
        return asdict(self)


def questions(plan: Plan, finished: FinishedComparisons, k: int = 5) -> Iterator[Question]:
    """Yields what a judge must be asked: the first ``k`` answers, and supported ones, a side."""
    for cell in plan.cells():
        if cell.change.kind != "shuffle" and cell.key() in finished:
            for side in ("a", "b"):
                for answers in (
                    _answers(finished[cell.key()], side),
                    _claims(finished[cell.key()], side),
                ):
                    for answer in answers[:k]:
                        question = _question(cell, side, answer)
                        if question is not None:
                            yield question


def rows_of(plan: Plan, sweep: Sweep, finished: FinishedComparisons, scores: Scores) -> list[Row]:
    """Returns the rows of a sweep: all pairs first, then by group, for each variant and change."""
    rows = []
    groups = sorted({pair.group for pair in sweep.pairs})
    for (variant, settings), change in itertools.product(
        sweep.variants.items(), _together(sweep.changes)
    ):
        cells = [cell for part in change for cell in plan.under(sweep, settings, part)]
        kind = change[0] if len(change) == 1 else Change("shuffle")
        rows.append(_row(variant, settings, kind, "", cells, finished, scores))
        if len(groups) > 1:
            rows += [
                _row(
                    variant, settings, kind, group,
                    [cell for cell in cells if cell.pair.group == group], finished, scores,
                )
                for group in groups
            ]  # fmt: skip
    return rows


def _together(changes: Sequence[Change]) -> list[list[Change]]:
    """All shuffles make one row."""
    shuffles = [kind_of_change for kind_of_change in changes if kind_of_change.kind == "shuffle"]
    return [[kind_of_change] for kind_of_change in changes if kind_of_change.kind != "shuffle"] + (
        [shuffles] if shuffles else []
    )


def _row(
    variant: str,
    settings: Mapping[str, Any],
    change: Change,
    group: str,
    cells: Sequence[Cell],
    finished: FinishedComparisons,
    scores: Scores,
) -> Row:
    done = [(cell, finished[cell.key()]) for cell in cells if cell.key() in finished]
    hidden = change.kind == "shuffle"
    n = len(done)

    def accuracy(side: str, k: int, supported: bool = False) -> Interval | None:
        return None if hidden else _accuracy(done, scores, side, k, supported)

    def mean(values: Sequence[float]) -> float | None:
        return sum(values) / n if n else None

    any_found = sum(answer["supported"] > 0 for _, answer in done)
    return Row(
        variant=variant,
        settings=public_spec(settings),
        change=change,
        group=group,
        pairs=len({cell.pair.name for cell in cells}),
        runs=n,
        unfinished=len(cells) - n,
        acc1=accuracy("a", 1),
        acc5=accuracy("a", 5),
        acc5_supported=accuracy("a", 5, True),
        acc5_b=accuracy("b", 5),
        reporting=(any_found / n, *wilson_interval(any_found, n)) if n else None,
        supported=mean([answer["supported"] for _, answer in done]),
        requests=mean([answer["usage"]["requests"] for _, answer in done]),
        tokens=mean(
            [
                answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"]
                for _, answer in done
            ]
        ),
        seconds=mean([sum(answer["seconds"].values()) for _, answer in done]),
    )


def _accuracy(
    done: Sequence[tuple[Cell, Any]], scores: Scores, side: str, k: int, supported: bool
) -> Interval | None:
    by_pair: dict[str, list[float]] = defaultdict(list)
    for cell, comparison in done:
        if side == "b" and (not cell.pair.truth_b or comparison["config"]["directions"] == "a"):
            continue
        answers = (_claims if supported else _answers)(comparison, side)[:k]
        asked = [_question(cell, side, answer) for answer in answers]
        judged = [scores.score(question) for question in asked if question is not None]
        by_pair[cell.pair.name].append(accuracy_at(judged, k))
    means = [sum(values) / len(values) for values in by_pair.values()]
    return bootstrap(means) if means else None


def _answers(comparison: Mapping[str, Any], side: str) -> list[str]:
    return [item["description"] for item in comparison[side]]


def _claims(comparison: Mapping[str, Any], side: str) -> list[str]:
    return [item["description"] for item in comparison[side] if item["supported"]]


def _question(cell: Cell, side: str, answer: str) -> Question | None:
    pair = cell.pair
    if side == "a":
        return Question(pair.truth, pair.truth_b, answer)
    return Question(pair.truth_b, pair.truth, answer) if pair.truth_b else None
