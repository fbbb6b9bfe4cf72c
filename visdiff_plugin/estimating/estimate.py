"""What a comparison would read, make, ask and cost, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..assembly import Stages, make_stages
from ..catalog.members import stored_name
from ..config import Config
from ..dataset.fields import brain_field, read_brain_run
from ..dataset.samples import Source
from ..errors import CredentialsError, FieldError, VisDiffError, concerning
from ..inputs.ties import check_values
from ..sets.draw import MOST, SampledSets, draw_two
from ..sets.finding import Base
from ..sets.preview import Preview, preview
from .asking import Calls, calls_of
from .lacking import NamedEncoder, Problem, absent_fields, lacking, problem_of
from .standing import Values, look


@dataclass(frozen=True)
class Estimate:
    """What a comparison would do.

    Args:
        n_a: images of A that are not in B; None where that is not known
        n_b: likewise of B
        exact: whether all images were looked at; else numbers of stored values are about right
        values: what is stored, and what has to be made
        calls: of models, for proposals and for scores
        descriptions: that are scored at most
        problems: what would go wrong
    """

    n_a: int | None
    n_b: int | None
    exact: bool
    values: tuple[Values, ...] = ()
    calls: tuple[Calls, ...] = ()
    descriptions: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long what is to be made takes; None where a part of it was never measured."""
        parts = [value.seconds for value in self.values]
        return None if None in parts else float(sum(part or 0.0 for part in parts))

    @property
    def dollars(self) -> float | None:
        """What all calls cost by list prices; None where one of them is not known."""
        parts = [call.dollars for call in self.calls if call.server]
        return None if None in parts else float(sum(part or 0.0 for part in parts))

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-safe data."""
        calls = [{**asdict(call), "dollars": call.dollars} for call in self.calls]
        return {**asdict(self), "calls": calls, "seconds": self.seconds, "dollars": self.dollars}


def estimate(
    base: Base,
    a: Any,
    b: Any,
    config: Config,
    *,
    hypotheses: Sequence[str] = (),
    sizes: Preview | None = None,
    drawn: SampledSets | None = None,
    most: int = MOST,
) -> Estimate:
    """Returns what `visdiff_plugin.compare`, or `rank`, would do; nothing is loaded or asked.

    Of sets up to ``most`` images all are looked at, of larger ones as many at random.

    Args:
        base: what both are taken from, see `sets.choosing.make_base`
        a: as for `compare`
        b: likewise
        config: every choice
        hypotheses (()): the user's own; then nothing is proposed
        sizes (None): how large the sets are, where that is known already
        drawn (None): images that stand for both, where these were drawn already
        most (1,000): images of each set that are looked at

    Raises:
        SelectionError: if a set is unknown; what else is wrong stands among the problems
    """
    sizes = sizes or preview(base, a, b)
    datasets = _datasets(base, sizes)
    stages, problems = _stages(datasets, config, propose=not hypotheses)
    problems += absent_fields(datasets, config, stages)
    if config.overlap == "error" and sizes.both:
        problems.append(Problem("overlap", f"{sizes.both} samples are in both sets.", stops=True))
    drawn = drawn or draw_two(base, sizes, most)
    if drawn is None:
        return Estimate(sizes.a.n, sizes.b.n, False, problems=tuple(problems))
    return _estimated(drawn, stages, config, hypotheses, problems)


def _estimated(
    drawn: SampledSets,
    stages: Stages | None,
    config: Config,
    hypotheses: Sequence[str],
    problems: list[Problem],
) -> Estimate:
    brain = stored_name("encoder", config.encoder) is not None
    reads = replace(config, encoder=None) if brain else config  # its vectors would be loaded
    try:
        standing = look(drawn, stages, reads)
    except VisDiffError as error:
        problems = [*problems, problem_of(error)]
        standing = look(drawn, None, config)
        stages = None
    calls: list[Calls] = []
    descriptions = len(hypotheses)
    if stages is not None:
        calls, descriptions = calls_of(stages, config, standing, len(hypotheses))
        problems = [
            *problems,
            *lacking(config, stages, standing.values, not hypotheses, drawn.exact),
        ]
    if drawn.exact:
        problems = [*problems, *_valueless(drawn, config)]
    return Estimate(
        drawn.n_a,
        drawn.n_b,
        drawn.exact,
        tuple(standing.values),
        tuple(calls),
        descriptions,
        tuple({problem.text: problem for problem in reversed(problems)}.values())[::-1],
    )


def _valueless(drawn: SampledSets, config: Config) -> list[Problem]:
    """Returns which fields that tie images together have no value on all images of both sets."""
    sources = [Source(part.dataset, part.ids) for part in drawn.parts]
    in_a = np.arange(sum(len(source.ids) for source in sources)) < drawn.n_a
    try:
        check_values(sources, in_a, config)
    except FieldError as error:
        return [problem_of(error)]
    return []


def _stages(
    datasets: Sequence[Any], config: Config, propose: bool
) -> tuple[Stages | None, list[Problem]]:
    """Returns the models as a run would make them, and why they can't be had.

    A similarity run's model would be loaded: a stand-in takes its place.
    """
    problems: list[Problem] = []
    try:
        config, brain = _without_brain(datasets, config)
        try:
            stages = make_stages(datasets[0], config, propose)
        except CredentialsError:  # who lacks a key is said with what else is missing
            stages = make_stages(datasets[0], config, propose, api_key="none")
        if brain is not None:
            stages = replace(stages, **brain)
        return stages, problems
    except (VisDiffError, ValueError) as error:
        return None, [problem_of(error)]


def _without_brain(datasets: Sequence[Any], config: Config) -> tuple[Config, dict[str, Any] | None]:
    key = stored_name("encoder", config.encoder)
    if key is None:
        return config, None
    with concerning("encoder"):
        for dataset in datasets:
            read_brain_run(dataset, key)  # says in words what is wrong with it; loads nothing
    field = brain_field(datasets[0], key)
    known: dict[str, Any] = {"embedding_field": field, "brain_vectors": None if field else {}}
    return replace(config, encoder=NamedEncoder(f"brain:{key}")), known


def _datasets(base: Base, sizes: Preview) -> list[Any]:
    """Returns the datasets of A and B, each once."""
    located = [side.located for side in sizes.sides]
    datasets = [base.dataset if each.is_rest else each.dataset for each in located]
    return list({dataset.name: dataset for dataset in datasets}.values())
