"""What the database refuses or does not answer, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StoreError

#: letters of the driver's message, which lists every server with all that it knows of it
_MOST = 200


@contextmanager
def store_in_words() -> Iterator[None]:
    """Turns errors of the database into `StoreError`; also a decorator.

    Raises:
        StoreError: if the database can't be reached, or refuses what it is asked
    """
    from pymongo.errors import ConnectionFailure, PyMongoError  # where it is used: it is slow

    try:
        yield
    except PyMongoError as error:
        said = " ".join(str(error).split())
        said = said if len(said) <= _MOST else f"{said[: _MOST - 3]}..."
        if isinstance(error, ConnectionFailure):
            raise StoreError(
                f"Expected an answer of FiftyOne's database (MongoDB), got none: {said}",
                "Captions and embeddings stored so far are kept. Start it again and repeat.",
            ) from error
        raise StoreError(
            f"Expected FiftyOne's database (MongoDB) to take what it was sent, got: {said}",
            "See that its disk is not full.",
        ) from error
