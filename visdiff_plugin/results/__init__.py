"""What a comparison found: frozen, JSON-safe, and readable as text or a table."""

from ..account import Skipped
from .difference import Difference
from .run import SCHEMA_VERSION, Run

__all__ = ["SCHEMA_VERSION", "Difference", "Run", "Skipped"]
