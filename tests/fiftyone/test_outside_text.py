"""Whatever text comes in, a run is stored whole: proposals, captions, labels, notes, names."""

import fiftyone as fo
import pytest
from chat_server import ChatServer, completion
from fakes import ColorCaptioner, ColorEncoder, ListProposer

import visdiff_plugin as visdiff
from visdiff_plugin.errors import ModelError, RunError, SelectionError
from visdiff_plugin.hypotheses import add_hypothesis
from visdiff_plugin.kept import making
from visdiff_plugin.runs import annotate
from visdiff_plugin.stages import ProposerReply
from visdiff_plugin.storing import run_moves

#: half a character, one that turns the text around, one that ends texts in C, one nobody sees
ODD = "\ud83d\u202e\x00\u200b"


def compare(dataset, key="run", **changes):
    options = {
        "captioner": ColorCaptioner(), "encoder": ColorEncoder(), "properties": False,
        "proposer": ListProposer("red pictures", "blue pictures"), **changes,
    }  # fmt: skip
    return visdiff.compare(dataset, "red", "blue", key, **options)


def stored(dataset, run):
    """Asserts that a run is stored as it was returned, without odd characters; returns it."""
    loaded = visdiff.load(dataset, run.run_key)
    assert loaded.to_dict() == run.to_dict()
    text = repr(loaded.to_dict())
    for character in (r"\ud83d", r"\u202e", r"\x00", r"\u200b"):
        assert character not in text
    assert visdiff.list_runs(dataset) == [run.run_key]
    return loaded


def left(run, what):
    return {item.reason: item.count for item in run.skipped if item.what == what}


def test_proposals(dataset):
    texts = [f"red {ODD}pictures", ODD, "a" * 1_001, "?!", None, "\ud83d\ude00 blue"]

    class Proposer(ListProposer):
        def propose(self, a, b):
            return ProposerReply(texts, f"They differ {ODD}")

    run = stored(dataset, compare(dataset, proposer=Proposer()))
    assert run.proposals == ("red  pictures", "😀 blue") or run.proposals == (
        "red pictures", "😀 blue",
    )  # fmt: skip
    rounds = len(run.record["rounds"])
    assert left(run, "proposal") == {
        "it holds no word that can be stored": 2 * rounds,
        "it is longer than 1,000 characters": rounds,
        "it is NoneType instead of text": rounds,
    }
    assert "Left out: " in run.summary()


def test_replies_of_a_server(dataset):
    reply = f"- red {ODD}pictures\n- blue pictures"
    with ChatServer(completion(reply)) as server:
        proposer = {"name": "openai:m", "base_url": server.base_url}
        run = stored(dataset, compare(dataset, proposer=proposer, context=f"two {ODD}sets"))
        assert "About these images: two sets" in server.requests[0].text
        visdiff.delete(dataset, "run")
        # options of a stage are kept as they are given, but for what no file can hold
        compare(dataset, proposer=proposer | {"context": f"two {ODD}sets"})
        assert "About these images: two sets" in server.requests[-1].text
    assert {text.replace("  ", " ") for text in run.proposals} == {"red pictures", "blue pictures"}


def test_new_and_stored_captions(dataset):
    class Captioner(ColorCaptioner):
        def caption(self, paths):
            return [f"{caption} {ODD}here" for caption in super().caption(paths)]

    stored(dataset, compare(dataset, captioner=Captioner(), proposer="keyword", ranker="words"))
    assert set(dataset.values("visdiff_caption_color_captions_1")) == {
        "a red picture of something here", "a blue picture of something here",
    }  # fmt: skip


def test_labels_and_captions_in_fields(dataset):
    names = [f"{tags[0]} \u202e\x00\u200bthing" for tags in dataset.values("tags")]
    dataset.set_values("truth", [fo.Classification(label=name) for name in names])
    dataset.set_values("said", [f"<think>hm</think>{name}" for name in names])
    run = visdiff.compare(
        dataset, "red", "blue", "run", preset="offline", captioner="field:said",
        label_fields=["truth"], control_for=["truth"],
    )  # fmt: skip
    stored(dataset, run)
    assert not any("think" in text or "hm" in text for text in run.proposals)
    assert {row.description for row in run.differences if row.kind == "label"} & {
        "red  thing (truth)", "blue  thing (truth)", "red thing (truth)", "blue thing (truth)",
    }  # fmt: skip


def test_labels_without_end(dataset):
    names = ["a" * 1_500 if tags[0] == "red" else "b" for tags in dataset.values("tags")]
    dataset.set_values("truth", [fo.Classification(label=name) for name in names])
    run = compare(dataset, label_fields=["truth"])
    stored(dataset, run)
    assert left(run, "label") == {"its name is longer than 1,000 characters": 1}
    assert max(len(row.description) for row in run.differences) < 100


def test_hypotheses_and_thresholds(dataset):
    asked = [f"red {ODD}pictures", ODD, "a " * 600, " "]
    run = visdiff.rank(
        dataset, "red", "blue", asked, "run", encoder=ColorEncoder(), captioner=None,
        threshold={asked[0]: 0.5, ODD: 0.5},
    )  # fmt: skip
    stored(dataset, run)
    assert [row.description.split() for row in run.differences] == [["red", "pictures"]]
    assert left(run, "hypothesis") == {
        "it holds no word that can be stored": 1, "it is longer than 1,000 characters": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match="none that can be tested: it holds no word"):
        visdiff.rank(dataset, "red", "blue", [ODD], "other", encoder=ColorEncoder())
    assert visdiff.list_runs(dataset) == ["run"]


