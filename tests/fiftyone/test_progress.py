"""Long work from the App: progress, its state in the store, stopping, failures."""

import subprocess
import sys
import threading
import time

import fiftyone.operators as foo
import pytest
from fakes import ColorCaptioner
from forms import URI, context

import visdiff_plugin as visdiff
from operators import _progress
from visdiff_plugin.errors import Cancelled, ServerError


@pytest.fixture
def ctx(dataset):
    return context(dataset)


def messages(stream):
    """What the App is told: the operator that is triggered, and its parameters."""
    told = [one.to_json() for one in stream]
    asked = [state["body"] for state in told if state["cls"] == "InvocationRequest"]
    return [(one["operator_uri"].rpartition("/")[2], one["params"]) for one in asked]


def test_progress_and_the_answer_are_streamed(ctx):
    seen = []

    def work(progress):
        for done in range(1, 4):
            progress(done / 4, f"Captioning {done} of 4")
            seen.append(_progress.states(ctx))
            time.sleep(0.6)
        return {"shown": "**done**", "summary": "done"}

    told = messages(_progress.run(ctx, "mine", work, "Title"))
    steps = [one for name, one in told if name == "set_progress"]
    assert [step["label"] for step in steps] == [f"Captioning {done} of 4" for done in (1, 2, 3)]
    assert [step["progress"] for step in steps] == [0.25, 0.5, 0.75]
    assert [name for name, _ in told[3:]] == ["reload_dataset", "show_output"]
    assert told[-1][1]["results"]["shown"] == "**done**" and "Title" in str(told[-1][1]["outputs"])
    [state] = seen[-1]
    assert (state["name"], state["state"], state["fraction"]) == ("mine", "running", 0.75)
    assert _progress.states(ctx) == []


def test_scripts_get_the_result_itself(ctx):
    ctx.params[_progress.FROM_SCRIPT] = True
    assert _progress.run(ctx, "mine", lambda progress: {"n": 1}, "Title") == {"n": 1}


def test_a_failure_is_shown_in_words_and_kept_until_it_is_read(ctx):
    def work(progress):
        raise ServerError("Expected an answer, got none.", "Start the server.")

    [(name, shown)] = messages(_progress.run(ctx, "mine", work, "Title"))
    assert name == "show_output" and "got none. Start the server." in str(shown["outputs"])
    [state] = _progress.states(ctx)
    assert state["state"] == "failed" and state["error"].startswith("Expected an answer")
    _progress.forget(ctx, "mine")
    assert _progress.states(ctx) == []


def endless(ended, told=None, go=None):
    """Work without an end; between its first two steps it waits for ``go``."""

    def work(progress):
        try:
            progress(0.5, "Working")
            if told:
                told.set()
                go.wait(60)
            while True:
                progress(0.5, "Working")
                time.sleep(0.02)
        finally:
            ended.set()

    return work


def test_work_stops_where_it_is_asked_to(ctx):
    ended, told, go = threading.Event(), threading.Event(), threading.Event()
    stream = _progress.run(ctx, "mine", endless(ended, told, go), "Title")
    first = next(stream)
    assert told.wait(60)
    assert first.to_json()["body"]["params"]["label"] == "Working"
    _progress.stop(ctx, "mine")
    assert _progress.states(ctx)[0]["state"] == "stopping"
    go.set()
    name, shown = messages(stream)[-1]
    assert name == "show_output" and "What was computed so far is kept" in str(shown["outputs"])
    assert ended.is_set() and _progress.states(ctx) == []


def test_work_stops_when_the_browser_goes_away(ctx):
    ended = threading.Event()
    stream = _progress.run(ctx, "mine", endless(ended), "Title")
    next(stream)
    stream.close()
    assert ended.wait(10)


def test_what_nobody_renews_is_no_longer_running(ctx, monkeypatch):
    stream = _progress.run(ctx, "mine", endless(threading.Event()), "Title")
    next(stream)
    monkeypatch.setattr(_progress, "_STALE", -1)
    [state] = _progress.states(ctx)
    assert state["state"] == "failed" and "died without reporting an error" in state["error"]
    stream.close()


def test_what_was_computed_before_a_stop_is_kept(dataset):
    steps = []

    def progress(fraction, label):
        steps.append(label)
        if label == "Captioning 32 of 120":
            raise Cancelled("Stopped, as asked.")

    with pytest.raises(Cancelled):
        visdiff.caption(dataset, ColorCaptioner(), batch_size=16, progress=progress)
    assert steps[:2] == ["Captioning 0 of 120", "Captioning 16 of 120"]
    stored = visdiff.caption(dataset, ColorCaptioner(), batch_size=16)
    assert (stored.reused, stored.computed) == (32, 88)


def test_the_apps_own_operators_stream(plugins, dataset):
    operator = foo.get_operator(f"{URI}/compare_views")
    assert operator.config.execute_as_generator
    made = context(dataset, a="red", b="blue", run_key="run", preset="offline")
    told = messages(operator.execute(made))
    labels = [one["label"] for name, one in told if name == "set_progress"]
    assert labels[0] == "Reading samples"  # of later steps the newest is shown, now and then
    assert "supported" in told[-1][1]["results"]["shown"]
    assert visdiff.list_runs(dataset) == ["run"]


def test_a_process_that_was_killed_is_seen_at_once(ctx):
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    stream = _progress.run(ctx, "mine", endless(threading.Event()), "Title")
    next(stream)
    [state] = _progress.states(ctx)
    assert state["state"] == "running"
    stream.close()
    until = time.monotonic() + 30
    while _progress.states(ctx):  # its thread ends, and takes its state along
        assert time.monotonic() < until
        time.sleep(0.02)
    gone = {**state, "process": {**state["process"], "pid": child.pid}}
    ctx.store(_progress.STORE).set("state:mine", gone)
    _progress.stop(ctx, "mine")  # who pressed Stop does not wait for it
    [state] = _progress.states(ctx)
    assert state["state"] == "failed" and "died" in state["error"]


def test_work_that_says_nothing_for_long_shows_that_it_lives(ctx, monkeypatch):
    monkeypatch.setattr(_progress, "_BEAT", 0.05)
    go, seen = threading.Event(), []

    def silent(progress):
        progress(0.5, "Asking a slow model")
        first = _progress.states(ctx)[0]["updated"]
        until = time.monotonic() + 20
        while _progress.states(ctx)[0]["updated"] == first and time.monotonic() < until:
            time.sleep(0.02)
        seen.append((first, _progress.states(ctx)[0]))
        go.wait(10)
        return {"shown": "done"}

    stream = _progress.run(ctx, "mine", silent, "Title")
    go.set()
    list(stream)
    [(first, state)] = seen
    assert state["updated"] > first and state["label"] == "Asking a slow model"
    time.sleep(0.2)
    assert _progress.states(ctx) == []  # no beat comes after the end
