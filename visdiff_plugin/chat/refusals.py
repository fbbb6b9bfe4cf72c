"""What a server's HTTP status means, in words and with what to do; pure."""

from __future__ import annotations

import re

from ..errors import CredentialsError, ModelError, ServerError
from .reply import RejectedError

_IMAGES = re.compile(
    r"(support|accept|take|allow|handle|process|available)\w*\b[^.]{0,60}\b(image|vision|multimodal|multi-modal)"
    r"|(image|vision|multimodal|multi-modal)\w*\b[^.]{0,60}\b(support|accept|allow|unsupported|available)"
    r"|\b(not|no)\b[^.]{0,20}\b(vision|multimodal) model|image_url",
    re.I,
)
_NO_MODEL = re.compile(
    r"model\b.{0,120}\b(not found|not exist|n't exist|unknown|unavailable|not available"
    r"|no longer|deprecated|not loaded|not supported)|no such model|unknown model"
    r"|invalid model|not a valid model"
    r"|deployment\b.{0,80}\b(not exist|n't exist|not found)|deploymentnotfound|model_not_found"
    r"|pull(ing)? it first",
    re.I | re.S,
)
_MODERATED = re.compile(r"moderation|flagged|content.{0,10}(policy|filter)", re.I)
_CREDIT = re.compile(r"quota|credit|billing|balance|insufficient.?funds|payment", re.I)
_POLICY = re.compile(r"polic(y|ies)|privacy|guardrail|provider", re.I)


def refusal(
    status: int, said: str, code: str, *, model: str, server: str, key: str, moved: str = ""
) -> ModelError:
    """Returns the error that an HTTP status stands for.

    Args:
        status: of the answer
        said: by the server, shortened and without secrets
        code: that it gave, or empty
        model: that was asked
        server: its host and port
        key: where the key comes from that was sent, in words; empty where none was sent
        moved (""): where the server sends its clients on to
    """
    got, all_said = f"{server} answered {status}: {said}", f"{said} {code}"
    if 300 <= status < 400:
        where = f" It sends requests on to {moved}." if moved else ""
        return ModelError(
            f"Expected an answer from {server}, got {status}.{where}",
            "Requests are not sent on, as the key would go along. Give the final address.",
        )
    if status == 401:
        return CredentialsError(got, _unknown_key(key))
    if status == 402 or (status == 429 and _CREDIT.search(all_said)):
        hint = "The account has no credit left, or its quota is used up: see its billing page."
        return ServerError(got, hint) if status == 429 else CredentialsError(got, hint)
    if status == 403 and _MODERATED.search(all_said):
        return RejectedError(got, "The server's moderation rejects what was sent.", status)
    if status == 403:
        hint = _unknown_key(key) if not key else (
            "The key is known but may not do this: check its permissions, the model's terms and "
            "the region."
        )  # fmt: skip
        return CredentialsError(got, f"Check the API key and its permissions. {hint}")
    if status in (404, 405, 410):
        return _absent(got, all_said, status, model)
    if status in (408, 409, 425, 429) or status >= 500:
        return ServerError(got, "Try again later, or with fewer requests at once.")
    if status == 413:
        return RejectedError(
            got, "The request is too large: lower image_side or show fewer.", status
        )
    if _IMAGES.search(all_said):
        return RejectedError(got, f"Model {model!r} may take no images: choose a vision model.",
                             status)  # fmt: skip
    return RejectedError(got, "Check what the model accepts (images, length).", status)


def _unknown_key(key: str) -> str:
    if key:
        return f"Check the API key ({key})."
    return (
        "No key was sent: one of the environment goes only to OpenAI and to OPENAI_BASE_URL. For "
        "another address name its variable in VISDIFF_SERVER_KEYS, or in a script as api_key_env."
    )


def _absent(got: str, said: str, status: int, model: str) -> ModelError:
    """Tells a model that is not there from one that can't do this, and from a wrong address."""
    if _IMAGES.search(said):
        return RejectedError(
            f"Expected model {model!r} to accept images. {got}", "Choose a vision model.", status
        )
    if _NO_MODEL.search(said):
        return ModelError(
            f"Expected model {model!r} to exist. {got}", "Check the model's name at that server."
        )
    if "endpoint" in said.lower() and _POLICY.search(said):
        return ModelError(got, f"The account's settings leave no provider of {model!r}.")
    return ModelError(
        f"Expected a chat server with model {model!r}. {got}",
        "Check the server's address, which usually ends in /v1, and the model's name.",
    )
