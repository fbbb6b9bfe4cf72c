"""Captions through a real server on loopback, from real image files."""

import base64
import io
import json

import pytest
from chat_server import (
    BROKEN,
    HANGS_UP,
    UNAUTHORIZED,
    Answer,
    ChatServer,
    completion,
    failure,
)
from PIL import Image

from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.captioners.openai_captioner import OpenAICaptioner
from visdiff_plugin.chat.prompts import CAPTION_PROMPT, CAPTION_STYLES
from visdiff_plugin.errors import CredentialsError, ModelError, ServerError
from visdiff_plugin.stages import Captioner, Missing, Usage, parameters_of

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def paths(tmp_path):
    found = []
    for color, value in COLORS.items():
        found.append(str(tmp_path / f"{color}.png"))
        Image.new("RGB", (40, 20), value).save(found[-1])
    return found


def captioner(server, **options):
    return OpenAICaptioner("m", base_url=server.base_url, **{"max_retries": 0, **options})


def sent(request):
    (url,) = request.images
    assert url.startswith("data:image/jpeg;base64,")
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def color_of(request):
    pixel = sent(request).convert("RGB").resize((1, 1)).getpixel((0, 0))
    if max(pixel) - min(pixel) < 60:
        return "gray"
    return list(COLORS)[pixel.index(max(pixel))]


def seen(request):
    return f"a {color_of(request)} wall"


def test_captions_come_in_order_and_at_the_same_time(paths):
    def slow_first(request):
        answer = completion(seen(request))
        return Answer(body=answer.body, delay=0.3 if color_of(request) == "red" else 0.05)

    with ChatServer(slow_first) as server:
        captions = captioner(server, concurrency=3, prompt="What?").caption([*paths, *paths])
    assert captions == ["a red wall", "a green wall", "a blue wall"] * 2
    assert 1 < server.most_at_once <= 3
    assert all(request.text == "What?" for request in server.requests)


def test_usage_is_summed_and_the_served_model_kept(paths):
    with ChatServer(seen) as server:
        asked = captioner(server)
        before = parameters_of(asked)
        asked.caption(paths)
        asked.caption(paths[:1])
    assert parameters_of(asked) == before
    assert asked.usage == Usage(4, 400, 40) and asked.served == "served-model-1"
    assert asked.caption([]) == [] and isinstance(asked, Captioner)


def test_images_are_sent_upright_and_small(tmp_path):
    path = str(tmp_path / "turned.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1000, 400), "red").save(path, exif=exif)
    with ChatServer(seen) as server:
        captioner(server, image_side=100).caption([path])
    image = sent(server.requests[0])
    assert image.size == (40, 100) and not image.getexif()


def test_a_small_image_is_not_enlarged(paths):
    with ChatServer(seen) as server:
        captioner(server).caption(paths[:1])
    assert sent(server.requests[0]).size == (40, 20)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (failure(400, "image too strange"), "image too strange"),
        (completion(None, refusal="I can't look at this."), "refuses to answer"),
        (completion("x", finish_reason="content_filter"), "content filter"),
        (completion(""), "got none"),
        (completion("<|im_end|>"), "empty"),
        (BROKEN, "500"),
    ],
)
def test_what_concerns_one_image_costs_only_that(paths, answer, words):
    with ChatServer(
        lambda request: answer if color_of(request) == "green" else seen(request)
    ) as server:
        red, green, blue = captioner(server, concurrency=1).caption(paths)
    assert (red, blue) == ("a red wall", "a blue wall")
    assert isinstance(green, Missing) and words in green.reason


def test_files_that_are_no_images(paths, tmp_path):
    (tmp_path / "text.jpg").write_text("no image")
    bad = [str(tmp_path / "text.jpg"), str(tmp_path / "gone.jpg")]
    with ChatServer(seen) as server:
        asked = captioner(server)
        first, second, third = asked.caption([bad[0], paths[0], bad[1]])
        assert all(isinstance(one, Missing) for one in asked.caption(bad))
    assert second == "a red wall" and len(server.requests) == 1
    assert "not an image" in first.reason and third == Missing("file not found")


@pytest.mark.parametrize("answer", [BROKEN, HANGS_UP, Answer(body="<html>")])
def test_a_server_that_is_down_is_not_asked_for_every_image(paths, answer):
    with ChatServer(answer) as server, pytest.raises(ServerError):
        captioner(server, concurrency=4).caption(paths * 30)
    assert len(server.requests) <= 3 + 4


def test_what_was_captioned_before_the_server_went_down_is_kept(paths):
    with ChatServer(BROKEN, first=["one", "two"]) as server:
        captions = captioner(server, concurrency=1).caption(paths * 5)
        assert captions[:2] == ["one", "two"]
        assert all(isinstance(caption, Missing) for caption in captions[2:])
        assert "500" in captions[2].reason and "not asked" in captions[-1].reason
        assert len(server.requests) == 5
        with pytest.raises(ServerError):
            captioner(server).caption(paths)


