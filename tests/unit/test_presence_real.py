"""Shares of real captions, counted by patterns that know nothing of lemmas."""

import csv
from collections import defaultdict

import pytest
from presence_patterns import PATTERNS, counted

from visdiff_plugin.proposers.phrases import phrases
from visdiff_plugin.rankers.presence import PresenceRanker
from visdiff_plugin.stages import Images

#: of five captions, what one counts beside them, and why
KNOWN = {
    "a red or blue shirt": "the blues brothers",  # "blues" is the plural of "blue"
    "feet": "white-footed",  # "footed" is a form of "foot"
}


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
