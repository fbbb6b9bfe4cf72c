"""A whole comparison by models on this machine alone: small, random, saved to disk."""

import numpy as np
import pytest

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.comparing import compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.encoders import make_encoder
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.stages import Images
from visdiff_plugin.vectors import rows_of

pytestmark = pytest.mark.models


@pytest.fixture
def bank(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "bank.txt"
    path.write_text("a dog on the beach\nsnow\nred sky\na small boat\nnight", encoding="utf-8")
    return path


def compared(pictures, tiny_blip2, tiny_clip, ranker, bank, swapped=False):
    """Compares pictures, each there four times; returns what is found and what is left out."""
    paths = pictures * 4
    captioner = make_captioner({"name": f"transformers:{tiny_blip2}", "max_new_tokens": 8})
    # a model of random weights has nothing to say about some: these stay without a caption
    captions = [one if isinstance(one, str) else "" for one in captioner.caption(pictures)]
    assert len(set(captions)) >= 3
    name, checkpoint = tiny_clip
    config = Config(
        captioner=f"transformers:{tiny_blip2}", encoder=f"open_clip:{name}/{checkpoint}",
        proposer=["keyword", f"bank:{bank}", f"feature:{tiny_blip2}"], ranker=ranker,
        properties=False, rounds=1, subset_size=4, proposals_per_round=3,
    )  # fmt: skip
    vectors = make_encoder(config.encoder).encode_images(pictures)
    ids = [f"{number:02d}" for number in range(len(paths))]
    embeddings = rows_of(np.tile(vectors, (4, 1)))
    in_a = np.arange(len(paths)) % len(pictures) < 4
    sides = np.flatnonzero(in_a), np.flatnonzero(~in_a)
    inputs = Inputs(
        Images(ids, paths, captions * 4), embeddings, *sides[:: -1 if swapped else 1], [], Account()
    )
    found = compare_inputs(inputs, Design(), make_stages(None, config, True), config)
    return found, inputs.account.skipped


@pytest.mark.parametrize("kind", ["embedding", "cascade"])
def test_captions_phrases_and_features_are_ranked(
    kind, pictures, tiny_blip2, tiny_clip, tiny_oracle, bank
):
    then = {"name": f"image_question:transformers:{tiny_oracle}", "answers": "probability"}
    ranker = {"name": "cascade", "then": then, "top": 4} if kind == "cascade" else kind
    found, skipped = compared(pictures, tiny_blip2, tiny_clip, ranker, bank)
    assert {one.source for one in found.distinct} >= {"bank", "feature"}
    if kind == "embedding":
        assert len(found.ranked) == found.scores.shape[1] and np.isfinite(found.scores).all()
    else:
        # random weights often say neither yes nor no: no answer is no score, and is counted
        chances = found.scores[np.isfinite(found.scores)]
        assert found.scores.shape[1] <= 4 < len(found.distinct) and chances.size
        assert chances.min() >= 0 and chances.max() <= 1
        unanswered = sum(
            skipped_item.count for skipped_item in skipped if skipped_item.what == "answer"
        )
        assert unanswered == np.isnan(found.scores).sum() > 0
        untested = sum(one.count for one in found.untested if "scored images" in one.reason)
        assert len(found.ranked) + untested == found.scores.shape[1]
    back, _ = compared(pictures, tiny_blip2, tiny_clip, ranker, bank, swapped=True)
    aurocs = {ranked.difference.description: ranked.difference.auroc for ranked in found.ranked}
    mirrored = {
        ranked.difference.description: 1 - ranked.difference.auroc for ranked in back.ranked
    }
    assert aurocs == pytest.approx(mirrored, abs=1e-9)
