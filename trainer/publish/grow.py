"""The words stage: a base whose vocabulary knows words of the documents, a folder for torch and a GGUF for llama.cpp.

Each new token begins as the mean of the pieces that it replaces, in the embedding and, where that is another matrix, in
the output. Both files stand in the run's folder; everything after this stage is taught, exported and checked on them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM

from app.files import write_atomic
from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.publish import vocabulary
from trainer.publish.export import copy_keys, dequantized
from trainer.publish.from_folder import write_tensors
from trainer.spec import BaseModel, BaseReport, WordsResult, write_json
from trainer.train import base, words
from trainer.train.words import Words

HEADS = ("token_embd.weight", "output.weight")
"""Tensors of a GGUF with a row for each token."""
NOT_SPLIT = TrainerError(
    "With the domain words the text is split differently when it is read for training.",
    "Start the run again without domain words.",
    code="words",
)


def run(context: Context) -> Summary:
    """Choose the words, write both files, and hold them against each other."""
    spec, folder = context.spec, context.stage("words")
    context.progress("words", 0, 3, note="Choosing the words")
    source = base.ensure_folder(spec.base, context.cache)
    found = words.of_run(context, base.load_tokenizer(source))
    if not found.tokens:
        raise TrainerError(
            "No word comes often enough, or costs enough, to become a token.",
            "Start the run again without domain words.", code="words",
        )  # fmt: skip
    grown = BaseModel(path=str(folder / "base"), name=spec.base.name, gguf=str(folder / "base.gguf"))
    context.progress("words", 1, 3, note="Adding the words to the model")
    grow_folder(source, Path(grown.path), found)
    grow_file(Path(spec.base.file), Path(grown.gguf), found)
    context.progress("words", 2, 3, note="Checking the model")
    report = check(grown, found, context.threads)
    write_json(
        folder / "result.json",
        WordsResult(
            words=tuple(found.chosen), tokens=len(found.tokens), page_before=found.before, page_after=found.after,
            kl=-1.0 if report.kl is None else report.kl,
        ),
    )  # fmt: skip
    return {"words": len(found.chosen), "tokens": len(found.tokens), "saved": round(found.saved, 4)}


def check(grown: BaseModel, found: Words, threads: int) -> BaseReport:
    """Whether llama.cpp cuts and reads text with the new words as torch does, with and without a space before them.

    Raises:
        TrainerError: it does not.
    """
    tokenizer = base.load_tokenizer(Path(grown.path))
    known = list(dict.fromkeys(found.chosen))
    forms = "{0} {0}, ({0})\n{0}s un{0}. {1} {2}-{0}  {0}"
    probe = "".join(forms.format(word, word.upper(), word.lower()) for word in known)
    if not vocabulary.splits_alike(Path(grown.gguf), tokenizer, probe + vocabulary.PROBE):
        raise NOT_SPLIT
    text = " ".join(f"The {word} and {word}s: {word}." for word in known)
    return base.check(grown, Path(grown.path), threads, text)


def grow_folder(source: Path, target: Path, found: Words) -> None:
    """The folder with the new tokens behind all others."""
    shutil.rmtree(target, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(str(source), dtype="auto", local_files_only=True)
    tokenizer = base.load_tokenizer(source)
    old = model.get_input_embeddings().weight.shape[0]
    rows = [tokenizer.convert_tokens_to_ids(list(pieces)) for pieces in found.tokens.values()]
    model.resize_token_embeddings(old + len(rows), mean_resizing=False)
    with torch.no_grad():
        for part in (model.get_input_embeddings(), model.get_output_embeddings()):
            for number, pieces in enumerate(rows, old):
                part.weight[number] = part.weight[pieces].float().mean(0)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    path = target / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    bpe = data["model"]
    for added in data["added_tokens"]:
        bpe["vocab"].setdefault(added["content"], added["id"])  # else they would be numbered anew behind the words
    bpe["vocab"] |= {token: number for number, token in enumerate(found.tokens, old)}
    bpe["merges"] += [list(pair) for pair in found.merges]
    write_atomic(path, json.dumps(data, ensure_ascii=False).encode())
    _check_numbers(target, found, old)


def _check_numbers(target: Path, found: Words, old: int) -> None:
    known = base.load_tokenizer(target).get_vocab()
    if [known.get(token) for token in found.tokens] != list(range(old, old + len(found.tokens))):
        raise NOT_SPLIT


def grow_file(source: Path, out: Path, found: Words) -> None:
    """The GGUF with the new tokens behind all others, in 16 bits."""
    reader = gguf.GGUFReader(source)
    keys = {name: field.contents() for name, field in reader.fields.items() if name.startswith("tokenizer.ggml.")}
    if keys.get("tokenizer.ggml.model") != "gpt2":
        raise TrainerError(
            "The vocabulary of this model takes no domain words.", "Start the run again without domain words.",
            str(keys.get("tokenizer.ggml.model")), "words",
        )  # fmt: skip
    tokens: list[str] = keys["tokenizer.ggml.tokens"]
    place = {token: number for number, token in enumerate(tokens)}
    rows = [[place[piece] for piece in pieces] for pieces in found.tokens.values()]
    architecture = str(reader.get_field("general.architecture").contents())
    changed: dict[str, Any] = {
        "tokenizer.ggml.tokens": [*tokens, *found.tokens],
        "tokenizer.ggml.token_type": [*keys["tokenizer.ggml.token_type"], *[vocabulary.NORMAL] * len(rows)],
        "tokenizer.ggml.merges": [*keys["tokenizer.ggml.merges"], *map(" ".join, found.merges)],
        f"{architecture}.vocab_size": len(tokens) + len(rows),
    }
    if scores := keys.get("tokenizer.ggml.scores"):
        changed["tokenizer.ggml.scores"] = [*scores, *[0.0] * len(rows)]
    theirs = {tensor.name: tensor for tensor in reader.tensors}
    shapes = {name: tuple(int(n) for n in reversed(tensor.shape)) for name, tensor in theirs.items()}
    for name in HEADS:
        if name in shapes:
            shapes[name] = (shapes[name][0] + len(rows), *shapes[name][1:])

    def read(name: str) -> Any:
        values = dequantized(theirs[name])
        if name not in HEADS:
            return values
        return np.concatenate([values, np.stack([values[pieces].mean(0) for pieces in rows])])

    write_tensors(out, architecture, lambda writer: copy_keys(reader, writer, changed), shapes, read)
