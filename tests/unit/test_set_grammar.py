"""The texts that sets are chosen by: read, written, and refused."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from visdiff_plugin.errors import SelectionError
from visdiff_plugin.sets.grammar import (
    Elsewhere,
    End,
    Intersection,
    Label,
    Outcome,
    Range,
    Rest,
    SavedView,
    Tag,
    parse_set,
)

NAMES = st.one_of(
    st.text(min_size=1, max_size=12),
    st.text("&% 256=/:.abtag", min_size=1, max_size=12),
    st.sampled_from(
        [
            " & ",
            "a & tag:b",
            "tag:a & tag:b",
            "x &",
            "& x",
            "a&tag:b",
            "a& tag:b",
            "&tag:",
            "%26",
            "%2526",
            "a/b/c",
        ]
    ),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr)
DATES = st.one_of(st.dates(), st.datetimes()).map(lambda date: date.isoformat())


def ranges(ends):
    either = st.tuples(st.one_of(st.just(""), ends), st.one_of(st.just(""), ends))
    return either.filter(any).map(lambda pair: sorted(pair, key=number_of) if all(pair) else pair)


def number_of(text):
    try:
        return float(text)
    except ValueError:
        return 0.0


CONDITIONS = st.one_of(
    st.builds(SavedView, st.one_of(NAMES, st.sampled_from(["rest", "tag:x", "view:view:a"]))),
    st.builds(Tag, NAMES),
    st.builds(Label, NAMES, NAMES),
    st.builds(Outcome, NAMES, st.sampled_from(["right", "wrong"])),
    st.builds(
        End,
        NAMES,
        st.sampled_from(["top", "bottom"]),
        st.integers(1, 999_999).map(lambda number: number / 10_000),
    ),
    st.builds(
        lambda name, pair: Range(name, *pair), NAMES, st.one_of(ranges(NUMBERS), ranges(DATES))
    ),
)
ANYTHING = st.one_of(
    CONDITIONS,
    st.lists(CONDITIONS, min_size=2, max_size=4).map(lambda parts: Intersection(tuple(parts))),
    st.just(Rest()),
    st.builds(Elsewhere, NAMES, st.one_of(st.none(), NAMES)),
)


@given(ANYTHING)
def test_what_is_written_is_read_again(chosen):
    assert parse_set(str(chosen)) == chosen


@given(ANYTHING, ANYTHING)
def test_different_choices_are_different_texts(one, other):
    assume(one != other)
    assert str(one) != str(other)


@given(st.one_of(st.text(max_size=20), st.lists(NAMES, max_size=4).map(" & ".join)))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        chosen = parse_set(text)
    except SelectionError as error:
        assert "Expected" in str(error)
    else:
        assert parse_set(str(chosen)) == chosen and isinstance(chosen.label, str)


@pytest.mark.parametrize(
    ("text", "chosen", "label"),
    [
        ("misclassified", SavedView("misclassified"), "misclassified"),
        ("view:rest", SavedView("rest"), "rest"),
        ("tag:a:b=c", Tag("a:b=c"), "tag:a:b=c"),
        ("label:ground_truth=cat", Label("ground_truth", "cat"), "ground_truth = cat"),
        ("label:text=x=y/z %", Label("text", "x=y/z %"), "text = x=y/z %"),
        ("label:p.detections.occluded=true", Label("p.detections.occluded", "true"),
         "p.detections.occluded = true"),
        ("eval:eval_cls=wrong", Outcome("eval_cls", "wrong"), "wrong in eval_cls"),
        ("top:uniqueness=25%", End("uniqueness", "top", 25.0), "top 25% of uniqueness"),
        ("bottom:p.confidence=2.50 %", End("p.confidence", "bottom", 2.5),
         "bottom 2.5% of p.confidence"),
        ("rest", Rest(), "everything else"),
        ("dataset:last year", Elsewhere("last year"), "last year"),
        ("dataset:a%2fb%25/c/d", Elsewhere("a/b%", "c/d"), "c/d of a/b%"),
        ("eval:m1=right & eval:m2=wrong",
         Intersection((Outcome("m1", "right"), Outcome("m2", "wrong"))),
         "right in m1 and wrong in m2"),
        ("view:a/b & top:x=5% & range:y=1..2",
         Intersection((SavedView("a/b"), End("x", "top", 5.0), Range("y", "1", "2"))),
         "a/b and top 5% of x and y from 1 to 2"),
        ("range:p.confidence= .2 .. .5", Range("p.confidence", ".2", ".5"),
         "p.confidence from .2 to .5"),
        ("range:day=2024-05-01..", Range("day", "2024-05-01", ""), "day from 2024-05-01"),
        ("range:day=..2024-05-01T10:00", Range("day", "", "2024-05-01T10:00"),
         "day up to 2024-05-01T10:00"),
        ("cats & dogs", SavedView("cats & dogs"), "cats & dogs"),
        ("tag:cats & dogs", Tag("cats & dogs"), "tag:cats & dogs"),
        ("tag:R&B", Tag("R&B"), "tag:R&B"),
        ("tag:a&tag:b", Intersection((Tag("a"), Tag("b"))), "tag:a and tag:b"),
        ("tag:a &view:b", Intersection((Tag("a"), SavedView("b"))), "tag:a and b"),
        ("tag:a%26tag:b", Tag("a&tag:b"), "tag:a&tag:b"),
    ],
)  # fmt: skip
def test_each_form(text, chosen, label):
    assert parse_set(text) == chosen and chosen.label == label


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label:field", "'label:FIELD=VALUE', got 'label:field'"),
        ("label:=x", "'label:FIELD=VALUE'"),
        ("label:x=", "'label:FIELD=VALUE'"),
        ("eval:key", "'eval:KEY=wrong' or 'eval:KEY=right'"),
        ("eval:key=bad", "'eval:key=wrong' or 'eval:key=right', got 'eval:key=bad'"),
        ("top:x=25", "'top:FIELD=25%' with a percentage above 0 and below 100"),
        ("top:x=0%", "above 0"),
        ("bottom:x=100%", "'bottom:FIELD=25%'"),
        ("bottom:x=-3%", "above 0"),
        ("dataset:", "'dataset:NAME'"),
        ("dataset:x/", "'dataset:NAME/VIEW'"),
        ("view:", "'view:NAME'"),
        ("tag:x & rest", "Pass the other conditions as within"),
        ("tag:x & dataset:y", "choose 'dataset:NAME/VIEW'"),
        ("tag:x & label:y", "'label:FIELD=VALUE', got 'label:y'"),
        ("range:x=", "'range:FIELD=LOW..HIGH'"),
        ("range:x=5", "'range:FIELD=LOW..HIGH'"),
        ("range:x=..", "One of the two may be left out"),
        ("range:x=5..2024-05-01", "with numbers, or with dates"),
        ("range:x=a..b", "with numbers, or with dates"),
        ("range:x=nan..2", "with numbers, or with dates"),
        ("range:x=3..2", "the lower number first"),
    ],
)
def test_what_is_incomplete_is_refused(text, said):
    with pytest.raises(SelectionError) as error:
        parse_set(text)
    assert said in str(error.value)


def test_a_saved_view_with_the_name_of_another_form_is_not_guessed_at():
    for text in ("rest", "tag:x", "top:x=25%"):
        with pytest.raises(SelectionError, match=f"Write 'view:{text}' for the view"):
            parse_set(text, views=["other", text])
        assert parse_set(f"view:{text}", views=[text]) == SavedView(text)
    assert parse_set("rest", views=["other"]) == Rest()


def test_saved_views_are_conditions_too():
    both = Intersection((SavedView("red"), Tag("x")))
    assert parse_set("red & tag:x", views=["red"]) == both
    assert parse_set("red & tag:x") == SavedView("red & tag:x")
    assert parse_set("red & tag:x", views=["red", "red & tag:x"]) == SavedView("red & tag:x")
    assert parse_set("red & blue", views=["red", "blue"]).parts[1] == SavedView("blue")
    with pytest.raises(SelectionError, match="Write 'view:tag:a & tag:b' for the view"):
        parse_set("tag:a & tag:b", views=["tag:a & tag:b"])


def test_a_slash_in_a_datasets_name():
    names = ["Voxel51/pets", "a", "a/b", "x/y/z"]
    for text, chosen in {
        "dataset:Voxel51/pets": Elsewhere("Voxel51/pets"),
        "dataset:Voxel51/pets/cats/big": Elsewhere("Voxel51/pets", "cats/big"),
        "dataset:a/b": Elsewhere("a", "b"),  # as always: the dataset is what ends first
        "dataset:a%2Fb": Elsewhere("a/b"),
        "dataset:x/y/z": Elsewhere("x/y/z"),
        "dataset:no/view": Elsewhere("no", "view"),
    }.items():
        assert parse_set(text, datasets=names) == chosen
        assert parse_set(str(chosen), datasets=names) == chosen == parse_set(str(chosen))
