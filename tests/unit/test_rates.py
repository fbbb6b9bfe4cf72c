"""How fast this machine is: measured by progress, kept whole, never in a run's way."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.estimating.text import duration
from visdiff_plugin.kept import rates
from visdiff_plugin.kept.rates import Rate, Watch, known_rate, note_rate, rates_file


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def watch(monkeypatch, images, steps):
    """A watch that was told shares at times: ``[(seconds, share), ...]``."""
    now = [100.0]
    monkeypatch.setattr(rates.time, "monotonic", lambda: now[0])
    told = []
    made = Watch(images, lambda fraction, label: told.append((fraction, label)))
    for seconds, share in steps:
        now[0] = 100.0 + seconds
        made(share, "x")
    assert told == [(share, "x") for _, share in steps]
    return made.rate()


def test_what_loads_a_model_is_no_part_of_its_rate(monkeypatch):
    # 20 s for the first 64 of 640, then 64 each second: 19 s were spent on loading
    steps = [(0, 0.0)] + [(20 + step, 0.1 * (step + 1)) for step in range(10)]
    found = watch(monkeypatch, 640, steps)
    assert found.per_second == pytest.approx(64) and found.start == pytest.approx(19)
    assert found.seconds(6400) == pytest.approx(119) and found.seconds(0) == 0


def test_one_batch_is_a_rate_of_its_own_and_few_images_are_none(monkeypatch):
    assert watch(monkeypatch, 40, [(4, 1.0)]) == Rate(10, 0)
    assert watch(monkeypatch, 20, [(4, 0.5), (5, 1.0)]) == Rate(4, 0)
    assert watch(monkeypatch, 15, [(4, 1.0)]) is None
    assert watch(monkeypatch, 100, [(0, 0.0)]) is None


@given(start=st.floats(0, 1e3), per_second=st.floats(1e-2, 1e4), images=st.integers(32, 10**5))
def test_a_steady_machine_is_measured_exactly(start, per_second, images):
    with pytest.MonkeyPatch.context() as patch:
        steps = [(start + images * share / per_second, share) for share in (0.25, 0.5, 0.75, 1.0)]
        found = watch(patch, images, steps)
    if images * 0.75 >= rates.LEAST:
        assert found.per_second == pytest.approx(per_second, rel=1e-6)
        assert found.start == pytest.approx(start, rel=1e-6, abs=1e-6)


def test_rates_are_kept_for_each_maker_and_the_newest_counts(cache):
    assert known_rate("captions", "m", "local") is None
    note_rate("captions", "m", "local", Rate(2.0, 3.0))
    note_rate("captions", "m", "ray", Rate(5.0))
    note_rate("captions", "m", "local", Rate(4.0))
    note_rate("captions", "m", "local", None)
    assert known_rate("captions", "m", "local") == Rate(4.0)
    assert known_rate("captions", "m", "ray") == Rate(5.0)
    assert known_rate("embeddings", "m", "local") is None
    assert rates_file().parent == cache / "visdiff" and len(list(cache.rglob("*"))) == 2


KEY = "captions|m|local"
DAMAGED = [
    "", "[]", "{", json.dumps({KEY: 3}), json.dumps({KEY: {"per_second": 0, "start": 1}}),
    json.dumps({KEY: {"per_second": "9", "start": 1}}), json.dumps({KEY: {"per_second": 9}}),
]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_no_rate_and_is_replaced(text):
    rates_file().parent.mkdir()
    rates_file().write_text(text)
    assert known_rate("captions", "m", "local") is None
    note_rate("captions", "m", "local", Rate(2.0))
    assert known_rate("captions", "m", "local") == Rate(2.0)
    assert json.loads(rates_file().read_text())


def test_that_nothing_can_be_written_stops_nothing(monkeypatch, cache):
    (cache / "visdiff").write_text("a file where the folder should be")
    note_rate("captions", "m", "local", Rate(2.0))
    assert known_rate("captions", "m", "local") is None


def test_times_as_people_say_them():
    said = [duration(one) for one in (0.2, 8.4, 240, 3 * 3600, 3 * 86400)]
    assert said == ["1 s", "8 s", "4 min", "3.0 h", "3.0 days"]
