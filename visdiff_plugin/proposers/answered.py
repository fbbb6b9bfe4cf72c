"""What a chat model's answer proposes; the same for captions and images."""

from __future__ import annotations

from ..chat.parsing import LONGEST_ANSWER, parse_proposals
from ..chat.reply import ChatReply, cut_off
from ..errors import ProposerError
from ..stages import ProposerReply


def read_reply(reply: ChatReply, n: int) -> ProposerReply:
    """Returns the proposals of an answer.

    Of one that the token limit cut off only JSON counts: other text may be thoughts, and thoughts
    hold lists, too.

    Args:
        reply: the answer
        n: most proposals

    Raises:
        ProposerError: if it holds none, or was cut off
    """
    if reply.cut and not reply.text.startswith(("{", "[", "```")):
        error = cut_off(reply.model, reply.text)
        raise ProposerError(str(error).removesuffix(error.hint).strip(), error.hint)
    try:
        proposals = parse_proposals(reply.text)
    except RecursionError as error:
        raise ProposerError("Expected a list of differences, got lists inside lists.") from error
    notes = []
    if len(reply.text) > LONGEST_ANSWER:
        notes.append(
            f"An answer of {reply.model} has {len(reply.text):,} characters: only the first "
            f"{LONGEST_ANSWER:,} were read."
        )
    return ProposerReply(proposals[:n], reply.text[:LONGEST_ANSWER], reply.usage, notes)
