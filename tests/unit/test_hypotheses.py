"""A stored run and a hypothesis that joins it."""

from made_runs import difference, run

from visdiff_plugin.hypotheses import place_of


def test_a_hypothesis_is_known_by_its_words_or_by_what_was_merged():
    cats, dogs = difference(description="cats", merged=()), difference(merged=("a snowy dog",))
    stored = run(cats, dogs)
    assert place_of(stored, " Cats ") == 0 and place_of(stored, "snowy dogs") == 1
    assert place_of(stored, "rain") is None
