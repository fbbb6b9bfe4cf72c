"""All columns and fields at once give what `crossing` gives one by one; chance seldom crosses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visdiff_plugin.evidence.crossing import FieldStrata, crossing, crossings, uneven
from visdiff_plugin.evidence.statistics import two_sample


def field(codes, name="place"):
    codes = np.asarray(codes, np.int32)
    return FieldStrata(name, codes, tuple(f"value {code}" for code in range(codes.max() + 1)))


def one_by_one(scores, rows_a, rows_b, fields, columns, clusters=None):
    """The smallest p of each column with its field, by the reference."""
    rows = np.concatenate([rows_a, rows_b])
    in_a = np.arange(rows.size) < len(rows_a)
    found = []
    for column in columns:
        best = None
        for one in fields:
            known = np.isfinite(scores[rows, column]) & (one.codes[rows] >= 0)
            own = rows[known]
            tested = crossing(
                scores[own, column].astype(float),
                in_a[known],
                one.codes[own],
                None if clusters is None else clusters[own],
            )
            if best is None or tested.p < best[1].p:
                best = one.field, tested
        found.append(best)
    return found


def agree(found, expected, n_fields):
    assert len(found) == len(expected)
    for one, (name, tested) in zip(found, expected, strict=True):
        if tested.p * n_fields >= 1:
            assert one is None
            continue
        assert (one.field, one.crossing) == (name, tested)
        assert one.p == tested.p * n_fields


def turned(rng, n, k, turn):
    """Scores that two strata turn: ``(n, k)``, halves of A and B, strata of 0 and 1."""
    codes, in_a = np.arange(n) % 2, np.arange(n) < n // 2
    scores = rng.normal(size=(n, k)) + turn * (in_a * np.where(codes == 0, 1, -1))[:, None]
    return scores, np.flatnonzero(in_a), np.flatnonzero(~in_a), codes


scores_of = hnp.arrays(
    np.float32,
    st.tuples(st.integers(20, 70), st.integers(1, 3)),
    elements=st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.5, np.nan, np.inf]),
)


@given(scores_of, st.integers(0, 10_000), st.integers(1, 3), st.booleans(), st.booleans())
def test_columns_at_once_are_columns_one_by_one(scores, seed, n_fields, tied, some):
    rng = np.random.default_rng(seed)
    n, k = scores.shape
    if not tied:
        scores = np.where(np.isfinite(scores), rng.normal(size=scores.shape), scores)
    fields = [
        field(rng.integers(-1, most, n), str(most))
        for most in rng.permutation([2, 3, 5])[:n_fields].tolist()
    ]
    of_a = rng.random(n) < 0.5
    # what is in the first field and in A scores higher, so that there is something to find
    scores = scores + np.where(of_a == (fields[0].codes == 0), 1, 0)[:, None]
    rows = rng.permutation(n)[: n if some else n - 5]
    rows_a, rows_b = rows[of_a[rows]], rows[~of_a[rows]]
    columns = [k - 1] if some else list(range(k))
    found = crossings(scores, rows_a, rows_b, fields, columns if some else None)
    agree(found, one_by_one(scores, rows_a, rows_b, fields, columns), n_fields)


def test_clusters_are_the_witnesses_column_by_column():
    rng = np.random.default_rng(1)
    scores, rows_a, rows_b, codes = turned(rng, 120, 3, 1.5)
    scores[rng.random(scores.shape) < 0.1] = np.nan
    clusters = np.arange(120) // 3
    fields = [field(codes), field(rng.integers(-1, 3, 120), "other")]
    found = crossings(scores, rows_a, rows_b, fields, clusters=clusters)
    agree(found, one_by_one(scores, rows_a, rows_b, fields, range(3), clusters), 2)
    assert all(one is not None and one.field == "place" for one in found)
    alike = rng.normal(size=scores.shape)
    found_alike = crossings(alike, rows_a, rows_b, fields, clusters=clusters)
    for one, (name, tested) in zip(
        found_alike, one_by_one(alike, rows_a, rows_b, fields, range(3), clusters), strict=True
    ):
        assert one is None or (one.field == name and one.p == 2 * tested.p)
    plain = crossings(scores, rows_a, rows_b, fields)
    assert [one.crossing.effects[0].auroc for one in plain] != [
        one.crossing.effects[0].auroc for one in found
    ]


def test_long_columns_are_compared_by_the_same_rule():
    rng = np.random.default_rng(2)
    scores, rows_a, rows_b, codes = turned(rng, 44_000, 2, 0.05)
    scores = scores.astype(np.float32)
    (one, other), expected = (
        crossings(scores, rows_a, rows_b, [field(codes)]),
        one_by_one(scores, rows_a, rows_b, [field(codes)], range(2)),
    )
    assert (one.p, other.p) == pytest.approx([tested.p for _, tested in expected], rel=1e-6)


def test_a_column_that_goes_opposite_ways_is_found_and_mirrors():
    scores, rows_a, rows_b, codes = turned(np.random.default_rng(3), 200, 1, 1.0)
    same = field(np.zeros(200), "same")
    (found,) = crossings(scores, rows_a, rows_b, [same, field(codes)])
    assert found.field == "place" and found.p < 1e-4
    of_a, of_b = found.crossing.opposite()
    assert [one.stratum for one in of_a] == [0] and [one.stratum for one in of_b] == [1]
    (mirrored,) = crossings(scores, rows_b, rows_a, [same, field(codes)])
    assert mirrored.p == pytest.approx(found.p)
    assert crossings(scores, rows_a, rows_b, [same]) == [None]
    assert crossings(scores, rows_a, rows_b, []) == [None]
    one_way = scores * np.where(codes == 0, 1, -1)[:, None]
    assert crossings(one_way, rows_a, rows_b, [field(codes)]) == [None]


def test_random_labels_seldom_seem_to_cross():
    rng = np.random.default_rng(4)
    n, k = 160, 150
    scores = rng.normal(size=(n, k))
    scores[:, ::2] = np.round(scores[:, ::2])  # ties in every other column
    fields = [field(rng.integers(0, most, n), str(most)) for most in (2, 3, 4)]
    crossed = 0
    for _ in range(3):
        rows = rng.permutation(n)
        found = crossings(scores, rows[:70], rows[70:], fields)
        crossed += sum(one is not None and one.p <= 0.05 for one in found)
    assert crossed <= 0.05 * 3 * k


def test_one_strong_stratum_is_no_crossing():
    """The other side is then true of nothing: the hardest case, where p is one side's alone."""
    rng = np.random.default_rng(5)
    codes, in_a = np.arange(160) % 2, np.arange(160) < 80
    scores = rng.normal(size=(160, 600)) + 3 * (in_a & (codes == 0))[:, None]
    found = crossings(scores, np.flatnonzero(in_a), np.flatnonzero(~in_a), [field(codes)])
    assert sum(one is not None and one.p <= 0.05 for one in found) <= 0.05 * 600


