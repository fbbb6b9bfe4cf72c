"""Seeded draws that depend on which images a set holds, not on their order."""

from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.sampling import Split, draw_rounds, generator

ids = st.lists(st.uuids().map(str), min_size=2, max_size=60, unique=True)


@given(ids, st.integers(0, 5), st.integers(1, 30), st.integers(1, 5), st.randoms())
def test_what_is_drawn_does_not_depend_on_the_order(chosen, seed, size, rounds, random):
    shuffled = random.sample(chosen, len(chosen))
    one = draw_rounds(chosen, size, rounds, generator(seed, chosen))
    other = draw_rounds(shuffled, size, rounds, generator(seed, shuffled))
    assert [[chosen[r] for r in rows] for rows in one] == [
        [shuffled[r] for r in rows] for rows in other
    ]
    for rows in one:
        assert len(rows) == len(set(rows)) == min(size, len(chosen))
    if size * rounds <= len(chosen):  # enough for each round to see others
        assert len({row for rows in one for row in rows}) == size * rounds


def test_only_images_that_a_proposer_can_use_are_drawn():
    chosen = [str(n) for n in range(10)]
    usable = [n in (1, 4, 7) for n in range(10)]
    drawn = draw_rounds(chosen, 2, 4, generator(0, chosen), usable)
    assert {row for rows in drawn for row in rows} == {1, 4, 7}
    assert all(len(rows) == 2 for rows in drawn)
    assert [
        len(draw_round_) for draw_round_ in draw_rounds(chosen, 5, 2, generator(0, chosen), usable)
    ] == [3, 3]
    nobody = draw_rounds(chosen, 2, 1, generator(0, chosen), [False] * 10)
    assert len(nobody[0]) == 2


def test_evidence_is_what_was_not_seen():
    assert Split((4, 1), 6).evidence.tolist() == [0, 2, 3, 5]
    assert Split((4, 1), 6, held_out=False).evidence.tolist() == [0, 1, 2, 3, 4, 5]


def test_seed_and_stream_change_the_draw():
    chosen = [str(n) for n in range(100)]
    draws = {
        draw_rounds(chosen, 20, 1, generator(seed, chosen, stream))[0]
        for seed in (0, 1)
        for stream in (0, 1)
    }
    assert len(draws) == 4
