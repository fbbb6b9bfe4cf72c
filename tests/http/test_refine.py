"""Further rounds: what goes back to a proposer, and that its evidence stays what it did not see."""

import json
from dataclasses import replace

import numpy as np
import pytest
from chat_server import BROKEN, ChatServer
from fakes import ColorCaptioner, ColorEncoder, ListProposer
from PIL import Image

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.cache.lines import Lines
from visdiff_plugin.comparing import compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.proposers.image_vlm import ImageProposer
from visdiff_plugin.proposers.remembered import RememberedProposer
from visdiff_plugin.stages import Attempt, Images, ProposerReply, Usage
from visdiff_plugin.vectors import rows_of

CONFIG = Config(
    captioner=ColorCaptioner(), encoder=ColorEncoder(), properties=False, refine=1,
    rounds=2, subset_size=10, merge=False,
)  # fmt: skip
N = 40


def is_red(row):
    """Three quarters of A are red, and one in five of B; the others are green."""
    return row % 4 != 0 if row < N else row % 5 == 0


def pictures(turned=False, vectors=None):
    """Returns inputs of ``2 N`` pictures; the captions only name them."""
    if vectors is None:
        colors = [[1.0, 0.1, 0.1] if is_red(row) else [0.1, 1.0, 0.1] for row in range(2 * N)]
        vectors = np.array(colors)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"{row:03}" for row in range(len(vectors))]
    images = Images(
        ids,
        [f"{sample_id}.jpg" for sample_id in ids],
        [f"picture {sample_id}" for sample_id in ids],
    )
    rows = np.arange(len(ids) // 2), np.arange(len(ids) // 2, len(ids))
    a, b = rows[::-1] if turned else rows
    return Inputs(images, rows_of(vectors.astype(np.float32)), a, b, [], Account())


def compared(proposer, inputs=None, **changes):
    inputs = inputs or pictures()
    config = replace(CONFIG, proposer=proposer, **changes)
    stages = make_stages(None, config, True)
    return compare_inputs(inputs, Design(), stages, config), inputs


def chat(server, kind="openai:m"):
    return {"name": kind, "base_url": server.base_url, "max_retries": 0}


def answers(request):
    if "<tried>" in request.text:
        return json.dumps({"differences": ["crimson red walls"]})
    return json.dumps({"differences": ["red pictures", "green pictures"]})


def tried(text):
    """Reads back what a request says of earlier proposals: concept -> (misses, also fits)."""
    found = {}
    for line in text.split("<tried>\n")[1].split("\n</tried>")[0].splitlines():
        what, _, said = line.partition(": ")
        if what == "concept":
            mine = found.setdefault(said, ([], []))
        else:
            mine[what == "also fits, of Group B"].append(said)
    return found


def test_the_best_go_back_with_the_images_that_they_get_wrong():
    with ChatServer(answers) as server:
        found, inputs = compared(chat(server))
    first = [round_ for round_ in found.proposed.rounds if round_["kind"] == "propose"]
    again = [round_ for round_ in found.proposed.rounds if round_["kind"] == "refine"]
    assert len(first) == len(again) == 4 and not inputs.account.notes
    assert found.proposed.usage == Usage(8, 800, 80)
    assert [one["fold"] for one in again] == [0, 0, 1, 1]
    requests = [tried(request.text) for request in server.requests if "<tried>" in request.text]
    assert len(requests) == 4
    for record in again:
        own, other = ("sampled_a", "sampled_b")[:: 1 if record["side"] == "a" else -1]
        good, bad = ("red", "green") if record["side"] == "a" else ("green", "red")
        assert [one["description"] for one in record["tried"]] == [
            f"{good} pictures", f"{bad} pictures",
        ]  # fmt: skip
        for one in record["tried"]:
            color = one["description"].startswith("red")
            wrong = [row for row in record[own] if is_red(int(row)) != color]
            fits = [row for row in record[other] if is_red(int(row)) == color]
            assert len(one["missed"]) == min(3, len(wrong)) and set(one["missed"]) <= set(wrong)
            assert len(one["mistaken"]) == min(3, len(fits)) and set(one["mistaken"]) <= set(fits)
        said = {
            one["description"]: tuple(
                [f"picture {row}" for row in one[kind]] for kind in ("missed", "mistaken")
            )
            for one in record["tried"]
        }
        assert said in requests
    new = [
        candidate
        for candidate in found.proposed.candidates
        if candidate.description == "crimson red walls"
    ]
    assert [one.fold for one in new] == [0, 0, 1, 1]
    (one,) = [
        ranked.difference for ranked in found.ranked if "crimson" in ranked.difference.description
    ]
    assert one.n_a == N - 10 and one.held_out and one.claimed == ("a", "b")


def test_swapping_the_sets_mirrors_what_goes_back():
    def told(found, side):
        return [
            [round_["fold"], round_["tried"], round_["proposals"]]
            for round_ in found.proposed.rounds
            if round_["kind"] == "refine" and round_["side"] == side
        ]

    with ChatServer(answers) as server:
        plain, _ = compared(chat(server))
        turned, _ = compared(chat(server), pictures(turned=True))
    for side, other in ("ab", "ba"):
        assert told(plain, side) == told(turned, other) != []
    aurocs = [
        {ranked.difference.description: ranked.difference.auroc for ranked in found.ranked}
        for found in (plain, turned)
    ]
    for text, auroc in aurocs[0].items():
        assert aurocs[1][text] == pytest.approx(1 - auroc)


def test_several_times_and_not_at_all():
    with ChatServer(answers) as server:
        found, _ = compared(chat(server), refine=3, directions="a")
        assert len(server.requests) == 2 * 4
        # the second refinement also knows what the first one said
        assert [len(round_["tried"]) for round_ in found.proposed.rounds[-2:]] == [3, 3]
        found, _ = compared(chat(server), refine=0)
        assert {round_["kind"] for round_ in found.proposed.rounds} == {"propose"}


def test_a_refinement_that_fails_costs_only_itself():
    def reply(request):
        return BROKEN if "<tried>" in request.text else answers(request)

    with ChatServer(reply) as server:
        found, inputs = compared(chat(server))
    assert {ranked.difference.description for ranked in found.ranked} == {
        "red pictures", "green pictures",
    }  # fmt: skip
    assert sorted(found.proposed.failures) == ["round 5", "round 6", "round 7", "round 8"]
    assert all("failure" in round_ and round_["tried"] for round_ in found.proposed.rounds[4:])
    assert [(skipped_item.what, skipped_item.count) for skipped_item in inputs.account.skipped] == [
        ("round", 4)
    ]


def test_who_can_not_refine_is_left_alone_and_it_is_said():
    with ChatServer(answers) as server:
        found, inputs = compared([chat(server), ListProposer("red")], directions="a")
    assert [round_["kind"] for round_ in found.proposed.rounds] == ["propose"] * 4 + ["refine"] * 2
    (note,) = [note for note in inputs.account.notes if "refine" in note]
    assert note == "list can't refine; refine=1 has no effect there."


def test_rankers_that_cost_are_not_asked_for_it():
    def reply(request):
        return "yes" if "does the description fit" in request.text else answers(request)

    with ChatServer(reply) as server:
        ranker = {"name": "caption_question:m", "base_url": server.base_url}
        inputs = replace(pictures(), vectors=None)
        found, inputs = compared(chat(server), inputs, ranker=ranker)
        assert {round_["kind"] for round_ in found.proposed.rounds} == {"propose"}
        assert any(
            "Nothing was refined: each score of caption" in note for note in inputs.account.notes
        )
        # embeddings that are read anyway, and a cascade's first ranker, cost nothing
        for own in (ranker, {**ranker, "name": "cascade:caption_question:m", "sample": 4}):
            found, inputs = compared(chat(server), ranker=own)
            assert "refine" in {round_["kind"] for round_ in found.proposed.rounds}


@pytest.mark.parametrize("layout", ["separate", "grid"])
def test_a_vision_model_hears_numbers(tmp_path, layout):
    paths = [str(tmp_path / f"{row}.png") for row in range(8)]
    for path in paths:
        Image.new("RGB", (30, 30), "red").save(path)
    (tmp_path / "1.png").write_text("no image")  # shown are 0, 2, 3 as images 1, 2, 3
    a, b = Images([*"0123"], paths[:4]), Images([*"4567"], paths[4:])
    with ChatServer("* new") as server:
        proposer = ImageProposer("m", base_url=server.base_url, layout=layout, tile=40)
        reply = proposer.refine(a, b, [Attempt("red <b>walls", [3, 1, 0], [2])])
    (request,) = server.requests
    assert list(reply.proposals) == ["new"] and reply.usage == Usage(1, 100, 10)
    assert tried(request.text) == {"red ‹b›walls": (["image 3", "image 1"], ["image 3"])}
    assert ("from left to right" in request.text) == (layout == "grid")
    assert len(request.images) == (7 if layout == "separate" else 1)


def test_a_refinement_is_remembered_like_a_proposal(tmp_path):
    replies = Lines(tmp_path / "proposals.jsonl")
    a, b = Images(["1"] * 2, ["1"] * 2, ["a dog"] * 2), Images(["2"] * 2, ["2"] * 2, ["a cat"] * 2)

    class Refining(ListProposer):
        asked = 0

        def refine(self, a, b, attempts):
            self.asked += 1
            return ProposerReply(["brown dogs"], "brown", Usage(1, 2, 3))

    inner = Refining("dogs")
    proposer = RememberedProposer(inner, replies)
    for _ in range(2):
        found = proposer.refine(a, b, [Attempt("dogs", [0], [])])
    assert inner.asked == 1 and found.usage == Usage(1, 2, 3) and found.text == "brown"
    proposer.refine(a, b, [Attempt("dogs", [1], [])])
    assert inner.asked == 2 and proposer.propose(a, b).proposals == ["dogs"]
    assert not hasattr(RememberedProposer(ListProposer("dogs"), replies), "refine")


class Directions:
    """Embeds a text as the direction that was noted under it."""

    name = "directions"

    def __init__(self):
        self.noted = {}

    def encode_images(self, paths):
        raise AssertionError("their embeddings are there")

    def encode_texts(self, texts):
        return np.stack([self.noted[text] for text in texts])


class Exploiter:
    """Names the very direction that it is shown, and turns it by what it is said to get wrong."""

    name, needs = "exploiter", "embeddings"

    def __init__(self, encoder):
        self.encoder = encoder

    def propose(self, a, b):
        return [self._note(a.embeddings.mean(0) - b.embeddings.mean(0))]

    def refine(self, a, b, attempts):
        found = []
        for attempt in attempts:
            weight_a, weight_b = np.ones(len(a)), np.ones(len(b))
            weight_a[list(attempt.missed)] += 2
            weight_b[list(attempt.mistaken)] += 2
            found.append(self._note(
                np.average(a.embeddings, 0, weight_a) - np.average(b.embeddings, 0, weight_b)
            ))  # fmt: skip
        return found

    def _note(self, direction):
        text = "d" + "".join(f"{one:+.4f}" for one in direction).replace(".", "p")
        self.encoder.noted[text] = direction
        return text


def test_refinement_makes_no_false_findings():
    """Both sets the same, and a proposer that makes the most of what goes back."""
    rng, repeats = np.random.default_rng(1), 100
    counts = {True: 0, False: 0}
    refined = 0
    for seed in range(repeats):
        vectors = rng.normal(size=(120, 12))
        for held_out in counts:
            encoder = Directions()
            found, _ = compared(
                Exploiter(encoder), pictures(vectors=vectors), encoder=encoder,
                held_out=held_out, seed=seed, refine=2, min_effect=0.5, captioner=None,
            )  # fmt: skip
            counts[held_out] += any(ranked.difference.significant for ranked in found.ranked)
            refined += sum(round_["kind"] == "refine" for round_ in found.proposed.rounds)
    assert counts[True] / repeats <= 0.1 and counts[False] / repeats >= 0.15, counts
    assert refined > 4 * repeats  # it was asked for, and answered
