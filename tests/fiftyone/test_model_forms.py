"""Every captioner, encoder, proposer and ranker is reachable from the App's forms."""

import json

import fiftyone as fo
import fiftyone.operators as foo
import pytest
from chat_server import ChatServer
from fiftyone.operators.executor import ExecutionError
from forms import URI, Form, context

import visdiff_plugin as visdiff
from operators import _models
from visdiff_plugin.catalog.table import MODELS, STAGES
from visdiff_plugin.errors import SettingError


@pytest.fixture
def captioned(dataset):
    labels = [fo.Classification(label=f"{tags[0]} thing") for tags in dataset.values("tags")]
    dataset.set_values("truth", labels)
    return dataset


def form(dataset, name="compare_views", **params):
    return Form(dataset, name, **{"advanced": True, **params}).inputs


def test_each_stage_offers_its_members_with_needs_and_costs(plugins, captioned):
    shown = form(captioned)
    for stage in MODELS:
        some = STAGES[stage]
        first, *choices = shown[stage].view.choices
        assert first.value == _models.PRESET
        choices = [choice for choice in choices if choice.value != _models.NONE]
        assert [choice.value for choice in choices] == [one.name for one in some]
        for one, choice in zip(choices, some, strict=True):
            assert choice.needs in one.description and choice.cost in one.description
    for name, stage in (("caption_samples", "captioner"), ("embed_samples", "encoder")):
        offered = {choice.value for choice in form(captioned, name)[stage].view.choices}
        assert offered - {_models.PRESET, _models.NONE} == {one.name for one in STAGES[stage]} - {
            "field:NAME",
            "brain:KEY",
        }
    assert {"encoder", "captioner", "ranker"} <= set(form(captioned, "rank_hypotheses"))


def test_a_name_that_wants_another_gets_a_field_of_its_own(plugins, captioned):
    shown = form(captioned, captioner="field:NAME")
    assert shown["captioner_field"].invalid
    assert "truth" in {choice.value for choice in shown["captioner_field"].view.choices}
    assert not form(captioned, captioner="field:NAME", captioner_field="truth")[
        "captioner_field"
    ].invalid
    shown = form(captioned, captioner="openai:MODEL", captioner_field="truth")
    assert "captioner_field" not in shown and not shown["captioner_openai"].invalid
    assert "such as gpt-4o-mini" in json.dumps(shown["captioner_openai"].to_json())
    assert "captioner_blip" not in form(captioned, captioner="blip")
    given = form(captioned, ranker="image_question:transformers:my/model")["ranker"]
    assert given.view.choices[-1].value == "image_question:transformers:my/model"


def test_what_is_missing_here_is_said_before_anything_runs(plugins, captioned):
    def warned(**params):
        shown = form(captioned, a="red", b="blue", **params)
        return " ".join(one.view.label for name, one in shown.items() if name[:8] == "problem_")

    assert "only measured properties and labels are compared" in warned(words="nothing")
    assert "see above: Words from" in warned(words="nothing")
    assert warned() == warned(captioner="field:NAME", captioner_field="truth") == ""
    assert "Expected an encoder for the proposer 'bank'" in warned(proposer="bank")
    assert "(see below: Encoder)" in warned(proposer="bank")
    asked = {"proposer": "images:MODEL", "preset": "default"}
    assert "vision model sees images (images:gpt-4o-mini) needs OPENAI" in warned(**asked) or (
        "vision model sees images (images) needs OPENAI_API_KEY" in warned(**asked)
    )
    assert "images) needs" not in warned(**asked, base_url="http://127.0.0.1:9/v1")
    said = warned(preset="paper", advanced=False)
    assert "needs OPENAI_API_KEY" in said and "(see Advanced settings: Proposer)" in said
    assert "Expected MODEL for 'transformers:MODEL'" in warned(captioner="transformers:MODEL")


