"""Embeddings and models of similarity runs that are there already."""

import fiftyone.brain as fob
import numpy as np
import pytest

import visdiff_plugin as visdiff
from visdiff_plugin.encoders.open_clip_encoder import OpenCLIPEncoder
from visdiff_plugin.errors import FieldError

pytestmark = pytest.mark.models
WORDS = ["red", "blue", "a dog"]


@pytest.fixture
def similar(make_dataset, tiny_clip):
    """A dataset with a similarity run by a tiny open_clip model, and that model's own encoder."""
    name, checkpoint = tiny_clip
    dataset = make_dataset(n=15)
    arguments = {"clip_model": name, "pretrained": checkpoint, "text_prompt": ""}

    def index(key, **options):
        fob.compute_similarity(
            dataset, model="open-clip-torch", model_kwargs=arguments, brain_key=key, **options
        )

    return dataset, index, OpenCLIPEncoder(name, checkpoint, device="cpu")


@pytest.mark.parametrize("options", [{}, {"embeddings": "clip"}], ids=["inside", "in a field"])
def test_a_similarity_run_is_an_encoder(similar, options):
    dataset, index, encoder = similar
    index("sim", **options)
    run = visdiff.rank(dataset, "red", "blue", WORDS, "mine", encoder="brain:sim")
    same = visdiff.rank(dataset, "red", "blue", WORDS, "same", encoder=encoder)
    ours = {difference.description: difference for difference in same.differences}
    for difference in run.differences:
        other = ours[difference.description]
        assert difference.auroc == pytest.approx(other.auroc, abs=0.02)
        assert np.allclose(dataset.values(difference.field), dataset.values(other.field), atol=1e-3)
    assert run.record["stages"]["encoder"]["name"] == "brain:sim"


def test_each_dataset_has_a_similarity_run_of_its_own(similar, make_dataset, tiny_clip):
    dataset, index, encoder = similar
    name, checkpoint = tiny_clip
    other = make_dataset(n=12, colors=("blue",))
    index("sim")
    with pytest.raises(FieldError, match=f"got 'sim'; there are none in '{other.name}'"):
        visdiff.rank(dataset, "red", other, WORDS, "mine", encoder="brain:sim")
    arguments = {"clip_model": name, "pretrained": checkpoint, "text_prompt": ""}
    fob.compute_similarity(
        other, model="open-clip-torch", model_kwargs=arguments, embeddings="clip", brain_key="sim"
    )
    run = visdiff.rank(dataset, "red", other, WORDS, "mine", encoder="brain:sim")
    same = visdiff.rank(dataset, "red", other, WORDS, "same", encoder=encoder)
    ours = {difference.description: difference for difference in same.differences}
    for difference in run.differences:
        assert difference.auroc == pytest.approx(ours[difference.description].auroc, abs=0.02)
        for part in (dataset.match_tags("red"), other):
            theirs = part.values(ours[difference.description].field)
            assert np.allclose(part.values(difference.field), theirs, atol=1e-3)
    other.delete_brain_run("sim")
    other_options = {**arguments, "text_prompt": "a photo of"}
    fob.compute_similarity(
        other, model="open-clip-torch", model_kwargs=other_options, brain_key="sim"
    )
    with pytest.raises(FieldError, match="one model in the similarity runs 'sim' of both"):
        visdiff.rank(dataset, "red", other, WORDS, "third", encoder="brain:sim")


def test_runs_that_are_no_similarity_runs_are_refused(similar):
    dataset, index, _ = similar
    fob.compute_visualization(
        dataset, embeddings=np.random.default_rng(0).normal(size=(30, 4)), method="pca",
        brain_key="vis",
    )  # fmt: skip
    with pytest.raises(FieldError, match="similarity run over whole images of .*, got 'vis'"):
        visdiff.rank(dataset, "red", "blue", WORDS, "mine", encoder="brain:vis")
    with pytest.raises(FieldError, match=r"got 'sim'; there are \['vis'\]"):
        visdiff.rank(dataset, "red", "blue", WORDS, "mine", encoder="brain:sim")
