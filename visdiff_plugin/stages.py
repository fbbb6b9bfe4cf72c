"""The interface of each replaceable stage; any object with these members works.

A stage may also have optional attributes, which mean the same for all stages:

- ``parameters``: a JSON-safe mapping of what changes its answers, for the record. With a
  ``base_url`` among them it asks a server at that address (None: the one that its client takes by
  default), and is estimated and shown so; ``model`` is then the model's name there.
- ``costs``: whether each answer is paid for, in money or in minutes. Without it, all that ask a
  server do. No more is asked of a ranker that costs than the run needs.
- ``needs``: what a proposer or ranker reads of an image.
- ``members``: other objects of the same stage that it is made of; it asks and costs what they do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from .progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .account import Skipped
    from .engines.work import Filled, Todo, Work

#: what a proposer or ranker reads of an image
Need = Literal["captions", "embeddings", "paths"]


@dataclass(frozen=True)
class Missing:
    """Takes the place of a caption that could not be made, with the reason; not stored as text."""

    reason: str


@dataclass(frozen=True)
class Images:
    """Images with what is known about each; rows of all members correspond.

    Args:
        ids: ``n`` sample ids
        paths: ``n`` image files
        captions (None): ``n`` captions, where they were asked for
        embeddings (None): ``(n, d)`` unit vectors, where they were asked for
        pairs (None): ``n`` codes where a proposer is shown pairs: the k-th image of A and of B
            have one code and belong together
    """

    ids: Sequence[str]
    paths: Sequence[str]
    captions: Sequence[str] | None = None
    embeddings: NDArray[np.float32] | None = None
    pairs: Sequence[int] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def names(self) -> list[str]:
        """Returns file names without folders: they seed draws, so that these can be repeated."""
        return [os.path.basename(path) for path in self.paths]

    def take(self, rows: Sequence[int]) -> Images:
        """Returns the images at ``rows``, in that order."""
        return Images(
            ids=[self.ids[row] for row in rows],
            paths=[self.paths[row] for row in rows],
            captions=None if self.captions is None else [self.captions[row] for row in rows],
            embeddings=None if self.embeddings is None else self.embeddings[list(rows)],
            pairs=None if self.pairs is None else [self.pairs[row] for row in rows],
        )


@dataclass(frozen=True)
class Usage:
    """What model calls consumed: requests answered and tokens as the server counted them."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )


@dataclass(frozen=True)
class ProposerReply:
    """One answer of a proposer.

    Args:
        proposals: descriptions that are truer of A than of B, best first
        text (""): the model's reply as it came, for the run record
        usage: what the call consumed
        notes (()): what a reader of the result should know, in sentences
    """

    proposals: Sequence[str]
    text: str = ""
    usage: Usage = field(default_factory=Usage)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Attempt:
    """A proposed description, with the shown images that it gets wrong.

    Args:
        description: truer of ``a``, as was said
        missed: rows of ``a`` that score as if they did not show it, worst first
        mistaken: rows of ``b`` that score as if they did, worst first
    """

    description: str
    missed: Sequence[int]
    mistaken: Sequence[int]


@dataclass(frozen=True)
class Scored:
    """Scores with usage and failures, from a ranker that asks a model.

    Args:
        scores: ``(n, k)`` scores, NaN where an image can't be scored
        usage: what the calls consumed
        skipped (()): what could not be scored, counted by reason
        notes (()): what a reader of the result should know
    """

    scores: NDArray[np.floating[Any]]
    usage: Usage = field(default_factory=Usage)
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()


