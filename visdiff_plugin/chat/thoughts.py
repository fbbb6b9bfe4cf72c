"""What a model answers, without what it thinks aloud and without markup of its template; pure.

The one reader of answers, whatever they are used for: captions, proposals, yes or no, scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = (
    r"(?:think(?:ing)?(?:[-_]?process)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|"
    r"deliberation|ponder(?:ing)?|plan(?:ning)?|cot|chain[-_]of[-_]thought|"
    r"(?:inner|internal)_?(?:monologue|thoughts?|prefix|suffix))"
)
# <think>, </think>, <seed:think>, <|START_THINKING|>, [THINK], ◁/think▷, and channels. Every part
# has a longest length, so that a search takes time by the length of the text.
_TAG = re.compile(
    rf"""
      (?:<|&lt;|＜) [|｜]? \s{{0,3}} (?P<slash>/?) \s{{0,3}} [|｜]?
      (?P<name>(?:[a-z]{{1,12}}[:_]){{0,2}} {_NAME} (?:_[a-z]{{1,12}}){{0,2}})
      (?:\s[^<>\n]{{0,80}})? (?P<empty>/?) [|｜]? (?:>|&gt;|＞)
    | \[ (?P<slash2>/?) (?:think(?:ing)?|thoughts?|reasoning) \]
    | ◁ (?P<slash3>/?) {_NAME} ▷
    | (?P<opens>(?:<\|start\|>\w{{0,12}})? <\|channel\|?> \s{{0,3}}
        (?:analysis|commentary|thought|thinking|reasoning|reflection)\b
      | <unused94> | <\|im_start\|>\s?think\b)
    | (?P<closes>(?:<\|start\|>\w{{0,12}})? <\|channel\|?> \s{{0,3}} final\b
        [^<\n]{{0,40}} (?:<\|constrain\|>[^<]{{0,20}})? <\|message\|>
      | <channel\|> | <unused95> | <\|im_start\|>\s?answer\b
      | \.\.\.done\ thinking\.?)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ENDS = re.compile(r"(?:^|[:_])(?:end|stop|close|suffix)(?=_|$)|suffix$", re.IGNORECASE)
# Without any tag: "Thinking Process: ... Answer: ...", "Here is my thought process: ..."
_OPENING = re.compile(
    r"[\s*_#>]{0,9}(?:here(?:'s|’s| is) (?:my|a|the) )?(?:thinking|thought|reasoning|chain of "
    r"thought)(?: process)?[\s*_]{0,3}(?::|\.\.\.)|"
    r"\s{0,9}#{1,6} (?:thinking|thoughts?|reasoning)(?: process)?[ \t]{0,9}\n",
    re.IGNORECASE,
)
_ANSWER_LINE = re.compile(
    r"^\W{0,6}(?:here(?:'s|’s| is) (?:my|the) )?(?:final )?(?:answer|response|output|caption|"
    r"result)\W{0,3}:[*_ \t]{0,4}|^#{1,6} (?:final )?(?:answer|response|output)[ \t]{0,9}$",
    re.IGNORECASE | re.MULTILINE,
)
# The channels of gpt-oss where a server took their marks for special tokens and left them out.
_UNMARKED, _UNMARKED_FINAL = re.compile(r"\s*analysis(?=[A-Z\"'])"), "assistantfinal"

