"""Makes sure that what a comparison needs is stored: computed once, kept on the samples."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..captioners.cleaning import clean_caption, is_soiled
from ..dataset import own_fields, samples
from ..engines.kind import Kind
from ..engines.work import Filled, Work
from ..errors import FieldError, ModelError, concerning
from ..images import UNREADABLE, problem
from ..mongo.vector_bytes import decode_vector
from ..progress import Progress
from ..stages import Captioner, Encoder, Engine, Missing, parameters_of
from . import declared
from .stored import fill


def captions_kind(captioner: Captioner, name: str | None) -> Kind:
    """Returns how a captioner's captions are stored; the field is named after it by default."""
    default = f"visdiff_caption_{_identifier(captioner.name)}"
    made_by = parameters_of(captioner)
    return Kind("captions", name or default, captioner.name, made_by, soiled=is_soiled)


def embeddings_kind(encoder: Encoder, name: str | None) -> Kind:
    """Returns how an encoder's image embeddings are stored."""
    return Kind(
        "embeddings",
        name or f"visdiff_embedding_{_identifier(encoder.name)}",
        encoder.name,
        parameters_of(encoder),
        decode=decode_vector,
    )


def checked_captions(dataset: Any, captioner: Captioner, name: str | None) -> Kind:
    """Returns how a captioner's captions are stored, once it is sure that they can be.

    Raises:
        FieldError: if the field is not ours
    """
    kind = captions_kind(captioner, name)
    with concerning("caption_field" if name else "captioner"):
        declared.check_field(dataset, kind)
    return kind


def checked_embeddings(dataset: Any, encoder: Encoder, name: str | None) -> Kind:
    """Returns how an encoder's embeddings are stored, once it is sure that they can be.

    Raises:
        FieldError: if the field is not ours, or holds those of another model
    """
    kind = embeddings_kind(encoder, name)
    with concerning("embedding_field" if name else "encoder"):
        declared.check_field(dataset, kind, same_producer=True)
    return kind


def make_captions(
    dataset: Any,
    captioner: Captioner,
    media: samples.Media,
    name: str | None,
    engine: Engine,
    batch_size: int,
    progress: Progress,
) -> tuple[Kind, Filled]:
    """Makes sure that the images' captions are stored.

    Raises:
        ModelError: if there is none of any image, though the files can be read
    """
    kind = captions_kind(captioner, name)
    work = Work(kind, partial(caption_paths, captioner))
    with declared.declaring(dataset, kind):
        filled = fill(dataset, work, media, engine, batch_size, progress)
        if filled.missing and not filled.reused and not filled.computed:
            _check_files(media, captioner.name, filled.missing)
    return kind, filled


#: files that are looked at to tell a model that fails from files that are no images
_LOOKED_AT = 20


def _check_files(media: samples.Media, name: str, missing: Mapping[str, str]) -> None:
    if all(problem(path) for path in media.paths[:_LOOKED_AT]):
        return  # what is left of the sets says the rest
    [(reason, count)] = Counter(missing.values()).most_common(1)
    raise ModelError(
        f"Expected captions from {name}, got none of {len(missing)} images. Of {count}: {reason}",
        "Choose another captioner. One that thinks before it answers needs more tokens.",
    )


def make_embeddings(
    dataset: Any,
    encoder: Encoder,
    media: samples.Media,
    name: str | None,
    engine: Engine,
    batch_size: int,
    progress: Progress,
) -> tuple[Kind, Filled]:
    """Makes sure that the images' unit embeddings are stored."""
    kind = embeddings_kind(encoder, name)
    stream = partial(_streamed, encoder) if hasattr(encoder, "encode_stream") else None
    work = Work(kind, partial(embed_paths, encoder), stream=stream)
    with declared.declaring(dataset, kind, same_producer=True):
        return kind, fill(dataset, work, media, engine, batch_size, progress)


def properties_kind() -> Kind:
    """Returns how measured properties are stored: ``(p,)`` each, in the catalog's order."""
    from ..properties.catalog import PROPERTIES, VERSION

    names = [measured_property.name for measured_property in PROPERTIES]

    def encode(values: NDArray[np.float64]) -> dict[str, Any]:
        known = {n: float(x) for n, x in zip(names, values, strict=True) if np.isfinite(x)}
        return {"_cls": "DynamicEmbeddedDocument", **known}

    def decode(document: Mapping[str, Any]) -> NDArray[np.float64]:
        return np.array([document.get(name, np.nan) for name in names], np.float64)

    parameters = {"version": VERSION, "names": names}
    return Kind("properties", "visdiff_properties", "measured", parameters, encode, decode)


