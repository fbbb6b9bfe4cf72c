"""What all tests share: quick property-based tests, and the folder of real photographs."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(os.environ.get("VISDIFF_SHARED", Path(__file__).resolve().parents[2] / "shared"))

# enough to find what breaks easily; HYPOTHESIS_PROFILE=thorough looks longer
settings.register_profile("quick", max_examples=40, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


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
