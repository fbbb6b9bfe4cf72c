"""Questions about images through a real server on loopback."""

import base64
import io

import numpy as np
import pytest
from chat_server import ChatServer, failure
from PIL import Image
from questions import asked, ranker

from visdiff_plugin.errors import ModelError
from visdiff_plugin.stages import Images, parameters_of

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def pictures(tmp_path):
    paths = []
    for color, value in COLORS.items():
        paths.append(str(tmp_path / f"{color}.png"))
        Image.new("RGB", (900, 300), value).save(paths[-1])
    return Images(list(COLORS), paths)


def sees(request):
    (url,) = request.images
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")
    pixel = image.resize((1, 1)).getpixel((0, 0))
    if max(pixel) - min(pixel) < 60:
        return "yes"
    return "yes" if list(COLORS)[pixel.index(max(pixel))] in asked(request)[1] else "no"


def test_images_are_shown_small_and_asked_about(pictures):
    with ChatServer(sees) as server:
        asking = ranker(server, "image_question", image_side=90)
        scored = asking.score(pictures, ["red wall", "blue or green wall"])
        sizes = {
            Image.open(io.BytesIO(base64.b64decode(request.images[0].partition(",")[2]))).size
            for request in server.requests
        }
    assert scored.scores.tolist() == [[1, 0], [0, 1], [0, 1]] and sizes == {(90, 30)}
    assert asking.needs == "paths" and asking.name == "image_question (m)"
    assert parameters_of(asking)["image_side"] == 90


def test_a_file_that_is_no_image_is_counted_once(pictures, tmp_path):
    (tmp_path / "text.jpg").write_text("no image")
    some = Images([*pictures.ids, "bad", "gone"],
                  [*pictures.paths, str(tmp_path / "text.jpg"), "/nowhere.png"])  # fmt: skip
    with ChatServer(sees) as server:
        scored = ranker(server, "image_question").score(some, ["red", "blue", "green"])
        assert len(server.requests) == 9
    assert np.isnan(scored.scores[3:]).all() and np.isfinite(scored.scores[:3]).all()
    assert sorted((left.what, left.count, left.examples) for left in scored.skipped) == [
        ("sample", 1, ("bad",)), ("sample", 1, ("gone",))]  # fmt: skip


def test_a_model_that_takes_no_images(pictures):
    with ChatServer(failure(400, "images are not supported")) as server:
        with pytest.raises(ModelError, match=r"even a plain question.*Choose a vision model"):
            ranker(server, "image_question", concurrency=1).score(pictures, ["red"] * 20)
    assert len(server.requests) == 2
