"""The errors that a user can fix, and the setting that fixes each.

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
            ``"a"``, ``"b"`` or ``"within"``; forms point to that control
    """

    #: whether the same call may succeed later without any change
    retryable: bool = False

    def __init__(self, message: str, hint: str = "", *, about: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.hint, self.about = hint, about


class SettingError(ValueError):
    """A wrong value of one setting, a member of `visdiff_plugin.Config`.

    Args:
        message: what was expected and what was got
        about (""): the member
    """

    def __init__(self, message: str, *, about: str = "") -> None:
        super().__init__(message)
        self.about = about


@contextmanager
def concerning(about: str) -> Iterator[None]:
    """Marks errors raised inside with the setting they are about, unless they name one.

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
    """A run key is taken, unknown, or not a valid identifier."""


class MediaError(VisDiffError):
    """No image of a set could be read."""


class DependencyError(VisDiffError):
    """An optional package is not installed."""


class EvaluationError(VisDiffError):
    """A benchmark's table or plan, or a judge's answer, is invalid."""


class Cancelled(VisDiffError):
    """The user asked to stop: raised by a progress callback, and so between two batches."""


class EngineError(VisDiffError):
    """The engine that should run the models can't be reached or can't run them."""

    retryable = True


class ModelError(VisDiffError):
    """A captioner, encoder, proposer or ranker could not be loaded or did not answer."""


class StoreError(VisDiffError):
    """FiftyOne's database can't be reached, or did not take what was written."""

    retryable = True


class ServerError(ModelError):
    """A model's server can't be reached, is overloaded or answers nonsense; try again later."""

    retryable = True


class CredentialsError(ModelError):
    """A model's server needs an API key, or rejected the one it got."""


class ProposerError(ModelError):
    """A proposer answered, but its reply contains no proposal."""
