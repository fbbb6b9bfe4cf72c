"""What an OpenAI-compatible server answers: completions, rejections, and nonsense; pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ServerError
from ..stages import Usage
from ..storable import storable
from .answers import Token
from .failures import RejectedError as RejectedError
from .failures import SilentError as SilentError
from .failures import error_text, failure_of, status_error
from .failures import shortened as shortened
from .thoughts import answer_text, thinks

#: where a server puts thinking that it took out of the answer
_THINKING = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thoughts")
#: of a probability that is none
_LEAST_LOG = -1e4
#: what servers say of an answer that the token limit cut off
_CUT = ("length", "max_tokens", "max_output_tokens", "model_length", "token_limit")
#: what a model that says nothing needs
_LESS_THINKING = (
    "Raise max_tokens, or turn the model's thinking off: it may have spent all its tokens on that."
)

# A rejected option is named by the server, in ``param`` or in its message; these are the words.
# The order matters where a message names two: "use 'max_completion_tokens' instead".
_REJECTED: Mapping[str, tuple[str, ...]] = {
    "response_format": ("response_format", "json_schema", "structured output", "grammar"),
    "temperature": ("temperature",),
    "seed": ("seed",),
    "max_tokens": ("max_tokens",),
    "max_completion_tokens": ("max_completion_tokens",),
    "system": ("system role", "system message", "role 'system'", 'role "system"'),
}


@dataclass(frozen=True)
class ChatReply:
    """One answer of a chat model.

    Args:
        text: what it said, without thoughts and markup, and storable; never empty
        usage: tokens as the server counted them, 0 where it did not
        model: the model as the server named it, which need not be the one asked for
        tokens (None): its tokens with their probabilities, where these were asked for and given
        cut (False): whether the token limit cut it off and nothing shows where thinking ended:
            it may all be thoughts
    """

    text: str
    usage: Usage
    model: str
    tokens: tuple[Token, ...] | None = None
    cut: bool = False


def read_completion(body: str, model: str, server: str = "") -> ChatReply:
    """Reads a chat completion; servers that only look compatible end here.

    Args:
        body: the HTTP body of an answer with status 200
        model: the model that was asked
        server (""): the server's address, for messages

    Raises:
        ServerError: if the body is no chat completion, or reports that the server failed
        CredentialsError: if it reports a refused key; as each error that `status_error` knows
        RejectedError: if the model refuses or says nothing
    """
    reported = failure_of(body)
    if reported is not None:
        raise status_error(reported, model, server)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _nonsense(body) from error
    choices = data.get("choices") if isinstance(data, dict) else None
    choice: Any = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise _nonsense(body)
    reason = choice.get("finish_reason")
    if message.get("refusal") or reason == "content_filter":
        said = shortened(str(message.get("refusal") or "stopped by the content filter"))
        raise RejectedError(f"Model {model!r} refuses to answer: {said}")
    content = storable(_content(message.get("content")))
    text = answer_text(content)
    cut = str(reason).casefold() in _CUT
    if not text:
        raise _silence(model, reason, cut, thinks(content) or _thought(message))
    reported = error_text(text)
    if reported is not None:
        raise status_error(reported, model, server)
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    tokens = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
    served = shortened(str(data.get("model") or model))
    apart = thinks(content) or _thought(message)
    return ChatReply(
        text, Usage(1, *tokens), served, _tokens(choice.get("logprobs")), cut and not apart
    )


def blamed(error: Any, request: Mapping[str, Any], rejected: frozenset[str]) -> str | None:
    """Returns which optional part of a request the server rejects, or None.

    Args:
        error: the SDK's error for an HTTP status
        request: what was sent
        rejected: parts left out already
    """
    if error.status_code not in (400, 422):
        return None
    sent = {name for name in _REJECTED if name in request}
    if any(message.get("role") == "system" for message in request["messages"]):
        sent.add("system")
    parameter = str(error.param or "").split(".")[0]
    if parameter in sent:
        return parameter
    text = f"{error.message} {error.body}".lower()
    for name, words in _REJECTED.items():
        if name in sent and any(word in text for word in words):
            return name
    # Some servers only say "bad request": structured output is what they most often lack.
    return "response_format" if "response_format" in sent - rejected else None


def _nonsense(body: str) -> ServerError:
    got = f"it begins {shortened(body, 120)!r}" if body.strip() else "it is empty"
    return ServerError(
        f"Expected a chat completion as JSON, got: {got}.",
        "Check that the server is OpenAI-compatible; its address usually ends in /v1.",
    )


def cut_off(model: str, text: str) -> SilentError:
    """Returns the error of an answer that the token limit cut off and that may be all thoughts.

    Args:
        model: the model's name
        text: what it said
    """
    return SilentError(
        f"Expected an answer from {model!r}, got one that the token limit cut off: "
        f"{shortened(text, 120)!r}.",
        _LESS_THINKING,
    )


def _silence(model: str, reason: Any, cut: bool, thought: bool) -> SilentError:
    why = "it only thought" if thought else "it is empty"
    return SilentError(
        f"Expected an answer from model {model!r}, got none: {why} (finish_reason {reason!r}).",
        _LESS_THINKING if cut or thought else "",
    )


def _thought(message: Mapping[str, Any]) -> bool:
    """Whether a server gives thoughts beside the answer."""
    parts = message.get("content")
    own = isinstance(parts, list) and any(_is_thought(part) for part in parts)
    return own or any(message.get(name) for name in _THINKING)


def _is_thought(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in ("thinking", "reasoning", "thought")


def _content(content: Any) -> str:
    if isinstance(content, list):  # some servers answer in parts
        content = "".join(
            str(part.get("text") or "")
            for part in content
            if isinstance(part, dict) and not _is_thought(part)
        )
    return content if isinstance(content, str) else ""


def _tokens(logprobs: Any) -> tuple[Token, ...] | None:
    """Returns the tokens of an answer; None where the server gives none, or nonsense."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or not content:
        return None
    tokens = []
    for token in content:
        own = _chance(token)
        others = token.get("top_logprobs") if isinstance(token, dict) else None
        chances = [_chance(other) for other in others] if isinstance(others, list) else []
        if own is None or None in chances:
            return None
        known = [chance for chance in chances if chance is not None]
        # a sampled token need not be among the likeliest
        among = known if own[0] in dict(known) else [*known, own]
        tokens.append(Token(own[0], tuple(among)))
    return tuple(tokens)


def _chance(token: Any) -> tuple[str, float] | None:
    if not isinstance(token, dict) or not isinstance(token.get("token"), str):
        return None
    value = token.get("logprob")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    # whole numbers in JSON may be larger than any float
    return token["token"], math.exp(max(min(value, 0.0), _LEAST_LOG))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
