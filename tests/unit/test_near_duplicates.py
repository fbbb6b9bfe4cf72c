"""Near-duplicates: linked in chains, the same by both ways of looking, none made up."""

import numpy as np
import pytest

from visdiff_plugin.evidence import near_duplicates as module
from visdiff_plugin.evidence.near_duplicates import near_duplicates


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def reader(vectors):
    return lambda rows: vectors[rows]


def test_links_form_chains():
    angles = np.deg2rad([0, 8, 16, 90, 98, 180])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    codes = near_duplicates(reader(vectors), 6, 0.98)  # 11.5 degrees
    assert codes[0] == codes[1] == codes[2] != codes[3]
    assert codes[3] == codes[4] and len(set(codes.tolist())) == 3


def test_images_without_an_embedding_are_alone():
    vectors = unit(np.ones((4, 3)))
    vectors[1:3] = np.nan
    codes = near_duplicates(reader(vectors), 4, 0.9)
    assert codes[0] == codes[3] and len(set(codes.tolist())) == 3
    assert near_duplicates(reader(vectors), 0, 0.9).shape == (0,)


def test_the_way_for_many_images_finds_what_comparing_all_finds(monkeypatch):
    rng = np.random.default_rng(0)
    single = unit(rng.normal(size=(3_000, 128)) + 0.7)  # a narrow cone, as models make them
    copies = unit(single[:600] + 0.01 * rng.normal(size=(600, 128)))
    vectors = np.concatenate([single, copies])
    vectors[2_999] = np.nan
    exact = near_duplicates(reader(vectors), len(vectors), 0.97)
    monkeypatch.setattr(module, "_EXACT", 1_000)
    found = near_duplicates(reader(vectors), len(vectors), 0.97, seed=3)
    linked = found[3_000:] == found[:600]
    assert (exact[3_000:] == exact[:600]).all() and linked.mean() > 0.98
    assert abs(int(found.max()) - int(exact.max())) <= 12


@pytest.mark.parametrize("similarity", [0.0, 1.0, -0.5])
def test_a_similarity_out_of_range_is_refused(similarity):
    with pytest.raises(ValueError, match="between 0 and 1"):
        near_duplicates(reader(np.ones((2, 2), np.float32)), 2, similarity)
