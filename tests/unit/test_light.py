"""Importing the library loads nothing heavy, and its border to FiftyOne holds."""

import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "visdiff_plugin"
HEAVY = ("torch", "transformers", "open_clip", "openai", "fiftyone", "cv2", "skimage", "sklearn",
         "scipy.stats", "pandas", "pymongo", "ray", "pyarrow")  # fmt: skip


def loaded_after(statement):
    script = f"import sys; {statement}; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        cwd=LIBRARY.parent,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize(
    "statement",
    [
        "import visdiff_plugin",
        "from visdiff_plugin import compare, rank, Config, Run, VisDiffError",
        "import visdiff_plugin.engines.ray_engine, visdiff_plugin.engines.ray_worker",
        "import visdiff_plugin.captioners, visdiff_plugin.encoders, visdiff_plugin.proposers,"
        " visdiff_plugin.rankers, visdiff_plugin.properties",
    ],
)
def test_imports_are_light(statement):
    assert loaded_after(statement) == []


def test_every_public_name_is_there():
    import visdiff_plugin

    assert len(visdiff_plugin.__all__) <= 12
    for name in visdiff_plugin.__all__:
        assert getattr(visdiff_plugin, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = visdiff_plugin.nothing
