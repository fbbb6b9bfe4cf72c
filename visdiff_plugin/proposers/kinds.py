"""Which words name kinds of one thing, by a WordNet: car, truck and bus are vehicles; English."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..words import STOP_WORDS
from .phrases import stands_alone

#: entries of the vocabulary of CLIP's tokenizer up to which a word is one that people use of
#: pictures; it lists them by how often captions of the web use them. "Carnivore" is not among them
_PLAIN = 16_000
#: steps from the top of the WordNet from which on names say something: "vehicle" (7), not "act"
_DEEP = 6
#: the plain name that WordNet puts higher than that
_SHALLOW = frozenset(("food",))
#: names of kinds that say nothing of what they hold
_EMPTY = frozenset("device container equipment".split())
#: senses of a word that are looked at, its most usual first
_SENSES = 2


#: `wn` reads its database in the thread that opened it; rounds propose in threads of their own
_READER = ThreadPoolExecutor(1, "wordnet")


@dataclass(frozen=True)
class Kinds:
    """The kinds of things that a WordNet knows; safe to use in any thread.

    Args:
        lexicon: the WordNet's name and version, as `wn` writes it: "oewn:2024"
    """

    lexicon: str

    @classmethod
    def there(cls) -> Kinds | None:
        """Returns those of the English WordNet that `wn` holds on this machine; None without one.

        ``pip install wn`` and ``python -m wn download oewn:2024`` bring the Open English WordNet.
        """
        if find_spec("wn") is None:
            return None
        import wn

        # looking would make an empty database in the user's home
        if not wn.config.database_path.is_file():  # type: ignore[attr-defined]
            return None
        held = _READER.submit(lambda: sorted(one.specifier() for one in wn.lexicons(lang="en")))
        return cls(held.result()[-1]) if held.result() else None

    def of(self, words: Sequence[str]) -> list[frozenset[str]]:
        """Returns of each word the plain names of the kinds that its usual meanings are of.

        A rarer meaning counts where it bears the name of its kind: "oak" is wood first, then the
        "oak tree". So does "bus", a "passenger vehicle".

        Args:
            words: lemmas
        """
        return _READER.submit(lambda: [_reader(self.lexicon).of(word) for word in words]).result()


class _Reader:
    """Reads a WordNet, in the one thread that does."""

    def __init__(self, lexicon: str) -> None:
        import wn

        self._wordnet = wn.Wordnet(lexicon)

    def of(self, word: str) -> frozenset[str]:
        names: set[str] = set()
        for place, sense in enumerate(self._senses(word)[:_SENSES]):
            above = self._above(sense)
            called = {name for one in above for name in one.lemmas()}
            heads = {name.split()[-1] for name in sense.lemmas() if " " in name}
            if place and not heads & called:
                continue
            for head in heads - called - {word}:
                for meant in self._senses(head)[:1]:
                    above |= {meant} | self._above(meant)
            names.update(name for one in above for name in self._name(one))
        return frozenset(names - {word})

    def _senses(self, word: str) -> list[Any]:
        return list(self._wordnet.synsets(word, pos="n"))

    def _above(self, sense: Any) -> set[Any]:
        """Returns what a sense is a kind of; nothing for one person or place, which is no kind."""
        above: set[Any] = set()
        left = list(sense.get_related("hypernym"))
        while left:
            if (one := left.pop()) not in above:
                above.add(one)
                left += one.get_related("hypernym")
        return above

    def _name(self, sense: Any) -> list[str]:
        """Returns the plainest name of a kind; none where only experts have one."""
        plain = [
            name
            for name in sense.lemmas()
            if name in _vocabulary()
            and name not in _EMPTY | STOP_WORDS
            and stands_alone([name])
            and sense in self._senses(name)[:_SENSES]
        ]
        if not plain or (sense.max_depth() < _DEEP and not _SHALLOW & set(plain)):
            return []
        # "wear" is a name of clothing too, but means other things first
        return [min(plain, key=lambda name: (self._senses(name).index(sense), _vocabulary()[name]))]


@lru_cache(4)
def _reader(lexicon: str) -> _Reader:
    return _Reader(lexicon)


@lru_cache(1)
def _vocabulary() -> dict[str, int]:
    """Returns the usual words of captions with their places, from the tokenizer of CLIP.

    They are read from open_clip's folder; importing it takes seconds.
    """
    found = find_spec("open_clip")
    if found is None or found.origin is None:
        return {}
    path = Path(found.origin).parent / "bpe_simple_vocab_16e6.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        words: dict[str, int] = {}
        for place, merge in zip(range(_PLAIN), file, strict=False):
            whole = "".join(merge.split())
            if whole.endswith("</w>"):
                words.setdefault(whole.removesuffix("</w>"), place)
    return words
