import threading

import numpy as np
import pytest
from PIL import Image

from visdiff_plugin.images import decode, load_rgb, problem
from visdiff_plugin.stages import Missing


@pytest.fixture
def photo(tmp_path):
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 12, 3), np.uint8))
    path = tmp_path / "photo.jpg"
    coarse.resize((600, 400), Image.Resampling.BICUBIC).save(path, quality=95)
    return path


def _save(tmp_path, values, name="gray.png", **options):
    Image.fromarray(values).save(tmp_path / name, **options)
    return str(tmp_path / name)


def test_a_whole_image_has_no_problem(photo):
    assert problem(str(photo)) is None


def test_what_is_wrong_is_said_in_words(photo, tmp_path):
    png = tmp_path / "whole.png"
    Image.open(photo).save(png)
    for source in (photo, png):
        whole = source.read_bytes()
        cut = tmp_path / f"cut{source.suffix}"
        cut.write_bytes(whole[: len(whole) // 2])
        assert problem(str(cut)) == "truncated"
    text = tmp_path / "text.jpg"
    text.write_text("not an image")
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert problem(str(tmp_path / "gone.jpg")) == "file not found"
    assert problem(str(text)).startswith("not an image")
    assert problem(str(empty)).startswith("not an image")
    assert problem(str(tmp_path)) == "not an image: a folder"
    assert problem("a\0b.jpg").startswith("not an image")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("suffix", ["png", "gif", "bmp", "tiff", "webp", "ppm"])
def test_damaged_bytes_are_a_problem_or_an_image_but_never_an_exception(photo, tmp_path, suffix):
    good = tmp_path / f"good.{suffix}"
    Image.open(photo).resize((60, 40)).save(good)
    whole = np.frombuffer(good.read_bytes(), np.uint8)
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(150):
        bad = whole.copy()
        at = rng.integers(0, min(len(bad), 200), 4)
        bad[at] = rng.integers(0, 256, 4)
        file = tmp_path / f"bad.{suffix}"
        file.write_bytes(bad.tobytes())
        said = problem(str(file))
        assert said is None or said.strip()
        found += said is not None
    assert found > 10  # the faults were really planted


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    path = _save(tmp_path, np.zeros((64, 64), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert problem(path) == "image too large to decode"


def test_the_exif_orientation_is_applied(tmp_path):
    values = np.zeros((4, 8, 3), np.uint8)
    values[:, :4] = 255  # left half white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    image = load_rgb(_save(tmp_path, values, exif=exif))
    assert image.size == (4, 8)
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((0, 7)) == (0, 0, 0)


def test_transparent_pixels_are_white(tmp_path):
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = (255, 0, 0, 255)
    rgba[1, 1] = (0, 0, 0, 128)
    image = load_rgb(_save(tmp_path, rgba))
    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == (255, 0, 0)
    assert image.getpixel((1, 0)) == (255, 255, 255)
    assert image.getpixel((1, 1)) == (127, 127, 127)
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "p.png", transparency=1)
    image = load_rgb(str(tmp_path / "p.png"))
    assert [image.getpixel((x, 0)) for x in (0, 1)] == [(10, 20, 30), (255, 255, 255)]


def test_gray_of_16_bits_is_scaled_alike_for_every_image(tmp_path):
    dark = np.array([[0, 257 * 10], [257 * 20, 257 * 40]], np.uint16)
    for name in ("d.png", "d.tiff"):
        assert np.asarray(load_rgb(_save(tmp_path, dark, name)))[..., 0].tolist() == [
            [0, 10], [20, 40]
        ]  # fmt: skip
    full = np.array([[65535]], np.uint16)
    assert load_rgb(_save(tmp_path, full)).getpixel((0, 0)) == (255, 255, 255)


def test_floating_point_tiffs(tmp_path):
    values = np.array([[0, 0.5], [1, np.nan]], np.float32)
    image = load_rgb(_save(tmp_path, values, "f.tiff"))
    assert np.asarray(image)[..., 1].tolist() == [[0, 128], [255, 0]]


def test_reduced_decoding_keeps_the_least_side_and_the_picture(photo, tmp_path):
    whole = load_rgb(str(photo))
    small = load_rgb(str(photo), min_side=100)
    assert small.size == (150, 100)
    assert load_rgb(str(photo), min_side=101).size == (300, 200)
    assert load_rgb(str(photo), min_side=5000).size == (600, 400)
    expected = np.asarray(whole.resize(small.size, Image.Resampling.BOX), float)
    assert np.abs(np.asarray(small, float) - expected).mean() < 2
    with pytest.raises(ValueError, match="min_side"):
        load_rgb(str(photo), min_side=0)


def test_decoding_keeps_the_order_and_isolates_what_is_unreadable(photo, tmp_path):
    paths = []
    for value in range(20):
        paths.append(_save(tmp_path, np.full((2, 2), value, np.uint8), f"{value}.png"))
    (tmp_path / "7.png").write_text("broken")
    paths[11] = str(tmp_path / "gone.png")
    made = list(decode(paths, lambda image: image.getpixel((0, 0))[0], threads=3))
    assert [path for path, _ in made] == paths
    values = [value for _, value in made]
    assert isinstance(values.pop(11), Missing)
    assert isinstance(values.pop(7), Missing)
    assert values == [number for number in range(20) if number not in (7, 11)]


def test_no_more_than_ahead_images_wait(photo):
    lock, begun = threading.Lock(), []

    def count(image):
        with lock:
            begun.append(1)

    stream = decode([str(photo)] * 30, count, threads=2, ahead=5)
    next(stream)
    stream.close()
    assert 1 <= len(begun) <= 5


def test_an_error_of_the_transform_is_not_blamed_on_the_file(photo):
    def broken(image):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        list(decode([str(photo)], broken, threads=2))


def test_decoding_wants_a_thread():
    with pytest.raises(ValueError, match="threads"):
        decode([], threads=0)
