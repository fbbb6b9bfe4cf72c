"""Takes the pictures of the README: the App on the demo, as a person walks through it.

Run it beside tools/with_mongo.py; `make pictures` does. It needs chromium and playwright.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "app")]

PICTURES = ROOT / "docs" / "app"
SIZE = (1500, 950)
#: of the moving picture: its width in pixels, and milliseconds a step
_WIDTH, _STEP = 900, 1800


#: every picture is there, those of the grid too
_LOADED = """() => document.querySelectorAll('canvas[canvas-loaded]').length > 0 &&
    [...document.images].every(one => one.complete) &&
    [...document.querySelectorAll('canvas[canvas-loaded]')].every(
        one => one.getAttribute('canvas-loaded') === 'true')"""


class Album:
    """Keeps pictures, and the steps of the moving one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Image.Image] = []
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, app: Any, name: str | None = None) -> None:
        """Takes a picture once all that was asked for has come; a name keeps it as a file."""
        app.page.wait_for_function(_LOADED)
        app.settle()
        app.page.wait_for_timeout(500)  # what still moves comes to rest
        picture = Image.open(io.BytesIO(app.page.screenshot())).convert("RGB")
        if name:
            picture.save(self.folder / f"{name}.jpg", quality=82, optimize=True)
        self.steps.append(picture)

    def save_walk(self, name: str) -> None:
        """Writes the steps as one moving picture."""
        height = round(_WIDTH * SIZE[1] / SIZE[0])
        small = [step.resize((_WIDTH, height), Image.Resampling.LANCZOS) for step in self.steps]
        # one palette for all: colors must not jump from step to step
        strip = Image.new("RGB", (_WIDTH, height * len(small)))
        for place, one in enumerate(small):
            strip.paste(one, (0, place * height))
        palette = strip.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        frames = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in small]
        frames[0].save(
            self.folder / f"{name}.gif",
            save_all=True,
            append_images=frames[1:],
            duration=[_STEP] * (len(frames) - 1) + [2 * _STEP],
            loop=0,
            optimize=True,
        )


def walk(browser: Any, server: str, name: str, folder: Path) -> None:
    """Walks from the empty panel to a filtered grid, and takes pictures on the way."""
    from walk import App

    album = Album(folder)
    app = App(browser, server, tempfile.mkdtemp(), size=SIZE)
    app.open(name)
    panel = app.panel().says("Compare two sets")
    album.take(app, "empty")
    panel.press("Compare two sets")
    form = app.form().pick("A", "Tag").pick("A: tag", "misclassified")
    form.says("Before it runs").says("everything else")
    album.take(app, "form")
    form.execute()
    app.answer("differences supported")
    panel.says("How the pictures look", "noisier images")
    album.take(app, "run")
    panel.click("darker images").says("Photos that show it best")
    album.take(app, "difference")
    panel.root.get_by_text("Photos from a score on").scroll_into_view_if_needed()
    album.take(app)
    with app.new_grid():
        panel.press("Sort the grid by it")
    album.take(app, "sorted")
    panel.choose("A only")
    album.take(app)
    with app.new_grid():
        panel.press("Show these photos")
    album.take(app)
    album.save_walk("walk")
    app.close()


def main() -> int:
    """Makes the demo's dataset without a run, serves it, and takes the pictures."""
    import app as served
    import demo
    from mongo_server import free_port
    from playwright.sync_api import sync_playwright

    import visdiff_plugin as visdiff

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("Expected chromium, found none. Run `make setup`.")
    if demo.main() != 0:
        raise SystemExit("Expected the demo to find what was planted; see above.")
    import fiftyone as fo

    dataset = fo.load_dataset(demo.DATASET)
    for key in visdiff.list_runs(dataset):
        visdiff.delete(dataset, key)
    port = free_port()
    process = served.start_server(port, served.link_plugin())
    try:
        served.wait_until_ready(process, port, threading.Event())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
            )
            walk(browser, f"http://{served.ADDRESS}:{port}", dataset.name, PICTURES)
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
        fo.delete_dataset(demo.DATASET)
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:,.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
