"""``preset="paper"``: its numbers are those of plain loops, scipy and scikit-learn."""

import csv
from fractions import Fraction

import numpy as np
import pytest
from fakes import ListProposer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ttest_ind
from sklearn.metrics import roc_auc_score

from visdiff_plugin.account import Account
from visdiff_plugin.assembly import make_stages
from visdiff_plugin.comparing import compare_inputs
from visdiff_plugin.config import Config
from visdiff_plugin.evidence.design import Design
from visdiff_plugin.inputs.joined import Inputs
from visdiff_plugin.stages import Images
from visdiff_plugin.vectors import rows_of


class Known:
    """Scores images by a table of numbers."""

    name, needs = "known", "paths"

    def __init__(self, scores):
        self.scores = scores

    def score(self, images, descriptions):
        rows = [int(sample_id) for sample_id in images.ids]
        return self.scores[rows][:, [int(text.split()[-1]) for text in descriptions]]


class Blind(ListProposer):
    needs = "paths"


def compared(n_a, n_b, texts, vectors=None, **stages):
    """Compares the first images with the rest, by the paper's statistics."""
    config = Config.preset(
        "paper", **{"captioner": None, "encoder": None, **stages, "proposer": Blind(*texts)}
    )
    ids = [f"{number:04d}" for number in range(n_a + n_b)]
    inputs = Inputs(
        Images(ids, [f"{sample_id}.jpg" for sample_id in ids]),
        None if vectors is None else rows_of(np.asarray(vectors)),
        np.arange(n_a), np.arange(n_a, n_a + n_b), [], Account(),
    )  # fmt: skip
    return compare_inputs(inputs, Design(), make_stages(None, config, True), config)


def counted(a, b):
    """AUROC as it is defined: pairs in which A scores higher, ties half; exact."""
    wins = sum((x > y) + Fraction(int(x == y), 2) for x in a.tolist() for y in b.tolist())
    return Fraction(wins) / (len(a) * len(b))


def welch(a, b):
    """The t-test of the paper's authors: two-sided, variances of their own."""
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return 1.0  # no variance, no test: nothing is claimed
    return float(ttest_ind(a, b, equal_var=False).pvalue)


@st.composite
def tables(draw):
    """Scores with many ties, of sets of unequal sizes, and of means far apart or not."""
    n_a, n_b, k = draw(st.integers(2, 30)), draw(st.integers(2, 30)), draw(st.integers(1, 6))
    values = draw(arrays(np.int16, (n_a + n_b, k), elements=st.integers(-6, 6)))
    shift = draw(arrays(np.int16, k, elements=st.integers(-9, 9)))
    values[:n_a] += shift
    return values.astype(np.float64) / 8, n_a


@pytest.mark.filterwarnings("ignore:Precision loss occurred")  # scipy, of nearly equal scores
@given(tables())
def test_auroc_p_order_and_what_is_significant(drawn):
    scores, n_a = drawn
    texts = [f"thing {number}" for number in range(scores.shape[1])]
    found = [ranked.difference for ranked in compared(
        n_a, len(scores) - n_a, texts, ranker=Known(scores)
    ).ranked]  # fmt: skip
    a, b = scores[:n_a], scores[n_a:]
    aurocs = {text: counted(a[:, k], b[:, k]) for k, text in enumerate(texts)}
    chances = {text: welch(a[:, k], b[:, k]) for k, text in enumerate(texts)}
    assert [item.description for item in found] == sorted(
        texts, key=lambda text: (-aurocs[text], text)
    )
    for item in found:
        text = item.description
        assert item.auroc == pytest.approx(float(aurocs[text]), abs=1e-9)
        assert item.p_value == pytest.approx(chances[text], rel=1e-9, abs=1e-300)
        assert item.significant == (chances[text] < 0.05 and aurocs[text] > 0.5)
        assert item.q_value is None and not item.held_out
        assert (item.n_a, item.n_b) == (n_a, len(scores) - n_a)


def test_every_image_is_evidence_and_scores_that_a_network_gives():
    rng = np.random.default_rng(3)
    scores = rng.normal(0.2, 0.05, (510, 40)).astype(np.float32)
    scores[:310] += rng.normal(0, 0.01, 40).astype(np.float32)
    texts = [f"thing {number}" for number in range(40)]
    found = [ranked.difference for ranked in compared(310, 200, texts, ranker=Known(scores)).ranked]
    in_a = np.arange(510) < 310
    wide = scores.astype(np.float64)
    for item in found:
        column = wide[:, int(item.description.split()[-1])]
        assert item.auroc == pytest.approx(roc_auc_score(in_a, column), abs=1e-9)
        assert item.p_value == pytest.approx(welch(column[in_a], column[~in_a]), rel=1e-9)
    called = {item.description for item in found if item.significant}
    assert 0 < len(called) < 40
    assert called == {
        item.description for item in found if item.p_value < 0.05 and item.auroc > 0.5
    }  # fmt: skip
    assert [item.auroc for item in found] == sorted((item.auroc for item in found), reverse=True)


def test_a_real_pair_by_a_real_encoder(shared, minidual):
    """Photographs of the VisDiff authors' own example, and proposals that GPT-4 made for it."""
    with open(shared / "data" / "yoga" / "samples.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    paths = {
        side: [
            str(shared / "data" / "yoga" / line["path"]) for line in lines if line["set"] == side
        ]
        for side in "ab"
    }
    paths["b"] = paths["b"][:70]
    texts = [
        *("people doing yoga", "a group of people outdoors", "meditating on a rock", "snow"),
        *("a man standing on one leg", "mountains", "sunset", "a woman in a red shirt"),
    ]
    vectors = minidual.encode_images([*paths["a"], *paths["b"]])
    n_a, n_b = len(paths["a"]), len(paths["b"])
    result = compared(n_a, n_b, texts, vectors, encoder=minidual)
    cosines = vectors.astype(np.float64) @ minidual.encode_texts(texts).astype(np.float64).T
    in_a = np.arange(n_a + n_b) < n_a
    order = {}
    for ranked in result.ranked:
        said, column = ranked.difference, result.scores[:, ranked.column].astype(np.float64)
        assert column == pytest.approx(cosines[:, texts.index(said.description)], abs=1e-6)
        order[said.description] = roc_auc_score(in_a, column)
        p_value = welch(column[in_a], column[~in_a])
        assert said.auroc == pytest.approx(order[said.description], abs=1e-9)
        assert said.auroc == pytest.approx(float(counted(column[in_a], column[~in_a])), abs=1e-9)
        assert said.p_value == pytest.approx(p_value, rel=1e-9)
        assert said.significant == (p_value < 0.05 and said.auroc > 0.5)
    assert list(order) == sorted(texts, key=lambda text: -order[text])
    assert any(ranked.difference.significant for ranked in result.ranked)
    assert not all(ranked.difference.significant for ranked in result.ranked)
