"""Cards of work in progress: what is being tried again, and what only looks so."""

from datetime import UTC, datetime
from types import SimpleNamespace

from panels.work_cards import merged, queued

TOLD = {"name": "mine", "state": "failed", "fraction": 0.3, "label": "",
        "error": "The process died without reporting an error.", "began": "",
        "updated": "2026-01-02T10:00:00.000+00:00"}  # fmt: skip


def operation(state, hour):
    # FiftyOne's times are UTC and say nothing of it
    started = datetime(2026, 1, 2, hour, tzinfo=UTC).replace(tzinfo=None)
    return queued(SimpleNamespace(
        operator="@visdiff/visdiff/compare_views", run_state=state, status=None, result=None,
        context=SimpleNamespace(request_params={"params": {"run_key": "mine"}}),
        scheduled_at=started, queued_at=None, started_at=started,
    ))  # fmt: skip


def test_killed_work_is_not_called_running():
    [card] = merged([TOLD], [operation("running", 9)])
    assert card["failed"] and "died" in card["said"] and not card["stoppable"]


def test_work_that_is_tried_again_is():
    [card] = merged([TOLD], [operation("running", 11)])
    assert not card["failed"] and card["state"] == "running"
    [card] = merged([TOLD], [operation("scheduled", 11)])
    assert card["state"] == "waiting for a worker"
