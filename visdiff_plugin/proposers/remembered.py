"""A proposer that is asked only once about the same images, whatever ranker follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from ..cache.lines import Lines
from ..specs import public_spec
from ..stages import Attempt, Images, Proposer, ProposerReply, Usage, needs_of, parameters_of


class RememberedProposer:
    """Passes a proposer's members on, and keeps its replies on disk.

    In a matrix every ranker then orders the same proposals, which are paid for once; their calls
    and tokens count for each, as they would alone.

    Args:
        proposer: whom to ask
        replies: where replies are kept
    """

    def __init__(self, proposer: Proposer, replies: Lines) -> None:
        self._proposer, self._replies = proposer, replies
        #: of the calls since this was last emptied: what was asked
        self.asked: list[str] = []
        #: of the same calls: whether the model had to answer any
        self.anew = False

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._proposer, name)
        return self._refine if name == "refine" else member  # only where the proposer has one

    @property
    def name(self) -> str:
        """The proposer's own name."""
        return self._proposer.name

    def propose(self, a: Images, b: Images) -> ProposerReply:
        """Returns the kept reply to these images, or asks."""
        return self._kept(self._key(a, b), lambda: self._proposer.propose(a, b))

    def _refine(self, a: Images, b: Images, attempts: Sequence[Attempt]) -> ProposerReply:
        tried = [
            [attempt.description, list(attempt.missed), list(attempt.mistaken)]
            for attempt in attempts
        ]
        asked = getattr(self._proposer, "refine")  # noqa: B009 - not every proposer has it
        return self._kept(self._key(a, b, tried), lambda: asked(a, b, attempts))

    def _kept(self, key: str, ask: Callable[[], ProposerReply | Sequence[str]]) -> ProposerReply:
        self.asked.append(key)
        if key not in self._replies:
            self.anew = True
            reply = ask()
            if not isinstance(reply, ProposerReply):
                reply = ProposerReply(list(reply))
            self._replies.append(
                key,
                {
                    "proposer": self.name,
                    "proposals": list(reply.proposals),
                    "text": reply.text,
                    "usage": vars(reply.usage),
                    **({"notes": list(reply.notes)} if reply.notes else {}),
                },
            )
        kept = self._replies[key]
        usage = Usage(**kept["usage"])
        return ProposerReply(kept["proposals"], kept["text"], usage, kept.get("notes", ()))

    def begin(self) -> None:
        """Forgets what was asked, not what was answered."""
        self.asked, self.anew = [], False

    def question(self) -> str:
        """Returns a code of all that was asked since `begin`; the order does not matter."""
        return hashlib.blake2b("".join(sorted(self.asked)).encode(), digest_size=12).hexdigest()

    def _key(self, a: Images, b: Images, tried: Sequence[Any] = ()) -> str:
        digest = hashlib.blake2b(digest_size=12)
        if tried:
            digest.update(json.dumps(tried).encode())
        own = public_spec(parameters_of(self._proposer))
        digest.update(json.dumps([self.name, own], sort_keys=True).encode())
        needs = needs_of(self._proposer, "captions")  # what else is there is for rankers
        for images in (a, b):
            captions = list(images.captions or ()) if "captions" in needs else []
            tied = [] if images.pairs is None else ["paired"]  # another question
            digest.update(json.dumps([list(images.ids), captions, *tied]).encode())
            if images.embeddings is not None and "embeddings" in needs:
                digest.update(images.embeddings.tobytes())
        return digest.hexdigest()
