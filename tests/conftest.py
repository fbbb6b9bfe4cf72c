"""What all tests share: quick property-based tests, real photographs, a tiny open_clip model."""

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(os.environ.get("VISDIFF_SHARED", Path(__file__).resolve().parents[2] / "shared"))

# enough to find what breaks easily; HYPOTHESIS_PROFILE=thorough looks longer
settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Keeps what tests measure and make out of the user's own cache."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(scope="session", autouse=True)
def _no_key():
    """Keeps the user's own key and server out of all tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VISDIFF_SERVER_KEYS", "VISDIFF_REPORTS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def shared():
    """Returns the folder of real photographs, or skips."""
    if not SHARED.is_dir():
        pytest.skip(f"the real photographs are not at {SHARED} (VISDIFF_SHARED names the folder)")
    return SHARED


@pytest.fixture(scope="session")
def minidual(shared):
    """Returns the small real image-text encoder and captioner, as it is."""
    sys.path.insert(0, str(shared / "models" / "minidual"))
    try:
        from minidual import MiniDual
    finally:
        sys.path.pop(0)
    return MiniDual()


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """An open_clip architecture of its own, and a checkpoint of it."""
    import open_clip
    import torch

    folder = tmp_path_factory.mktemp("clip")
    config = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 8,
                       "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2,
                     "layers": 2},
    }  # fmt: skip
    (folder / "tiny-test-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder / "tiny-test-clip.json")
    torch.manual_seed(4)
    model = open_clip.create_model("tiny-test-clip")
    torch.save(model.state_dict(), folder / "checkpoint.pt")
    return "tiny-test-clip", str(folder / "checkpoint.pt")
