import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.captioners.cleaning import clean_caption
from visdiff_plugin.stages import Missing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a dog on a beach", "a dog on a beach"),
        ("<s>a dog</s><pad><pad>", "a dog"),
        ("[CLS] a dog [SEP]", "a dog"),
        ("<image><image>\na dog<|im_end|><|endoftext|>", "a dog"),
        ("Assistant: a dog<end_of_utterance>", "a dog"),
        ("<think>an animal? yes</think>\n\nA dog.", "A dog."),
        ("hmm, an animal</think>A dog.", "A dog."),
        ("a \t dog\n\n runs ", "a dog runs"),
        ("a dog\x00 runs\x07", "a dog runs"),
        ("a dog \ud83d runs", "a dog runs"),
        ("a dog dog dog dog dog", "a dog"),
        ("the the the man", "the man"),
        ("a man in a hat, a man in a hat, a man in a hat", "a man in a hat"),
        ("a cat a cat a cat a cat on a mat", "a cat on a mat"),
        ("A dog runs. A dog runs. A dog runs.", "A dog runs."),
        ("A dog runs. It is wet. A dog runs.", "A dog runs. It is wet."),
        ("一只狗。一只狗。一只狗。", "一只狗。"),
        ("一只狗在跑一只狗在跑一只狗在跑一只狗在跑", "一只狗在跑"),
        ("a very very big dog", "a very very big dog"),
        ("a dog next to a dog", "a dog next to a dog"),
        ("a sign that says 1000000 [sic] and x < y", "a sign that says 1000000 [sic] and x < y"),
        ("ein Hund läuft über die Straße", "ein Hund läuft über die Straße"),
        ("собака бежит по пляжу", "собака бежит по пляжу"),
        ("हिन्दी में की और कि", "हिन्दी में की और कि"),
        ("كلب يركض على الشاطئ", "كلب يركض على الشاطئ"),
        ("two dogs 🐕🐕 and 👨‍👩‍👧", "two dogs 🐕🐕 and 👨‍👩‍👧"),
    ],
)
def test_expected_caption(text, expected):
    assert clean_caption(text) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("<s></s><pad>", "empty"),
        ("<think>a dog, perhaps a", "empty"),
        ("... !?", "no word"),
        ("</s> - - -", "no word"),
        ("dog dog dog", "repeated"),
        ("The the THE, the.", "repeated"),
    ],
)
def test_a_text_that_says_nothing_is_missing_with_the_reason(text, word):
    made = clean_caption(text)
    assert isinstance(made, Missing)
    assert word in made.reason


def test_an_echo_of_the_prompt_goes_but_a_longer_word_stays():
    assert clean_caption("A photo  of a dog", "a photo of") == "a dog"
    assert clean_caption("Describe it.\nA dog", "Describe it.") == "A dog"
    assert clean_caption("a photograph of a dog", "a photo") == "a photograph of a dog"
    assert isinstance(clean_caption("a photo of", "a photo of"), Missing)
    assert clean_caption("a (dog", "a (") == "dog"


_pieces = st.lists(
    st.sampled_from(
        ["<s>", "</s>", "[SEP]", "<think>", "</think>", "dog", "dog", "Dog.", "a cat", "ab",
         "aaaaaa", "abab", "。", "一只", ". ", " ", "\n", "answer:", ",",
         "a photo of", "<", ">", "s", "12"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(st.one_of(_pieces, st.text(max_size=60)), st.sampled_from([None, "a photo of", "dog"]))
def test_cleaning_twice_changes_nothing_and_never_leaves_an_empty_text(text, prompt):
    once = clean_caption(text, prompt)
    if isinstance(once, Missing):
        assert once.reason
        return
    assert once.strip() == once != ""
    assert any(one.isalnum() for one in once)
    assert clean_caption(once, prompt) == once
    once.encode("utf-8")


@given(st.lists(st.sampled_from("ein zwei drei vier fünf sechs".split()), min_size=2, unique=True))
def test_distinct_words_stay_as_they_are(words):
    assert clean_caption(" ".join(words)) == " ".join(words)
