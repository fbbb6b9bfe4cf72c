"""Writes the tables of docs/choosing.md anew, from the table of stages."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from visdiff_plugin.catalog.page import with_tables  # noqa: E402

PAGE = ROOT / "docs" / "choosing.md"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
