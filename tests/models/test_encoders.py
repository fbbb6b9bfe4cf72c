import json
import pickle

import numpy as np
import pytest
from PIL import Image

from visdiff_plugin.encoders import make_encoder
from visdiff_plugin.encoders.open_clip_encoder import OpenCLIPEncoder
from visdiff_plugin.encoders.zoo_encoder import ZooEncoder, encoder_from_model
from visdiff_plugin.errors import ModelError
from visdiff_plugin.stages import Encoder
from visdiff_plugin.vectors import unit

pytestmark = pytest.mark.models
TEXTS = ["a dog", "a cat on a mat", "snow", "a red car at night"]


@pytest.fixture
def encoder(tiny_clip):
    return OpenCLIPEncoder(*tiny_clip, device="cpu", batch_size=3)


def _by_hand(tiny_clip, paths, texts):
    import open_clip
    import torch

    name, checkpoint = tiny_clip
    model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=checkpoint)
    model.eval()
    with torch.no_grad():
        images = torch.stack([preprocess(Image.open(path).convert("RGB")) for path in paths])
        a = model.encode_image(images, normalize=True)
        b = model.encode_text(open_clip.get_tokenizer(name)(texts), normalize=True)
    return a.numpy(), b.numpy()


def test_embeddings_are_what_open_clip_computes_by_hand(encoder, tiny_clip, pictures):
    images, texts = _by_hand(tiny_clip, pictures, TEXTS)
    made = encoder.encode_images(pictures)
    assert made.dtype == np.float32
    assert made.shape == (7, 24)
    np.testing.assert_allclose(made, images, atol=2e-6)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), texts, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-6)
    assert abs(images[0] - images[1]).max() > 0.01  # images do make a difference


def test_the_batch_size_changes_nothing(tiny_clip, pictures):
    one, many = (OpenCLIPEncoder(*tiny_clip, device="cpu", batch_size=n) for n in (1, 7))
    np.testing.assert_allclose(one.encode_images(pictures), many.encode_images(pictures), atol=2e-6)
    np.testing.assert_allclose(one.encode_texts(TEXTS), many.encode_texts(TEXTS), atol=2e-6)
    assert one.parameters == many.parameters


def test_an_unreadable_file_is_a_row_of_nan_and_costs_only_itself(encoder, pictures, tmp_path):
    (tmp_path / "broken.png").write_text("no image")
    broken = str(tmp_path / "broken.png")
    made = encoder.encode_images([broken, *pictures[:2], broken, *pictures[2:]])
    assert np.isnan(made).all(axis=1).tolist() == [True, False, False, True] + 5 * [False]
    expected = encoder.encode_images(pictures)
    np.testing.assert_allclose(made[[1, 2, 4, 5, 6, 7, 8]], expected, atol=2e-6)
    alone = encoder.encode_images([broken])
    assert alone.shape == (1, 24)
    assert np.isnan(alone).all()
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, 24)


def test_a_template_wraps_texts(tiny_clip):
    plain = OpenCLIPEncoder(*tiny_clip, device="cpu")
    wrapped = OpenCLIPEncoder(*tiny_clip, device="cpu", template="a photo of {}")
    expected = plain.encode_texts([f"a photo of {text}" for text in TEXTS])
    np.testing.assert_allclose(wrapped.encode_texts(TEXTS), expected, atol=1e-6)
    assert wrapped.parameters == plain.parameters  # stored image embeddings stay valid


def test_reduced_decoding_is_the_default_but_for_the_paper_and_counts_as_other_embeddings(
    tiny_clip,
):
    fast, whole = OpenCLIPEncoder(*tiny_clip), OpenCLIPEncoder(*tiny_clip, reduced=False)
    assert fast.parameters["reduced"] is True
    assert whole.parameters["reduced"] is False
    assert make_encoder("open_clip:paper").parameters["reduced"] is False
    assert OpenCLIPEncoder("paper", reduced=True).parameters["reduced"] is True


def test_a_thin_strip_does_not_fill_the_memory(encoder, tmp_path):
    Image.new("RGB", (60000, 1), "red").save(tmp_path / "strip.png")
    Image.new("RGB", (40, 40), "red").save(tmp_path / "square.png")
    strip, square = encoder.encode_images([str(tmp_path / f"{n}.png") for n in ("strip", "square")])
    np.testing.assert_allclose(strip, square, atol=1e-5)


def test_random_weights_are_the_same_each_time_and_leave_the_generator_alone(tiny_clip):
    import torch

    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    one = OpenCLIPEncoder(tiny_clip[0], None, device="cpu")
    a = one.encode_texts(TEXTS)
    assert torch.equal(torch.rand(3), expected)
    assert one.name == "open_clip/tiny-test-clip/random"
    again = OpenCLIPEncoder(tiny_clip[0], "", device="cpu")
    np.testing.assert_array_equal(a, again.encode_texts(TEXTS))


