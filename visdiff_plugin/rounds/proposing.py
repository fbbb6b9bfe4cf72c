"""Rounds of a proposer over seeded subsets, run at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ..config import Config
from ..errors import CredentialsError, ModelError, ProposerError
from ..evidence.design import Codes
from ..selection import Candidate, Side
from ..stages import Attempt, Images, Proposer, ProposerReply, Usage, needs_of
from ..storable import storable, why_not

#: rounds asked at once: enough for any sensible number, kind to a local server
_MOST_AT_ONCE = 8
#: proposals of one reply: each takes a test on all images, and a row
_MOST = 1_000
#: characters of a proposal that is dropped
_SHOWN = 80


@dataclass(frozen=True)
class Round:
    """One call of a proposer: what is truer of ``side``, from these rows, which are of a fold.

    Where the rows come in pairs, ``pairs`` holds the code of each. With ``attempts`` the proposer
    is asked to refine these.
    """

    proposer: Proposer
    side: Side
    fold: int
    rows_a: Sequence[int]
    rows_b: Sequence[int]
    pairs: Sequence[int] | None = None
    attempts: Sequence[Attempt] = ()


@dataclass
class Proposed:
    """What the proposers returned.

    Args:
        candidates: every proposal of every round, repeats included
        rounds: JSON-safe record of each round: kind, side, ids sampled, reply, proposals or
            failure; of a refinement also what was tried
        failures: round -> reason
        dropped: proposal -> why it can't be tested
        notes: what a reader should know, in sentences
        usage: of all rounds
    """

    candidates: list[Candidate] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


def plan_rounds(
    proposer: Proposer,
    images: Images,
    subsets: Sequence[tuple[Sequence[int], Sequence[int]]],
    config: Config,
    first: int = 0,
    pairs: Codes | None = None,
) -> list[Round]:
    """Returns the rounds of one proposer; the same subsets serve both directions.

    Args:
        proposer: decides what it reads
        images: all images
        subsets: for each fold, the rows of A and of B that it shows
        config: directions
        first (0): number of the first fold
        pairs (None): pair of each image
    """
    if "captions" in needs_of(proposer, "captions") and images.captions is not None:
        subsets = [_captioned(a, b, images.captions, pairs) for a, b in subsets]
    sides: tuple[Side, ...] = ("a",) if config.directions == "a" else ("a", "b")
    # by fold: what several rounds say is tested with the first, whichever set is called A
    return [
        Round(proposer, side, fold, a, b, _pairs_of(a, b, pairs))
        for fold, (a, b) in enumerate(subsets, first)
        for side in sides
    ]


def _captioned(
    a: Sequence[int], b: Sequence[int], captions: Sequence[str], pairs: Codes | None
) -> tuple[list[int], list[int]]:
    """Returns the rows that have a caption; where they come in pairs, those of whole pairs."""
    if _pairs_of(a, b, pairs) is not None:
        both = [pair for pair in zip(a, b, strict=True) if all(captions[row] for row in pair)]
        return [row for row, _ in both], [row for _, row in both]
    return [row for row in a if captions[row]], [row for row in b if captions[row]]


def _pairs_of(a: Sequence[int], b: Sequence[int], pairs: Codes | None) -> list[int] | None:
    """Returns the pair of each row of A and B; None where they don't go together row by row."""
    if pairs is None or len(a) != len(b):
        return None
    codes = [int(pairs[row]) for row in a]
    return codes if min(codes, default=-1) >= 0 and codes == [pairs[row] for row in b] else None


