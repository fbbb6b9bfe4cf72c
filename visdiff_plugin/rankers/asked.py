"""State shared by threads that ask one model: whether to go on, answers, failures."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict

from ..account import Skipped
from ..chat.calls import Calls
from ..chat.reply import RejectedError, shortened
from ..errors import ModelError
from ..stages import Usage

#: answers without one yes or no, after which the model is taken to be unable to give any
PATIENCE = 30
#: different reasons that are told apart: a server may put a number of its own into each message
_MOST_REASONS = 20


class Tally:
    """Counts answers, failures and costs.

    Attributes:
        usage: of all answers
        read: answers that could be read
        unread: answers that could not
    """

    def __init__(self) -> None:
        self.usage = Usage()
        self.read = 0
        self.unread = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def pay(self, usage: Usage) -> None:
        """Adds what a call cost."""
        with self._lock:
            self.usage += usage

    def hear(self, *, readable: bool) -> None:
        """Counts an answer."""
        with self._lock:
            self.read += readable
            self.unread += not readable

    def miss(self, what: str, reason: str, example: str, n: int = 1) -> None:
        """Counts ``n`` things that are missing for one reason; the first examples are kept."""
        with self._lock:
            if (what, reason) not in self._counts and len(self._counts) >= _MOST_REASONS:
                reason = "other reasons"
            self._counts[what, reason] += n
            examples = self._examples[what, reason]
            if len(examples) < 5:
                examples.append(example)

    def stuck(self) -> bool:
        """Whether many answers came and none could be read."""
        return not self.read and self.unread >= PATIENCE

    def skipped(self) -> list[Skipped]:
        """Returns what is missing, most frequent reason first."""
        return [
            Skipped(what, reason, count, tuple(self._examples[what, reason]))
            for (what, reason), count in self._counts.most_common()
        ]


class Asked:
    """The state of many questions to one model.

    Attributes:
        calls: whether the server answers
        tally: counts of answers, failures and costs
        accepts: whether a plain question was accepted after another was rejected
    """

    def __init__(self) -> None:
        self.calls, self.tally = Calls(), Tally()
        self.accepts = False
        self._unread = ""

    def hear(self, usage: Usage, words: str, readable: bool, name: str) -> None:
        """Counts an answer; where many came and none is a yes or no, nothing more is asked.

        Args:
            usage: what it cost
            words: what was said
            readable: whether that is a yes or no
            name: of the ranker
        """
        self.tally.pay(usage)
        self.tally.hear(readable=readable)
        if not readable:
            self._unread = self._unread or shortened(words, 120)
            if self.tally.stuck():
                self.calls.stop(self.unreadable(name))

    def unreadable(self, name: str) -> ModelError:
        """Returns the error of a model that gave no yes or no."""
        return ModelError(
            f"Expected yes or no from {name}, got neither in {self.tally.unread} answers, such as "
            f"{self._unread!r}.",
            "Choose another model. One that thinks before it answers needs a larger max_tokens.",
        )


def no_chances(name: str) -> ModelError:
    """Returns the error of a server that gives no log-probabilities."""
    return ModelError(
        f"Expected log-probabilities from {name}, got an answer without them.",
        "Use answers='binary', or a server and model that return them.",
    )


def takes_none(name: str, about: str, top: int | None, error: RejectedError) -> ModelError:
    """Returns the error of a server that rejects any such request.

    Args:
        name: of the ranker
        about: ``"caption"`` or ``"image"``
        top: how many log-probabilities were asked for, or None
        error: its answer to a plain question
    """
    hints = ["Choose a vision model."] if about == "image" else []
    if top is not None:
        hints.append(f"It was asked for top_logprobs={top}: lower it, or use answers='binary'.")
    return ModelError(
        f"Expected {name} to answer, but it rejects even a plain question: {error}",
        " ".join(hints),
    )
