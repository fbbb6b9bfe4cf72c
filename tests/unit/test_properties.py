"""Measured numbers: hand values, planted faults on real photographs, any odd image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from visdiff_plugin.inputs.measured import label_candidates, object_candidates, property_candidates
from visdiff_plugin.properties.catalog import OBJECT_PROPERTIES, PROPERTIES
from visdiff_plugin.properties.measure import measure, measure_many, measure_pixels

NAMES = [measured_property.name for measured_property in PROPERTIES]


def flat(r, g, b, size=64):
    return np.full((size, size, 3), (r, g, b), np.uint8)


def framed(pixels, width, color=250):
    out = pixels.copy()
    out[:width] = out[-width:] = color
    out[:, :width] = out[:, -width:] = color
    return out


@pytest.fixture(scope="module")
def photograph():
    """A real photograph that scikit-image ships: a cat, 451 x 300."""
    from pathlib import Path

    import skimage.data

    with Image.open(Path(skimage.data.__file__).parent / "chelsea.png") as file:
        return np.asarray(file.convert("RGB"), np.uint8)


def test_the_catalog_is_complete_and_in_order():
    assert list(measure_pixels(flat(9, 9, 9), 100)) == NAMES
    every = [*PROPERTIES, *OBJECT_PROPERTIES]
    wordings = [words for one in every for words in (one.high, one.low)]
    assert len(set(wordings)) == 2 * len(every) and all(text.islower() for text in
        (words.replace("HSV", "").lower() for words in wordings))  # fmt: skip
    assert all(one.name.isidentifier() and one.doc and one.unit for one in every)


def test_hand_values_of_flat_colors():
    red = measure_pixels(flat(200, 0, 0), 8192)
    assert red["brightness"] == pytest.approx(0.299 * 200 / 255, abs=0.003)
    assert (red["contrast"], red["saturation"], red["grayscale"]) == (0, 1, 0)
    assert (red["reds"], red["blues"], red["greens"]) == (1, 0, 0)
    assert red["warmth"] == pytest.approx(200 / 255)
    assert (red["aspect_ratio"], red["file_size"], red["bytes_per_pixel"]) == (0, 8.192, 2)
    assert red["resolution"] == 64 * 64 / 1e6 and np.isnan(red["sharpness"])
    for color, name in (((0, 0, 200), "blues"), ((0, 200, 0), "greens"),
                         ((200, 150, 0), "yellows"), ((200, 0, 200), "purples")):  # fmt: skip
        assert measure_pixels(flat(*color), 1)[name] == 1
    gray = measure_pixels(flat(128, 128, 128), 1)
    assert (gray["grayscale"], gray["saturation"], gray["colorfulness"]) == (1, 0, 0)
    # Hasler and Suesstrunk by hand for one color: no spread, 0.3 * hypot(rg, yb)
    assert red["colorfulness"] == pytest.approx(0.3 * np.hypot(200, 100) / 255, abs=1e-6)


def test_contrast_of_a_chessboard_is_half():
    board = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((8, 8)))[..., None] * 255
    assert measure_pixels(np.repeat(board, 3, 2).astype(np.uint8), 1)["contrast"] == 0.5


def test_frames_and_bars(photograph):
    assert measure_pixels(photograph, 1)["border"] == 0
    height, width = photograph.shape[:2]
    for color in (0, 120, 250):
        found = measure_pixels(framed(photograph, 20, color), 1)["border"]
        assert found == pytest.approx(1 - (height - 40) * (width - 40) / (height * width), abs=0.01)
    bars = photograph.copy()
    bars[:30] = bars[-30:] = 0
    assert measure_pixels(bars, 1)["border"] == pytest.approx(60 / height, abs=0.01)
    sky = photograph.copy()
    sky[:90] = 250  # plain at the top alone is no frame
    assert measure_pixels(sky, 1)["border"] == 0
    assert measure_pixels(flat(9, 9, 9), 1)["border"] == 0


def test_a_frame_does_not_change_what_is_inside(photograph):
    plain, inside = measure_pixels(photograph[20:-20, 20:-20], 1), None
    inside = measure_pixels(framed(photograph, 20), 1)
    for name in ("brightness", "saturation", "sharpness", "noise"):
        assert inside[name] == pytest.approx(plain[name], abs=0.02)


def test_each_fault_moves_its_own_number(photograph):
    import cv2

    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, photograph.shape)
    base = measure_pixels(photograph, 1)

    def after(pixels):
        return measure_pixels(np.clip(pixels, 0, 255).astype(np.uint8), 1)

    blurred = [after(cv2.GaussianBlur(photograph, (0, 0), sigma)) for sigma in (1.5, 3, 6)]
    sharpness = [base["sharpness"], *(one["sharpness"] for one in blurred)]
    assert sharpness == sorted(sharpness, reverse=True) and sharpness[0] - sharpness[1] > 0.5
    noisy = [after(photograph + sigma * noise) for sigma in (5, 15, 40)]
    measured = [one["noise"] * 255 for one in noisy]
    # luma of noise that is independent in R, G and B: times hypot(.299, .587, .114)
    assert measured[1:] == pytest.approx(0.6686 * np.array([15, 40]), rel=0.05)
    # fur hides part of weak noise: understated, by a fifth at most, and never overstated
    assert 0.8 < measured[0] / (0.6686 * 5) < 1
    # noise is no sharpness: under a fifth of what a slight blur changes
    assert abs(noisy[1]["sharpness"] - base["sharpness"]) < (sharpness[0] - sharpness[1]) / 5
    dark = after(photograph * 0.4)
    assert dark["brightness"] == pytest.approx(0.4 * base["brightness"], abs=0.01)
    for name in ("sharpness", "saturation", "grayscale"):
        assert dark[name] == pytest.approx(base[name], abs=0.08)
    gray = after(np.repeat(photograph.mean(2, keepdims=True), 3, 2))
    assert gray["grayscale"] == 1 and gray["brightness"] == pytest.approx(
        base["brightness"], abs=0.05
    )


def test_sharpness_does_not_depend_on_resolution(photograph):
    large = np.asarray(Image.fromarray(photograph).resize((2000, 1330), Image.Resampling.BICUBIC))
    small = np.asarray(Image.fromarray(photograph).resize((512, 340), Image.Resampling.BICUBIC))
    one, other = (measure_pixels(pixels, 1)["sharpness"] for pixels in (large, small))
    assert one == pytest.approx(other, abs=0.25)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_any_image_gives_numbers(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    found = measure_pixels(pixels, 10)
    undefined = {name for name, value in found.items() if not np.isfinite(value)}
    assert undefined <= {"sharpness", "saturation", "grayscale"}
    assert 0 <= found["border"] < 1 and 0 <= found["brightness"] <= 1


def test_files_of_every_mode_and_bad_ones(tmp_path):
    paths = []
    for mode in ("RGB", "L", "P", "RGBA", "1", "I;16", "CMYK"):
        path = tmp_path / f"{mode.replace(';', '')}.{'tif' if mode in ('CMYK', 'I;16') else 'png'}"
        if mode == "I;16":
            Image.fromarray(np.full((20, 20), 30_000, np.uint16)).save(path)
        else:
            Image.new(mode, (20, 20)).save(path)
        paths.append(str(path))
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    values, reasons = measure_many([*paths[:2], str(bad), str(tmp_path / "none"), *paths[2:]])
    assert (
        set(reasons) == {2, 3} and "not an image" in reasons[2] and reasons[3] == "file not found"
    )
    assert np.isnan(values[2:4]).all() and np.isfinite(values[[0, 1, *range(4, 9)], 0]).all()
    assert values[0, NAMES.index("file_size")] * 1000 == (tmp_path / "RGB.png").stat().st_size
    with pytest.raises(OSError):
        measure(str(bad))


def test_candidates_are_worded_for_what_is_unusual_and_constants_left_out():
    values = np.zeros((10, len(PROPERTIES)))
    values[:, NAMES.index("brightness")] = [0.5] * 8 + [0.1, 0.2]
    values[:, NAMES.index("noise")] = [0.01] * 8 + [0.2, 0.3]
    values[:, NAMES.index("file_size")] = values[:, NAMES.index("bytes_per_pixel")] = range(10)
    found = property_candidates("visdiff_properties", values)
    assert [item.candidate.description for item in found] == [
        "darker images", "noisier images", "larger files",
    ]  # fmt: skip
    assert found[0].scores.tolist() == [-0.5] * 8 + [-0.1, -0.2]
    assert found[0].candidate.measure == "visdiff_properties.brightness"


def test_labels_as_candidates():
    names = [{"dog"}] * 6 + [{"cat"}] * 3 + [{"dog", "cat"}] * 3 + [None] + [set()] * 4
    found = label_candidates("truth", names)
    assert [item.candidate.description for item in found] == ["dog (truth)", "cat (truth)"]
    assert np.isnan(found[0].scores[12]) and found[0].scores[:13].tolist()[:6] == [1.0] * 6
    assert np.nansum(found[1].scores) == 6
    objects = object_candidates("boxes", np.array([[1, 0.5], [9, 0.5], [1, np.nan]]))
    assert [one.candidate.description for one in objects] == ["more labeled objects (boxes)"]


def test_the_page_names_every_property_with_its_words():
    from pathlib import Path

    page = (Path(__file__).resolve().parents[2] / "docs" / "properties.md").read_text()
    for measured_property in (*PROPERTIES, *OBJECT_PROPERTIES):
        assert (
            f"| `{measured_property.name}` | {measured_property.high} | {measured_property.low} "
            f"| {measured_property.fact.described if measured_property.fact else ''} "
            f"| {measured_property.unit} | {measured_property.doc} |" in page
        )


def test_a_label_of_two_values_is_one_row():
    names = [{"day"} if number % 3 else {"night"} for number in range(30)] + [None]
    [night] = label_candidates("time", names)
    assert night.candidate.description == "night (time)"
    assert np.nansum(night.scores) == 10 and np.isnan(night.scores[-1])
    both = [{"day", "night"}, *names]  # an image with both: neither says all of the other
    assert len(label_candidates("time", both)) == 2
