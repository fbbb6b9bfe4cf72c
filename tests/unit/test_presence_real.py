"""Shares of real captions, counted by patterns that know nothing of lemmas."""

import csv
import re
from collections import defaultdict

import pytest

from visdiff_plugin.proposers.phrases import phrases
from visdiff_plugin.rankers.presence import PresenceRanker
from visdiff_plugin.stages import Images

#: a description, and a pattern for each thing that a caption must say
PATTERNS = {
    "girl in tree": (r"girl('?s'?)?", r"trees?"),
    "brown dog": (r"brown", r"dog('?s'?)?"),
    "red car": (r"red", r"cars?"),
    "men": (r"m[ae]n('?s)?",),
    "a woman": (r"wom[ae]n('?s)?",),
    "children playing": (r"child('?s|ren('?s)?)?", r"play(s|ed|ing)?"),
    "people": (r"people('s)?|persons?('s)?",),
    "dog running": (r"dog('?s'?)?", r"run(s|ning)?|ran"),
    "man sitting on bench": (r"m[ae]n('?s)?", r"sit(s|ting)?|sat", r"bench(es)?"),
    "the black and white dog": (r"black", r"white", r"dog('?s'?)?"),
    "black-and-white dogs": (r"black", r"white", r"dog('?s'?)?"),
    "two dogs": (r"two|2", r"dog('?s'?)?"),
    "3 people": (r"three|3", r"people('s)?|persons?('s)?"),
    "wearing glasses": (r"wear(s|ing)?|wore|worn", r"glasses"),
    "boy jumping into water": (r"boy('?s'?)?", r"jump(s|ed|ing)?", r"waters?"),
    "snowboarder": (r"snow[ -]?boarders?",),
    "skateboards": (r"skate[ -]?board(s|ed|ing)?",),
    "a t-shirt": (r"t[ -]?shirts?",),
    "leaves": (r"lea(f|ves)",),
    "baby smiling": (r"bab(y|ies)('s)?", r"smil(es?|ed|ing)"),
    "a red or blue shirt": (r"red|blue", r"shirts?"),
    "building": (r"buildings?",),
    "the grass": (r"grass(es)?",),
    "beach": (r"beach(es)?",),
    "wooden bench": (r"wooden", r"bench(es)?"),
    "climbs a rock": (r"climb(s|ed|ing)?", r"rocks?|rocking|rocked"),
    "a person riding a bike": (r"people('s)?|persons?('s)?", r"rid(es?|ing|den)|rode",
                               r"bik(es?|ing|ed)"),
    "crowds": (r"crowd(s|ed|ing)?",),
    "holding a ball in its mouth": (r"hold(s|ing)?|held", r"balls?", r"mouths?"),
    "swims in a pool": (r"swim(s|ming)?|swam", r"pools?"),
    "zebra": (r"zebras?",),
    "girls dressed in pink": (r"girl('?s'?)?", r"dress(es|ed|ing)?", r"pink"),
    "ice cream": (r"ice|ice[ -]?cream", r"cream|ice[ -]?cream"),
    "tennis": (r"tennis",),
    "feet": (r"f(oo|ee)t",),
}  # fmt: skip


#: of five captions, what one counts beside them, and why
KNOWN = {
    "a red or blue shirt": "the blues brothers",  # "blues" is the plural of "blue"
    "feet": "white-footed",  # "footed" is a form of "foot"
}


def counted(captions, patterns):
    """Returns which captions hold a match of each pattern between two ends of words."""
    whole = [re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])") for pattern in patterns]
    return [
        row for row, text in enumerate(captions) if all(one.search(text.lower()) for one in whole)
    ]


@pytest.fixture(scope="module")
def captions(shared):
    with (shared / "data" / "flickr8k" / "samples.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [[row[f"caption_{number}"] for number in range(1, 6)] for row in rows]


@pytest.mark.parametrize("together", [False, True], ids=["one caption", "five captions"])
def test_shares_are_those_that_patterns_count(captions, together):
    texts = ["\n".join(five) if together else five[0] for five in captions]
    images = Images([str(row) for row in range(len(texts))], [""] * len(texts), texts)
    scored = PresenceRanker().score(images, list(PATTERNS))
    found = {
        name: (scored.scores[:, column] >= PresenceRanker.shows_at).nonzero()[0].tolist()
        for column, name in enumerate(PATTERNS)
    }
    for name, patterns in PATTERNS.items():
        more = sorted(set(found[name]) ^ set(counted(texts, patterns)))
        assert all(name in KNOWN and KNOWN[name] in texts[row] for row in more), name
        assert len(more) <= together
    assert len(found["brown dog"]) > 20 and not found["zebra"]
    assert '"zebra"' in scored.notes[0]


def test_what_the_proposer_counts_counts(captions):
    texts = [five[0] for five in captions]
    images = Images([str(row) for row in range(len(texts))], [""] * len(texts), texts)
    rows = defaultdict(set)
    for row, text in enumerate(texts):
        for phrase in phrases(text, 3):
            rows[phrase.text].add(row)
    common = sorted(text for text, where in rows.items() if len(where) > 2)
    scores = PresenceRanker().score(images, common).scores
    assert len(common) > 400
    for column, text in enumerate(common):
        assert rows[text] <= set((scores[:, column] >= PresenceRanker.shows_at).nonzero()[0])
