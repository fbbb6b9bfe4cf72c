"""The functions that scripts and the App's operators call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from .account import Account, Skipped
from .assembly import make_stages
from .config import SETTINGS, Config, Preset
from .dataset import samples
from .engines import make_engine
from .errors import MediaError, concerning
from .kept import making
from .mongo.outages import store_in_words
from .pipeline import Comparison
from .progress import Progress, silent
from .results.run import Run
from .sets import choosing
from .storable import storable, why_not
from .storing import run_store, score_fields
from .thresholds import check_hypotheses, thresholds_of


def compare(
    dataset: Any,
    a: Any,
    b: Any,
    run_key: str,
    *,
    within: Any = None,
    captioner: Any = None,
    encoder: Any = None,
    proposer: Any = None,
    ranker: Any = None,
    config: Config | None = None,
    preset: Preset | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> Run:
    """Finds how two sets of images differ, in words, and stores the answer on the dataset.

    Captions, embeddings and properties that are stored and still valid are reused. The answer is
    written as score fields in an embedded document named after the run key, and as a run record.

    Args:
        dataset: a FiftyOne dataset of images
        a: the first set: a saved view's name, a view, sample ids, or a text such as ``"tag:NAME"``
            or ``"eval:KEY=wrong"``: docs/sets.md lists them
        b: the second set; ``"rest"`` is what A does not hold, and it may be of another dataset
        run_key: an identifier to store the run under
        within (None): a view, or a saved view's name, that both sets are taken from
        captioner (None): in place of the config's, see `Config`; as the three that follow
        encoder (None): embeds images and texts
        proposer (None): proposes descriptions
        ranker (None): scores descriptions
        config (None): every choice; the default preset if neither is given
        preset (None): ``"default"``, ``"paper"`` or ``"offline"``
        overwrite (False): replace a run of the same key
        progress (None): called with the share done in [0, 1] and a label
        **changes: members of `Config` to change, e.g. ``seed=1``

    Returns:
        the run, differences best first

    Raises:
        VisDiffError: on anything a user can mend: an unknown or empty view, a taken run key, a
            field of another kind, a server that does not answer, ...
        ValueError: on wrong arguments
    """
    config = _config(config, preset, changes)
    config = _with_stages(config, captioner, encoder, proposer, ranker)
    return _run(dataset, (a, b, within), run_key, config, (), overwrite, progress)


def rank(
    dataset: Any,
    a: Any,
    b: Any,
    hypotheses: Sequence[str],
    run_key: str,
    *,
    threshold: float | Mapping[str, float] | None = None,
    within: Any = None,
    captioner: Any = None,
    encoder: Any = None,
    ranker: Any = None,
    config: Config | None = None,
    preset: Preset | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> Run:
    """Tests your own hypotheses about how two sets differ, with the same evidence as `compare`.

    They were not made from the images, so all images are evidence. Testing several at once is
    corrected for. Properties and labels are only compared where ``properties`` or
    ``label_fields`` ask for it.

    Args:
        dataset: as for `compare`, like all that is not listed here
        a: the first set
        b: the second set
        hypotheses: up to 10,000 descriptions of up to 1,000 characters, such as ``"dogs in
            snow"``; either direction is tested
        run_key: an identifier to store the run under
        threshold (None): the score from which on an image counts as showing a hypothesis, for all
            or for each: a difference that was found elsewhere is checked at the same cut; it is
            kept, and changes the shares and the test of few images, not the AUROC
        within (None): a view that both sets are taken from
        captioner (None): where the ranker reads captions
        encoder (None): where the ranker reads embeddings
        ranker (None): scores the hypotheses
        config (None): every choice
        preset (None): its name
        overwrite (False): replace a run of the same key
        progress (None): called with the share done and a label
        **changes: members of `Config` to change

    Raises:
        VisDiffError: as `compare`
        ValueError: on wrong arguments, or without any hypothesis
    """
    if isinstance(hypotheses, str) or not all(
        isinstance(hypothese, str) for hypothese in hypotheses
    ):
        raise ValueError(f"Expected hypotheses as a list of strings, got {hypotheses!r}.")
    asked, dropped = _storable(hypotheses)
    if not asked:
        why = f" that can be tested: {next(iter(dropped.values()))}" if dropped else ""
        raise ValueError(
            f"Expected at least one hypothesis, got none{why}. Pass a list of descriptions."
        )
    if config is None:
        changes.setdefault("properties", False)
    config = _config(config, preset, changes)
    config = _with_stages(config, captioner, encoder, None, ranker)
    check_hypotheses(asked)
    if isinstance(threshold, Mapping):
        threshold = {
            storable(text) if isinstance(text, str) else text: value
            for text, value in threshold.items()
            if text not in dropped
        }
    thresholds = thresholds_of(threshold, asked)
    return _run(
        dataset, (a, b, within), run_key, config, asked, overwrite, progress, thresholds, dropped
    )


def _storable(hypotheses: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Returns the hypotheses that can be tested, and why each other one can't; blank ones aside."""
    asked, dropped = [], {}
    for given in hypotheses:
        text = storable(given)
        if why := why_not(text):
            if given.strip():
                dropped[given] = why
        else:
            asked.append(text)
    return tuple(asked), dropped


@dataclass(frozen=True)
class Stored:
    """What `caption` or `embed` did.

    Args:
        field: the sample field that holds the values
        computed: images computed now
        reused: images whose stored value was still valid
        skipped: images without a value, with reasons
    """

    field: str
    computed: int
    reused: int
    skipped: tuple[Skipped, ...]


