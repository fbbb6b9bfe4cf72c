"""Several proposers in one run: each reads what it needs, and one's failure costs only itself."""

from dataclasses import replace

import pytest
from fakes import ColorEncoder, ListProposer

from visdiff_plugin.config import Config
from visdiff_plugin.errors import CredentialsError, ModelError, ServerError
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.proposers import make_proposers
from visdiff_plugin.rounds.holdout import plan_members
from visdiff_plugin.rounds.proposing import plan_rounds, propose
from visdiff_plugin.stages import Images

CONFIG = Config.preset("offline", subset_size=5, rounds=2)
LOCAL = "http://127.0.0.1:9/v1"


class Failing(ListProposer):
    name = "failing"

    def __init__(self, error):
        super().__init__()
        self.error = error

    def propose(self, a, b):
        raise self.error


def images(n=8):
    return Images([*map(str, range(n))], ["x.jpg"] * n, ["a dog"] * n)


def asked(*proposers, config=CONFIG):
    rounds = []
    for proposer in proposers:
        subsets = [([0, 1], [4, 5]), ([2, 3], [6, 7])]
        rounds += plan_rounds(proposer, images(), subsets, config, len(rounds))
    return rounds


def test_members_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    encoder = ColorEncoder()
    own = ListProposer()
    for spec in ("union:bank+keyword", {"name": "union", "of": ["bank", "keyword"]},
                 {"name": "union", "of": "bank+keyword"},
                 ["bank", {"name": "keyword"}]):  # fmt: skip
        assert [make_proposer.name for make_proposer in make_proposers(spec, encoder=encoder)] == [
            "bank",
            "keyword",
        ]
    assert make_proposers(own) == (own,) and make_proposers([own, "keyword"])[0] is own
    assert [make_proposer.name for make_proposer in make_proposers("keyword")] == ["keyword"]
    # the server's address goes to those that have one
    spec = {"name": "union:openai:m+keyword+images:v", "base_url": LOCAL}
    chat, _, vision = make_proposers(spec, n=4, context="pets")
    for one, model in ((chat, "m"), (vision, "v")):
        found = {name: one.parameters[name] for name in ("model", "base_url", "n", "context")}
        assert found == {"model": model, "base_url": LOCAL, "n": 4, "context": "pets"}


@pytest.mark.parametrize("spec", ["union", "union:", "union:keyword+", {"name": "union", "of": []},
                                  ["keyword", "union:keyword"], [], ["keyword", ["keyword"]],
                                  {"name": "union:keyword", "n": 3}])  # fmt: skip
def test_unions_of_nothing_or_of_unions(spec):
    with pytest.raises(ValueError, match="union"):
        make_proposers(spec)


def test_each_member_has_folds_of_its_own_size():
    class Whole(ListProposer):
        whole, needs = True, "embeddings"

    class Few(ListProposer):
        needs, most_images = "paths", 3

    class Large(Whole):
        most_images = 7

    names = [f"a{i:03}" for i in range(60)], [f"b{i:03}" for i in range(60)]
    rows = list(range(60)), list(range(60, 120))
    captioned = [[i < 10 for i in range(60)]] * 2
    members = ListProposer(), Whole(), Few(), Large()
    folds, starts, notes = plan_members(names, captioned, rows, Design(), CONFIG, members)
    assert starts == [0, 2, 4, 6] and notes == []
    assert [len(a.proposal) for a, _ in folds] == [5, 5, 20, 20, 3, 3, 7, 7]
    # images without a caption are shown to those who read none
    seen = [{row for a, _ in folds[i : i + 2] for row in a.proposal} for i in starts]
    assert max(seen[0]) < 10 <= max(seen[2])
    for a, _ in folds:
        assert len(a.evidence) == 60 - len(a.proposal)
    folds, starts, _ = plan_members(names, captioned, rows, Design(), CONFIG, ())
    assert len(folds) == 1 and starts == [0]


def test_a_limit_of_the_proposer_is_no_small_set():
    class Few(ListProposer):
        most_images = 3

    names = [f"a{i:03}" for i in range(60)], [f"b{i:03}" for i in range(60)]
    rows = list(range(60)), list(range(60, 120))
    _, _, notes = plan_members(names, [None, None], rows, Design(), CONFIG, [Few()])
    assert notes == []
    small = names[0][:8], names[1]
    _, _, notes = plan_members(small, [None, None], rows, Design(), CONFIG, [Few()])
    assert len(notes) == 1 and "2 images of A and 3 of B a round instead of 3" in notes[0]


def test_each_candidate_remembers_its_proposer_and_its_fold():
    dogs, cats = ListProposer("dogs"), ListProposer("cats")
    dogs.name, cats.name = "first", "second"
    found = propose(images().take, asked(dogs, cats, config=replace(CONFIG, directions="a")))
    assert [(text.description, text.source, text.fold) for text in found.candidates] == [
        ("dogs", "first", 0), ("dogs", "first", 1), ("cats", "second", 2), ("cats", "second", 3),
    ]  # fmt: skip
    assert [round_["proposer"] for round_ in found.rounds] == ["first", "first", "second", "second"]


def test_images_of_a_fold_are_read_once():
    read = []

    def take(rows):
        read.append(tuple(rows))
        return images().take(rows)

    propose(take, asked(ListProposer("dogs"), ListProposer("cats")))
    assert sorted(read) == [(0, 1), (2, 3), (4, 5), (6, 7)]


@pytest.mark.parametrize("error", [ServerError("no answer"), CredentialsError("key refused")])
def test_a_member_that_fails_costs_only_itself(error):
    found = propose(images().take, asked(Failing(error), ListProposer("dogs")))
    assert {candidate.source for candidate in found.candidates} == {"list"} and len(
        found.candidates
    ) == 4
    assert set(found.failures.values()) == {f"failing: {error}"} and len(found.failures) == 4
    assert [round_.get("failure") for round_ in found.rounds] == [str(error)] * 4 + [None] * 4


def test_nobody_answers():
    members = Failing(ServerError("no answer")), Failing(ModelError("no such model"))
    with pytest.raises(ServerError, match="no answer"):
        propose(images().take, asked(*members))
    with pytest.raises(CredentialsError, match="refused"):
        propose(images().take, asked(Failing(CredentialsError("key refused"))))