def test_names_parameters_and_specs(tiny_clip, tmp_path):
    name, checkpoint = tiny_clip
    by_spec = make_encoder(f"open_clip:{name}/{checkpoint}")
    assert isinstance(by_spec, Encoder)
    assert by_spec.name == f"open_clip/{name}/checkpoint"
    json.dumps(by_spec.parameters)
    by_mapping = make_encoder({"name": "open_clip", "model": name, "pretrained": checkpoint})
    assert (by_mapping.name, by_mapping.parameters) == (by_spec.name, by_spec.parameters)
    data = bytearray(open(checkpoint, "rb").read())
    data[len(data) // 2] ^= 1
    (tmp_path / "checkpoint.pt").write_bytes(data)
    other = OpenCLIPEncoder(name, str(tmp_path / "checkpoint.pt"))
    assert other.name == by_spec.name
    assert other.parameters != by_spec.parameters
    assert make_encoder("open_clip").name == "open_clip/ViT-B-32/laion2b_s34b_b79k"
    assert make_encoder("open_clip:paper").name == "open_clip/ViT-bigG-14/laion2b_s39b_b160k"
    assert make_encoder("open_clip:hf-hub:org/repo").name == "open_clip/org/repo"


def test_what_can_not_be_loaded_is_a_model_error_with_advice(tiny_clip, tmp_path):
    name, _ = tiny_clip
    with pytest.raises(ModelError, match="list_models"):
        OpenCLIPEncoder("no-such-model").encode_texts(["a"])
    with pytest.raises(ModelError, match="laion2b_s34b_b79k"):
        OpenCLIPEncoder("ViT-B-32", "no-such-tag").encode_texts(["a"])
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match="Is broken.pt a checkpoint"):
        OpenCLIPEncoder(name, str(broken)).encode_texts(["a"])


def test_arguments_out_of_range_and_unknown_names():
    for wrong in ({"batch_size": 0}, {"threads": 0}, {"dtype": "int8"}, {"template": "a photo"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            OpenCLIPEncoder(**wrong)
    with pytest.raises(ValueError, match="open_clip"):
        make_encoder("clairvoyant")
    with pytest.raises(ValueError, match="pretrained"):
        make_encoder({"name": "open_clip", "weights": "x"})
    with pytest.raises(ValueError, match="Expected MODEL for 'zoo:MODEL'"):
        make_encoder("zoo")
    with pytest.raises(ValueError, match="encode_images"):
        make_encoder(object())


def test_pickling_takes_the_recipe_and_not_the_weights(encoder):
    made = encoder.encode_texts(TEXTS)
    data = pickle.dumps(encoder)
    assert len(data) < 5000
    np.testing.assert_allclose(pickle.loads(data).encode_texts(TEXTS), made, atol=1e-6)


def test_rows_without_a_direction_are_nan():
    made = unit(np.array([[3.0, 4], [0, 0], [np.inf, 1]]))
    np.testing.assert_allclose(made[0], [0.6, 0.8])
    assert np.isnan(made[1:]).all()


def test_an_encoder_passes_through(minidual):
    assert make_encoder(minidual) is minidual


@pytest.fixture(scope="module")
def zoo(tiny_clip):
    name, checkpoint = tiny_clip
    return ZooEncoder(
        "open-clip-torch", clip_model=name, pretrained=checkpoint, device="cpu", batch_size=3
    )


class TestZoo:
    """FiftyOne's own wrapper of the same architecture must give the same vectors."""

    def test_embeddings_are_those_of_open_clip(self, zoo, tiny_clip, pictures):
        images, texts = _by_hand(tiny_clip, pictures, TEXTS)
        np.testing.assert_allclose(zoo.encode_images(pictures), images, atol=1e-5)
        np.testing.assert_allclose(zoo.encode_texts(TEXTS), texts, atol=1e-5)
        assert zoo.encode_images(pictures).dtype == np.float32
        assert zoo.encode_texts([]).shape == (0, 24)

    def test_an_unreadable_file_costs_only_itself(self, zoo, pictures, tmp_path):
        made = zoo.encode_images([pictures[0], str(tmp_path / "gone.png"), pictures[1]])
        assert np.isnan(made).all(axis=1).tolist() == [False, True, False]
        assert np.isnan(zoo.encode_images([str(tmp_path / "gone.png")])).all()

    def test_a_loaded_model_is_wrapped(self, zoo, tiny_clip, pictures):
        import fiftyone.zoo as foz

        name, checkpoint = tiny_clip
        model = foz.load_zoo_model(
            "open-clip-torch", clip_model=name, pretrained=checkpoint, text_prompt="", device="cpu"
        )
        wrapped = encoder_from_model(model, "brain/run")
        assert isinstance(wrapped, Encoder)
        assert wrapped.name == "brain/run"
        np.testing.assert_allclose(
            wrapped.encode_images(pictures), zoo.encode_images(pictures), atol=1e-5
        )

    def test_models_without_texts_and_unknown_models_are_refused(self):
        import fiftyone.core.models as fom

        with pytest.raises(ModelError, match="images"):
            encoder_from_model(fom.Model(), "plain")
        with pytest.raises(ModelError, match="list_zoo_models"):
            make_encoder("zoo:no-such-model").encode_texts(["a"])

    def test_names_and_parameters(self, zoo, tiny_clip):
        assert zoo.name == "zoo/open-clip-torch"
        assert zoo.parameters["clip_model"] == tiny_clip[0]
        assert make_encoder("zoo:clip-vit-base32-torch").name == "zoo/clip-vit-base32-torch"