_ANSWER = r"(?:answer|final_answer|final|response|conclusion|solution)"
_ANSWER_TAG = re.compile(rf"<(/?){_ANSWER}>", re.IGNORECASE)
#: markup of tokenizers and chat templates; prose such as "x < y" or "[sic]" is none
SPECIAL = re.compile(
    rf"""
      <[|｜]?(?:im_start|start|start_header_id|start_of_turn)[|｜]?>(?:assistant|user|system|model)\b
    | <[|｜][\w.\-/▁]{{1,60}}[|｜]?>                          # <|im_end|>, <|channel>
    | <[\w.\-]{{1,30}}[|｜]>
    | </?(?:s|pad|unk|bos|eos|eot|eom|eod|cls|sep|mask|image|img|box|output|caption|video|audio|
        {_ANSWER})>
    | <(?:start|begin|end|eo)_of_\w{{1,20}}>
    | <(?:fake_token_around_image|global-img|image_soft_token|end_of_utterance)>
    | <(?:unused|extra_id_|loc_?|row_)\d\w{{0,20}}>         # <extra_id_0>, <row_1_col_2>
    | <0x[0-9a-f]{{2}}>                                     # byte fallback tokens
    | \[/?(?:cls|sep|pad|unk|mask|inst|bos|eos|img|answer)\]
    | <</?sys>>
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Behind the end of its turn a model talks to itself.
_TURN_END = re.compile(
    r"<[|｜](?:im_end|eot_id|eot|end|return|endoftext|end[▁_]of[▁_]sentence|end_of_text)[|｜]>|"
    r"<(?:end_of_turn|end_of_utterance|eos|eot)>|</s>",
    re.IGNORECASE,
)


def answer_text(text: str) -> str:
    """Returns what a model answers: no thoughts, what stands inside ``<answer>``, no markup.

    Nothing is left of a text that is thoughts alone, or thoughts that were cut off.

    Args:
        text: what a model said, from its first token on
    """
    text = _inside(without_thoughts(text))
    if not _has(text, "<["):
        return text.strip()
    start = 0
    for end in _TURN_END.finditer(text):
        if SPECIAL.sub("", text[start : end.start()]).strip():
            text = text[: end.start()]
            break
        start = end.end()
    return SPECIAL.sub(" ", text).strip()


def without_thoughts(text: str) -> str:
    """Returns text without the parts in which a reasoning model thinks aloud.

    The opening tag may be missing: what stands before a closing one is thought. The closing one
    may be missing: what stands behind an opening one is thought, and was cut off.
    """
    return "".join(text[start:stop] for start, stop in spans(text)).strip()


def thinks(text: str) -> bool:
    """Returns whether a text holds a mark of thinking."""
    return spans(text) != [(0, len(text))]


def not_closed(text: str) -> bool:
    """Returns whether a text ends inside a thought."""
    return not any(stop == len(text) for _, stop in spans(text))


def spans(text: str) -> list[tuple[int, int]]:
    """Returns the parts of a text that are no thoughts, as places of characters."""
    kept: list[tuple[int, int]] = []
    start, thinking = 0, False
    for place, end, opens in _marks(text):
        if opens is None:
            if not thinking:
                kept.append((start, place))
                start = end
        elif opens:
            if not thinking:
                kept.append((start, place))
            thinking = True
        else:
            if not thinking:
                kept.clear()
            thinking, start = False, end
    if not thinking:
        kept.append((start, len(text)))
    return kept


def _marks(text: str) -> Iterator[tuple[int, int, bool | None]]:
    """Yields where thinking begins (True) and ends (False); None for a tag with nothing inside."""
    unmarked = _UNMARKED.match(text)
    final = text.find(_UNMARKED_FINAL)
    if unmarked or (final >= 0 and text.lstrip()[:8] == "analysis"):
        yield 0, 8, True
        if final >= 0:
            yield final, final + len(_UNMARKED_FINAL), False
        return
    found = False
    opening = _OPENING.match(text)
    if opening is not None:
        yield 0, opening.end(), True
    for tag in _TAG.finditer(text) if _has(text, "<[◁&＜") or "..." in text else ():
        found = True
        yield tag.start(), tag.end(), _opens(tag)
    if opening is not None and not found:
        *_, last = [None, *_ANSWER_LINE.finditer(text, opening.end())]
        if last is not None:
            yield last.start(), last.end(), False


def _has(text: str, characters: str) -> bool:
    """Whether a text has any of some characters: most have none, and need no search."""
    return any(character in text for character in characters)


def _opens(tag: re.Match[str]) -> bool | None:
    if tag["opens"]:
        return True
    if tag["empty"]:
        return None
    ends = tag["slash"] or tag["slash2"] or tag["slash3"] or tag["closes"]
    return not (ends or _ENDS.search(tag["name"] or ""))


def _inside(text: str) -> str:
    """Returns what stands inside ``<answer>`` tags, all of it; without any, the text."""
    tags = list(_ANSWER_TAG.finditer(text))
    if not tags:
        return text
    parts: list[str] = []
    start = None if any(not tag[1] for tag in tags) else 0
    for tag in tags:
        if tag[1] and start is not None:
            parts.append(text[start : tag.start()])
            start = None
        elif not tag[1]:
            if start is not None:
                parts.append(text[start : tag.start()])
            start = tag.end()
    if start is not None:
        parts.append(text[start:])
    return "\n".join(part.strip() for part in parts)