def caption(
    samples_: Any,
    captioner: Any = "blip",
    *,
    field: str | None = None,
    batch_size: int = 64,
    engine: Any = None,
    progress: Progress | None = None,
) -> Stored:
    """Captions the images of a view and stores the captions on the samples.

    Args:
        samples_: a FiftyOne dataset or view
        captioner ("blip"): as in `Config`
        field (None): where to store them; None names it after the captioner
        batch_size (64): images computed and stored at a time
        engine (None): where it is done, as in `Config`
        progress (None): called with the share done and a label

    Raises:
        VisDiffError: as `compare`
    """
    from .captioners import make_captioner

    made = make_captioner(captioner)
    return _store(samples_, made, making.make_captions, field, engine, batch_size, progress)


def embed(
    samples_: Any,
    encoder: Any = "open_clip:ViT-B-32/laion2b_s34b_b79k",
    *,
    field: str | None = None,
    batch_size: int = 64,
    engine: Any = None,
    progress: Progress | None = None,
) -> Stored:
    """Embeds the images of a view and stores unit vectors on the samples.

    Args:
        samples_: a FiftyOne dataset or view
        encoder: as in `Config`
        field (None): where to store them; None names it after the encoder
        batch_size (64): images computed and stored at a time
        engine (None): where it is done, as in `Config`
        progress (None): called with the share done and a label

    Raises:
        VisDiffError: as `compare`
    """
    from .encoders import make_encoder

    made = make_encoder(encoder)
    return _store(samples_, made, making.make_embeddings, field, engine, batch_size, progress)


def check_storing(
    function: str,
    samples_: Any,
    *,
    captioner: Any = "blip",
    encoder: Any = "open_clip:ViT-B-32/laion2b_s34b_b79k",
    field: str | None = None,
) -> None:
    """Checks what `caption` or `embed` is asked for, without loading or reading anything large.

    Args:
        function: ``"caption"`` or ``"embed"``
        samples_: as for these
        captioner ("blip"): likewise
        encoder: likewise
        field (None): likewise

    Raises:
        VisDiffError: as these
        ValueError: as these
    """
    from .captioners import make_captioner
    from .encoders import make_encoder

    dataset = getattr(samples_, "_root_dataset", samples_)
    with concerning("a"):
        samples.check_media(samples_, "what is to be stored", "the chosen photos")
    if function == "caption":
        with concerning("captioner"):
            made = make_captioner(captioner)
        making.checked_captions(dataset, made, field)
    else:
        with concerning("encoder"):
            encodes = make_encoder(encoder)
        making.checked_embeddings(dataset, encodes, field)


@store_in_words()
def _run(
    dataset: Any,
    chosen: tuple[Any, Any, Any],
    run_key: str,
    config: Config,
    hypotheses: tuple[str, ...],
    overwrite: bool,
    progress: Progress | None,
    thresholds: Mapping[str, float] | None = None,
    dropped: Mapping[str, str] | None = None,
) -> Run:
    samples.check_dataset(dataset)
    run_store.check_run_key(dataset, run_key, overwrite)
    a, b, within = chosen
    base = choosing.make_base(dataset, within)
    set_a, set_b = choosing.select_two(base, a, b)
    taken_from, taken_by = base.label, base.text or base.label
    del base  # it may hold every id of the dataset
    score_fields.check_other(dataset, set_b.dataset, run_key)
    set_a, set_b, shared = samples.separate(set_a, set_b, config.overlap)
    stages = make_stages(dataset, config, propose=not hypotheses)
    claim = run_store.writing(dataset, set_b.dataset, run_key, overwrite)
    with closing(stages.engine), claim as replaces:
        return Comparison(
            dataset,
            set_a,
            set_b,
            shared,
            run_key,
            config,
            stages,
            hypotheses,
            taken_from,
            progress or silent,
            thresholds or {},
            replaces,
            dropped or {},
            taken_by,
        ).run()


@store_in_words()
def _store(
    samples_: Any,
    stage: Any,
    make: Any,
    field: str | None,
    engine: Any,
    batch_size: int,
    progress: Progress | None,
) -> Stored:
    dataset = getattr(samples_, "_root_dataset", samples_)
    selected = choosing.select(dataset, samples_, "what is to be stored")
    media = samples.read_media(dataset, selected.ids)
    account = Account()
    account.skip("sample", media.missing)
    if not media.ids:
        sample_id, path = next(iter(media.lost.items()))
        raise MediaError(
            f"Expected image files, but none of the {len(selected.ids)} samples has one. "
            f"{path!r}: {media.missing[sample_id]}."
        )
    SETTINGS["batch_size"].check("batch_size", batch_size)
    with closing(make_engine(engine)) as made:
        kind, filled = make(dataset, stage, media, field, made, batch_size, progress or silent)
    account.skip("sample", filled.missing)
    return Stored(kind.field, filled.computed, filled.reused, tuple(account.skipped))


def _config(config: Config | None, preset: Preset | None, changes: dict[str, Any]) -> Config:
    if config is not None and preset is not None:
        raise ValueError("Expected either config or preset, got both.")
    if config is None:
        config = Config.preset(preset or "default")
    return replace(config, **changes)


def _with_stages(
    config: Config, captioner: Any, encoder: Any, proposer: Any, ranker: Any
) -> Config:
    given = {"captioner": captioner, "encoder": encoder, "proposer": proposer, "ranker": ranker}
    return replace(config, **{name: stage for name, stage in given.items() if stage is not None})
