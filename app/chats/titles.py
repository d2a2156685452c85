"""Names a chat after its first question, without asking a model."""

from __future__ import annotations

import re

from app.text.visible import visible_line

LONGEST = 48

_OPENINGS = re.compile(
    r"^(?:(?:hi|hello|hey|please|so|ok|okay|well)\b[\s,!.]*|"
    r"(?:can|could|would) you (?:please )?(?:tell|show|explain to|give) me\s+|(?:can|could|would) you (?:please )?|"
    r"(?:tell|show|give) me\s+(?:about\s+)?|i (?:would|'d) like to know\s+|i want to know\s+)+",
    re.IGNORECASE,
)


def title_of(question: str) -> str:
    """The first words of the question, at most 48 characters, cut between words."""
    text = visible_line(re.sub(r"[`*_#>\[\]]+", " ", question))
    short = _OPENINGS.sub("", text).strip(" ,.;:?!") or text.strip(" ,.;:?!")
    if not short:
        return "New chat"
    if len(short) > LONGEST:
        head, _, _ = short[: LONGEST + 1].rpartition(" ")
        short = (head if len(head) > LONGEST // 2 else short[: LONGEST - 1]).rstrip(" ,.;:") + "…"
    return short[0].upper() + short[1:]
