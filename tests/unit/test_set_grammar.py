"""The texts that sets are chosen by: read, written, and refused."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from visdiff_plugin.errors import SelectionError
from visdiff_plugin.sets.grammar import (
    Elsewhere,
    End,
    Label,
    Outcome,
    Rest,
    SavedView,
    Tag,
    parse_set,
)

NAMES = st.text(min_size=1, max_size=12)
ANYTHING = st.one_of(
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


@given(st.text(max_size=20))
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
