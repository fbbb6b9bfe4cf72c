"""Text from outside can be stored, sent and shown, whatever is in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.account import Account
from visdiff_plugin.dataset.labels import label_names, label_words
from visdiff_plugin.results.difference import plain_data
from visdiff_plugin.settings import Setting
from visdiff_plugin.storable import (
    LONGEST_DESCRIPTION,
    LONGEST_NOTE,
    encodable,
    storable,
    why_not,
)

#: any code point at all, halves of characters among them
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dogs \ud83d in snow", "dogs  in snow"),
        ("dogs \ude00\ud83d in snow", "dogs  in snow"),
        ("a \ud83d\ude00 dog", "a 😀 dog"),
        ("a\x00dog\x1b[31m", "a dog [31m"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("\u2066a\u2069 \u200fdog\u200e\u061c", "a dog"),
        ("do\u00adg \u200bd\ufeffog\u2060", "dog dog"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("\ufffe\uffff\ufdd0\U0001ffff\ufffdx", "x"),
        ("a\r\nb\rc\u2028d\x85e\tf", "a\nb\nc\nd\ne\tf"),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 8),
        ("می‌خواهم क्‍ष 👨‍👩‍👧 ❤️ é größer 犬", "می‌خواهم क्‍ष 👨‍👩‍👧 ❤️ é größer 犬"),
        ("plain text, as it is", "plain text, as it is"),
    ],
)
def test_what_becomes_of_a_text(text, expected):
    assert storable(text) == expected


@given(ANY)
def test_any_text_can_be_stored_and_stays_so(text):
    stored = storable(text)
    assert storable(stored) == stored
    assert json.loads(json.dumps(stored, ensure_ascii=False).encode()) == stored
    assert encodable(text).encode() and encodable(stored) == stored or not encodable(text)
    assert all(character.isprintable() or character in "\n\t\u200c\u200d" or character.isspace()
               or ord(character) > 127 for character in stored)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "no word"), (storable("\ud83d\u202e"), "no word"), ("?!", "no word"), ("😀", "no word"),
     ("a" * (LONGEST_DESCRIPTION + 1), "longer than 1,000"), ("a dog", ""), ("犬", "")],
)  # fmt: skip
def test_why_a_text_cannot_be_tested(text, word):
    assert word in why_not(text) and bool(word) == bool(why_not(text))


def test_labels_tags_and_what_is_counted_are_storable():
    assert label_names(["a\u202edog\x00", "\u200b", {"label": "cat\ud83d"}]) == ["adog", "cat"]
    assert label_words("a\x00 dog") == "a  dog"
    account = Account()
    account.skip("caption", {"a\ud83d": "said \ud83d\x00", "b": "said \x00"})
    account.skip("caption", {"c": "said "})
    assert [one.reason.strip() for one in account.skipped][0] == "said"
    json.dumps([one.examples for one in account.skipped], ensure_ascii=False).encode()


@given(st.recursive(ANY, lambda inner: st.lists(inner) | st.dictionaries(ANY, inner), max_leaves=5))
def test_a_record_can_always_be_written(data):
    json.dumps(plain_data(data), ensure_ascii=False).encode()


def test_the_context_of_a_config():
    setting = Setting(kind="text", label="Context", help="what the sets are")
    assert setting.check("context", "two \ud83dbreeds\u202e") == "two breeds"
    with pytest.raises(ValueError, match="at most 10,000 characters, got 10,001"):
        setting.check("context", "a" * (LONGEST_NOTE + 1))
