"""Text of 200,000 characters made to be slow: every reader of outside text takes under a second."""

import json
import time

import pytest

from visdiff_plugin.captioners.cleaning import clean_caption, is_soiled
from visdiff_plugin.chat.answers import Token, read_answer, yes_probability
from visdiff_plugin.chat.failures import error_text
from visdiff_plugin.chat.parsing import LONGEST_ANSWER, parse_proposals
from visdiff_plugin.chat.prompts import one_line
from visdiff_plugin.chat.reply import ChatReply, read_completion
from visdiff_plugin.chat.thoughts import answer_text
from visdiff_plugin.dataset.labels import label_words
from visdiff_plugin.errors import VisDiffError
from visdiff_plugin.evaluation.chat_judge import parse_score
from visdiff_plugin.evaluation.judges import Question, WordJudge
from visdiff_plugin.proposers.answered import read_reply
from visdiff_plugin.proposers.phrases import phrases
from visdiff_plugin.said import parts, said
from visdiff_plugin.selection import Candidate, unique
from visdiff_plugin.sets.grammar import parse_set
from visdiff_plugin.stages import Usage
from visdiff_plugin.storable import storable
from visdiff_plugin.storing.score_fields import slug
from visdiff_plugin.thresholds import thresholds_of
from visdiff_plugin.words import lemma, words

LENGTH = 200_000


def completion(text):
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "length"}]})


READERS = {
    "proposals": parse_proposals,
    "caption": clean_caption,
    "caption after a prompt": lambda text: clean_caption(text, "a photo of (a)"),
    "stored caption": is_soiled,
    "yes or no": read_answer,
    "P(yes)": lambda text: yes_probability(
        [Token(text[at : at + 9], ()) for at in range(0, len(text), 9)]
    ),
    "judge's score": parse_score,
    "word judge": lambda text: WordJudge().judge(Question(text, "a cat", text)),
    "parts": parts,
    "said": said,
    "words": words,
    "lemma": lemma,
    "phrases": lambda text: sum(1 for _ in phrases(text, 4)),
    "set": parse_set,
    "set by percent": lambda text: parse_set(f"top:field={text}"),
    "set of a dataset": lambda text: parse_set(f"dataset:{text}"),
    "completion": lambda text: read_completion(completion(text), "m"),
    "body": lambda text: read_completion(text, "m"),
    "error text": error_text,
    "answer": answer_text,
    "one line": one_line,
    "storable": storable,
    "unique": lambda text: unique([Candidate(text, "user"), Candidate(text + "s", "user")]),
    "label": lambda text: label_words([text, "dog"]),
    "slug": lambda text: slug(text, set()),
    "thresholds": lambda text: thresholds_of({text: 0.5}, [text]),
}

#: what is repeated; every second time behind a beginning that looks right
PATTERNS = [
    "a", " ", "\n", ",", ".", "..x", "(", "[", "[{", '{"a":[', '"', '\\"', "'", "`", "```a ", "*a ",
    "**", "__", "- a\n", "1. ", "1", "1 ", "0.5 ", "：", "<", "<|", "<think>", "</think>", "<think",
    "[THINK]", "◁think▷", "<|channel|>analysis", "assistantfinal", "<answer>", "</s>",
    "<|im_end|> a", "answer ", "caption: description: ", "yes ", "score: 1 or ", "group a ",
    ", compared to ", "images ", "dog dog ", "ababac", "such as a, ", "a-", "\u0300\u0327",
    "\u0f71\u0f72", "\ufdfa", "。x", "\ud83d", "\u202e", "\x00", "“”", "<html>", "error: ", "%3D",
    "-+~", "thinking ", "aaaaab", "\\boxed{",
]  # fmt: skip
BEGINNINGS = ["", "- group a, ", '{"differences": ["', "yes "]


@pytest.mark.parametrize("name", READERS)
def test_no_text_holds_a_reader_up(name):
    slow = {}
    for number, pattern in enumerate(PATTERNS):
        times = LENGTH // len(pattern.encode(errors="surrogatepass"))
        text = BEGINNINGS[number % 4 if number % 2 else 0] + pattern * times
        start = time.process_time()
        try:
            READERS[name](text)
        except (VisDiffError, ValueError):
            pass  # what is nothing of the kind is refused; nothing else may happen
        seconds = time.process_time() - start
        if seconds > 1:
            slow[text[:30]] = round(seconds, 1)
    assert not slow


def test_deep_json_is_content_like_any_other():
    start = time.process_time()
    for depth in (450, 20_000):
        for opening, closing in (("[", "]"), ('{"a":', "}"), ("[{'a':", "}]"), ("(", ")")):
            for text in (opening * depth + "1" + closing * depth, opening * depth):
                for reply in (text, f"```json\n{text}\n```", f"- red car\n{text}"):
                    try:
                        assert parse_proposals(reply) == ["red car"]
                    except VisDiffError:
                        assert "red" not in reply
                with pytest.raises(VisDiffError):
                    parse_score(f'{{"score": {text}}}')
                assert read_answer(text) is None
    assert time.process_time() - start < 10


def test_a_long_answer_is_read_to_a_limit_and_said():
    reply = "- red car\n" + "- blue sky over the old town\n" * 3_000
    read = read_reply(ChatReply(reply, Usage(), "m"), 10)
    assert read.proposals == ["red car", "blue sky over the old town"]
    assert len(read.text) == LONGEST_ANSWER and "only the first 40,000 were read" in read.notes[0]
    caption = " ".join(f"thing{number}" for number in range(2_000))
    assert "longer than 5,000" in clean_caption(caption).reason
