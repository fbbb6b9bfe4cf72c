"""The table of settings as Markdown, for docs/settings.md; pure."""

from __future__ import annotations

from .config import SETTINGS, Config

_HEAD = "| setting | default | takes | in the form | what it does |\n|---|---|---|---|---|"


def settings_table() -> str:
    """Returns a line for each member of `Config`, in its order."""
    standard = Config()
    lines = [_HEAD]
    for name, described in SETTINGS.items():
        label = described.label if described.shown else ""
        default = getattr(standard, name)
        lines.append(
            f"| `{name}` | `{default!r}` | {described.allowed} | {label} | {described.described} |"
        )
    return "\n".join(lines)


def with_settings(page: str) -> str:
    """Returns a page with its table of settings as it is now.

    Raises:
        ValueError: if the page has no such table
    """
    before, head, rest = page.partition(_HEAD)
    if not head:
        raise ValueError("Expected a table of settings, got none.")
    after = rest.lstrip("\n").split("\n\n", 1)[1:]
    return f"{before}{settings_table()}\n" + (f"\n{after[0]}" if after else "")
