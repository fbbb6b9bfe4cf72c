"""JPEGs decoded at a reduced size, by default, must give nearly the embeddings of whole ones."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visdiff_plugin.encoders.open_clip_encoder import OpenCLIPEncoder
from visdiff_plugin.images import load_rgb

pytestmark = pytest.mark.models
_NEAR = 0.995


@pytest.fixture(scope="module")
def small_models(tmp_path_factory):
    """A transformer and a residual network that see few pixels, so that real files are large."""
    import open_clip

    folder = tmp_path_factory.mktemp("architectures")
    text = {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    visions = {
        "small-transformer": {"image_size": 32, "layers": 2, "width": 64, "head_width": 16,
                              "patch_size": 8},
        "small-resnet": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None},
    }  # fmt: skip
    for name, vision in visions.items():
        config = {"embed_dim": 32, "vision_cfg": vision, "text_cfg": text}
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    return list(visions)


def _both_ways(model, paths):
    """Returns embeddings of whole and of reduced files, without the mean over the images.

    Random weights put all images near each other; without the mean the cosine is an honest one.
    """
    whole = OpenCLIPEncoder(model, None, device="cpu", reduced=False).encode_images(paths)
    small = OpenCLIPEncoder(model, None, device="cpu").encode_images(paths)
    assert not np.array_equal(whole, small)
    assert np.einsum("ij,ij->i", whole, small).min() > _NEAR
    mean = whole.mean(0)
    return whole - mean, small - mean


def _check(models, paths):
    for path in paths:
        reduced = load_rgb(path, 64)
        assert min(reduced.size) >= 64
        assert reduced.size != load_rgb(path).size
    for model in models:
        a, b = _both_ways(model, paths)
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        assert (np.einsum("ij,ij->i", a, b) / lengths).min() > _NEAR


def test_photographs_of_scikit_image(small_models, tmp_path):
    import skimage.data

    folder, paths = Path(skimage.data.__file__).parent, []
    for name in ("astronaut", "chelsea", "coffee", "motorcycle_left"):
        photo = Image.open(folder / f"{name}.png").convert("RGB")
        for left, top in product(
            range(0, photo.width - 149, 150), range(0, photo.height - 149, 150)
        ):
            paths.append(str(tmp_path / f"{name}-{left}-{top}.jpg"))
            photo.crop((left, top, left + 150, top + 150)).save(paths[-1], quality=90)
    _check(small_models, paths)


def test_real_photographs(small_models, shared):
    files = sorted((shared / "data" / "flickr8k" / "images").glob("*.jpg"))[:60]
    _check(small_models, [str(file) for file in files])


def test_to_a_trained_network_it_is_no_more_than_its_own_rounding(minidual, shared, tmp_path):
    """MiniDual is no CLIP; its 8 bit weights turn by degrees over one gray level of difference."""
    files = sorted((shared / "data" / "flickr8k" / "images").glob("*.jpg"))[:16]
    large = str(tmp_path / "large.jpg")

    def embedded(read):
        paths = []
        for file in files:  # four times the size: decoded at a half
            photo = Image.open(file).convert("RGB")
            photo.resize([4 * side for side in photo.size], Image.Resampling.BICUBIC).save(large)
            paths.append(str(tmp_path / f"{file.stem}.png"))
            read().save(paths[-1], compress_level=1)
        return minidual.encode_images(paths)

    def brighter():
        return load_rgb(large).point(lambda value: min(value + 1, 255))

    whole = embedded(lambda: load_rgb(large))
    reduced, control = embedded(lambda: load_rgb(large, 448)), embedded(brighter)
    assert not np.array_equal(whole, reduced)
    apart, floor = (1 - np.einsum("ij,ij->i", whole, one).mean() for one in (reduced, control))
    assert apart < 1.5 * floor
