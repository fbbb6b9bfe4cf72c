"""Engines by name, without Ray: what is refused, what is saved, what travels to workers."""

import importlib.util
import json
import pickle

import pytest

from visdiff_plugin.captioners.openai_captioner import OpenAICaptioner
from visdiff_plugin.config import Config
from visdiff_plugin.engines import make_engine
from visdiff_plugin.engines.kind import Kind
from visdiff_plugin.engines.local import LocalEngine
from visdiff_plugin.engines.ray_cluster import _fit
from visdiff_plugin.engines.ray_engine import _stopped
from visdiff_plugin.engines.target import Target
from visdiff_plugin.engines.work import Todo, Work
from visdiff_plugin.errors import DependencyError
from visdiff_plugin.stages import Missing


@pytest.fixture
def with_ray(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: object() if name in ("ray", "pyarrow") else real(name, *more),
    )


def test_engines_by_name(with_ray):
    assert make_engine(None).name == make_engine("local").name == "local"
    for spec in ("ray", "ray:auto", {"name": "ray", "workers": 2, "gpus": 0.5}):
        assert make_engine(spec).name == "ray"
    mine = LocalEngine()
    assert make_engine(mine) is mine


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("spark", "engine out of local, ray"),
        (7, "engine out of local, ray.*got int"),
        ({"name": "ray", "worker": 2}, "options of RayEngine .*workers.*got worker"),
        ({"name": "ray", "workers": 0}, "workers >= 1"),
        ({"name": "ray", "batch_size": True}, "batch_size >= 1"),
        ({"name": "ray", "gpus": -1}, "gpus"),
        ({"name": "ray", "cpus": 0}, "not both 0"),
    ],
)
def test_wrong_engines_are_refused(spec, message, with_ray):
    with pytest.raises(ValueError, match=message):
        make_engine(spec)


@pytest.mark.parametrize("absent", ["ray", "pyarrow"])
def test_the_missing_package_is_named_with_its_extra(absent, monkeypatch, with_ray):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: name != absent and there(name, *more)
    )
    with pytest.raises(DependencyError, match=r"pip install 'visdiff-fiftyone\[ray\]'"):
        make_engine("ray")


def test_a_saved_engine_holds_no_credentials():
    spec = {"name": "ray", "address": "ray://me:pw@head:10001", "gpus": 0.5}
    saved = json.dumps(Config(engine=spec).to_dict())
    assert "pw" not in saved and "ray://head:10001" in saved and "0.5" in saved
    assert Config().to_dict()["engine"] is None


def test_workers_fit_on_nodes_and_not_across_gpus():
    node = {"CPU": 16.0, "GPU": 2.0}
    assert _fit(node, 1, 0) == 16
    assert _fit(node, 1, 1) == 2
    assert _fit(node, 1, 0.5) == 4
    assert _fit(node, 1, 0.7) == 2
    assert _fit(node, 0, 2) == 1
    assert _fit({"CPU": 4.0}, 1, 1) == 0


def test_addresses_that_mean_another_database_on_each_machine():
    for uri in ("mongodb://localhost:27017", "mongodb://me:pw@127.0.0.1:1/x", "mongodb://[::1]:1"):
        assert Target(uri, "d", "c").loopback
    for uri in ("mongodb://db.lan:27017", "mongodb+srv://me:pw@cluster.example.net"):
        assert not Target(uri, "d", "c").loopback
    assert "pw" not in repr(Target("mongodb://me:pw@host", "d", "c"))


def test_a_batch_is_values_with_their_keys_or_reasons():
    work = Work(
        Kind("captions", "field", "mine", encode=str.upper),
        lambda paths: [Missing("broken") if path == "b" else f"of {path}" for path in paths],
    )
    made = work.make(Todo(["1", "2"], ["a", "b"], ["k1", "k2"]))
    assert made.ids == ["1"]
    assert made.columns == {"field": ["OF A"], "visdiff_keys.field": ["k1"]}
    assert made.missing == {"2": "broken"}


def test_a_captioner_on_a_server_travels_and_asks_from_there():
    captioner = OpenAICaptioner("m", base_url="http://127.0.0.1:9/v1")
    before = captioner.parameters
    captioner._connected()  # holds a lock and, later, connections
    there = pickle.loads(pickle.dumps(captioner))
    assert (there.name, there.parameters) == ("m", before)
    assert there._client is None and there._connected().model == "m"


def test_what_made_ray_give_up_is_said_without_its_traceback():
    died = RuntimeError(
        "The actor died because of an error raised in its creation task\n  File 'x', line 1\n"
        "ModuleNotFoundError: No module named 'visdiff_plugin'\n"
    )
    message = str(_stopped(died, "blip"))
    assert message.startswith("Expected Ray to keep blip running, got: ModuleNotFoundError: No mod")
    assert "line 1" not in message and "on every node" in message
    assert "smaller batch_size" in str(_stopped(RuntimeError("The actor died.\nmore"), "blip"))
