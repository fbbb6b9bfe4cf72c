"""Rows that mean the same, or a special case of one, are one theme; the answer names themes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import difference, run
from made_tables import table

from visdiff_plugin.config import Config
from visdiff_plugin.ranking import rank_differences
from visdiff_plugin.results.wording import answer, found
from visdiff_plugin.selection import Candidate
from visdiff_plugin.themes import Idea, themes, within_sets

OFFLINE = Config.preset("offline")


def _parted(words):
    return frozenset(frozenset((word,)) for word in words)


def idea(words, effect=0.2, least=None, side="a"):
    least = effect / 2 if least is None else least
    return Idea(_parted(words.split()), side, effect, least)


def grouped(*ideas, agreement=None, similarity=None):
    k = len(ideas)
    found = themes(ideas, np.eye(k) if agreement is None else agreement, similarity)
    names = [" ".join(sorted(word for part in one.says for word in part)) for one in ideas]
    return [[names[place] for place in group] for group in found]


def test_special_cases_join_the_plain_word():
    assert grouped(idea("tree"), idea("tree branch", 0.25), idea("bird sit tree", 0.15)) == [
        ["tree", "branch tree", "bird sit tree"]
    ]


def test_a_phrase_does_not_make_one_theme_of_two_ideas():
    found = grouped(idea("bird", 0.1), idea("tree", 0.3), idea("bird sit tree", 0.25))
    assert found == [["tree", "bird sit tree"], ["bird"]]


def test_the_plain_word_leads_only_where_it_is_about_as_strong():
    assert grouped(idea("dog", 0.06), idea("dog snow", 0.3, 0.2)) == [["dog snow", "dog"]]
    assert grouped(idea("dog", 0.22), idea("dog snow", 0.3, 0.2)) == [["dog", "dog snow"]]


def test_the_same_words_of_the_other_set_are_another_theme():
    assert len(grouped(idea("dog"), idea("dog run", side="b"))) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("bike", "biker", True), ("snowboard", "snowboarder", True), ("ball", "basketball", True),
     ("rock", "rocky", True), ("male", "female", False), ("man", "woman", False),
     ("star", "stare", False), ("land", "island", False), ("bus", "business", False)],
)  # fmt: skip
def test_a_word_made_of_another_is_its_case(one, other, same):
    assert (len(grouped(idea(one), idea(other, 0.1))) == 1) is same


def test_what_agrees_within_the_sets_and_sounds_alike_is_one():
    alike = np.array([[1, 0.9], [0.9, 1]])
    pair = idea("snow board"), idea("board game", 0.1)
    assert grouped(*pair) == [["board snow"], ["board game"]]
    assert grouped(*pair, agreement=alike) == [["board snow", "board game"]]
    assert len(grouped(idea("horse"), idea("rider"), agreement=alike)) == 2
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 40))
    vectors[1] = vectors[0] + 0.2 * rng.normal(size=40)
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    words = ["couch", "sofa", *(f"thing{number}" for number in range(10))]
    found = grouped(*map(idea, words), agreement=np.full((12, 12), 0.5),
                    similarity=vectors @ vectors.T)  # fmt: skip
    assert ["couch", "sofa"] in found and len(found) == 11


def test_agreement_is_within_the_sets():
    rng = np.random.default_rng(1)
    in_a = np.arange(400) < 200
    apart = rng.normal(size=(400, 2)) + 3.0 * in_a[:, None]
    together = rng.normal(size=400)
    scores = np.column_stack([apart, together, together + 0.1 * rng.normal(size=400)])
    scores[5, 0] = np.nan
    agreement = within_sets(scores, in_a)
    assert abs(agreement[0, 1]) < 0.15 < 0.9 < agreement[2, 3]
    assert np.diag(agreement) == pytest.approx(np.ones(4))
    assert np.corrcoef(np.nan_to_num(scores).T)[0, 1] > 0.6


@given(st.integers(0, 10_000))
def test_every_row_is_in_one_theme_whose_lead_is_no_weaker_than_allowed(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 12))
    ideas = [
        Idea(_parted(rng.choice(list("uvwxyz"), int(rng.integers(0, 4))).tolist()),
             str(rng.choice(["a", "b"])), float(effect), float(effect * rng.random()))
        for effect in rng.random(k) / 2
    ]  # fmt: skip
    agreement = rng.uniform(-1, 1, (k, k))
    groups = themes(ideas, (agreement + agreement.T) / 2)
    assert sorted(place for group in groups for place in group) == list(range(k))
    for lead, *members in groups:
        assert len({ideas[place].side for place in (lead, *members)}) == 1
        strongest = max([lead, *members], key=lambda place: ideas[place].effect)
        assert ideas[lead].effect >= min(ideas[strongest].least, ideas[strongest].effect)


def scored(n, rng, **shares):
    """Yes/no scores: name -> share of A and of B that show it."""
    names = list(shares)
    a = np.column_stack([rng.random(n) < shares[name][0] for name in names])
    b = np.column_stack([rng.random(n) < shares[name][1] for name in names])
    return names, a.astype(float), b.astype(float)


def test_content_comes_first_and_the_first_rows_are_themes():
    names, a, b = scored(
        300, np.random.default_rng(2), tree=(0.5, 0.1), water=(0.1, 0.5), small=(0.6, 0.05),
        dark=(0.9, 0.1), odd=(0.3, 0.3),
    )  # fmt: skip
    a = np.column_stack([a, a[:, 0] * (np.arange(300) % 3 > 0)])  # a case of "tree"
    b = np.column_stack([b, b[:, 0] * (np.arange(300) % 3 > 0)])
    kinds = {"dark": "look", "small": "file"}
    candidates = [
        Candidate(name, "property" if name in kinds else "keyword", shows_at=1.0,
                  kind=kinds.get(name, "content"))
        for name in (*names, "tall tree")
    ]  # fmt: skip
    ranked, _ = rank_differences(candidates, table(a, b, held_out=False), OFFLINE)
    rows = [row.difference for row in ranked]
    assert [row.description for row in rows[:5]] == ["tree", "water", "dark", "small", "tall tree"]
    assert [row.theme for row in rows] == ["tree", "water", "dark", "small", "tree", ""]
    made = run(*rows)
    assert [theme.name for theme in made.themes] == ["tree", "water", "dark", "small"]
    assert [row.description for row in made.themes[0].members] == ["tall tree"]
    counts = {row.description: (row.counted_a, row.counted_b) for row in rows}
    tree, water = ([f"{count / 3:.0f}%" for count in counts[name]] for name in ("tree", "water"))
    assert answer(made) == (
        f"A shows more tree ({tree[0]} against {tree[1]}); "
        f"B more water ({water[1]} against {water[0]})."
    )
    assert found(made) == "5 differences supported in 4 themes, of 6 candidates."
    assert list(made.to_pandas()["theme"]) == [row.theme for row in rows]
    assert made.answer == answer(made) == made.summary().splitlines()[0]


def test_a_file_fact_that_goes_along_with_something_visible_is_named_beside_it():
    rng = np.random.default_rng(3)
    names, a, b = scored(300, rng, framed=(0.6, 0.1), unrelated=(0.6, 0.1))
    a = np.column_stack([a, a[:, 0] + 0.05 * rng.normal(size=300)])
    b = np.column_stack([b, b[:, 0] + 0.05 * rng.normal(size=300)])
    candidates = [
        Candidate("framed", "property", shows_at=1.0, kind="look"),
        Candidate("wider", "property", shows_at=1.0, kind="file"),
        Candidate("larger", "property", kind="file", unit="kB"),
    ]
    rows = [one.difference for one in rank_differences(candidates, table(a, b, False), OFFLINE)[0]]
    themes_of = {row.description: row.theme for row in rows}
    assert themes_of == {"framed": "framed", "wider": "wider", "larger": "framed"}


def test_where_only_looks_differ_the_answer_tells_these():
    dark = difference(description="darker images", kind="look", unit="0 to 1", median_a=0.18,
                      median_b=0.41, cut="top")  # fmt: skip
    assert answer(run(dark)) == "A has darker images (median 0.18 against 0.41)."
    cosine = difference(description="a beach", favors="b", cut="top", top=0.25,
                        prevalence_a=0.1, prevalence_b=0.4)  # fmt: skip
    assert answer(run(dark, cosine)) == (
        "A has darker images (median 0.18 against 0.41); "
        "B shows more a beach (40% against 10% in the top quarter)."
    )
    none = difference(significant=False)
    assert answer(run(none)) == "No difference found: none of 1 candidates is supported."


def test_in_runs_before_there_were_themes_each_row_is_one():
    made = run(difference(description="snow"), difference(description="beach", favors="b"))
    assert [(theme.name, theme.members) for theme in made.themes] == [("snow", ()), ("beach", ())]
