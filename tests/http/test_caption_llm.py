"""Proposals from captions through a real server on loopback."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from chat_server import UNAUTHORIZED, ChatServer, completion

from visdiff_plugin.chat.client import ChatClient
from visdiff_plugin.config import Config
from visdiff_plugin.errors import CredentialsError, ModelError, ProposerError
from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.proposers.caption_llm import CaptionProposer
from visdiff_plugin.rounds.proposing import plan_rounds, propose
from visdiff_plugin.stages import Images, Proposer, Usage

SECRET = "sk-very-secret"


def images(*captions):
    return Images([*"abcdefgh"[: len(captions)]], ["x.jpg"] * len(captions), captions)


DOGS, CATS = images("a dog", "", "two dogs", " "), images("a cat", "some cats")


def test_what_is_asked_and_what_comes_back():
    answer = json.dumps({"differences": ["dogs", "Dogs", "puppies", "wolves"]})
    with ChatServer(answer) as server:
        proposer = CaptionProposer("m", n=2, context="pets", base_url=server.base_url)
        reply = proposer.propose(DOGS, CATS)
    assert isinstance(proposer, Proposer)
    assert list(reply.proposals) == ["dogs", "puppies"]
    assert reply.text == answer and reply.usage == Usage(1, 100, 10)
    (request,) = server.requests
    assert "<group_a>\na dog\ntwo dogs\n</group_a>" in request.text
    assert "Name up to 2 concepts" in request.text and "pets" in request.text
    assert request.body["response_format"]["type"] == "json_schema"


def test_rounds_at_the_same_time_with_the_callers_client():
    with ChatServer(["* dogs", "1. cats", "birds"]) as server:
        proposer = CaptionProposer(client=ChatClient("m", base_url=server.base_url))
        with ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(lambda _: proposer.propose(DOGS, CATS), range(6)))
    found = sorted(text for reply in replies for text in reply.proposals)
    assert found == ["birds", "birds", "cats", "cats", "dogs", "dogs"]


def test_three_rounds_wait_for_the_slowest_and_not_for_each_other():
    together = threading.Barrier(3)

    def reply(request):
        together.wait(timeout=30)  # passes only while three requests are being answered
        return "* dogs"

    both = images("a dog", "two dogs", "a cat", "some cats")
    config = Config(directions="a")
    with ChatServer(reply) as server:
        proposer = CaptionProposer("m", base_url=server.base_url)
        rounds = plan_rounds(proposer, both, [([0, 1], [2, 3])] * 3, config)
        found = propose(both.take, rounds)
        assert server.most_at_once == len(server.requests) == 3
    assert not together.broken and not found.failures
    assert found.usage == Usage(3, 300, 30)


@pytest.mark.parametrize(("a", "b", "side"), [(images("a dog", ""), CATS, "A"),
                                              (DOGS, Images(["1"], ["x"]), "B")])  # fmt: skip
def test_too_few_captions_are_not_sent(a, b, side):
    with ChatServer() as server:
        proposer = CaptionProposer("m", base_url=server.base_url)
        with pytest.raises(ProposerError, match=f"at least 2 captions of set {side}"):
            proposer.propose(a, b)
    assert server.requests == []


def test_a_refusal_is_no_proposal():
    with ChatServer("I'm sorry, I can't compare these images.") as server:
        with pytest.raises(ProposerError, match="I'm sorry"):
            CaptionProposer("m", base_url=server.base_url).propose(DOGS, CATS)


def test_a_key_that_is_missing_or_refused():
    with pytest.raises(CredentialsError, match="OPENAI_API_KEY"):
        make_proposer("openai")
    with ChatServer(UNAUTHORIZED) as server:
        proposer = CaptionProposer("m", base_url=server.base_url, api_key=SECRET)
        with pytest.raises(CredentialsError) as caught:
            proposer.propose(DOGS, CATS)
    assert SECRET not in str(caught.value) + json.dumps(proposer.parameters) + repr(vars(proposer))


def test_wrong_number():
    with pytest.raises(ValueError, match="n >= 1"):
        CaptionProposer("m", n=0, base_url="http://localhost/v1")


def test_pairs_stay_pairs_where_a_caption_is_missing():
    both = images("dog 0", "dog 1", "", "dog 3", "cat 0", " ", "cat 2", "cat 3")
    codes = [7, 8, 9, 10] * 2
    config = Config(directions="both")
    with ChatServer("* dogs") as server:
        proposer = CaptionProposer("m", base_url=server.base_url)
        fold = [[3, 2, 1, 0], [7, 6, 5, 4]]
        rounds = plan_rounds(proposer, both, [fold], config, pairs=np.array(codes))
        assert [round_.pairs for round_ in rounds] == [[10, 8, 7]] * 2
        propose(both.take, rounds)
    first, second = sorted(request.text for request in server.requests)
    for text, (a, b) in ((first, ("cat", "dog")), (second, ("dog", "cat"))):
        assert f"<group_a>\n1. {a} 3\n2. {a} 0\n</group_a>" in text
        assert "caption 1 of Group A belongs to caption 1 of Group B" in text
        assert f"<group_b>\n1. {b} 3\n2. {b} 0\n</group_b>" in text


def test_rows_that_do_not_go_together_are_no_pairs():
    both = images(*["a dog"] * 6)
    proposer = CaptionProposer("m", base_url="http://localhost/v1")
    for codes in ([0, 1, 2, 1, 0, 2], [0, 1, -1, 0, 1, -1]):
        (one, _) = plan_rounds(proposer, both, [([0, 1, 2], [3, 4, 5])], Config(), 0,
                               np.array(codes))  # fmt: skip
        assert one.pairs is None


@pytest.mark.parametrize(
    "thought",
    ["Thinking Process:\n\n1. **Analyze**: two groups\n2. a red dog", "- Group A: dogs\n- snow",
     "Okay, the user wants concepts.\n\n* dogs in snow"],
)  # fmt: skip
def test_a_list_in_thoughts_that_were_cut_off_is_no_list_of_proposals(thought):
    with ChatServer(completion(thought, finish_reason="length")) as server:
        with pytest.raises(ModelError, match="Raise max_tokens"):
            CaptionProposer("m", base_url=server.base_url).propose(DOGS, CATS)
    # what begins as the answer that was asked for is one, as far as it goes
    cut = completion('{"differences": ["dogs in snow", "half of a phr', finish_reason="length")
    with ChatServer(cut) as server:
        reply = CaptionProposer("m", base_url=server.base_url).propose(DOGS, CATS)
    assert list(reply.proposals) == ["dogs in snow"]
