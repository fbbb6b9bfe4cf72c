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


def importers(*packages):
    """Modules of the library, by path, that import one of some packages."""
    starts = tuple(f"{word} {package}" for package in packages for word in ("import", "from"))
    return {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if any(line.strip().startswith(starts) for line in path.read_text().splitlines())
    }


def test_only_the_border_imports_fiftyone():
    assert importers("fiftyone") == {
        "encoders/zoo_encoder.py",
        "samples.py",
        "sets/fields.py",
        "sets/finding.py",
        "storing/own_fields.py",
    }


def test_only_the_ray_engine_imports_ray():
    found = importers("ray", "pyarrow")
    assert found and all(one.startswith("engines/ray_") for one in found)


def test_only_models_and_what_they_share_import_model_libraries():
    found = importers("torch", "transformers", "open_clip", "openai")
    folders = ("captioners/", "encoders/", "proposers/", "rankers/")
    beside = {one for one in found if not one.startswith(folders)}
    assert beside == {"chat/client.py", "torch_models.py"}


def test_one_file_imports_numba():
    assert importers("numba") == {"evidence/columns_kernel.py"}


PURE = """evidence/* ranking.py distinct.py exhibits.py selection.py wording.py rounds/sampling.py
rounds/surest.py rounds/holdout.py inputs/labels.py sets/grammar.py sets/ends.py chat/prompts.py
chat/question_prompts.py chat/parsing.py chat/reply_json.py chat/reply.py chat/answers.py
estimating/prices.py estimating/text.py reports/[!p]* evaluation/measures.py evaluation/results.py
evaluation/show.py""".split()


def test_what_is_pure_reads_and_writes_nothing():
    pure = {
        path.relative_to(LIBRARY).as_posix()
        for one in PURE
        for path in LIBRARY.glob(one)
        if path.suffix == ".py"
    }
    assert len(pure) > len(PURE)
    doing = ("pathlib", "shutil", "socket", "subprocess", "tempfile", "pymongo", "PIL")
    assert sorted(pure & importers(*doing)) == []
    assert [one for one in pure if "open(" in (LIBRARY / one).read_text()] == []
