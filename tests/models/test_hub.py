"""Models that would have to come from a hub which is off, or does not answer."""

import socket
import time

import pytest
from huggingface_hub import constants
from PIL import Image

from visdiff_plugin.captioners import make_captioner
from visdiff_plugin.encoders.open_clip_encoder import OpenCLIPEncoder
from visdiff_plugin.encoders.sentence_encoder import SentenceEncoder
from visdiff_plugin.errors import ModelError
from visdiff_plugin.rankers.local_models import load_caption_asker

pytestmark = pytest.mark.models


@pytest.fixture(params=["off", "unreachable", "silent"])
def hub(request, monkeypatch, tmp_path):
    """A hub that is switched off, refuses connections, or accepts them and says nothing."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", request.param == "off")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    if request.param == "silent":
        server.listen(8)
    address = f"http://127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr("visdiff_plugin.torch_models._HUB_SECONDS", 1.0)
    yield request.param
    server.close()


@pytest.mark.timeout(120)
def test_a_model_that_can_not_be_had_fails_in_seconds(hub, tmp_path):
    path = str(tmp_path / "x.png")
    Image.new("RGB", (8, 8)).save(path)
    tries = {
        "blip": lambda: make_captioner("blip").caption([path]),
        "transformers": lambda: make_captioner("transformers:a/b").caption([path]),
        "open_clip": lambda: OpenCLIPEncoder("ViT-B-32").encode_images([path]),
        "hf-hub": lambda: OpenCLIPEncoder("hf-hub:a/b").encode_images([path]),
        "sentences": lambda: SentenceEncoder("a/b").encode_texts(["x"]),
        "questions": lambda: load_caption_asker("a/b", None, "cpu", None),
    }
    for name, attempt in tries.items():
        start = time.monotonic()
        with pytest.raises(ModelError, match="HF_HUB_OFFLINE") as error:
            attempt()
        assert time.monotonic() - start < 20, name
        assert ("can't be reached" in str(error.value)) is (hub != "off")
