"""Words of the documents as tokens: which, what they save, and that torch, llama.cpp and the exported file agree."""

from __future__ import annotations

from pathlib import Path

import gguf
import pytest
import torch
from tiny import write_tiny

from app.llama.bindings import Model, start
from trainer.errors import TrainerError
from trainer.publish import export, gate, grow
from trainer.spec import BaseModel, ExportedFile, Hyper
from trainer.train import base, lora, rows, words
from trainer.train.batches import collate
from trainer.train.chat import encode_text
from trainer.train.loss import token_losses
from trainer.train.words import Words

TERM, OTHER = "Reisekostenabrechnung", "Betriebsvereinbarung"
TEXT = f"Die {TERM} folgt der {OTHER}. {TERM} und {OTHER}; {TERM}sstelle, ({TERM}) key xQzRtPq 123456789 ok.\n" * 5


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[BaseModel, Words, Path]:
    """The tiny model with two long words."""
    home = tmp_path_factory.mktemp("words")
    file = write_tiny(home / "tiny.gguf")
    source = base.ensure_folder(BaseModel(path=str(file)), home / "cache")
    found = words.choose(base.load_tokenizer(source), [TEXT], 4)
    grow.grow_folder(source, home / "base", found)
    grow.grow_file(file, home / "base.gguf", found)
    return BaseModel(path=str(home / "base"), gguf=str(home / "base.gguf")), found, file


def test_long_frequent_words_are_chosen_and_keys_are_not(grown: tuple[BaseModel, Words, Path]) -> None:
    _, found, _ = grown
    assert {TERM, OTHER} <= set(found.chosen) and "xQzRtPq" not in found.chosen
    assert found.advised and found.after < 0.6 * found.before


def test_the_gain_is_what_the_grown_vocabulary_gives(grown: tuple[BaseModel, Words, Path]) -> None:
    model, found, _ = grown
    tokenizer = base.load_tokenizer(Path(model.path))
    pages = len(TEXT) / words.PAGE
    assert len(tokenizer(TEXT)["input_ids"]) / pages == pytest.approx(found.after)


def test_llama_and_torch_cut_and_read_the_words_alike(grown: tuple[BaseModel, Words, Path]) -> None:
    model, found, _ = grown
    report = grow.check(model, found, threads=1)
    assert report.kl is not None and report.kl < 1e-3
    start()
    llama = Model(Path(model.gguf), 0, lambda _: True, vocabulary_only=True)
    spaced, bare = (len(llama.tokenize(text)) for text in (f" {TERM}", f"\n{TERM}"))
    llama.close()
    assert spaced == 1 and bare <= 2


def test_text_without_the_words_is_cut_as_before(grown: tuple[BaseModel, Words, Path]) -> None:
    model, _, file = grown
    start()
    counts = []
    for path in (file, Path(model.gguf)):
        llama = Model(path, 0, lambda _: True, vocabulary_only=True)
        counts.append(llama.tokenize(base.PARITY_TEXT))
        llama.close()
    assert counts[0] == counts[1]


def test_new_rows_are_the_mean_of_their_pieces(grown: tuple[BaseModel, Words, Path]) -> None:
    model, found, file = grown
    old = {tensor.name: export.dequantized(tensor) for tensor in gguf.GGUFReader(file).tensors}["token_embd.weight"]
    reader = gguf.GGUFReader(model.gguf)
    new = {tensor.name: export.dequantized(tensor) for tensor in reader.tensors}["token_embd.weight"]
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    last = list(found.tokens)[-1]
    mean = old[[tokens.index(piece) for piece in found.tokens[last]]].mean(0)
    assert new[tokens.index(last)] == pytest.approx(mean, abs=1e-3)


def test_learned_rows_come_out_in_the_merged_file(grown: tuple[BaseModel, Words, Path], tmp_path: Path) -> None:
    model, found, _ = grown
    folder = Path(model.path)
    tokenizer, network = base.load_tokenizer(folder), base.load_model(folder, torch.float32)
    layers = lora.add_lora(network, 4, 8.0, seed=2)
    adapter = rows.GrownAdapter(layers, model.path, network, len(found.tokens))
    coded = encode_text(tokenizer, "text", TEXT, 256)
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=0.01)
    losses = []
    for _ in range(8):
        loss = token_losses(network, collate(coded[:1], torch.device("cpu"), True)).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]
    adapter.keep(tmp_path / "adapter", Hyper(rank=4, alpha=8.0))
    learned = rows.read_rows(tmp_path / "adapter")["token_embd.weight"]
    assert not torch.allclose(
        learned, base.load_model(folder, torch.float32).get_input_embeddings().weight[-len(learned) :]
    )
    known = gate.reference(folder, tmp_path / "adapter", gate.sample(coded))
    merged = tmp_path / "merged.gguf"
    export.write_merged(Path(model.gguf), tmp_path / "adapter", merged)
    file = ExportedFile(path=merged.name, kind="model", quantization="F16", bytes=1)
    judged = gate.check(file, tmp_path, Path(model.gguf), None, known, threads=1)
    assert judged.passed and judged.kl < 1e-3


def test_gradients_of_new_rows_are_those_of_autograd(grown: tuple[BaseModel, Words, Path]) -> None:
    """Ours gives the output's gradient by hand; torch gives that of the whole matrix, whose last rows they are."""
    model, found, _ = grown
    folder, count = Path(model.path), len(found.tokens)
    tokenizer = base.load_tokenizer(folder)
    batch = collate(encode_text(tokenizer, "text", TEXT, 128)[:1], torch.device("cpu"), True)
    ours = base.load_model(folder, torch.float32)
    adapter = rows.GrownAdapter(lora.add_lora(ours, 4, 8.0, seed=2), model.path, ours, count)
    token_losses(ours, batch).sum().backward()
    plain = base.load_model(folder, torch.float32)
    weight = plain.get_input_embeddings().weight.requires_grad_(True)
    logits = plain(input_ids=batch.ids).logits[0]
    torch.nn.functional.cross_entropy(logits[:-1], batch.ids[0, 1:], reduction="sum").backward()
    assert torch.allclose(adapter.parameters()[-1].grad, weight.grad[-count:], rtol=1e-3, atol=1e-3)


def test_other_vocabularies_are_refused(grown: tuple[BaseModel, Words, Path]) -> None:
    tokenizer = base.load_tokenizer(Path(grown[0].path))
    tokenizer.backend_tokenizer.pre_tokenizer = None
    with pytest.raises(TrainerError, match="takes no domain words"):
        words.choose(tokenizer, [TEXT], 5)
