"""Proposals from images through a real server on loopback, from real image files."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from chat_server import ChatServer, failure
from PIL import Image

from visdiff_plugin.chat.reply import RejectedError
from visdiff_plugin.errors import CredentialsError, ProposerError
from visdiff_plugin.proposers import make_proposer
from visdiff_plugin.proposers.image_vlm import ImageProposer
from visdiff_plugin.stages import Images, Proposer, Usage

ANSWER = json.dumps({"differences": ["red walls", "Red walls", "brick", "clay"]})
GRAY = (128, 128, 128)


def shade(side, number):
    """A color that says which set and which image it is."""
    return (200, 10 * number, 0) if side == "a" else (0, 10 * number, 200)


@pytest.fixture
def sets(tmp_path):
    """Returns a function that makes two sets of flat images, each of a shade of its own."""

    def make(n_a, n_b, size=(60, 60)):
        found = []
        for side, n in (("a", n_a), ("b", n_b)):
            paths = [str(tmp_path / f"{side}{number}.png") for number in range(n)]
            for number, path in enumerate(paths):
                Image.new("RGB", size, shade(side, number)).save(path)
            found.append(Images([*map(str, range(n))], paths))
        return found

    return make


def decoded(url):
    assert url.startswith("data:image/jpeg;base64,")
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")


def close(pixel, color):
    return max(abs(one - other) for one, other in zip(pixel, color, strict=True)) <= 4


def ask(server, a, b, **options):
    return ImageProposer("m", base_url=server.base_url, max_retries=0, **options).propose(a, b)


def test_separate_images_follow_their_labels(sets):
    a, b = sets(4, 3, (1200, 600))
    with ChatServer(ANSWER) as server:
        reply = ask(server, a, b, n=2, context="walls", image_side=100)
    assert list(reply.proposals) == ["red walls", "brick"]
    assert reply.text == ANSWER and reply.usage == Usage(1, 100, 10)
    (request,) = server.requests
    system, user = request.body["messages"]
    assert system["role"] == "system" and "you see the images" in system["content"]
    parts = user["content"]
    labeled = [(label["text"], decoded(image["image_url"]["url"]))
                for label, image in zip(parts[:-1:2], parts[1:-1:2], strict=True)]  # fmt: skip
    wanted = [("A", number) for number in range(4)] + [("B", number) for number in range(3)]
    assert len(labeled) == 7
    for (text, picture), (group, number) in zip(labeled, wanted, strict=True):
        assert text == f"Group {group}, image {number + 1}:"
        assert picture.size == (100, 50)
        assert close(picture.getpixel((50, 25)), shade(group.lower(), number))
    assert "Name up to 2 concepts" in parts[-1]["text"] and "walls" in parts[-1]["text"]
    assert request.body["response_format"]["type"] == "json_schema"


def test_the_papers_grid(sets):
    a, b = sets(20, 20)
    with ChatServer(ANSWER) as server:
        ask(server, a, b, layout="grid")
    (request,) = server.requests
    (url,) = request.images
    grid = decoded(url)
    assert grid.size == (2560, 1024)
    for side, first in (("a", 0), ("b", 2)):
        for number in range(20):
            row, column = divmod(number, 10)
            center = (column * 256 + 128, (first + row) * 256 + 128)
            assert close(grid.getpixel(center), shade(side, number)), (side, number)
    assert "Rows 1 to 2, from the top, are Group A; rows 3 to 4 are Group B" in request.text


def test_sets_of_other_sizes_and_shapes_in_the_grid(sets):
    a, b = sets(12, 3, (80, 40))
    with ChatServer(ANSWER) as server:
        ask(server, a, b, layout="grid", tile=80)
    (request,) = server.requests
    grid = decoded(request.images[0])
    assert grid.size == (800, 240) and "Rows 1 to 2" in request.text
    assert "rows 3 to 3 are Group B" in request.text
    assert close(grid.getpixel((120, 120)), shade("a", 11))  # second row, second tile
    assert close(grid.getpixel((40, 200)), shade("b", 0))
    assert close(grid.getpixel((40, 163)), GRAY)  # above the wide image: nothing is cut off
    assert close(grid.getpixel((600, 120)), GRAY) and close(grid.getpixel((600, 200)), GRAY)


def test_no_more_images_than_the_model_takes(sets):
    a, b = sets(9, 9)
    with ChatServer(ANSWER) as server:
        proposer = ImageProposer("m", base_url=server.base_url, max_images=7)
        proposer.propose(a, b)
    assert proposer.most_images == 3 and len(server.requests[0].images) == 6


def test_files_that_are_no_images_are_left_out(sets, tmp_path):
    a, b = sets(3, 3)
    (tmp_path / "a1.png").write_bytes(b"not an image")
    with ChatServer(ANSWER) as server:
        ask(server, a, b)
        assert len(server.requests[0].images) == 5
        (tmp_path / "a0.png").unlink()
        with pytest.raises(ProposerError, match="2 images of set A that can be read, got 1"):
            ask(server, a, b)
        assert len(server.requests) == 1


def test_a_model_that_takes_no_images_and_one_that_refuses(sets):
    a, b = sets(2, 2)
    with ChatServer(failure(400, "image input is not supported")) as server:
        with pytest.raises(RejectedError, match="not supported"):
            ask(server, a, b)
    with ChatServer("I'm sorry, I can't help with that.") as server:
        with pytest.raises(ProposerError, match="I'm sorry"):
            ask(server, a, b)


def test_by_name_and_without_the_key_in_what_is_recorded():
    with pytest.raises(CredentialsError, match="OPENAI_API_KEY"):
        make_proposer("images:m")
    spec = {"name": "images:v", "layout": "grid", "api_key": "sk-secret", "max_images": 10}
    proposer = make_proposer(spec, n=3, context="cats")
    assert isinstance(proposer, Proposer) and proposer.needs == "paths"
    assert proposer.parameters | {"model": "v", "layout": "grid", "n": 3, "context": "cats",
                                  "max_images": 10} == proposer.parameters  # fmt: skip
    assert "sk-secret" not in json.dumps(proposer.parameters)
    for options in ({"layout": "mosaic"}, {"max_images": 3}, {"tile": 0}, {"n": 0}):
        with pytest.raises(ValueError, match="layout|max_images >= 4"):
            make_proposer({"name": "images:v", "base_url": "http://localhost/v1", **options})


@pytest.mark.parametrize("layout", ["separate", "grid"])
def test_pairs_are_said_and_lose_both_where_one_can_not_be_read(sets, layout):
    a, b = (replace(one, pairs=[5, 6, 7, 8]) for one in sets(4, 4))
    Path(b.paths[1]).write_text("no image")
    with ChatServer(ANSWER) as server:
        ask(server, a, b, layout=layout, tile=40)
        ask(server, replace(a, pairs=None), b, layout=layout, tile=40)
    paired, plain = server.requests
    assert "image 1 of Group A belongs to image 1 of Group B" in paired.text
    assert "belongs" not in plain.text
    assert ("from left to right" in paired.text) == (layout == "grid")
    if layout == "separate":
        middles = [decoded(url).getpixel((30, 30)) for url in paired.images]
        wanted = [shade(side, number) for side in "ab" for number in (0, 2, 3)]
        assert len(middles) == 6
        assert all(close(middle, other) for middle, other in zip(middles, wanted, strict=True))
        assert len(plain.images) == 7
