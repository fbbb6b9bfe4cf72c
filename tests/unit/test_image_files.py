"""Files of every kind: each is read right, or left out with its true reason; none is waited for."""

import io
import os
import socket
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from visdiff_plugin.dataset.copies import same_files
from visdiff_plugin.files import open_file
from visdiff_plugin.images import decode, fits_twelve_bits, load_rgb, problem, read_size
from visdiff_plugin.properties.measure import measure, measure_many
from visdiff_plugin.proposers.image_vlm import _readable
from visdiff_plugin.reports.pictures import read as read_pictures
from visdiff_plugin.stages import Missing


def saved(path, image, **options):
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(path, **options)
    return str(path)


@pytest.fixture
def colors():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))


@pytest.fixture
def specials(tmp_path):
    """Paths that are no regular files, and what is said of each."""
    fifo, sock, loop = (str(tmp_path / name) for name in ("pipe.jpg", "socket.jpg", "loop.jpg"))
    os.mkfifo(fifo)
    os.symlink(loop, loop)
    os.symlink(fifo, tmp_path / "link.jpg")
    served = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(tmp_path)  # a socket's path must be short
    served.bind("socket.jpg")
    os.chdir(before)
    yield {
        fifo: "not an image: a pipe",
        str(tmp_path / "link.jpg"): "not an image: a pipe",
        sock: "not an image: a socket",
        "/dev/zero": "not an image: a device",
        str(tmp_path): "not an image: a folder",
        loop: "file not found: its links lead in a circle",
        str(tmp_path / ("x" * 300)): "file not found: its name is too long",
        str(tmp_path / "gone.jpg"): "file not found",
        f"{fifo}/x.jpg": "file not found: a part of its path is no folder",
    }
    served.close()


@pytest.mark.timeout(60)
def test_only_regular_files_are_opened(specials, tmp_path, colors):
    good = saved(tmp_path / "good.png", colors)
    for path, said in specials.items():
        assert problem(path) == said
        with pytest.raises(OSError):
            open_file(path)
        assert fits_twelve_bits(path) is None
    paths = [*specials, good]
    made = [value for _, value in decode(paths)]
    assert [value.reason for value in made[:-1]] == list(specials.values())
    assert not isinstance(made[-1], Missing)
    values, reasons = measure_many(paths)
    assert list(reasons.values()) == list(specials.values()) and np.isfinite(values[-1, 0])
    assert list(_readable(paths, 100)) == [len(specials)]
    assert list(read_pictures({path: path for path in paths})) == [good]
    codes, _ = same_files(paths, [5] * len(paths))
    assert codes.tolist() == list(range(len(paths)))


def test_a_file_without_permission_is_said_so(tmp_path, colors, monkeypatch):
    path = saved(tmp_path / "x.png", colors)
    os.chmod(path, 0)
    if os.access(path, os.R_OK):  # nothing is forbidden to root

        def refused(*args):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refused)
    assert problem(path) == "file can't be read: permission denied"


@pytest.mark.parametrize(
    "name", ["two\nlines.png", "tab\t'quote'.png", "\udcff\udcfe.png", " .png"]
)
def test_odd_names_are_names(tmp_path, colors, name):
    try:
        path = saved(tmp_path / name, colors)
    except OSError:
        pytest.skip("this file system refuses the name")
    assert problem(path) is None and read_size(path) == (60, 40)
    assert measure_many([path])[1] == {}


def test_names_that_can_not_be_are_reasons(tmp_path):
    for path in ("a\0b.png", "\ud800.png", ""):
        assert problem(path)
        assert measure_many([path])[1][0]


@pytest.mark.parametrize("kind", ["profile", "text", "compressed", "international"])
def test_a_png_with_more_words_than_pillow_takes_is_read(tmp_path, colors, kind):
    words, info = "x" * 3_000_000, PngImagePlugin.PngInfo()
    options = {}
    if kind == "profile":
        options["icc_profile"] = os.urandom(100) * 20_000
    elif kind == "international":
        info.add_itxt("k", words, zip=True)
    else:
        for number in range(1 if kind == "compressed" else 30):
            info.add_text(f"k{number}", words, zip=kind == "compressed")
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "x.png", colors, pnginfo=info, exif=exif, **options)
    with pytest.raises(ValueError), Image.open(path) as file:
        file.load()
    turned = np.rot90(np.asarray(colors), -1)
    assert np.array_equal(np.asarray(load_rgb(path)), turned)
    assert measure_many([path])[1] == {}