def make_properties(
    dataset: Any, media: samples.Media, engine: Engine, batch_size: int, progress: Progress
) -> tuple[Kind, Filled]:
    """Makes sure that the images' measured properties are stored."""
    from ..properties.catalog import PROPERTIES

    kind = properties_kind()
    texts = {
        measured_property.name: f"{measured_property.doc} Unit: {measured_property.unit}."
        for measured_property in PROPERTIES
    }
    work = Work(kind, measure_paths, uses_model=False)
    with declared.declaring(dataset, kind):
        own_fields.declare_numbers(dataset, kind.field, texts)
        return kind, fill(dataset, work, media, engine, max(batch_size, 256), progress)


def check_dimension(vectors: Sequence[NDArray[Any]], encoder: Encoder) -> None:
    """Checks that stored embeddings can be compared with an encoder's texts.

    Raises:
        FieldError: if they are of several dimensions, or of another one
    """
    dimensions = Counter(len(vector) for vector in vectors)
    if len(dimensions) > 1:
        raise FieldError(
            f"Expected embeddings of one size, got {dict(dimensions)}.",
            "They come from several models. Choose another embedding_field.",
            about="embedding_field",
        )
    wanted = np.asarray(encoder.encode_texts(["an image"])).shape[1]
    stored = next(iter(dimensions), wanted)
    if stored != wanted:
        raise FieldError(
            f"Expected embeddings of {wanted} dimensions, as {encoder.name} makes, got {stored}.",
            "Pass the encoder that made them, or another embedding_field.",
            about="encoder",
        )


def caption_paths(captioner: Captioner, paths: Sequence[str]) -> list[Any]:
    """Returns a clean caption, or `Missing` with the reason, for each file."""
    return [_caption(made) for made in _without_broken(captioner.caption, paths, captioner.name)]


def embed_paths(encoder: Encoder, paths: Sequence[str]) -> Sequence[Any]:
    """Returns a unit vector, or `Missing` with the reason, for each file.

    It is an array where each file has a vector.
    """
    return _vectors(_without_broken(encoder.encode_images, paths, encoder.name), paths)


def _streamed(encoder: Any, batches: Iterable[Sequence[str]]) -> Iterator[Sequence[Any]]:
    """Yields the unit vectors of one batch of files after another."""
    begun: deque[Sequence[str]] = deque()

    def noted() -> Iterator[Sequence[str]]:
        for batch in batches:  # the encoder may take several before it yields the first
            begun.append(batch)
            yield batch

    for made in encoder.encode_stream(noted()):
        paths = begun.popleft()
        yield _vectors(_as_many(made, len(paths), encoder.name), paths)
    # only reached by a caller that still lacks a batch
    raise ModelError(f"Expected embeddings of every group from {encoder.name}, got fewer.")


def measure_paths(paths: Sequence[str]) -> list[Any]:
    """Returns the measured properties, or `Missing` with the reason, of each file."""
    from ..properties.measure import measure_many

    values, reasons = measure_many(paths)
    return [Missing(reasons[row]) if row in reasons else values[row] for row in range(len(paths))]


def _without_broken(
    compute: Callable[[Sequence[str]], Iterable[Any]], paths: Sequence[str], name: str
) -> Sequence[Any]:
    """Runs a stage on a batch; a file that is no image costs only itself."""
    try:
        return _as_many(compute(paths), len(paths), name)
    except UNREADABLE as error:
        reasons = {row: reason for row, path in enumerate(paths) if (reason := problem(path))}
        if not reasons:
            raise ModelError(f"{name} failed on readable images: {error}") from error
    good = [row for row in range(len(paths)) if row not in reasons]
    out: list[Any] = [Missing(reasons.get(row, "")) for row in range(len(paths))]
    if good:
        made = _as_many(compute([paths[row] for row in good]), len(good), name)
        for row, value in zip(good, made, strict=True):
            out[row] = value
    return out


def _as_many(made: Iterable[Any], expected: int, name: str) -> Sequence[Any]:
    values: Any = made if isinstance(made, np.ndarray) and made.ndim else list(made)
    if len(values) != expected:
        raise ModelError(f"Expected {expected} values of {name}, got {len(values)}.")
    return values


def _caption(made: Any) -> Any:
    if isinstance(made, Missing):
        return made
    if not isinstance(made, str):
        return Missing(f"the captioner returned {type(made).__name__} instead of text")
    return clean_caption(made)


def _vectors(made: Sequence[Any], paths: Sequence[str]) -> Sequence[Any]:
    if isinstance(made, np.ndarray) and made.ndim == 2:
        vectors = np.ascontiguousarray(made, np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if (np.isfinite(lengths) & (lengths > 0)).all():
            return vectors / lengths
    return [_vector(vector, path) for vector, path in zip(made, paths, strict=True)]


def _vector(made: Any, path: str) -> Any:
    if isinstance(made, Missing):
        return made
    vector = np.ascontiguousarray(made, np.float32)
    length = np.linalg.norm(vector, axis=-1)  # the axis makes it round as for many at once
    if not np.isfinite(length) or length == 0:
        return Missing(problem(path) or "the encoder gave no finite embedding")
    return vector / length


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
