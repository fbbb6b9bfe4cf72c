"""What a form says before anything runs: what is stored, computed, asked, paid, and missing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fiftyone.operators import types

from visdiff_plugin.config import Config
from visdiff_plugin.errors import VisDiffError
from visdiff_plugin.estimating.estimate import estimate
from visdiff_plugin.estimating.lacking import Problem, problem_of
from visdiff_plugin.estimating.text import rows
from visdiff_plugin.form_params import ALSO
from visdiff_plugin.reports.markdown import plain_text
from visdiff_plugin.sets.draw import draw_two

from . import _forms, _sets
from ._set_choices import Choices

#: texts of about the same length cost the same
_STEP = 100


def block(
    ctx: Any,
    inputs: Any,
    chosen: _sets.Sized,
    configure: Callable[[], Config],
    folded: Mapping[str, str],
    hypotheses: tuple[str, ...] | None = None,
) -> list[Problem]:
    """Adds the block, and each problem with where to fix it.

    Args:
        ctx: of the operator
        inputs: the form
        chosen: both sets; nothing is added if they can't be compared
        configure: makes the config from the form
        folded: member of the config -> where its control is
        hypotheses (None): the user's own, if the form checks those

    Returns:
        the problems, for `refuse`
    """
    if chosen.base is None or chosen.sizes is None or not chosen.good:
        return []
    try:
        config = configure()
    except ValueError as error:
        return _warn(inputs, [problem_of(error)], folded)
    if hypotheses == ():
        return []  # the form says already that they are missing
    estimated = _estimate(ctx, chosen, config, hypotheses or ())
    if isinstance(estimated, Problem):
        return _warn(inputs, [estimated], folded)
    lines = [f"- **{title}:** {plain_text(text)}" for title, text in rows(estimated)]
    if lines:
        text = "\n".join(["**Before it runs**", "", *lines])
        inputs.str("before", label="", default=text, view=types.MarkdownView(read_only=True))
    return _warn(inputs, estimated.problems, folded)


def refuse(ctx: Any, inputs: Any, problems: Sequence[Problem], places: Mapping[str, str]) -> None:
    """Marks the controls that cause what would stop a run; the App then disables Execute.

    Args:
        ctx: of the operator
        inputs: the form, with all its controls
        problems: of `block`
        places: setting -> the control that stands for it, where that has another name
    """
    for problem in problems:
        if not problem.stops:
            continue
        names = (places.get(problem.about, problem.about), problem.about, ALSO, "advanced")
        control = next(inputs.properties[name] for name in names if name in inputs.properties)
        _forms.refuse(ctx, control, problem.text)


def _estimate(ctx: Any, chosen: _sets.Sized, config: Config, hypotheses: tuple[str, ...]) -> Any:
    """Returns an estimate, read once in a while, or the problem that prevents it."""
    choices = Choices(ctx)
    key = _sets.chosen_key(ctx, chosen.a, chosen.b)
    length = math.ceil(len(config.context) / _STEP) * _STEP
    config = replace(config, context="x" * length)
    base, sizes = chosen.base, chosen.sizes
    if base is None or sizes is None:
        return Problem("", "")
    alone = all(side.located.dataset.name == ctx.dataset.name for side in sizes.sides)
    drawn = (
        choices.kept(f"drawn {key}", lambda: draw_two(base, sizes), grid=True) if alone else None
    )

    def read() -> Any:
        try:
            return estimate(base, *chosen.given, config, hypotheses=hypotheses, sizes=sizes,
                            drawn=drawn)  # fmt: skip
        except (VisDiffError, ValueError) as error:
            return problem_of(error)

    said = json.dumps([config.to_dict(), len(hypotheses)], sort_keys=True, default=str)
    return choices.kept(f"estimate {key} {said}", read, grid=True)


def _warn(inputs: Any, problems: Any, folded: Mapping[str, str]) -> list[Problem]:
    for number, problem in enumerate(problems):
        where = f" ({folded[problem.about]})" if problem.about in folded else ""
        view = types.Error if problem.stops else types.Warning
        inputs.view(f"problem_{number}", view(label=f"{problem.text}{where}"))
    return list(problems)
