"""Proposes phrases that appear in more captions of one set than of the other; offline."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..stages import Images, Need, ProposerReply
from ..words import plural, thing
from .kinds import Kinds
from .phrases import phrases

#: a phrase stands for a shorter one inside it when it holds this share of its images, and a word
#: for its kind; no phrase stands for a word alone, which is the general case
_EXPLAINS = 0.6
#: z-scores that differ by less than this share are one: a word goes before phrases with it
_EQUAL = 0.1
#: a special case is worth a test only with this share of the z-score of each word in it
_SPECIAL = 0.5
#: of two phrases with a common word, the lesser goes when this share of its images is shared
_SAME_IMAGES = 0.6
#: words of one kind that a description lists, and of all that are looked at, the commonest first
_MOST_OF_KIND, _MOST_WORDS = 5, 200
#: share of its uses from which on "walking" says that a word is no thing
_DOING = 0.1
#: one kind among so many proposals
_KINDS_OF = 5
#: share of its uses in which a phrase must end where the thought does, or it is a fragment
_CLOSED = 0.4


@dataclass(frozen=True)
class _Phrase:
    """A phrase that A has more of: its words without plural, as written, and its images."""

    words: tuple[str, ...]
    text: str
    z: float
    images: frozenset[int]


class KeywordProposer:
    """Proposes the phrases most over-represented in the captions of A, without any model.

    A phrase counts once an image. Its weight is the z-score of the log-odds ratio with an
    informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, equations 16, 19 and 22), over
    images instead of words: a phrase that is in an image or not is a two-way multinomial. It
    reads all captions of both sides at once.

    Where `wn` holds an English WordNet, words that name kinds of one thing are proposed together
    too ("vehicles such as car, truck or bus"), if that tells the sides apart better than each.

    Args:
        n (15): most proposals
        max_words (3): most words of a phrase, articles and prepositions not counted
        min_images (2): images of A a phrase must be in
        min_z (1): smallest z-score
        prior (10): weight of the prior, in images
        kinds (True): whether words of one kind are proposed together, where there is a WordNet

    Raises:
        ValueError: on a number out of range
    """

    name = "keyword"
    needs: Need = "captions"
    whole = True

    def __init__(
        self,
        n: int = 15,
        *,
        max_words: int = 3,
        min_images: int = 2,
        min_z: float = 1.0,
        prior: float = 10.0,
        kinds: bool = True,
    ) -> None:
        if min(n, max_words, min_images) < 1 or not min_z > 0 or not prior > 0:
            raise ValueError(
                "Expected n, max_words and min_images >= 1, min_z and prior > 0, got "
                f"{n!r}, {max_words!r}, {min_images!r}, {min_z!r} and {prior!r}."
            )
        self.n, self.max_words, self.min_images = n, max_words, min_images
        self.min_z, self.prior = min_z, prior
        self.kinds = Kinds.there() if kinds else None

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes proposals."""
        return {
            "n": self.n,
            "max_words": self.max_words,
            "min_images": self.min_images,
            "min_z": self.min_z,
            "prior": self.prior,
            "wordnet": None if self.kinds is None else self.kinds.lexicon,
        }

    def propose(self, a: Images, b: Images) -> ProposerReply:
        """Returns phrases of ``a``, most over-represented first; none where none is.

        Images without a caption are left out.
        """
        captions_a = [caption for caption in a.captions or () if caption and caption.strip()]
        captions_b = [caption for caption in b.captions or () if caption and caption.strip()]
        if not captions_a or not captions_b:
            return ProposerReply([])
        over = _over_represented(captions_a, captions_b, self)
        return ProposerReply([phrase.text for phrase in _distinct(over, self.n)])


