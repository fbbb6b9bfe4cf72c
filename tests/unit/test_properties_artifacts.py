"""Frames, noise and blocks: what they are, and what only looks like them."""

import csv
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from visdiff_plugin.evidence.statistics import two_sample
from visdiff_plugin.properties import measure as module
from visdiff_plugin.properties.catalog import PROPERTIES
from visdiff_plugin.properties.measure import measure_many, measure_pixels

NAMES = [measured_property.name for measured_property in PROPERTIES]


def shipped(name):
    """A real image of scikit-image's wheel."""
    import skimage.data

    with Image.open(Path(skimage.data.__file__).parent / name) as file:
        return np.asarray(file.convert("RGB"), np.uint8)


def noisy(pixels, sigma):
    added = pixels + np.random.default_rng(0).normal(0, sigma, pixels.shape[:2])[..., None]
    return np.clip(np.rint(added), 0, 255).astype(np.uint8)


def jpeg(pixels, quality):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), np.uint8)


def drawing():
    paper = Image.new("RGB", (300, 300), "white")
    pen = ImageDraw.Draw(paper)
    pen.ellipse((60, 60, 240, 200), outline="black", width=2)
    for x in (90, 140, 170, 220):
        pen.line((x, 190, x + 9, 260), fill="black", width=2)
    return np.asarray(paper, np.uint8)


@pytest.mark.parametrize("color", [(0, 0, 0), (250, 250, 250), (200, 30, 30)])
@pytest.mark.parametrize("width", [2, 30])
def test_a_frame_is_found_in_any_color_also_after_compression(color, width):
    pixels = shipped("chelsea.png")
    height, length = pixels.shape[:2]
    large = np.full((height + 2 * width, length + 2 * width, 3), color, np.uint8)
    large[width:-width, width:-width] = pixels
    expected = 1 - height * length / ((height + 2 * width) * (length + 2 * width))
    assert measure_pixels(large, 1)["border"] == pytest.approx(expected, abs=1e-9)
    assert measure_pixels(jpeg(large, 75), 1)["border"] == pytest.approx(expected, abs=0.03)


def test_plain_ground_is_no_frame():
    object_on_white = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(object_on_white).ellipse((40, 70, 260, 210), fill=(150, 60, 20))
    slope = np.repeat(np.linspace(90, 250, 400)[:, None, None], 300, 1).repeat(3, 2)
    slope[180:220, 100:160] = 20
    for pixels in (drawing(), np.asarray(object_on_white), slope.astype(np.uint8)):
        assert measure_pixels(pixels, 1)["border"] == 0
    # and therefore the paper counts
    assert measure_pixels(drawing(), 1)["brightness"] > 0.95