def propose(
    take: Callable[[Sequence[int]], Images],
    rounds: Sequence[Round],
    before: Proposed | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> Proposed:
    """Runs all rounds at once and collects their proposals.

    A round that fails costs only itself. Raised are a failure of every round, and refused
    credentials where there is but one proposer: of several, the others still answer.

    Args:
        take: rows -> images with all that the proposers read
        rounds: whom to ask what
        before (None): what was proposed in earlier rounds, which is added to; then nothing is
            raised, as there is something to go on with
        progress: called with how many rounds are done; what it raises stops those that wait

    Raises:
        ModelError: of the first round, if none succeeded
    """
    proposed = before or Proposed()
    errors: list[ModelError] = []
    alone = len({id(round_.proposer) for round_ in rounds}) == 1
    with ThreadPoolExecutor(min(_MOST_AT_ONCE, len(rounds))) as pool:
        shown = _shown(take, rounds)
        calls = [
            pool.submit(_ask, round_, a, b) for round_, (a, b) in zip(rounds, shown, strict=True)
        ]
        for done, (round_, (a, b), call) in enumerate(zip(rounds, shown, calls, strict=True)):
            try:
                progress(done)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            record = _recorded(round_, a, b)
            proposed.rounds.append(record)
            try:
                reply, dropped = call.result()
            except ModelError as error:
                if alone and before is None and isinstance(error, CredentialsError):
                    pool.shutdown(cancel_futures=True)
                    raise
                errors.append(error)
                record["failure"] = storable(str(error))
                said = str(error) if alone else f"{round_.proposer.name}: {error}"
                proposed.failures[f"round {len(proposed.rounds)}"] = said
                continue
            number = len(proposed.rounds)
            proposed.dropped |= {f"round {number}, {item}": why for item, why in dropped.items()}
            proposed.notes += [note for note in reply.notes if note not in proposed.notes]
            record.update(reply=reply.text, proposals=list(reply.proposals))
            proposed.usage += reply.usage
            proposed.candidates += [
                Candidate(text, round_.proposer.name, (round_.side,), fold=round_.fold)
                for text in reply.proposals
            ]
    if before is None and errors and len(errors) == len(rounds):
        raise errors[0]
    return proposed


def _recorded(asked_round: Round, a: Images, b: Images) -> dict[str, Any]:
    record: dict[str, Any] = {
        "kind": "refine" if asked_round.attempts else "propose",
        "proposer": asked_round.proposer.name,
        "side": asked_round.side,
        "fold": asked_round.fold,
        "sampled_a": list(a.ids),
        "sampled_b": list(b.ids),
    }
    if asked_round.attempts:
        own, other = (a, b) if asked_round.side == "a" else (b, a)
        record["tried"] = [
            {
                "description": attempt.description,
                "missed": [own.ids[row] for row in attempt.missed],
                "mistaken": [other.ids[row] for row in attempt.mistaken],
            }
            for attempt in asked_round.attempts
        ]
    return record


def _shown(
    take: Callable[[Sequence[int]], Images], rounds: Sequence[Round]
) -> list[tuple[Images, Images]]:
    """Reads the images of each fold once, though several rounds show them."""
    read: dict[tuple[int, ...], Images] = {}

    def once(rows: Sequence[int]) -> Images:
        wanted = tuple(rows)
        if wanted not in read:
            read[wanted] = take(rows)
        return read[wanted]

    return [
        (
            replace(once(round_.rows_a), pairs=round_.pairs),
            replace(once(round_.rows_b), pairs=round_.pairs),
        )
        for round_ in rounds
    ]


def _ask(asked_round: Round, a: Images, b: Images) -> tuple[ProposerReply, dict[str, str]]:
    proposer = asked_round.proposer
    own, other = (a, b) if asked_round.side == "a" else (b, a)
    reply = (
        proposer.refine(own, other, asked_round.attempts)  # type: ignore[attr-defined]
        if asked_round.attempts
        else proposer.propose(own, other)
    )
    reply = reply if isinstance(reply, ProposerReply) else ProposerReply(reply)
    texts = reply.proposals
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise ProposerError(
            f"Expected a list of descriptions from the proposer {proposer.name!r}, got "
            f"{texts!r:.80}."
        )
    return _storable(reply, proposer.name)


def _storable(reply: ProposerReply, name: str) -> tuple[ProposerReply, dict[str, str]]:
    """Returns a reply as it can be stored, and why each proposal that it lacks can't be tested."""
    kept: list[str] = []
    dropped = {}
    for number, given in enumerate(reply.proposals, 1):
        known = isinstance(given, str)
        text = storable(given) if known else ""
        why = why_not(text) if known else f"it is {type(given).__name__} instead of text"
        if not why and len(kept) >= _MOST:
            why = f"the reply had over {_MOST:,} proposals"
        if why:
            dropped[f"proposal {number}: {text[:_SHOWN]}".rstrip(": ")] = why
        else:
            kept.append(text)
    if reply.proposals and not any(isinstance(given, str) for given in reply.proposals):
        raise ProposerError(
            f"Expected a list of descriptions from the proposer {name!r}, got "
            f"{reply.proposals!r:.80}."
        )
    text = storable(reply.text) if isinstance(reply.text, str) else ""
    return replace(reply, proposals=kept, text=text), dropped
