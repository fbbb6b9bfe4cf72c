"""Small MongoDB queries for forms, which give up if they take more than a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .documents import collection, pipeline, stored_path

#: a form that is being filled in waits no longer for one answer
_PATIENCE_MS = 2_000
#: samples up to which all values are counted
_MOST_GROUPED = 400_000


def count(
    dataset: Any, view: Any, more: Mapping[str, Any] | None = None, patience_ms: int = _PATIENCE_MS
) -> int | None:
    """Returns how many samples a view holds; None where that takes more than a moment.

    Args:
        dataset: a FiftyOne dataset
        view: the dataset, or a view of it
        more (None): a query that they must also meet
        patience_ms (2,000): how long a moment is
    """
    from pymongo.errors import ExecutionTimeout

    stages = pipeline(view)
    if not stages and not more:
        return int(collection(dataset).estimated_document_count())
    if patience_ms <= 0:
        return None
    wanted = [*stages, {"$match": more or {}}, {"$count": "n"}]
    try:
        counted = list(
            collection(dataset).aggregate(wanted, allowDiskUse=True, maxTimeMS=patience_ms)
        )
    except ExecutionTimeout:
        return None
    return int(counted[0]["n"]) if counted else 0


def frequent_values(dataset: Any, view: Any, path: str, most: int) -> list[Any]:
    """Returns the most frequent values of a field; empty where that takes more than a moment.

    Values in lists count one by one. Of a dataset of more than 400,000 samples, 20,000 are looked
    at.
    """
    from pymongo.errors import ExecutionTimeout

    stages = pipeline(view)
    if not stages and collection(dataset).estimated_document_count() > _MOST_GROUPED:
        stages = [{"$sample": {"size": _MOST_GROUPED // 20}}]  # quick up to a twentieth
    stages += [
        {"$project": {"value": f"${stored_path(dataset, path)}"}},
        {"$unwind": "$value"},
        {"$group": {"_id": "$value", "n": {"$sum": 1}}},
        {"$match": {"_id": {"$ne": None}}},
        {"$sort": {"n": -1, "_id": 1}},
        {"$limit": most},
    ]
    try:
        return [
            group["_id"] for group in collection(dataset).aggregate(stages, maxTimeMS=_PATIENCE_MS)
        ]
    except ExecutionTimeout:
        return []


def random_ids(dataset: Any, view: Any, most: int) -> list[str] | None:
    """Returns ids of a view's samples drawn at random; None where that takes more than a moment.

    Args:
        dataset: a FiftyOne dataset
        view: the dataset, or a view of it
        most: how many; all of them, in no order, where there are fewer
    """
    stages = pipeline(view)
    # of a whole collection MongoDB draws by itself; of a view, ids alone are shuffled
    stages += [{"$project": {"_id": 1}}] if stages else []
    return _ids(dataset, [*stages, {"$sample": {"size": most}}, {"$project": {"_id": 1}}])


def ids_among(
    dataset: Any, view: Any, ids: Sequence[str], query: Mapping[str, Any] | None = None
) -> list[str] | None:
    """Returns those of some ids that a view holds; None where that takes more than a moment.

    Args:
        dataset: a FiftyOne dataset
        view: the dataset, or a view of it; not looked at where a query says all
        ids: sample ids
        query (None): what the samples meet, where that is all that the view asks
    """
    from bson import ObjectId

    among = {"_id": {"$in": [ObjectId(sample_id) for sample_id in ids]}}
    stages = [*pipeline(view), {"$match": among}] if query is None else [
        {"$match": among}, {"$match": query}
    ]  # fmt: skip
    return _ids(dataset, [*stages, {"$project": {"_id": 1}}])


def _ids(dataset: Any, stages: Sequence[Mapping[str, Any]]) -> list[str] | None:
    from pymongo.errors import ExecutionTimeout

    try:
        documents = collection(dataset).aggregate(
            list(stages), allowDiskUse=True, maxTimeMS=_PATIENCE_MS
        )
        return [str(item["_id"]) for item in documents]
    except ExecutionTimeout:
        return None