def test_a_hypothesis_more_and_a_note(dataset):
    encoder = ColorEncoder()
    visdiff.rank(dataset, "red", "blue", ["red pictures"], "run", encoder=encoder)
    run = add_hypothesis(dataset, "run", f"gr{ODD}een {ODD}things", encoder=encoder)
    assert "gr een things" in [" ".join(row.description.split()) for row in run.differences]
    with pytest.raises(RunError, match="got none"):
        add_hypothesis(dataset, "run", ODD, encoder=encoder)
    description = run.differences[0].description
    stored(dataset, annotate(dataset, "run", description, note=f"seen {ODD}twice"))
    with pytest.raises(RunError, match="at most 10,000 characters"):
        annotate(dataset, "run", description, note="a" * 10_001)


def test_names_of_sets_and_runs(dataset):
    dataset.match_tags("red").tag_samples("odd\u202e\x00tag")
    run = visdiff.compare(
        dataset, "tag:odd\u202e\x00tag", "blue", "run", captioner=ColorCaptioner(),
        encoder=ColorEncoder(), proposer=ListProposer("red pictures"), properties=False,
    )  # fmt: skip
    assert run.label_a == "tag:odd tag" and run.n_a == 60
    assert visdiff.load(dataset, "run").label_a == "tag:odd tag"
    visdiff.delete(dataset, "run")
    for a in ("tag:\ud83d", "\ud83d", "label:tags=\ud83d", "dataset:\ud83d"):
        with pytest.raises(SelectionError, match="half of a character"):
            visdiff.compare(dataset, a, "blue", "run")
    for key in ("\ud83d", "a\x00", "a\u202e", "a" * 101, "é"):
        with pytest.raises(RunError, match="run_key"):
            compare(dataset, key)
    assert visdiff.list_runs(dataset) == [] and dataset.get_field("run") is None


def test_context_and_options_as_they_are_typed(dataset):
    run = compare(dataset, config=visdiff.Config(context=f"two {ODD}sets", seed=1))
    assert stored(dataset, run).config["context"] == "two  sets"


def test_a_run_that_cannot_be_written_leaves_nothing(dataset, monkeypatch):
    compare(dataset)
    for owner, name in (
        (fo.Dataset, "register_run"), (run_moves, "save_record"),
        (fo.Dataset, "update_run_config"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, refuse)
            with pytest.raises(OSError, match="no space left"):
                compare(dataset, "other")
        assert visdiff.list_runs(dataset) == ["run"] and dataset.get_field("other") is None
        assert not dataset.has_run("other")


def refuse(*args, **kwargs):
    raise OSError("no space left")


DEEP = "[" * 450


BAD = [
    DEEP, '{"a":' * 5_000, '{"differences": []}', "<think>hm", ODD, "Internal Server Error",
    "a" * 200_000, '\\"' * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_round_with_bad_content_costs_that_round_alone(dataset, bad):
    with ChatServer("- red pictures\n- blue pictures", first=[completion(bad)]) as server:
        proposer = {"name": "openai:m", "base_url": server.base_url, "max_retries": 0}
        run = stored(dataset, compare(dataset, proposer=proposer))
    assert set(run.proposals) == {"red pictures", "blue pictures"}
    assert sum(left(run, "round").values()) == 1


def test_a_reply_without_end_is_cut_and_counted(dataset):
    run = stored(
        dataset, compare(dataset, proposer=ListProposer(*(f"red {n}" for n in range(1200))))
    )
    assert len(run.differences) <= 1000
    assert left(run, "proposal")["the reply had over 1,000 proposals"] >= 200


def test_a_program_that_fails_still_raises(dataset):
    class Broken(ListProposer):
        def propose(self, a, b):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        compare(dataset, proposer=Broken())
    assert visdiff.list_runs(dataset) == []


def test_a_model_that_only_thinks_is_not_paid_for_every_image(dataset):
    with ChatServer(completion("<think>hm", finish_reason="length")) as server:
        captioner = {"name": "openai:m", "base_url": server.base_url, "concurrency": 4}
        with pytest.raises(ModelError, match="Raise max_tokens, or turn the model's thinking off"):
            compare(dataset, captioner=captioner, proposer="keyword", ranker="words")
        assert len(server.requests) <= 5 + 3
    assert visdiff.list_runs(dataset) == []


def test_no_caption_of_any_image_is_said(dataset):
    class Silent(ColorCaptioner):
        def caption(self, paths):
            return ["<think>hm"] * len(paths)

    with pytest.raises(ModelError, match="got none of 120 images"):
        compare(dataset, captioner=Silent(), proposer="keyword", ranker="words")


def test_captions_that_an_earlier_version_stored_are_made_anew(dataset):
    captioner = ColorCaptioner()
    compare(dataset, captioner=captioner)
    field = making.captions_kind(captioner, None).field
    ids = dataset.values("id")
    bad = ["[THINK]a red dog", "◁think▷hm", "<thought>hm</thought>a dog", "502 Bad Gateway"]
    dataset.set_values(field, dict(zip(ids, bad, strict=False)), key_field="id")
    run = compare(dataset, "again", captioner=captioner)
    assert run.reused["captions"] == {"reused": 116, "computed": 4}
    assert set(dataset.values(field)) == {
        "a red picture of something", "a blue picture of something",
    }  # fmt: skip
    run = compare(dataset, "third", captioner=captioner)
    assert run.reused["captions"] == {"reused": 120, "computed": 0}
