"""State shared by the threads that call one server."""

from __future__ import annotations

import threading

from ..errors import ModelError, ServerError

#: server failures in a row, without one answer, after which nothing more is asked
_MOST_FAILURES = 3
#: answers in a row that say nothing, after which nothing more is asked: of a model that has not
#: said anything yet, and of one that has
_MOST_SILENT, _MOST_SILENT_LATER = 5, 20


class Calls:
    """The state of many calls to one server.

    Args:
        spoke (False): whether the model is known to say something

    Attributes:
        fatal: an error that concerns all calls; it is to be raised
        failure: the first failure of the server
        silence: the first answer that said nothing
        answered: whether there was any answer
        spoke: whether any answer said something
        probing: held while checking whether a rejection concerns one call or all
    """

    def __init__(self, spoke: bool = False) -> None:
        self.fatal: ModelError | None = None
        self.failure: ServerError | None = None
        self.silence: ModelError | None = None
        self.answered = False
        self.spoke = spoke
        self.probing = threading.Lock()
        self._lock = threading.Lock()
        self._in_a_row = self._silent = 0

    @property
    def stopped(self) -> str:
        """Why nothing more is to be asked, in words; empty while there is no reason."""
        if self._silent >= (_MOST_SILENT_LATER if self.spoke else _MOST_SILENT):
            return f"not asked: {self._silent} answers in a row said nothing"
        stopped = self.fatal is not None or self._in_a_row >= _MOST_FAILURES
        return "not asked: the model's server stopped answering" if stopped else ""

    def succeed(self) -> None:
        """Notes that the server answered, be it with a rejection of one request."""
        with self._lock:
            self.answered, self._in_a_row = True, 0

    def hear(self) -> None:
        """Notes that an answer said something."""
        with self._lock:
            self.answered, self.spoke, self._in_a_row, self._silent = True, True, 0, 0

    def hear_nothing(self, error: ModelError) -> None:
        """Notes that an answer said nothing, or only thought."""
        with self._lock:
            self.silence = self.silence or error
            self.answered, self._in_a_row = True, 0
            self._silent += 1

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
            ModelError: that no call can succeed, that the server answered none, or that many
                answers said nothing and none said something
        """
        if self.fatal is not None:
            raise self.fatal
        if self.silence is not None and not self.spoke and self._silent >= _MOST_SILENT:
            raise self.silence
        if self.failure is not None and not self.answered:
            raise self.failure
