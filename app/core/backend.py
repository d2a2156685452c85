"""What answers questions: an engine process on this computer, or a model on a server of the company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.core.children import Requester
from app.types import InstalledModel, ModelInfo


@dataclass(frozen=True)
class Abilities:
    """What a backend can do besides writing text from messages."""

    here: bool
    """Everything is computed on this computer."""
    counts: bool
    """Tokens are counted, not estimated."""
    adapters: bool
    """LoRA adapters swap without a reload."""
    raw_prompt: bool
    """It goes on from a text as it stands, without a chat template."""
    logprobs: bool
    tools: bool
    json_schema: bool


ENGINE = Abilities(here=True, counts=True, adapters=True, raw_prompt=True, logprobs=True, tools=True, json_schema=True)
SERVER = Abilities(
    here=False, counts=False, adapters=False, raw_prompt=True, logprobs=True, tools=True, json_schema=True
)
"""By the API that servers share; one that lacks something says so itself when it is asked."""


class Backend(Requester, Protocol):
    """Takes `Chat`, `Complete` and `Count`: messages in; text, thinking, tool calls, log-probabilities, figures out."""

    model: InstalledModel
    info: ModelInfo | None
    """What it says of the loaded model; None until it can answer."""

    @property
    def can(self) -> Abilities: ...
