"""Asks a transformers model on this machine whether descriptions fit images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..chat.answers import word, yes_share
from ..errors import ModelError
from ..progress import Progress, silent
from ..stages import Images, Missing, Need, Scored
from ..torch_models import Batches, LazyModel, check_dtype, map_images
from .asked import Tally
from .local_models import Asker, load_caption_asker, load_image_asker
from .subjects import About, draw_subjects, said

_NEITHER = "the model said neither yes nor no"


class LocalQuestionRanker(LazyModel):
    """v(x, y) is whether a model says that description y is true of image x.

    The probabilities of the first word of its answer decide, so nothing is sampled or generated:
    one pass of the model for each image and description. The model is loaded on the first.

    Args:
        about: ``"caption"`` asks about an image's caption, ``"image"`` shows the image
        model: a chat model of the hub (one that takes images, to show them), or a local folder
        answers ("binary"): 1 where yes is likelier than no and else 0, or ``"probability"``:
            P(yes) given yes or no
        budget (None): most passes, one for each image and description; None asks about all
        batch_size (8): captions or images at once; halved whenever a GPU runs out of memory
        device (None): e.g. ``"cuda:1"``; None is a GPU if there is one
        dtype (None): ``"float32"``, ``"float16"`` or ``"bfloat16"``; None is half precision on
            a GPU and float32 on a CPU
        revision (None): branch, tag or commit at the hub
        threads (4): image files decoded at a time while the model works
        seed (0): of the order, where there is a budget

    Raises:
        ValueError: on a wrong choice, a number under 1, or an empty model
    """

    costs = reports = True

    def __init__(
        self,
        about: About,
        model: str,
        *,
        answers: Literal["binary", "probability"] = "binary",
        budget: int | None = None,
        batch_size: int = 8,
        device: str | None = None,
        dtype: str | None = None,
        revision: str | None = None,
        threads: int = 4,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not isinstance(model, str) or not model.strip():
            raise ValueError(f"Expected a model's name or folder, got {model!r}.")
        if about not in ("caption", "image") or answers not in ("binary", "probability"):
            raise ValueError(
                "Expected about as 'caption' or 'image' and answers as 'binary' or 'probability', "
                f"got {about!r} and {answers!r}."
            )
        if min(threads, 1 if budget is None else budget) < 1:
            raise ValueError(f"Expected threads and budget >= 1, got {threads!r} and {budget!r}.")
        check_dtype(dtype)
        self._about, self._model, self._answers = about, model, answers
        self._budget, self._seed = budget, seed
        self._batches, self._threads = Batches(batch_size), threads
        self._device, self._dtype, self._revision = device, dtype, revision

    @property
    def name(self) -> str:
        """What it asks about, and the model's name or folder."""
        return f"{self._about}_question ({self._model})"

    #: from there on the answer is yes
    shows_at = 0.5

    @property
    def needs(self) -> Need:
        """What it reads of an image."""
        return "captions" if self._about == "caption" else "paths"

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes scores; sizes of batches don't."""
        return {
            "model": self._model,
            "answers": self._answers,
            "budget": self._budget,
            "dtype": self._dtype or "auto",
            "revision": self._revision,
        }

    def score(
        self,
        images: Images,
        descriptions: Sequence[str],
        progress: Progress = silent,
    ) -> Scored:
        """Returns ``(n, k)`` scores in [0, 1]; NaN, and counted, where there is no yes or no.

        Raises:
            DependencyError: if a package is not installed
            ModelError: if the model can't be loaded, is no chat model, says neither yes nor no
                to anything, or the budget is too small for one image
        """
        scores = np.full((len(images), len(descriptions)), np.nan, np.float32)
        subjects, notes = draw_subjects(
            images, self._about, len(descriptions), self._budget, self._seed, self.name
        )
        tally = Tally()
        if not scores.size or not subjects:
            return Scored(scores)
        asking = _Asking(self.loaded(), descriptions, tally)
        done = 0

        def call(batch: Sequence[Any]) -> list[NDArray[np.float64] | Missing]:
            nonlocal done
            progress(done / len(subjects), said(self._about, done, len(subjects)))
            with self._lock:  # tokenizers keep padding state that threads must not share
                rows = asking.rows(batch)
            done += len(batch)
            return rows

        texts = [subject.text for subject in subjects]
        if self._about == "image":
            made = map_images(texts, None, call, self._batches, self._threads)
        else:
            made = self._batches.run(call, texts)
        for subject, row in zip(subjects, made, strict=True):
            if isinstance(row, Missing):
                tally.miss("sample", row.reason, subject.id)
                continue
            for column in np.flatnonzero(np.isnan(row)).tolist():
                example = f"{subject.id}: {descriptions[column]}"
                tally.miss("answer", _NEITHER, example, len(subject.rows))
            scores[subject.rows] = row
        if tally.unread and not tally.read:
            raise asking.unreadable()
        if self._answers == "binary":
            scores = np.where(np.isnan(scores), np.nan, scores > 0.5).astype(np.float32)
        return Scored(scores, skipped=tally.skipped(), notes=notes)

    def _load(self) -> Asker:
        where = self._model, self._revision, self._device, self._dtype
        return load_image_asker(*where) if self._about == "image" else load_caption_asker(*where)


class _Asking:
    """One set of descriptions asked about batches of captions or images."""

    def __init__(self, asker: Asker, descriptions: Sequence[str], tally: Tally) -> None:
        self.asker, self.descriptions, self.tally = asker, descriptions, tally
        words = {number: word(token) for token, number in asker.vocabulary().items()}
        self._yes = [key for key, text in words.items() if text == "yes"]
        self._no = [key for key, text in words.items() if text == "no"]

    def rows(self, batch: Sequence[Any]) -> list[NDArray[np.float64] | Missing]:
        """Returns for each its P(yes) of each description, or why it can't be asked about."""
        try:
            columns = [self._column(batch, text) for text in self.descriptions]
        except ValueError as error:
            if len(batch) > 1:  # one image costs only itself
                return [row for question in batch for row in self.rows([question])]
            return [Missing(f"the model's processor refuses it: {error}")]
        shares = np.stack(columns, axis=1)
        for value in np.isfinite(shares).ravel().tolist():
            self.tally.hear(readable=value)
        if self.tally.stuck():
            raise self.unreadable()
        return list(shares)

    def _column(self, batch: Sequence[Any], text: str) -> NDArray[np.float64]:
        chances = np.asarray(self.asker.chances(batch, text), np.float64)
        shares = zip(chances[:, self._yes].sum(1), chances[:, self._no].sum(1), strict=True)
        answers = [yes_share(float(yes), float(no)) for yes, no in shares]
        return np.array([np.nan if item is None else item for item in answers])

    def unreadable(self) -> ModelError:
        """Returns the error of a model that is never likely to say yes or no."""
        return ModelError(
            f"Expected yes or no from {self.asker.name}, but in {self.tally.unread} answers "
            "another first word was likelier.",
            "Choose a model that answers right away instead of thinking first.",
        )
