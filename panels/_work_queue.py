"""Work in progress on a dataset: from the store that operators write to, and from the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .work_cards import merged, queued, tried_again

#: what a failure is shown for: the newest ones
_MOST = 8

_OPERATORS = ("compare_views", "rank_hypotheses", "caption_samples", "embed_samples")
#: parameters that no form asks for
_NOT_ASKED = ("panel_id", "panel_state", "from_script")
_WAITING = ("scheduled", "queued")


def list_underway(ctx: Any) -> list[dict[str, Any]]:
    """Returns work in progress, newest first, and failures that were not dismissed."""
    from ..operators._progress import states

    return merged(states(ctx), [queued(operation) for operation in _operations(ctx.dataset)])


def stop(ctx: Any, name: str) -> None:
    """Asks running work to stop, and removes waiting work from the queue."""
    from fiftyone.operators.delegated import DelegatedOperationService

    from ..operators._progress import stop

    stop(ctx, name)
    for operation in _operations(ctx.dataset):
        if queued(operation)["name"] == name and operation.run_state in _WAITING:
            DelegatedOperationService().delete_operation(operation.id)


def form_of(ctx: Any, name: str) -> tuple[str, dict[str, Any]] | None:
    """Returns the operator of delegated work and what its form was filled with, if it is known."""
    for operation in _operations(ctx.dataset):
        if queued(operation)["name"] == name:
            request = getattr(operation.context, "request_params", None) or {}
            params = {key: value for key, value in (request.get("params") or {}).items()
                      if key not in _NOT_ASKED}  # fmt: skip
            return str(operation.operator).rpartition("/")[2], params
    return None


def dismiss(ctx: Any, name: str) -> None:
    """Hides a failure; the record of a delegated one stays in the database."""
    from fiftyone.operators.delegated import DelegatedOperationService

    from ..operators._progress import forget, states

    told = {state["name"]: state for state in states(ctx)}.get(name)
    forget(ctx, name)
    service = DelegatedOperationService()
    for operation in _operations(ctx.dataset):
        known = queued(operation)
        if known["name"] != name:
            continue
        if told and operation.run_state == "running" and not tried_again(known, told):
            service.set_failed(operation.id)  # its process was killed
        elif operation.run_state != "failed":
            continue
        service.archive_operation(operation.id)


def _operations(dataset: Any) -> Sequence[Any]:
    from fiftyone.factory import DelegatedOperationPagingParams
    from fiftyone.operators.delegated import DelegatedOperationService

    operations: Sequence[Any] = DelegatedOperationService().list_operations(
        dataset_name=dataset.name,
        operator={"$in": [f"@visdiff/visdiff/{name}" for name in _OPERATORS]},
        run_state={"$in": [*_WAITING, "running", "failed"]},
        paging=DelegatedOperationPagingParams(sort_by="updated_at", sort_direction=-1, limit=_MOST),
    )
    return operations
