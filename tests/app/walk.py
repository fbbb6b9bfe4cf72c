"""What a person does in the App, waiting for what happens rather than for a while."""

import json
import re
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import expect

URI = "@visdiff/visdiff"

expect.set_options(timeout=60_000)

#: the App tells of its grid by an event; without a tooltip of another product in the way
_INIT = """
window.IS_PLAYWRIGHT = true;
localStorage['fiftyone-enterprise-tooltip-seen'] = 'true';
localStorage['mui-mode'] = %s;
document.addEventListener('grid-mount', () => { window.mounts = (window.mounts || 0) + 1; });
"""
#: resolves when the browser has nothing left to do and has drawn it
_DRAWN = """() => new Promise(done =>
    requestIdleCallback(() => requestAnimationFrame(() => requestAnimationFrame(done))))"""
#: what FiftyOne's own grid throws where it is left while images still come
_OF_THE_APP = ("entry is loading",)
PROMPT = "[data-cy=operators-prompt-modal]"
ANSWER = "[data-cy=operators-prompt-view-modal]"
#: what a first request may take: the server imports the library then
FIRST = 120_000


class App:
    """One browser window.

    Args:
        browser: of playwright
        server: its address
        folder: for downloads
        size: of the window, in pixels
        scheme: "dark" or "light"
        video: whether to record one into the folder
    """

    def __init__(self, browser, server, folder, size=(1500, 950), scheme="dark", video=False):
        width, height = size
        view = {"width": width, "height": height}
        more = {"record_video_dir": str(folder), "record_video_size": view} if video else {}
        self.context = browser.new_context(
            viewport=view, color_scheme=scheme, accept_downloads=True, **more
        )
        self.context.add_init_script(_INIT % json.dumps(scheme))
        self.context.route("**/*", self._only_here)
        self.page = self.context.new_page()
        self.server, self.folder, self.errors = server, Path(folder), []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.set_default_timeout(60_000)

    def _only_here(self, route):
        # the App's web fonts; no other host can be reached in tests
        if route.request.url.startswith((self.server, "data:", "blob:", "file:")):
            route.continue_()
        else:
            route.abort()

    def open(self, name):
        self.page.goto(f"{self.server}/datasets/{name}")
        self.page.wait_for_function("window.mounts > 0", timeout=FIRST)

    def close_sample(self):
        """Closes a sample's window; the App ignores the key while the window is being built."""
        window = self.page.locator("#modal.modalon")
        for _ in range(20):
            self.page.keyboard.press("Escape")
            try:
                return window.wait_for(state="detached", timeout=3_000)
            except Late:
                continue
        raise AssertionError("Expected the sample's window to close.")

    def close(self):
        self.context.close()
        assert [error for error in self.errors if error not in _OF_THE_APP] == []

    @contextmanager
    def new_grid(self):
        """Waits until the grid was built again by what is done inside."""
        before = self.page.evaluate("window.mounts")
        yield
        self.page.wait_for_function(f"window.mounts > {before}")

    def settle(self):
        """Waits until the browser has nothing left to do and has drawn it."""
        self.page.evaluate(_DRAWN)

    def count(self, n):
        """Waits until the grid says that it holds so many samples."""
        expect(self.page.get_by_text(re.compile(rf"^{n:,} samples?$")).first).to_be_visible()

    def prompt(self, label):
        """Opens an operator's form by its name, as from the list of operators."""
        self.page.keyboard.press("`")
        box = self.page.get_by_placeholder("Search operations by name...")
        box.fill(label)
        self.page.keyboard.press("Enter")
        return self.form()

    def press(self, operator):
        """Opens an operator's form by its button over the grid."""
        self.page.locator(f"[data-item-id='{URI}/{operator}']").click(timeout=FIRST)
        return self.form()

    def panel(self):
        """Opens the panel Differences, or finds it open: the App keeps its layout."""
        tab = self.page.locator("[data-cy=panel-tab-differences]")
        if not tab.count():
            self.page.locator("[data-cy=new-panel-btn]").first.click(timeout=FIRST)
            self.page.locator("[data-cy=new-panel-option-differences]").click()
        panel = Panel(self.page)
        expect(panel.root).to_be_visible(timeout=FIRST)
        return panel

    def form(self):
        """The form that is open, or about to be."""
        form = Form(self.page)
        expect(form.root).to_be_visible(timeout=FIRST)
        return form

    def told(self, text):
        """Waits for a notice at the edge of the window."""
        notice = self.page.locator(".MuiSnackbar-root, [class*=snackbar], [role=alert]")
        expect(notice.filter(has_text=text).first).to_be_visible()

    def answer(self, text):
        """Waits for the window with an answer, and returns all that it says."""
        window = self.page.locator(ANSWER)
        expect(window).to_contain_text(text, timeout=FIRST)
        said = window.inner_text()
        window.get_by_role("button", name="Done").click()
        expect(window).to_be_hidden()
        return said

    def shot(self, path):
        self.page.screenshot(path=str(path))


class Form:
    """An operator's form."""

    def __init__(self, page):
        self.page, self.root = page, page.locator(PROMPT)

    def field(self, label):
        """The control under a label."""
        title = self.root.get_by_text(label, exact=True).first
        return title.locator(
            "xpath=following::*[self::input[not(contains(@class,'MuiSelect'))] or self::textarea "
            "or @role='combobox'][1]"
        )

    def pick(self, label, choice):
        self.field(label).click()
        self.page.get_by_role("option", name=choice).first.click()
        return self

    def fill(self, label, text):
        self.field(label).fill(text)
        return self

    def says(self, text):
        expect(self.root).to_contain_text(text, timeout=FIRST)
        return self

    def execute(self):
        """Presses Execute until it goes away: while a form is worked out, the App ignores it."""
        button = self.root.get_by_role("button", name="Execute").first
        for _ in range(20):
            button.click()
            try:
                return button.wait_for(state="hidden", timeout=3_000)
            except Late:
                continue
        raise AssertionError(f"Expected the form to be executed: {self.root.inner_text()}")

    def cancel(self):
        self.root.get_by_role("button", name="Cancel").click()
        expect(self.root).to_be_hidden()


class Panel:
    """The panel Differences."""

    def __init__(self, page):
        self.page, self.root = page, page.locator("[data-cy=panel-content-differences]")

    def says(self, *texts):
        for text in texts:
            expect(self.root).to_contain_text(text, timeout=FIRST)
        return self

    def silent(self, text):
        expect(self.root).not_to_contain_text(text)
        return self

    def click(self, text, exact=True):
        self.root.get_by_text(text, exact=exact).first.click()
        return self

    def press(self, label, nth=0):
        self.root.get_by_label(label, exact=True).nth(nth).click()
        return self

    def choose(self, label):
        """Presses one of several, and waits until it is shown as the chosen one."""
        self.press(label)
        chosen = self.root.locator(".vd-on").filter(has_text=label)
        expect(chosen.first).to_be_visible()
        return self

    def fill(self, placeholder, text):
        self.root.get_by_placeholder(placeholder).fill(text)
        self.page.evaluate(_DRAWN)  # the App hands on what it has drawn, not what was typed
        return self
