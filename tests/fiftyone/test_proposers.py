"""Whole comparisons with proposers that read embeddings or images, alone and together."""

import json

import pytest
from chat_server import UNAUTHORIZED, ChatServer
from fakes import ColorCaptioner, ColorEncoder

import visdiff_plugin as visdiff
from visdiff_plugin.errors import CredentialsError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def compare(dataset, key, proposer, **options):
    options = {"preset": "offline", "encoder": ColorEncoder(), "properties": False, **options}
    return visdiff.compare(dataset, "red", "blue", key, proposer=proposer, **options)


def test_the_bank_needs_neither_captions_nor_a_language_model(dataset):
    run = compare(dataset, "bank", "bank")
    assert run.held_out and "red" in run.significant[0].description + run.significant[1].description
    favors = {difference.favors: difference.description for difference in run.significant}
    assert "red" in favors["a"] and "blue" in favors["b"]
    assert {difference.source for difference in run.differences} == {"bank"}
    assert [len(one["sampled_a"]) for one in run.record["rounds"]] == [20] * 6
    assert all(difference.n_a == 40 for difference in run.differences)
    assert run.record["stages"]["proposer"]["parameters"]["encoder"] == "color-1"
    assert run.record["usage"]["requests"] == 0 and dataset.get_field("captions") is None


def test_a_bank_of_ones_own(dataset, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("ruby red\nsky blue\nleaf green\n")
    run = compare(dataset, "own", f"bank:{path}")
    assert {difference.description: difference.favors for difference in run.significant} == {
        "ruby red": "a", "sky blue": "b"}  # fmt: skip
    assert str(tmp_path) not in json.dumps(run.record["stages"])


def test_a_union_remembers_who_proposed_what(dataset):
    answer = json.dumps({"differences": ["rose garden in red", "blue sea"]})
    with ChatServer(answer) as server:
        spec = {"name": "union:keyword+images:m+bank", "base_url": server.base_url}
        run = compare(dataset, "all", spec, captioner=ColorCaptioner(), merge=False)
        assert len(server.requests) == 6
        assert all(len(request.images) == 40 for request in server.requests)
    by_source = {}
    for difference in run.differences:
        by_source.setdefault(difference.source, []).append(difference)
    assert set(by_source) == {"keyword", "images", "bank"}
    assert "blue sea" in {one.description for one in by_source["images"]}
    # each is tested on what its own rounds did not show
    assert {one.n_a for one in by_source["images"]} == {40}
    assert all(difference.held_out for difference in run.differences) and run.held_out
    assert [one["name"] for one in run.record["stages"]["proposer"]["parameters"]["of"]] == [
        "keyword", "images", "bank"]  # fmt: skip
    assert visdiff.load(dataset, "all").differences == run.differences


def test_a_member_without_captions_or_with_a_refused_key_costs_only_itself(dataset):
    with ChatServer(UNAUTHORIZED) as server:
        vision = {"name": "images:m", "base_url": server.base_url, "max_retries": 0}
        run = compare(dataset, "some", ["keyword", vision, "bank"])
        with pytest.raises(CredentialsError):
            compare(dataset, "alone", vision)
    assert {difference.source for difference in run.differences} == {"bank"} and run.significant
    assert any("these proposed nothing: keyword" in note for note in run.notes)
    (failed,) = [skipped_item for skipped_item in run.skipped if skipped_item.what == "round"]
    assert failed.count == 6 and failed.reason.startswith("images: ")
    assert "alone" not in dataset.list_runs()


def test_what_can_not_work_is_said_before_anything_is_read(dataset):
    with pytest.raises(ValueError, match="Expected an encoder for the proposer 'bank'"):
        compare(dataset, "run", "bank", encoder=None)
    with pytest.raises(ValueError, match="captioner for the proposer or ranker"):
        compare(dataset, "run", "bank", ranker="tfidf", properties=True)
    with pytest.raises(ValueError, match="captioner for the proposer or ranker"):
        compare(dataset, "run", ["keyword"])
    assert dataset.list_runs() == []


def test_dogs_in_snow_and_on_grass_without_captions_or_a_language_model(load_shared, minidual):
    def where(row):
        said = " ".join(row[f"caption_{number}"] for number in range(1, 6)).lower()
        places = [place for place in ("snow", "grass") if place in said]
        return places if "dog" in said and len(places) == 1 else []

    dataset = load_shared("flickr8k", keep=where, tags=where)
    run = visdiff.compare(
        dataset, "tag:snow", "tag:grass", "bank",
        preset="offline", encoder=minidual, proposer="bank", properties=False,
    )  # fmt: skip
    for one in run.record["rounds"]:
        best = one["proposals"][:3]
        wanted = "snow" if one["side"] == "a" else "grass"
        assert any(wanted in phrase for phrase in best), (one["side"], best)
    rows = {difference.description: difference for difference in run.differences}
    assert rows["snow"].auroc > 0.9 and rows["snow"].significant and rows["snow"].held_out
