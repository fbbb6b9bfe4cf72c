"""Where model work runs: in this process, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..specs import construct, parse_spec

if TYPE_CHECKING:
    from ..progress import Progress
    from .work import Filled, Todo, Work

KINDS = ("local", "ray", "ray:ADDRESS")


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
        """Gives back what was started; it may be used again."""
        ...


def make_engine(spec: str | Mapping[str, Any] | Engine | None) -> Engine:
    """Returns the engine that a spec names; nothing is started yet.

    Args:
        spec: None or ``"local"``: this process; ``"ray"`` or ``"ray:ADDRESS"``, or a mapping of
            ``name`` and the options of `visdiff_plugin.engines.ray_engine.RayEngine`; or an
            object with the members of `Engine`

    Raises:
        ValueError: on an unknown name or option
        DependencyError: if Ray is named and not installed
    """
    from .local import LocalEngine

    if spec is None:
        return LocalEngine()
    if not isinstance(spec, (str, Mapping)):
        if isinstance(spec, Engine):
            return spec
        raise ValueError(
            f"Expected an engine out of {', '.join(KINDS)}, or an object with name, run and "
            f"close, got {type(spec).__name__}."
        )
    parsed = parse_spec(spec)
    options = dict(parsed.options)
    if parsed.kind == "local" and not parsed.argument:
        return construct(LocalEngine, options) if options else LocalEngine()
    if parsed.kind != "ray":
        raise ValueError(f"Expected an engine out of {', '.join(KINDS)}, got {str(parsed)!r}.")
    from .ray_engine import RayEngine

    if parsed.argument:
        options["address"] = parsed.argument
    return construct(RayEngine, options)
