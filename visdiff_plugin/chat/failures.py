"""Failures that a server reports with status 200: inside its JSON, or as the answer itself; pure.

Each is raised as the error of the status that it should have had.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import CredentialsError, ModelError, ServerError
from ..storable import storable


class RejectedError(ModelError):
    """The server is up and knows the model, but does not answer this one request.

    Args:
        message: what was expected and what was got
        hint (""): what to do about it
        status (None): HTTP status; None if the model itself refused or said nothing
    """

    def __init__(self, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint)
        self.status = status


class SilentError(RejectedError):
    """The model said nothing, or only thought."""


@dataclass(frozen=True)
class Failure:
    """What a server reports instead of an answer.

    Args:
        status: the HTTP status that says the same; None where nothing tells it
        said: its words
        code (""): its name for the failure
    """

    status: int | None
    said: str
    code: str = ""


#: what servers call failures, in codes and types without case and signs -> status
_NAMED: Mapping[str, int] = {
    "ratelimitexceeded": 429, "ratelimiterror": 429, "ratelimit": 429, "toomanyrequests": 429,
    "resourceexhausted": 429, "insufficientquota": 429, "quotaexceeded": 429, "throttled": 429,
    "invalidapikey": 401, "authenticationerror": 401, "unauthenticated": 401, "unauthorized": 401,
    "permissiondenied": 403, "permissionerror": 403, "permissiondeniederror": 403,
    "forbidden": 403, "insufficientcredits": 402, "billingerror": 402,
    "notfound": 404, "notfounderror": 404, "modelnotfound": 404, "invalidmodel": 404,
    "badrequest": 400, "badrequesterror": 400, "invalidrequesterror": 400, "invalidargument": 400,
    "invalidrequest": 400, "contextlengthexceeded": 400, "unprocessableentity": 422,
    "requesttoolarge": 413, "timeout": 408, "timeouterror": 408, "deadlineexceeded": 504,
    "gatewaytimeout": 504, "overloaded": 503, "overloadederror": 503, "unavailable": 503,
    "serviceunavailable": 503, "serviceunavailableerror": 503, "badgateway": 502,
}  # fmt: skip
#: what messages say where there is no code; the first that fits counts
_WORDED: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(words, re.IGNORECASE), status)
    for words, status in (
        (r"too many requests|rate.?limit|quota|throttl", 429),
        (r"(?:invalid|incorrect|missing|no) (?:api|auth\w*|access).?(?:key|token)|unauthori[sz]ed|"
         r"no auth", 401),
        (r"forbidden|access denied|permission", 403),
        (r"model\b.{0,80}\b(?:not found|does(?:n't| not) exist|unknown)|no such model|"
         r"^not found", 404),
        (r"context.?length|maximum context|too (?:long|large)|does not support|not supported", 400),
        (r"field required|validation error", 422),
        (r"bad gateway", 502),
        (r"overloaded|unavailable|busy|capacity|loading model|no healthy upstream", 503),
        (r"time-?d? ?out|timeout", 504),
    )
)  # fmt: skip
_STATUS = re.compile(r"(?<![\d.,])([45]\d\d)(?![\d.,]\d|\d)")

_PAGE = re.compile(
    r"\s{0,20}(?:<\?xml[^>]{0,200}>\s{0,20})?<(?:!doctype|html|head|title|body|center|h1)\b", re.I
)
_PHRASES = (
    r"internal server error|bad gateway|service (?:temporarily |is |currently )*unavailable|"
    r"gateway time-?out|too many requests|rate limit (?:reached|exceeded)|unauthori[sz]ed|"
    r"forbidden|access denied|request entity too large|payload too large|bad request|"
    r"method not allowed|request time-?out|page not found|not found|quota exceeded|"
    r"insufficient (?:quota|credits|balance)|cuda out of memory|out of memory|server error|"
    r"something went wrong|(?:the )?request (?:timed out|failed|was (?:aborted|rejected))|"
    r"connection (?:refused|reset(?: by peer)?|error|timed out|aborted)|timed out|"
    r"(?:the )?(?:server|model|service|engine|upstream|backend) (?:is |currently |temporarily )*"
    r"(?:overloaded|unavailable|busy|not available|down|loading|at capacity)|"
    r"no healthy upstream|default backend - 404|invalid api key"
)
# The phrase must end there: "Internal server error message on a screen" is what a photo shows.
_MESSAGE = re.compile(
    r"[\W_]{0,6}(?:(?:http|status|error|code|llm|api|server|upstream|exception|openai)"
    r"(?:/\d\.\d)?[\s:_\-]{1,3}){0,4}(?:[45]\d\d[\s:\-–—|]{0,4})?"
    rf"(?:{_PHRASES})(?=\s*\Z|\s*[.!:;,(\[{{|\n]|\s+[-–—]\s)",
    re.IGNORECASE,
)
_BEGINNING = re.compile(
    r"[\W_]{0,6}(?:(?:llm |api |server |http |internal |fatal |runtime |openai |value )?error\b"
    r"(?:\s+code)?\s{0,3}[:\]]|error\s+[45]\d\d\b|http(?:/\d\.\d)?\s+[45]\d\d\b|"
    r"upstream connect error|an? (?:\w{1,20} ){0,2}error (?:has )?occurred\b|"
    r"traceback \(most recent call last\)|\w{1,40}(?:Error|Exception):\s|"
    r"[45]\d\d\s{0,3}(?:client|server)?\s?error\b)",
    re.IGNORECASE,
)
#: what an answer that only reports a failure has; one with anything else answers something
_REPORTS = frozenset(
    "error errors fault exception detail details error_msg error_message errormessage message msg "
    "code status statuscode status_code http_status object type param success request_id requestid "
    "id timestamp path title instance reason user_id model created".split()
)
#: servers repeat the key that they refuse
_KEY = re.compile(r"\b(?:sk|gsk|xai|pk|hf|key|api)[-_][\w\-*]{6,}")
#: longer texts that begin so are about errors
_LONGEST_MESSAGE = 2_000


def error_text(text: str) -> Failure | None:
    """Returns the failure that a text reports instead of being an answer; None for any other text.

    Args:
        text: what stands where an answer should
    """
    head = text[:_LONGEST_MESSAGE]
    if _PAGE.match(head):
        plain = " ".join(re.sub(r"<[^<>]{0,200}>", " ", head).split())
        found = _STATUS.search(plain)
        status = int(found[1]) if found else _worded(plain)
        return Failure(status, "an HTML page, where JSON was expected")
    if text.lstrip()[:1] == "{":
        data = _decoded(text)
        only = isinstance(data, dict) and {str(name).casefold() for name in data} <= _REPORTS
        return failure_in(data) if only else None
    if len(text) <= _LONGEST_MESSAGE and (_MESSAGE.match(head) or _BEGINNING.match(head)):
        found = _STATUS.search(head[:80])
        return Failure(int(found[1]) if found else _worded(head) or 500, shortened(head))
    return None


def failure_in(data: Any) -> Failure | None:
    """Returns the failure that decoded JSON reports, in any of the ways of servers.

    ``{"error": {"code": 429, "message": ...}}``, ``{"error": "..."}``, ``{"detail": ...}``,
    ``{"object": "error", ...}``, ``{"errors": [...]}``, ``choices[0].error``, ...

    Args:
        data: a decoded body, or a decoded answer
    """
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, Mapping):
        return None
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, Mapping):
        message = choice.get("message")
        for place in (choice, message if isinstance(message, Mapping) else {}):
            if place.get("error"):
                return _failure(place["error"], place)
    named = next((data[name] for name in _ERRORS if data.get(name)), None)
    if named is not None:
        return _failure(named, data)
    if isinstance(choice, Mapping) and choice.get("finish_reason") == "error":
        return Failure(502, "the answer broke off with an error")
    return _told(data) if choice is None else None


#: where servers report a failure, and where they only do if nothing else is there
_ERRORS = ("error", "errors", "Error", "fault", "exception")
_DETAILS = ("detail", "details", "error_msg", "error_message", "errorMessage")


def _told(data: Mapping[str, Any]) -> Failure | None:
    """Returns the failure that JSON without any answer reports."""
    status = str(data.get("status", "")).casefold()
    failed = status in ("error", "failed", "failure") or data.get("success") is False
    if failed or "error" in (data.get("object"), data.get("type")):
        return _failure(data, data)
    named = next((data[name] for name in _DETAILS if data.get(name)), None)
    if named is not None:
        return _failure(named, data)
    if data.get("message") and (_status_of(data) is not None or len(data) == 1):
        return _failure(data, data)
    return None


def failure_of(body: str) -> Failure | None:
    """Returns the failure that a body with status 200 reports; None for an answer.

    A client that looks here before it believes a status repeats what should be repeated.

    Args:
        body: of an answer with status 200
    """
    decoded = _decoded(body)
    failure = error_text(body) if decoded is None else failure_in(decoded)
    # a page of no known meaning stands at a wrong address
    return None if decoded is None and failure is not None and failure.status is None else failure


def status_error(failure: Failure, model: str, server: str = "") -> ModelError:
    """Returns the error of an HTTP status, as for one that came as such.

    Args:
        failure: what was reported
        model: the model that was asked
        server (""): the server's address; empty where it is not known
    """
    status, said = failure.status or 500, failure.said
    answered = "with an error" if failure.status is None else status
    got = f"{server or f'The server of {model!r}'} answered {answered}: {said}"
    if status in (401, 403):
        return CredentialsError(got, "Check the API key and its permissions.")
    if status == 404:
        return ModelError(
            f"Expected model {model!r} to exist. {got}",
            "Check the model's name; an address usually ends in /v1.",
        )
    if status in (402, 429) and re.search("quota|credit|balance", f"{said} {failure.code}", re.I):
        return ServerError(got, "The account's quota is used up: see its billing page.")
    if status in (408, 409, 429) or status >= 500:
        return ServerError(got, "Try again later, or with fewer requests at once.")
    return RejectedError(got, "Check what the model accepts (images, length).", status)


def shortened(text: str, most: int = 300) -> str:
    """Returns ``text`` on one line and with at most ``most`` characters."""
    line = " ".join(storable(text[: 20 * most]).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def _failure(error: Any, around: Mapping[str, Any]) -> Failure:
    if error is True:  # {"error": true, "message": "..."}
        error = {name: value for name, value in around.items() if value is not True}
    said, code = _KEY.sub("***", _said(error)), ""
    for place in (error, around):
        if isinstance(place, Mapping):
            code = code or str(place.get("code") or place.get("type") or "")
    status = _status_of(error) or _status_of(around)
    found = _STATUS.search(said[:80])
    status = status or (int(found[1]) if found else None) or _worded(said)
    return Failure(status, shortened(said) or "an error without words", code)


def _said(error: Any) -> str:
    for _ in range(4):
        if isinstance(error, list):
            error = error[0] if error else ""
        if not isinstance(error, Mapping):
            break
        names = ("message", "msg", "detail", "error", "description", "error_description", "reason")
        error = next((error[name] for name in names if error.get(name)), "")
    return "" if isinstance(error, (Mapping, list)) else str(error)


def _status_of(error: Any) -> int | None:
    if not isinstance(error, Mapping):
        return None
    for name in ("code", "status_code", "status", "http_status", "statusCode", "type", "kind"):
        value = error.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            continue
        text = str(value).strip()[:60]
        if re.fullmatch(r"[45]\d\d", text):
            return int(text)
        named = _NAMED.get(re.sub(r"[\W_]", "", text).casefold())
        if named is not None:
            return named
    return None


def _worded(text: str) -> int | None:
    return next((status for words, status in _WORDED if words.search(text)), None)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
