"""Descriptions from the difference of image features, by a tiny BLIP-2 of random weights."""

import pytest

from visdiff_plugin.errors import ModelError, ProposerError
from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.proposers.feature import FeatureProposer
from visdiff_plugin.stages import Images, Proposer


def images(paths):
    return Images([*map(str, range(len(paths)))], paths)


@pytest.fixture
def proposer(tiny_blip2):
    return make_proposer(f"feature:{tiny_blip2}", n=6)


def test_the_same_images_give_the_same_descriptions_and_swapped_sets_others(proposer, pictures):
    import torch

    a, b = images(pictures[:4]), images(pictures[4:])
    assert isinstance(proposer, Proposer) and proposer.needs == "paths"
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    first = proposer.propose(a, b)
    assert torch.equal(torch.rand(3), expected)  # the caller's random numbers are untouched
    assert 1 < len(first.proposals) <= 6 and len(set(first.proposals)) == len(first.proposals)
    assert all(text.strip() == text and "[" not in text for text in first.proposals)
    assert proposer.propose(a, b) == first
    assert proposer.propose(b, a).proposals != first.proposals


def test_the_language_model_is_given_the_difference_of_means(tiny_blip2, proposer, pictures):
    import torch
    from PIL import Image
    from transformers import Blip2ForConditionalGeneration, Blip2Processor

    model = Blip2ForConditionalGeneration.from_pretrained(tiny_blip2).eval()
    processor = Blip2Processor.from_pretrained(tiny_blip2)

    def features(path):
        with Image.open(path) as file, torch.inference_mode():
            pixels = processor.image_processor(file.convert("RGB"), return_tensors="pt")
            seen = model.vision_model(pixels["pixel_values"]).last_hidden_state
            asked = model.qformer(
                query_embeds=model.query_tokens, encoder_hidden_states=seen
            ).last_hidden_state
            return model.language_projection(asked)[0]

    given = []
    language = proposer.loaded().model.language_model
    generate = language.generate

    def listen(**options):
        given.append(options)
        return generate(**options)

    language.generate = listen
    proposer.propose(images(pictures[:3]), images(pictures[3:5]))
    means = [torch.stack([features(one) for one in part]).mean(0)
             for part in (pictures[:3], pictures[3:5])]  # fmt: skip
    (options,) = given
    embeds = options["inputs_embeds"]
    assert embeds.shape == (1, 5, 32)  # four queries, and the token that begins a text
    torch.testing.assert_close(embeds[0, :4], means[0] - means[1], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(embeds[0, 4], model.get_input_embeddings().weight[2])
    assert options["do_sample"] and options["num_return_sequences"] == 6
    assert (options["top_p"], options["temperature"]) == (0.9, 1.0)


def test_files_that_are_no_images_are_left_out(proposer, pictures, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"not an image")
    b = images(pictures[4:])
    with_bad = proposer.propose(images([*pictures[:4], str(bad)]), b)
    assert with_bad == proposer.propose(images(pictures[:4]), b)
    with pytest.raises(ProposerError, match="at least 2 images of set A .* got 1"):
        proposer.propose(images([pictures[0], str(bad)]), b)


def test_a_model_that_is_no_blip2(tiny_blip, pictures):
    proposer = FeatureProposer(str(tiny_blip))
    with pytest.raises(ModelError, match="Expected a BLIP-2 model, got 'blip'"):
        proposer.propose(images(pictures[:3]), images(pictures[3:]))


def test_what_is_recorded_and_wrong_numbers(tiny_blip2):
    assert FeatureProposer().parameters["model"] == "Salesforce/blip2-opt-2.7b"
    assert FeatureProposer(str(tiny_blip2)).parameters["model"] == "tiny-blip2"
    for options in ({"n": 0}, {"top_p": 0}, {"top_p": 2}, {"temperature": 0}, {"threads": 0}):
        with pytest.raises(ValueError, match="0 < top_p <= 1"):
            FeatureProposer(**options)
    with pytest.raises(ValueError, match="model's name or folder"):
        FeatureProposer(" ")
