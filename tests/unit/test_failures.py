"""Failures that come with status 200 are what they would be with their own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visdiff_plugin.captioners.cleaning import clean_caption
from visdiff_plugin.chat.failures import (
    RejectedError,
    error_text,
    failure_in,
    failure_of,
    status_error,
)
from visdiff_plugin.chat.parsing import parse_proposals
from visdiff_plugin.chat.reply import read_completion
from visdiff_plugin.errors import CredentialsError, ModelError, ProposerError, ServerError
from visdiff_plugin.stages import Missing

PARTIAL = {"message": {"content": "half an ans"}, "finish_reason": "error"}


@pytest.mark.parametrize(
    ("data", "status", "kind", "words"),
    [
        ({"error": {"code": 429, "message": "slow down"}}, 429, ServerError, "slow down"),
        ({"error": {"code": "429", "message": "slow down"}}, 429, ServerError, "later"),
        ({"error": "Rate limit reached"}, 429, ServerError, "Rate limit"),
        ({"error": {"code": "rate_limit_exceeded"}}, 429, ServerError, "429"),
        ({"error": {"code": "insufficient_quota", "message": "x"}}, 429, ServerError, "billing"),
        ({"error": {"code": 402, "message": "no credits left"}}, 402, ServerError, "billing"),
        ({"error": {"message": "Incorrect API key provided: sk-abcdefgh1"}}, 401, CredentialsError,
         r"provided: \*\*\*"),
        ({"error": {"code": 403, "message": "not yours"}}, 403, CredentialsError, "permissions"),
        ({"error": "model 'x' not found, try pulling it"}, 404, ModelError, "to exist"),
        ({"detail": "Not Found"}, 404, ModelError, "usually ends in /v1"),
        ({"detail": "Unauthorized"}, 401, CredentialsError, "API key"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, 422, RejectedError, "field"),
        ({"object": "error", "message": "too many tokens", "type": "BadRequestError", "code": 400},
         400, RejectedError, "accepts"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, 503, ServerError,
         "503"),
        ({"choices": [{"error": {"code": 502, "message": "up"}, **PARTIAL}]}, 502, ServerError,
         "up"),
        ({"choices": [PARTIAL]}, 502, ServerError, "broke off"),
        ([{"error": {"code": 503, "status": "UNAVAILABLE", "message": "x"}}], 503, ServerError,
         "x"),
        ({"errors": [{"message": "rate limited", "code": 7003}]}, 429, ServerError, "rate limited"),
        ({"message": "Unauthorized"}, 401, CredentialsError, "Unauthorized"),
        ({"error": True, "message": "server is busy"}, 503, ServerError, "server is busy"),
        ({"statusCode": 500, "message": "broken"}, 500, ServerError, "broken"),
        ({"error": {"message": "CUDA error"}}, None, ServerError, "with an error: CUDA error"),
        ({"success": False, "message": "nope"}, None, ServerError, "nope"),
    ],
)  # fmt: skip
def test_json_that_reports_a_failure(data, status, kind, words):
    text = json.dumps(data)
    assert failure_of(text).status == status
    with pytest.raises(ModelError, match=words) as raised:
        read_completion(text, "m")
    assert type(raised.value) is kind
    assert raised.value.retryable is (kind is ServerError)
    if isinstance(raised.value, RejectedError):
        assert raised.value.status == status
    if isinstance(data, dict) and "choices" not in data:  # some put it into the answer
        with pytest.raises(ModelError):
            read_completion(json.dumps({"choices": [{"message": {"content": text}}]}), "m")


def test_an_answer_with_more_than_an_error_is_an_answer():
    for more in ({"error": "none"}, {"details": "seen in most"}, {"errors": ["x"], "message": "y"}):
        text = json.dumps({"differences": ["red car"], **more})
        assert error_text(text) is None and parse_proposals(text) == ["red car"]


def test_the_servers_address_is_named_where_it_is_known():
    failure = failure_in({"error": {"code": 429, "message": "slow down"}})
    assert str(status_error(failure, "m", "host:1")).startswith("host:1 answered 429: slow down")


ERRORS = [
    "Internal Server Error", "502 Bad Gateway", "HTTP/1.1 503 Service Unavailable",
    "<html>\n<head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    "<!DOCTYPE html><html><body>Welcome</body></html>", "<h1>504</h1>", "Too many requests",
    "Rate limit exceeded, please try again later", "Error code: 429 - {'error': 'x'}",
    "Error: the model crashed", "[ERROR] no GPU", "LLM Error: timeout", "RuntimeError: no memory",
    "Traceback (most recent call last):\n  File", "CUDA out of memory. Tried to allocate 2 GiB",
    "upstream connect error or disconnect/reset before headers", "404 page not found",
    "The model is overloaded. Please try again later.", "Request timed out.", "Access denied",
    "An unexpected error occurred while processing your request", "no healthy upstream",
    '{"error": {"message": "x"}}', '{"detail": "Not Found"}',
]  # fmt: skip


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_is_no_caption_and_no_proposal(text):
    assert error_text(text) is not None
    assert isinstance(clean_caption(text), Missing)
    with pytest.raises(ProposerError):
        parse_proposals(text)
    completion = json.dumps({"choices": [{"message": {"content": text}}]})
    with pytest.raises(ModelError) as raised:
        read_completion(completion, "m")
    assert not isinstance(raised.value, ProposerError)


@pytest.mark.parametrize(
    "text",
    ["An internal server error page on a laptop", "Internal server error message on a screen",
     "Not found sign on a door", "forbidden city in Beijing", "500 people in a stadium",
     "server room with cables", "error sign on a wall", "a page that says 404 page not found",
     "404 on a white wall", "a busy server in a restaurant", "The model is busy posing"],
)  # fmt: skip
def test_photos_of_errors_have_captions(text):
    assert error_text(text) is None and clean_caption(text) == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["error", "errors", "detail", "code", "message", "object",
                                         "choices", "status", "type", "success", "content"]),
                        inner, max_size=4), max_leaves=12))  # fmt: skip
def test_any_json_is_an_answer_or_an_error_of_ours(data):
    try:
        read_completion(json.dumps(data), "m")
    except ModelError as error:
        assert str(error)


@pytest.mark.parametrize("logprob", ["1e999", "-1e999", "1" * 400, "-" + "1" * 400, "NaN", '"x"'])
def test_numbers_of_any_size_are_probabilities_or_none(logprob):
    token = f'{{"token": "Yes", "logprob": {logprob}, "top_logprobs": []}}'
    choice = f'{{"message": {{"content": "Yes"}}, "logprobs": {{"content": [{token}]}}}}'
    tokens = read_completion(f'{{"choices": [{choice}]}}', "m").tokens
    assert tokens is None or all(0 <= chance <= 1 for _, chance in tokens[0].chances)
