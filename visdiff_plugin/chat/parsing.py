"""Reads proposals from a chat model's reply in any format; pure text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import ProposerError
from ..storable import storable
from .failures import error_text
from .reply_json import json_values
from .thoughts import answer_text

#: longer ones are paragraphs, not descriptions: CLIP-like models read about 50 words
MOST_WORDS, MOST_CHARACTERS = 25, 200
#: longest answer that is read, without thoughts: 100 proposals of 200 characters and their markup
LONGEST_ANSWER = 40_000
#: longest line or item that is read; what makes a proposal stands in front
_LONGEST_ITEM = 1_000

_BULLET = r"[-*+•‣◦▪●○■□▶►➤✓✔–—·](?=[\s\"“'`])\s*|•\s*"
_NUMBER = r"(?:\(?\d{1,3}[.):\]]|\[\d{1,3}\]|#\d{1,3}[.):]?|\(?[a-zA-Z][.)])"
_MARKER = re.compile(
    rf"(?:{_BULLET}|(?:\*\*|__)?{_NUMBER}(?:\*\*|__)?(?=[\s\"“'`*])\s*)(?:\[[ xX]?\]\s+)?"
)
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "'": "'", "`": "`"}

_GROUP = r"(?:group|set)\s+[\"'“]?{}[\"'”]?(?!\w)"
_GROUP_A = re.compile(rf"(?i:\b{_GROUP.format('(?-i:[Aa])')})")
_GROUP_B = re.compile(rf"(?i:\b{_GROUP.format('(?-i:[Bb])')})")
_FILLERS = (
    r"(?:(?:contain|include|feature|show|depict|display|portray|involve|present|mention|showcase|"
    r"emphasi[sz]e|highlight|ha(?:s|ve)|is|are|tends?|to|focus(?:es)?|on|likely|often|mostly|"
    r"mainly|typically|generally|frequently|commonly|usually|predominantly|primarily|more|most|"
    r"many|images?|photo(?:graph)?s?|pictures?|captions?|of|with|that|which|showing|featuring|"
    r"depicting|(?:an?\s+)?(?:higher|greater|larger)\s+(?:number|share|frequency|proportion)|"
    r"characterized|by)(?:s|es|ing)?[\s,:]+)*"
)
_LEAD_INS = (
    re.compile(
        r"^(?:(?:the\s+)?(?:images|photos|pictures|captions)\s+(?:in|from|of)\s+)?"
        rf"{_GROUP_A.pattern}(?:['’]s)?[\s,:–—-]*{_FILLERS}",
        re.IGNORECASE,
    ),
    re.compile(r"^more\s+(?:images|photos|pictures)\s+(?:of|with|showing|featuring)\s+", re.I),
    re.compile(
        r"^(?:difference|concept|proposal|hypothesis|description)\s*#?\d*\s*[:–—-]\s+", re.I
    ),
    re.compile(
        r"^(?:setting|subjects?|actions?|activit(?:y|ies)|styles?|colou?rs?|lighting|mood|"
        r"composition|background|objects?|environment|clothing|time of day|location)\s*:\s+",
        re.IGNORECASE,
    ),
)
_COMPARED = re.compile(
    r"(?<![\s,(])[\s,(]+(?:more\s+)?(?:(?:often\s+)?than|compared\s+(?:to|with)|relative\s+to|unlike|"
    rf"in\s+contrast\s+to|versus|vs\.?)\s+(?:\w+\s+){{0,4}}?{_GROUP_B.pattern}.*$",
    re.IGNORECASE,
)
_BOLD_TITLE = re.compile(r"^(?:\*\*|__)(?P<title>[^*_]+?)(?P<colon>:?)(?:\*\*|__)(?P<rest>.*)$")
_TALK = re.compile(
    r"^(?:here (?:are|is|'s)|below (?:are|is)|"
    r"(?:sure|certainly|of course|ok(?:ay)?)[,!.]|these are|these (?:concepts|differences|"
    r"descriptions|proposals)|based on|the following|i hope|"
    r"i(?:'ve| have)\b|let me know|note that|note:|in summary|in conclusion|overall,|please\b|"
    r"feel free|would you|do you|thank|looking at the captions)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"^(?:(?:i'm|i am|we're|we are) (?:sorry|unable|not able)|sorry(?:,| but\b|\.)|i apologi[sz]e|"
    r"i (?:can't|cannot|can not|won't|will not|don't|do not)\b|as an ai\b|"
    r"unfortunately,? (?:i|we)\b|none$|n/?a$|nothing$|no (?:\w+ )?differences?\b|"
    r"there (?:is|are) no\b|(?:llm )?error\b\s*:)",
    re.IGNORECASE,
)


def parse_proposals(reply: str) -> list[str]:
    """Returns the proposals of a reply; of repeats (but for case), the first spelling.

    Reads JSON (alone, fenced, inside prose, cut off), else a list with bullets or numbers, else
    quoted lines, else plain lines. What stands around proposals is removed: preambles, closing
    remarks, headings, emphasis, enclosing quotation marks, final full stops, and lead-ins such
    as "Group A contains more images of". What is said to be truer of Group B is left out.

    Args:
        reply: a chat model's answer

    Raises:
        ProposerError: if the reply holds none: it is empty, a refusal, or a paragraph
    """
    text = storable(answer_text(reply))[:LONGEST_ANSWER]
    items = None if error_text(text) else json_values(text)
    proposals: dict[str, str] = {}
    for item in _lines(text) if items is None else items:
        phrase = _phrase(item)
        if phrase:
            proposals.setdefault(phrase.casefold(), phrase)
    if not proposals or error_text(text):
        begins = " ".join(text[:1_000].split())[:200]
        raise ProposerError(
            "Expected a list of differences, got "
            + (f"a reply without any: {begins!r}." if begins else "an empty reply."),
            "Try another model, or other captions.",
        )
    return list(proposals.values())


def _lines(text: str) -> list[str]:
    """Returns what looks most like a list: marked lines, else quoted ones, else all."""
    lines = list(_of_group_a(text))
    marked = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]
    marked = [(indent, line) for indent, line in marked if _MARKER.match(line)]
    if marked:
        # deeper items explain the item above; one column of slack for right-aligned numbers
        least = min(indent for indent, _ in marked)
        return [line for indent, line in marked if indent <= least + 1]
    quoted = [line for line in lines if _unquoted(line.strip(" \t.,;")) != line.strip(" \t.,;")]
    if quoted:
        return quoted
    return [line for line in lines if not _TALK.match(_plain(line).replace("’", "'"))]


def _of_group_a(text: str) -> Iterator[str]:
    """Yields lines that are no headings, and not those below a heading for Group B."""
    skipping = False
    for whole in text.splitlines():
        line = whole[:_LONGEST_ITEM].expandtabs(4)[:_LONGEST_ITEM]
        bare = line.strip()
        if not any(character.isalnum() for character in bare) or bare.startswith("```"):
            continue
        title = re.fullmatch(r"#{1,6}\s.*|(?:\*\*|__)[^*]+(?:\*\*|__)", bare)
        if (title and not _MARKER.match(bare)) or _plain(bare).endswith((":", "：")):
            other = bool(_GROUP_B.search(bare) and not _GROUP_A.search(bare))
            if other or _GROUP_A.search(bare) or not title:
                skipping = other
            if not title or bare.startswith("#") or _GROUP_A.search(bare) or other:
                continue
        if not skipping:
            yield line


def _phrase(item: str) -> str:
    """Returns an item as a bare description, or "" where it is none."""
    text = " ".join(item[:_LONGEST_ITEM].split())
    for _ in range(2):  # "- 1. dogs" carries two markers
        text = text[_end(_MARKER.match(text)) :]
    text = _bare(_titled(text))
    if _REFUSAL.match(text.replace("’", "'")):
        return ""
    for pattern in _LEAD_INS:
        text = _bare(text[_end(pattern.match(text)) :])
    text = _bare(_COMPARED.sub("", text))
    text = _bare(re.sub(rf"[\s,]+(?:in|of|from)\s+{_GROUP_A.pattern}$", "", text))
    if _GROUP_A.search(text) or _GROUP_B.search(text):
        return ""  # a claim about the sets, which no single image can show
    long = len(text) > MOST_CHARACTERS or len(text.split()) > MOST_WORDS
    return "" if long or not any(character.isalnum() for character in text) else text


def _titled(text: str) -> str:
    """Returns the title of ``**title**: explanation``; where it is a heading, the explanation."""
    match = _BOLD_TITLE.match(text)
    if match is None:
        return text
    title, rest = match["title"].strip(), match["rest"].strip()
    if not (match["colon"] or rest[:1] in tuple(":–—-")):
        return text
    rest = rest.lstrip(":–—- ")
    heading = any(pattern.match(f"{title}: x") for pattern in _LEAD_INS[2:])
    return rest if heading and rest else title


def _bare(text: str) -> str:
    """Removes emphasis, final punctuation and enclosing quotation marks, in any nesting."""
    while True:
        before = text
        text = _unquoted(_plain(text).rstrip(" .,;").strip())
        if text == before:
            return text


def _plain(text: str) -> str:
    """Removes markdown emphasis."""
    text = re.sub(r"\*\*|(?<!\w)__(?=\w)|(?<=\w)__(?!\w)", "", text.strip())
    text = re.sub(r"(?<![\w*])\*(?=\S)([^*]*\S)\*(?![\w*])", r"\1", text)
    return re.sub(r"^_(.*[^_])_$", r"\1", text).strip()


def _unquoted(text: str) -> str:
    """Removes one pair of quotation marks that encloses the whole text, not a part of it."""
    if len(text) < 2 or _QUOTES.get(text[0]) != text[-1]:
        return text
    inner = text[1:-1]
    first = inner.find(text[-1])
    # in '"stop" and "go"' the first inner mark closes: a word before it, none after it
    closes = (
        first > 0 and not inner[first - 1].isspace() and not inner[first + 1 : first + 2].isalnum()
    )
    return text if closes else inner.strip()


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