@pytest.mark.parametrize(
    ("answer", "error"), [(UNAUTHORIZED, CredentialsError), (failure(404, "no model"), ModelError)]
)
def test_what_concerns_all_images_is_raised_soon(paths, answer, error):
    with ChatServer(answer) as server, pytest.raises(error) as caught:
        captioner(server, concurrency=2).caption(paths * 20)
    assert type(caught.value) is error and len(server.requests) <= 4


def test_a_model_that_takes_no_images(paths):
    with ChatServer(failure(400, "images are not supported")) as server:
        with pytest.raises(ModelError, match="Choose a vision model.*|even a plain one"):
            captioner(server, concurrency=1).caption(paths * 10)
    assert len(server.requests) == 2


def test_one_odd_image_first_is_told_from_that(paths):
    def reply(request):
        return failure(400, "odd") if color_of(request) == "red" else seen(request)

    with ChatServer(reply) as server:
        captions = captioner(server, concurrency=1).caption([paths[0], paths[0], paths[1]])
    assert [type(caption) for caption in captions] == [Missing, Missing, str]
    assert [color_of(request) for request in server.requests] == ["red", "gray", "red", "green"]


def test_no_key_is_wanted_before_the_first_caption(paths):
    asked = make_captioner("openai:gpt-4o")
    assert asked.name == "gpt-4o"
    with pytest.raises(CredentialsError, match="OPENAI_API_KEY"):
        asked.caption(paths)


def test_parameters_say_what_changes_captions_and_no_secret():
    spec = {"name": "openai", "base_url": "http://joe:pw@localhost/v1", "api_key": "sk-secret"}
    asked = make_captioner({**spec, "prompt": "What?", "image_side": 300})
    found = parameters_of(asked)
    assert found["prompt"] == "What?" and found["image_side"] == 300
    assert found["base_url"] == "http://localhost/v1"
    text = json.dumps(found) + repr(asked)
    assert "sk-secret" not in text and "pw" not in text


@pytest.mark.parametrize("style", CAPTION_STYLES)
def test_a_style_is_another_question_and_another_caption(paths, style):
    with ChatServer(seen) as server:
        asked = make_captioner({"name": "openai:m", "base_url": server.base_url, "style": style})
        assert asked.caption(paths) == ["a red wall", "a green wall", "a blue wall"]
    assert {request.text for request in server.requests} == {CAPTION_STYLES[style]}
    assert parameters_of(asked)["style"] == style
    plain = parameters_of(make_captioner({"name": "openai:m", "base_url": server.base_url}))
    assert parameters_of(asked) != plain


def test_captions_that_are_stored_stay_valid():
    # these decide whether a stored caption is still valid: a new member would void all of them
    assert parameters_of(make_captioner("openai:m")) == {
        "prompt": CAPTION_PROMPT, "image_side": 512, "temperature": 0.0, "seed": 0,
        "max_tokens": 300, "base_url": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [({"concurrency": 0}, "concurrency"), ({"image_side": 0}, "image_side"),
     ({"prompt": " "}, "Expected a prompt"), ({"style": "long"}, "short, detailed, aspects"),
     ({"style": "short", "prompt": "What?"}, "a prompt or a style, got both")],
)  # fmt: skip
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        OpenAICaptioner("m", **options)


THOUGHT = "The user wants a caption. The photo shows"
SILENT = [
    completion("", finish_reason="length"),
    completion("<think>a wall", finish_reason="length"),
    completion(THOUGHT, finish_reason="length"),
    completion("<|im_end|>"),
    completion("..."),
]


@pytest.mark.parametrize("answer", SILENT)
def test_a_model_that_says_nothing_is_not_asked_for_every_image(paths, answer):
    with ChatServer(answer) as server, pytest.raises(ModelError, match="Expected") as raised:
        captioner(server, concurrency=4).caption(paths * 30)
    assert len(server.requests) <= 5 + 3
    length = '"length"' in answer.body
    assert ("Raise max_tokens" in str(raised.value)) == length


def test_a_model_that_says_nothing_now_and_then_is_asked_on(paths):
    answers = [completion("", finish_reason="length")] * 4 + ["a wall"]
    with ChatServer(answers) as server:
        captions = captioner(server, concurrency=1).caption(paths * 5)
    assert len(server.requests) == 15 and captions.count("a wall") == 3
    with ChatServer(SILENT[0], first=["a wall"]) as server:
        captions = captioner(server, concurrency=1).caption(paths * 20)
    # it did speak once: what it said is kept, and more patience is shown
    assert captions[0] == "a wall" and len(server.requests) == 21
    assert "20 answers in a row said nothing" in captions[-1].reason


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ('{"error": {"code": 429, "message": "slow down"}}', ServerError),
        ('{"error": {"code": 401, "message": "bad key"}}', CredentialsError),
        ('{"error": "model not found"}', ModelError),
    ],
)
def test_an_error_inside_an_answer_is_that_error(paths, said, error):
    for answer in (Answer(body=said), completion(said)):
        with ChatServer(answer) as server, pytest.raises(error) as raised:
            captioner(server, concurrency=2).caption(paths * 20)
        assert type(raised.value) is error and len(server.requests) <= 4
