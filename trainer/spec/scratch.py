"""A model that is made from nothing: its shape, and how often it reads."""

from __future__ import annotations

from msgspec import Struct

PROCESS_BYTES, STEP_TOKENS = 700_000_000, 1024
"""Python with torch (app.llama.memory), and tokens in memory at a time."""
STATE_BYTES, ACTIVATION_BYTES, LOGIT_BYTES = 16, 120, 12
"""A weight with gradient and two moments; what a token keeps for each layer and unit of width, in float32; and for each
word of the vocabulary."""
CHECKPOINT_BYTES, KEPT_CHECKPOINTS = 12, 3
"""A weight with its moments; two whole checkpoints and the one being written."""


class NewModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Llama with one table of words for input and output, which llama.cpp runs as it stands."""

    vocabulary: int  # tokens at most; little text gives fewer
    hidden: int  # width of a layer
    layers: int
    heads: int
    wide: int  # width of the feed-forward part
    context: int = 512  # tokens
    epochs: float = 16.0  # times through the text, before the conversations
    learning_rate: float | None = None  # peak while it reads; None is chosen from the size
    general: int = 350  # general questions that the installed model answers for it, at most
    answer_tokens: int = 96  # of each of these answers

    @property
    def parameters(self) -> int:
        """Weights of the whole model with all its tokens."""
        layer = 4 * self.hidden * self.hidden + 3 * self.hidden * self.wide + 2 * self.hidden
        return self.vocabulary * self.hidden + self.layers * layer + self.hidden

    @property
    def memory_bytes(self) -> int:
        """That training takes, at most: the process, weights with their gradients and moments, what a step keeps."""
        kept = STEP_TOKENS * (self.hidden * self.layers * ACTIVATION_BYTES + self.vocabulary * LOGIT_BYTES)
        return PROCESS_BYTES + self.parameters * STATE_BYTES + kept

    @property
    def disk_bytes(self) -> int:
        """Checkpoints, the weights of both trainings, and the files."""
        return self.parameters * (KEPT_CHECKPOINTS * CHECKPOINT_BYTES + 2 * 4 + 4) + 50_000_000


SIZES: dict[str, NewModel] = {
    "1M": NewModel(vocabulary=2048, hidden=128, layers=4, heads=4, wide=384, general=60),
    "10M": NewModel(vocabulary=4096, hidden=320, layers=7, heads=5, wide=896, general=120),
    "30M": NewModel(vocabulary=8192, hidden=512, layers=8, heads=8, wide=1408),
    "100M": NewModel(vocabulary=16384, hidden=768, layers=12, heads=12, wide=2048),
}
"""Sizes that a laptop or one graphics card trains. Heads are 32 or 64 wide; the feed-forward part is 2.7 times the
layer's width, as in Llama. The small ones ask few general questions: they keep how an answer sounds, not what it
says, and asking all 350 took most of the time of a whole run of 1M (docs/from-scratch.md)."""
TOKENS_A_WEIGHT = 20
"""Tokens of text for each weight from which a model of a size has learned what it can (Hoffmann et al. 2022)."""