@runtime_checkable
class Captioner(Protocol):
    """Describes images in words.

    Its ``parameters`` (prompt, lengths, weights) take part in deciding whether a stored caption is
    still valid.
    """

    @property
    def name(self) -> str:
        """Which model it is; part of what decides whether a stored value is still valid."""
        ...

    def caption(self, paths: Sequence[str]) -> Sequence[str | Missing]:
        """Returns one caption, or `Missing` with the reason, for each image file."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Embeds images and texts into one space; ``parameters`` as for a `Captioner`.

    An optional ``encode_stream(groups)`` yields what ``encode_images`` returns for one group of
    paths after another, rows of NaN for files that are no images; it may take groups ahead of
    what it yields, to work while results are stored.
    """

    @property
    def name(self) -> str:
        """Which model it is; part of what decides whether a stored value is still valid."""
        ...

    def encode_images(self, paths: Sequence[str]) -> NDArray[np.floating[Any]]:
        """Returns ``(n, d)``; a row of NaN, or an OSError, for a file that is no image."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.floating[Any]]:
        """Returns ``(m, d)`` in the space of the images."""
        ...


@runtime_checkable
class Proposer(Protocol):
    """Proposes descriptions.

    Optional attributes: ``needs`` (default ``"captions"``); ``whole`` (default False): True for a
    proposer that reads all proposal images at once instead of small random subsets; and
    ``most_images``: of each set that it can be shown at once. An optional method
    ``refine(a, b, attempts)`` answers as ``propose`` does, knowing what earlier proposals get
    wrong on these images (a list of `Attempt`).
    """

    @property
    def name(self) -> str:
        """Which model it is; part of what decides whether a stored value is still valid."""
        ...

    def propose(self, a: Images, b: Images) -> ProposerReply | Sequence[str]:
        """Returns descriptions that are truer of ``a`` than of ``b``, best first."""
        ...


@runtime_checkable
class Ranker(Protocol):
    """Scores how true each description is of each image.

    An optional attribute ``needs`` (default ``"embeddings"``) says what it reads. One that reads
    captions or files is given all images at once, one of embeddings a part at a time. ``costs`` is
    True for one that asks a model about each image and description. One with ``reports = True`` is
    also given ``progress``, a callback that takes the share done and a label; what it raises stops
    the work. One whose scores say from where on an image shows a description, such as .5 of a
    P(yes), has that score as ``shows_at``; without it no image is said to show anything, only to
    be in the top quarter of all.
    """

    @property
    def name(self) -> str:
        """Which model it is; part of what decides whether a stored value is still valid."""
        ...

    def score(
        self, images: Images, descriptions: Sequence[str]
    ) -> NDArray[np.floating[Any]] | Scored:
        """Returns ``(n, k)`` scores, higher is truer; NaN where an image can't be scored."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Computes values of images and stores them on their samples."""

    @property
    def name(self) -> str:
        """Which engine it is, for the record."""
        ...

    def run(
        self, dataset: Any, work: Work, todo: Todo, batch_size: int, progress: Progress
    ) -> Filled:
        """Makes and stores the values of all images in ``todo``.

        Args:
            dataset: a FiftyOne dataset that declares the fields of ``work.kind``
            work: what is made of an image file
            todo: the images, none of which has a valid value
            batch_size: images computed and stored at a time
            progress: called with the share done and a label

        Returns:
            how many have a value now, and why the others have none
        """
        ...

    def close(self) -> None:
        """Releases what was started; the engine may be used again."""
        ...


def needs_of(stage: object, default: Need) -> frozenset[Need]:
    """Returns what a stage declares to read: one thing, or several."""
    declared = getattr(stage, "needs", default)
    return frozenset((declared,) if isinstance(declared, str) else declared)


def parameters_of(stage: object) -> dict[str, Any]:
    """Returns the JSON-safe parameters that a stage declares; none is an empty mapping."""
    declared = getattr(stage, "parameters", None)
    return dict(declared) if isinstance(declared, Mapping) else {}


def asks_server(stage: object) -> bool:
    """Returns whether a stage asks a server: one that is made of others if any of them does."""
    members = getattr(stage, "members", ())
    return any(map(asks_server, members)) if members else "base_url" in parameters_of(stage)


def costs(stage: object) -> bool:
    """Returns whether a stage's answers cost money or minutes."""
    declared = getattr(stage, "costs", None)
    if declared is not None:
        return bool(declared)
    members = getattr(stage, "members", ())
    return any(map(costs, members)) if members else asks_server(stage)


def scored_by(
    ranker: Any, images: Images, texts: Sequence[str], progress: Progress
) -> NDArray[np.floating[Any]] | Scored:
    """Calls a ranker's score, passing progress if it reports any."""
    if getattr(ranker, "reports", False):
        return ranker.score(images, texts, progress=progress)
    return ranker.score(images, texts)
