"""One candidate in the strata of one field, by their names; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .crossing import Crossing, StratumEffect


@dataclass(frozen=True)
class Opposite:
    """Whether a candidate goes opposite ways in the strata of a field.

    Args:
        field: the field, or fields, that the strata are of
        names: of the strata, by code
        crossing: the effects within them
        p: of the crossing, corrected for the number of fields that were looked at
    """

    field: str
    names: Sequence[str]
    crossing: Crossing
    p: float

    def each(self) -> Iterator[tuple[str, StratumEffect]]:
        """Yields the name of each stratum with the effect in it."""
        for effect in self.crossing.effects:
            named = effect.stratum < len(self.names)
            yield self.names[effect.stratum] if named else str(effect.stratum), effect

    def named(self, alpha: float, min_effect: float) -> dict[int, str]:
        """Returns code -> the set that is favored, of strata that go opposite ways for sure.

        Args:
            alpha: chance of naming any stratum wrongly
            min_effect: smallest AUROC within a stratum, for its own side
        """
        of_a, of_b = self.crossing.opposite(alpha, min_effect)
        return {effect.stratum: "a" for effect in of_a} | {effect.stratum: "b" for effect in of_b}
