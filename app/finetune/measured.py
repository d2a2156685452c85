"""What `trainer plan` found out on this computer, and whether training fits beside the chat."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.types import ModelInfo

Fit = Literal["fits", "without the chat", "too large"]


class Measured(Struct, frozen=True, kw_only=True):
    """Figures of one plan: bytes and seconds, for the data as it was approved then."""

    fits: bool
    memory_bytes: int
    memory_available: int
    disk_bytes: int = 0
    disk_available: int = 0
    seconds: float = 0.0  # of training
    trying: float = 0.0  # seconds to find the best settings, at most, before it
    exporting: float = 0.0  # seconds of writing and checking the files after it
    comparing: float = 0.0  # seconds of the comparison after that
    steps: int = 0
    tokens: int = 0
    precision: str = ""
    learning_rate: float = 0.0
    epochs: float = 0.0
    device: str = ""  # that trains, whose memory this is
    on_card: bool = False  # a graphics card
    checkpointing: bool = False  # activations are computed twice, to save memory
    max_length: int = 0  # tokens of an example; longer ones are cut
    words: int = 0  # of the documents that would be, or become, tokens
    page_before: float = 0.0  # tokens of a page without them
    page_after: float = 0.0  # and with them
    words_advised: bool = False
    reason: str = ""  # why it does not fit
    instead: str = ""  # what would
    warnings: tuple[str, ...] = ()

    def freed_by(self, chat: ModelInfo | None) -> int:
        """Bytes that the chat's model would give back where training computes."""
        if chat is None:
            return 0
        if self.on_card:
            return sum(share.bytes for share in chat.placed.shares if share.name == self.device)
        return max(0, chat.memory_bytes - sum(share.bytes for share in chat.placed.shares))

    def words_text(self, wished: bool) -> str:
        """What domain words save, in a sentence; "" where nothing is to be said of them."""
        if not self.words or not (wished or self.words_advised):
            return ""
        gain = f"{self.words} domain words: {self.page_before:.0f} to {self.page_after:.0f} tokens a page"
        share = f"{1 - self.page_after / self.page_before:.1%} fewer"
        if wished:
            return f"{gain}, {share}{'' if self.words_advised else ': hardly worth it'}."
        return f"{gain}, {share}: worth adding in the first step."

    def fit(self, freed_bytes: int) -> Fit:
        """Whether it fits now; or if the chat's model gave back the memory that it holds."""
        if self.fits:
            return "fits"
        enough_disk = self.disk_bytes <= self.disk_available
        if enough_disk and freed_bytes and self.memory_bytes <= self.memory_available + freed_bytes:
            return "without the chat"
        return "too large"
