"""State shared by the threads that call one server."""

from __future__ import annotations

import threading

from ..errors import ModelError, ServerError

#: server failures in a row, without one answer, after which nothing more is asked
_MOST_FAILURES = 3


class Calls:
    """The state of many calls to one server.

    Attributes:
        fatal: an error that concerns all calls; it is to be raised
        failure: the first failure of the server
        answered: whether there was any answer
        probing: held while checking whether a rejection concerns one call or all
    """

    def __init__(self) -> None:
        self.fatal: ModelError | None = None
        self.failure: ServerError | None = None
        self.answered = False
        self.probing = threading.Lock()
        self._lock = threading.Lock()
        self._in_a_row = 0

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be asked."""
        return self.fatal is not None or self._in_a_row >= _MOST_FAILURES

    def succeed(self) -> None:
        """Notes that the server answered."""
        with self._lock:
            self.answered, self._in_a_row = True, 0

    def fail(self, error: ServerError) -> None:
        """Notes that the server did not answer."""
        with self._lock:
            self.failure = self.failure or error
            self._in_a_row += 1

    def stop(self, error: ModelError) -> None:
        """Notes that no call can succeed."""
        with self._lock:
            self.fatal = self.fatal or error

    def check(self) -> None:
        """Raises the error that concerns all calls, if any.

        Raises:
            ModelError: that no call can succeed, or that the server answered none
        """
        if self.fatal is not None:
            raise self.fatal
        if self.failure is not None and not self.answered:
            raise self.failure