def test_pillar_boxes_beside_a_plain_sky_and_floor():
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[:, 50:250] = shipped("chelsea.png")[:200, 100:300]
    pixels[:20, 50:250], pixels[-20:, 50:250] = 230, 90
    assert measure_pixels(pixels, 1)["border"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("sigma", [5, 10, 30])
def test_noise_of_a_flat_image_by_hand(sigma):
    flat = np.full((256, 256, 3), 128, np.uint8)
    assert measure_pixels(noisy(flat, sigma), 1)["noise"] * 255 == pytest.approx(sigma, rel=0.05)


@pytest.mark.parametrize("name", ["grass.png", "gravel.png", "brick.png", "text.png"])
def test_texture_is_no_noise(name):
    assert measure_pixels(shipped(name), 1)["noise"] == 2 / 255
    assert measure_pixels(noisy(shipped(name), 30), 1)["noise"] > 8 / 255


def test_lines_on_paper_are_no_noise():
    assert measure_pixels(drawing(), 1)["noise"] == 2 / 255


def test_blocks_by_hand_at_any_offset():
    # steps of 4 at each border; the other seven places have none
    board = 100 + 4 * (np.indices((16, 16)).sum(0) % 2)
    pixels = np.kron(board, np.ones((8, 8)))[..., None].repeat(3, 2).astype(np.uint8)
    assert measure_pixels(pixels, 1)["blockiness"] == pytest.approx(4 / 255)
    assert measure_pixels(pixels[3:, 5:], 1)["blockiness"] == pytest.approx(4 / 255)
    stripes = pixels[:8].repeat(16, 0)  # borders in one direction alone: half
    assert measure_pixels(stripes, 1)["blockiness"] == pytest.approx(2 / 255)


def test_blocks_grow_with_compression_and_with_nothing_else():
    import cv2

    pixels = shipped("astronaut.png")
    measured = [measure_pixels(jpeg(pixels, q), 1)["blockiness"] for q in (50, 20, 5)]
    assert 1 / 255 < measured[0] < measured[1] < measured[2]
    for other in (pixels, noisy(pixels, 20), cv2.GaussianBlur(pixels, (0, 0), 2), jpeg(pixels, 95)):
        assert measure_pixels(other, 1)["blockiness"] == 1 / 255


def test_large_images_are_reduced_to_the_same_numbers():
    pixels = Image.fromarray(shipped("chelsea.png"))
    one, other = (
        measure_pixels(np.asarray(pixels.resize(size, Image.Resampling.BICUBIC)), 1)
        for size in ((4201, 2795), (512, 341))
    )
    for name in ("brightness", "contrast", "saturation", "colorfulness", "warmth"):
        assert one[name] == pytest.approx(other[name], abs=0.01)
    assert one["sharpness"] == pytest.approx(other["sharpness"], abs=0.25)


def test_order_is_kept_over_batches_and_progress_ends_at_one(tmp_path):
    paths = []
    for number in range(150):
        path = tmp_path / f"{number}.png"
        Image.new("L", (8, 8), number).save(path)
        paths.append(str(path))
    Path(paths[130]).write_bytes(b"")
    seen = []
    values, reasons = measure_many(paths, threads=3, progress=lambda *one: seen.append(one))
    expected = np.arange(150) / 255
    expected[130] = np.nan
    np.testing.assert_allclose(values[:, NAMES.index("brightness")], expected, atol=1e-6)
    assert list(reasons) == [130]
    assert [share for share, _ in seen] == [128 / 150, 1.0]
    assert seen[-1][1] == "measured 150 of 150 images"


def test_nothing_to_measure_and_no_threads():
    values, reasons = measure_many([])
    assert values.shape == (0, len(PROPERTIES)) and reasons == {}
    with pytest.raises(ValueError, match="threads >= 1 or None, got 0"):
        measure_many(["a.png"], threads=0)


def test_a_file_that_vanishes_while_it_is_read_costs_at_most_itself(tmp_path, monkeypatch):
    paths = [str(tmp_path / name) for name in ("a.png", "b.png")]
    for path in paths:
        Image.new("RGB", (20, 20), "red").save(path)
    load = module.load_rgb

    def load_and_lose(path):
        image = load(path)
        os.unlink(path)
        return image

    monkeypatch.setattr(module, "load_rgb", load_and_lose)
    values, reasons = measure_many(paths)
    assert reasons == {} and (values[:, NAMES.index("file_size")] > 0).all()
    assert set(measure_many(paths)[1].values()) == {"file not found"}


def test_sketches_are_gray_but_neither_noisy_nor_framed():
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    styles = Path(os.environ.get("VISDIFF_SHARED", beside)) / "data" / "styles"
    if not (styles / "samples.csv").exists():
        pytest.skip("the photographs and sketches of PACS are not there (VISDIFF_SHARED)")
    with open(styles / "samples.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sketch, photo = (
        measure_many([str(styles / row["path"]) for row in rows if row["style"] == style][::6])[0]
        for style in ("sketch", "photo")
    )

    def auroc(name):
        a, b = (side[:, NAMES.index(name)] for side in (sketch, photo))
        return two_sample(a[np.isfinite(a)], b[np.isfinite(b)]).auroc

    assert auroc("saturation") < 0.05 and auroc("grayscale") > 0.95
    assert all(0.4 < auroc(name) < 0.6 for name in ("noise", "border", "blockiness"))
