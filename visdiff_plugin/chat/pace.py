"""How many requests a server is sent at a time: as many as it answers in time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

#: a server that asks no more at once than this never waits for us
_MOST = 256
#: share of the timeout that an answer may take before more at once would be too many
_SAFE = 0.75
#: after a timeout, answers (times requests at once) before one more is tried
_PATIENCE = 8


class Turn(NamedTuple):
    """A request that may be sent: when it began, and whether no other could after it."""

    era: int
    full: bool


class Pace:
    """Lets requests pass, and learns from their answers how many at a time; for one event loop.

    Some servers answer one request at a time (Ollama does): of eight that are sent together the
    last waits for seven others, times out, and is sent again, which makes it worse. So the number
    is halved when requests time out, and grows while answers come well within the timeout.

    Args:
        at_once (4): requests at a time at first

    Attributes:
        at_once: requests at a time now
    """

    def __init__(self, at_once: int = 4) -> None:
        self.at_once = at_once
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._era = 0
        self._earned = 0
        self._rest_until = 0.0

    async def begin(self) -> Turn:
        """Waits for its turn; returns what `end` is to be given."""
        loop = asyncio.get_running_loop()
        while self._busy >= self.at_once or loop.time() < self._rest_until:
            if loop.time() < self._rest_until:
                await asyncio.sleep(self._rest_until - loop.time())
                continue
            turn = loop.create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()  # the turn may have been given already
                raise
        self._busy += 1
        return Turn(self._era, self._busy >= self.at_once)

    def end(
        self, turn: Turn, share: float | None, *, crowded: bool = False, rest: float = 0.0
    ) -> None:
        """Ends a turn.

        Args:
            turn: what `begin` returned
            share: of its timeout that the answer took; None where none came
            crowded (False): whether there were too many at once: a timeout, or the server said so
            rest (0): seconds without a new request where there were: a server that still answers
                those that nobody waits for any more catches up
        """
        self._busy -= 1
        if crowded and turn.era == self._era:  # those sent together count once
            self.at_once, self._earned = max(1, self.at_once // 2), 0
            self._era += 1
            self._rest_until = asyncio.get_running_loop().time() + rest
        elif share is not None and turn.full:  # of others it says too little
            self._earn(share)
        self._wake()

    def _earn(self, share: float) -> None:
        """Counts an answer; a server that answers in turn would take longer with one more."""
        if self.at_once >= _MOST or share * (self.at_once + 1) / self.at_once > _SAFE:
            return
        self._earned += 1
        if self._earned >= (_PATIENCE * self.at_once if self._era else 1):
            self.at_once, self._earned = self.at_once + 1, 0

    def _wake(self) -> None:
        free = self.at_once - self._busy
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
