"""Asks a chat or vision model about each image whether each description fits it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..chat.answers import read_answer, yes_probability
from ..chat.client import ChatClient
from ..chat.options import MOST_AT_ONCE, MOST_PIXELS, ServerOptions, client_of
from ..chat.question_prompts import caption_question, image_question
from ..chat.reply import ChatReply, RejectedError, SilentError, cut_off
from ..errors import ModelError, ServerError
from ..images import UNREADABLE, data_url, load_rgb, reason
from ..progress import Progress, silent
from ..stages import Images, Need, Scored, Usage
from .asked import Asked, no_chances, takes_none
from .subjects import About, Subject, draw_subjects, said

#: a description that asks nothing odd, to tell an odd request from a server that takes none
_PLAIN = "a plain gray square"


class QuestionRanker:
    """v(x, y) is whether a model says that description y is true of image x.

    One call for each image and description: ``n * k`` in all. Images are asked about in random
    order, whatever set they are in: what a budget or a server that fails leaves out is then a
    random sample. Images with the same caption are asked about once.

    Args:
        about: ``"caption"`` asks about an image's caption, ``"image"`` shows the image
        model ("gpt-4o-mini"): the model's name at the server
        answers ("binary"): 1 for yes and 0 for no, as in the paper, or ``"probability"``: P(yes)
            by the log-probabilities of the answer's first word, from models that give them
        budget (None): most calls; None asks about all images
        concurrency (8): images asked about at a time
        image_side (512): longest side sent, in pixels; smaller images stay as they are
        top_logprobs (20): for probabilities, how many likeliest words to ask for
        temperature (0): of sampling
        seed (0): of sampling, where the server honors it, and of the order
        max_tokens (16): longest answer, in tokens; models that think need more
        client (None): the caller's client; None makes one of the options below
        **server: ``base_url``, ``api_key_env``, ``api_key``, ``timeout`` (60) and ``max_retries``,
            as `ChatClient` takes them

    Raises:
        CredentialsError: if the server wants a key and there is none
        ValueError: on a wrong choice, or a number out of range
    """

    costs = reports = True

    def __init__(
        self,
        about: About,
        model: str = "gpt-4o-mini",
        *,
        answers: Literal["binary", "probability"] = "binary",
        budget: int | None = None,
        concurrency: int = 8,
        image_side: int = 512,
        top_logprobs: int = 20,
        temperature: float | None = 0.0,
        seed: int = 0,
        max_tokens: int | None = 16,
        client: ChatClient | None = None,
        **server: Unpack[ServerOptions],
    ) -> None:
        if about not in ("caption", "image") or answers not in ("binary", "probability"):
            raise ValueError(
                "Expected about as 'caption' or 'image' and answers as 'binary' or 'probability', "
                f"got {about!r} and {answers!r}."
            )
        least = min(concurrency, image_side, top_logprobs, 1 if budget is None else budget)
        if least < 1 or concurrency > MOST_AT_ONCE or image_side > MOST_PIXELS:
            raise ValueError(
                "Expected concurrency, image_side, top_logprobs and budget >= 1, concurrency up to "
                f"{MOST_AT_ONCE} and image_side up to {MOST_PIXELS:,}, got "
                f"{concurrency!r}, {image_side!r}, {top_logprobs!r} and {budget!r}."
            )
        self._about, self._answers, self._budget = about, answers, budget
        self._concurrency, self._side, self._seed = concurrency, image_side, seed
        self._top = top_logprobs if answers == "probability" else None
        self._client = client_of(client, model, temperature, seed, max_tokens, **server)

    @property
    def name(self) -> str:
        """What it asks about, and the model's name at the server."""
        return f"{self._about}_question ({self._client.model})"

    #: from there on the answer is yes
    shows_at = 0.5

    @property
    def needs(self) -> Need:
        """What it reads of an image."""
        return "captions" if self._about == "caption" else "paths"

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes scores, JSON-safe and without credentials."""
        own = {"answers": self._answers, "budget": self._budget}
        if self._about == "image":
            own["image_side"] = self._side
        return {**self._client.parameters, **own}

    def score(
        self,
        images: Images,
        descriptions: Sequence[str],
        progress: Progress = silent,
    ) -> Scored:
        """Returns ``(n, k)`` scores in [0, 1]: 0 or 1, or P(yes).

        NaN, and counted with the reason: an answer that is neither yes nor no, a refusal, an
        image that can't be read, what the server did not answer. When it stops answering,
        nothing more is asked.

        Raises:
            ModelError: if the budget is too small for one image, the server or model answers
                nothing or takes no such request, gives no log-probabilities where these are
                asked for, or no answer is a yes or no
        """
        scores = np.full((len(images), len(descriptions)), np.nan, np.float32)
        subjects, notes = draw_subjects(
            images, self._about, len(descriptions), self._budget, self._seed, self.name
        )
        asked = Asked()
        if scores.size and subjects:
            with ThreadPoolExecutor(self._concurrency, thread_name_prefix="visdiff-ask") as pool:
                answered = pool.map(
                    lambda subject: (subject.rows, self._answer(subject, descriptions, asked)),
                    subjects,
                )
                try:
                    for number, (rows, answers) in enumerate(answered, 1):
                        scores[rows] = answers
                        progress(number / len(subjects), said(self._about, number, len(subjects)))
                except BaseException:
                    # what waits is not asked any more: each question costs
                    asked.calls.stop(ModelError("stopped"))
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
            asked.calls.check()
            if asked.tally.unread and not asked.tally.read:
                raise asked.unreadable(self.name)
        return Scored(scores, asked.tally.usage, asked.tally.skipped(), notes)

    def _answer(
        self, subject: Subject, descriptions: Sequence[str], asked: Asked
    ) -> NDArray[np.float32]:
        """Returns ``(k,)`` answers about one caption or image."""
        answers = np.full(len(descriptions), np.nan, np.float32)
        content = subject.text
        if self._about == "image" and not asked.calls.stopped:
            try:
                content = data_url(load_rgb(subject.text, self._side), self._side)
            except UNREADABLE as error:
                asked.tally.miss("sample", reason(error), subject.id)
                return answers
        for column, text in enumerate(descriptions):
            value, why = self._one(content, text, asked)
            if value is None:
                asked.tally.miss("answer", why, f"{subject.id}: {text}", len(subject.rows))
            else:
                answers[column] = value
        return answers

    def _one(self, content: str, text: str, asked: Asked) -> tuple[float | None, str]:
        """Returns an answer, or None and why there is none."""
        if why := asked.calls.stopped:
            return None, why
        try:
            reply = self._ask(content, text)
        except SilentError as error:
            asked.calls.hear_nothing(error)
            asked.hear(Usage(), str(error), False, self.name)
            return None, "the model refused, or said nothing"
        except RejectedError as error:
            return None, self._rejected(error, asked)
        except ServerError as error:
            asked.calls.fail(error)
            return None, str(error)
        except ModelError as error:
            asked.calls.stop(error)
            return None, str(error)
        value, why = self._read(reply, asked)
        if value is None and reply.cut:
            asked.calls.hear_nothing(cut_off(self.name, reply.text))
        else:
            asked.calls.hear()
        return value, why

    def _ask(self, content: str, text: str) -> ChatReply:
        make = caption_question if self._about == "caption" else image_question
        return self._client.complete(make(content, text), top_logprobs=self._top)

    def _read(self, reply: ChatReply, asked: Asked) -> tuple[float | None, str]:
        value: float | None
        why = "the model said neither yes nor no"
        if self._answers == "binary":
            said = read_answer(reply.text)
            value = None if said is None else float(said)
        elif reply.tokens is None:
            value, why = None, "the answer came without log-probabilities"
            if not asked.tally.read:
                asked.calls.stop(no_chances(self.name))
        else:
            value = yes_probability(reply.tokens)
        asked.hear(reply.usage, reply.text, value is not None, self.name)
        return value, why

    def _rejected(self, error: RejectedError, asked: Asked) -> str:
        """Probes once with a plain question: is this request rejected, or every request?"""
        asked.calls.succeed()
        asked.hear(Usage(), str(error), False, self.name)
        if error.status is None:
            return "the model refused, or said nothing"
        with asked.calls.probing:
            if not asked.accepts and not asked.tally.read and not asked.calls.stopped:
                self._probe(asked)
        return str(error)

    def _probe(self, asked: Asked) -> None:
        content = _PLAIN
        if self._about == "image":
            content = data_url(Image.new("RGB", (64, 64), "gray"), self._side)
        try:
            reply = self._ask(content, _PLAIN)
            asked.tally.pay(reply.usage)
        except RejectedError as refused:
            if refused.status is not None:
                asked.calls.stop(takes_none(self.name, self._about, self._top, refused))
                return
        except ServerError as failure:
            asked.calls.fail(failure)
            return
        except ModelError as failure:
            asked.calls.stop(failure)
            return
        asked.accepts = True
