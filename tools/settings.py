"""Writes the table of docs/settings.md anew, from what `Config` says of its members."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from visdiff_plugin.settings_page import with_settings  # noqa: E402

PAGE = ROOT / "docs" / "settings.md"


if __name__ == "__main__":
    PAGE.write_text(with_settings(PAGE.read_text()))
