"""Rounds of a proposer over seeded subsets, run at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .config import Config
from .errors import CredentialsError, ModelError
from .selection import Candidate, Side
from .stages import Images, Proposer, ProposerReply, Usage

#: rounds asked at once: enough for any sensible number, kind to a local server
_MOST_AT_ONCE = 8


@dataclass(frozen=True)
class Round:
    """One call of a proposer: what is truer of ``side``, from these rows, which are of a fold."""

    side: Side
    fold: int
    rows_a: Sequence[int]
    rows_b: Sequence[int]


@dataclass
class Proposed:
    """What the proposer said.

    Args:
        candidates: every proposal of every round, repeats included
        rounds: JSON-safe record of each round: side, ids sampled, reply, proposals or failure
        failures: round -> reason
        usage: of all rounds
    """

    candidates: list[Candidate] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


def plan_rounds(
    proposer: Proposer,
    images: Images,
    subsets: Sequence[tuple[Sequence[int], Sequence[int]]],
    config: Config,
) -> list[Round]:
    """Returns the rounds to ask; the same subsets serve both directions.

    Args:
        proposer: decides what it reads
        images: all images
        subsets: for each fold, the rows of A and of B that it shows
        config: directions
    """
    if getattr(proposer, "needs", "captions") == "captions" and images.captions is not None:
        captions = images.captions
        subsets = [
            ([row for row in a if captions[row]], [row for row in b if captions[row]])
            for a, b in subsets
        ]
    sides: tuple[Side, ...] = ("a",) if config.directions == "a" else ("a", "b")
    # by fold: what several rounds say is tested with the first, whichever set is called A
    return [Round(side, fold, a, b) for fold, (a, b) in enumerate(subsets) for side in sides]


def propose(
    proposer: Proposer, take: Callable[[Sequence[int]], Images], rounds: Sequence[Round]
) -> Proposed:
    """Asks all rounds at once and collects what they propose.

    A round that fails costs only itself; refused credentials, or a failure of every round, are
    raised.

    Args:
        proposer: whom to ask
        take: rows -> images with all that the proposer reads
        rounds: what to show

    Raises:
        ModelError: of the first round, if none succeeded
    """
    found = Proposed()
    errors: list[ModelError] = []
    with ThreadPoolExecutor(min(_MOST_AT_ONCE, len(rounds))) as pool:
        shown = [(take(one.rows_a), take(one.rows_b)) for one in rounds]
        calls = [
            pool.submit(_ask, proposer, one.side, a, b)
            for one, (a, b) in zip(rounds, shown, strict=True)
        ]
        for number, (one, call) in enumerate(zip(rounds, calls, strict=True), 1):
            record: dict[str, Any] = {
                "side": one.side,
                "fold": one.fold,
                "sampled_a": list(shown[number - 1][0].ids),
                "sampled_b": list(shown[number - 1][1].ids),
            }
            found.rounds.append(record)
            try:
                reply = call.result()
            except CredentialsError:
                pool.shutdown(cancel_futures=True)
                raise
            except ModelError as error:
                errors.append(error)
                found.failures[f"round {number}"] = record["failure"] = str(error)
                continue
            record.update(reply=reply.text, proposals=list(reply.proposals))
            found.usage += reply.usage
            found.candidates += [
                Candidate(text, proposer.name, (one.side,), fold=one.fold)
                for text in reply.proposals
            ]
    if errors and len(errors) == len(rounds):
        raise errors[0]
    return found


def _ask(proposer: Proposer, side: Side, a: Images, b: Images) -> ProposerReply:
    reply = proposer.propose(a, b) if side == "a" else proposer.propose(b, a)
    if isinstance(reply, ProposerReply):
        return reply
    if not isinstance(reply, (list, tuple)) or not all(isinstance(one, str) for one in reply):
        raise ModelError(
            f"Expected a list of descriptions of the proposer {proposer.name!r}, got {reply!r:.80}."
        )
    return ProposerReply(list(reply))
