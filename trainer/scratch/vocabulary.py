"""The new model's words: byte-level BPE, trained on the text that it will read, and the marks of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

BEGIN, END = "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""ChatML: who speaks, what is said, and where it ends."""
PRE = "gpt-2"
"""What llama.cpp calls this way of cutting text before the merges (GPT-2's regular expression)."""
OFTEN = 2
"""A pair of pieces that occurs once is no word."""


def train(texts: Iterable[str], size: int) -> Tokenizer:
    """Learn at most `size` tokens: the 256 bytes, so that any text can be written, then the pairs that occur most."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=OFTEN,
            special_tokens=[BEGIN, END],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write it as transformers reads it, with the template of a conversation."""
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BEGIN, eos_token=END, pad_token=END, clean_up_tokenization_spaces=False
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(str(folder))


def bytes_a_token(tokenizer: Any, texts: Iterable[str]) -> float:
    """How much text a token holds, in bytes."""
    size = tokens = 0
    for text in texts:
        size += len(text.encode())
        tokens += len(tokenizer(text, add_special_tokens=False)["input_ids"])
    return size / max(1, tokens)
