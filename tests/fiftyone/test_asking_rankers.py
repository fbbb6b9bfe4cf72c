"""Whole comparisons whose ranker asks a server."""

import base64
import io
import json

import fiftyone.operators as foo
import pytest
from chat_server import UNAUTHORIZED, ChatServer, completion
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from PIL import Image

import visdiff_plugin as visdiff
from operators import _models
from visdiff_plugin.errors import CredentialsError
from visdiff_plugin.rankers import make_ranker

WORDS = ("red pictures", "blue pictures", "picture of something")


def reads(request):
    caption = request.text.partition("<caption>")[2].partition("</caption>")[0]
    description = request.text.partition("<description>")[2].partition("</description>")[0]
    return "yes" if description.split()[0] in caption else "No."


def sees(request):
    image = Image.open(io.BytesIO(base64.b64decode(request.images[0].partition(",")[2])))
    red, _, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))
    description = request.text.partition("<description>")[2].partition("</description>")[0]
    return "yes" if ("red" if red > blue else "blue") in description else "no"


def compare(dataset, server, key="run", **options):
    spec = {"name": "caption_question:m", "base_url": server.base_url, "max_retries": 0}
    return visdiff.compare(
        dataset, "red", "blue", key,
        captioner=ColorCaptioner(), proposer=ListProposer(*WORDS), ranker={**spec, **options},
        encoder={"name": "open_clip:ViT-B-32//nowhere.pt"}, properties=False,
    )  # fmt: skip


def test_questions_about_captions_find_the_planted_difference_and_load_no_encoder(dataset):
    with ChatServer(reads) as server:
        run = compare(dataset, server)
        # two different captions, three descriptions
        assert len(server.requests) == 6
    found = {difference.description: difference for difference in run.differences}
    assert found["red pictures"].auroc == 1.0 and found["blue pictures"].auroc == 0.0
    assert found["red pictures"].significant and found["blue pictures"].significant
    assert not found["picture of something"].significant
    assert found["picture of something"].auroc == 0.5
    # a binary answer is counted as it is: a threshold between no and yes
    assert 0 <= found["red pictures"].threshold < 1
    assert (found["red pictures"].prevalence_a, found["red pictures"].prevalence_b) == (1.0, 0.0)
    assert run.record["usage_ranker"] == {"requests": 6, "input_tokens": 600, "output_tokens": 60}
    assert "Ranking: 6 requests, 660 tokens" in run.summary()
    assert run.record["stages"]["ranker"]["parameters"]["answers"] == "binary"
    field = found["red pictures"].field
    assert set(dataset.match_tags("red").values(field)) == {1.0}


def test_what_was_not_answered_is_counted_and_never_a_no(dataset):
    def refuses_red(request):
        if "red pictures" in request.text and "a red picture" in request.text:
            return completion(None, refusal="No reds, please.")
        return reads(request)

    with ChatServer(refuses_red) as server:
        run = compare(dataset, server)
    reasons = {
        (skipped_item.what, skipped_item.count): skipped_item.reason for skipped_item in run.skipped
    }
    assert "refused" in reasons["answer", 60]
    # without answers on A there is nothing to compare: the candidate is not tested
    assert "red pictures" not in {difference.description for difference in run.differences}
    assert "under two scored images" in reasons["candidate", 1]
    assert visdiff.load(dataset, "run") == run


def test_a_budget_is_noted_once(dataset):
    with ChatServer(lambda request: "yes" if "red" in request.text else "no") as server:
        spec = {"name": "image_question:m", "base_url": server.base_url, "budget": 90}
        run = visdiff.rank(dataset, "red", "blue", ["red", "blue"], "run", ranker=spec)
        assert len(server.requests) == 90
    assert "45 of 120 images" in " ".join(run.notes) and not run.skipped
    one = run.differences[0]
    assert one.n_a + one.n_b == 45 and min(one.n_a, one.n_b) > 10


def test_a_refused_key_stops_the_run_and_nothing_is_written(dataset):
    with ChatServer(UNAUTHORIZED) as server, pytest.raises(CredentialsError):
        compare(dataset, server, api_key="sk-very-secret")
    assert dataset.list_runs() == [] and dataset.get_field("run") is None
    with ChatServer(reads) as server:
        run = compare(dataset, server, api_key="sk-very-secret")
    assert "sk-very-secret" not in json.dumps(run.to_dict())


def test_a_ranker_of_captions_needs_some(dataset):
    with pytest.raises(ValueError, match="Expected captions for the ranker"):
        visdiff.rank(
            dataset, "red", "blue", ["red"], "run", captioner=None, preset="offline",
            ranker={"name": "caption_question:m", "base_url": "http://127.0.0.1:1/v1"},
            encoder=ColorEncoder(),
        )  # fmt: skip


def test_a_cascade_asks_about_the_best_alone(dataset):
    with ChatServer(sees) as server:
        run = visdiff.compare(
            dataset, "red", "blue", "run",
            captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False,
            proposer=ListProposer("red pictures", "blue pictures", "green", "a dog"),
            ranker={"name": "cascade:image_question:m", "base_url": server.base_url,
                    "top": 2, "budget": 160},
        )  # fmt: skip
        assert len(server.requests) == 160
    found = {difference.description: difference for difference in run.differences}
    assert set(found) == {"red pictures", "blue pictures"}
    assert found["red pictures"].significant and found["red pictures"].favors == "a"
    assert found["blue pictures"].significant and found["blue pictures"].favors == "b"
    assert run.record["usage_ranker"]["requests"] == 160
    assert run.record["stages"]["ranker"]["parameters"]["top"] == 2
    assert [
        skipped_item.count for skipped_item in run.skipped if skipped_item.what == "candidate"
    ] == [2]
    assert "on 40 images of A and 40 of B" in run.summary()
    scored = dataset.exists(found["red pictures"].field)
    assert len(scored) == 80 and set(scored.values(found["red pictures"].field)) == {0.0, 1.0}


def test_the_form_sends_the_servers_address_to_rankers_that_ask(plugins, dataset):
    operator = foo.get_operator("@visdiff/visdiff/rank_hypotheses")
    with ChatServer(sees) as server:
        result = operator(
            dataset, "red", "blue", ["red things", "blue things"], "mine",
            ranker="image_question:m", base_url=server.base_url,
        )  # fmt: skip
        assert len(server.requests) == 240
    assert "2 differences supported" in result.result["summary"]
    for spec in ("cascade:image_question:m", "image_question:transformers:m", "tfidf"):
        params = {"ranker": spec, "base_url": "http://127.0.0.1:1/v1"}
        assert make_ranker(_models.specs(params, "ranker")["ranker"], ColorEncoder()).name
