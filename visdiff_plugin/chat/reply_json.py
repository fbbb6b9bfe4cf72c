"""Lists of texts out of JSON in a chat model's reply: alone, fenced, inside prose or cut off."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

# under these names models put the list, or the text of an item of the list
_LISTS = ("differences", "proposals", "concepts", "descriptions", "hypotheses", "group_a", "a")
_TEXTS = ("description", "difference", "concept", "proposal", "hypothesis", "caption", "text",
          "phrase", "name", "title", "label")  # fmt: skip
_GROUP_B = re.compile(r"^(?:truer_of_)?(?:group|set)?[\s_]*b$", re.IGNORECASE)
_NUMBERED = re.compile(r"^\D*\d+$")
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
# It takes a string to its end, or to where that is missing, so that no character is read twice.
_STRING = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)(\s{0,20}:)?')
_OPENING = re.compile(r"[\[{]")
# what a model says of its own thinking, or of why it says something
_ASIDE = re.compile(
    r"thinking|thoughts?|reasoning|rationale|analysis|explanations?|notes?|steps?|scratchpad",
    re.IGNORECASE,
)
_DECODER = json.JSONDecoder(strict=False)
#: a broken reply may hold thousands of brackets; each costs one attempt
_MOST_ATTEMPTS = 200
#: longest text that is read as Python where it is no JSON, and how deep lists may stand in lists
_LONGEST_LITERAL, _DEEPEST = 20_000, 20


def json_values(text: str) -> list[str] | None:
    """Returns the texts of the JSON in a reply; None where it holds no list of texts.

    A reply that is valid JSON but lists nothing gives an empty list.

    Args:
        text: a chat model's answer
    """
    for block in (*_FENCE.findall(text), text):
        block = block.strip()
        whole, value = _decoded(block)
        if whole and isinstance(value, (dict, list)):
            return _texts(value)
    texts = [inner_text for value in _embedded(text) for inner_text in _texts(value)]
    if texts:
        return texts
    start = _FENCE.search(text)
    cut_off = (start[1] if start else text).strip()
    if re.match(r'\{\s*"[^"]*"\s*:\s*\[|\[\s*"', cut_off):
        strings = [_decoded(literal) for literal, is_key in _STRING.findall(cut_off) if not is_key]
        return [value for whole, value in strings if whole]
    return None


def _decoded(text: str) -> tuple[bool, Any]:
    try:
        return True, _DECODER.decode(text)
    except (ValueError, RecursionError):
        pass
    if text[:1] not in ("[", "{") or len(text) > _LONGEST_LITERAL or _nests_deeply(text):
        return False, None
    try:
        return True, ast.literal_eval(text)  # JSON but for its quotation marks or a last comma
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False, None


def _nests_deeply(text: str) -> bool:
    """Whether brackets stand so deep in brackets that Python's own parser could fail on them."""
    depth = 0
    for bracket in re.findall(r"[\[\](){}]", text):
        depth += 1 if bracket in "[({" else -1
        if depth > _DEEPEST:
            return True
    return len(re.findall(r"[-+~]{20}", text)) > 0


def _embedded(text: str) -> Iterator[Any]:
    """Yields JSON objects and lists that stand inside other text."""
    position, attempts = 0, 0
    while attempts < _MOST_ATTEMPTS:
        match = _OPENING.search(text, position)
        if match is None:
            return
        attempts += 1
        try:
            value, position = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.start() + 1
            continue
        yield value


def _texts(value: Any, depth: int = 0) -> list[str]:
    """Returns the texts of a decoded value; numbers and metadata are none."""
    if depth > _DEEPEST:
        return []
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _item(item, depth + 1)]
    if not isinstance(value, dict):
        return []
    named = {str(key).casefold(): item for key, item in value.items()}
    # each name once: twice at each depth would be thousands of times at the deepest
    order = dict.fromkeys((*(name for name in _LISTS if name in named), *named))
    for name in order:
        if _GROUP_B.match(name) or _ASIDE.fullmatch(name):
            continue
        if isinstance(named[name], (list, dict)):
            texts = _texts(named[name], depth + 1)
            if texts:
                return texts
    if named and all(_NUMBERED.match(name) for name in named):  # {"1": "...", "2": "..."}
        return [item for item in named.values() if isinstance(item, str)]
    return _item(value, depth + 1)


def _item(item: Any, depth: int) -> list[str]:
    if isinstance(item, str):
        return [item]
    if isinstance(item, (list, tuple)):
        return _texts(item, depth)
    if isinstance(item, dict):
        named = {str(key).casefold(): value for key, value in item.items()}
        for name in _TEXTS:
            if isinstance(named.get(name), str):
                return [named[name]]
    return []
