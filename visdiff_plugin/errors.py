"""The errors that a user can mend, and which setting mends them.

Wrong arguments raise ``ValueError`` as everywhere; those of one setting are a `SettingError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class VisDiffError(Exception):
    """Base of every error this library raises on purpose.

    Args:
        message: what was expected and what was got
        hint (""): what to do about it; appended to the message
        about (""): what of the request can mend it: a member of `visdiff_plugin.Config`, or
            ``"a"`` or ``"b"``; forms point to that control
    """

    #: whether the same call may succeed later without any change
    retryable: bool = False

    def __init__(self, message: str, hint: str = "", *, about: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.hint, self.about = hint, about


class SettingError(ValueError):
    """A wrong argument that is one setting's: a member of `visdiff_plugin.Config`.

    Args:
        message: what was expected and what was got
        about (""): the member
    """

    def __init__(self, message: str, *, about: str = "") -> None:
        super().__init__(message)
        self.about = about


@contextmanager
def concerning(about: str) -> Iterator[None]:
    """Says of an error that is raised inside what it is about, unless it says so itself.

    Raises:
        SettingError: for any other ``ValueError``
    """
    try:
        yield
    except (VisDiffError, SettingError) as error:
        error.about = error.about or about
        raise
    except ValueError as error:
        raise SettingError(str(error), about=about) from error


class SelectionError(VisDiffError):
    """A or B can't be compared: unknown, empty, identical or of an unsupported media type."""


class FieldError(VisDiffError):
    """A field of the dataset is missing, holds something else, or belongs to another model."""


class RunError(VisDiffError):
    """A run key is taken, unknown, or no identifier."""


class MediaError(VisDiffError):
    """No image of a set could be read."""


class DependencyError(VisDiffError):
    """An optional package is not installed."""


class EvaluationError(VisDiffError):
    """A benchmark's table or plan, or a judge's answer, is not as it should be."""


class Cancelled(VisDiffError):
    """The user asked to stop: raised by a progress callback, and so between two batches."""


class EngineError(VisDiffError):
    """Where model work was to run can't be reached, or can't do it; try again once it can."""

    retryable = True


class ModelError(VisDiffError):
    """A captioner, encoder, proposer or ranker could not be loaded or did not answer."""


class ServerError(ModelError):
    """A model's server can't be reached, is overloaded or answers nonsense; try again later."""

    retryable = True


class CredentialsError(ModelError):
    """A model's server wants an API key, or refused the one it was given."""


class ProposerError(ModelError):
    """A proposer answered, but its reply holds no proposal."""
