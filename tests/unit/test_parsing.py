"""Replies of chat models, in every shape they come in."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.chat.parsing import parse_proposals
from visdiff_plugin.chat.thoughts import without_thoughts
from visdiff_plugin.errors import ProposerError


def test_the_real_replies_of_gpt4(shared):
    file = shared / "data/yoga/gpt4_replies.json"
    rounds = [parse_proposals(load["reply"]) for load in json.loads(file.read_text())["rounds"]]
    assert [len(round_) for round_ in rounds] == [10, 10, 10]
    assert rounds[0][8] == "man meditating with a red cap on a mountain top"
    assert rounds[2][-1] == "Handstands or advanced yoga poses"
    for text in sum(rounds, []):
        assert not set(text) & set('"*•“”') and text == text.strip()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"differences": ["red car", "blue sky"]}', ["red car", "blue sky"]),
        ('["red car", "blue sky"]', ["red car", "blue sky"]),
        ("['red car', \"kids' toys\",]", ["red car", "kids' toys"]),
        ('```json\n["red car",\n "blue sky"]\n```', ["red car", "blue sky"]),
        ('Here you go:\n```\n{"a": ["red car"]}\n```\nEnjoy!', ["red car"]),
        ('I found {"differences": ["red car"]} as asked.', ["red car"]),
        ('[{"description": "red car", "why": "often seen"}, {"concept": "sky"}]',
         ["red car", "sky"]),
        ('{"description": "red car"}\n{"description": "sky"}', ["red car", "sky"]),
        ('{"1": "red car", "2": "sky"}', ["red car", "sky"]),
        ('{"group_b": ["dull car"], "group_a": ["red car"]}', ["red car"]),
        ('{"result": {"differences": ["red car"]}, "count": 1}', ["red car"]),
        ('{"differences": ["red car", "blue sky", "half of a phr', ["red car", "blue sky"]),
        ('```json\n{"differences": [{"text": "red car"}, {"text": "cut', ["red car"]),
        ("[1] red car\n[2] blue sky", ["red car", "blue sky"]),
        ("1. red car\n2) blue sky\n(3) dog", ["red car", "blue sky", "dog"]),
        (" 9. red car\n10. blue sky", ["red car", "blue sky"]),
        ("- red car\n    - seen in many\n- sky", ["red car", "sky"]),
        ("• red car\n•blue sky", ["red car", "blue sky"]),
        ("- 1. red car\n- [ ] blue sky", ["red car", "blue sky"]),
        ("# Differences\n\n* red car\n\n---\n", ["red car"]),
        ("Sure! Here are the differences:\n\nred car\nblue sky\n\nLet me know if this helps!",
         ["red car", "blue sky"]),
        ("Here are 2 concepts\n1. red car\nI hope this helps.", ["red car"]),
        ('"red car"\n"blue sky".\nThese are my answers', ["red car", "blue sky"]),
        ("“red car”,\n«blue sky»", ["red car", "blue sky"]),
        ("1. **Red car**: it is parked in most images\n2. **Blue sky** - seen often",
         ["Red car", "Blue sky"]),
        ("- **Setting:** mountains at dusk\n- Style: oil painting",
         ["mountains at dusk", "oil painting"]),
        ("**1. Red car**\n**2.** *Blue sky*", ["Red car", "Blue sky"]),
        ("* Group A contains more images of red cars than Group B.", ["red cars"]),
        ("* Images in Group A tend to show people with hats", ["people with hats"]),
        ("* Group A: red cars\n* More images of dogs", ["red cars", "dogs"]),
        ("* red cars, more often than in Group B\n* Group B has cats", ["red cars"]),
        ("**Group A:**\n- red car\n\n**Group B:**\n- dull car", ["red car"]),
        ("Group B:\n- dull car\nGroup A:\n- red car", ["red car"]),
        ("- Red car\n- red car\n- RED CAR\n- sky", ["Red car", "sky"]),
        ('- sign saying "stop"\n- "stop" and "go" signs', ['sign saying "stop"',
                                                         '"stop" and "go" signs']),
        ("- 3 dogs on a beach\n- 1.5 litre bottle", ["3 dogs on a beach", "1.5 litre bottle"]),
        ("3 dogs on a beach\n2 cats", ["3 dogs on a beach", "2 cats"]),
        ("- children’s black-and-white drawing\n- größere Hündin\n- 山の犬",
         ["children’s black-and-white drawing", "größere Hündin", "山の犬"]),
        ("<think>- not this</think>\n- red car", ["red car"]),
        ("- red car\n- " + "long word " * 30, ["red car"]),
        ("- group yoga activities\n- set of dishes", ["group yoga activities", "set of dishes"]),
    ],
)  # fmt: skip
def test_shapes_of_replies(reply, expected):
    assert parse_proposals(reply) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "", " \n", "```\n```", "I'm sorry, I can't help with that.", "I’m sorry, but I can’t.",
        "As an AI, I see nothing.", "- None", "There are no differences.",
        "No significant differences.", '{"differences": []}', "[]", '{"error": "overloaded"}',
        '{"differences": ["I\'m sorry, I cannot do that"]}', "LLM Error: timeout", "---\n***",
        "Here are the differences:", "<think>- red car", "[1, 2, 3]",
        "The first group mostly shows cars of all kinds in many different streets, while the "
        "second group shows animals in the wild, and both have people who look at the camera now.",
    ],
)  # fmt: skip
def test_replies_without_proposals(reply):
    with pytest.raises(ProposerError, match="Expected a list of differences"):
        parse_proposals(reply)


WORD = st.text(string.ascii_letters + "éüßñ犬", min_size=2, max_size=9).filter(
    lambda word: word.casefold() not in {"none", "na", "nothing", "sorry", "more", "than", "group",
                                         "set", "no", "unlike", "vs", "versus", "error"}
)  # fmt: skip
PHRASE = st.builds(
    lambda first, joint, second, rest: " ".join([first + joint + second, *rest]),
    WORD,
    st.sampled_from([" ", "-", "'s ", "s' ", " & ", ' "big" ', " (old) ", ", "]),
    WORD,
    st.lists(WORD, max_size=5),
)
STYLES = {
    "dash": lambda p: "\n".join(f"- {one}" for one in p),
    "star, quoted": lambda p: "\n".join(f'* "{one}" ' for one in p),
    "bold": lambda p: "\n".join(f"- **{one}**." for one in p),
    "numbered": lambda p: (
        "Here they are:\n\n" + "\n".join(f"{i}. {one}" for i, one in enumerate(p))
    ),
    "brackets": lambda p: "\r\n".join(f"{i}) “{one}”" for i, one in enumerate(p)),
    "quoted": lambda p: "\n".join(f'"{one}"' for one in p),
    "plain": lambda p: "\n".join(p),
    "json": lambda p: json.dumps({"differences": p}),
    "json list": lambda p: json.dumps(p, ensure_ascii=False, indent=2),
    "fenced": lambda p: f"Sure:\n```json\n{json.dumps(p)}\n```\nAnything else?",
    "in prose": lambda p: f"I looked closely. {json.dumps({'list': p})} That is all.",
    "objects": lambda p: json.dumps([{"id": i, "description": one} for i, one in enumerate(p)]),
}


@pytest.mark.parametrize("style", STYLES)
@given(phrases=st.lists(PHRASE, min_size=1, max_size=12, unique_by=str.casefold))
def test_phrases_survive_every_style(style, phrases):
    assert parse_proposals(STYLES[style](phrases)) == phrases


@given(st.text(max_size=300) | st.text("[]{}\"':,*-1.\n ab", max_size=200))
def test_any_text_gives_clean_proposals_or_an_error(reply):
    try:
        found = parse_proposals(reply)
    except ProposerError:
        return
    assert found and len({item.casefold() for item in found}) == len(found)
    assert all(item == " ".join(item.split()) and item for item in found)


def test_a_hostile_reply_takes_no_time():
    for reply in ("[" * 9_000, '{"a":' * 5_000, "<think>" * 5_000, "*" * 9_000, '"' * 9_000):
        with pytest.raises(ProposerError):
            parse_proposals(reply)


def test_thoughts():
    assert without_thoughts("<think>a</think> b <think>c</think>d") == "b d"
    assert without_thoughts("a lot</think>b") == "b"
    assert without_thoughts("b <think>never ends") == "b"
