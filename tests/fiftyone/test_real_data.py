"""Real photographs with known differences, real captions, real GPT-4 replies."""

import json

import fiftyone as fo
import numpy as np
import pytest

import visdiff_plugin as visdiff

LEADER = "Handstands or advanced yoga poses"


@pytest.fixture
def yoga(load_shared):
    return load_shared(
        "yoga",
        tags=lambda row: [row["set"]],
        blip2_caption=lambda row: row["blip2_caption"] or None,
    )


@pytest.fixture(scope="module")
def replies(shared):
    data = json.loads((shared / "data" / "yoga" / "gpt4_replies.json").read_text())
    return [entry["reply"] for entry in data["rounds"]]


def compare_yoga(dataset, minidual, server, key, **changes):
    return visdiff.compare(
        dataset,
        "tag:a",
        "tag:b",
        key,
        captioner="field:blip2_caption",
        encoder=minidual,
        proposer={"name": "openai:gpt-4", "base_url": server.base_url},
        **changes,
    )


def test_yoga_as_in_the_paper(yoga, minidual, replies):
    from chat_server import ChatServer

    with ChatServer(replies=replies) as server:
        run = compare_yoga(yoga, minidual, server, "paper", preset="paper")
        assert len(server.requests) == 3
    assert len(run.proposals) == len(run.differences) == 30
    for text in run.proposals:
        assert not set(text) & set('"*') and text == text.strip()
    assert run.differences[0].description == LEADER
    assert run.differences[0].auroc == pytest.approx(0.743, abs=0.01)
    assert [round(difference.auroc, 3) for difference in run.differences[1:3]] == [0.713, 0.706]
    assert (run.differences[0].n_a, run.differences[0].n_b) == (100, 100)
    aurocs = [difference.auroc for difference in run.differences]
    assert aurocs == sorted(aurocs, reverse=True)
    assert len(run.fields) == 30 and yoga.count(run.fields[0]) == 200
    assert run.record["usage"]["requests"] == 3
    # the paper's own test, computed straightforwardly from what was stored
    from scipy import stats

    for difference in run.differences[:5]:
        a, b = (yoga.match_tags(tag).values(difference.field) for tag in "ab")
        assert difference.p_value == pytest.approx(
            stats.ttest_ind(a, b, equal_var=False).pvalue, rel=1e-6
        )


def test_yoga_with_evidence_that_is_held_out(yoga, minidual, replies):
    from chat_server import ChatServer

    with ChatServer(replies=replies) as server:
        run = compare_yoga(yoga, minidual, server, "held_out")
    words = [difference for difference in run.differences if difference.source != "property"]
    # merged paraphrases are still there, under the row that stands for them
    assert len(run.proposals) == 30 == len(words) + sum(len(word.merged) for word in words)
    [strongest] = [word for word in words if word.description == LEADER]
    [lead] = [word for word in words if word.description == strongest.theme]
    assert strongest.significant and lead.leads  # a plainer row leads it
    assert len(lead.description.split()) <= len(LEADER.split())
    assert all(difference.held_out for difference in run.differences)
    assert yoga.count(words[0].field) == 198  # one photograph is in both sets
    sampled = {one for r in run.record["rounds"] for one in (*r["sampled_a"], *r["sampled_b"])}
    captioned = set(yoga.exists("blip2_caption").values("id"))
    assert sampled <= captioned
    assert any(
        skipped_item.what == "caption" and skipped_item.count == 102 for skipped_item in run.skipped
    )


def test_waterbirds_fail_where_the_background_is_the_other_one(load_shared, minidual):
    dataset = load_shared(
        "waterbirds",
        keep=lambda row: row["label"] == "waterbird",
        tags=lambda row: ["correct" if row["label"] == row["prediction"] else "misclassified"],
        background=lambda row: row["background"],
    )
    run = visdiff.rank(
        dataset,
        "tag:misclassified",
        "tag:correct",
        [
            "a bird in a forest",
            "trees and leaves",
            "water and beach",
            "a bird on the ocean",
            "a bicycle",
        ],
        "places",
        encoder=minidual,
    )
    favors = {difference.description: difference.favors for difference in run.significant}
    assert favors.pop("a bird in a forest") == "a"
    assert favors.pop("water and beach") == "b"
    assert (
        favors.pop("trees and leaves", "a") == "a" and favors.pop("a bird on the ocean", "b") == "b"
    )
    # the score tells the known backgrounds apart, whatever the classifier said
    field = next(
        difference.field
        for difference in run.differences
        if difference.description == "a bird in a forest"
    )
    land, water = (
        np.array(dataset.match(fo.ViewField("background") == place).values(field))
        for place in ("land", "water")
    )
    assert (land[:, None] > water).mean() > 0.7


def test_objects_with_labels_properties_and_captions(load_shared, minidual):
    dataset = load_shared(
        "objects",
        tags=lambda row: ["correct" if row["label"] == row["prediction"] else "misclassified"],
        ground_truth=lambda row: fo.Classification(label=row["label"]),
        prediction=lambda row: fo.Classification(
            label=row["prediction"], confidence=float(row["confidence"])
        ),
    )
    run = visdiff.compare(
        dataset,
        "tag:misclassified",
        "tag:correct",
        "errors",
        preset="offline",
        captioner=minidual,
        label_fields=["ground_truth", "prediction"],
    )
    assert (run.n_a, run.n_b) == (248, 248)
    assert {difference.source for difference in run.differences} >= {"keyword", "property"}
    assert run.reused["captions"] == {"reused": 0, "computed": 496}
    again = visdiff.compare(
        dataset,
        "tag:correct",
        "tag:misclassified",
        "swapped",
        preset="offline",
        captioner=minidual,
        label_fields=["ground_truth", "prediction"],
    )
    assert again.reused["captions"] == {"reused": 496, "computed": 0}
    forward = {difference.description: difference for difference in run.differences}
    assert [difference.description for difference in again.differences] == list(forward)
    for difference in again.differences:
        assert difference.auroc == pytest.approx(
            1 - forward[difference.description].auroc, abs=1e-12
        )


def test_the_stored_captioner_and_encoder_plug_in_without_an_adapter(load_shared, minidual):
    dataset = load_shared("yoga").limit(6)
    assert visdiff.caption(dataset, minidual).computed == 6
    assert visdiff.embed(dataset, minidual).computed == 6
    vectors = dataset.values("visdiff_embedding_minidual_1")
    expected = minidual.encode_images(dataset.values("filepath"))
    assert np.allclose(vectors, expected, atol=1e-6)
    assert dataset.values("visdiff_caption_minidual_1") == minidual.caption(
        dataset.values("filepath")
    )
