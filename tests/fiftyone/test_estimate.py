"""What an estimate says, against what a run then does."""

import base64
import io
import json
import re
from pathlib import Path

import fiftyone as fo
import pytest
from chat_server import ChatServer, completion
from fakes import ColorCaptioner, ColorEncoder
from PIL import Image

import visdiff_plugin as visdiff
from visdiff_plugin.config import Config
from visdiff_plugin.estimating.estimate import estimate
from visdiff_plugin.estimating.text import rows
from visdiff_plugin.sets.choosing import make_base


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def estimated(dataset, config, a="red", b="blue", **options):
    return estimate(make_base(dataset), a, b, config, **options)


def values(found):
    return {value.noun: (value.stored, value.todo) for value in found.values}


def reused(run):
    return {noun: (n["reused"], n["computed"]) for noun, n in run.reused.items()}


def offline(**changes):
    return Config.preset("offline", **changes)


def test_stored_and_missing_values_are_those_of_the_run(dataset):
    config = offline(captioner=ColorCaptioner(), encoder=ColorEncoder(), ranker="embedding")
    before = estimated(dataset, config)
    assert (before.n_a, before.n_b, before.exact, before.problems) == (60, 60, True, ())
    assert before.seconds is None and before.calls == ()
    assert set(dataset.get_field_schema()) == set(fo.Dataset().get_field_schema())  # not one field
    run = visdiff.compare(dataset, "red", "blue", "run", config=config)
    assert (
        values(before)
        == reused(run)
        == dict.fromkeys(("properties", "embeddings", "captions"), (0, 120))
    )
    after = estimated(dataset, config)
    assert values(after) == dict.fromkeys(("properties", "embeddings", "captions"), (120, 0))
    assert after.seconds == 0

    dataset.match_tags("red").limit(7).set_field("tags", ["red"]).save()
    for path in dataset.match_tags("red").limit(3).values("filepath"):
        with open(path, "ab") as file:  # another content, so another stamp
            file.write(b"x")
    dataset.set_values(
        "visdiff_caption_color_captions_1", {dataset.last().id: None}, key_field="id"
    )
    found = estimated(dataset, config)
    assert values(found) == {
        "properties": (117, 3), "embeddings": (117, 3), "captions": (116, 4)
    }  # fmt: skip
    assert all(value.seconds is not None for value in found.values)  # measured by the first run
    again = visdiff.compare(dataset, "red", "blue", "again", config=config)
    assert reused(again) == values(found)


def test_what_changes_a_value_is_seen(dataset):
    visdiff.caption(dataset, ColorCaptioner())
    other = offline(captioner=ColorCaptioner(prompt="another"))
    assert values(estimated(dataset, other))["captions"] == (0, 120)
    assert values(estimated(dataset, offline(captioner=ColorCaptioner())))["captions"] == (120, 0)


def test_overlaps_and_the_rest_are_counted_as_a_run_counts_them(dataset):
    ids = dataset.values("id")
    for a, b in ((ids[:70], ids[50:]), ("red", "rest"), (ids[:10], "rest"), ("red", ids[30:90])):
        found = estimated(dataset, offline(), a, b)
        run = visdiff.compare(dataset, a, b, "run", preset="offline", overwrite=True)
        assert (found.n_a, found.n_b) == (run.n_a, run.n_b)


def test_fields_that_others_made_count_as_stored(dataset):
    words = [f"{tags[0]} thing" if row % 4 else None for row, tags in
             enumerate(dataset.values("tags"))]  # fmt: skip
    dataset.set_values("words", words)
    found = estimated(dataset, offline(captioner="field:words"))
    assert values(found)["captions"] == (90, 0) and found.values[-1].foreign
    vectors = ColorEncoder().encode_images(dataset.values("filepath"))
    dataset.set_values("vectors", list(vectors))
    config = offline(encoder=ColorEncoder(), embedding_field="vectors", ranker="embedding",
                     captioner="field:words")  # fmt: skip
    assert values(estimated(dataset, config))["embeddings"] == (120, 0)
    run = visdiff.compare(dataset, "red", "blue", "run", config=config)
    assert reused(run)["captions"] == (90, 0) and reused(run)["embeddings"] == (120, 0)


