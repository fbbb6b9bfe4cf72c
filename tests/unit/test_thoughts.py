"""Thoughts of reasoning models are no captions, no proposals, and no answers."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.captioners.cleaning import clean_caption, is_soiled
from visdiff_plugin.captioners.generation import decoded, opens
from visdiff_plugin.chat.answers import Token, read_answer, yes_probability
from visdiff_plugin.chat.failures import SilentError
from visdiff_plugin.chat.parsing import parse_proposals
from visdiff_plugin.chat.reply import read_completion
from visdiff_plugin.chat.thoughts import answer_text, spans, thinks
from visdiff_plugin.errors import ProposerError
from visdiff_plugin.evaluation.chat_judge import parse_score
from visdiff_plugin.stages import Missing

#: how models of many makers mark what they think: before, behind
MARKS = [
    ("<think>", "</think>"), ("<THINK>\n", "\n</THINK>\n\n"), ("<thinking>", "</thinking>"),
    ('<thinking mode="deep">', "</thinking>"), ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"), ("<reasoning>", "</reasoning>"), ("<reason>", "</reason>"),
    ("<reflection>", "</reflection>"), ("<analysis>", "</analysis>"),
    ("<scratchpad>", "</scratchpad>"), ("<inner_monologue>", "</inner_monologue>"),
    ("<seed:think>", "</seed:think>"), ("<mm:think>", "</mm:think>"),
    ("[THINK]", "[/THINK]"), ("[thought]", "[/thought]"), ("◁think▷", "◁/think▷"),
    ("<|think|>", "<|/think|>"), ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|><|begin_of_solution|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"), ("&lt;think&gt;", "&lt;/think&gt;"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|start|>assistant<|channel|>analysis<|message|>",
     "<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>"),
    ("<|channel>thought\n", "<channel|>"), ("<unused94>thought\n", "<unused95>"),
    ("<|im_start|>think\n", "<|im_start|>answer\n"), ("< think >", "</ think >"),
    ("<thinking_process>", "</thinking_process>"), ("### Thinking\n", "\n### Answer\n"),
    ("<chain-of-thought>", "</chain-of-thought>"), ("<ponder>", "</ponder>"),
    ("analysisWe", "assistantfinal"), ("Thinking...\n", "\n...done thinking.\n\n"),
    ("Here is my thought process:\n", "\nHere is my response:\n"),
    ("**Thinking Process:**\n", "\n**Final Answer:** "),
]  # fmt: skip
THOUGHT = "so yes, no: 1. a gray cat\n2. score 0\n- a rat"
#: what models and templates leave behind an answer
ENDS = ["", "<|im_end|>", "<|end_of_box|>", "</s>", "<eos>", "</answer>", "<end_of_turn>",
        "<|return|>", "<|eot_id|>", "<｜end▁of▁sentence｜>",
        "<|im_end|>\n<|im_start|>user\nA rat?"]  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("before", "behind"), MARKS)
def test_one_reader_for_all_uses(before, behind, end):
    said = f"{before}{THOUGHT}{behind}"
    assert clean_caption(f"{said}A red dog.{end}") == "A red dog."
    assert parse_proposals(f"{said}- a red dog\n- snow{end}") == ["a red dog", "snow"]
    assert parse_proposals(f'{said}{{"differences": ["a red dog"]}}{end}') == ["a red dog"]
    assert read_answer(f"{said}Yes.{end}") is True
    assert parse_score(f"{said}Score: 2{end}") == 2


@pytest.mark.parametrize(("before", "behind"), MARKS)
def test_thoughts_that_are_cut_off_say_nothing(before, behind):
    said = f"{before}{THOUGHT}"
    assert isinstance(clean_caption(said), Missing)
    assert read_answer(f"{before}yes") is None
    with pytest.raises(ProposerError):
        parse_proposals(said)
    assert is_soiled(said) or before.startswith("Thinking...")


@pytest.mark.parametrize(("before", "behind"), [mark for mark in MARKS if mark[1][0] in "<[◁&"])
def test_the_opening_tag_may_be_missing(before, behind):
    assert answer_text(f"{THOUGHT}{behind}A red dog.") == "A red dog."


@pytest.mark.parametrize(
    "text",
    ["analysis of a dog", "a thinking man", "x < y", "[sic] a dog", "a thought bubble: think!",
     "a <b>bold</b> sign", "a reasoning test on paper", "an answer: none", "final round"],
)  # fmt: skip
def test_words_about_thinking_are_no_thoughts(text):
    assert answer_text(text) == text and not thinks(text) and not is_soiled(text)


def test_what_stands_inside_answer_tags():
    assert answer_text("It shows a rat.<answer>a red dog</answer>") == "a red dog"
    assert answer_text("<answer>a red dog") == "a red dog"
    assert answer_text("<answer>dog</answer>\n<answer>snow</answer>") == "dog\nsnow"
    assert read_answer("The photo shows one.\n<answer>yes</answer>") is True
    assert read_answer("\\boxed{\\text{no}}") is False


PIECES = [*"ab <>/[]|◁▷\n", "think", "<think>", "</think>", "[THINK]", "answer", "<answer>", "</s>"]


def test_the_turn_that_a_template_begins():
    for begin in (
        "<|im_start|>assistant\n", "<start_of_turn>model\n", "<|assistant|>", "<s>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n", "<｜Assistant｜>",
    ):  # fmt: skip
        assert answer_text(f"{begin}A red dog.<|im_end|>") == "A red dog."


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_read_once(text):
    read = answer_text(text)
    assert read == read.strip() and len(read) <= len(text) + 1
    parts = spans(text)
    assert all(0 <= start <= stop <= len(text) for start, stop in parts)


def tokens(*texts):
    return [Token(text, ((text, 0.9), ("No" if text == "Yes" else "Yes", 0.1))) for text in texts]


def test_probabilities_of_the_answer_alone():
    thoughts = ["[TH", "INK]", "Yes", "[/TH", "INK]"]
    assert yes_probability(tokens(*thoughts, "\n", "No")) == pytest.approx(0.1)
    assert yes_probability(tokens("<|begin_of_box|>", "Yes")) == pytest.approx(0.9)
    assert yes_probability(tokens("Yes", "</", "think", ">", "No")) == pytest.approx(0.1)
    assert yes_probability(tokens("<think>", "Yes")) is None


def body(content, reason="stop", **message):
    data = {"message": {"content": content, **message}, "finish_reason": reason}
    return json.dumps({"choices": [data]})


@pytest.mark.parametrize(
    "message",
    [
        {"content": "", "reasoning_content": "a dog"},
        {"content": None, "reasoning": "a dog"},
        {"content": "<think>a dog"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a dog"}]}]},
        {"content": [{"type": "reasoning", "text": "a dog"}]},
        {"content": "<|im_end|>"},
    ],
)
def test_an_answer_that_only_thinks_says_what_to_change(message):
    with pytest.raises(SilentError, match="got none") as raised:
        read_completion(body(**message, reason="length"), "m")
    assert "Raise max_tokens, or turn the model's thinking off" in str(raised.value)


def test_what_was_cut_off_and_may_be_thinking_is_marked():
    plain = read_completion(body("The user wants a caption of the dog", "length"), "m")
    assert plain.cut and plain.text.startswith("The user")
    assert not read_completion(body("A red dog."), "m").cut
    # where the server or a tag tells thoughts from the answer, this is the answer
    assert not read_completion(body("A red d", "length", reasoning_content="hm"), "m").cut
    assert not read_completion(body("<think>hm</think>A red d", "length"), "m").cut


class Tokenizer:
    """Knows words by number; thinking marks may be special tokens, which most decoders drop."""

    def __init__(self, special):
        words = ["A", "dog", "hm", "[THINK]", "[/THINK]", "<think>", "<eos>", "<odd>"]
        self.words = words
        marks = [(word, word in special) for word in words if word[0] in "[<"]
        self.added_tokens_decoder = {
            number: SimpleNamespace(content=word, special=is_special)
            for number, (word, is_special) in enumerate(marks)
        }
        self.special = special

    def decode(self, ids, skip_special_tokens):
        words = [self.words[number] for number in ids]
        kept = [word for word in words if not (skip_special_tokens and word in self.special)]
        return " ".join(kept)


class Processor:
    def __init__(self, *special):
        self.tokenizer = Tokenizer(special)

    def batch_decode(self, rows, skip_special_tokens):
        return [self.tokenizer.decode(row, skip_special_tokens) for row in rows]


def test_thoughts_of_a_model_on_this_machine():
    # its marks are special tokens: without them nobody could tell thoughts from the caption
    processor = Processor("[THINK]", "[/THINK]", "<eos>", "<odd>")
    assert clean_caption(decoded(processor, [[3, 2, 4, 0, 1, 7, 6]])[0]) == "A dog"
    assert decoded(Processor("<eos>"), [[0, 1, 6]]) == ["A dog"]
    # its template has opened the thought
    assert opens(processor, [0, 1, 5]) and opens(processor, [3])
    assert not opens(processor, [0, 1]) and not opens(processor, [3, 4])
