"""Work under way, from the store and from the queue, as the panel's cards."""

from types import SimpleNamespace

from panels.work_cards import merged, queued, reason

TRACEBACK = """Traceback (most recent call last):
  File "/x/y.py", line 3, in execute
    raise ServerError("...")
visdiff_plugin.errors.ServerError: Expected an answer from http://h/v1, got none. Start the server.
"""


def operation(state, error=None, **params):
    return SimpleNamespace(
        operator="@visdiff/visdiff/compare_views",
        context=SimpleNamespace(request_params={"params": params}),
        run_state=state,
        status=SimpleNamespace(progress=0.2, label="Reading"),
        result=SimpleNamespace(error=error),
    )


def state(name, kind="running", **changes):
    values = {"name": name, "state": kind, "fraction": 0.4, "label": "Captioning 4 of 10",
              "error": "", "began": "1", "updated": "2"}  # fmt: skip
    return {**values, **changes}


def test_a_queued_comparison_says_what_it_compares():
    found = queued(operation("queued", a="wrong", b="tag:right", run_key="errors"))
    assert found["title"] == "errors: wrong vs. tag:right" and found["name"] == "errors"
    [card] = merged([], [found])
    assert card["state"] == "waiting for a worker" and card["progress"] is None
    assert card["moving"] and card["stoppable"] and not card["failed"]


def test_work_in_the_store_and_in_the_queue_is_one_card():
    waiting = queued(operation("running", a="wrong", b="right", run_key="errors"))
    [card] = merged([state("errors")], [waiting])
    assert card["title"] == "errors: wrong vs. right"
    assert card["said"] == "Captioning 4 of 10" and card["progress"] == 0.4
    assert [one["name"] for one in merged([state("old"), state("new")], [])] == ["new", "old"]


def test_stopping_can_not_be_asked_for_twice():
    [card] = merged([state("errors", "stopping")], [])
    assert card["moving"] and not card["stoppable"]


def test_a_failure_says_why_and_moves_no_more():
    [card] = merged([state("errors", "failed", error="No key.", fraction=None)], [])
    assert card["failed"] and card["said"] == "No key." and not card["moving"]
    [card] = merged([], [queued(operation("failed", TRACEBACK, run_key="errors"))])
    assert card["said"] == "Expected an answer from http://h/v1, got none. Start the server."


def test_what_failed_and_is_tried_again_is_under_way():
    again = queued(operation("queued", run_key="errors"))
    [card] = merged([state("errors", "failed", error="No key.")], [again])
    assert card["moving"] and card["said"] == "Reading"


def test_of_two_operations_of_one_name_the_newer_counts():
    newer, older = operation("queued", run_key="errors"), operation("failed", "x", run_key="errors")
    [card] = merged([], [queued(newer), queued(older)])
    assert not card["failed"]


def test_reasons_are_what_an_error_said():
    assert reason("ValueError: Expected a: b") == "Expected a: b"
    assert reason("no colon") == "no colon"
    assert reason(None) == "It failed without saying why."
    two = "KeyError: first\nand more\n"
    assert reason(two) == "first and more"
