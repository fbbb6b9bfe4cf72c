"""Work in progress as the cards that the panel shows; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

_STATES = {
    "scheduled": "waiting for a worker",
    "queued": "waiting for a worker",
    "running": "running",
    "stopping": "stopping",
    "failed": "failed",
}


def queued(operation: Any) -> dict[str, Any]:
    """Returns what is known of a delegated operation.

    Args:
        operation: FiftyOne's document of it

    Returns:
        ``name`` (as in the store: the run key, or the operator's name), ``title``, ``state``,
        ``since`` (ISO 8601, UTC), ``fraction``, ``label`` and ``error``
    """
    request: Mapping[str, Any] = getattr(operation.context, "request_params", None) or {}
    params = request.get("params") or {}
    name = str(params.get("run_key") or str(operation.operator).rpartition("/")[2])
    sets = [params[side] for side in ("a", "b") if isinstance(params.get(side), str)]
    status = operation.status
    return {
        "name": name,
        "title": f"{name}: {sets[0]} vs. {sets[1]}" if len(sets) == 2 else name,
        "state": str(operation.run_state),
        "since": _latest(operation),
        "fraction": getattr(status, "progress", None),
        "label": getattr(status, "label", None) or "",
        "error": reason(getattr(operation.result, "error", None)),
    }


def merged(
    told: Sequence[Mapping[str, Any]], operations: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Returns a card for each piece of work, newest first.

    Args:
        told: states of the store, oldest first: they know the progress best
        operations: delegated ones, newest first; of the same name, the first counts

    Returns:
        ``name``, ``title``, ``state`` and ``said`` in words, ``progress`` in [0, 1] or None, and
        whether it ``failed``, its form can be filled ``again``, it is ``stoppable``, and it is
        ``moving``: worth checking again
    """
    titles: dict[str, Mapping[str, Any]] = {}
    for operation in operations:
        titles.setdefault(operation["name"], operation)
    known = {state["name"]: state for state in told}
    names = [*reversed(known), *(name for name in titles if name not in known)]
    return [_card(name, titles.get(name), known.get(name)) for name in names]


def _card(
    name: str, operation: Mapping[str, Any] | None, told: Mapping[str, Any] | None
) -> dict[str, Any]:
    work = told or operation or {}
    state = str(work["state"])
    if told and told["state"] == "failed" and operation and tried_again(operation, told):
        work, state = operation, str(operation["state"])
    failed, fraction = state == "failed", work.get("fraction")
    running = state in ("running", "stopping")
    return {
        "name": name,
        "title": operation["title"] if operation else name,
        "state": _STATES.get(state, state),
        "said": str((work.get("error") if failed else work.get("label")) or ""),
        "progress": min(1.0, max(0.0, float(fraction))) if running and fraction else None,
        "failed": failed,
        "again": operation is not None,
        "stoppable": not failed and state != "stopping",
        "moving": not failed,
    }


def tried_again(operation: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Returns whether delegated work is under way that began after a failure that was told.

    FiftyOne goes on calling work running whose process was killed.
    """
    return operation["state"] != "failed" and operation["since"] > str(told["updated"])


def _latest(operation: Any) -> str:
    times = (getattr(operation, f"{what}_at", None) for what in ("scheduled", "queued", "started"))
    known = [time.replace(tzinfo=UTC) for time in times if time is not None]
    return max(known).isoformat(timespec="milliseconds") if known else ""


def reason(error: Any) -> str:
    """Returns what went wrong, in a sentence, out of a traceback."""
    lines = [line for line in str(error or "").strip().splitlines() if line.strip()]
    if not lines:
        return "It failed without saying why."
    # the exception's own line: frames are indented, and its class says nothing to a user
    last = max((at for at, line in enumerate(lines) if _raises(line)), default=len(lines) - 1)
    first, *more = lines[last:]
    kind, colon, said = first.partition(": ")
    return " ".join([said if colon and " " not in kind else first, *more])


def _raises(line: str) -> bool:
    kind = line.partition(":")[0]
    return not line.startswith(" ") and " " not in kind and kind.isascii() and "rror" in kind
