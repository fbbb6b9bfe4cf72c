"""Runs the comparisons of a plan on files, without a dataset; what is finished stays finished."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..account import Account
from ..assembly import Stages, make_stages
from ..cache.lines import Lines
from ..comparing import Compared, compare_inputs
from ..config import Config
from ..errors import CredentialsError, EvaluationError, MediaError, ModelError
from ..evidence.design import Design
from ..inputs.joined import Inputs
from ..inputs.measured import property_candidates
from ..proposers.remembered import RememberedProposer
from ..stages import Images, Missing
from ..vectors import by_rows, reader_of
from .known import Known
from .pairs import Pair
from .plan import TABLE_CAPTIONS, Cell, Plan

#: answers of each side that are kept, and can be judged
KEPT = 10

Report = Callable[[str], object]


class TableCaptions:
    """Stands for the captions that a table of pairs brings; nothing makes them."""

    name = TABLE_CAPTIONS

    def caption(self, paths: Sequence[str]) -> list[str | Missing]:
        """Never asked: the runner reads the table."""
        return [Missing("the table has no caption of it") for _ in paths]


@dataclass
class Runner:
    """Runs cells and keeps what they found.

    Args:
        folder: where finished cells and what is known of images are kept
        objects: name in the plan -> stage object
        report: is told how far it is
    """

    folder: Path
    objects: Mapping[str, Any] = field(default_factory=dict)
    report: Report = lambda text: None

    def __post_init__(self) -> None:
        self.cells = Lines(self.folder / "cells.jsonl")
        self.known = Known(self.folder / "known", self.report)
        self.failures: dict[str, str] = {}
        self._proposed = {
            cell["proposed"]: cell["seconds"]["propose"] for cell in self.cells.values()[::-1]
        }
        self._replies = Lines(self.folder / "proposals.jsonl")
        self._made: dict[tuple[str, str], Any] = {}
        self._stages: dict[str, Stages] = {}
        self._ready: set[str] = set()

    def run(self, plan: Plan) -> None:
        """Compares what is not finished; a cell that fails is tried again the next time.

        Raises:
            CredentialsError: if a server refuses the key
            ValueError: on stages that do not fit each other
        """
        todo = [cell for cell in plan.cells() if cell.key() not in self.cells]
        for number, cell in enumerate(todo, 1):
            self.report(f"comparison {number} of {len(todo)}: {cell.pair.name}")
            try:
                self.cells.append(cell.key(), self._compare(cell, plan))
            except CredentialsError:
                raise
            except (ModelError, MediaError) as error:
                self.failures[f"{cell.pair.name}, {cell.settings}, seed {cell.seed}"] = str(error)

    def _compare(self, cell: Cell, plan: Plan) -> dict[str, Any]:
        pair, config = cell.images(), cell.config()
        stages = self.stages(config)
        inputs = self.inputs(pair, config, stages, plan)
        members = [
            proposer for proposer in stages.proposers if isinstance(proposer, RememberedProposer)
        ]
        for member in members:
            member.begin()
        compared = compare_inputs(inputs, Design(), stages, config)
        record = _record(compared, inputs, config)
        record["proposed"] = ""
        if members:
            # what another cell paid for took as long as it did there; of a union, its members
            parts, seconds = [member.question() for member in members], record["seconds"]
            code = "+".join(parts)
            if not any(member.anew for member in members):
                known = [self._proposed.get(part) for part in parts]
                alone = (
                    None
                    if None in known
                    else sum(known_value for known_value in known if known_value is not None)
                )
                seconds["propose"] = self._proposed.get(code, alone or seconds["propose"])
            self._proposed.setdefault(code, seconds["propose"])
            record["proposed"] = code
        return {
            "pair": cell.pair.name,
            "change": [cell.change.kind, cell.change.level],
            "seed": cell.seed,
            "config": config.to_dict(),
            **record,
        }

    def stages(self, config: Config) -> Stages:
        """Returns the stages of a comparison; models are made once for all comparisons.

        Raises:
            ValueError: on an unknown name or option, or stages that do not fit each other
        """
        from ..captioners import make_captioner
        from ..encoders import make_encoder

        own = [config.captioner, config.encoder, config.proposer, config.ranker]
        also = [config.proposals_per_round, config.context, config.properties, config.draw]
        code = json.dumps([*own, *also], default=hash)  # of a secret; never stored
        if code not in self._stages:
            made = make_stages(
                None,
                replace(
                    config,
                    captioner=self._once("captioner", config.captioner, make_captioner),
                    encoder=self._once("encoder", config.encoder, make_encoder),
                    proposer=self._named(config.proposer),
                    ranker=self._named(config.ranker),
                ),
                propose=True,
            )
            remembered = tuple(
                RememberedProposer(proposer, self._replies) for proposer in made.proposers
            )
            self._stages[code] = replace(made, proposers=remembered)
        return self._stages[code]

    def _named(self, spec: Any) -> Any:
        """Returns the object of that name, if the command line gave one, or else the spec."""
        return self.objects.get(spec, spec) if isinstance(spec, str) else spec

    def _once(self, kind: str, spec: Any, make: Callable[[Any], Any]) -> Any:
        if spec is None:
            return None
        code = kind, json.dumps(spec, sort_keys=True, default=hash)
        if code not in self._made:
            table = kind == "captioner" and spec == TABLE_CAPTIONS
            self._made[code] = TableCaptions() if table else make(self._named(spec))
        return self._made[code]

    def inputs(self, pair: Pair, config: Config, stages: Stages, plan: Plan) -> Inputs:
        """Returns all that is known of a pair's images.

        A stage is first asked about all images of the plan, in large batches.

        Raises:
            MediaError: if a set is left with under two images
            EvaluationError: if the table brings no captions
        """
        in_a = set(pair.images_a)
        paths = sorted((*pair.images_a, *pair.images_b))
        account = Account()
        properties: Mapping[str, Any] = {}
        if config.properties:
            properties = self._all("properties", self.known.properties, paths, plan)
            paths = _with(paths, properties, "not measured", account)
        vectors: Mapping[str, Any] | None = None
        if stages.encoder is not None and stages.reads("embeddings"):
            embed = partial(self.known.embeddings, stages.encoder)
            vectors = self._all(f"embeddings {id(stages.encoder)}", embed, paths, plan)
            paths = _with(paths, vectors, "no embedding", account)
        captions = self._captions(pair, config, stages, paths, plan)
        rows = np.array([path in in_a for path in paths], bool)
        for side, n in (("A", rows.sum()), ("B", (~rows).sum())):
            if n < 2:
                raise MediaError(f"Expected two usable images in {side} of {pair.name!r}, got {n}.")
        measured = []
        if config.properties:
            values = np.stack([properties[path] for path in paths])
            measured = property_candidates("properties", values)
        return Inputs(
            Images(paths, paths, captions),
            None if vectors is None else by_rows([(reader_of(vectors), paths)]),
            np.flatnonzero(rows),
            np.flatnonzero(~rows),
            measured,
            account,
        )

    def _captions(
        self,
        pair: Pair,
        config: Config,
        stages: Stages,
        paths: Sequence[str],
        plan: Plan,
    ) -> list[str] | None:
        if not stages.need("captions"):
            return None
        if config.captioner == TABLE_CAPTIONS:
            if not any(path in pair.captions for path in paths):
                raise EvaluationError(
                    f"Expected captions of pair {pair.name!r} in its table, got none.",
                    "Name a captioner in the plan's settings.",
                )
            return [pair.captions.get(path, "") for path in paths]
        if stages.captioner is None:
            return None
        make = partial(self.known.captions, stages.captioner)
        captions = self._all(f"captions {id(stages.captioner)}", make, paths, plan)
        return [captions.get(path, "") for path in paths]

    def _all(self, name: str, make: Any, paths: Sequence[str], plan: Plan) -> Mapping[str, Any]:
        if name not in self._ready:
            self._ready.add(name)
            make([path for pair in plan.pairs for path in (*pair.images_a, *pair.images_b)])
        values: Mapping[str, Any] = make(paths)
        return values


def _with(
    paths: Sequence[str], values: Mapping[str, Any], reason: str, account: Account
) -> list[str]:
    account.skip("image", {path: reason for path in paths if path not in values})
    return [path for path in paths if path in values]


def _record(compared: Compared, inputs: Inputs, config: Config) -> dict[str, Any]:
    differences = [ranked.difference for ranked in compared.ranked]
    answers = {}
    for side in ("a", "b"):
        own = [difference for difference in differences if difference.favors == side]
        if side == "b" and config.order == "auroc":
            own = own[::-1]  # ordered by how much truer of A: B's best comes last
        answers[side] = [
            {
                "description": difference.description,
                "source": difference.source,
                "auroc": round(difference.auroc, 6),
                "q": difference.q_value,
                "supported": difference.significant,
            }
            for difference in own[:KEPT]
        ]
    usage = compared.proposed.usage + compared.cost
    return {
        **answers,
        "n_a": len(inputs.rows_a),
        "n_b": len(inputs.rows_b),
        "candidates": len(differences),
        "supported": sum(difference.significant for difference in differences),
        "skipped": sum(
            skipped_item.count for skipped_item in (*inputs.account.skipped, *compared.untested)
        ),
        "usage": vars(usage),
        "seconds": {name: round(value, 4) for name, value in compared.seconds.items()},
    }
