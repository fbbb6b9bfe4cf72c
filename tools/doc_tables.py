"""Writes the tables of docs/choosing.md and docs/settings.md anew, from what the library says."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from visdiff_plugin.catalog.page import with_tables  # noqa: E402
from visdiff_plugin.settings_page import with_settings  # noqa: E402

DOCS = ROOT / "docs"


if __name__ == "__main__":
    for name, renewed in (("choosing.md", with_tables), ("settings.md", with_settings)):
        page = DOCS / name
        page.write_text(renewed(page.read_text()))