def test_wrong_shapes_are_refused():
    scores, rows_a, rows_b, codes = turned(np.random.default_rng(6), 40, 1, 0.0)
    with pytest.raises(ValueError, match="codes"):
        crossings(scores, rows_a, rows_b, [field(codes[1:])])
    with pytest.raises(ValueError, match="negative"):
        crossings(scores, rows_a, rows_b, [field(codes)], clusters=np.full(40, -1))
    with pytest.raises(ValueError, match=r"\(n, k\)"):
        crossings(scores[:, 0], rows_a, rows_b, [field(codes)])


def uneven_case(rng, shifts, n=60):
    """As many images of either set in each stratum; A is shifted by the stratum's own amount."""
    codes = np.tile(np.arange(len(shifts)).repeat(n), 2).astype(np.int32)
    in_a = np.arange(codes.size) < codes.size // 2
    scores = rng.normal(size=codes.size) + np.asarray(shifts)[codes] * in_a
    return scores, in_a, FieldStrata("place", codes, tuple(f"v{n}" for n in range(len(shifts))))


def test_where_a_difference_holds_is_named():
    scores, in_a, field = uneven_case(np.random.default_rng(0), (1.5, 0.0, 1.4))
    name, effects = uneven(scores, in_a, [field], 0.05)
    assert name == "place" and [effect.stratum for effect in effects] == [0, 1, 2]
    for effect in effects:
        own = field.codes == effect.stratum
        alone = two_sample(scores[own & in_a], scores[own & ~in_a])
        assert effect.auroc == alone.auroc and effect.interval == alone.interval_at(0.05 / 3)
    mirrored = uneven(scores, ~in_a, [field], 0.05)[1]
    assert [one.auroc for one in mirrored] == pytest.approx([1 - one.auroc for one in effects])


def test_groups_that_are_alike_seldom_seem_uneven():
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(200):
        case = uneven_case(rng, (1.0, 1.0, 1.0, 1.0), int(rng.integers(6, 30)))
        scores, in_a, field = case
        wrong += uneven(scores.round(int(rng.integers(0, 2))), in_a, [field], 0.05) is not None
    assert wrong <= 19  # 5% of 200, and three standard errors


def test_unknown_and_small_groups_are_left_out():
    scores, in_a, field = uneven_case(np.random.default_rng(2), (1.5, 0.0))
    codes = np.where(field.codes == 1, -1, 0).astype(np.int32)
    assert uneven(scores, in_a, [FieldStrata("x", codes, ("v",))], 0.05) is None
    assert uneven(scores, in_a, [], 0.05) is None
