"""The Ray cluster: connects to one, or starts one here and shuts it down again."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import socket
import warnings
from collections.abc import Iterator

from ..cores import usable_cores
from ..errors import EngineError
from ..specs import public_spec

#: of a Ray that is started here: ids, paths and counts pass through it, never images
_STORE_BYTES = 200_000_000
_CONNECT_SECONDS = 10.0


class Cluster:
    """A Ray cluster, once it is connected to.

    Args:
        address: see `visdiff_plugin.engines.ray_engine.RayEngine`
        workers: actors that a Ray which is started here must have room for
    """

    def __init__(self, address: str | None, workers: int | None) -> None:
        self._address = address
        self._workers = workers
        self._started = False

    def connect(self) -> None:
        """Connects or starts Ray, unless this process has done so.

        Raises:
            EngineError: if there is no Ray at the address
        """
        import ray
        from ray.exceptions import RayError

        if ray.is_initialized():
            return
        address = self._address or os.environ.get("RAY_ADDRESS") or "local"
        options = {}
        if address == "local":
            # read when a Ray starts: nothing here reports its use to others
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            options = {
                "num_cpus": max(self._workers or 1, usable_cores()),
                "object_store_memory": _STORE_BYTES,
                "include_dashboard": False,
            }
        try:
            _knock(address)
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **options)
        except (OSError, RuntimeError, ValueError, RayError) as error:
            raise EngineError(
                f"Expected a Ray cluster at {public_spec(address)!r}, got: {error}",
                "Start one with `ray start --head`, join it from this machine and pass "
                "address='auto', or leave the address out for a Ray on this machine.",
            ) from error
        self._started = True

    def close(self) -> None:
        """Disconnects, and ends a Ray that `connect` started."""
        if not self._started:
            return
        import ray

        self._started = False
        ray.shutdown()

    def room(self, cpus: float, gpus: float) -> int:
        """Returns how many workers the nodes have room for.

        Raises:
            EngineError: if no node has room for one
        """
        import ray

        resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        total = sum(_fit(node, cpus, gpus) for node in resources)
        if not total:
            nodes = [{name: node.get(name, 0) for name in ("CPU", "GPU")} for node in resources]
            raise EngineError(
                f"Expected a node with {cpus:g} CPUs and {gpus:g} GPUs for a worker, got {nodes}.",
                "Ask for less with the engine's cpus and gpus, or add such a node.",
            )
        return total

    def spans_machines(self) -> bool:
        """Returns whether any node is another machine."""
        import ray

        here = socket.gethostname()
        return any(node["NodeManagerHostname"] != here for node in ray.nodes() if node["Alive"])


@contextlib.contextmanager
def quiet(most_lost: int) -> Iterator[None]:
    """Sets Ray Data up for one pass: no bars or reports, and some blocks may be lost.

    Args:
        most_lost: blocks that may fail before all of it does
    """
    from ray.data import DataContext
    from ray.util.annotations import RayDeprecationWarning

    context, log = DataContext.get_current(), logging.getLogger("ray.data")
    wanted = {"enable_progress_bars": False, "max_errored_blocks": most_lost}
    before, level = {name: getattr(context, name) for name in wanted}, log.level
    for name, value in wanted.items():
        setattr(context, name, value)
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # max_task_retries has no named parameter yet; pyproject.toml excludes the Ray that
            # no longer takes it
            warnings.simplefilter("ignore", RayDeprecationWarning)
            yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
        log.setLevel(level)


def _fit(resources: dict[str, float], cpus: float, gpus: float) -> int:
    """Returns how many workers fit on a node; a GPU's fractions can't be put together."""
    counts = []
    if cpus:
        counts.append(math.floor(resources.get("CPU", 0) / cpus))
    if gpus:
        devices = math.floor(resources.get("GPU", 0))
        counts.append(devices * math.floor(1 / gpus) if gpus < 1 else math.floor(devices / gpus))
    return min(counts)


def _knock(address: str) -> None:
    """Tries a host and port first: Ray itself would wait for minutes.

    Raises:
        OSError: if nothing listens there
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