def log_odds_z(count_a: int, n_a: int, count_b: int, n_b: int, prior: float) -> float:
    """Returns how over-represented a phrase is in A, as a z-score.

    ``delta = log((y_a + p) / (n_a + prior - y_a - p)) - log(the same of B)`` with
    ``p = prior (y_a + y_b) / (n_a + n_b)``, over the root of its variance, which sums 1 / each of
    the four pseudo-counts (Monroe et al. 2008, equations 16, 19 and 22).

    Args:
        count_a: images of A with the phrase
        n_a: images of A
        count_b: images of B with the phrase
        n_b: images of B
        prior: weight of the prior, in images
    """
    share = prior * (count_a + count_b) / (n_a + n_b)
    with_a, with_b = count_a + share, count_b + share
    without_a, without_b = n_a + prior - with_a, n_b + prior - with_b
    if min(with_a, with_b, without_a, without_b) <= 0:
        return 0.0  # in every image of both, or in none
    delta = math.log(with_a / without_a) - math.log(with_b / without_b)
    return delta / math.sqrt((1 / with_a + 1 / without_a) + (1 / with_b + 1 / without_b))


class _Index:
    """Where each phrase stands in captions, by its lemmas."""

    def __init__(self, captions: Iterable[str], max_words: int) -> None:
        self.images: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self.spellings: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self.closed: Counter[tuple[str, ...]] = Counter()
        for row, caption in enumerate(captions):
            for phrase in phrases(caption, max_words):
                self.images[phrase.words].add(row)
                self.spellings[phrase.words][phrase.text] += 1
                self.closed[phrase.words] += phrase.closed

    def text(self, words: tuple[str, ...]) -> str:
        """Returns the commonest spelling, a participle ("dog running") before other forms."""
        spellings = self.spellings[words].items()
        return min(spellings, key=lambda item: ("ing" not in item[0], -item[1], item[0]))[0]


def _over_represented(
    captions_a: list[str], captions_b: list[str], options: KeywordProposer
) -> list[_Phrase]:
    # sorted: what follows must not depend on the order of images
    side_a = _Index(sorted(captions_a), options.max_words)
    side_b = _Index(sorted(captions_b), options.max_words)

    def z_of(in_a: int, in_b: int) -> float:
        return log_odds_z(in_a, len(captions_a), in_b, len(captions_b), options.prior)

    over = []
    for words, rows in side_a.images.items():
        z = z_of(len(rows), len(side_b.images.get(words, ())))
        if z < options.min_z or len(rows) < options.min_images:
            continue
        text = side_a.text(words)
        closed = side_a.closed[words] + side_b.closed[words]
        uses = sum(
            side.spellings[words].total() for side in (side_a, side_b) if words in side.spellings
        )
        # "soccer" is a thing of its own where it stands before others alone: "soccer player"
        if closed >= _CLOSED * uses or (len(words) == 1 and thing(text)):
            over.append(_Phrase(words, text, z, frozenset(rows)))
    if options.kinds is not None:
        over += _of_one_kind(side_a, side_b, options, z_of)
    return sorted(over, key=lambda item: (-item.z, -_contents(item.words), item.text))