def test_the_shared_png_with_a_large_profile(shared):
    import cv2

    path = str(shared / "cases" / "large_profile.png")
    with pytest.raises(ValueError, match="Decompressed data too large"), Image.open(path):
        pass
    assert np.array_equal(np.asarray(load_rgb(path)), cv2.imread(path)[..., ::-1])


def test_twelve_bits_are_read_right_where_the_file_says_so(tmp_path):
    values = np.array([[0, 2048, 4095, 1024]], np.uint16)
    path = tmp_path / "packed.tiff"
    path.write_bytes(packed_tiff(values))
    assert np.asarray(load_rgb(str(path)))[0, :, 0].tolist() == [0, 128, 255, 64]
    assert fits_twelve_bits(str(path)) is None


def packed_tiff(values):
    """Returns a grayscale TIFF of twelve bits a pixel, two in three bytes."""
    pairs = values.reshape(-1, 2).astype(int)
    data = bytes(
        byte for one, two in pairs for byte in (one >> 4, (one & 15) << 4 | two >> 8, two & 255)
    )
    height, width = values.shape
    tags = [(256, 3, width), (257, 3, height), (258, 3, 12), (259, 3, 1), (262, 3, 1),
            (273, 4, 8), (277, 3, 1), (278, 3, height), (279, 4, len(data))]  # fmt: skip
    body = data + b"\0" * (len(data) % 2)
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<HH" if kind == 3 else "<I",
                                                        *((value, 0) if kind == 3 else (value,)))
        for tag, kind, value in tags
    )  # fmt: skip
    head = struct.pack("<2sHI", b"II", 42, 8 + len(body))
    return head + body + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


def test_fewer_bits_than_the_container_has_are_noticed(tmp_path):
    rng = np.random.default_rng(0)
    for most, fewer in ((1023, True), (4095, True), (65535, False)):
        gray = rng.integers(0, most + 1, (20, 20)).astype(np.uint16)
        gray[0, 0] = most
        for ending in ("png", "tiff"):
            path = saved(tmp_path / f"{most}.{ending}", gray)
            assert fits_twelve_bits(path) is fewer
        import cv2

        path = str(tmp_path / f"color-{most}.png")
        cv2.imwrite(path, np.stack([gray] * 3, -1))
        assert fits_twelve_bits(path) is fewer
        path = str(tmp_path / f"color-{most}.tiff")
        cv2.imwrite(path, np.stack([gray] * 3, -1))
        assert fits_twelve_bits(path) is fewer
    assert fits_twelve_bits(saved(tmp_path / "8.png", np.full((4, 4), 9, np.uint8))) is None
    assert not fits_twelve_bits(saved(tmp_path / "0.png", np.zeros((4, 4), np.uint16)))
    (tmp_path / "no.png").write_text("no image")
    assert fits_twelve_bits(str(tmp_path / "no.png")) is None


def test_gaps_of_plugins_are_reasons(tmp_path):
    dds = struct.pack("<4sIIIIIII44xII4s20xIIIII", b"DDS ", 124, 0x1007, 4, 4, 0, 0, 0, 32, 4,
                      b"ZZZZ", 0x1000, 0, 0, 0, 0)  # fmt: skip
    (tmp_path / "x.dds").write_bytes(dds + bytes(64))
    assert problem(str(tmp_path / "x.dds")).startswith("a kind of image that can't be decoded: ")
    blp = io.BytesIO()
    Image.new("P", (4, 4)).save(blp, "BLP")
    data = bytearray(blp.getvalue())
    data[4:8] = struct.pack("<i", 77)
    (tmp_path / "x.blp").write_bytes(data)
    assert problem(str(tmp_path / "x.blp")).startswith("a kind of image that can't be decoded: ")
    avif = io.BytesIO()
    Image.new("RGB", (8, 8)).save(avif, "AVIF")
    for cut in (60, 200, 250):
        (tmp_path / "x.avif").write_bytes(avif.getvalue()[:cut])
        assert problem(str(tmp_path / "x.avif"))
    several = np.zeros((4, 4, 3), np.float32)
    import cv2

    cv2.imwrite(str(tmp_path / "float.tiff"), several)
    said = "not an image: a damaged TIFF, or a kind of it that can't be decoded"
    assert problem(str(tmp_path / "float.tiff")) == said
    (tmp_path / "empty.png").touch()
    assert problem(str(tmp_path / "empty.png")) == "not an image: an empty file"


