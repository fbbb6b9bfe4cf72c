"""Judged answers, kept on disk: a table can be made again without the judge's model."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ..cache.lines import Lines
from ..errors import EvaluationError
from ..specs import public_spec
from ..stages import Usage
from .judges import Judge, Judgment, Question

#: questions asked at once
_AT_ONCE = 8


class Judgments:
    """Scores by judge and question.

    Args:
        path: of the file that they are kept in
        judge: asked where there is no score yet; None only reads
        label: the judge's identity of the scores that are read; of ``judge`` by default
    """

    def __init__(
        self, path: str | os.PathLike[str], judge: Judge | None, label: str | None = None
    ) -> None:
        self._lines = Lines(path)
        self._judge = judge
        if label is None:
            if judge is None:
                raise ValueError("Expected a judge or the label of one, got neither.")
            label = identity(judge)
        self.label = label
        self.usage = Usage()

    def ask(self, questions: Iterable[Question]) -> None:
        """Makes sure that all are judged; scores are kept even if a later one fails.

        Raises:
            EvaluationError: on a reply that is no score, or without a judge for a new question
            ModelError: if the judge does not answer
        """
        new = {
            self._key(question): question
            for question in questions
            if self._key(question) not in self._lines
        }
        if not new:
            return
        judge = self._judge
        if judge is None:
            raise EvaluationError(
                f"Expected scores of the judge {self.label!r} for {len(new)} more answers, got "
                "none.",
                "Pass the judge so it can be asked.",
            )
        keys = list(new)
        for start in range(0, len(keys), _AT_ONCE):
            self._ask_some(judge, {key: new[key] for key in keys[start : start + _AT_ONCE]})

    def _ask_some(self, judge: Judge, questions: dict[str, Question]) -> None:
        errors: list[BaseException] = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            calls = {key: pool.submit(judge.judge, question) for key, question in questions.items()}
        for key, call in calls.items():
            error = call.exception()
            if error is not None:
                errors.append(error)
                continue
            self._keep(key, questions[key], call.result())
        if errors:
            raise errors[0]

    def _keep(self, key: str, question: Question, judgment: Judgment) -> None:
        self.usage += judgment.usage
        self._lines.append(
            key,
            {
                "judge": self.label,
                "truth": question.truth,
                "other": question.other,
                "proposal": question.proposal,
                "score": judgment.score,
                "reply": judgment.reply,
            },
        )

    def score(self, question: Question) -> int:
        """Returns the kept score of a question that was asked."""
        return int(self._lines[self._key(question)]["score"])

    def _key(self, question: Question) -> str:
        text = json.dumps([self.label, question.truth, question.other, question.proposal])
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def identity(judge: Judge) -> str:
    """Returns a judge's name with all that changes its scores, without secrets."""
    parameters = json.dumps(public_spec(judge.parameters), sort_keys=True)
    return f"{judge.name} {parameters}" if judge.parameters else judge.name
