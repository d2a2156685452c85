"""How long a prompt is for a model whose tokenizer is elsewhere: an estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.types import Message

CONTEXT = 8192
"""Tokens that a server's model is taken to hold where the server does not say."""
BYTES_A_TOKEN = 4
"""A rule of thumb for the vocabularies of today's models, in UTF-8: in English a letter is a byte, and where a letter
is three of them it is also most of a token."""
PICTURE_TOKENS = 1000
"""Of a picture of the largest size that we keep; models take from 256 to 2,300."""
MESSAGE_TOKENS = 4
"""What a chat template writes round each message."""


@dataclass(frozen=True)
class Estimated:
    """Messages, and about how many tokens they take."""

    messages: tuple[Message, ...]
    tokens: int

    def __len__(self) -> int:
        return self.tokens


class Estimate:
    """Stands in for the tokenizer of a model that is elsewhere: see app.llama.prompt.Encoder."""

    def encode(self, messages: Sequence[Message], conversation: str = "") -> Estimated:
        pictures = sum(len(each.pictures) for each in messages)
        text = sum(self.count(each.content) + MESSAGE_TOKENS for each in messages)
        return Estimated(tuple(messages), text + pictures * PICTURE_TOKENS)

    def count(self, text: str) -> int:
        return math.ceil(len(text.encode()) / BYTES_A_TOKEN)

    def cut(self, text: str, tokens: int) -> str:
        return text.encode()[: tokens * BYTES_A_TOKEN].decode("utf-8", "ignore").strip()
