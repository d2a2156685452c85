"""The reader as it is trained: the embedder's network, an adapter on its upper layers, and the weights of an answer."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from app.embedder.adapter import PARTS
from trainer.reader.examples import Example
from trainer.train.lora import LoraLinear

RANK, FIRST_LAYER = 32, 4
"""Layers below the first stay the embedder's own: a fifth less work."""
QUESTION_TOKENS, CROP, MARGIN = 64, 112, 12
"""Longest question; most paragraphs are cut to so many tokens, with so many round the answer at least."""
START, END, PAD = 0, 2, 1


class Encoded(NamedTuple):
    """A question and a paragraph in tokens; the answer's first and last token, 0 and 0 where there is none."""

    ids: list[int]
    start: int
    end: int
    first: int  # token where the paragraph begins


class ReaderNetwork(nn.Module):  # type: ignore[misc]
    """(batch, tokens) → logits of each token as the start and as the end of the answer."""

    def __init__(self, base: Path, seed: int = 0) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(base, add_pooling_layer=False).bfloat16()
        self.bert.requires_grad_(False)
        generator = torch.Generator().manual_seed(seed)
        for layer in self.bert.encoder.layer[FIRST_LAYER:]:
            for path in PARTS.values():
                parent, _, child = path.rpartition(".")
                owner = layer.get_submodule(parent)
                part = getattr(owner, child)
                if isinstance(part, nn.Linear):
                    setattr(owner, child, LoraLinear(part, RANK, RANK, generator))
                else:
                    part.float().requires_grad_(True)
        torch.manual_seed(seed)
        self.answer = nn.Linear(self.bert.config.hidden_size, 2)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (batch, tokens) in float32."""
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        start, end = self.answer(hidden.float()).unbind(-1)
        return start, end

    def trained(self) -> list[nn.Parameter]:
        """What learns."""
        return [part for part in self.parameters() if part.requires_grad]

    def state(self) -> dict[str, torch.Tensor]:
        """The trained tensors by our names, float16."""
        return {name: part.detach().half().contiguous() for name, part in self.named().items()}

    def take(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from the tensors of `state`."""
        with torch.no_grad():
            for name, part in self.named().items():
                part.copy_(state[name])

    def named(self) -> dict[str, nn.Parameter]:
        """The trained tensors by our names."""
        tensors = {f"answer.{name}": part for name, part in self.answer.named_parameters()}
        for number, layer in enumerate(self.bert.encoder.layer[FIRST_LAYER:], FIRST_LAYER):
            for name, path in PARTS.items():
                part: Any = layer.get_submodule(path)
                kept = {"a": part.a, "b": part.b} if isinstance(part, LoraLinear) else dict(part.named_parameters())
                tensors |= {f"layer.{number}.{name}.{key}": value for key, value in kept.items()}
        return tensors


def encode(tokenizer: Tokenizer, example: Example, crop: int, random_: random.Random) -> Encoded | None:
    """Tokens of an example, the paragraph cut to `crop` tokens; None where the answer is lost."""
    before = f"{example.heading}. "
    asked = tokenizer.encode(f"query: {example.question}", add_special_tokens=False).ids[:QUESTION_TOKENS]
    encoding = tokenizer.encode(before + example.paragraph, add_special_tokens=False)
    ids, offsets = encoding.ids, encoding.offsets
    span = None
    if example.answer:
        left, right = (place + len(before) for place in example.answer)
        inside = [i for i, (a, b) in enumerate(offsets) if b > left and a < right]
        span = (inside[0], inside[-1]) if inside else None
    if len(ids) > crop:
        at = _cut(len(ids), crop, span, random_)
        ids = ids[at : at + crop]
        span = (span[0] - at, span[1] - at) if span else None
    if example.answer and (span is None or not 0 <= span[0] <= span[1] < len(ids)):
        return None
    head = [START, *asked, END, END]
    start, end = (span[0] + len(head), span[1] + len(head)) if span else (0, 0)
    return Encoded([*head, *ids, END], start, end, len(head))


def _cut(length: int, crop: int, span: tuple[int, int] | None, random_: random.Random) -> int:
    """Where a stretch of `crop` tokens begins: anywhere that leaves the answer in it."""
    low, high = 0, length - crop
    if span:
        low, high = max(0, min(span[1] - crop + MARGIN, high)), min(max(span[0] - MARGIN, 0), high)
    return random_.randint(min(low, high), max(low, high))


def collate(batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, mask, where an answer may stand (batch × tokens), starts and ends (batch)."""
    ids = torch.full((len(batch), max(len(each.ids) for each in batch)), PAD)
    mask = torch.zeros_like(ids)
    allowed = torch.zeros_like(ids, dtype=torch.bool)
    for row, each in enumerate(batch):
        ids[row, : len(each.ids)] = torch.tensor(each.ids)
        mask[row, : len(each.ids)] = 1
        allowed[row, 0] = True
        allowed[row, each.first : len(each.ids) - 1] = True
    starts, ends = (torch.tensor([each[place] for each in batch]) for place in (1, 2))
    return ids, mask, allowed, starts, ends
