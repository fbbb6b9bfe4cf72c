"""Datasets of small real files in a private MongoDB; everything here needs one."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(str(item.fspath)).parents:
            item.add_marker("mongo")


@pytest.fixture(scope="session", autouse=True)
def _mongo():
    if "FIFTYONE_DATABASE_URI" not in os.environ:
        pytest.exit("These tests need a MongoDB: run them beside tools/with_mongo.py.", 2)


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """A plugins folder with this repository, as a user links it."""
    import fiftyone as fo

    folder = tmp_path_factory.mktemp("plugins")
    (folder / "visdiff").symlink_to(Path(__file__).resolve().parents[2], target_is_directory=True)
    before = fo.config.plugins_dir
    fo.config.plugins_dir = str(folder)
    yield folder
    fo.config.plugins_dir = before


@pytest.fixture
def make_dataset(tmp_path):
    """Returns a function that makes a dataset of flat colored images, tagged by color."""
    import fiftyone as fo

    made = []

    def make(n=60, colors=("red", "blue"), **fields):
        from fakes import COLORS

        rng = np.random.default_rng(0)
        dataset = fo.Dataset(f"visdiff-test-{os.getpid()}-{len(made)}-{tmp_path.name}")
        made.append(dataset.name)
        samples = []
        for color in colors:
            for number in range(n):
                pixels = np.clip(
                    np.array(COLORS[color]) * 150 + rng.normal(60, 25, (8, 8, 3)), 0, 255
                )
                path = tmp_path / f"{dataset.name}-{color}-{number}.png"
                Image.fromarray(pixels.astype(np.uint8)).save(path)
                samples.append(fo.Sample(filepath=str(path), tags=[color], **fields))
        dataset.add_samples(samples, progress=False)
        for color in colors:
            dataset.save_view(color, dataset.match_tags(color))
        return dataset

    yield make
    for name in made:
        if name in fo.list_datasets():
            fo.delete_dataset(name)


@pytest.fixture
def dataset(make_dataset):
    return make_dataset()


@pytest.fixture
def load_shared(shared):
    """Returns a function that makes a dataset of one of the shared folders."""
    import fiftyone as fo

    made = []

    def load(folder, keep=lambda row: True, **to_field):
        dataset = fo.Dataset(f"visdiff-test-{os.getpid()}-{folder}-{len(made)}")
        made.append(dataset.name)
        with open(shared / "data" / folder / "samples.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if keep(row)]
        dataset.add_samples(
            [
                fo.Sample(
                    filepath=str(shared / "data" / folder / row["path"]),
                    **{field: make(row) for field, make in to_field.items()},
                )
                for row in rows
            ],
            progress=False,
        )
        return dataset

    yield load
    for name in made:
        if name in fo.list_datasets():
            fo.delete_dataset(name)


@pytest.fixture
def stored_run(dataset):
    """A run whose first differences tell red images from blue ones by their labels."""
    import fiftyone as fo

    import visdiff_plugin as visdiff

    labels = [fo.Classification(label=f"{tags[0]} thing") for tags in dataset.values("tags")]
    dataset.set_values("truth", labels)
    return visdiff.compare(dataset, "red", "blue", "run", preset="offline", captioner="field:truth")


@pytest.fixture
def browser(plugins, dataset):
    """The panel's other side: events go in, what the App is asked for comes out."""
    from panel_browser import Browser

    return Browser(dataset)