def test_a_form_becomes_stages_of_the_library():
    params = {
        "captioner": "field:NAME", "captioner_field": "truth", "proposer": "union:A+B",
        "proposer_union": "keyword+openai:m", "ranker": "cascade:RANKER", "encoder": "",
        "ranker_cascade": "image_question:m", "base_url": "http://127.0.0.1:9/v1",
        "proposer_openai": "of another choice",
    }  # fmt: skip
    url = params["base_url"]
    assert _models.specs(params, "captioner", "encoder", "proposer", "ranker") == {
        "captioner": "field:truth",
        "proposer": {"name": "union:keyword+openai:m", "base_url": url},
        "ranker": {"name": "cascade:image_question:m", "base_url": url},
    }
    assert _models.specs({"captioner": "openai:MODEL"}, "captioner") == {"captioner": "openai"}
    assert _models.specs({"captioner": _models.PRESET}, "captioner") == {}
    with pytest.raises(ValueError, match="Expected MODEL for 'transformers:MODEL'"):
        _models.specs({"captioner": "transformers:MODEL"}, "captioner")
    with pytest.raises(ValueError, match="takes only the built-in 'bank'"):
        _models.specs({"proposer": "union:A+B", "proposer_union": "bank:/etc/hosts"}, "proposer")


def run(dataset, **params):
    ctx = context(dataset, a="tag:red", b="tag:blue", **params)
    list(foo.get_operator(f"{URI}/compare_views").execute(ctx))  # messages, then the answer


def test_choices_of_the_form_run(plugins, captioned):
    run(captioned, run_key="words", captioner="field:NAME", captioner_field="truth")
    assert visdiff.load(captioned, "words").significant
    answer = json.dumps({"differences": ["red thing", "blue thing"]})
    with ChatServer(answer) as server:
        run(
            captioned, run_key="asked", captioner="field:NAME", captioner_field="truth",
            proposer="openai:MODEL", proposer_openai="my-model", ranker="tfidf",
            base_url=server.base_url,
        )  # fmt: skip
        assert {request.body["model"] for request in server.requests} == {"my-model"}
    found = visdiff.load(captioned, "asked").significant
    assert {item.description for item in found} >= {"red thing", "blue thing"}


def test_a_name_that_is_missing_stops_the_run(plugins, captioned):
    operator = foo.get_operator(f"{URI}/compare_views")
    with pytest.raises(ExecutionError, match="Expected MODEL for 'transformers:MODEL', got none"):
        operator(captioned, "red", "blue", "run", captioner="transformers:MODEL")
    assert visdiff.list_runs(captioned) == []


@pytest.mark.parametrize(
    "stages",
    [
        {"encoder": "zoo:someone/repository"},  # FiftyOne would run its code
        {"encoder": "zoo:https://github.com/someone/repository"},
        {"encoder": "zoo:MODEL", "encoder_zoo": "someone/repository"},
        {"encoder": "open_clip:ViT-B-32//tmp/weights.pt"},
        {"encoder": "open_clip:ViT-B-32/tests/conftest.py"},
        {"encoder": "open_clip:local-dir:/tmp"},
        {"encoder": "open_clip:../x"},
        {"captioner": "transformers:/tmp/model"},
        {"captioner": "transformers:tests"},
        {"captioner": "transformers:./model"},
        {"captioner": "transformers:~/model"},
        {"captioner": "transformers:a\\b"},
        {"captioner": "transformers:MODEL", "captioner_transformers": "/tmp"},
        {"proposer": "feature:/tmp/model"},
        {"proposer": "union:keyword+feature:/tmp/model"},
        {"proposer": "bank:/etc/passwd"},
        {"ranker": "caption_similarity:/tmp/model"},
        {"ranker": "caption_question:transformers:../model"},
        {"ranker": "cascade:image_question:transformers:/tmp"},
        {"engine": "ray:ray://evil.example:10001"},
    ],
)
def test_nothing_is_loaded_from_where_a_form_says(plugins, dataset, stages):
    form = Form(dataset, a="red", b="blue", run_key="run", preset="offline", words="nothing",
                **stages)  # fmt: skip
    with pytest.raises(SettingError, match="public names|built-in|Expected engine"):
        form.execute()


@pytest.mark.parametrize(
    "stages",
    [
        {"encoder": "zoo:clip-vit-base32-torch"},
        {"encoder": "open_clip:ViT-B-32/laion2b_s34b_b79k"},
        {"encoder": "open_clip:hf-hub:timm/ViT-B-16-SigLIP2"},
        {"encoder": "open_clip:paper"},
        {"captioner": "transformers:Qwen/Qwen2.5-VL-3B-Instruct"},
        {"captioner": "openai:/models/qwen-on-the-server"},
        {"ranker": "caption_similarity:minilm"},
        {"ranker": "cascade:image_question:transformers:Qwen/Qwen2.5-VL-3B-Instruct"},
    ],
)
def test_public_names_are_taken(plugins, dataset, stages):
    assert _models.specs(stages, *stages) == stages
