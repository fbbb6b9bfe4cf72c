"""What three rounds of the paper's setting cost, with the one tokenizer that is installed."""

import csv
import json

import pytest

from visdiff_plugin.chat.prompts import proposal_messages

#: spent by the paper's setting: 3 rounds of 20 + 20 captions, 10 proposals each
MOST = 3300


def test_three_rounds_are_within_the_papers_tokens(shared):
    """CLIP's vocabulary of 49,408 byte pairs stands in for a chat model's, which is larger.

    It drops line breaks, so each of these is counted as one token more.
    """
    tokenizer = pytest.importorskip("open_clip.tokenizer").SimpleTokenizer()
    folder = shared / "data/yoga"
    with (folder / "samples.csv").open(newline="") as file:
        captions = {row["path"]: row["blip2_caption"] for row in csv.DictReader(file)}
    rounds = json.loads((folder / "gpt4_replies.json").read_text())["rounds"]
    count = 0
    for round_ in rounds:
        a, b = ([captions[path] for path in round_[f"sampled_{side}"]] for side in "ab")
        assert len(a) == len(b) == 20
        texts = [message["content"] for message in proposal_messages(a, b, n=10)]
        for text in [*texts, round_["reply"]]:
            # a chat format spends about four tokens on the frame of a message
            count += len(tokenizer.encode(text)) + text.count("\n") + 4
    assert len(rounds) == 3
    assert 1000 < count <= MOST, count
