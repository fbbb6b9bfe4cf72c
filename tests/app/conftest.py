"""The App as a person uses it: a real server, a real MongoDB, Debian's chromium."""

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(str(item.fspath)).parents:
            item.add_marker("app")


@pytest.fixture(scope="session")
def chromium():
    """Returns the browser's program; skips, with the reason, where none can be had."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        pytest.fail("There is no chromium, though `make setup` can install it here: run it again.")
    pytest.skip("no chromium, and none can be installed here: the App was not tested")


@pytest.fixture(scope="session")
def demo():
    """The demo's dataset with its two runs, in this test run's database."""
    if "FIFTYONE_DATABASE_URI" not in os.environ:
        pytest.exit("These tests need a MongoDB: run them beside tools/with_mongo.py.", 2)
    sys.path.insert(0, str(TOOLS))
    try:
        import demo
    finally:
        sys.path.remove(str(TOOLS))
    assert demo.main() == 0
    import fiftyone as fo

    yield fo.load_dataset(demo.DATASET)
    fo.delete_dataset(demo.DATASET)


@pytest.fixture(scope="session")
def server(demo):
    """The App's server with this repository as its plugin; yields its address."""
    sys.path.insert(0, str(TOOLS))
    try:
        import app
        from mongo_server import free_port
    finally:
        sys.path.remove(str(TOOLS))
    port = free_port()
    process = app.start_server(port, app.link_plugin())
    try:
        app.wait_until_ready(process, port, threading.Event())
        yield f"http://{app.ADDRESS}:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except TimeoutError:
            process.kill()


@pytest.fixture(scope="session")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield launched
        launched.close()


@pytest.fixture
def open_app(browser, server, tmp_path):
    """Returns a function that opens a dataset as a new user would see it."""
    from walk import App

    opened = []

    def open_(dataset, **options):
        opened.append(App(browser, server, tmp_path, **options))
        opened[-1].open(dataset.name)
        return opened[-1]

    yield open_
    for app in opened:
        app.close()
