"""What tests of rankers that ask share: the ranker at a server, and what it was asked."""

from __future__ import annotations

from typing import Any

from chat_server import ChatServer, Request

from visdiff_plugin.rankers import make_ranker


def ranker(server: ChatServer, kind: str = "caption_question", **options: Any) -> Any:
    """Returns a ranker of the model `m` at a server."""
    spec = {"name": f"{kind}:m", "base_url": server.base_url, "max_retries": 0, **options}
    return make_ranker(spec, None)


def asked(request: Request) -> tuple[str, str]:
    """Reads caption and description out of a question, as a model would."""
    text = request.text
    caption = text.partition("<caption>")[2].partition("</caption>")[0]
    return caption, text.partition("<description>")[2].partition("</description>")[0]
