"""Yes, no, or neither: in words and in probabilities."""

import pytest

from visdiff_plugin.chat.answers import Token, read_answer, yes_probability


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yes", True),
        ("Yes.", True),
        ("  **YES**\n", True),
        ("Yes, the caption mentions a dog.", True),
        ("Yes - a dog runs.", True),
        ("yes\n\nThe caption says so", True),
        ("Answer: yes", True),
        ("The answer is no.", False),
        ('{"answer": "no"}', False),
        ('{"reasoning": "no cat, but a dog", "answer": "yes"}', True),
        ("No", False),
        ("no, it shows a cat", False),
        ("<think>yes? no, wait</think>No.", False),
        ("Yes. Yes, it does.", True),
    ],
)
def test_yes_and_no_in_many_spellings(text, said):
    assert read_answer(text) is said


@pytest.mark.parametrize(
    "text",
    ["", "cannot", "ca*nno*t say", "I can't tell.", "Maybe", "no idea", "No dogs here", "yes or no",
     "Yes/No", "Yes. No.", "yes, and no", "None", "nope", "yesterday", "Not mentioned",
     "unclear: no", "LLM Error: no answer", "<think>yes"],
)  # fmt: skip
def test_what_is_neither_is_never_a_no(text):
    assert read_answer(text) is None


def token(**chances):
    return Token(next(iter(chances)), tuple(chances.items()))


def test_the_probability_of_yes_given_yes_or_no():
    assert yes_probability([token(Yes=0.6, No=0.2, Maybe=0.2)]) == pytest.approx(0.75)
    # every spelling counts: .5 + .1 + .05 for yes, .2 + .1 for no
    spelled = Token("Yes", (("Yes", 0.5), (" yes", 0.1), ("▁YES", 0.05), ("No", 0.2), ("no", 0.1)))
    assert yes_probability([spelled]) == pytest.approx(0.65 / 0.95)
    assert yes_probability([token(no=1.0)]) == 0.0
    assert yes_probability([token(yes=1.0)]) == 1.0


def test_what_stands_before_the_first_word_is_passed_over():
    first = Token(" **", ((" **", 0.9), ("Yes", 0.1)))
    assert yes_probability([first, token(Yes=0.25, No=0.75)]) == pytest.approx(0.25)
    thoughts = [token(**{"<think>": 1.0}), token(yes=1.0), token(**{"</think>": 1.0})]
    assert yes_probability([*thoughts, token(No=0.9, Yes=0.1)]) == pytest.approx(0.1)


def test_a_first_word_that_is_most_likely_another_is_neither():
    assert yes_probability([token(I=0.6, Yes=0.3, No=0.1)]) is None
    assert yes_probability([token(Maybe=1.0)]) is None
    assert yes_probability([token(Yes=0.3, No=0.2)]) == pytest.approx(0.6)
    assert yes_probability([]) is None
    assert yes_probability([token(**{"**": 1.0})]) is None
