"""Serves the FiftyOne App with this repository as its plugin; run it beside tools/with_mongo.py.

The server is started directly, not through FiftyOne's own launcher, so that it ends with this
process, however that ends.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import pymongo
from mongo_server import dies_with_parent, port_is_free

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = "127.0.0.1"
START_SECONDS = 180.0
STOP_SECONDS = 15.0


def link_plugin() -> Path:
    """Returns a plugins folder that holds this repository alone, as a link."""
    plugins = ROOT / ".cache" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    link = plugins / "visdiff"
    if link.is_symlink():
        link.unlink()  # it may point to where the repository was before
    link.symlink_to(ROOT, target_is_directory=True)
    return plugins


def dataset_names() -> list[str]:
    """Returns the datasets of the database, without the slow import of FiftyOne."""
    uri, name = os.environ["FIFTYONE_DATABASE_URI"], os.environ["FIFTYONE_DATABASE_NAME"]
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(uri) as client:
        return sorted(client[name].datasets.distinct("name"))


def start_server(port: int, plugins: Path) -> subprocess.Popen[bytes]:
    """Starts the App's server; it listens some seconds later."""
    fiftyone = importlib.util.find_spec("fiftyone")
    if fiftyone is None or not fiftyone.submodule_search_locations:
        raise SystemExit("Expected FiftyOne to be installed, it is not. Run `make setup`.")
    return subprocess.Popen(
        [sys.executable, "main.py", "--port", str(port), "--address", ADDRESS],
        cwd=Path(fiftyone.submodule_search_locations[0]) / "server",
        env={**os.environ, "FIFTYONE_PLUGINS_DIR": str(plugins)},
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )


def wait_until_ready(server: subprocess.Popen[bytes], port: int, stop: threading.Event) -> None:
    """Returns once the server answers, or once it is to stop.

    Raises:
        SystemExit: if it ended, or did not answer in time
    """
    deadline = time.monotonic() + START_SECONDS
    while not stop.wait(0.2):
        if server.poll() is not None:
            raise SystemExit(f"The App's server ended with status {server.returncode}; see above.")
        try:
            with urllib.request.urlopen(f"http://{ADDRESS}:{port}/fiftyone", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"The App's server did not answer on port {port} in {START_SECONDS:.0f} s."
                ) from None


def serve(port: int, stop: threading.Event) -> None:
    """Runs the server until ``stop``, and prints its addresses.

    Raises:
        SystemExit: if the server ends by itself
    """
    server = start_server(port, link_plugin())
    try:
        wait_until_ready(server, port, stop)
        if not stop.is_set():
            print(f"The App is at http://{ADDRESS}:{port}")
            for name in dataset_names():
                print(f"  http://{ADDRESS}:{port}/datasets/{quote(name)}")
            print("`make demo` makes its dataset. Ctrl-C ends the App.", flush=True)
        while not stop.wait(0.5):
            if server.poll() is not None:
                raise SystemExit(f"The App's server ended with status {server.returncode}.")
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def main() -> int:
    """Serves until Ctrl-C; returns the exit status."""
    port = int(os.environ.get("PORT", "5151"))
    if "FIFTYONE_DATABASE_URI" not in os.environ:
        raise SystemExit("Expected FIFTYONE_DATABASE_URI, it is not set. Run `make app`.")
    if not port_is_free(port):
        raise SystemExit(f"Port {port} is in use. Choose another: make app PORT={port + 1}")
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handle)
    serve(port, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