@pytest.mark.filterwarnings("ignore")
def test_no_damage_ends_a_run(tmp_path, colors):
    """Bytes of every format that Pillow writes, changed or cut: a reason or an image."""
    Image.init()
    rng = np.random.default_rng(0)
    path = tmp_path / "x"
    reasons = 0
    for name in sorted(set(Image.SAVE) - {"EPS", "PDF"}):  # these would start other programs
        buffer = io.BytesIO()
        try:
            colors.save(buffer, name)
        except (OSError, ValueError, KeyError, RuntimeError):
            continue
        whole = np.frombuffer(buffer.getvalue(), np.uint8)
        for number in range(40):
            bad = whole.copy()
            at = rng.integers(0, min(len(bad), 120), 3)
            bad[at] = rng.integers(0, 256, 3)
            path.write_bytes(bad[: None if number % 4 else rng.integers(0, len(bad))].tobytes())
            said = problem(str(path))
            assert said is None or said.strip()
            reasons += said is not None
    assert reasons > 300


def test_modes_that_cameras_and_printers_write(tmp_path, colors):
    colors = colors.resize((5, 4)).resize((60, 40), Image.Resampling.BICUBIC)
    gray = np.asarray(colors.convert("L"))
    close = {"cmyk.jpg": ("CMYK", 9), "cmyk.tiff": ("CMYK", 1), "gray.png": ("L", 0),
             "bits.png": ("1", 0), "bits.tiff": ("1", 0), "ycc.jpg": ("YCbCr", 9),
             "alpha.png": ("LA", 0), "palette.gif": ("P", 9), "p.png": ("P", 9)}  # fmt: skip
    for name, (mode, most) in close.items():
        image = colors.convert(mode)
        path = saved(tmp_path / name, image)
        off = np.abs(np.asarray(load_rgb(path), int) - np.asarray(image.convert("RGB"), int))
        assert off.mean() <= most, name
    lab = Image.merge("LAB", [Image.new("L", (4, 4), value) for value in (137, 128, 128)])
    red, green, blue = load_rgb(saved(tmp_path / "lab.tiff", lab)).getpixel((0, 0))
    assert max(red, green, blue) - min(red, green, blue) <= 6 and 110 < green < 145
    float_path = saved(tmp_path / "float.tiff", gray.astype(np.float32) / 255)
    assert np.abs(np.asarray(load_rgb(float_path))[..., 0].astype(int) - gray).max() <= 1
    frames = [Image.new("RGB", (6, 4), color) for color in ("red", "blue")]
    for ending in ("gif", "png", "webp", "tiff"):
        path = tmp_path / f"moving.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        red, _, blue = load_rgb(str(path)).getpixel((0, 0))
        assert red > 200 > 60 > blue


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 2), (2, 1), (3, 3), (1, 40_000), (70_000, 1), (9, 5000)]
)
def test_any_size_is_measured(tmp_path, size):
    path = saved(tmp_path / "x.png", Image.new("RGB", size, (9, 99, 200)))
    measured = measure(path)
    assert measured["resolution"] == pytest.approx(size[0] * size[1] / 1e6)
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)
    assert measure_many([saved(tmp_path / "y.png", noise)])[1] == {}


def test_a_header_that_promises_too_much_is_refused_before_it_is_decoded(tmp_path):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        check = struct.pack(">I", zlib.crc32(name + data))
        parts.append(struct.pack(">I", len(data)) + name + data + check)
    (tmp_path / "x.png").write_bytes(b"".join(parts))
    assert problem(str(tmp_path / "x.png")) == "image too large to decode"


def test_postscript_is_not_run(tmp_path, colors, monkeypatch):
    import subprocess

    path = saved(tmp_path / "drawing.eps", colors)
    for name in ("Popen", "run", "check_call", "check_output"):
        monkeypatch.setattr(subprocess, name, lambda *args, **kwargs: pytest.fail("it was run"))
    assert "is a program, which is not run" in problem(path)
    # whatever its name says
    (tmp_path / "photo.png").write_bytes((tmp_path / "drawing.eps").read_bytes())
    assert "is a program" in problem(str(tmp_path / "photo.png"))