def tokens_of(request):
    """Counts four characters as a token, and of a picture 28 x 28 pixels, as open models do."""
    pictures = [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
                for url in request.images]  # fmt: skip
    patches = sum(-(-picture.width // 28) * -(-picture.height // 28) for picture in pictures)
    return len(request.text) // 4 + patches


CAPTION = (
    "A red or blue picture of something that lies on a wooden table in a bright room with white "
    "walls; a plain photograph, taken from above, in soft light."
)


def answers(request):
    """Answers as a model would, and counts what it was sent."""
    text = "yes" if "one word" in request.text else CAPTION
    if '{"differences"' in request.text:
        text = json.dumps({"differences": [f"{word} picture number {n}" for n in range(5)
                                           for word in ("red", "blue")]})  # fmt: skip
    sent, written = tokens_of(request), max(1, len(text) // 4)
    usage = {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
    return completion(text, usage=usage)


def test_calls_and_tokens_are_about_those_of_the_run(make_dataset):
    dataset = make_dataset(n=12)
    with ChatServer(answers) as server:
        config = Config.preset(
            "default", encoder=None, rounds=2,
            captioner={"name": "openai:m", "base_url": server.base_url},
            proposer={"name": "openai:m", "base_url": server.base_url},
            ranker={"name": "image_question:m", "base_url": server.base_url},
        )  # fmt: skip
        before = estimated(dataset, config)
        assert server.requests == []  # nothing was asked for an estimate
        run = visdiff.compare(dataset, "red", "blue", "run", config=config)
        captioning, proposing, ranking = before.calls
        sent = [request for request in server.requests if "Describe this image" in request.text]
        assert captioning.calls == len(sent) == 24
        assert proposing.calls == run.record["usage"]["requests"] == 4 and not proposing.most
        assert ranking.calls == 24 * 4 * 10 and ranking.most
        asked = run.record["usage_ranker"]["requests"]
        assert asked == 24 * len(run.proposals) <= ranking.calls
        for one, usage, calls in (
            (proposing, run.record["usage"], 4), (ranking, run.record["usage_ranker"], asked),
        ):  # fmt: skip
            each = one.input_tokens / one.calls
            assert usage["input_tokens"] / calls == pytest.approx(each, rel=0.3), one
        assert captioning.input_tokens == pytest.approx(sum(map(tokens_of, sent)), rel=0.3)
        assert before.dollars is None and all(call.own_server for call in before.calls)
        after = estimated(dataset, config)
        assert [call.stage for call in after.calls] == ["proposer", "ranker"]
        before_requests = len(server.requests)
        again = visdiff.compare(dataset, "red", "blue", "again", config=config)
        bound = sum(call.calls for call in after.calls)
        assert before_requests < len(server.requests) <= before_requests + bound
        usage = again.record["usage"]
        assert after.calls[0].input_tokens == pytest.approx(usage["input_tokens"], rel=0.15)
        assert 0.5 <= after.calls[0].output_tokens / usage["output_tokens"] <= 2


@pytest.mark.parametrize("ranker", ["caption_question:m", "cascade:caption_question:m",
                                    "cascade:image_question:m"])  # fmt: skip
@pytest.mark.parametrize("budget", [None, 60])
def test_a_ranker_never_asks_more_than_was_said(make_dataset, ranker, budget):
    dataset = make_dataset(n=9)
    with ChatServer(answers) as server:
        spec = {"name": ranker, "base_url": server.base_url}
        if budget and ranker.startswith("cascade"):
            spec |= {"budget": budget, "top": 4}
        elif budget:
            spec["budget"] = budget
        config = offline(
            captioner=ColorCaptioner(), encoder=ColorEncoder(), proposer="keyword", ranker=spec
        )
        [ranking] = estimated(dataset, config).calls
        visdiff.compare(dataset, "red", "blue", "run", config=config)
        assert 0 < len(server.requests) <= ranking.calls
        again = estimated(dataset, config).calls
        visdiff.compare(dataset, "red", "blue", "again", config=config)
        assert len(server.requests) <= ranking.calls + again[0].calls


def test_hypotheses_are_asked_about_alone(make_dataset):
    dataset = make_dataset(n=4)
    with ChatServer(answers) as server:
        spec = {"name": "image_question:m", "base_url": server.base_url}
        config = offline(properties=False, ranker=spec)
        found = estimated(dataset, config, hypotheses=["red", "blue", "green"])
        [ranking] = found.calls
        visdiff.rank(dataset, "red", "blue", ["red", "blue", "green"], "run", config=config)
        assert len(server.requests) == ranking.calls == 24 and found.descriptions == 3


def test_hosted_models_have_a_price_and_others_none(dataset, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    dataset.set_values("words", ["a red or blue picture"] * 120)
    config = offline(captioner="field:words", proposer="openai:gpt-4o-mini", ranker="tfidf")
    found = estimated(dataset, config)
    [proposing] = found.calls
    assert found.dollars == pytest.approx(
        (0.15 * proposing.input_tokens + 0.60 * proposing.output_tokens) / 1e6
    )
    said = dict(rows(found))
    assert "$" in said["Cost"] and "list prices as of 20" in said["Cost"]
    other = offline(captioner="field:words", proposer="openai:my-model", ranker="tfidf")
    assert "unknown for my-model" in dict(rows(estimated(dataset, other)))["Cost"]


def problems(dataset, config, **options):
    return {
        (problem.about, problem.text) for problem in estimated(dataset, config, **options).problems
    }


WRONG = [
    (offline(), "captioner", "only measured properties and labels are compared"),
    (offline(captioner="field:nothing"), "captioner", "Expected a field"),
    (offline(captioner="field:"), "captioner", "got no field name"),
    (offline(captioner="field:metadata"), "captioner", "metadata"),
    (offline(captioner="field:tags", proposer="openai:m"), "proposer", "OPENAI_API_KEY"),
    (offline(captioner="openai:m"), "captioner", "OPENAI_API_KEY"),
    (offline(captioner="field:tags", ranker="image_question:m"), "ranker", "OPENAI_API_KEY"),
    (offline(captioner="field:tags", ranker="cascade:image_question:m", encoder=ColorEncoder()),
     "ranker", "OPENAI_API_KEY"),
    (offline(captioner="field:tags", proposer="union:keyword+images:m"), "proposer",
     "OPENAI_API_KEY"),
    (offline(captioner="nobody"), "captioner", "Expected a captioner out of"),
    (offline(captioner="field:tags", proposer="nobody"), "proposer", "Expected a proposer out of"),
    (offline(captioner="field:tags", ranker="embedding"), "encoder", "Expected an encoder"),
    (offline(captioner="field:tags", proposer="bank"), "encoder", "Expected an encoder"),
    (offline(captioner="field:tags", encoder="brain:none"), "encoder", "Expected a brain run"),
    (offline(captioner="field:tags", engine="nowhere"), "engine", "Expected an engine out of"),
    (offline(captioner="field:tags", label_fields=["no"]), "label_fields", "'no'"),
    (offline(captioner="field:tags", pair_by="no"), "pair_by", "'no'"),
    (offline(captioner="field:tags", control_for=["no"]), "control_for", "'no'"),
    (offline(captioner="field:tags", cluster_by="near_duplicates"), "cluster_by", "embeddings"),
    (offline(captioner="field:tags", draw="sure"), "draw", "Expected an encoder for draw='sure'"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "about", "text"), WRONG, ids=lambda name: str(name)[:20])
def test_what_would_stop_a_run_is_said_in_words(dataset, config, about, text):
    found = problems(dataset, config)
    assert any(one == about and text in said for one, said in found), found


def test_a_field_that_is_not_ours_is_said_before_it_is_run_into(dataset):
    dataset.set_values("mine", ["x"] * 120)
    config = offline(captioner=ColorCaptioner(), caption_field="mine")
    assert any("was not created by VisDiff" in text for _, text in problems(dataset, config))
    with pytest.raises(visdiff.VisDiffError, match="was not created by VisDiff"):
        visdiff.compare(dataset, "red", "blue", "run", config=config)


class AsksToo:
    """A stage of the user's that asks a server, and says no more than that."""

    parameters = {"base_url": "http://127.0.0.1:9/v1", "model": "theirs"}

    def __init__(self, needs="paths"):
        self.name, self.needs = "mine", needs

    def caption(self, paths):
        raise AssertionError("an estimate asks nothing")

    propose = score = caption


@pytest.mark.parametrize(("needs", "known"), [("paths", False), ("captions", True)])
def test_a_stage_of_the_users_that_asks_is_counted(make_dataset, needs, known):
    dataset = make_dataset(n=8)
    config = offline(captioner=AsksToo(), proposer=AsksToo(needs), ranker=AsksToo("captions"))
    expected = estimated(dataset, config)
    assert expected.problems == ()
    captioning, proposing, ranking = expected.calls
    assert {each.model for each in expected.calls} == {"mine", "theirs"}
    assert all(each.server and each.own_server for each in expected.calls)
    assert (captioning.calls, proposing.calls, ranking.calls) == (16, 6, 16 * 60)
    assert captioning.input_tokens is None  # how large its images are is not known
    assert (proposing.input_tokens is not None) == known and ranking.input_tokens
    assert "the models run on your own server" in dict(rows(expected))["Cost"]
    [looking] = estimated(dataset, offline(ranker=AsksToo("paths")), hypotheses=["red"]).calls
    assert looking.calls == 16 and looking.input_tokens is None


def test_large_sets_are_estimated_from_a_random_sample(make_dataset, monkeypatch):
    dataset = make_dataset(n=150)
    visdiff.caption(dataset.match_tags("red").limit(100), ColorCaptioner())
    config = offline(captioner=ColorCaptioner())
    read = []
    from visdiff_plugin.estimating import standing

    def counting(dataset, ids, real=standing.read_media):
        read.append(len(ids))
        return real(dataset, ids)

    monkeypatch.setattr(standing, "read_media", counting)
    monkeypatch.setattr("visdiff_plugin.sets.preview._MOST", 20)  # no ids are read
    found = estimated(dataset, config, most=60)
    assert read == [120] and not found.exact
    stored, todo = values(found)["captions"]
    assert stored + todo == 300 and 60 < stored < 140  # 100 are
    assert "about" in dict(rows(found))["Captions"]
    rest = estimated(dataset, config, a="tag:red", b="rest", most=60)
    assert (rest.n_a, rest.n_b) == (150, 150)
    assert not estimated(dataset, config, "red", "blue", most=150).problems
    assert estimated(dataset, config, "red", "blue", most=150).exact


def test_a_set_of_another_dataset_is_looked_up_there(make_dataset):
    home, other = make_dataset(n=10), make_dataset(n=14, colors=("green",))
    visdiff.caption(other.limit(6), ColorCaptioner())
    config = offline(captioner=ColorCaptioner())
    found = estimated(home, config, "red", f"dataset:{other.name}")
    assert (found.n_a, found.n_b, found.exact) == (10, 14, True)
    assert values(found) == {"properties": (0, 24), "captions": (6, 18)}
    run = visdiff.compare(home, "red", f"dataset:{other.name}", "run", config=config)
    assert reused(run) == values(found)
    visdiff.delete(home, "run")


def test_the_page_on_choosing_says_it_with_code_that_runs(dataset, monkeypatch):
    page = (Path(__file__).resolve().parents[2] / "docs" / "choosing.md").read_text()
    [code] = re.findall("```python\n(.*?)```", page, re.DOTALL)
    dataset.tag_samples("a")
    dataset.match_tags("blue").untag_samples("a")
    names = {"dataset": dataset, "visdiff": visdiff}
    exec(code, names)
    assert names["found"].n_a == 60 and any(
        "OPENAI" in problem.text for problem in names["found"].problems
    )
