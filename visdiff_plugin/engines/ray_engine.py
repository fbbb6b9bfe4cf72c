"""Runs models in Ray Data actors, one model each, all writing to one MongoDB."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from ..dataset.samples import database_uri
from ..errors import DependencyError, EngineError, VisDiffError
from ..mongo.documents import reload
from ..progress import Progress
from .ray_cluster import Cluster, quiet
from .ray_worker import RESULT, Worker, raise_failure
from .target import Target, target_of
from .work import Filled, Todo, Work

#: times a batch is tried: a worker that died was often only unlucky (memory, a lost machine)
_TRIES = 3
#: batches in one pass that may kill their worker each time; more is no matter of single images
_MOST_LOST = 8
#: Ray keeps some kilobytes for each block of images: with more blocks they get longer instead
_MOST_BLOCKS = 20_000
_LOST = f"its Ray worker died each of {2 * _TRIES} times"

#: no cluster has more of anything that is asked for each worker, nor more workers
_MOST = 100_000


class RayEngine:
    """Captions, embeds and measures images on a Ray cluster.

    Workers read the image files by the paths on the samples, so all nodes need these; the package
    must be installed on every node. A worker that dies is replaced and its batch repeated; what it
    had written is not written again. An image that kills its worker each time costs only itself.

    Args:
        address (None): as for ``ray.init``: ``"auto"`` is the cluster that this machine is in,
            ``"local"`` a new Ray on this machine; None is RAY_ADDRESS or ``"local"``. Where this
            process has initialized Ray already, that one is used
        workers (None): actors, each with a model of its own; None is as many as there is room for
        gpus (0): of each worker; may be a fraction, e.g. .5 for two models on one GPU
        cpus (1): of each worker
        batch_size (None): images computed and stored at a time; None is the comparison's

    Raises:
        ValueError: on a number out of range
        DependencyError: if Ray is not installed
    """

    name = "ray"

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        gpus: float = 0,
        cpus: float = 1,
        batch_size: int | None = None,
    ) -> None:
        for option, value in (("workers", workers), ("batch_size", batch_size)):
            if value is not None and (
                isinstance(value, bool) or not 1 <= value <= _MOST or int(value) != value
            ):
                raise ValueError(
                    f"Expected {option} >= 1, up to {_MOST:,}, or None, got {value!r}."
                )
        if not (0 <= gpus <= _MOST and 0 <= cpus <= _MOST and (gpus or cpus)):
            raise ValueError(
                f"Expected gpus and cpus >= 0, up to {_MOST:,}, not both 0, got {gpus!r} and "
                f"{cpus!r}."
            )
        absent = [
            package for package in ("ray", "pyarrow") if not importlib.util.find_spec(package)
        ]
        if absent:
            raise DependencyError(
                f"Expected Ray Data for engine='ray', but package {absent[0]!r} is not installed.",
                "Install it: pip install 'visdiff-fiftyone[ray]'.",
            )
        self._workers, self._gpus, self._cpus = workers, gpus, cpus
        self._batch_size = batch_size
        self._cluster = Cluster(address, workers)

    def run(
        self, dataset: Any, work: Work, todo: Todo, batch_size: int, progress: Progress
    ) -> Filled:
        """Makes and stores all values; see `Engine`.

        Raises:
            EngineError: if the cluster or MongoDB can't be reached, has no room, or loses workers
            VisDiffError: what a model reported in a worker
        """
        pickled = _pickle(work)
        progress(0.0, "Starting Ray workers")
        self._cluster.connect()
        target = target_of(dataset, database_uri())
        self._check_database(target)
        gpus = self._gpus if work.uses_model else 0
        actors = self._cluster.room(self._cpus, gpus)
        shape = _Shape(self._workers or actors, self._cpus, gpus)
        filled, lost = Filled({}), list(range(len(todo)))
        # what was lost with its worker is done once more image by image: only the culprit stays
        for size in (self._batch_size or batch_size, 1):
            done: set[int] = set()
            results = self._pass(work, pickled, target, todo.take(lost), size, shape)
            with closing(results):  # or workers would go on after an error here
                for result in results:
                    done.update(result["rows"])
                    filled.missing |= result["missing"]
                    count = len(todo) - len(lost) + len(done)
                    progress(count / len(todo), f"{work.said(count, len(todo))}, on Ray")
            lost = [row for position, row in enumerate(lost) if position not in done]
            if not lost:
                break
            # a task that waits behind a deadly one would die with its worker too
            shape = replace(shape, ahead=1)
        filled.missing |= {todo.ids[row]: _LOST for row in lost}
        filled.computed = len(todo) - len(filled.missing)
        reload(dataset, [sample_id for sample_id in todo.ids if sample_id not in filled.missing])
        return filled

    def close(self) -> None:
        """Shuts Ray down where this engine started it."""
        self._cluster.close()

    def _check_database(self, target: Target) -> None:
        if target.loopback and self._cluster.spans_machines():
            raise EngineError(
                "Expected a MongoDB that every node of the Ray cluster can reach, got one that "
                "only this machine can reach.",
                "Set FIFTYONE_DATABASE_URI to its address in the cluster's network.",
            )

    def _pass(
        self, work: Work, pickled: bytes, target: Target, todo: Todo, size: int, shape: _Shape
    ) -> Generator[dict[str, Any], None, None]:
        """Yields what workers report, block after block as they finish."""
        import ray.data
        from ray.data.exceptions import SystemException
        from ray.exceptions import RayError

        blocks = _blocks(todo, size)
        with quiet(_MOST_LOST):
            dataset = ray.data.from_arrow(blocks).map_batches(
                Worker,
                fn_constructor_args=(pickled, target, size),
                batch_size=None,
                batch_format="pyarrow",
                zero_copy_batch=True,
                compute=ray.data.ActorPoolStrategy(
                    size=min(shape.workers, len(blocks)), max_tasks_in_flight_per_actor=shape.ahead
                ),
                num_cpus=shape.cpus,
                num_gpus=shape.gpus or None,
                max_restarts=-1,
                max_task_retries=_TRIES - 1,
            )
            try:
                batches = dataset.iter_batches(
                    batch_size=None, batch_format="pyarrow", prefetch_batches=0
                )
                with closing(iter(batches)) as parts:
                    for part in parts:
                        yield from _results(part, work.kind.producer)
            except (RayError, SystemException) as error:
                raise _stopped(error, work.kind.producer) from error


@dataclass(frozen=True)
class _Shape:
    """How many workers, what each of them holds, and how many tasks it is sent at a time."""

    workers: int
    cpus: float
    gpus: float
    ahead: int = 2


def _pickle(work: Work) -> bytes:
    from ray import cloudpickle

    try:
        return bytes(cloudpickle.dumps(work))
    except Exception as error:  # noqa: BLE001 - __reduce__ of any object may raise anything
        raise VisDiffError(
            f"Expected a stage that can be pickled and sent to Ray workers, got "
            f"{work.kind.producer!r}: {error}",
            "Name the stage with its options, or give its class a __getstate__ that leaves out "
            "clients, locks and open files.",
        ) from error


def _blocks(todo: Todo, size: int) -> list[Any]:
    """Returns Arrow tables of whole batches, one where there are not very many."""
    import pyarrow as pa

    batches = -(-len(todo) // size)
    length = size * -(-batches // _MOST_BLOCKS)
    return [
        pa.table(
            {
                "row": list(range(start, min(start + length, len(todo)))),
                "id": todo.ids[start : start + length],
                "path": todo.paths[start : start + length],
                "key": todo.keys[start : start + length],
            }
        )
        for start in range(0, len(todo), length)
    ]


def _results(part: Any, stage: str) -> Iterator[dict[str, Any]]:
    """Yields what a part of the output says; raises what a worker reported."""
    for text in part.column(RESULT).to_pylist():
        result = json.loads(text)
        if "error" in result:
            name, message = result["error"]
            raise_failure(name, message, stage)
        yield result


def _stopped(error: Exception, stage: str) -> EngineError:
    """Returns what made Ray give up, in its own words but without its tracebacks."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"\w*(Error|Exception): ", line)]
    gist = (named or lines[:1] or [type(error).__name__])[-1]
    hint = (
        "Install the same version of visdiff-fiftyone on every node."
        if "No module named" in gist
        else "Workers die when memory runs out: ask for fewer at a time (workers, cpus, gpus) or a "
        "smaller batch_size. What was stored stays; a rerun does the rest."
    )
    return EngineError(f"Expected Ray to keep {stage} running, got: {gist}", hint)
