"""Which calls of models a comparison would make, and about how many tokens these are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..assembly import Stages
from ..chat.prompts import (
    CAPTION_PROMPT,
    LONGEST_CAPTION,
    caption_messages,
    grid_messages,
    image_messages,
    proposal_messages,
    tried_text,
)
from ..chat.question_prompts import caption_question, image_question_text
from ..config import Config
from ..rankers.cascade import LOOKS, Cascade
from ..rounds.holdout import LEAST_HELD_OUT, round_size
from ..stages import asks_server, costs, needs_of, parameters_of
from .prices import Price, image_tokens, price_of, text_tokens
from .standing import Standing, default_length

#: a description, as models propose them: about so many characters
_DESCRIPTION = "a dog running through fresh snow"
#: tokens that a proposal takes in a reply, that stand around them, and that a yes or no takes
_PROPOSAL, _AROUND, _YES = 10, 12, 2
#: proposals that go back to a proposer that refines, and images that each gets wrong
_TRIED, _WRONG = 3, 6
#: stands for an image: what it takes is counted apart
_PICTURE = "data:image/jpeg;base64,"


@dataclass(frozen=True)
class Calls:
    """What one stage would ask.

    Args:
        stage: ``"captioner"``, ``"proposer"`` or ``"ranker"``
        model: its name at the server, or on this machine
        calls: how many
        most: whether it may be fewer
        input_tokens: about how many are sent; None where that is not known
        output_tokens: about how many come back
        server: whether a server is asked; else it is a model on this machine
        own_server (False): whether that has an address of the user's
    """

    stage: str
    model: str
    calls: int
    most: bool
    input_tokens: int | None
    output_tokens: int | None
    server: bool = True
    own_server: bool = False

    @property
    def price(self) -> Price | None:
        """The list price; None where it is not known, or there may be none."""
        return price_of(self.model) if self.server and not self.own_server else None

    @property
    def dollars(self) -> float | None:
        """About what it costs; None where that is not known."""
        if self.price is None or self.input_tokens is None:
            return None
        return self.price.of(self.input_tokens, self.output_tokens or 0)


def calls_of(
    stages: Stages, config: Config, standing: Standing, hypotheses: int = 0
) -> tuple[list[Calls], int]:
    """Returns what each stage would ask, and how many descriptions there may be at most.

    Args:
        stages: the models
        config: every choice
        standing: what is known of the images
        hypotheses (0): the user's own; then nothing is proposed
    """
    calls = [*_captioning(stages, standing)]
    descriptions = hypotheses
    if not hypotheses:
        length = round(standing.caption_length or default_length(stages.captioner))
        for proposer in stages.proposers:
            if "captions" in needs_of(proposer, "captions") and not stages.has_captions:
                continue
            rounds = config.rounds * (1 if config.directions == "a" else 2)
            further = config.refine * rounds if hasattr(proposer, "refine") else 0
            n = getattr(proposer, "n", config.proposals_per_round)
            descriptions += n * (rounds + further)
            calls += _proposing(proposer, config, standing, length, (rounds, further))
    if descriptions:
        calls += _ranking(stages.ranker, stages, standing, descriptions)
    return [item for item in calls if item.calls], descriptions


def _captioning(stages: Stages, standing: Standing) -> Iterator[Calls]:
    own = [value for value in standing.values if value.noun == "captions" and not value.foreign]
    if not own or stages.captioner is None or not asks_server(stages.captioner):
        return
    parameters = parameters_of(stages.captioner)
    model, todo = stages.captioner.name, own[0].todo
    length = standing.caption_length or default_length(stages.captioner)
    prompt = _text(caption_messages(_PICTURE, str(parameters.get("prompt") or CAPTION_PROMPT)))
    image = _image(model, standing, parameters)
    sent = None if image is None else todo * (text_tokens(prompt) + image)
    written = round(length / 4)
    yield Calls("captioner", model, todo, False, sent, todo * written,
                own_server=_own(parameters))  # fmt: skip


def _proposing(
    proposer: Any, config: Config, standing: Standing, length: int, rounds: tuple[int, int]
) -> Iterator[Calls]:
    """Yields the calls of one proposer: those that propose, and those that refine."""
    if not asks_server(proposer):
        return
    parameters, drawn = parameters_of(proposer), standing.drawn
    held_out = config.held_out and min(drawn.n_a, drawn.n_b) >= LEAST_HELD_OUT
    limit = getattr(proposer, "most_images", None)
    a, b = (round_size(n, config.subset_size, limit, held_out) for n in (drawn.n_a, drawn.n_b))
    if min(a, b) < 2:
        return
    model = str(parameters.get("model", proposer.name))
    n = int(parameters.get("n", config.proposals_per_round))
    caption = "x" * min(length, LONGEST_CAPTION)
    sees = "captions" not in needs_of(proposer, "captions")
    wrong = ["image 10" if sees else caption] * (_WRONG // 2)
    tried = tried_text([(_DESCRIPTION, wrong, wrong)] * _TRIED)
    asked: dict[str, Any] = {"n": n, "context": config.context, "paired": False}
    tokens = [
        _shown(model, standing, parameters, (a, b), tried=more, **asked)
        if sees
        else _told([caption] * a, [caption] * b, tried=more, **asked)
        for more in ("", tried)
    ]
    sent = sum(count * times for count, times in zip(tokens, rounds, strict=True) if count)
    calls = sum(rounds)
    yield Calls(
        "proposer", model, calls, bool(rounds[1]), None if None in tokens else sent,
        calls * (n * _PROPOSAL + _AROUND), own_server=_own(parameters),
    )  # fmt: skip


def _told(captions_a: list[str], captions_b: list[str], **asked: Any) -> int:
    """Returns how many tokens a request with captions is."""
    messages = proposal_messages(captions_a, captions_b, **asked)
    return text_tokens(*(_text([each]) for each in messages))


def _shown(
    model: str,
    standing: Standing,
    parameters: dict[str, Any],
    sizes: tuple[int, int],
    **asked: Any,
) -> int | None:
    """Returns how many tokens a request with images is; None where their size is not known."""
    a, b = sizes
    images: int | None
    if "tile" in parameters:
        rows, tile = (-(-a // 10), -(-b // 10)), int(parameters["tile"])
        messages = grid_messages(_PICTURE, *rows, **asked)
        images = image_tokens(model, 10 * tile, sum(rows) * tile)
    else:
        messages = image_messages([_PICTURE] * a, [_PICTURE] * b, **asked)
        image = _image(model, standing, parameters)
        images = None if image is None else (a + b) * image
    return None if images is None else text_tokens(*(_text([each]) for each in messages)) + images


def _ranking(ranker: Any, stages: Stages, standing: Standing, k: int) -> Iterator[Calls]:
    drawn = standing.drawn
    if isinstance(ranker, Cascade):
        yield from _ranking(ranker.first, stages, standing, k)
        top = min(ranker.top, k)
        images = sum(min(n, ranker.sample) for n in (drawn.n_a, drawn.n_b))
        # each time it looks who can still win, captions are asked about anew
        yield from _questions(ranker.then, stages, standing, top, images, LOOKS, ranker.budget)
        return
    yield from _questions(ranker, stages, standing, k, drawn.n)


def _questions(
    ranker: Any,
    stages: Stages,
    standing: Standing,
    k: int,
    images: int,
    times: int = 1,
    budget: int | None = None,
) -> Iterator[Calls]:
    """Yields the calls of a ranker that asks about each image and description."""
    if not costs(ranker):
        return
    parameters = parameters_of(ranker)
    captions = "captions" in needs_of(ranker, "embeddings")
    if captions:
        images = min(images, times * round(standing.drawn.n * standing.distinct))
    budgets = [limit for limit in (budget, parameters.get("budget")) if limit is not None]
    calls = min(images * k, *budgets, images * k)
    model = str(parameters.get("model", ranker.name))
    if not asks_server(ranker):
        yield Calls("ranker", model, calls, True, None, None, server=False)
        return
    if captions:
        length = round(standing.caption_length or default_length(stages.captioner))
        messages = caption_question("x" * length, _DESCRIPTION)
        sent: int | None = calls * text_tokens(*(_text([each]) for each in messages))
    else:
        image = _image(model, standing, parameters)
        text = text_tokens(image_question_text(_DESCRIPTION))
        sent = None if image is None else calls * (text + image)
    yield Calls("ranker", model, calls, True, sent, calls * _YES,
                own_server=_own(parameters))  # fmt: skip


def _image(model: str, standing: Standing, parameters: dict[str, Any]) -> int | None:
    """Returns how many tokens an image is; None where a user's stage does not say how large."""
    if "image_side" not in parameters:
        return None
    side = int(parameters["image_side"])
    width, height = standing.pixels
    scale = min(1.0, side / max(width, height))
    return image_tokens(model, max(1, round(width * scale)), max(1, round(height * scale)))


def _text(messages: list[dict[str, Any]]) -> str:
    """Returns all text of messages; pictures are counted apart."""
    parts: list[str] = []
    for message in messages:
        content = message["content"]
        if isinstance(content, str):
            parts.append(content)
        else:
            parts += [part["text"] for part in content if part["type"] == "text"]
    return "\n".join(parts)


def _own(parameters: dict[str, Any]) -> bool:
    return bool(parameters.get("base_url") or os.environ.get("OPENAI_BASE_URL"))
