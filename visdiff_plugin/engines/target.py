"""Where workers on other machines write: the dataset's collection, without FiftyOne.

A worker that dies may have written its batch before it could say so, and whoever repeats the batch
must not write it again: each update names the key that must not be there yet, so MongoDB itself
refuses the second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..errors import EngineError
from ..mongo.documents import CHUNK, address_of
from ..mongo.saver import send
from ..mongo.updates import statements
from ..specs import public_spec
from .kind import Kind
from .work import Made, Todo

_PATIENCE_MS = 20_000
_LOOPBACK = ("localhost", "127.", "[::1]", "0.0.0.0")


@dataclass(frozen=True)
class Target:
    """One collection of one MongoDB.

    Args:
        uri: how MongoDB is reached, from every machine; it may hold a password
        database: the database's name
        collection: the collection's name
    """

    uri: str = field(repr=False)
    database: str
    collection: str

    @property
    def loopback(self) -> bool:
        """Whether the address means another database on each machine."""
        hosts = urlsplit(self.uri).netloc.rpartition("@")[2].split(",")
        return any(host.startswith(_LOOPBACK) for host in hosts)

    def open(self) -> Collection:
        """Connects.

        Raises:
            EngineError: if MongoDB does not answer
        """
        from pymongo import MongoClient
        from pymongo.errors import PyMongoError

        try:
            client: Any = MongoClient(self.uri, serverSelectionTimeoutMS=_PATIENCE_MS)
            client.admin.command("ping")
        except PyMongoError as error:
            raise EngineError(
                f"Expected MongoDB at {public_spec(self.uri)} to answer a Ray worker: {error}",
                "Set FIFTYONE_DATABASE_URI to an address that every node can reach.",
            ) from error
        return Collection(client[self.database][self.collection])


def target_of(dataset: Any, uri: str | None) -> Target:
    """Returns where a dataset's samples are.

    Args:
        dataset: a FiftyOne dataset
        uri: FiftyOne's ``database_uri``; None where it started a MongoDB of its own
    """
    host, port, database, collection = address_of(dataset)
    return Target(uri or f"mongodb://{host}:{port}", database, collection)


class Collection:
    """The samples, as workers read and write them.

    Args:
        samples: a pymongo collection
    """

    def __init__(self, samples: Any) -> None:
        self._samples = samples

    def pending(self, kind: Kind, todo: Todo) -> Todo:
        """Returns the images that have no value yet: a batch may be repeated after its write.

        Raises:
            EngineError: if the samples are not in this database
        """
        from bson import ObjectId

        ids = [ObjectId(sample_id) for sample_id in todo.ids]
        wanted = dict(zip(ids, todo.keys, strict=True))
        names = kind.key_path.split(".")
        known, done = 0, set()
        projection = {kind.key_path: 1, "_there": {"$gt": [f"${kind.field}", None]}}
        for start in range(0, len(ids), CHUNK):
            chunk = {"_id": {"$in": ids[start : start + CHUNK]}}
            for document in self._samples.find(chunk, projection):
                known += 1
                key: Any = document
                for name in names:
                    key = key.get(name) if isinstance(key, Mapping) else None
                if document["_there"] and key == wanted[document["_id"]]:
                    done.add(str(document["_id"]))
        if not known:
            raise EngineError(
                f"Expected {len(ids)} samples in the database that the Ray worker reached, got "
                "none of them.",
                "Set FIFTYONE_DATABASE_URI to an address that reaches the same MongoDB from every "
                "node.",
            )
        return todo.take([row for row, sample_id in enumerate(todo.ids) if sample_id not in done])

    def write(self, kind: Kind, made: Made) -> int:
        """Stores values that are not stored yet, and returns how many that were.

        Raises:
            ValueError: if MongoDB refuses a value
        """
        absent = (kind.field, kind.key_path)
        return send(self._samples, statements(made.ids, made.columns, absent))
