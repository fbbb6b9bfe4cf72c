"""Every member that asks a server: images, log-probabilities, structured output, refusals.

What is peculiar to one member is tested in its own file; here all of them meet the same server.
"""

import json

import numpy as np
import pytest
from chat_server import ChatServer, completion, failure
from PIL import Image
from questions import asked, ranker

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.chat.client import ChatClient
from visdiff_plugin.comparing import compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.errors import EvaluationError, ModelError
from visdiff_plugin.evaluation.chat_judge import ChatJudge
from visdiff_plugin.evaluation.judges import Question
from visdiff_plugin.evaluation.judgments import Judgments
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.proposers.caption_llm import CaptionProposer
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.stages import Images, Missing

PROPOSED = json.dumps({"differences": ["red walls"]})
REFUSED = (
    completion(None, refusal="I won't look at people."),
    completion("half a", finish_reason="content_filter"),
    completion("I'm sorry, but I can't help with that."),
)


@pytest.fixture
def sets(tmp_path):
    """Twelve red pictures and twelve blue ones, with captions that say so."""
    found = []
    for word, color in (("red", (220, 20, 20)), ("blue", (20, 20, 220))):
        paths = [str(tmp_path / f"{word}{number}.png") for number in range(12)]
        for path in paths:
            Image.new("RGB", (24, 24), color).save(path)
        names = [f"{word}{number}" for number in range(12)]
        found.append(Images(names, paths, [f"a {word} wall"] * 12))
    return found


def at(server, name, **options):
    return {"name": f"{name}:m", "base_url": server.base_url, "max_retries": 0, **options}


def judge(server):
    return ChatJudge(ChatClient("m", base_url=server.base_url, max_retries=0))


@pytest.mark.parametrize("answer", REFUSED)
@pytest.mark.parametrize("kind", ["openai", "images"])
def test_a_refusal_is_no_proposal(sets, kind, answer):
    with ChatServer(answer) as server:
        proposer = make_proposer(at(server, kind))
        with pytest.raises(ModelError, match=r"refuses to answer|Expected proposals|I'm sorry"):
            proposer.propose(*sets)


@pytest.mark.parametrize("answer", REFUSED)
@pytest.mark.parametrize("kind", ["caption_question", "image_question"])
def test_a_refusal_is_no_answer(sets, kind, answer):
    def reply(request):
        return answer if asked(request)[1] == "a person" else "yes"

    with ChatServer(reply) as server:
        scored = ranker(server, kind).score(sets[0], ["red wall", "a person"])
    assert scored.scores[:, 0].tolist() == [1.0] * 12
    assert np.isnan(scored.scores[:, 1]).all()
    assert (
        sum(skipped_item.count for skipped_item in scored.skipped if skipped_item.what == "answer")
        == 12
    )


@pytest.mark.parametrize("answer", REFUSED[:2])
def test_a_refusal_is_no_caption(sets, answer):
    with ChatServer(["a red wall", answer, "a red wall"]) as server:
        made = make_captioner(at(server, "openai", concurrency=1)).caption(sets[0].paths[:3])
    assert made[0] == made[2] == "a red wall"
    assert isinstance(made[1], Missing) and "refuses to answer" in made[1].reason


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refusal_is_no_score_and_nothing_is_kept(tmp_path, answer):
    with ChatServer(answer) as server:
        judgments = Judgments(tmp_path / "j.jsonl", judge(server))
        with pytest.raises((EvaluationError, ModelError), match=r"refuses|got \"I'm sorry"):
            judgments.ask([Question("red", "blue", "red walls")])
    assert not (tmp_path / "j.jsonl").exists()


def test_structured_output_is_asked_for_and_done_without_where_it_is_rejected(sets):
    def plain_only(request):
        if "response_format" in request.body:
            return failure(400, "json_schema is not supported", param="response_format")
        return '{"score": 2}' if "<answer>" in request.text else "1. red walls"

    questions = {
        "openai": lambda server: make_proposer(at(server, "openai")).propose(*sets).proposals,
        "images": lambda server: make_proposer(at(server, "images")).propose(*sets).proposals,
        "judge": lambda server: judge(server).judge(Question("red", "blue", "red walls")).score,
    }
    for name, ask in questions.items():
        with ChatServer('{"score": 2}' if name == "judge" else PROPOSED) as server:
            strict = ask(server)
            (request,) = server.requests
        with ChatServer(plain_only) as server:
            loose = ask(server)
            assert len(server.requests) == 2
        schema = request.body["response_format"]["json_schema"]
        assert schema["schema"]["additionalProperties"] is False, name
        assert strict == loose == (2 if name == "judge" else ["red walls"]), name


def test_probabilities_of_an_answer_about_an_image(sets):
    def likely(request):
        p = {"red wall": 0.9, "blue wall": 0.25}[asked(request)[1]]
        return completion("Yes" if p > 0.5 else "No", logprobs=[{"Yes": p / 2, "No": (1 - p) / 2}])

    with ChatServer(likely) as server:
        scored = ranker(server, "image_question", answers="probability").score(
            sets[0], ["red wall", "blue wall"]
        )
        assert all(
            request.images and request.body["logprobs"] is True for request in server.requests
        )
    np.testing.assert_allclose(scored.scores, np.tile([0.9, 0.25], (12, 1)), atol=1e-6)


def test_a_whole_comparison_in_which_every_stage_asks_the_server(sets):
    def reply(request):
        if "response_format" in request.body:
            return PROPOSED if request.images else json.dumps({"differences": ["walls"]})
        caption, text = asked(request)
        return "yes" if text in (f"{caption.split()[1]} walls", "walls") else "no"

    both = Images(*([*one, *other] for one, other in zip(
        (sets[0].ids, sets[0].paths, sets[0].captions),
        (sets[1].ids, sets[1].paths, sets[1].captions), strict=True,
    )))  # fmt: skip
    with ChatServer(reply) as server:
        config = Config(
            captioner="blip", encoder=None, properties=False, directions="a", rounds=1,
            proposer=[at(server, "openai"), at(server, "images")],
            ranker=at(server, "caption_question"),
        )  # fmt: skip
        inputs = Inputs(both, None, np.arange(12), np.arange(12, 24), [], Account())
        found = compare_inputs(inputs, Design(), make_stages(None, config, True), config)
    best, other = (ranked.difference for ranked in found.ranked)
    assert (best.description, best.source, best.favors) == ("red walls", "images", "a")
    assert best.auroc == 1 and best.significant and not other.significant
    assert found.proposed.usage.requests == 2


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (make_captioner, "openai:m"),
        (make_proposer, "openai:m"),
        (make_proposer, "images:m"),
        (lambda spec: make_ranker(spec, None), "caption_question:m"),
    ],
)
def test_every_stage_that_asks_takes_the_options_of_a_server_and_no_others(make, name):
    url = "http://127.0.0.1:9/v1"
    known = {"base_url": url, "api_key_env": "NO_KEY", "api_key": "k", "timeout": 5}
    made = make({"name": name, **known, "max_retries": 0})
    assert made.parameters["base_url"] == url and "'k'" not in repr(made.parameters)
    with pytest.raises(ValueError, match=r"out of .*base_url, .*max_retries; got base_ulr\."):
        make({"name": name, "base_ulr": url})


def test_a_misspelled_option_is_no_option_beside_a_client_either():
    client = ChatClient("m", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(TypeError, match=r"out of base_url, .*; got tiemout\."):
        CaptionProposer(client=client, tiemout=3)
