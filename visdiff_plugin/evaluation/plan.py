"""One TOML file says what is measured: pairs, settings, and sweeps over them."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from ..catalog.members import find
from ..catalog.table import MODELS
from ..config import SETTINGS, Config, Preset
from ..errors import EvaluationError
from ..secret import conceal
from ..specs import public_spec
from .measures import changed
from .pairs import Pair, check_names, load_pairs

#: what a plan can set; its seeds it says in another way
_MEMBERS = frozenset(
    name for name, described in SETTINGS.items() if not described.of_dataset and name != "seed"
) | {"preset"}
_SWEEP = frozenset(("name", "settings", "vary", "purity", "concentration", "shuffles", "groups"))
_PLAN = frozenset(("pairs", "seeds", "settings", "sweep"))

#: the caption "model" that reads the table's own captions
TABLE_CAPTIONS = "table"


@dataclass(frozen=True)
class Change:
    """What is done to a pair before it is compared; see `measures.changed`."""

    kind: str = "none"
    level: float = 1.0


@dataclass(frozen=True)
class Cell:
    """One comparison of a plan.

    Args:
        pair: the pair as the table has it
        settings: members of `Config`, and ``preset``, as the plan says them
        change: what is done to the pair
        seed: of the change and of the comparison
    """

    pair: Pair
    settings: Mapping[str, Any]
    change: Change
    seed: int

    def images(self) -> Pair:
        """Returns the pair as it is compared."""
        return changed(self.pair, self.change.kind, self.change.level, self.seed)

    def config(self) -> Config:
        """Returns the comparison's choices, stages as specs; "none" leaves a stage out."""
        return make_config(self.settings, self.seed)

    def key(self) -> str:
        """Returns the code that a finished cell is found by; a sweep's name plays no part."""
        untouched = self.change == Change("purity", 1.0)  # nothing is exchanged: the same sets
        change = Change() if untouched else self.change
        parts = {
            "pair": self.pair.fingerprint(),
            "settings": public_spec(self.settings),
            "change": [change.kind, change.level],
            "seed": self.seed,
        }
        text = json.dumps(parts, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Sweep:
    """Settings that are varied, under one heading.

    Args:
        name: heading of its table
        variants: label -> settings
        changes: what is done to each pair
        pairs: those that it runs on
        axes: the members that were varied, in order
    """

    name: str
    variants: Mapping[str, Mapping[str, Any]]
    changes: Sequence[Change]
    pairs: Sequence[Pair]
    axes: Sequence[str] = ()


@dataclass(frozen=True)
class Plan:
    """All that is measured.

    Args:
        sweeps: each becomes a table
        seeds: each comparison is made once with each
    """

    sweeps: Sequence[Sweep]
    seeds: Sequence[int] = (0,)
    pairs: Sequence[Pair] = field(default_factory=list)

    def cells(self) -> Iterator[Cell]:
        """Yields every comparison once, in order."""
        seen: set[str] = set()
        for sweep in self.sweeps:
            for cell in self.of(sweep):
                if cell.key() not in seen:
                    seen.add(cell.key())
                    yield cell

    def of(self, sweep: Sweep) -> Iterator[Cell]:
        """Yields the comparisons of one sweep."""
        for settings in sweep.variants.values():
            for change in sweep.changes:
                yield from self.under(sweep, settings, change)

    def under(self, sweep: Sweep, settings: Mapping[str, Any], change: Change) -> Iterator[Cell]:
        """Yields the comparisons of one variant under one change, pair by pair."""
        for pair in sweep.pairs:
            for seed in self.seeds:
                # each shuffle is a deal of its own
                own = seed + 1_000 * int(change.level) if change.kind == "shuffle" else seed
                yield Cell(pair, settings, change, own)


def load_plan(path: str | os.PathLike[str], tables: Sequence[str | os.PathLike[str]] = ()) -> Plan:
    """Reads a plan; docs/evaluation.md says what stands in it.

    Args:
        path: a TOML file
        tables (()): tables of pairs instead of the plan's own, which start from its folder

    Raises:
        EvaluationError: on a file that can't be read so, with the name that is wrong
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EvaluationError(f"Expected a plan in TOML, got: {error}") from error
    _check_names("the plan", data, _PLAN)
    named = data.get("pairs", [])
    if not tables and (not isinstance(named, list) or not named):
        raise EvaluationError(f"Expected pairs = [tables] in {path.name}, got {named!r}.")
    chosen = [Path(table) for table in tables] or [path.parent / str(table) for table in named]
    pairs = [pair for table in chosen for pair in load_pairs(table)]
    check_names(pairs)
    seeds = data.get("seeds", [0])
    if not isinstance(seeds, list) or not seeds or not all(_is_seed(seed) for seed in seeds):
        raise EvaluationError(f"Expected seeds as a list of numbers from 0 to 999, got {seeds!r}.")
    sweeps = data.get("sweep", [])
    if not isinstance(sweeps, list) or not sweeps:
        raise EvaluationError(f"Expected at least one [[sweep]] in {path.name}, got none.")
    base = data.get("settings", {})
    made = [_sweep(number, sweep, base, pairs) for number, sweep in enumerate(sweeps, 1)]
    if len({sweep.name for sweep in made}) < len(made):
        raise EvaluationError(f"Expected a different name for each sweep in {path.name}.")
    return Plan(made, seeds, pairs)


def make_config(settings: Mapping[str, Any], seed: int) -> Config:
    """Returns the `Config` that settings name.

    Raises:
        EvaluationError: on an unknown member, preset or value
    """
    _check_names("settings", settings, _MEMBERS)
    values = {
        name: None if name in MODELS and value == "none" else value
        for name, value in settings.items()
    }
    for name in MODELS:
        choice = find(name, values.get(name))
        if choice is not None and choice.stored:
            raise EvaluationError(
                f"Expected {name} without a dataset, got {public_spec(values[name])!r}."
            )
    preset: Any = values.pop("preset", "default")
    if preset not in get_args(Preset):
        raise EvaluationError(f"Expected a preset out of {get_args(Preset)}, got {preset!r}.")
    try:
        return Config.preset(preset, **values, seed=seed)
    except (ValueError, TypeError) as error:
        raise EvaluationError(str(error)) from error


def _sweep(number: int, data: Any, base: Mapping[str, Any], pairs: Sequence[Pair]) -> Sweep:
    name = str(data.get("name", f"sweep {number}")) if isinstance(data, dict) else ""
    _check_names(f"sweep {name!r}", data, _SWEEP)
    settings = {**base, **data.get("settings", {})}
    vary = data.get("vary", {})
    wrong = [key for key, values in vary.items() if not isinstance(values, list) or not values]
    if wrong:
        raise EvaluationError(
            f"Expected lists under vary in sweep {name!r}, got something else for {wrong[0]!r}."
        )
    variants = {
        _label(combination) or "as set": conceal({**settings, **combination})
        for values in itertools.product(*vary.values())
        for combination in (dict(zip(vary, values, strict=True)),)
    }
    for variant in variants.values():
        make_config(variant, 0)
    groups = data.get("groups")
    chosen = [pair for pair in pairs if groups is None or pair.group in groups]
    if not chosen:
        raise EvaluationError(
            f"Expected groups of pairs for sweep {name!r}, got {groups!r}. Groups: "
            f"{sorted({pair.group for pair in pairs})}"
        )
    return Sweep(name, variants, _changes(name, data), chosen, list(vary))


def _changes(name: str, data: Mapping[str, Any]) -> list[Change]:
    changes = [Change()]
    for kind in ("purity", "concentration"):
        for level in data.get(kind, []):
            if (
                isinstance(level, bool)
                or not isinstance(level, (int, float))
                or not 0 <= level <= 1
            ):
                raise EvaluationError(
                    f"Expected {kind} in [0, 1] in sweep {name!r}, got {level!r}."
                )
            changes.append(Change(kind, float(level)))
    shuffles = data.get("shuffles", 0)
    if isinstance(shuffles, bool) or not isinstance(shuffles, int) or shuffles < 0:
        raise EvaluationError(f"Expected shuffles as a number in sweep {name!r}, got {shuffles!r}.")
    return changes + [Change("shuffle", float(number)) for number in range(shuffles)]


def _label(combination: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={spec_label(value)}" for name, value in combination.items())


def spec_label(value: Any) -> str:
    """Returns a short name of a setting's value."""
    if isinstance(value, Mapping):
        options = {name: option for name, option in value.items() if name != "name"}
        return f"{value.get('name', '')} {json.dumps(public_spec(options))}".strip()
    return str(public_spec(value))


def _check_names(where: str, data: Any, known: frozenset[str]) -> None:
    if not isinstance(data, Mapping):
        raise EvaluationError(f"Expected a table for {where}, got {public_spec(data)!r:.80}.")
    unknown = sorted(set(data) - known)
    if unknown:
        raise EvaluationError(
            f"Expected {where} out of {', '.join(sorted(known))}; got {', '.join(unknown)}."
        )


def _is_seed(seed: Any) -> bool:
    return isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 1_000