def _of_one_kind(
    side_a: _Index, side_b: _Index, options: KeywordProposer, z_of: Callable[[int, int], float]
) -> list[_Phrase]:
    """Returns words of one kind as a phrase, where together they tell more than each alone."""
    assert options.kinds is not None
    counts = {
        words[0]: len(side_a.images.get(words, ())) + len(side_b.images.get(words, ()))
        for words in side_a.images.keys() | side_b.images.keys()
        if len(words) == 1 and _names_thing(words, side_a, side_b)
    }
    usual = sorted(counts, key=lambda word: (-counts[word], word))[:_MOST_WORDS]
    members = defaultdict(list)
    for word, names in zip(usual, options.kinds.of(usual), strict=True):
        for name in names:
            members[name].append(word)
    found = []
    for name, words in sorted(members.items()):
        own = (name,)
        all_z = z_of(_together(side_a, [*words, name]), _together(side_b, [*words, name]))
        in_a = {word: len(side_a.images.get((word,), ())) for word in words}
        alone = {
            word: z_of(count, len(side_b.images.get((word,), ())))
            for word, count in sorted(in_a.items(), key=lambda item: (-item[1], item[0]))
            if count >= options.min_images
        }
        listed = [word for word, z in alone.items() if z > 0][:_MOST_OF_KIND]
        # what holds of the words that A has more of alone does not hold of the kind
        if len(listed) < 2 or all_z < options.min_z:
            continue
        said = [*listed, name] if own in side_a.images or own in side_b.images else listed
        rows = frozenset[int]().union(*(side_a.images.get((word,), ()) for word in said))
        z = z_of(len(rows), _together(side_b, said))
        largest = max(in_a[word] for word in listed)
        if (1 - _EQUAL) * z < max(alone.values()) or largest > _EXPLAINS * len(rows):
            continue
        text = f"{plural(name)} such as {', '.join(listed[:-1])} or {listed[-1]}"
        found.append(_Phrase((text,), text, z, rows))
    kept: list[_Phrase] = []
    for phrase in sorted(found, key=lambda item: (-item.z, item.text)):
        if all(len(phrase.images & other.images) < _SAME_IMAGES * len(phrase.images)
               for other in kept):  # fmt: skip
            kept.append(phrase)
    return kept[: max(1, options.n // _KINDS_OF)]


def _names_thing(words: tuple[str, ...], *sides: _Index) -> bool:
    """Whether a word mostly stands as a thing, and not as what somebody does: "walking"."""
    spellings = Counter[str]()
    for side in sides:
        spellings += side.spellings.get(words, Counter())
    doing = sum(count for text, count in spellings.items() if text != words[0] and "ing" in text)
    return doing < _DOING * spellings.total()


def _together(side: _Index, words: Iterable[str]) -> int:
    return len(set[int]().union(*(side.images.get((word,), ()) for word in words)))


def _distinct(candidates: list[_Phrase], most: int) -> list[_Phrase]:
    """Keeps one of the phrases that say the same of the same images, and each word alone.

    Args:
        candidates: the most over-represented first
        most: how many to keep

    Returns:
        them in order, but a word before the phrases with it that are about as over-represented
    """
    alone = {phrase.words[0]: phrase for phrase in candidates if len(phrase.words) == 1}
    longer = defaultdict(list)
    for phrase in candidates:
        for word in set(phrase.words):
            longer[word].append(phrase)
    kept: dict[tuple[str, ...], _Phrase] = {}
    for phrase in candidates:
        if len(kept) >= most:
            break
        if len(phrase.words) > 1:
            general = [alone[word] for word in phrase.words if word in alone]
            if (
                any(phrase.z < _SPECIAL * other.z for other in general)
                or any(_explains(other, phrase) for other in longer[phrase.words[0]])
                or any(_overlap(phrase, other) for other in kept.values())
            ):
                continue
            equal = [other for other in general if other.z >= (1 - _EQUAL) * phrase.z]
            kept |= {other.words: other for other in equal if other.words not in kept}
        kept.setdefault(phrase.words, phrase)
    return list(kept.values())[:most]


def _contents(words: tuple[str, ...]) -> int:
    return sum(word != "~" for word in words)


def _explains(longer: _Phrase, shorter: _Phrase) -> bool:
    size = len(shorter.words)
    if len(longer.words) <= size:
        return False
    starts = range(len(longer.words) - size + 1)
    if not any(longer.words[start : start + size] == shorter.words for start in starts):
        return False
    return len(longer.images) >= _EXPLAINS * len(shorter.images)


def _overlap(phrase: _Phrase, other: _Phrase) -> bool:
    if len(other.words) == 1 or not set(phrase.words) & set(other.words):
        return False
    return len(phrase.images & other.images) >= _SAME_IMAGES * len(phrase.images)
