"""A tokenizer of transformers as the keys of a GGUF, and which of llama.cpp's ways to cut text is the same as its own.

llama.cpp knows how a byte-pair vocabulary cuts text before it merges by a name alone. No table says which name a
tokenizer has, so it is measured: the first by which llama.cpp gives the very ids that transformers gives.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf

from app.errors import AppError
from app.llama.bindings import Model, start
from trainer.errors import TrainerError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""Kinds of tokens, as llama.h numbers them."""
WAYS = (
    "smollm",
    "llama-bpe",
    "qwen2",
    "tekken",
    "gpt-2",
    "gpt-4o",
    "starcoder",
    "deepseek-llm",
    "deepseek-coder",
    "deepseek-v3",
    "falcon",
    "qwen35",
    "smaug-bpe",
    "default",
)
"""Ways to cut text that llama.cpp knows."""
PROBE = (
    "The fee is 1,234.50 € (from 2026-01-03), isn't it? We'll SEE: THEY'RE done.\n\n\n  two   spaces\t\ttabs \r\n"
    "def f(x_1):\n    return x_1**2 != 3  # ünïcode Straße naïve\n日本語のテキスト。한국어 русский текст עברית हिन्दी\n"
    "🙂🎉 e.g. A-B/C_D@E.F 00123456789 x²=½ “quoted” 'single' don't I'd I'm \n \n  12 345,67   end "
)


@dataclass(frozen=True)
class Vocabulary:
    """What a GGUF says of its tokens; `scores` is empty for byte pairs, `merges` and `way` for SentencePiece."""

    model: str
    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    scores: list[float]
    way: str = ""
    space_first: bool = False

    def write(self, writer: gguf.GGUFWriter, tokenizer: Any) -> None:
        """Add the keys, with the special tokens and the chat template of the tokenizer."""
        writer.add_tokenizer_model(self.model)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.kinds)
        if self.model == "gpt2":
            writer.add_tokenizer_pre(self.way)
            writer.add_token_merges(self.merges)
        else:
            writer.add_token_scores(self.scores)
            writer.add_add_space_prefix(self.space_first)
        for name in ("bos", "eos", "unk", "pad"):
            if (key := getattr(tokenizer, f"{name}_token_id", None)) is not None:
                getattr(writer, f"add_{name}_token_id")(int(key))
        around = tokenizer("a")["input_ids"]
        writer.add_add_bos_token(tokenizer.bos_token_id is not None and around[0] == tokenizer.bos_token_id)
        writer.add_add_eos_token(tokenizer.eos_token_id is not None and around[-1] == tokenizer.eos_token_id)
        if tokenizer.chat_template:
            writer.add_chat_template(tokenizer.chat_template)


def of_tokenizer(tokenizer: Any, rows: int) -> Vocabulary:
    """The vocabulary of a tokenizer, filled up to the rows of its embedding.

    Raises:
        TrainerError: it is of another kind than byte pairs or SentencePiece, or llama.cpp cuts text otherwise.
    """
    data = json.loads(tokenizer.backend_tokenizer.to_str())
    model = data["model"]
    if model["type"] != "BPE":
        raise _unknown(str(model["type"]))
    pieces = bool(model.get("byte_fallback"))
    tokens = [f"[PAD{n}]" for n in range(rows)]
    kinds = [UNUSED] * rows
    scores = [-10000.0] * rows
    first = min((key for text, key in model["vocab"].items() if len(text) > 1 and not text.startswith("<")), default=0)
    for text, key in model["vocab"].items():
        byte = pieces and len(text) == 6 and text.startswith("<0x")
        tokens[key], kinds[key] = text, BYTE if byte else NORMAL
        scores[key] = 0.0 if byte else float(min(0, first - key))  # SentencePiece numbers its merges in their order
    for added in data["added_tokens"]:
        tokens[added["id"]], kinds[added["id"]] = added["content"], CONTROL if added["special"] else USER_DEFINED
    if pieces and (unknown := model.get("unk_token")):
        kinds[model["vocab"][unknown]] = UNKNOWN
    if pieces:
        first_space = tokenizer.convert_ids_to_tokens(tokenizer("a", add_special_tokens=False)["input_ids"])[0] != "a"
        found = Vocabulary("llama", tokens, kinds, [], scores, space_first=first_space)
        return found if _same(found, tokenizer) else _refuse()
    merges = [each if isinstance(each, str) else " ".join(each) for each in model["merges"]]
    for way in WAYS:
        found = Vocabulary("gpt2", tokens, kinds, merges, [], way)
        if _same(found, tokenizer):
            return found
    return _refuse()


def _same(vocabulary: Vocabulary, tokenizer: Any) -> bool:
    """Whether llama.cpp gives the ids that transformers gives, on a text with a bit of everything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocabulary.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        vocabulary.write(writer, tokenizer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return splits_alike(path, tokenizer, PROBE)


def splits_alike(path: Path, tokenizer: Any, text: str) -> bool:
    """Whether llama.cpp, by the vocabulary of a GGUF, gives the ids that transformers gives for a text."""
    start()
    try:
        model = Model(path, 0, lambda _: True, vocabulary_only=True)
    except AppError:
        return False  # a way that this build does not know
    try:
        return model.tokenize(text) == list(tokenizer(text, add_special_tokens=False)["input_ids"])
    finally:
        model.close()


def _refuse() -> Vocabulary:
    raise _unknown("no way to cut text gives the same ids")


def _unknown(detail: str) -> TrainerError:
    return TrainerError(
        "The vocabulary of this model cannot be written as a GGUF here.",
        "Choose a GGUF file of the same model beside it, or name a llama.cpp folder in Settings.",
        detail,
        "tokenizer",
    )
